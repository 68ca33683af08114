//! What each entry changed, against judging everything before and after it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use duty::evaluate::{Detail, Fact, Status};
use proptest::prelude::*;

use super::laws::{Step, entry, steps};
use super::*;
use crate::changes::{self, Agenda, Change, Told};
use crate::view;

/// Closes days until `days` more are closed.
fn close(ledger: &mut Ledger, days: u8) {
    for _ in 0..days {
        ledger.hours += 24;
        let next = ledger.standing.last_closed().unwrap().tomorrow().unwrap();
        ledger.tell(Entry::DayClosed(next)).unwrap();
    }
}

/// Histories in which time passes, so that deadlines, tenures and events come due.
fn told(steps: &[Step]) -> Ledger {
    let mut ledger = Ledger::founded();
    for (number, step) in steps.iter().enumerate() {
        let next = entry(&ledger, *step);
        let _ = ledger.tell(next);
        if number % 4 == 0 {
            close(&mut ledger, step.1 % 32);
        }
    }
    ledger
}

/// The fact an entry is about, as it comes from a state that knows everything.
fn about(state: &State, recorded: &Recorded) -> Option<(OrganizationId, Arc<Fact>)> {
    changes::target(&recorded.entry).and_then(|target| state.fact(target))
}

fn changes_at(agenda: &mut Agenda, ledger: &Ledger, state: &State, at: usize) -> Vec<Change> {
    let recorded = &ledger.journal[at - 1];
    let target = about(state, recorded);
    let position = Position::new(at as u64);
    let told = Told { position, entry: &recorded.entry, target: target.as_ref() };
    agenda.changes(&state.snapshot(), told)
}

type Judged = BTreeMap<(String, i16, String, String, String), String>;

/// The judgement of everything followed, by a state that has folded no more than it shows.
fn everything(ledger: &Ledger, length: usize) -> Judged {
    let snapshot = ledger.state_at(length).snapshot();
    let known = snapshot.head();
    let as_of = snapshot.current_day(known);
    let mut judged = Judged::new();
    let days = ledger.journal[..length].iter().filter_map(|recorded| match recorded.entry {
        Entry::DayClosed(day) => Some(day),
        _ => None,
    });
    let Some(first) = days.min() else { return judged };
    for organization in snapshot.registry().organizations(known) {
        let told = ledger.journal[..length].iter().filter_map(|recorded| match &recorded.entry {
            Entry::DutyEvent(event) => Some(&**event),
            Entry::Correction(correction) => Some(&correction.event),
            _ => None,
        });
        let ours = told.filter(|event| event.organization == organization.id);
        let mut years: BTreeSet<i16> = ours.map(|event| event.accounting_year).collect();
        let begun = first.tomorrow().unwrap().year();
        let exists = |year: &i16| organization.valid_from.is_none_or(|from| from.year() <= *year);
        years.extend((begun - 1..=as_of.year()).filter(exists));
        for year in years.into_iter().filter(|year| *year <= as_of.year()) {
            let question = Question { year, as_of, known };
            let view =
                view::organization_in(&snapshot, &organization.id, question, Detail::Explained);
            let Ok(view) = view else { continue };
            for owed in view.evaluation.lines.iter().flat_map(|line| &line.obligations) {
                let whose = match &owed.owner {
                    duty::evaluate::Owner::Person { person, .. } => person.to_string(),
                    other => format!("{other:?}"),
                };
                let rungs = owed.rungs.iter().map(|rung| (rung.status, rung.credit.normalize()));
                let state = (owed.official, rungs.collect::<Vec<_>>());
                let state = format!("{:?} {state:?}", owed.owner);
                let organization = organization.id.to_string();
                let key = (organization, year, owed.duty.to_string(), whose, owed.period.key());
                judged.insert(key, state);
            }
        }
    }
    judged
}

