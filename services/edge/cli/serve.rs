//! `duty-ledger serve`: config → build → run → drain.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use journal::Journal;
use journal_sled::{Check, LedgerId, Options, SledJournal};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{BAD_CONFIG, FAILED, output};
use crate::app::{App, Sockets, StartError};
use crate::clock::SystemClock;
use crate::config::{Config, ConfigFault, LogFormat, Overrides};
use crate::ops::restore::Unfinished;
use crate::ops::{self, Finding};
use crate::storage::Storage;

/// How to serve.
#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Configuration file (TOML). Environment variables DUTY_LEDGER_<KEY> and flags override it.
    #[arg(long, env = "DUTY_LEDGER_CONFIG")]
    config: Option<PathBuf>,
    /// Directory of the journal.
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// Address of the API; loopback only, as long as there is no authentication.
    #[arg(long)]
    listen: Option<String>,
    /// Address of the plaintext health port.
    #[arg(long)]
    admin_listen: Option<String>,
    /// Address of the HTTP port with checkpoint and tiles; loopback only.
    #[arg(long)]
    http_listen: Option<String>,
    /// Filter of log lines.
    #[arg(long)]
    log: Option<String>,
    /// `text` or `json`.
    #[arg(long)]
    log_format: Option<String>,
    /// Checks the configuration, prints it and ends; opens nothing.
    #[arg(long)]
    check_config: bool,
}

pub(super) fn run(args: &ServeArgs) -> ExitCode {
    let overrides = Overrides {
        data_dir: args.data_dir.clone(),
        listen: args.listen.clone(),
        admin_listen: args.admin_listen.clone(),
        http_listen: args.http_listen.clone(),
        log: args.log.clone(),
        log_format: args.log_format.clone(),
    };
    if let Err(failure) = args.config.iter().try_for_each(|file| super::readable(file)) {
        return super::ended(Err(failure));
    }
    let config = match Config::load(args.config.as_deref(), &overrides) {
        Ok(config) => config,
        Err(faults) => return bad_config(&faults),
    };
    if args.check_config {
        output::say(&config.to_string());
        return ExitCode::SUCCESS;
    }
    if let Some(unfinished) = Unfinished::of(&config.data_dir) {
        // A new ledger in that place would stand in the way of the one that is meant to be there.
        output::complain(&format!("{}\n{}", unfinished.zh(), unfinished.en()));
        return ExitCode::from(FAILED);
    }
    start_log(&config);
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "starting with configuration\n{config}");
    match runtime() {
        Ok(runtime) => runtime.block_on(serve(&config)),
        Err(code) => code,
    }
}

pub(super) fn bad_config(faults: &[ConfigFault]) -> ExitCode {
    output::complain("配置有误 / the configuration is wrong:");
    for fault in faults {
        output::complain(&format!("  {fault}"));
    }
    ExitCode::from(BAD_CONFIG)
}

pub(super) fn runtime() -> Result<tokio::runtime::Runtime, ExitCode> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| {
        output::complain(&format!("无法启动 / cannot start: {error}"));
        ExitCode::from(FAILED)
    })
}

/// Log lines go to standard error; results of commands have standard output to themselves.
pub(super) fn start_log(config: &Config) {
    let filter = tracing_subscriber::EnvFilter::new(&config.log);
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let started = match config.log_format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().try_init(),
    };
    // Only a log that is already there keeps another from starting.
    drop(started);
}

