//! `duty-ledger sheets`: the score sheets of all organizations in scope, for the municipal
//! evaluation system (考核系统).
//!
//! JSON Lines are the messages of the stream as they come, the end included: whoever reads them
//! knows that nothing is missing. CSV has a row for each sheet, with what it reflects. A file
//! appears only when the export is whole; beside it stands a manifest with the basis, the digests,
//! the signed checkpoint and how to check. A seal is an entry: its receipt proves the sealed sheet
//! to anybody, without this service.

mod manifest;
mod row;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use sha2::{Digest as _, Sha256};
use tonic::transport::Channel;

use super::client::{self, Failure};
use super::{FAILED, SelectorArgs, ServerArg, beside, output, shown};
use crate::pb;
use crate::pb::evaluation_service_client::EvaluationServiceClient;
use crate::pb::get_receipt_request::Entry;
use crate::pb::ledger_service_client::LedgerServiceClient;

/// How long to wait for a seal to be published, in seconds.
const WAIT_SECONDS: i64 = 30;

/// Which sheets, and where to.
#[derive(Debug, Args)]
pub(super) struct SheetsArgs {
    /// JSON Lines for programs, or one CSV row for each sheet.
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    format: Format,
    /// File to write, with a manifest beside it; standard output without it.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Directory for the receipts of the seals and the entries they are about.
    #[arg(long, value_name = "DIR")]
    receipts: Option<PathBuf>,
    /// Only this organization and those below it; by default all.
    #[arg(long, default_value = "")]
    within: String,
    #[command(flatten)]
    selector: SelectorArgs,
    #[command(flatten)]
    server: ServerArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One JSON object a line; the last one says that it is whole.
    Jsonl,
    /// Comma-separated, UTF-8 with byte order mark.
    Csv,
}

/// A whole export, as far as the manifest tells of it.
#[derive(Debug, Default)]
struct Told {
    basis: Option<pb::ViewBasis>,
    /// Where each sealed sheet is, by organization.
    seals: Vec<(String, u64)>,
    end: pb::ExportEnd,
    /// SHA-256 of what was written.
    written: String,
}

pub(super) async fn run(args: SheetsArgs) -> Result<(), Failure> {
    let channel = client::connect(&args.server.server).await?;
    let request = pb::ExportScoreSheetsRequest {
        selector: Some(args.selector.message()),
        within_organization_id: args.within.clone(),
        ..Default::default()
    };
    let told = match &args.out {
        None => export(&channel, request, args.format, std::io::stdout()).await?,
        Some(path) => {
            let part = beside(path, ".part");
            let file = File::create(&part).map_err(|error| cannot_write(&part, &error))?;
            let told = export(&channel, request, args.format, file).await;
            if told.is_err() {
                // What is not whole is of no use; that it stays is no further fault.
                let _ = std::fs::remove_file(&part);
            }
            let told = told?;
            std::fs::rename(&part, path).map_err(|error| cannot_write(path, &error))?;
            told
        }
    };
    if let Some(directory) = &args.receipts {
        receipts(&channel, directory, &told).await?;
    }
    if let Some(path) = &args.out {
        let manifest = beside(path, ".manifest.json");
        let text = manifest::text(&channel, path, &told).await?;
        std::fs::write(&manifest, text).map_err(|error| cannot_write(&manifest, &error))?;
    }
    let pb::ExportEnd { sheet_count, digest, organizations_without_rules } = &told.end;
    let (sealed, without) = (told.seals.len(), organizations_without_rules.len());
    // Standard output is the export.
    output::complain(&format!(
        "评分表 {sheet_count} 份（已封存 {sealed} 份，无规则集单位 {without} 个）· sha256 {digest}\n\
         {sheet_count} sheets, {sealed} of them sealed, {without} organizations without a rule set"
    ));
    Ok(())
}

