//! `duty-ledger rectify`: what a supervisor found, who mends it by when, the answer, the closing
//! (问题、整改、销号).

use clap::{Args, Subcommand, ValueEnum};

use super::client::{self, Failure};
use super::step::{ByArgs, recorded};
use super::{Language, OutputArgs, ServerArg, output, pages};
use crate::pb;
use crate::pb::review_service_client::ReviewServiceClient;

/// Works with findings.
#[derive(Debug, Args)]
pub(super) struct RectifyArgs {
    #[command(subcommand)]
    command: RectifyCommand,
}

#[derive(Debug, Subcommand)]
enum RectifyCommand {
    /// Records a finding with the order to mend it (督办通知).
    Order(Box<OrderArgs>),
    /// Answers an open finding (整改反馈).
    Answer(AnswerArgs),
    /// Looks at an answer: closes the finding (销号), or has it go on until a new day.
    Close(CloseArgs),
    /// Lists findings, with the share of those closed (整改销号率).
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
enum Severity {
    /// 一般.
    Minor,
    /// 较重.
    Major,
    /// 严重.
    Grave,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Source {
    /// 督察检查.
    Inspection,
    /// 投诉举报.
    Complaint,
    /// 审计.
    Audit,
}

#[derive(Debug, Args)]
struct OrderArgs {
    /// Id of the organization where it was found.
    organization: String,
    /// Accounting year it counts for (考核年度).
    #[arg(long)]
    year: i32,
    /// What was found, at least 10 characters.
    #[arg(long)]
    text: String,
    /// How grave it is.
    #[arg(long, value_enum)]
    severity: Severity,
    /// Where it comes from.
    #[arg(long, value_enum)]
    source: Source,
    /// The duty it concerns.
    #[arg(long, default_value = "")]
    duty: String,
    /// Ids of the events it is about.
    #[arg(long)]
    event: Vec<String>,
    /// The post whose holder is to mend it.
    #[arg(
        long,
        default_value = "",
        conflicts_with = "owner_person",
        required_unless_present = "owner_person"
    )]
    owner_post: String,
    /// The person who is to mend it.
    #[arg(long, default_value = "")]
    owner_person: String,
    /// Last day to answer, YYYY-MM-DD.
    #[arg(long)]
    due: String,
    /// 文号 of the order.
    #[arg(long)]
    document: String,
    /// The body that orders it (督办单位): it is closed by who issued it or by a person in a post
    /// there.
    #[arg(long, default_value = "")]
    body: String,
    /// The post of that body whose holder alone closes it.
    #[arg(long, default_value = "", requires = "body")]
    closing_post: String,
    #[command(flatten)]
    by: ByArgs,
    #[command(flatten)]
    whence: Whence,
}

#[derive(Debug, Args)]
struct AnswerArgs {
    /// Event id of the order.
    finding: String,
    /// What was done, at least 10 characters.
    #[arg(long)]
    text: String,
    /// 文号 of what shows it; may be given several times.
    #[arg(long, required = true)]
    document: Vec<String>,
    /// What kind of evidence that is, a snake_case word.
    #[arg(long, default_value = "official_document")]
    evidence_kind: String,
    #[command(flatten)]
    by: ByArgs,
    #[command(flatten)]
    whence: Whence,
}

#[derive(Debug, Args)]
struct CloseArgs {
    /// Event id of the order.
    finding: String,
    /// It does not work (无效): it goes on until this day, YYYY-MM-DD.
    #[arg(long)]
    not_effective_until: Option<String>,
    /// Remark; the reason where it does not work, at least 10 characters.
    #[arg(long, default_value = "")]
    remark: String,
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
    /// Of this accounting year.
    #[arg(long, default_value_t = 0)]
    year: i32,
    /// The day due dates are seen from, YYYY-MM-DD.
    #[arg(long, default_value = "")]
    as_of: String,
    #[command(flatten)]
    whence: Whence,
}

