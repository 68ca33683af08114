//! `duty-ledger report`: annual reports and the ledger.

mod check;
mod docx;
mod draft;
mod supervised;

use clap::{Args, Subcommand};

use super::client::Failure;

/// What to do with a report.
#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    #[command(subcommand)]
    command: ReportCommand,
}

#[derive(Debug, Subcommand)]
enum ReportCommand {
    /// Holds every figure of a printed report against the ledger (数据核对).
    Check(check::CheckArgs),
    /// Drafts the annual report from entries alone (年报草稿).
    Draft(draft::DraftArgs),
}

pub(super) async fn run(args: ReportArgs) -> Result<(), Failure> {
    match args.command {
        ReportCommand::Check(args) => check::run(args).await,
        ReportCommand::Draft(args) => draft::run(args).await,
    }
}
