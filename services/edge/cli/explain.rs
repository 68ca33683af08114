//! `duty-ledger explain`: why an obligation stands as it does.

use clap::Args;

use super::client::{self, Failure};
use super::{Language, OutputArgs, SelectorArgs, ServerArg, compliance, output, table};
use crate::pb;
use crate::pb::compliance_service_client::ComplianceServiceClient;

/// What to explain.
#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// Id of the organization.
    organization: String,
    /// Id of the duty, such as rule_of_law_debrief.
    duty: String,
    /// Only obligations of this person.
    #[arg(long, default_value = "")]
    person: String,
    /// Only this period: year, H1, Q3, confirmation, …
    #[arg(long, default_value = "")]
    period: String,
    #[command(flatten)]
    selector: SelectorArgs,
    #[command(flatten)]
    server: ServerArg,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn run(args: ExplainArgs) -> Result<(), Failure> {
    let channel = client::connect(&args.server.server).await?;
    let mut client = ComplianceServiceClient::new(channel).max_decoding_message_size(usize::MAX);
    let request = pb::ExplainObligationRequest {
        organization_id: args.organization,
        duty_id: args.duty,
        person_id: args.person,
        period: args.period,
        selector: Some(args.selector.message()),
    };
    let answer = client.explain_obligation(request).await?.into_inner();
    args.output.answer("ExplainObligationResponse", &answer, show)
}

fn show(answer: &pb::ExplainObligationResponse, language: Language) {
    output::say(language.pick(&answer.name_zh, &answer.name_en));
    if let Some(basis) = &answer.basis {
        output::say(&table::basis(basis, language));
    }
    compliance::sealed(&answer.sealed, language);
    for basis in &answer.legal_basis {
        output::say(&format!("  {} {basis}", language.pick("依据：", "basis:")));
    }
    for origin in &answer.origins {
        output::say(&format!(
            "  {} {}",
            language.pick("来源：", "source:"),
            came(origin, language)
        ));
    }
    let customary = answer.customary_evidence.join(", ");
    output::say(&format!("  {} {customary}", language.pick("通常佐证：", "customary evidence:")));
    for explained in &answer.obligations {
        obligation(explained, language);
    }
}

/// What a rule set did to the rule.
fn came(origin: &pb::RuleOrigin, language: Language) -> String {
    let set = format!("{} ({})", origin.rule_set_id, origin.jurisdiction);
    let (keys, reason) = (origin.keys.join(", "), &origin.reason);
    let (zh, en) = match origin.kind() {
        pb::RuleOriginKind::Overridden => {
            (format!("{set} 改动 {keys}：{reason}"), format!("{set} changes {keys}: {reason}"))
        }
        pb::RuleOriginKind::SwitchedOff => {
            (format!("{set} 停用：{reason}"), format!("{set} switches it off: {reason}"))
        }
        pb::RuleOriginKind::Defined | pb::RuleOriginKind::Unspecified => {
            (format!("{set} 规定"), format!("{set} defines it"))
        }
    };
    language.pick(&zh, &en).to_owned()
}

fn obligation(explained: &pb::ExplainedObligation, language: Language) {
    let Some(view) = &explained.obligation else { return };
    let owner = view.owner.as_ref().map_or("", |owner| &owner.person_id);
    output::say(&format!("\n■ {} {owner} — {}", view.period, table::status(view.status, language)));
    output::say(&format!("  {}", language.pick(&explained.demand_zh, &explained.demand_en)));
    for held in &explained.exemptions {
        output::say(&format!("  ○ {}", language.pick(&held.text_zh, &held.text_en)));
    }
    for finding in &view.findings {
        output::say(&format!(
            "  ! {} {}",
            finding.reason,
            language.pick(&finding.text_zh, &finding.text_en)
        ));
    }
    let mut rungs = table::new(&[
        language.pick("层级", "rung"),
        language.pick("状态", "status"),
        language.pick("计分", "credit"),
        language.pick("按期", "in time"),
        language.pick("逾期", "late"),
        language.pick("依据", "entries"),
    ]);
    let names = [
        ("自述", "claimed"),
        ("有日期", "dated"),
        ("有佐证", "documented"),
        ("已核定", "verified"),
    ];
    for (rung, (zh, en)) in view.rungs.iter().zip(names) {
        rungs.add_row(vec![
            language.pick(zh, en).to_owned(),
            table::status(rung.status, language).to_owned(),
            rung.credit.clone(),
            rung.in_time.clone(),
            rung.late.clone(),
            table::positions(&rung.entry_positions),
        ]);
    }
    output::say(&rungs.to_string());
    if !explained.events.is_empty() {
        let mut events = table::new(&[
            language.pick("序号", "position"),
            language.pick("事件类型", "type"),
            language.pick("说明", "how it stands"),
        ]);
        for event in &explained.events {
            let late =
                if event.late_entry { language.pick("；补录", "; late entry") } else { "" };
            events.add_row(vec![
                event.position.to_string(),
                event.event_type.clone(),
                format!("{}{late}", language.pick(&event.text_zh, &event.text_en)),
            ]);
        }
        output::say(&events.to_string());
    }
    for remedy in &explained.remedies {
        output::say(&format!("  → {}", language.pick(&remedy.text_zh, &remedy.text_en)));
    }
}
