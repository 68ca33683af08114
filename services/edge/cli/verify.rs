//! `duty-ledger verify`: checks a ledger from end to end.

use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::client::Failure;
use super::{FAILED, Language, Output, OutputArgs, output};
use crate::ops::Finding;
use crate::ops::verify::{self, Pace, Report, Told};

/// What to check.
#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// Data directory of a ledger that no service has open.
    #[arg(long)]
    data_dir: PathBuf,
    /// Most MiB of entries read a second; by default as fast as it goes.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    rate_mib: Option<u64>,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn run(args: VerifyArgs) -> Result<(), Failure> {
    let pace = Pace { bytes_per_second: args.rate_mib.map(|rate| rate << 20) };
    let (output, bar) = (args.output.output, progress_bar());
    let language = args.output.lang;
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
    let report = verify::directory(&args.data_dir, pace, &mut told);
    bar.finish_and_clear();
    match report {
        Ok(report) => finish(&report, &args.output),
        Err(finding) => unopened(&finding, &args.output),
    }
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
            "ledger": null, "size": 0, "root": null, "findings": [finding],
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
