//! What in a sound rule set is worth a look before it is published.

use rust_decimal::Decimal;

use super::DutyRule;
use super::cadence::Cadence;
use super::parse::Read;
use super::reader::{Place, Report, Table};
use super::terms::{Level, OwedBy};

pub(super) fn advise(report: &mut Report<'_>, document: &Table<'_, '_>, duties: &[Read<'_, '_>]) {
    let on = duties.iter().filter(|(_, duty)| duty.switched_off().is_none());
    let sum: Decimal = on.map(|(_, duty)| duty.weight).sum();
    if sum != Decimal::ONE_HUNDRED {
        let sum = sum.normalize();
        report.advise(
            &document.place,
            format!("各项权重之和为 {sum}，不是 100"),
            format!("the weights sum to {sum}, not 100"),
        );
    }
    for (table, duty) in duties {
        let Some(table) = table else { continue };
        advise_on_duty(report, table, duty);
    }
}

fn advise_on_duty(report: &mut Report<'_>, table: &Table<'_, '_>, duty: &DutyRule) {
    let at = |key: &str| -> Place { table.key(key).unwrap_or_else(|| table.place.clone()) };
    let id = &duty.id;
    let weighs = Decimal::ZERO < duty.weight;
    let may_ask_nothing = matches!(
        duty.cadence,
        Cadence::Annual { .. }
            | Cadence::HalfYear { .. }
            | Cadence::Quarterly { .. }
            | Cadence::ContinuousCount
    );
    if weighs && duty.min_count == 0 && may_ask_nothing {
        report.advise(
            &at("min_count"),
            format!("{id} 有权重，但最低次数为 0：没有事件时不适用，不计分"),
            format!("{id} weighs something but asks for nothing: without events it does not apply"),
        );
    }
    if duty.cadence == Cadence::OnEvent && duty.min_count != 0 {
        report.advise(
            &at("min_count"),
            format!("{id} 按事项逐件核算，最低次数不起作用"),
            format!("{id} is judged case by case: its min_count has no effect"),
        );
    }
    if duty.basis.is_empty() {
        report.advise(&at("basis"), format!("{id} 没有依据"), format!("{id} names no basis"));
    }
    if weighs && duty.evidence_customary.is_empty() {
        report.advise(
            &at("evidence_customary"),
            format!("{id} 没有列出惯用佐证材料"),
            format!("{id} names no customary evidence"),
        );
    }
    let personal = |by: &OwedBy| matches!(by, OwedBy::PartyHead | OwedBy::GovernmentHead);
    if duty.level == Level::Person && !duty.owed_by.iter().any(personal) {
        report.advise(
            &at("owed_by"),
            format!("{id} 由个人履行，但责任主体不是主要负责人"),
            format!("{id} is a person's duty, but no head owes it"),
        );
    }
}
