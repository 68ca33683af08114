//! `duty-ledger year`: the life of an evaluated year, step by step.

use clap::{Args, Subcommand, ValueEnum};

use super::client::{self, Failure};
use super::step::ByArgs;
use super::{Language, Output, OutputArgs, ServerArg, compliance, output};
use crate::pb;
use crate::pb::evaluation_service_client::EvaluationServiceClient;

/// Works with an evaluated year.
#[derive(Debug, Args)]
pub(super) struct YearArgs {
    #[command(subcommand)]
    command: YearCommand,
}

#[derive(Debug, Subcommand)]
enum YearCommand {
    /// Publishes the result for notice (公示).
    Publish(StepArgs),
    /// Appeals against what was published (申诉).
    Appeal(AppealArgs),
    /// Decides an appeal (申诉决定).
    Decide(DecideArgs),
    /// Adds a bonus, a penalty or a veto (加分、扣分、一票否决).
    Adjust(AdjustArgs),
    /// Seals the year (封存).
    Seal(StepArgs),
    /// Opens a sealed year again by decision (启封).
    Reopen(ReopenArgs),
    /// Shows how far the year is (进度).
    Status(AboutArgs),
}

/// Which year, and where.
#[derive(Debug, Args)]
struct AboutArgs {
    /// Id of the organization.
    organization: String,
    /// Accounting year (考核年度).
    #[arg(long)]
    year: i32,
    #[command(flatten)]
    server: ServerArg,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Args)]
struct StepArgs {
    #[command(flatten)]
    about: AboutArgs,
    #[command(flatten)]
    by: ByArgs,
    /// 文号 of the notice.
    #[arg(long)]
    document: String,
    /// The day whose deadlines count, YYYY-MM-DD; by default the day now running.
    #[arg(long, default_value = "")]
    as_of: String,
}

#[derive(Debug, Args)]
struct AppealArgs {
    #[command(flatten)]
    about: AboutArgs,
    #[command(flatten)]
    by: ByArgs,
    /// Why the result is wrong.
    #[arg(long)]
    arguments: String,
    /// What shows it: ids of events, numbers of documents.
    #[arg(long, default_value = "")]
    evidence: String,
}

#[derive(Debug, Args)]
struct DecideArgs {
    #[command(flatten)]
    about: AboutArgs,
    #[command(flatten)]
    by: ByArgs,
    /// Position of the appeal.
    #[arg(long)]
    appeal: u64,
    /// Upholds it (支持), in part at least.
    #[arg(long)]
    upheld: bool,
    /// 文号 of the decision.
    #[arg(long)]
    document: String,
    /// Why.
    #[arg(long)]
    reason: String,
    /// Points of bonus the decision gives.
    #[arg(long, default_value = "")]
    bonus: String,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    /// 加分.
    Bonus,
    /// 扣分.
    Penalty,
    /// 一票否决.
    Veto,
}

#[derive(Debug, Args)]
struct AdjustArgs {
    #[command(flatten)]
    about: AboutArgs,
    #[command(flatten)]
    by: ByArgs,
    /// Which.
    #[arg(long, value_enum)]
    kind: Kind,
    /// Points; none for a veto.
    #[arg(long, default_value = "")]
    points: String,
    /// 文号 of the document it rests on.
    #[arg(long)]
    document: String,
    /// Id of who approved it.
    #[arg(long)]
    approver: String,
    /// Why.
    #[arg(long)]
    reason: String,
}

#[derive(Debug, Args)]
struct ReopenArgs {
    #[command(flatten)]
    about: AboutArgs,
    #[command(flatten)]
    by: ByArgs,
    /// Id of who approved it.
    #[arg(long)]
    approver: String,
    /// 文号 of the decision.
    #[arg(long)]
    document: String,
    /// Why.
    #[arg(long)]
    reason: String,
}