pub(super) async fn run(args: RectifyArgs) -> Result<(), Failure> {
    match args.command {
        RectifyCommand::Order(args) => order(*args).await,
        RectifyCommand::Answer(args) => {
            let evidence = |document_number: String| pb::Evidence {
                kind: args.evidence_kind.clone(),
                document_number,
                ..Default::default()
            };
            let answer = pb::RectificationAnswer {
                target_event_id: args.finding,
                text: args.text,
                evidence: args.document.into_iter().map(evidence).collect(),
                answerer: args.by.by.clone(),
            };
            let event_id = args.by.event_id();
            let request = pb::AnswerRectificationRequest { event_id, answer: Some(answer) };
            let mut client = connect(&args.whence).await?;
            let answer = client.answer_rectification(request).await?.into_inner();
            recorded(answer.receipt, &args.whence.output)
        }
        RectifyCommand::Close(args) => {
            let effect = match args.not_effective_until {
                None => pb::RectificationEffect::Effective,
                Some(_) => pb::RectificationEffect::NotEffective,
            };
            let closing = pb::RectificationClosing {
                target_event_id: args.finding,
                effect: effect.into(),
                remark: args.remark,
                new_due_date: args.not_effective_until.unwrap_or_default(),
                closer: args.by.by.clone(),
            };
            let event_id = args.by.event_id();
            let request = pb::CloseRectificationRequest { event_id, closing: Some(closing) };
            let mut client = connect(&args.whence).await?;
            let answer = client.close_rectification(request).await?.into_inner();
            recorded(answer.receipt, &args.whence.output)
        }
        RectifyCommand::List(args) => list(args).await,
    }
}

type Client = ReviewServiceClient<tonic::transport::Channel>;

async fn connect(whence: &Whence) -> Result<Client, Failure> {
    Ok(ReviewServiceClient::new(client::connect(&whence.server.server).await?))
}

async fn order(args: OrderArgs) -> Result<(), Failure> {
    let severity = match args.severity {
        Severity::Minor => pb::RectificationSeverity::Minor,
        Severity::Major => pb::RectificationSeverity::Major,
        Severity::Grave => pb::RectificationSeverity::Grave,
    };
    let source = match args.source {
        Source::Inspection => pb::RectificationSource::Inspection,
        Source::Complaint => pb::RectificationSource::Complaint,
        Source::Audit => pb::RectificationSource::Audit,
    };
    let order = pb::RectificationOrder {
        organization_id: args.organization,
        duty_id: args.duty,
        accounting_year: args.year,
        text: args.text,
        severity: severity.into(),
        source: source.into(),
        related_event_ids: args.event,
        owner_post_id: args.owner_post,
        owner_person_id: args.owner_person,
        due_date: args.due,
        document_number: args.document,
        issuer: args.by.by.clone(),
        issuing_organization_id: args.body,
        closing_post_id: args.closing_post,
    };
    let event_id = args.by.event_id();
    let request = pb::OrderRectificationRequest { event_id, order: Some(order) };
    let answer = connect(&args.whence).await?.order_rectification(request).await?.into_inner();
    recorded(answer.receipt, &args.whence.output)
}

async fn list(args: ListArgs) -> Result<(), Failure> {
    let mut client = connect(&args.whence).await?;
    let request = pb::ListRectificationsRequest {
        within_organization_id: args.within,
        accounting_year: args.year,
        as_of_date: args.as_of,
        ..Default::default()
    };
    let ask = async |page_token| {
        client
            .list_rectifications(pb::ListRectificationsRequest { page_token, ..request.clone() })
            .await
    };
    args.whence.output.answer("ListRectificationsResponse", &pages::all(ask).await?, show_all)
}

fn show_all(all: &pb::ListRectificationsResponse, language: Language) {
    all.rectifications.iter().for_each(|held| show(held, language));
    let words = language.pick("待整改/逾期/已反馈/已销号", "open/overdue/answered/closed");
    let rate = match all.closing_rate.as_str() {
        "" => String::new(),
        rate => format!(" · {} {rate}", language.pick("整改销号率", "closed share")),
    };
    let counts = [all.open_count, all.overdue_count, all.answered_count, all.closed_count];
    let counts = counts.map(|count| count.to_string()).join("/");
    output::say(&format!("{words} {counts}{rate}"));
}

fn show(held: &pb::HeldRectification, language: Language) {
    let state = state(held.state(), language);
    let order = held.order.clone().unwrap_or_default();
    let mut owner = [&*order.owner_post_id, &*order.owner_person_id].concat();
    if held.passed_by_position != 0 {
        let passed = language.pick("转由", "passed to");
        let (heir, by) = (&held.responsible_organization_id, held.passed_by_position);
        owner += &format!(" ({passed} {heir} #{by})");
    }
    let until = language.pick("期限", "due");
    output::say(&format!(
        "#{} {} {state} {} {owner} {until} {} {}",
        held.position, held.event_id, order.organization_id, held.due_date, order.text
    ));
}

/// How a finding stands, in a word.
pub(super) fn state(state: pb::RectificationState, language: Language) -> &'static str {
    match state {
        pb::RectificationState::Open => language.pick("待整改", "open"),
        pb::RectificationState::Overdue => language.pick("逾期未整改", "overdue"),
        pb::RectificationState::Answered => language.pick("已反馈", "answered"),
        pb::RectificationState::Closed => language.pick("已销号", "closed"),
        pb::RectificationState::Unspecified => "?",
    }
}
