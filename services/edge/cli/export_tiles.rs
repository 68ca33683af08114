//! `duty-ledger export-tiles`: a static log in a directory, kept up by running it again.

use std::path::{Path, PathBuf};

use clap::Args;
use journal::{Journal as _, Position, ReadLimit};
use journal_sled::SledJournal;
use serde_json::json;

use super::client::Failure;
use super::{FAILED, Output, OutputArgs, output, shown, verify};
use crate::log::CHECKPOINT;
use crate::ops::finding::unopened;
use crate::ops::tiles::{ExportError, Exporter};

/// Entries read at a time.
const CHUNK: ReadLimit = ReadLimit { events: 4_096, bytes: 4 << 20 };

/// What to export, and where to.
#[derive(Debug, Args)]
pub(super) struct ExportTilesArgs {
    /// The directory of the static log: missing, empty, or an earlier export, which is continued.
    #[arg(long)]
    to: PathBuf,
    /// Data directory of a ledger that no service has open.
    #[arg(long)]
    data_dir: PathBuf,
    #[command(flatten)]
    output: OutputArgs,
}

#[expect(clippy::unused_async, reason = "every command is one")]
pub(super) async fn run(args: ExportTilesArgs) -> Result<(), Failure> {
    let (size, files) = from_directory(&args.data_dir, &args.to)?;
    let to = shown(&args.to);
    match args.output.output {
        Output::Json => {
            output::say(&format!("{:#}", json!({ "to": to, "size": size, "files": files })));
        }
        Output::Table => output::say(&format!(
            "{to}: {} {size} · {} {files}",
            args.output.lang.pick("条数", "entries"),
            args.output.lang.pick("写入文件", "files written"),
        )),
    }
    Ok(())
}

fn from_directory(dir: &Path, to: &Path) -> Result<(u64, u64), Failure> {
    let inspection = SledJournal::inspect(dir, 64 << 20).map_err(|error| {
        let finding = unopened(&error);
        Failure::new(FAILED, format!("{}\n{}", finding.zh, finding.en))
    })?;
    let note = std::fs::read_to_string(dir.join(CHECKPOINT)).map_err(|error| {
        Failure::new(
            FAILED,
            format!(
                "没有已签名的检查点（{}）：请先运行服务，由其签署 / there is no signed checkpoint: run the service, which signs one: {error}",
                shown(&dir.join(CHECKPOINT))
            ),
        )
    })?;
    let bar = verify::progress_bar();
    let mut exporter = Exporter::new(to, &note).map_err(failed)?;
    let size = exporter.size();
    bar.set_length(size);
    while exporter.next_position() <= size {
        let next = exporter.next_position();
        let Some(from) = Position::new(next) else { break };
        let left = usize::try_from(size - next + 1).unwrap_or(usize::MAX);
        let limit = ReadLimit { events: CHUNK.events.min(left), ..CHUNK };
        let entries = inspection.journal.read(from, limit).map_err(|error| {
            Failure::new(
                FAILED,
                format!("无法读取台账，请运行 duty-ledger verify / {}", crate::chain(&error)),
            )
        })?;
        if entries.is_empty() {
            break;
        }
        for entry in entries {
            exporter.entry(entry.bytes).map_err(failed)?;
        }
        bar.set_position(exporter.next_position() - 1);
    }
    bar.finish_and_clear();
    Ok((size, exporter.finish().map_err(failed)?))
}

fn failed(error: ExportError) -> Failure {
    Failure::new(FAILED, format!("{}\n{}", error.zh(), crate::chain(&error)))
}