/// Writes what comes, to its stated end.
async fn export(
    channel: &Channel,
    request: pb::ExportScoreSheetsRequest,
    format: Format,
    to: impl Write,
) -> Result<Told, Failure> {
    let mut client =
        EvaluationServiceClient::new(channel.clone()).max_decoding_message_size(usize::MAX);
    let mut stream = client.export_score_sheets(request).await?.into_inner();
    let mut sink = Sink { to: BufWriter::new(to), hash: Sha256::new() };
    if format == Format::Csv {
        sink.put(&row::heading()?)?;
    }
    let mut told = Told::default();
    let mut is_whole = false;
    while let Some(message) = stream.message().await? {
        if format == Format::Jsonl {
            let line = output::to_json_line("ExportScoreSheetsResponse", &message);
            let line = line.map_err(|error| Failure::new(FAILED, crate::chain(&error)))?;
            sink.put(format!("{line}\n").as_bytes())?;
        }
        if let Some(sheet) = &message.sheet {
            if format == Format::Csv {
                sink.put(&row::row(sheet)?)?;
            }
            told.take(sheet);
        }
        if let Some(end) = message.end {
            (told.end, is_whole) = (end, true);
        }
    }
    if !is_whole {
        return Err(Failure::new(
            FAILED,
            "导出中断，未收到结束标记；请重试 / the export was cut short before its end: try again",
        ));
    }
    told.written = sink.finish()?;
    Ok(told)
}

impl Told {
    fn take(&mut self, sheet: &pb::GetScoreSheetResponse) {
        if sheet.is_sealed {
            let at = sheet.standing.as_ref().map_or(0, |standing| standing.sealed_position);
            self.seals.push((sheet.organization_id.clone(), at));
        }
        // A sealed sheet has the basis of its seal; the others have that of the export, to which
        // each adds its rule set.
        match (&mut self.basis, &sheet.basis) {
            (_, None) => {}
            (_, Some(_)) if sheet.is_sealed => {}
            (None, Some(basis)) => self.basis = Some(basis.clone()),
            (Some(held), Some(basis)) => {
                for rules in &basis.rule_sets {
                    if !held.rule_sets.contains(rules) {
                        held.rule_sets.push(rules.clone());
                    }
                }
            }
        }
    }
}

/// The receipt of each seal, and the entry it is about.
async fn receipts(channel: &Channel, directory: &Path, told: &Told) -> Result<(), Failure> {
    std::fs::create_dir_all(directory).map_err(|error| cannot_write(directory, &error))?;
    let mut client = LedgerServiceClient::new(channel.clone());
    for (organization, position) in &told.seals {
        let wait = Some(prost_types::Duration { seconds: WAIT_SECONDS, nanos: 0 });
        let request = pb::GetReceiptRequest { entry: Some(Entry::Position(*position)), wait };
        let answer = client.get_receipt(request).await?.into_inner();
        // Ids have no separators of paths (`duty::id`).
        for (ending, bytes) in
            [("tlog-proof", answer.receipt.as_bytes()), ("entry", &*answer.stored)]
        {
            let path = directory.join(format!("{organization}-{position}.{ending}"));
            std::fs::write(&path, bytes).map_err(|error| cannot_write(&path, &error))?;
        }
    }
    Ok(())
}

/// Where an export goes, with the digest of what went there.
struct Sink<W: Write> {
    to: BufWriter<W>,
    hash: Sha256,
}

impl<W: Write> Sink<W> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.hash.update(bytes);
        self.to.write_all(bytes).map_err(|error| broken(&error))
    }

    fn finish(mut self) -> Result<String, Failure> {
        self.to.flush().map_err(|error| broken(&error))?;
        Ok(self.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

fn broken(error: &std::io::Error) -> Failure {
    Failure::new(FAILED, format!("无法写出 / cannot be written: {error}"))
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(FAILED, format!("{}: 无法写入 / cannot be written: {error}", shown(path)))
}
