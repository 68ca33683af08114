//! The other mandated items: measures and results, shortfalls and causes, next year's arrangements.

use duty::event::details::Details;
use duty::event::{EventType, Kind};

use super::writer::{self, Writer, text};
use super::{Order, Run};
use crate::Recorded;

/// Types of the third item, which tells of them.
const FIRST_PERSON: [EventType; 7] = [
    EventType::RuleOfLawDebrief,
    EventType::PartyGroupDeliberation,
    EventType::SpecialWorkMeeting,
    EventType::LeadingGroupMeeting,
    EventType::LeadingGroupAdjustment,
    EventType::ReportToSuperior,
    EventType::CadreAppraisalLinkage,
];

/// 主要举措和成效: every entry of the year, by type, with the figures as they were stated.
pub(super) fn measures(
    order: &Order<'_>,
    entries: &[&Recorded],
    writer: &mut Writer,
) -> Vec<Vec<Run>> {
    let mut paragraphs = Vec::new();
    for event_type in EventType::ALL.iter().filter(|one| !FIRST_PERSON.contains(one)) {
        let of_type: Vec<&Recorded> = entries
            .iter()
            .filter(|entry| {
                entry.event.event_type() == *event_type
                    && entry.event.accounting_year == order.year
                    && entry.event.kind != Kind::Planned
            })
            .copied()
            .collect();
        if of_type.is_empty() {
            continue;
        }
        let mut runs = vec![text(&format!("{}：", event_type.name_zh()))];
        for (index, entry) in of_type.iter().enumerate() {
            if 0 < index {
                runs.push(text("；"));
            }
            told(entry, &mut runs, writer);
        }
        runs.push(text("。"));
        paragraphs.push(runs);
    }
    if paragraphs.is_empty() {
        paragraphs.push(vec![Run::Missing("主要举措和成效".to_owned())]);
    }
    paragraphs
}

/// One entry: what, when, how much.
fn told(entry: &Recorded, runs: &mut Vec<Run>, writer: &mut Writer) {
    let event = &entry.event;
    if event.aggregate {
        runs.push(text("合计"));
    }
    runs.push(writer.slot("事项", Some(event.title.to_string()), &[entry]));
    if let Some(time) = writer::time(&event.occurred) {
        runs.push(text("（"));
        runs.push(writer.slot("时间", Some(time), &[entry]));
        runs.push(text("）"));
    }
    for (index, quantity) in event.quantities.iter().enumerate() {
        let metric = duty::metric::find(&quantity.metric);
        let name = metric.map_or(&*quantity.metric, |metric| metric.zh);
        runs.push(text(if index == 0 { "，" } else { "、" }));
        runs.push(text(name));
        let printed = writer::figure(quantity.value, &quantity.unit, quantity.qualifier);
        runs.push(writer.slot(name, Some(printed), &[entry]));
    }
}

/// 存在的不足和原因: what debriefs named. Nothing on record names causes.
pub(super) fn shortfalls(
    order: &Order<'_>,
    entries: &[&Recorded],
    writer: &mut Writer,
) -> Vec<Vec<Run>> {
    let mut named = Vec::new();
    for entry in entries.iter().filter(|entry| entry.event.accounting_year == order.year) {
        let Details::RuleOfLawDebrief(debrief) = &entry.event.details else { continue };
        for problem in &debrief.problems {
            named.push(vec![
                writer.slot("述法中提出的问题", Some(problem.to_string()), &[*entry]),
                text("。"),
            ]);
        }
    }
    if named.is_empty() {
        named.push(vec![Run::Missing("存在的不足".to_owned())]);
    }
    named.push(vec![Run::Missing("原因分析".to_owned())]);
    named
}

/// 下一年度安排: what is planned for the year after.
pub(super) fn arrangements(
    order: &Order<'_>,
    entries: &[&Recorded],
    writer: &mut Writer,
) -> Vec<Vec<Run>> {
    let next = order.year.saturating_add(1);
    let planned = entries.iter().filter(|entry| {
        entry.event.accounting_year == next
            && (entry.event.kind == Kind::Planned
                || entry.event.event_type() == EventType::AnnualWorkPlan)
    });
    let mut paragraphs = Vec::new();
    for entry in planned {
        let type_zh = entry.event.event_type().name_zh();
        let mut runs = vec![text(&format!("{type_zh}："))];
        told(entry, &mut runs, writer);
        if let Details::AnnualWorkPlan(plan) = &entry.event.details {
            for task in &plan.tasks {
                runs.push(text("；"));
                runs.push(writer.slot("工作要点任务", Some(task.to_string()), &[*entry]));
            }
        }
        runs.push(text("。"));
        paragraphs.push(runs);
    }
    if paragraphs.is_empty() {
        paragraphs.push(vec![Run::Missing(format!("{next}年度主要安排"))]);
    }
    paragraphs
}
