//! `duty-ledger profile`: a year of an organization as one dated line.

use clap::Args;

use super::{Failure, Language, PAGE, dash, footer, output, table};
use crate::cli::{OutputArgs, SelectorArgs, ServerArg, client, compliance, pages};
use crate::pb;
use crate::pb::supervision_service_client::SupervisionServiceClient;

/// Whose profile.
#[derive(Debug, Args)]
pub(crate) struct ProfileArgs {
    /// Id of the organization.
    organization: String,
    #[command(flatten)]
    selector: SelectorArgs,
    #[command(flatten)]
    server: ServerArg,
    #[command(flatten)]
    output: OutputArgs,
}

pub(crate) async fn run(args: ProfileArgs) -> Result<(), Failure> {
    let channel = client::connect(&args.server.server).await?;
    let mut client = SupervisionServiceClient::new(channel).max_decoding_message_size(usize::MAX);
    let request = pb::GetOrganizationProfileRequest {
        organization_id: args.organization,
        selector: Some(args.selector.message()),
        page_size: PAGE,
        ..Default::default()
    };
    let ask = async |page_token| {
        client
            .get_organization_profile(pb::GetOrganizationProfileRequest {
                page_token,
                ..request.clone()
            })
            .await
    };
    let all = pages::all(ask).await?;
    args.output.answer("GetOrganizationProfileResponse", &all, show)
}

fn show(answer: &pb::GetOrganizationProfileResponse, language: Language) {
    if let Some(organization) = &answer.organization {
        let name = language.pick(&organization.name_zh, &organization.name_en);
        output::say(&format!("{name} ({})", organization.organization_id));
    }
    footer(answer.basis.as_ref(), language);
    compliance::sealed(&answer.sealed, language);
    output::say(&table::scores(&answer.scores, language).to_string());
    let mut rows = table::new(&[
        language.pick("日期", "date"),
        language.pick("台账序号", "entry"),
        language.pick("类别", "kind"),
        language.pick("事项", "what"),
        language.pick("说明", "remark"),
    ]);
    for point in &answer.points {
        let by =
            if point.by_recording { language.pick("（录入日）", " (recorded)") } else { "" };
        let entry = if point.position == 0 { String::new() } else { point.position.to_string() };
        rows.add_row([
            format!("{}{by}", point.date),
            dash(&entry),
            kind(point.kind, language).to_owned(),
            what(point, language),
            dash(&point.remark),
        ]);
    }
    output::say(&rows.to_string());
}

fn what(point: &pb::ProfilePoint, language: Language) -> String {
    if let Some(owed) = &point.obligation {
        let status = table::status(owed.status, language);
        return format!("{} {} {status}", owed.duty_id, owed.period);
    }
    if let Some(due) = &point.deadline {
        let what = language.pick(&due.name_zh, &due.name_en);
        let open = if due.is_open { language.pick("（未办结）", " (open)") } else { "" };
        return format!("{what}{open} {}", due.document_number).trim_end().to_owned();
    }
    if !point.post_id.is_empty() {
        return format!("{} {}", point.post_id, point.person_id);
    }
    let is_of_event = !point.event_type.is_empty();
    let mark = if point.is_current || !is_of_event {
        ""
    } else {
        language.pick("（已被取代或撤回）", " (no longer counts)")
    };
    let text = if point.title.is_empty() { &point.event_type } else { &point.title };
    format!("{text}{mark}")
}

fn kind(number: i32, language: Language) -> &'static str {
    use pb::ProfilePointKind as K;
    let (zh, en) = match K::try_from(number).unwrap_or(K::Unspecified) {
        K::Registered => ("登记", "registered"),
        K::TookOffice => ("任职", "took office"),
        K::Event => ("事项", "event"),
        K::Correction => ("更正", "correction"),
        K::Withdrawal => ("撤回", "withdrawal"),
        K::Accepted => ("核定", "accepted"),
        K::Returned => ("退回", "returned"),
        K::Deadline => ("期限", "deadline"),
        K::AcceptanceWithdrawn => ("撤销核定", "acceptance withdrawn"),
        K::LeftOffice => ("离任", "left office"),
        K::StepDeadline => ("期限", "deadline"),
        K::FindingOrdered => ("督办整改", "finding"),
        K::FindingAnswered => ("整改反馈", "finding answered"),
        K::FindingGoesOn => ("核查无效", "finding goes on"),
        K::FindingClosed => ("销号", "finding closed"),
        K::YearPublished => ("公示", "published"),
        K::YearAppealed => ("申诉", "appealed"),
        K::AppealExtended => ("延长办理", "term extended"),
        K::AppealDecided => ("申诉决定", "appeal decided"),
        K::ReviewRequested => ("申请复核", "further review asked for"),
        K::ReviewDecided => ("复核决定", "further review decided"),
        K::ScoreAdjusted => ("加减分", "score adjusted"),
        K::YearSealed => ("封存", "sealed"),
        K::YearReopened => ("启封", "reopened"),
        K::Exempted => ("免除", "exempted"),
        K::ExemptionRevoked => ("撤销免除", "exemption revoked"),
        K::Unspecified => ("?", "?"),
    };
    language.pick(zh, en)
}
