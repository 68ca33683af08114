//! Random cycles against a reference that is slow and obvious.
//!
//! A cycle is what supervisors, recorders and the years do in any order: events told, corrected,
//! withdrawn, reviewed with grades, returned; exemptions granted and revoked; leaders that change,
//! act for others or are excused by a document; rule sets published anew, from mid-year on, or by a
//! county over the city's; organizations renamed and ended; calendars mended. The reference reads
//! the raw entries from the first one on for every question and keeps nothing: it shares no code
//! with the fold, the packed facts, the rule sets as parsed, or `evaluate`.

mod counted;
mod cycle;
mod leaders;
mod reference;
mod rules;
mod told;

use std::collections::BTreeMap;

use duty::evaluate::{Considered, DutyLine, Obligation, Owner, Scores, Status};
use jiff::civil::date;
use proptest::prelude::*;
use rust_decimal::Decimal;

use self::cycle::{Lived, Step, lived};
use self::leaders::Who;
use self::reference::{Line, Owed, is_scored};
use self::told::Told;
use super::*;
use crate::view::{self, NoView};

const PERSONS: [&str; 3] = ["p1", "p2", "p3"];
const BUREAUS: [&str; 2] = ["city.kjj", "county.kjj"];
/// 补录 by the rules of the model: recorded more working days after it happened.
const LATE_ENTRY_DAYS: u32 = 10;

fn who(owner: &Owner) -> Who {
    match owner {
        Owner::Organization => Who::Organization,
        Owner::Vacant => Who::Nobody,
        Owner::Person { person, posts, short_tenure, departed } => Who::Person {
            person: person.to_string(),
            posts: posts.iter().map(ToString::to_string).collect(),
            short: *short_tenure,
            departed: *departed,
        },
    }
}

/// An obligation in the words of the reference; the days of what is not owed say nothing.
fn told_as(owed: &Obligation) -> Owed {
    let window = owed.window.map(|window| (window.first, window.last));
    Owed {
        who: who(&owed.owner),
        window: window.filter(|_| is_scored(owed.official)),
        rungs: owed.rungs.clone().map(|rung| (rung.status, rung.credit.normalize())),
        shown: owed.official,
    }
}

fn expected_as(owed: &Owed) -> Owed {
    Owed {
        window: owed.window.filter(|_| is_scored(owed.shown)),
        rungs: owed.rungs.map(|(status, credit)| (status, credit.normalize())),
        ..owed.clone()
    }
}

/// The supervisor's decision and the mark 补录 on everything looked at.
fn check_marks(told: &Told<'_>, considered: &Considered) -> Result<(), TestCaseError> {
    let acts = told.acts();
    let position = considered.position.get() as usize;
    let act = acts.iter().find(|act| act.position == position);
    let act = act.expect("what is looked at stands");
    let shown = considered.review.as_ref().map(|state| {
        let review = &state.review;
        (review.verdict, review.grade, state.cure_by, state.cure_passed)
    });
    let expected = act.review.as_ref().map(|(review, on)| {
        let days = (review.verdict == Verdict::Returned).then_some(review.cure_working_days);
        let cure_by = days.and_then(|days| told.working_days(*on, days.into()));
        let passed = cure_by.is_some_and(|last| last < told.as_of);
        (review.verdict, review.grade, cure_by, passed)
    });
    prop_assert_eq!(shown, expected, "the decision on {}", position);
    let last = act.days().and_then(|(_, to)| told.working_days(to, LATE_ENTRY_DAYS));
    let late = last.map(|last| last < act.recorded_on);
    prop_assert_eq!(considered.late_entry, late, "the mark 补录 of {}", position);
    Ok(())
}

fn check_line(
    told: &Told<'_>,
    found: &DutyLine,
    expected: &Line,
    of: &str,
) -> Result<(), TestCaseError> {
    let of = format!("{} of {of} for {} on {}", expected.duty, told.year, told.as_of);
    prop_assert_eq!(found.duty.as_str(), expected.duty, "{}", of);
    prop_assert_eq!(found.weight, Decimal::from(expected.weight), "{}", of);
    let shown: Vec<Owed> = found.obligations.iter().map(told_as).collect();
    let owed: Vec<Owed> = expected.owed.iter().map(expected_as).collect();
    prop_assert_eq!(shown, owed, "{}", of);
    for (rung, summary) in found.rungs.iter().enumerate() {
        let credit = expected.credit(rung).round_dp(9);
        prop_assert_eq!(summary.credit.round_dp(9), credit, "{} on rung {}", of, rung);
        prop_assert_eq!(is_scored(summary.status), expected.is_scored(), "{}", of);
    }
    for considered in found.obligations.iter().flat_map(|owed| &owed.considered) {
        check_marks(told, considered)?;
    }
    Ok(())
}

