//! `duty-ledger exempt`: a duty not owed for a time, by a document (免除).

use clap::{Args, Subcommand, ValueEnum};

use super::client::{self, Failure};
use super::step::{ByArgs, recorded};
use super::{Language, OutputArgs, ServerArg, output, pages};
use crate::pb;
use crate::pb::review_service_client::ReviewServiceClient;

/// Works with exemptions.
#[derive(Debug, Args)]
pub(super) struct ExemptArgs {
    #[command(subcommand)]
    command: ExemptCommand,
}

#[derive(Debug, Subcommand)]
enum ExemptCommand {
    /// Exempts from a duty, for a year or from a day to a day (免除).
    Grant(Box<GrantArgs>),
    /// Ends an exemption before its last day (撤销免除).
    Revoke(RevokeArgs),
    /// Lists exemptions.
    List(ListArgs),
}

#[derive(Debug, Args)]
struct Whence {
    #[command(flatten)]
    server: ServerArg,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Reason {
    /// 职务空缺.
    PostVacant,
    /// 单位撤销.
    OrganizationDissolved,
    /// 不可抗力.
    ForceMajeure,
    /// 无行政执法权.
    NoEnforcementPower,
    /// 任职不足半年.
    ShortTenure,
    /// 其他, which --text says.
    Other,
}

impl Reason {
    const fn code(self) -> pb::ExemptionReason {
        match self {
            Self::PostVacant => pb::ExemptionReason::PostVacant,
            Self::OrganizationDissolved => pb::ExemptionReason::OrganizationDissolved,
            Self::ForceMajeure => pb::ExemptionReason::ForceMajeure,
            Self::NoEnforcementPower => pb::ExemptionReason::NoEnforcementPower,
            Self::ShortTenure => pb::ExemptionReason::ShortTenure,
            Self::Other => pb::ExemptionReason::Other,
        }
    }
}

#[derive(Debug, Args)]
struct GrantArgs {
    /// Id of the organization.
    organization: String,
    /// The duty, as the rule set names it.
    duty: String,
    /// Everything of this accounting year; or give --from and --until.
    #[arg(long, conflicts_with_all = ["from", "until"], required_unless_present = "from")]
    year: Option<i32>,
    /// First day covered, YYYY-MM-DD.
    #[arg(long, requires = "until")]
    from: Option<String>,
    /// Last day covered, YYYY-MM-DD.
    #[arg(long, requires = "from")]
    until: Option<String>,
    /// Only what is owed through this post.
    #[arg(long, default_value = "", conflicts_with = "person")]
    post: String,
    /// Only what this person owes.
    #[arg(long, default_value = "")]
    person: String,
    /// Why.
    #[arg(long, value_enum)]
    reason: Reason,
    /// Why, in words; needed with the reason other.
    #[arg(long, default_value = "")]
    text: String,
    /// 文号 of the decision.
    #[arg(long)]
    document: String,
    /// Id of who applied for it.
    #[arg(long)]
    applicant: String,
    /// Id of who approved it: neither who records it nor who applied.
    #[arg(long)]
    approver: String,
    #[command(flatten)]
    by: ByArgs,
    #[command(flatten)]
    whence: Whence,
}

#[derive(Debug, Args)]
struct RevokeArgs {
    /// Event id of the exemption.
    exemption: String,
    /// First day it no longer holds, YYYY-MM-DD.
    #[arg(long)]
    from: String,
    /// Why, at least 10 characters.
    #[arg(long)]
    reason: String,
    /// 文号 of the decision.
    #[arg(long)]
    document: String,
    /// Id of who approved it, never who records it.
    #[arg(long)]
    approver: String,
    #[command(flatten)]
    by: ByArgs,
    #[command(flatten)]
    whence: Whence,
}

#[derive(Debug, Args)]
struct ListArgs {
    /// This organization and those below it; by default all.
    #[arg(long, default_value = "")]
    within: String,
    /// Only those in force on this day, YYYY-MM-DD.
    #[arg(long, default_value = "")]
    on: String,
    #[command(flatten)]
    whence: Whence,
}

pub(super) async fn run(args: ExemptArgs) -> Result<(), Failure> {
    match args.command {
        ExemptCommand::Grant(args) => grant(*args).await,
        ExemptCommand::Revoke(args) => {
            let event_id = args.by.event_id();
            let revocation = pb::ExemptionRevocation {
                target_event_id: args.exemption,
                from_date: args.from,
                reason: args.reason,
                document_number: args.document,
                approver: args.approver,
            };
            let recorder = args.by.by;
            let request =
                pb::RevokeExemptionRequest { event_id, recorder, revocation: Some(revocation) };
            let channel = client::connect(&args.whence.server.server).await?;
            let mut client = ReviewServiceClient::new(channel);
            let answer = client.revoke_exemption(request).await?.into_inner();
            recorded(answer.receipt, &args.whence.output)
        }
        ExemptCommand::List(args) => list(args).await,
    }
}

async fn grant(args: GrantArgs) -> Result<(), Failure> {
    let event_id = args.by.event_id();
    let exemption = pb::Exemption {
        organization_id: args.organization,
        post_id: args.post,
        person_id: args.person,
        duty_id: args.duty,
        accounting_year: args.year.unwrap_or(0),
        start_date: args.from.unwrap_or_default(),
        end_date: args.until.unwrap_or_default(),
        reason: args.reason.code().into(),
        reason_text: args.text,
        document_number: args.document,
        applicant: args.applicant,
        approver: args.approver,
    };
    let recorder = args.by.by;
    let request = pb::GrantExemptionRequest { event_id, recorder, exemption: Some(exemption) };
    let channel = client::connect(&args.whence.server.server).await?;
    let answer = ReviewServiceClient::new(channel).grant_exemption(request).await?.into_inner();
    recorded(answer.receipt, &args.whence.output)
}

async fn list(args: ListArgs) -> Result<(), Failure> {
    let channel = client::connect(&args.whence.server.server).await?;
    let mut client = ReviewServiceClient::new(channel);
    let request = pb::ListExemptionsRequest {
        within_organization_id: args.within,
        in_force_date: args.on,
        ..Default::default()
    };
    let ask = async |page_token| {
        client.list_exemptions(pb::ListExemptionsRequest { page_token, ..request.clone() }).await
    };
    args.whence.output.answer("ListExemptionsResponse", &pages::all(ask).await?, show)
}

fn show(all: &pb::ListExemptionsResponse, language: Language) {
    for held in &all.exemptions {
        let exemption = held.exemption.clone().unwrap_or_default();
        let text = language.pick(&held.text_zh, &held.text_en);
        let (organization, duty) = (&exemption.organization_id, &exemption.duty_id);
        output::say(&format!("#{} {} {organization} {duty} {text}", held.position, held.event_id));
    }
    if all.exemptions.is_empty() {
        output::say(language.pick("没有免除", "no exemption"));
    }
}
