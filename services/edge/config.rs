//! Configuration: one TOML file, environment and flags over it, checked as a whole.
//!
//! Every error is reported at once and before any port or directory is touched. The key of keys is
//! secret: it is read here and neither `Display` nor `Debug` shows it.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use figment::error::Kind;
use figment::providers::{Env, Format, Serialized, Toml};
use figment::{Figment, Provider as _, Source};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::persons::Kek;

/// Prefix of the environment variables: `DUTY_LEDGER_LISTEN` sets `listen`.
pub const ENV_PREFIX: &str = "DUTY_LEDGER_";
/// The key of keys itself, for those who have no file for it.
pub const KEK_VARIABLE: &str = "DUTY_LEDGER_PERSON_KEK";

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// What counts as published when witnesses are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WitnessMode {
    /// A checkpoint is published at once, and cosignatures are added as they come.
    Open,
    /// A checkpoint is published once the quorum of the policy has cosigned it.
    Required,
}

/// The configuration of the service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Directory of the journal; one process at a time.
    pub data_dir: PathBuf,
    /// Address of the API. Loopback only, as long as there is no authentication.
    pub listen: SocketAddr,
    /// Address of the plaintext admin port: `grpc.health.v1`, `/metrics`, and `AdminService` for
    /// callers on the same machine.
    pub admin_listen: SocketAddr,
    /// Address of the HTTP port with checkpoint and tiles. Loopback only, like the API.
    pub http_listen: SocketAddr,
    /// Filter of log lines, in the syntax of `tracing`'s `EnvFilter`: `info`, `duty_ledger=debug`.
    pub log: String,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Cache of the journal engine, in MiB.
    pub cache_mib: u32,
    /// Room that must stay free on the disk, in MiB; below it writes are refused.
    pub disk_reserve_mib: u32,
    /// Largest request, in MiB.
    pub request_mib_max: u32,
    /// Open calls at once on one connection.
    pub calls_per_connection_max: u32,
    /// How long an answer waits for `min_position`, in milliseconds.
    pub min_position_wait_ms: u32,
    /// Heartbeat of watches, in milliseconds.
    pub watch_heartbeat_ms: u32,
    /// How long the service goes on answering after it has said NOT_SERVING, in milliseconds.
    pub shutdown_notice_ms: u32,
    /// How long open calls may take to end at shutdown, in milliseconds.
    pub shutdown_drain_ms: u32,
    /// After how many entries another snapshot of the views is written.
    pub snapshot_every: u32,
    /// Origin of the log, the name its checkpoints and keys carry; empty for
    /// `duty-ledger/<ledger id>`. Never change it once something is published.
    pub origin: String,
    /// How often a checkpoint is signed when the ledger has grown, in milliseconds.
    pub checkpoint_interval_ms: u32,
    /// Ed25519 key that signs checkpoints; one in the data directory is made when this is empty.
    pub log_key_file: PathBuf,
    /// SM2 key (PEM) that signs checkpoints; one in the data directory is made when this is empty.
    pub sm2_key_file: PathBuf,
    /// Witnesses and the quorum among them, a C2SP tlog-policy; empty for none.
    pub witness_policy_file: PathBuf,
    /// What counts as published.
    pub witness_mode: WitnessMode,
    /// Whether the HTTP port gives whole entries out, and not only hashes.
    pub serve_entries: bool,
    /// File of the key of keys, under which the keys of persons are wrapped; empty for none. The
    /// key may also stand in [`KEK_VARIABLE`].
    pub person_kek_file: PathBuf,
    /// The key of keys, once read. No key of the file: a secret does not stand among settings.
    #[serde(skip)]
    pub person_kek: Option<Kek>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("ledger-data"),
            listen: SocketAddr::from(([127, 0, 0, 1], 50051)),
            admin_listen: SocketAddr::from(([127, 0, 0, 1], 50052)),
            log: "info".to_owned(),
            log_format: LogFormat::Text,
            cache_mib: 128,
            disk_reserve_mib: 64,
            request_mib_max: 4,
            calls_per_connection_max: 1_024,
            min_position_wait_ms: 5_000,
            watch_heartbeat_ms: 5_000,
            shutdown_notice_ms: 1_000,
            shutdown_drain_ms: 10_000,
            snapshot_every: 250_000,
            http_listen: SocketAddr::from(([127, 0, 0, 1], 50053)),
            origin: String::new(),
            checkpoint_interval_ms: 1_000,
            log_key_file: PathBuf::new(),
            sm2_key_file: PathBuf::new(),
            witness_policy_file: PathBuf::new(),
            witness_mode: WitnessMode::Open,
            serve_entries: false,
            person_kek_file: PathBuf::new(),
            person_kek: None,
        }
    }
}