/// Everything judged before with what the changes say became of it.
fn with(mut judged: Judged, changes: &[Change]) -> Judged {
    for change in changes {
        let whose = match &change.owner {
            duty::evaluate::Owner::Person { person, .. } => person.to_string(),
            other => format!("{other:?}"),
        };
        let organization = change.organization.to_string();
        let duty = change.duty.to_string();
        let key = (organization, change.year, duty, whose, change.period.to_string());
        let text = |owner: &duty::evaluate::Owner, judgement: &changes::Judgement| {
            let rungs = judgement.rungs.iter().map(|rung| (rung.status, rung.credit.normalize()));
            let state = (judgement.official, rungs.collect::<Vec<_>>());
            format!("{owner:?} {state:?}")
        };
        let now = change.after.as_ref().map(|now| text(&change.owner, now));
        let owner_before = change.owner_before.as_ref().unwrap_or(&change.owner);
        let before = change.before.as_ref().map(|was| text(owner_before, was));
        let was = match &now {
            Some(now) => judged.insert(key, now.clone()),
            None => judged.remove(&key),
        };
        assert_eq!(was, before, "what it was before is told, its owner as well");
        assert_ne!(before, now, "a change changes something");
    }
    judged
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The changes from the first entry on lead to what the views show, at every position; and
    /// nobody can tell from them when, or after what, they were asked for.
    #[test]
    fn the_changes_add_up_to_what_the_views_show(steps in steps()) {
        let ledger = told(&steps);
        let state = ledger.state_at(ledger.journal.len());
        let mut agenda = Agenda::default();
        let mut followed = Judged::new();
        for at in 1..=ledger.journal.len() {
            let found = changes_at(&mut agenda, &ledger, &state, at);
            followed = with(followed, &found);
            prop_assert_eq!(&followed, &everything(&ledger, at), "after {}", at);
            let then = ledger.state_at(at);
            let fresh = changes_at(&mut Agenda::default(), &ledger, &then, at);
            prop_assert_eq!(found, fresh, "at {}", at);
        }
    }
}

#[test]
fn a_deadline_that_passes_is_a_change_caused_by_a_day() {
    let mut ledger = Ledger::founded();
    close(&mut ledger, 100);
    let state = ledger.state_at(ledger.journal.len());
    let mut agenda = Agenda::default();
    let mut told = Vec::new();
    for at in 1..=ledger.journal.len() {
        for change in changes_at(&mut agenda, &ledger, &state, at) {
            let status = |judged: Option<&changes::Judgement>| judged.map(|judged| judged.official);
            let states = (status(change.before.as_ref()), status(change.after.as_ref()));
            if change.organization.as_str() == "city.kjj" && change.duty.as_str() == "plan" {
                told.push((change.year, change.as_of.to_string(), states));
            }
        }
    }
    let expected = [
        // The year before is followed as well, from the first day.
        (2021, "2022-10-01", (None, Some(Status::Overdue))),
        (2022, "2022-10-01", (None, Some(Status::NotDue))),
        (2022, "2022-11-30", (Some(Status::NotDue), Some(Status::DueSoon))),
        (2022, "2022-12-31", (Some(Status::DueSoon), Some(Status::Overdue))),
        // The next year begins, and is followed from its first day.
        (2023, "2023-01-01", (None, Some(Status::NotDue))),
    ];
    assert_eq!(told, expected.map(|(year, day, states)| (year, day.to_owned(), states)));
}

#[test]
fn another_post_of_the_same_leader_is_told_with_the_owner_of_before() {
    let mut ledger = Ledger::founded();
    // Whoever is party head becomes head of the government side as well.
    let second = tenure("t3", "p1", "head", "2022-02-01", None);
    let at = ledger.tell(Entry::Tenure(second)).expect("accepted");
    let state = ledger.state_at(ledger.journal.len());
    let at = usize::try_from(at.get()).unwrap();
    let found = changes_at(&mut Agenda::default(), &ledger, &state, at);
    let posts = |owner: &duty::evaluate::Owner| match owner {
        duty::evaluate::Owner::Person { posts, .. } => {
            posts.iter().map(ToString::to_string).collect::<Vec<_>>()
        }
        other => panic!("not owed by a person: {other:?}"),
    };
    let statement = |change: &&Change| change.duty.as_str() == "statement" && change.year == 2022;
    let told: Vec<_> = found.iter().filter(statement).collect();
    let [change] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(posts(&change.owner), ["party", "head"]);
    assert_eq!(posts(change.owner_before.as_ref().unwrap()), ["party"]);
    let official = |judged: &Option<changes::Judgement>| judged.as_ref().unwrap().official;
    assert_eq!(official(&change.before), official(&change.after), "the state is the same");
}