pub(super) async fn run(args: YearArgs) -> Result<(), Failure> {
    let about = match &args.command {
        YearCommand::Publish(args) | YearCommand::Seal(args) => &args.about,
        YearCommand::Appeal(args) => &args.about,
        YearCommand::Decide(args) => &args.about,
        YearCommand::Adjust(args) => &args.about,
        YearCommand::Reopen(args) => &args.about,
        YearCommand::Status(about) => about,
    };
    let (organization_id, year) = (about.organization.clone(), about.year);
    let how = about.output.clone();
    let channel = client::connect(&about.server.server).await?;
    let mut client = EvaluationServiceClient::new(channel).max_decoding_message_size(usize::MAX);
    let (receipt, standing) = match args.command {
        YearCommand::Publish(args) => {
            let publication = pb::YearPublication {
                organization_id,
                year,
                publisher: args.by.by.clone(),
                document_number: args.document,
                as_of_date: args.as_of,
                ..Default::default()
            };
            let event_id = args.by.event_id();
            let request = pb::PublishYearRequest { event_id, publication: Some(publication) };
            let answer = client.publish_year(request).await?.into_inner();
            (answer.receipt, answer.standing)
        }
        YearCommand::Appeal(args) => {
            let appeal = pb::YearAppeal {
                organization_id,
                year,
                appellant: args.by.by.clone(),
                arguments: args.arguments,
                evidence: args.evidence,
                ..Default::default()
            };
            let request =
                pb::AppealYearRequest { event_id: args.by.event_id(), appeal: Some(appeal) };
            let answer = client.appeal_year(request).await?.into_inner();
            (answer.receipt, answer.standing)
        }
        YearCommand::Decide(args) => {
            let bonus = (!args.bonus.is_empty()).then(|| pb::ScoreAdjustment {
                kind: pb::AdjustmentKind::Bonus.into(),
                points: args.bonus.clone(),
                reason: args.reason.clone(),
                ..Default::default()
            });
            let decision = pb::AppealDecision {
                organization_id,
                year,
                appeal_position: args.appeal,
                decider: args.by.by.clone(),
                upheld: args.upheld,
                document_number: args.document,
                reason: args.reason,
                adjustment: bonus,
            };
            let request =
                pb::DecideAppealRequest { event_id: args.by.event_id(), decision: Some(decision) };
            let answer = client.decide_appeal(request).await?.into_inner();
            (answer.receipt, answer.standing)
        }
        YearCommand::Adjust(args) => {
            let kind = match args.kind {
                Kind::Bonus => pb::AdjustmentKind::Bonus,
                Kind::Penalty => pb::AdjustmentKind::Penalty,
                Kind::Veto => pb::AdjustmentKind::Veto,
            };
            let made = pb::ScoreAdjustment {
                kind: kind.into(),
                points: args.points,
                document_number: args.document,
                approver: args.approver,
                reason: args.reason,
            };
            let recorder = args.by.by.clone();
            let adjustment =
                pb::YearAdjustment { organization_id, year, recorder, adjustment: Some(made) };
            let event_id = args.by.event_id();
            let request = pb::AdjustScoreRequest { event_id, adjustment: Some(adjustment) };
            let answer = client.adjust_score(request).await?.into_inner();
            (answer.receipt, answer.standing)
        }
        YearCommand::Seal(args) => {
            let seal = pb::YearSeal {
                organization_id,
                year,
                sealer: args.by.by.clone(),
                document_number: args.document,
                as_of_date: args.as_of,
                ..Default::default()
            };
            let request = pb::SealYearRequest { event_id: args.by.event_id(), seal: Some(seal) };
            let answer = client.seal_year(request).await?.into_inner();
            (answer.receipt, answer.standing)
        }
        YearCommand::Reopen(args) => {
            let reopening = pb::YearReopening {
                organization_id,
                year,
                recorder: args.by.by.clone(),
                approver: args.approver,
                document_number: args.document,
                reason: args.reason,
            };
            let event_id = args.by.event_id();
            let request = pb::ReopenYearRequest { event_id, reopening: Some(reopening) };
            let answer = client.reopen_year(request).await?.into_inner();
            (answer.receipt, answer.standing)
        }
        YearCommand::Status(_) => {
            let selector = Some(pb::ViewSelector { year, ..Default::default() });
            let request = pb::GetScoreSheetRequest { organization_id, selector };
            let sheet = client.get_score_sheet(request).await?.into_inner();
            (None, sheet.standing)
        }
    };
    let standing = standing.unwrap_or_default();
    match how.output {
        Output::Json => compliance::json("YearStanding", &standing),
        Output::Table => {
            if let Some(receipt) = receipt {
                let said = how.lang.pick("已记录于", "recorded at");
                output::say(&format!("{said} {} {}", receipt.position, receipt.event_id));
            }
            show(&standing, how.lang);
            Ok(())
        }
    }
}

fn show(standing: &pb::YearStanding, language: Language) {
    let stage = match standing.stage() {
        pb::YearStage::Published => language.pick("已公示", "published for notice"),
        pb::YearStage::Sealed => language.pick("已封存", "sealed"),
        pb::YearStage::Open | pb::YearStage::Unspecified => language.pick("未公示", "open"),
    };
    output::say(stage);
    if !standing.notice_end_date.is_empty() {
        let said = language.pick("公示期至", "notice until");
        output::say(&format!("{said} {}", standing.notice_end_date));
    }
    for appeal in &standing.appeals {
        let state = match (appeal.decided_position, appeal.upheld) {
            (0, _) => language.pick("待决定", "undecided"),
            (_, true) => language.pick("支持", "upheld"),
            (_, false) => language.pick("驳回", "rejected"),
        };
        let (said, due) = (language.pick("申诉", "appeal"), language.pick("期限", "due"));
        output::say(&format!(
            "{said} {} {state} · {due} {}",
            appeal.position, appeal.decision_due_date
        ));
    }
    if standing.sealed_position != 0 {
        let said = language.pick("封存于", "sealed at");
        let digest = &standing.sealed_digest;
        output::say(&format!("{said} {} · sha256 {digest}", standing.sealed_position));
    }
}