/// What flags set; what they leave out comes from the environment, the file or the defaults.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Overrides {
    /// See [`Config::data_dir`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_dir: Option<PathBuf>,
    /// See [`Config::listen`]. Text, so that a bad one is reported with the other faults.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<String>,
    /// See [`Config::admin_listen`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admin_listen: Option<String>,
    /// See [`Config::http_listen`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_listen: Option<String>,
    /// See [`Config::log`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
    /// See [`Config::log_format`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_format: Option<String>,
}

/// A fault in the configuration, in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFault {
    /// Key, or file; may be empty.
    pub at: String,
    /// What and how to mend it, in Chinese.
    pub zh: String,
    /// What and how to mend it, in English.
    pub en: String,
}

impl fmt::Display for ConfigFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} / {}", self.at, self.zh, self.en)
    }
}

impl Config {
    /// Loads the configuration: defaults, then the file, then the environment, then flags.
    ///
    /// # Errors
    /// Every fault found.
    pub fn load(file: Option<&Path>, overrides: &Overrides) -> Result<Self, Vec<ConfigFault>> {
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        if let Some(file) = file {
            if !file.is_file() {
                return Err(vec![ConfigFault {
                    at: file.display().to_string(),
                    zh: "配置文件不存在或不可读".to_owned(),
                    en: "there is no such configuration file".to_owned(),
                }]);
            }
            figment = figment.merge(Toml::file_exact(file));
        }
        // Variables of that prefix which are no keys belong to others (tests, operators' scripts).
        let keys = |key: &figment::value::UncasedStr| KEYS.iter().any(|known| key == *known);
        let figment = figment
            .merge(Env::prefixed(ENV_PREFIX).filter(keys))
            .merge(Serialized::defaults(overrides));
        let mut faults = unknown_keys(&figment).map_err(|mut faults| {
            let file = file.map_or_else(String::new, |file| file.display().to_string());
            faults.iter_mut().for_each(|fault| fault.at.clone_from(&file));
            faults
        })?;
        // Key by key, so that one wrong value does not hide the next.
        match Self::read(&figment, &mut faults) {
            Some(mut config) => {
                faults.extend(config.faults());
                match person_kek(&config.person_kek_file) {
                    Ok(kek) => config.person_kek = kek,
                    Err(fault) => faults.push(fault),
                }
                if faults.is_empty() { Ok(config) } else { Err(faults) }
            }
            None => Err(faults),
        }
    }

