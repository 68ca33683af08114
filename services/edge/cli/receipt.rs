//! `duty-ledger receipt`: fetches the receipt of an entry.

use std::path::{Path, PathBuf};

use clap::Args;

use super::client::{self, Failure};
use super::{FAILED, ServerArg, output, shown};
use crate::pb;
use crate::pb::get_receipt_request::Entry;
use crate::pb::ledger_service_client::LedgerServiceClient;

/// Which receipt, and where to.
#[derive(Debug, Args)]
pub(super) struct ReceiptArgs {
    /// Event id (UUID) or position of the entry.
    entry_of: String,
    /// File for the receipt (C2SP tlog-proof); standard output without it.
    #[arg(long, value_name = "FILE.tlog-proof")]
    out: Option<PathBuf>,
    /// File for the entry as it is stored, which the receipt is about.
    #[arg(long, value_name = "FILE")]
    entry: Option<PathBuf>,
    /// How many seconds to wait for the entry to be published.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(i64).range(0..=60))]
    wait: i64,
    #[command(flatten)]
    server: ServerArg,
}

pub(super) async fn run(args: ReceiptArgs) -> Result<(), Failure> {
    let entry = match args.entry_of.parse() {
        Ok(position) => Entry::Position(position),
        Err(_) => Entry::EventId(args.entry_of.clone()),
    };
    let channel = client::connect(&args.server.server).await?;
    let mut client = LedgerServiceClient::new(channel);
    let wait = Some(prost_types::Duration { seconds: args.wait, nanos: 0 });
    let request = pb::GetReceiptRequest { entry: Some(entry), wait };
    let answer = client.get_receipt(request).await?.into_inner();
    if let Some(file) = &args.entry {
        write(file, &answer.stored)?;
    }
    let Some(file) = &args.out else {
        output::say(answer.receipt.trim_end_matches('\n'));
        return Ok(());
    };
    write(file, answer.receipt.as_bytes())?;
    output::say(&format!(
        "第 {position} 条的凭证已写入 {file} / the receipt of position {position} is in {file}",
        position = answer.position,
        file = shown(file)
    ));
    Ok(())
}

fn write(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(file, bytes).map_err(|error| {
        let file = shown(file);
        Failure::new(FAILED, format!("无法写入 {file} / cannot write {file}: {error}"))
    })
}