/// Why the service did not start, for the operator.
#[derive(Debug, thiserror::Error)]
pub(super) enum ServeError {
    /// A port could not be bound.
    #[error("{0} 无法监听（端口是否被占用？）/ cannot listen (is the port taken?)")]
    Bind(std::net::SocketAddr, #[source] std::io::Error),
    /// The journal could not be opened.
    #[error("台账目录无法打开 / the journal could not be opened")]
    Journal(#[source] journal_sled::OpenError),
    /// The task that opened the journal did not finish.
    #[error("打开台账被中断 / opening was cut short")]
    CutShort,
    /// The service did not start over the journal.
    #[error("服务未能启动 / the service did not start")]
    Start(#[from] StartError),
}

impl ServeError {
    /// What went wrong and what to do, in both languages.
    pub(super) fn words(&self) -> String {
        let ServeError::Journal(error) = self else { return crate::chain(self) };
        let Finding { zh, en, .. } = ops::finding::unopened(error);
        // What the system or the engine said, where that is not in the words.
        let said = std::error::Error::source(error).map(crate::chain);
        let said = said
            .filter(|said| !en.contains(said))
            .map_or(String::new(), |said| format!("\n  {said}"));
        format!("{self}\n  {zh}\n  {en}{said}")
    }
}

/// Starts the service on the sled journal of the configuration.
pub(super) async fn start(config: &Config) -> Result<App, ServeError> {
    start_over(config, |journal| journal).await
}

/// Starts the service on the sled journal of the configuration, as `wrap` decorates it.
pub(super) async fn start_over(
    config: &Config,
    wrap: impl FnOnce(Arc<dyn Journal>) -> Arc<dyn Journal>,
) -> Result<App, ServeError> {
    let sockets =
        Sockets::bind(config).await.map_err(|(address, error)| ServeError::Bind(address, error))?;
    let open = async || -> Result<Storage, ServeError> {
        let (dir, options) = (config.data_dir.clone(), options(config));
        let opened = tokio::task::spawn_blocking(move || open_journal(&dir, options)).await;
        let storage = opened.map_err(|_| ServeError::CutShort)?.map_err(ServeError::Journal)?;
        Ok(Storage { journal: wrap(storage.journal), ..storage })
    };
    App::start(config, sockets, Arc::new(SystemClock), open).await
}

pub(super) fn options(config: &Config) -> Options {
    let mebibyte = 1024 * 1024;
    Options {
        cache_bytes: u64::from(config.cache_mib) * mebibyte,
        free_bytes_min: u64::from(config.disk_reserve_mib) * mebibyte,
        // What is replayed is checked by that, and older entries whenever they are read.
        check: Check::Tail,
        ..Options::new(LedgerId::from_bytes(uuid::Uuid::new_v4().into_bytes()))
    }
}

fn open_journal(dir: &Path, options: Options) -> Result<Storage, journal_sled::OpenError> {
    let journal = SledJournal::open(dir, options)?;
    tracing::info!(ledger = %journal.ledger(), dir = %dir.display(), "journal open");
    Ok(Storage {
        ledger: journal.ledger().to_string(),
        dir: Some(dir.to_path_buf()),
        journal: Arc::new(journal),
    })
}

async fn serve(config: &Config) -> ExitCode {
    let app = match start(config).await {
        Ok(app) => app,
        Err(error) => {
            output::complain(&error.words());
            return ExitCode::from(FAILED);
        }
    };
    let stop = asked_to_stop();
    tracing::info!(address = %app.api_address, "serving the API");
    tracing::info!(address = %app.admin_address, "serving health and metrics");
    tracing::info!(address = %app.http_address, "serving checkpoint and tiles");
    stop.await;
    tracing::info!("stopping");
    let drained = app.stop().await;
    tracing::info!(drained, "stopped");
    ExitCode::SUCCESS
}

/// SIGTERM from Kubernetes, SIGINT from a developer. They are ours from the call on, not only when
/// the answer is waited for: call it before anybody is told that the service serves, or a signal
/// that comes at once ends the process without a drain.
pub(super) fn asked_to_stop() -> impl Future<Output = ()> {
    let (terminate, interrupt) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    async move {
        tokio::select! {
            () = received(terminate) => {}
            () = received(interrupt) => {}
        }
    }
}

/// Waits for a signal; for ever where the system lets nobody wait for it.
async fn received(signal: std::io::Result<Signal>) {
    match signal {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}