fn check_scores(told: &Told<'_>, found: &Scores, lines: &[&Line]) -> Result<(), TestCaseError> {
    prop_assert_eq!(found.weight, reference::weight(lines));
    for (rung, shown) in found.rungs.iter().enumerate() {
        let expected = reference::scores(lines, rung, told.as_of);
        prop_assert_eq!((shown.score, shown.due_so_far), expected, "rung {}", rung);
    }
    Ok(())
}

fn check_organization(
    told: &Told<'_>,
    snapshot: &Snapshot,
    question: Question,
    id: &str,
) -> Result<(), TestCaseError> {
    let found = view::organization(snapshot, &organization_id(id), question);
    let Some(expected) = reference::organization(told, id) else {
        let (organization, year) = (organization_id(id), question.year);
        prop_assert_eq!(found.map(drop), Err(NoView::NoRuleSet { organization, year }));
        return Ok(());
    };
    let found = found.expect("there are rules for it");
    let at = told.rules(id).map(|(at, _)| at);
    prop_assert_eq!(Some(found.rules.0.get() as usize), at, "the rules of {}", id);
    prop_assert_eq!(&*found.organization.name_zh, told.name(id));
    prop_assert_eq!(found.evaluation.lines.len(), expected.len());
    for (line, expected) in found.evaluation.lines.iter().zip(&expected) {
        check_line(told, line, expected, id)?;
    }
    let lines: Vec<&Line> = expected.iter().collect();
    check_scores(told, &found.evaluation.scores, &lines)
}

fn check_card(
    told: &Told<'_>,
    snapshot: &Snapshot,
    question: Question,
    holder: &str,
) -> Result<(), TestCaseError> {
    let found = view::leader(snapshot, &person(holder), question).expect("they are registered");
    let expected = reference::card(told, holder);
    let shown = |line: &duty::evaluate::LeaderLine| {
        let posts = line.posts.iter().map(ToString::to_string).collect();
        (line.organization.to_string(), posts, line.line.duty.to_string())
    };
    let shown: Vec<_> = found.lines.iter().map(shown).collect();
    let owed: Vec<_> = expected
        .iter()
        .map(|one| (one.organization.to_owned(), one.posts.clone(), one.line.duty.to_owned()))
        .collect();
    prop_assert_eq!(shown, owed, "the card of {} on {}", holder, told.as_of);
    for (line, one) in found.lines.iter().zip(&expected) {
        check_line(told, &line.line, &one.line, &format!("{holder} at {}", one.organization))?;
    }
    let lines: Vec<&Line> = expected.iter().map(|one| &one.line).collect();
    check_scores(told, &found.scores, &lines)
}

/// The questions asked of a cycle: what was known at which position, about which year and day. The
/// first is asked of everything, the others of what was known before.
fn questions(cycle: &Lived, asked: &[(i64, bool)]) -> Vec<Question> {
    let length = cycle.ledger.journal.len();
    let question = |(index, (days, next)): (usize, &(i64, bool))| {
        let known = cycle.founded + (length - cycle.founded) / (index + 1);
        Question {
            year: if *next { 2023 } else { 2022 },
            as_of: date(2022, 1, 15) + days.days(),
            known: Position::new(known as u64),
        }
    };
    asked.iter().enumerate().map(question).collect()
}

fn asked_of(cycle: &Lived, question: Question) -> Told<'_> {
    let known = question.known.get() as usize;
    let (entries, published) = (&cycle.ledger.journal[..known], &cycle.published[..]);
    Told { entries, published, year: question.year, as_of: question.as_of }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(any::<Step>(), 0..64)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_evaluation_is_that_of_the_reference(
        start in 0i64..200,
        steps in steps(),
        asked in proptest::collection::vec((0i64..540, prop::bool::weighted(0.2)), 1..4),
    ) {
        let cycle = lived(start, &steps);
        let snapshot = cycle.ledger.snapshot();
        for question in questions(&cycle, &asked) {
            let told = asked_of(&cycle, question);
            for id in BUREAUS {
                check_organization(&told, &snapshot, question, id)?;
            }
            for holder in PERSONS {
                check_card(&told, &snapshot, question, holder)?;
            }
        }
    }
}

