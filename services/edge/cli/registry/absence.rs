//! `duty-ledger absence`: the holder of a post is excused by a document (离岗).

use clap::{Args, Subcommand};

use super::super::client::Failure;
use super::tenure::of_person;
use super::{Registrar, choice, none, record};
use crate::pb;
use crate::pb::registration::Registered;

/// Works with absences. `person show` and `organization show` list them.
#[derive(Debug, Args)]
pub(in crate::cli) struct AbsenceArgs {
    #[command(subcommand)]
    command: AbsenceCommand,
}

#[derive(Debug, Subcommand)]
enum AbsenceCommand {
    /// Registers that the holder of a post is excused (登记离岗).
    Record(RecordArgs),
    /// Registers the last day of an absence (返岗).
    End(EndArgs),
    /// Takes back an absence that was registered by mistake (撤销登记).
    Revoke(RevokeArgs),
}

#[derive(Debug, Args)]
struct RecordArgs {
    /// Id of the absence.
    absence: String,
    /// The tenure the holder is absent from.
    #[arg(long)]
    tenure: String,
    /// Why: retired, suspended, sick-leave, under-investigation, or in Chinese.
    #[arg(long, value_parser = choice("AbsenceKind"))]
    kind: i32,
    /// First day, YYYY-MM-DD.
    #[arg(long)]
    from: String,
    /// Last day, YYYY-MM-DD; left out while it lasts.
    #[arg(long, default_value = "")]
    until: String,
    /// 文号 of the decision.
    #[arg(long)]
    document: String,
    /// Registers a new version of an absence that is registered otherwise.
    #[arg(long)]
    amend: bool,
    #[command(flatten)]
    registrar: Registrar,
}

#[derive(Debug, Args)]
struct EndArgs {
    /// Id of the absence.
    absence: String,
    /// Whose it is.
    #[arg(long)]
    person: String,
    /// Last day, YYYY-MM-DD.
    #[arg(long)]
    until: String,
    #[command(flatten)]
    registrar: Registrar,
}

#[derive(Debug, Args)]
struct RevokeArgs {
    /// Id of the absence.
    absence: String,
    /// Whose it is.
    #[arg(long)]
    person: String,
    #[command(flatten)]
    registrar: Registrar,
}

pub(in crate::cli) async fn run(args: AbsenceArgs) -> Result<(), Failure> {
    let (registrar, amend, absence) = match args.command {
        AbsenceCommand::Record(args) => {
            let absence = pb::TenureAbsence {
                absence_id: args.absence,
                tenure_id: args.tenure,
                kind: args.kind,
                start_date: args.from,
                end_date: args.until,
                document_number: args.document,
                revoked: false,
            };
            (args.registrar, args.amend, absence)
        }
        AbsenceCommand::End(args) => {
            let absence = find(&args.registrar, &args.absence, &args.person).await?;
            let end_date = args.until;
            (args.registrar, true, pb::TenureAbsence { end_date, ..absence })
        }
        AbsenceCommand::Revoke(args) => {
            let absence = find(&args.registrar, &args.absence, &args.person).await?;
            (args.registrar, true, pb::TenureAbsence { revoked: true, ..absence })
        }
    };
    record(&registrar, amend, vec![Registered::Absence(absence)]).await
}

async fn find(
    registrar: &Registrar,
    absence: &str,
    person: &str,
) -> Result<pb::TenureAbsence, Failure> {
    let held = of_person(&registrar.whence, person).await?;
    let mut absences = held.into_iter().flat_map(|holding| holding.absences);
    let found =
        absences.find_map(|recorded| recorded.absence.filter(|found| found.absence_id == absence));
    found.ok_or_else(|| {
        none(
            &format!("{person} 没有离岗 {absence}；请用 duty-ledger person show {person} 查看"),
            &format!("{person} has no absence {absence}; see duty-ledger person show {person}"),
        )
    })
}
