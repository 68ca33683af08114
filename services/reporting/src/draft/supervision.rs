//! What supervisors found, what became of it (整改销号率), and what was exempted, at the end of
//! 落实第一责任人职责情况. Supervisors' own entries need nobody's acceptance: they fill the draft on
//! every rung.

use duty::docno::DocumentNumber;
use duty::position::Position;
use duty::quantity::Qualifier;
use rust_decimal::{Decimal, RoundingStrategy};

use super::Run;
use super::writer::{self, Writer, text};
use crate::supervised::{Exempted, Finding};

/// 问题与整改: found, answered, closed, and the share of those closed.
pub(super) fn rectified(findings: &[Finding], writer: &mut Writer) -> Vec<Run> {
    let mut runs = vec![text("督察检查发现问题")];
    if findings.is_empty() {
        runs.push(Run::Missing("督察检查发现问题及整改销号情况，如无请写明".to_owned()));
        runs.push(text("。"));
        return runs;
    }
    let ordered: Vec<Position> = findings.iter().map(|finding| finding.ordered).collect();
    let answered: Vec<Position> = findings.iter().filter_map(|finding| finding.answered).collect();
    let closed: Vec<Position> = findings.iter().filter_map(|finding| finding.closed).collect();
    let rate = Decimal::from(closed.len()) / Decimal::from(findings.len());
    let rate = rate.round_dp_with_strategy(4, RoundingStrategy::MidpointAwayFromZero);
    // None of them is a figure too, and rests on the orders.
    let or_orders = |of: &[Position]| if of.is_empty() { ordered.clone() } else { of.to_vec() };
    let count = |of: &[Position]| figure(of.len(), "个");
    let mut all = ordered.clone();
    all.extend(&closed);
    all.sort_unstable();
    let documents = numbers(findings.iter().map(|finding| &finding.document));
    runs.push(writer.entries("督察检查发现问题数", count(&ordered), ordered.clone()));
    runs.push(text("（"));
    runs.push(writer.entries("督办通知文号", documents, ordered.clone()));
    runs.push(text("），已反馈整改"));
    runs.push(writer.entries("已反馈整改问题数", count(&answered), or_orders(&answered)));
    runs.push(text("、已销号"));
    runs.push(writer.entries("已销号问题数", count(&closed), or_orders(&closed)));
    runs.push(text("，整改销号率"));
    let rate = writer::figure(rate, "ratio", Qualifier::Exact);
    runs.push(writer.entries("整改销号率", rate, all));
    runs.push(text("。"));
    runs
}

/// 免除: how many duties, by which decisions.
pub(super) fn exempted(exemptions: &[Exempted], writer: &mut Writer) -> Vec<Run> {
    if exemptions.is_empty() {
        return vec![
            text("经批准免除事项："),
            Run::Missing("免除事项及批准文号，如无请写明".to_owned()),
            text("。"),
        ];
    }
    let granted: Vec<Position> = exemptions.iter().map(|exempted| exempted.granted).collect();
    let documents = numbers(exemptions.iter().map(|exempted| &exempted.document));
    vec![
        text("经批准免除事项"),
        writer.entries("免除事项数", figure(granted.len(), "项"), granted.clone()),
        text("（"),
        writer.entries("免除批准文号", documents, granted),
        text("）。"),
    ]
}

fn figure(count: usize, unit: &str) -> String {
    writer::figure(Decimal::from(count), unit, Qualifier::Exact)
}

/// Document numbers, each once, in the order they come.
fn numbers<'a>(documents: impl Iterator<Item = &'a DocumentNumber>) -> String {
    let mut seen: Vec<&str> = Vec::new();
    for number in documents.map(DocumentNumber::as_str) {
        if !seen.contains(&number) {
            seen.push(number);
        }
    }
    seen.join("、")
}
