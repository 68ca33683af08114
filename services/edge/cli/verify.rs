//! `duty-ledger verify`: checks a ledger from end to end.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use merkle::VerifierKey;
use serde_json::json;

use super::client::{self, Failure};
use super::{BAD_CONFIG, FAILED, Language, Output, OutputArgs, output};
use crate::app::key_files;
use crate::config::{Config, Overrides};
use crate::log::origin_of;
use crate::ops::Finding;
use crate::ops::verify::{
    self, Compared, Given, Pace, Reference, Report, SigningKeys, Told, Unchecked,
};
use crate::pb;
use crate::pb::admin_service_client::AdminServiceClient;

/// What to check.
#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// Data directory of a ledger that no service has open.
    #[arg(long, required_unless_present = "server", conflicts_with = "server")]
    data_dir: Option<PathBuf>,
    /// Admin address of a running service, such as http://127.0.0.1:50052.
    #[arg(long)]
    server: Option<String>,
    /// Configuration of the service, for where its keys are (TOML). Environment variables
    /// DUTY_LEDGER_… count as for `serve`; with the key of keys every sealed name is tried.
    #[arg(long, conflicts_with = "server")]
    config: Option<PathBuf>,
    /// Public key of the log (vkey), which must have signed; by default those of the service's key
    /// files count. With it, the private ones may be kept elsewhere. Repeatable.
    #[arg(long, value_parser = vkey)]
    vkey: Vec<VerifierKey>,
    /// Exported tiles of the ledger (the directory of `export-tiles`, or the http:// address of a
    /// static log): compared entry by entry, so that an altered one is named also when nothing in
    /// the data directory names it.
    #[arg(long, value_name = "DIR|URL", conflicts_with_all = ["server", "backup"])]
    tiles: Option<PathBuf>,
    /// A backup of the ledger, compared in the same way.
    #[arg(long, conflicts_with = "server")]
    backup: Option<PathBuf>,
    /// Most MiB of entries read a second; by default as fast as it goes, or 64 for a service.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    rate_mib: Option<u32>,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(args: &VerifyArgs) -> Result<(), Failure> {
    let bar = progress_bar();
    let (output, language) = (args.output.output, args.output.lang);
    let mut told = |told: Told<'_>| {
        match told {
            Told::Progress { position, head, .. } => {
                bar.set_length(head);
                bar.set_position(position);
            }
            Told::Found(finding) if output == Output::Table => {
                bar.suspend(|| output::say(&line(finding, language)));
            }
            Told::Found(_) => {}
        }
        ControlFlow::Continue(())
    };
    let report = match (&args.data_dir, &args.server) {
        (Some(dir), _) => {
            let pace = Pace { bytes_per_second: args.rate_mib.map(|rate| u64::from(rate) << 20) };
            verify::directory(dir, given(args, dir)?, reference(args)?, pace, &mut told)
        }
        (None, Some(server)) => Ok(super::block_on(online(server, args.rate_mib, &mut told))??),
        (None, None) => return Err(Failure::new(FAILED, "--data-dir | --server")),
    };
    bar.finish_and_clear();
    match report {
        Ok(report) => finish(&report, &args.output),
        Err(finding) => unopened(&finding, &args.output),
    }
}

/// What the configuration and the arguments say of the ledger.
fn given(args: &VerifyArgs, dir: &Path) -> Result<Given, Failure> {
    args.config.iter().try_for_each(|file| super::readable(file))?;
    let overrides = Overrides { data_dir: Some(dir.to_path_buf()), ..Overrides::default() };
    let config = Config::load(args.config.as_deref(), &overrides).map_err(|faults| {
        let faults: String = faults.iter().map(|fault| format!("\n  {fault}")).collect();
        Failure::new(BAD_CONFIG, format!("配置有误 / the configuration is wrong:{faults}"))
    })?;
    let named = !args.vkey.is_empty();
    // Without a configuration nothing says that the default is meant.
    let is_known = args.config.is_some() || !config.origin.is_empty();
    let ledger = journal_sled::ledger_of(dir).ok().flatten().filter(|_| is_known);
    Ok(Given {
        keys: args.vkey.clone(),
        key_files: key_files(&config, None),
        signing_keys: if named { SigningKeys::MayLack } else { SigningKeys::Needed },
        origin: ledger.map(|ledger| origin_of(&config.origin, &ledger.to_string())),
        kek: config.person_kek,
    })
}

/// What the entries are compared with.
fn reference(args: &VerifyArgs) -> Result<Option<Reference>, Failure> {
    args.backup.iter().try_for_each(|file| super::readable(file))?;
    let reference = match (&args.tiles, &args.backup) {
        (Some(tiles), _) => Some(Reference::tiles(tiles)),
        (None, backup) => backup.as_ref().map(|backup| Reference::backup(backup)),
    };
    reference
        .transpose()
        .map_err(|error| Failure::new(FAILED, format!("{}\n{}", error.zh(), crate::chain(&error))))
}

