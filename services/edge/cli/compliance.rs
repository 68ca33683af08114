//! `duty-ledger compliance`: the view of an organization or a leader.

use clap::Args;

use super::client::{self, Failure};
use super::{Language, OutputArgs, SelectorArgs, ServerArg, output, rectify, table};
use crate::pb;
use crate::pb::compliance_service_client::ComplianceServiceClient;

/// What to show.
#[derive(Debug, Args)]
pub(super) struct ComplianceArgs {
    /// Id of the organization.
    #[arg(required_unless_present = "person", conflicts_with = "person")]
    organization: Option<String>,
    /// Show the card of this person instead.
    #[arg(long)]
    person: Option<String>,
    #[command(flatten)]
    selector: SelectorArgs,
    #[command(flatten)]
    server: ServerArg,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn run(args: ComplianceArgs) -> Result<(), Failure> {
    let channel = client::connect(&args.server.server).await?;
    let mut client = ComplianceServiceClient::new(channel).max_decoding_message_size(usize::MAX);
    let selector = Some(args.selector.message());
    if let Some(person_id) = args.person {
        let request = pb::GetLeaderComplianceRequest { person_id, selector };
        let answer = client.get_leader_compliance(request).await?.into_inner();
        return args.output.answer("GetLeaderComplianceResponse", &answer, leader);
    }
    let organization_id = args.organization.unwrap_or_default();
    let request = pb::GetOrganizationComplianceRequest { organization_id, selector };
    let answer = client.get_organization_compliance(request).await?.into_inner();
    args.output.answer("GetOrganizationComplianceResponse", &answer, organization)
}

/// Prints a message as JSON.
pub(super) fn json<M: prost::Message>(name: &str, message: &M) -> Result<(), Failure> {
    let text = output::to_json(name, message)
        .map_err(|error| Failure::new(super::FAILED, crate::chain(&error)))?;
    output::say(&text);
    Ok(())
}

/// Prints the view of an organization.
pub(super) fn organization(view: &pb::GetOrganizationComplianceResponse, language: Language) {
    if let Some(organization) = &view.organization {
        let name = language.pick(&organization.name_zh, &organization.name_en);
        output::say(&format!("{name} ({})", organization.organization_id));
    }
    footer(view.basis.as_ref(), language);
    sealed(&view.sealed, language);
    output::say(&table::duties(view.duties.iter(), language).to_string());
    output::say(&table::scores(&view.scores, language).to_string());
}

fn leader(view: &pb::GetLeaderComplianceResponse, language: Language) {
    output::say(format!("{} {}", view.person_id, view.person_name).trim_end());
    for tenure in &view.tenures {
        let pb::Tenure { post_id, start_date, end_date, acting, .. } = tenure;
        let acting = if *acting { language.pick("（主持工作）", " (acting)") } else { "" };
        output::say(&format!("  {post_id}{acting}: {start_date} – {end_date}"));
    }
    for handover in &view.handovers {
        output::say(&taken_over(handover, language));
    }
    for found in &view.findings {
        output::say(&finding(found, language));
    }
    for exemption in &view.exemptions {
        let what = language.pick("免除", "exempted");
        let why = language.pick(&exemption.text_zh, &exemption.text_en);
        output::say(&format!("  {what}: {why}"));
    }
    footer(view.basis.as_ref(), language);
    sealed(&view.sealed, language);
    let duties = view.duties.iter().filter_map(|leader| leader.duty.as_ref());
    output::say(&table::duties(duties, language).to_string());
    output::say(&table::scores(&view.scores, language).to_string());
}

/// A finding of the leader's time in office, or theirs to mend, in one line.
fn finding(found: &pb::LeaderFinding, language: Language) -> String {
    let held = found.rectification.clone().unwrap_or_default();
    let order = held.order.clone().unwrap_or_default();
    let state = rectify::state(held.state(), language);
    let (text, number, due) = (&order.text, &order.document_number, &held.due_date);
    let at = &order.organization_id;
    let mut parts = Vec::new();
    if found.in_office {
        parts.push(language.pick("任期内", "in office"));
    }
    if found.mends {
        parts.push(language.pick("整改责任人", "is to mend it"));
    }
    let parts = parts.join(language.pick("、", ", "));
    let fell_on = &found.fell_on_date;
    match language {
        Language::Zh => {
            format!("  整改（{parts}）：{at} {number} {text}，计入 {fell_on}，限期 {due}，{state}")
        }
        Language::En => {
            format!("  finding ({parts}): {at} {number} {text}, of {fell_on}, by {due}, {state}")
        }
    }
}

/// What was taken over from one predecessor, in one line.
fn taken_over(handover: &pb::Handover, language: Language) -> String {
    let pb::Handover { post_id, predecessor_person_id, start_date, end_date, .. } = handover;
    let acts = handover.acts.len();
    let is_open = |state: &&pb::DutyState| {
        use pb::ComplianceStatus as S;
        !matches!(state.status(), S::Fulfilled | S::FulfilledLate | S::Exempted)
    };
    let open: Vec<&str> =
        handover.duties.iter().filter(is_open).map(|state| state.duty_id.as_str()).collect();
    let (count, open) = (open.len(), open.join(", "));
    match language {
        Language::Zh => format!(
            "  接任 {post_id}：前任 {predecessor_person_id}（{start_date} – {end_date}），\
             本年度记录 {acts} 条，移交时未办结 {count} 项：{open}"
        ),
        Language::En => format!(
            "  took over {post_id} from {predecessor_person_id} ({start_date} – {end_date}): \
             {acts} acts of theirs in the year, {count} duties open then: {open}"
        ),
    }
}

/// Says which years are sealed, and with which results.
pub(super) fn sealed<'a>(seals: impl IntoIterator<Item = &'a pb::SealedYear>, language: Language) {
    for seal in seals {
        output::say(&table::sealed(seal, language));
    }
}

fn footer(basis: Option<&pb::ViewBasis>, language: Language) {
    if let Some(basis) = basis {
        output::say(&table::basis(basis, language));
    }
}
