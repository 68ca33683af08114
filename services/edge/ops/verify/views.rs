//! The views, computed from the entries again and compared with what the service shows.
//!
//! Compared is what can be seen: for every organization and every year with rules for it, the whole
//! judgement, as it was known at the position checked.

use duty::Position;
use duty::evaluate::Question;
use projection::{Snapshot, State, view};

use super::{Compared, Finding, Findings, Subject};

/// Years compared: those that any rule set can be valid for in a ledger of today.
const YEARS: std::ops::RangeInclusive<i16> = 2016..=2100;

/// Compares the state folded here with that of the running service.
pub(super) fn compare(
    subject: &Subject<'_>,
    state: &State,
    findings: &mut Findings<'_>,
    compared: &mut Vec<Compared>,
) {
    let Some(live) = subject.live else { return };
    let position = state.head();
    let differing = differing(state, &live.ledger.snapshot(), position);
    compared.push(Compared { what: "views".to_owned(), position: position.get() });
    for (organization, year) in differing {
        findings.add(Finding::of(
            "views",
            "VIEW",
            format!("{organization} 在 {year} 年度的履职情况与由记录重算的不同；请重新启动服务，并报告此问题"),
            format!("what the service shows of {organization} in {year} is not what the entries come to; start the service again, and report this"),
        ));
    }
}

/// The organizations and years of which two states say different things.
pub(super) fn differing(folded: &State, shown: &Snapshot, known: Position) -> Vec<(String, i16)> {
    let folded = folded.snapshot();
    let as_of = folded.current_day(known);
    let mut differing = Vec::new();
    if shown.current_day(known) != as_of {
        differing.push(("*".to_owned(), as_of.year()));
    }
    let years: Vec<i16> = YEARS
        .filter(|year| folded.rule_sets(known).iter().any(|(_, rules)| rules.is_valid_for(*year)))
        .filter(|year| *year <= as_of.year() + 1)
        .collect();
    for organization in folded.registry().organizations(known) {
        for year in &years {
            let question = Question { year: *year, as_of, known };
            let of = |snapshot| {
                // The whole judgement in words: whatever differs shows.
                view::organization(snapshot, &organization.id, question)
                    .map(|view| format!("{:?} {:?}", view.rules.0, view.evaluation))
            };
            if of(&folded) != of(shown) {
                differing.push((organization.id.to_string(), *year));
            }
        }
    }
    differing
}
