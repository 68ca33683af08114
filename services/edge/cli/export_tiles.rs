//! `duty-ledger export-tiles`: a static log in a directory, kept up by running it again.

use std::path::{Path, PathBuf};

use clap::Args;
use journal::{Journal as _, Position, ReadLimit};
use journal_sled::SledJournal;
use serde_json::json;

use super::client::{self, Failure};
use super::{FAILED, Output, OutputArgs, output, shown, verify};
use crate::log::CHECKPOINT;
use crate::ops::finding::unopened;
use crate::ops::tiles::{ExportError, Exporter};
use crate::pb;
use crate::pb::duty_event_service_client::DutyEventServiceClient;
use crate::pb::ledger_service_client::LedgerServiceClient;

/// Entries read at a time.
const CHUNK: ReadLimit = ReadLimit { events: 4_096, bytes: 4 << 20 };

/// What to export, and where to.
#[derive(Debug, Args)]
pub(super) struct ExportTilesArgs {
    /// The directory of the static log: missing, empty, or an earlier export, which is continued.
    #[arg(long)]
    to: PathBuf,
    /// Data directory of a ledger that no service has open.
    #[arg(long, required_unless_present = "server", conflicts_with = "server")]
    data_dir: Option<PathBuf>,
    /// Address of a running service (its API), such as http://127.0.0.1:50051.
    #[arg(long)]
    server: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn run(args: ExportTilesArgs) -> Result<(), Failure> {
    let (size, files) = match (&args.data_dir, &args.server) {
        (Some(dir), _) => from_directory(dir, &args.to)?,
        (None, server) => from_service(server.as_deref().unwrap_or_default(), &args.to).await?,
    };
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

/// Exports what a running service has published; it goes on meanwhile.
async fn from_service(server: &str, to: &Path) -> Result<(u64, u64), Failure> {
    let channel = client::connect(server).await?;
    let mut log = LedgerServiceClient::new(channel.clone());
    let answer = log.get_checkpoint(pb::GetCheckpointRequest::default()).await?.into_inner();
    let mut exporter = Exporter::new(to, &answer.note).map_err(failed)?;
    let size = exporter.size();
    let bar = verify::progress_bar();
    bar.set_length(size);
    let missing = size + 1 - exporter.next_position();
    if 0 < missing {
        let mut events = DutyEventServiceClient::new(channel).max_decoding_message_size(usize::MAX);
        let request = pb::ReadEventsRequest {
            from_position: exporter.next_position(),
            limit: missing,
            view: pb::EntryView::Stored.into(),
            ..Default::default()
        };
        let mut stream = events.read_events(request).await?.into_inner();
        while let Some(part) = stream.message().await? {
            for entry in part.entries {
                exporter.entry(entry.stored).map_err(failed)?;
            }
            bar.set_position(exporter.next_position() - 1);
        }
    }
    bar.finish_and_clear();
    Ok((size, exporter.finish().map_err(failed)?))
}

fn failed(error: ExportError) -> Failure {
    Failure::new(FAILED, format!("{}\n{}", error.zh(), crate::chain(&error)))
}