/// Lets a running service check itself.
async fn online(
    server: &str,
    rate_mib: Option<u32>,
    told: &mut impl FnMut(Told<'_>) -> ControlFlow<()>,
) -> Result<Report, Failure> {
    use pb::verify_response::Part;
    let mut client = AdminServiceClient::new(client::connect(server).await?);
    let request = pb::VerifyRequest { rate_mib: rate_mib.unwrap_or(0) };
    let mut stream = client.verify(request).await?.into_inner();
    let mut findings = Vec::new();
    while let Some(message) = stream.message().await? {
        match message.part {
            Some(Part::Progress(progress)) => {
                let pb::VerifyProgress { position, head_position: head, bytes } = progress;
                let _ = told(Told::Progress { position, head, bytes });
            }
            Some(Part::Finding(finding)) => {
                let some = |number: u64| (number != 0).then_some(number);
                let finding = Finding {
                    what: finding.what.into(),
                    position: some(finding.position),
                    last_position: some(finding.last_position),
                    file: (!finding.file.is_empty()).then_some(finding.file),
                    zh: finding.text_zh,
                    en: finding.text_en,
                };
                let _ = told(Told::Found(&finding));
                findings.push(finding);
            }
            Some(Part::Summary(summary)) => {
                let compared = summary.compared.into_iter();
                let unchecked = summary.unchecked.into_iter();
                return Ok(Report {
                    ledger: summary.ledger_id,
                    size: summary.size,
                    root: (!summary.root.is_empty()).then_some(summary.root),
                    bytes: summary.bytes,
                    compared: compared
                        .map(|one| Compared { what: one.what, position: one.position })
                        .collect(),
                    unchecked: unchecked
                        .map(|one| Unchecked { what: one.what, zh: one.text_zh, en: one.text_en })
                        .collect(),
                    findings,
                    findings_total: summary.findings_total,
                    complete: true,
                    ok: summary.ok,
                });
            }
            None => {}
        }
    }
    Err(Failure::new(
        super::UNREACHABLE,
        "检查中断：服务是否已停止？/ the check was cut short; did the service stop?",
    ))
}

/// A public key on the command line.
pub(super) fn vkey(text: &str) -> Result<VerifierKey, String> {
    let text = text.trim();
    text.parse().map_err(|error: merkle::key::KeyError| format!("{} / {error}", error.zh()))
}

/// A bar on standard error, hidden where that is no terminal.
pub(super) fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) =
        ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} {per_sec} {eta}")
    {
        bar.set_style(style);
    }
    bar
}

/// A finding for people.
pub(super) fn line(finding: &Finding, language: Language) -> String {
    format!("{} {}", finding.what, language.pick(&finding.zh, &finding.en))
}

fn finish(report: &Report, args: &OutputArgs) -> Result<(), Failure> {
    let language = args.lang;
    match args.output {
        Output::Json => output::say(&pretty(&serde_json::to_value(report))?),
        Output::Table => {
            let root = report.root.as_deref().unwrap_or("–");
            output::say(&format!(
                "{} {}\n{} {}\n{} {root}",
                language.pick("台账", "ledger"),
                report.ledger,
                language.pick("条数", "entries"),
                report.size,
                language.pick("根散列", "root"),
            ));
            for compared in &report.compared {
                output::say(&format!(
                    "{} {} {} {}",
                    language.pick("已比对", "compared"),
                    compared.what,
                    language.pick("至", "up to"),
                    compared.position
                ));
            }
            for Unchecked { zh, en, .. } in &report.unchecked {
                let what = language.pick(zh.as_str(), en.as_str());
                output::say(&format!("{} {what}", language.pick("未检查", "not checked")));
            }
        }
    }
    if report.ok {
        if args.output == Output::Table {
            output::say(language.pick("完好", "sound"));
        }
        return Ok(());
    }
    let total = report.findings_total;
    Err(Failure::new(FAILED, format!("发现 {total} 处问题 / {total} findings")))
}

fn unopened(finding: &Finding, args: &OutputArgs) -> Result<(), Failure> {
    if args.output == Output::Json {
        let report = json!({
            "ledger": null, "size": 0, "root": null, "findings": [finding], "unchecked": [],
            "findings_total": 1, "complete": false, "ok": false,
        });
        output::say(&pretty(&Ok(report))?);
    }
    Err(Failure::new(FAILED, format!("{}\n{}", finding.zh, finding.en)))
}

fn pretty(value: &Result<serde_json::Value, serde_json::Error>) -> Result<String, Failure> {
    let text = value.as_ref().map(|value| format!("{value:#}"));
    text.map_err(|error| Failure::new(FAILED, error.to_string()))
}