    /// What is wrong beyond the form of the values.
    fn faults(&self) -> Vec<ConfigFault> {
        let mut faults = Vec::new();
        let mut add = |at: &str, zh: String, en: String| {
            faults.push(ConfigFault { at: at.to_owned(), zh, en });
        };
        for (key, address) in [("listen", self.listen), ("http_listen", self.http_listen)] {
            if !address.ip().is_loopback() {
                add(
                    key,
                    format!(
                        "{address} 不是回环地址：尚无身份认证，服务只能监听 127.0.0.1 或 [::1]；远程访问请用端口转发或同机 mTLS 代理"
                    ),
                    format!(
                        "{address} is not loopback: without authentication the service listens on \
                         127.0.0.1 or [::1] only; reach it by port forwarding or an mTLS proxy \
                         beside it"
                    ),
                );
            }
        }
        for (key, address, others) in [
            ("admin_listen", self.admin_listen, &[self.listen][..]),
            ("http_listen", self.http_listen, &[self.listen, self.admin_listen]),
        ] {
            if others.contains(&address) && address.port() != 0 {
                add(
                    key,
                    "与另一监听地址相同；请换一个端口".to_owned(),
                    "is the same as another address: choose another port".to_owned(),
                );
            }
        }
        if self.origin.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+') {
            add(
                "origin",
                "不得含空白或加号".to_owned(),
                "has no white space and no plus sign in it".to_owned(),
            );
        }
        if self.log.parse::<tracing_subscriber::EnvFilter>().is_err() {
            add(
                "log",
                format!("“{}”不是日志过滤表达式，例如 info", self.log),
                format!("\"{}\" is not a log filter, such as info", self.log),
            );
        }
        if self.witness_policy_file.as_os_str().is_empty() {
            if self.witness_mode == WitnessMode::Required {
                add(
                    "witness_policy_file",
                    "witness_mode = \"required\" 时必须填写".to_owned(),
                    "is needed when witness_mode is required".to_owned(),
                );
            }
        } else if let Err(error) =
            crate::log::check_policy(&self.witness_policy_file, self.witness_mode)
        {
            let text = crate::chain(&error);
            add("witness_policy_file", "见证策略不可用".to_owned(), text);
        }
        for (key, value, least, most) in [
            ("cache_mib", self.cache_mib, 8, 65_536),
            ("disk_reserve_mib", self.disk_reserve_mib, 16, 1_048_576),
            ("request_mib_max", self.request_mib_max, 1, 64),
            ("calls_per_connection_max", self.calls_per_connection_max, 1, 100_000),
            ("min_position_wait_ms", self.min_position_wait_ms, 0, 600_000),
            ("watch_heartbeat_ms", self.watch_heartbeat_ms, 100, 600_000),
            ("shutdown_notice_ms", self.shutdown_notice_ms, 0, 60_000),
            ("shutdown_drain_ms", self.shutdown_drain_ms, 0, 600_000),
            ("snapshot_every", self.snapshot_every, 1, u32::MAX),
            ("checkpoint_interval_ms", self.checkpoint_interval_ms, 10, 600_000),
        ] {
            if value < least || most < value {
                add(
                    key,
                    format!("{value} 应在 {least} 与 {most} 之间"),
                    format!("{value} must lie between {least} and {most}"),
                );
            }
        }
        faults
    }

    /// How long an answer waits for `min_position`.
    #[must_use]
    pub fn min_position_wait(&self) -> Duration {
        Duration::from_millis(self.min_position_wait_ms.into())
    }

    /// Heartbeat of watches.
    #[must_use]
    pub fn watch_heartbeat(&self) -> Duration {
        Duration::from_millis(self.watch_heartbeat_ms.into())
    }
}

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { data_dir, listen, admin_listen, log, log_format, .. } = self;
        let log_format = match log_format {
            LogFormat::Text => "text",
            LogFormat::Json => "json",
        };
        writeln!(f, "data_dir = {:?}", data_dir.display().to_string())?;
        writeln!(f, "listen = \"{listen}\"")?;
        writeln!(f, "admin_listen = \"{admin_listen}\"")?;
        writeln!(f, "log = {log:?}")?;
        writeln!(f, "log_format = \"{log_format}\"")?;
        writeln!(f, "cache_mib = {}", self.cache_mib)?;
        writeln!(f, "disk_reserve_mib = {}", self.disk_reserve_mib)?;
        writeln!(f, "request_mib_max = {}", self.request_mib_max)?;
        writeln!(f, "calls_per_connection_max = {}", self.calls_per_connection_max)?;
        writeln!(f, "min_position_wait_ms = {}", self.min_position_wait_ms)?;
        writeln!(f, "watch_heartbeat_ms = {}", self.watch_heartbeat_ms)?;
        writeln!(f, "shutdown_notice_ms = {}", self.shutdown_notice_ms)?;
        writeln!(f, "shutdown_drain_ms = {}", self.shutdown_drain_ms)?;
        writeln!(f, "snapshot_every = {}", self.snapshot_every)?;
        self.write_log(f)
    }
}

impl Config {
    /// The part about the transparency log, and persons.
    fn write_log(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let witness_mode = match self.witness_mode {
            WitnessMode::Open => "open",
            WitnessMode::Required => "required",
        };
        writeln!(f, "http_listen = \"{}\"", self.http_listen)?;
        writeln!(f, "origin = {:?}", self.origin)?;
        writeln!(f, "checkpoint_interval_ms = {}", self.checkpoint_interval_ms)?;
        writeln!(f, "log_key_file = {:?}", self.log_key_file.display().to_string())?;
        writeln!(f, "sm2_key_file = {:?}", self.sm2_key_file.display().to_string())?;
        let policy = self.witness_policy_file.display().to_string();
        writeln!(f, "witness_policy_file = {policy:?}")?;
        writeln!(f, "witness_mode = \"{witness_mode}\"")?;
        writeln!(f, "serve_entries = {}", self.serve_entries)?;
        writeln!(f, "person_kek_file = {:?}", self.person_kek_file.display().to_string())?;
        let kek = if self.person_kek.is_some() { "set, hidden" } else { "not set" };
        write!(f, "# key of keys: {kek}")
    }
}

macro_rules! keys {
    ($($key:ident),* $(,)?) => {
        /// The keys, as in the file.
        const KEYS: &[&str] = &[$(stringify!($key)),*];

        impl Config {
            /// Reads every key; `None` when one of them could not be read.
            fn read(figment: &Figment, faults: &mut Vec<ConfigFault>) -> Option<Self> {
                $(let $key = value(figment, stringify!($key), faults);)*
                Some(Self { $($key: $key?,)* person_kek: None })
            }
        }
    };
}

