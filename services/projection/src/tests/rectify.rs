//! Findings as selected and counted, then and now.

use duty::id::ChangeId;
use duty::registry::{Change, Ending, OrganizationChange};
use duty::ruleset::DutyRule;

use super::*;
use crate::rectify::{self, Selection, State};

fn told() -> (Ledger, Vec<Position>) {
    let mut ledger = Ledger::founded();
    let mut at = Vec::new();
    for (organization, year, due) in [
        ("city.kjj", 2021, "2022-10-10"),
        ("city.kjj", 2022, "2022-12-31"),
        ("county", 2021, "2022-12-31"),
    ] {
        at.push(ledger.tell(ordered(organization, year, due)).unwrap());
    }
    (ledger, at)
}

fn id_at(position: Position) -> EventId {
    event_id(position.get() as usize)
}

/// State and count of everything at a position and on a day.
fn shown(ledger: &Ledger, known: Position, as_of: &str, state: Option<State>) -> String {
    let snapshot = ledger.snapshot();
    let as_of = day(as_of);
    let city = organization_id("city");
    let selection = Selection { within: Some(&city), year: None, state, as_of, known };
    let found = rectify::query(&snapshot, selection);
    let states = found.findings.iter().map(|held| {
        format!(
            "{}:{:?} by {}",
            held.order.organization,
            rectify::state(held, as_of, known),
            held.due(known)
        )
    });
    let rate = found.closing_rate().map_or("none".to_owned(), |rate| rate.round_dp(4).to_string());
    format!("{} | {:?} {rate}", states.collect::<Vec<_>>().join(", "), found.counts)
}

#[test]
fn a_finding_goes_its_way_and_what_was_known_then_stays() {
    let (mut ledger, at) = told();
    let first = id_at(at[0]);
    let none = None;
    let due = "city.kjj:Open by 2022-10-10, city.kjj:Open by 2022-12-31, county:Open by 2022-12-31";
    assert_eq!(shown(&ledger, at[2], "2022-10-10", none), format!("{due} | [3, 0, 0, 0] 0"));
    let late = due.replacen("Open", "Overdue", 1);
    assert_eq!(shown(&ledger, at[2], "2022-10-11", none), format!("{late} | [2, 1, 0, 0] 0"));

    assert_eq!(ledger.tell(looked_at(first, Effect::Effective)), None, "nobody answered yet");
    let told = ledger.tell(answered(first)).unwrap();
    assert_eq!(ledger.tell(answered(first)), None, "one answer waits already");
    let answered_now = due.replacen("Open", "Answered", 1);
    let expected = format!("{answered_now} | [2, 0, 1, 0] 0");
    assert_eq!(shown(&ledger, told, "2022-10-11", none), expected);
    let not_later = Effect::NotEffective { due: day("2022-10-10") };
    assert_eq!(ledger.tell(looked_at(first, not_later)), None, "a new day comes after the old one");
    let again = Effect::NotEffective { due: day("2022-11-30") };
    let again = ledger.tell(looked_at(first, again)).unwrap();
    let moved = due.replacen("2022-10-10", "2022-11-30", 1);
    assert_eq!(shown(&ledger, again, "2022-11-30", none), format!("{moved} | [3, 0, 0, 0] 0"));
    ledger.tell(answered(first)).unwrap();
    let closed = ledger.tell(looked_at(first, Effect::Effective)).unwrap();
    let done = moved.replacen("Open", "Closed", 1);
    assert_eq!(shown(&ledger, closed, "2023-01-01", Some(State::Closed)), {
        let first = done.split(", ").next().unwrap();
        format!("{first} | [0, 2, 0, 1] 0.3333")
    });
    assert_eq!(ledger.tell(answered(first)), None, "what is closed stays closed");
    // Then it was answered; nothing that came later shows.
    assert_eq!(shown(&ledger, told, "2022-10-11", none), expected);
}

#[test]
fn a_debrief_answers_for_the_findings_of_the_year_before() {
    let (ledger, at) = told();
    let snapshot = ledger.snapshot();
    let bureau = organization_id("city.kjj");
    let found = |rule: &DutyRule, year, known| -> Vec<Position> {
        let question = Question { year, as_of: day("2022-12-31"), known };
        let found = rectify::for_debrief(&snapshot, rule, &bureau, question);
        found.into_iter().map(|held| held.since).collect()
    };
    let mut rule = rules("r", "450200", "2016-01-01", "").duties[0].clone();
    assert!(found(&rule, 2022, at[2]).is_empty(), "no debrief, no findings");
    rule.satisfied_by = vec![EventType::RuleOfLawDebrief];
    assert_eq!(found(&rule, 2022, at[2]), [at[0]]);
    assert_eq!(found(&rule, 2023, at[2]), [at[1]]);
    assert!(found(&rule, 2023, at[0]).is_empty(), "not known yet");
}

#[test]
fn an_open_finding_passes_to_the_successor_and_a_closed_one_stays() {
    let (mut ledger, at) = told();
    let closed = id_at(at[0]);
    ledger.tell(answered(closed)).unwrap();
    ledger.tell(looked_at(closed, Effect::Effective)).unwrap();
    let end = Entry::OrganizationChange(OrganizationChange {
        id: ChangeId::parse("end").unwrap(),
        organization: organization_id("city.kjj"),
        from: day("2022-11-01"),
        change: Change::Ended {
            ending: Ending::Merged,
            successors: vec![organization_id("city.gaj")],
            taker: None,
        },
        document: DocumentNumber::parse("柳编〔2022〕8号").unwrap(),
        revoked: false,
    });
    let end = ledger.tell(end).unwrap();
    let snapshot = ledger.snapshot();
    // Counts at an organization: open, overdue, answered, closed; and by what each passed there.
    let shown = |within: &str, as_of: &str, known| {
        let (within, as_of) = (organization_id(within), day(as_of));
        let selection = Selection { within: Some(&within), year: None, state: None, as_of, known };
        let found = rectify::query(&snapshot, selection);
        let registry = snapshot.registry();
        let by = found.findings.iter().map(|held| held.mended_at(registry, as_of, known).1);
        (found.counts, by.collect::<Vec<_>>())
    };
    let (before, on) = ("2022-10-31", "2022-11-01");
    assert_eq!(shown("city.kjj", before, end), ([1, 0, 0, 1], vec![None, None]));
    assert_eq!(shown("city.gaj", before, end), ([0, 0, 0, 0], vec![]));
    assert_eq!(shown("city.kjj", on, end), ([0, 0, 0, 1], vec![None]));
    assert_eq!(shown("city.gaj", on, end), ([1, 0, 0, 0], vec![Some(end)]));
    assert_eq!(shown("city.gaj", on, at[2]), ([0, 0, 0, 0], vec![]), "not known yet");
    assert_eq!(shown("city", on, end).0, [2, 0, 0, 1], "each is counted once");
    // The debrief of the successor answers for it in the next year.
    let mut rule = rules("r", "450200", "2016-01-01", "").duties[0].clone();
    rule.satisfied_by = vec![EventType::RuleOfLawDebrief];
    let question = Question { year: 2023, as_of: day(on), known: end };
    let gaj = organization_id("city.gaj");
    let debriefed = rectify::for_debrief(&snapshot, &rule, &gaj, question);
    assert_eq!(debriefed.iter().map(|held| held.since).collect::<Vec<_>>(), [at[1]]);
}