/// What happens in the cycles, as the reference sees it, so that none of it is left to chance.
fn cases(told: &Told<'_>, count: &mut impl FnMut(&'static str)) {
    for line in BUREAUS.into_iter().filter_map(|id| reference::organization(told, id)).flatten() {
        for owed in &line.owed {
            match &owed.who {
                Who::Nobody => count("vacant"),
                Who::Person { short: true, .. } => count("short tenure"),
                Who::Person { posts, .. } if 1 < posts.len() => count("dual post"),
                _ => {}
            }
            match (owed.shown, owed.window) {
                (Status::Exempted, None) => count("excused by a document"),
                (Status::Exempted, Some(_)) => count("exempted"),
                (Status::NotApplicable, Some(_)) => count("text not in force"),
                (Status::NotApplicable, None) if owed.who != Who::Nobody => count("not asked for"),
                (Status::Partial, _) => count("partial"),
                (Status::FulfilledLate, _) => count("late"),
                (Status::NeedsVerification, _) => count("to be verified"),
                (Status::Fulfilled, _) => count("fulfilled"),
                _ => {}
            }
            if owed.rungs[3].0 == Status::Fulfilled {
                count("verified");
            }
        }
    }
    for line in PERSONS.into_iter().flat_map(|holder| reference::card(told, holder)) {
        let departed = |owed: &Owed| matches!(owed.who, Who::Person { departed: true, .. });
        if line.line.owed.iter().any(departed) {
            count("departed");
        }
        let told_off = |owed: &Owed| owed.shown == Status::NotApplicable && owed.window.is_some();
        let is_own = |owed: &Owed| owed.who == Who::Organization;
        let of_all = reference::organization(told, line.organization).into_iter().flatten();
        let mut whole = of_all.filter(|whole| whole.duty == line.line.duty);
        let Some(whole) = whole.next().filter(|whole| whole.owed.iter().all(is_own)) else {
            continue;
        };
        let count_of = |owed: &[Owed]| owed.iter().filter(|owed| told_off(owed)).count();
        if whole.owed.len() != line.line.owed.len() {
            count("on the watch of a leader who left");
        } else if count_of(&whole.owed) < count_of(&line.line.owed) {
            count("before the time of a newcomer");
        }
    }
    for id in BUREAUS {
        if told.last_day(id).is_some() {
            count("ended");
        }
        match told.rules(id) {
            None => count("no rules"),
            Some((_, rules)) if rules.id == "county" => count("county rules"),
            Some((_, rules)) if rules.id == "city-second" => count("rules from mid-year"),
            Some(_) => {}
        }
    }
    if told.acts().iter().any(|act| act.lapsed) {
        count("not mended");
    }
    for (review, _) in told.acts().into_iter().filter_map(|act| act.review) {
        match (review.verdict, review.grade) {
            (Verdict::Returned, _) => count("returned"),
            (Verdict::AcceptanceWithdrawn, _) => count("acceptance withdrawn"),
            (Verdict::Accepted, Some(duty::review::Grade::C)) => count("reservation"),
            (Verdict::Accepted, _) => {}
        }
    }
    if told.exemptions().iter().any(|(_, revoked)| revoked.is_some()) {
        count("exemption revoked");
    }
}

/// The cycles are not mostly refused: each case that the reference knows comes up.
#[test]
fn every_case_comes_up_in_the_cycles() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    for round in 0..160 {
        let steps = steps().new_tree(&mut runner).expect("steps").current();
        let cycle = lived(round % 200, &steps);
        for question in questions(&cycle, &[(360 + round, false), (30 + round, round % 4 == 0)]) {
            let told = asked_of(&cycle, question);
            cases(&told, &mut |case| *seen.entry(case).or_default() += 1);
        }
    }
    let often: Vec<_> = seen.iter().filter(|(_, count)| 10 <= **count).map(|(c, _)| *c).collect();
    let all = [
        "acceptance withdrawn",
        "before the time of a newcomer",
        "county rules",
        "departed",
        "dual post",
        "ended",
        "excused by a document",
        "exempted",
        "exemption revoked",
        "fulfilled",
        "late",
        "no rules",
        "not asked for",
        "not mended",
        "on the watch of a leader who left",
        "partial",
        "reservation",
        "returned",
        "rules from mid-year",
        "short tenure",
        "text not in force",
        "to be verified",
        "vacant",
        "verified",
    ];
    assert_eq!(often, all, "{seen:?}");
}