keys! {
    data_dir,
    listen,
    admin_listen,
    log,
    log_format,
    cache_mib,
    disk_reserve_mib,
    request_mib_max,
    calls_per_connection_max,
    min_position_wait_ms,
    watch_heartbeat_ms,
    shutdown_notice_ms,
    shutdown_drain_ms,
    snapshot_every,
    http_listen,
    origin,
    checkpoint_interval_ms,
    log_key_file,
    sm2_key_file,
    witness_policy_file,
    witness_mode,
    serve_entries,
    person_kek_file,
}

/// The key of keys, from its file or from the environment.
fn person_kek(file: &Path) -> Result<Option<Kek>, ConfigFault> {
    let variable = std::env::var(KEK_VARIABLE).ok().filter(|text| !text.trim().is_empty());
    let variable = variable.map(Zeroizing::new);
    let (at, read) = match (file.as_os_str().is_empty(), variable) {
        (true, None) => return Ok(None),
        (true, Some(text)) => (KEK_VARIABLE.to_owned(), Kek::parse(&text)),
        (false, None) => (format!("person_kek_file {}", file.display()), Kek::read(file)),
        (false, Some(_)) => {
            return Err(ConfigFault {
                at: "person_kek_file".to_owned(),
                zh: format!("与环境变量 {KEK_VARIABLE} 同时设置：请只保留一个"),
                en: format!("is set and so is {KEK_VARIABLE}: keep one of the two"),
            });
        }
    };
    read.map(Some).map_err(|error| ConfigFault { at, zh: error.zh, en: error.en })
}

fn value<T: serde::de::DeserializeOwned>(
    figment: &Figment,
    key: &str,
    faults: &mut Vec<ConfigFault>,
) -> Option<T> {
    match figment.extract_inner(key) {
        Ok(value) => Some(value),
        Err(errors) => {
            faults.extend(errors.into_iter().map(|error| fault(&error)));
            None
        }
    }
}

/// Keys of the file that are none.
///
/// # Errors
/// Why the file cannot be read at all: then no key of it can.
fn unknown_keys(figment: &Figment) -> Result<Vec<ConfigFault>, Vec<ConfigFault>> {
    let profiles = figment
        .data()
        .map_err(|errors| errors.into_iter().map(|error| fault(&error)).collect::<Vec<_>>())?;
    let keys = profiles.values().flat_map(|values| values.keys());
    Ok(keys
        .filter(|key| !KEYS.contains(&key.as_str()))
        .map(|key| ConfigFault {
            at: key.clone(),
            zh: format!("没有名为 {key} 的配置项；可用：{}", KEYS.join(", ")),
            en: format!("there is no key {key}; the keys are {}", KEYS.join(", ")),
        })
        .collect())
}

fn fault(error: &figment::Error) -> ConfigFault {
    let at = error.path.join(".");
    let source = error.metadata.as_ref().map_or(String::new(), |metadata| match &metadata.source {
        Some(Source::File(path)) => format!(" ({})", path.display()),
        // The provider of environment variables has no source, that of flags has our own code.
        None => format!(" ({ENV_PREFIX}…)"),
        Some(_) => " (--…)".to_owned(),
    });
    let (zh, en) = said(&error.kind);
    ConfigFault { at, zh: format!("{zh}{source}"), en: format!("{en}{source}") }
}

/// Why a value cannot be used. What a library says of it carries quotation marks of its own making.
fn said(kind: &Kind) -> (String, String) {
    let plain = |text: &dyn fmt::Display| text.to_string().replace('`', "");
    match kind {
        Kind::UnknownVariant(found, known) => {
            let known = known.join(", ");
            (
                format!("“{found}”不是可用的值；可用：{known}"),
                format!("\"{found}\" is no value of it; the values are {known}"),
            )
        }
        Kind::InvalidType(found, expected) => (
            format!("值的类型不对，应为 {}，却是 {}", plain(expected), plain(found)),
            format!("the value must be {}, and is {}", plain(expected), plain(found)),
        ),
        Kind::InvalidValue(found, expected) => (
            format!("值不可用，应为 {}，却是 {}", plain(expected), plain(found)),
            format!("the value must be {}, and is {}", plain(expected), plain(found)),
        ),
        Kind::Message(text) if text.contains("socket address") => (
            "不是“地址:端口”，例如 127.0.0.1:50051".to_owned(),
            "is no address with a port, such as 127.0.0.1:50051".to_owned(),
        ),
        // A file that is no TOML, with the line and what was expected there, and the rest.
        other => (format!("配置有误：{other}"), other.to_string()),
    }
}
