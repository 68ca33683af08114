//! Views at a position: corrections taken back, days closed, what is not there yet.

use super::*;
use crate::view::{self, NoView};

fn plan_at(snapshot: &Snapshot, known: Position) -> String {
    let question = by_default(snapshot, known);
    let view = view::organization(snapshot, &organization_id("city.kjj"), question).unwrap();
    let line = &view.evaluation.lines[0];
    let entries: Vec<_> = line.obligations[0].rungs[0].entries.iter().map(|p| p.get()).collect();
    format!("{} {entries:?}", line.official.as_str())
}

#[test]
fn a_correction_taken_back_leaves_nothing() {
    let mut ledger = Ledger::founded();
    let first = event("city.kjj", EventType::AnnualWorkPlan, "2022-03-01");
    let mut better = first.clone();
    better.evidence.push(minutes());
    let recorded = ledger.tell(Entry::DutyEvent(Box::new(first))).unwrap();
    let first = usize::try_from(recorded.get()).unwrap();
    let corrected = ledger.tell(correction(first, better)).unwrap();
    let accepted = ledger.tell(review(first + 1, Verdict::Accepted)).unwrap();
    assert_eq!(ledger.tell(withdrawal(first)), None, "the version that counts is the newer one");
    let withdrawn = ledger.tell(withdrawal(first + 1)).unwrap();
    let snapshot = ledger.snapshot();
    let table = [
        (recorded, format!("needs_verification [{first}]")),
        (corrected, format!("fulfilled [{}]", first + 1)),
        (accepted, format!("fulfilled [{}]", first + 1)),
        (withdrawn, "not_due []".to_owned()),
    ];
    for (known, expected) in table {
        assert_eq!(plan_at(&snapshot, known), expected, "{known}");
    }
    let entries = snapshot.entries_of(&organization_id("city.kjj"), Position::ZERO, Position::MAX);
    assert_eq!(entries, [recorded, corrected, accepted, withdrawn]);
}

#[test]
fn the_day_that_runs_is_the_one_after_the_last_closed() {
    let mut ledger = Ledger::founded();
    let snapshot = ledger.snapshot();
    assert_eq!(snapshot.current_day(Position::ZERO), day("0001-01-01"));
    assert_eq!(snapshot.current_day(Position::new(1)), day("2022-10-01"));
    ledger.hours += 48;
    let closed = ledger.tell(Entry::DayClosed(day("2022-10-01"))).unwrap();
    let snapshot = ledger.snapshot();
    assert_eq!(snapshot.current_day(closed), day("2022-10-02"));
    assert_eq!(snapshot.current_day(Position::MAX), day("2022-10-02"));
    assert_eq!(snapshot.last_closed(), Some(day("2022-10-01")));
    let before = Position::new(closed.get() - 1);
    assert_eq!(snapshot.current_day(before), day("2022-10-01"));
}

#[test]
fn a_deadline_passes_when_its_day_closes_though_nobody_wrote_anything() {
    let mut ledger = Ledger::founded();
    let mut seen = Vec::new();
    while ledger.standing.last_closed().unwrap() < day("2022-12-31") {
        ledger.hours += 24;
        let next = ledger.standing.last_closed().unwrap().tomorrow().unwrap();
        ledger.tell(Entry::DayClosed(next)).unwrap();
        let answer = plan_at(&ledger.snapshot(), Position::MAX);
        if seen.last().is_none_or(|(last, _)| *last != answer) {
            seen.push((answer, next));
        }
    }
    // 12月31日之前: the last day is 30 December, and 30 days before it the warning begins. Each
    // state holds from the day after the one that closed.
    let expected =
        [("not_due []", "2022-10-01"), ("due_soon []", "2022-11-29"), ("overdue []", "2022-12-30")];
    assert_eq!(seen, expected.map(|(answer, closed)| (answer.to_owned(), day(closed))));
}

#[test]
fn there_is_no_view_of_what_is_not_known() {
    let ledger = Ledger::founded();
    let snapshot = ledger.snapshot();
    let ask = |id: &str, year, known| {
        let as_of = day("2022-10-01");
        let question = Question { year, as_of, known: Position::new(known) };
        view::organization(&snapshot, &organization_id(id), question).map(drop)
    };
    let kjj = || organization_id("city.kjj");
    let no_rules = |year| Err(NoView::NoRuleSet { organization: kjj(), year });
    assert_eq!(ask("city.kjj", 2022, 2), Err(NoView::UnknownOrganization(kjj())));
    assert_eq!(ask("city.kjj", 2022, 3), no_rules(2022));
    assert_eq!(ask("city.kjj", 2022, 11), Ok(()));
    assert_eq!(ask("city.kjj", 2015, 11), no_rules(2015));
    let question = Question { year: 2022, as_of: day("2022-10-01"), known: Position::new(7) };
    let unknown = view::leader(&snapshot, &person("p1"), question).map(drop);
    assert_eq!(unknown, Err(NoView::UnknownPerson(person("p1"))));
}

#[test]
fn a_leaders_card_shows_tenures_and_the_rules_they_answer_under() {
    let mut ledger = Ledger::founded();
    let ended = tenure("t1", "p1", "party", "2021-01-01", Some("2022-06-30"));
    ledger.tell(Entry::Tenure(ended)).unwrap();
    let elsewhere = post("gaj", "city.gaj", PostKind::GovernmentHead);
    ledger.tell(Entry::Post(elsewhere)).unwrap();
    ledger.tell(Entry::Tenure(tenure("t2", "p1", "gaj", "2022-07-01", None))).unwrap();
    let snapshot = ledger.snapshot();
    let card = |known| {
        let question = Question { year: 2022, as_of: day("2022-10-01"), known };
        let view = view::leader(&snapshot, &person("p1"), question).unwrap();
        let tenures = view.tenures.iter().map(|(since, held)| format!("{}@{since}", held.id));
        let lines =
            view.lines.iter().map(|line| format!("{} {}", line.organization, line.line.duty));
        let under = view.rules.iter().map(|(id, (since, _))| format!("{id} under {since}"));
        [tenures.collect::<Vec<_>>(), lines.collect(), under.collect()].map(|part| part.join(", "))
    };
    let before = card(Position::new(11));
    assert_eq!(before, ["t1@10", "city.kjj statement", "city.kjj under 11"]);
    let after = card(Position::MAX);
    assert_eq!(after, ["t1@12, t2@14", "city.gaj statement", "city.gaj under 11"]);
}
