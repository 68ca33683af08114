//! `duty-ledger changes`: every change of the state of an obligation, from any cursor on. As JSON
//! it is one change a line (JSON Lines), each with the cursor to go on after it.

use clap::Args;

use super::client::{self, Failure};
use super::{Language, Output, OutputArgs, ServerArg, output, table};
use crate::pb;
use crate::pb::evaluation_service_client::EvaluationServiceClient;

/// What to follow.
#[derive(Debug, Args)]
pub(super) struct ChangesArgs {
    /// Continue after this cursor; by default from the first entry.
    #[arg(long, default_value = "")]
    cursor: String,
    /// Only changes at this organization.
    #[arg(long, default_value = "")]
    organization: String,
    /// Go on with what comes (持续跟踪); without it, stop where the ledger stands now.
    #[arg(long)]
    follow: bool,
    #[command(flatten)]
    server: ServerArg,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn run(args: ChangesArgs) -> Result<(), Failure> {
    let channel = client::connect(&args.server.server).await?;
    let mut client = EvaluationServiceClient::new(channel).max_decoding_message_size(usize::MAX);
    let request =
        pb::WatchChangesRequest { cursor: args.cursor, organization_id: args.organization };
    let mut stream = client.watch_changes(request).await?.into_inner();
    let mut until = None;
    while let Some(message) = stream.message().await? {
        // What comes while this reads is not waited for.
        let until = *until.get_or_insert(message.head_position);
        for change in &message.changes {
            match args.output.output {
                Output::Json => output::say(&json_line(change)?),
                Output::Table => output::say(&line(change, args.output.lang)),
            }
        }
        if !args.follow && until <= message.position {
            if args.output.output == Output::Table {
                let said = args.output.lang.pick("游标（续读用）", "cursor to continue with");
                output::say(&format!("{said}: {}", message.cursor));
            }
            return Ok(());
        }
    }
    Ok(())
}

fn json_line(change: &pb::StatusChange) -> Result<String, Failure> {
    let text = output::to_json_line("StatusChange", change);
    text.map_err(|error| Failure::new(super::FAILED, crate::chain(&error)))
}

/// One change in one line.
fn line(change: &pb::StatusChange, language: Language) -> String {
    let cause = change.cause.as_ref();
    let day = cause.map_or("", |cause| cause.closed_date.as_str());
    let cause = match (day, language) {
        ("", Language::Zh) => format!("记录 {}", change.position),
        ("", Language::En) => format!("entry {}", change.position),
        (day, Language::Zh) => format!("{day} 日终"),
        (day, Language::En) => format!("end of {day}"),
    };
    let state = |status: i32| match pb::ComplianceStatus::try_from(status) {
        Ok(pb::ComplianceStatus::Unspecified) | Err(_) => "—",
        Ok(_) => table::status(status, language),
    };
    let person = change.owner.as_ref().map_or("", |owner| owner.person_id.as_str());
    let mut whose = if person.is_empty() { String::new() } else { format!(" {person}") };
    if let Some((before, after)) = change.owner_before.as_ref().zip(change.owner.as_ref()) {
        let (before, after) = (before.post_ids.join("+"), after.post_ids.join("+"));
        whose = format!("{whose} ({before} → {after})");
    }
    format!(
        "{}.{} {cause} · {} {} {} {}{whose} · {} → {}",
        change.position,
        change.index,
        change.organization_id,
        change.year,
        change.duty_id,
        change.period,
        state(change.status_before),
        state(change.status_after),
    )
}
