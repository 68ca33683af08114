//! What holds for every history, over the shipped rule set: all cadences, persons, thresholds.

use std::sync::{Arc, LazyLock};

use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::show;
use super::world::{
    Streams, bare_event, event_id, evidence, organization, organization_id, person, post, post_id,
    shipped_calendars, tenure,
};
use crate::calendar::Calendars;
use crate::evaluate::{self, Fact, Obligation, OrganizationEvaluation, Owner, Question, Status};
use crate::evaluate::{Detail, Scores, World};
use crate::event::details::{Procedure, Trigger};
use crate::event::{DutyEvent, EventType, Kind};
use crate::occurred::{Occurred, Precision};
use crate::position::Position;
use crate::problem::Problems;
use crate::quantity::{Answer, Qualifier, Quantity};
use crate::registry::Registry;
use crate::review::{Grade, Reviewed, Verdict};
use crate::ruleset::{Cadence, DutyRule, RuleSet, Rung};

static RULES: LazyLock<RuleSet> = LazyLock::new(|| {
    let text = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../data/rulesets/cn-450200-2022.toml"
    ));
    RuleSet::parse(text).unwrap().0
});
static CALENDARS: LazyLock<Calendars> = LazyLock::new(shipped_calendars);

/// The year the histories are told around.
const YEAR: i16 = 2022;
/// Positions before the first event: the registry's.
const FIRST: u64 = 100;

/// An event and its fate, in numbers that any may take.
#[derive(Debug, Clone)]
struct Told {
    event_type: usize,
    kind: Kind,
    /// First day, counted from the beginning of the year, and length; `None` is not known.
    when: Option<(i32, i32)>,
    accounting_year: i16,
    document: bool,
    /// By p1, by p2, in the post of either, by nobody.
    by: u8,
    figure: Option<(usize, u32, u8)>,
    sum: Sum,
    steps: u8,
    fate: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sum {
    No,
    OfTheTwoBefore,
    OfWhatever,
}

const METRICS: [&str; 12] = [
    "sessions",
    "meetings",
    "debriefs",
    "officers_after",
    "legal_advisers",
    "public_lawyers",
    "documents_total",
    "pass_rate",
    "registration_rate",
    "attendance_rate",
    "coverage",
    "reports",
];

fn kinds() -> impl Strategy<Value = Kind> {
    prop_oneof![
        6 => Just(Kind::Performed),
        1 => Just(Kind::Planned),
        1 => Just(Kind::RecurringClaim),
        1 => Just(Kind::Outcome),
    ]
}

fn when() -> impl Strategy<Value = Option<(i32, i32)>> {
    let length = prop_oneof![3 => Just(0), 1 => 1..60i32, 1 => 60..500i32];
    prop_oneof![6 => (-200..600i32, length).prop_map(Some), 1 => Just(None)]
}

fn told(with_sums: bool) -> impl Strategy<Value = Told> {
    let sum = if with_sums {
        prop_oneof![4 => Just(Sum::No), 1 => Just(Sum::OfTheTwoBefore), 1 => Just(Sum::OfWhatever)]
            .boxed()
    } else {
        Just(Sum::No).boxed()
    };
    let figure = proptest::option::of((0..METRICS.len(), 0..6u32, 0..4u8));
    let year = prop_oneof![8 => Just(YEAR), 1 => Just(YEAR - 1), 1 => Just(YEAR + 1)];
    let numbers = (0..EventType::ALL.len(), year, any::<bool>(), 0..5u8, any::<u8>(), 0..6u8);
    (numbers, kinds(), when(), figure, sum).prop_map(
        |((event_type, accounting_year, document, by, steps, fate), kind, when, figure, sum)| {
            Told { event_type, kind, when, accounting_year, document, by, figure, sum, steps, fate }
        },
    )
}

fn history(with_sums: bool) -> impl Strategy<Value = Vec<Told>> {
    // Few types at a time, so that events meet in one duty.
    let types = proptest::collection::vec(0..EventType::ALL.len(), 1..4);
    (types, proptest::collection::vec(told(with_sums), 0..16)).prop_map(|(types, mut events)| {
        for event in &mut events {
            event.event_type = types[event.event_type % types.len()];
        }
        events
    })
}

/// A decision at the end of the journal.
fn reviewed(verdict: Verdict, grade: Option<Grade>, on: Date) -> Reviewed {
    Reviewed { at: Position::new(1_000), on, verdict, grade, cure_working_days: 0 }
}

fn fact(told: &Told, index: usize, base: Date) -> Fact {
    let number = FIRST + index as u64;
    let event = event(told, index, base);
    let position = Position::new(number);
    let id = event_id(number);
    let mut fact = Fact::new(position, id, id, base, event);
    // Decisions come at the end of the journal, where every event is known.
    match told.fate {
        0 => fact.withdrawn_at = Some(Position::new(1_000)),
        1 => fact.reviews.push(reviewed(Verdict::Returned, None, base)),
        2 => fact.reviews.push(reviewed(Verdict::Accepted, None, base)),
        3 => fact.reviews.push(reviewed(Verdict::Accepted, Some(Grade::C), base)),
        _ => {}
    }
    if fact.event_type == EventType::LeadingGroupAdjustment && told.steps & 1 == 0 {
        fact.details.trigger = Some((Trigger::MemberChange, fact.occurred.start()));
    }
    fact.details.procedure = (told.steps & 2 == 0).then(|| steps(told.steps, base));
    fact
}

fn steps(bits: u8, base: Date) -> Box<Procedure> {
    let answer = |bit: u8| if bits & bit == 0 { Answer::Yes } else { Answer::No };
    let day = |days: i64| Some(base.saturating_add(days.days()));
    Box::new(Procedure {
        issued_date: day(10),
        published_date: day(10 + i64::from(bits)),
        filed_date: (bits & 4 == 0).then_some(base),
        legality_reviewed: answer(8),
        collectively_discussed: answer(16),
        appeared: answer(32),
        excused: bits & 96 == 96,
        ..Procedure::default()
    })
}

fn event(told: &Told, index: usize, base: Date) -> DutyEvent {
    let event_type = EventType::ALL[told.event_type % EventType::ALL.len()];
    let mut event = bare_event(told.kind, event_type);
    event.accounting_year = base.year().saturating_add(told.accounting_year - YEAR);
    if let Some((first, length)) = told.when {
        let start = base.saturating_add(first.days());
        let end = start.saturating_add(length.days());
        let precision = if length == 0 { Precision::Day } else { Precision::Period };
        let occurred = Occurred::new(precision, Some(start), Some(end), &mut Problems::new());
        event.occurred = occurred.unwrap_or(Occurred::UNKNOWN);
    }
    if told.document {
        event.evidence.push(evidence(None));
    }
    match told.by {
        0 => event.responsible_person = Some(person("p1")),
        1 => event.responsible_person = Some(person("p2")),
        2 => event.responsible_posts = vec![post_id("party"), post_id("head")],
        3 => event.responsible_posts = vec![post_id("head")],
        _ => {}
    }
    if let Some((metric, value, qualifier)) = told.figure {
        event.quantities.push(figure(METRICS[metric], Decimal::from(value), qualifier));
    }
    let before = |back: usize| index.checked_sub(back).map(|index| event_id(FIRST + index as u64));
    match told.sum {
        Sum::No => {}
        Sum::OfWhatever => event.aggregate = true,
        Sum::OfTheTwoBefore => {
            event.aggregate = true;
            event.components = [before(1), before(2)].into_iter().flatten().collect();
        }
    }
    event
}

fn figure(metric: &str, value: Decimal, qualifier: u8) -> Quantity {
    let qualifiers = [Qualifier::Exact, Qualifier::AtLeast, Qualifier::MoreThan, Qualifier::About];
    let qualifier = qualifiers[usize::from(qualifier) % qualifiers.len()];
    Quantity { metric: metric.into(), value, unit: "次".into(), qualifier, window: None }
}

fn facts(history: &[Told], base: Date) -> Vec<Fact> {
    history.iter().enumerate().map(|(index, told)| fact(told, index, base)).collect()
}

/// Two heads, one of them changed within the year, one with a second post elsewhere.
fn registry(year: i16) -> Registry {
    let mut registry = Registry::default();
    let words = |text: &'static str| text.split_whitespace();
    let p = |number| Position::new(number);
    registry.put_organization(p(1), organization(&mut words("kjj")));
    registry.put_organization(p(2), organization(&mut words("gaj")));
    registry.put_post(p(3), post(&mut words("party party_head")));
    registry.put_post(p(4), post(&mut words("head government_head")));
    registry.put_post(p(5), post(&mut words("gaj-head government_head at gaj")));
    registry.put_person(p(6), person("p1").into());
    registry.put_person(p(7), person("p2").into());
    let day = |month, day| Date::new(year, month, day).unwrap_or(Date::MAX);
    let holdings = [
        ("t1 p1 party", Date::MIN, None),
        ("t2 p1 head", Date::MIN, Some(day(8, 31))),
        ("t3 p2 head", day(9, 1), None),
        ("t4 p2 gaj-head", Date::MIN, None),
    ];
    for (number, (text, from, to)) in (8..).zip(holdings) {
        let mut held = tenure(&mut text.split_whitespace());
        (held.from, held.to) = (from, to);
        registry.put_tenure(p(number), held);
    }
    registry
}

fn streams(facts: Vec<Fact>) -> Streams {
    Streams([(organization_id("kjj"), facts.into_iter().map(Arc::new).collect())].into())
}

fn ask(registry: &Registry, streams: &Streams, year: i16, as_of: Date) -> OrganizationEvaluation {
    let world =
        World { registry, calendars: &CALENDARS, facts: streams, detail: Detail::Explained };
    let question = Question { year, as_of, known: Position::MAX };
    let kjj = registry.organization(&organization_id("kjj"), Position::MAX).unwrap();
    evaluate::organization(world, &RULES, kjj, question)
}

fn answer(history: &[Told], as_of: Date) -> OrganizationEvaluation {
    ask(&registry(YEAR), &streams(facts(history, date(YEAR, 1, 1))), YEAR, as_of)
}

fn as_of() -> impl Strategy<Value = Date> {
    (-30..900i32).prop_map(|days| date(YEAR, 1, 1).saturating_add(days.days()))
}

/// Credits fall or stay, rung by rung, and lie between nothing and everything.
fn check_ladder(credits: impl Iterator<Item = Decimal>) -> Result<(), TestCaseError> {
    let mut below = Decimal::ONE;
    for credit in credits {
        prop_assert!(Decimal::ZERO <= credit && credit <= below, "{credit} above {below}");
        below = credit;
    }
    Ok(())
}

fn check_scores(scores: &Scores) -> Result<(), TestCaseError> {
    let of_one = |score: Option<Decimal>| score.unwrap_or_default() / Decimal::ONE_HUNDRED;
    check_ladder(scores.rungs.iter().map(|rung| of_one(rung.score)))?;
    for rung in &scores.rungs {
        let due = of_one(rung.due_so_far);
        prop_assert!(Decimal::ZERO <= due && due <= Decimal::ONE, "{due}");
        prop_assert!(rung.weight_due <= scores.weight + Decimal::new(1, 9));
    }
    Ok(())
}

/// The obligation of the same owner and time in another answer.
fn same<'a>(in_answer: &'a OrganizationEvaluation, of: &Obligation) -> Option<&'a Obligation> {
    let line = in_answer.lines.iter().find(|line| line.duty == of.duty)?;
    line.obligations.iter().find(|o| o.owner == of.owner && o.period.key() == of.period.key())
}

fn is_level(rule: &DutyRule) -> bool {
    rule.metric.as_deref().is_some_and(|name| name.ends_with("_at_year_end"))
}

/// A documented event on the last day of some window of the duty, naming who owes it.
fn discharging(rule: &DutyRule, owed: &Obligation, number: u64) -> Option<Fact> {
    let mut event = bare_event(Kind::Performed, *rule.satisfied_by.first()?);
    event.occurred = Occurred::day(owed.window?.last);
    event.evidence.push(evidence(None));
    if let Owner::Person { person, .. } = &owed.owner {
        event.responsible_person = Some(person.clone());
    }
    let metrics = rule.metric.as_ref().and_then(|name| RULES.metrics.get(name));
    for metric in metrics.into_iter().flatten() {
        event.quantities.push(figure(metric, Decimal::from(9), 0));
    }
    let id = event_id(number);
    Some(Fact::new(Position::new(number), id, id, date(YEAR, 12, 31), event))
}

proptest! {
    #[test]
    fn what_stands_on_a_rung_stands_on_those_below(history in history(true), as_of in as_of()) {
        let answer = answer(&history, as_of);
        for line in &answer.lines {
            check_ladder(line.rungs.iter().map(|rung| rung.credit))?;
            for owed in &line.obligations {
                check_ladder(owed.rungs.iter().map(|rung| rung.credit))?;
                let scored = owed.rungs[0].status.is_scored();
                prop_assert!(owed.rungs.iter().all(|rung| rung.status.is_scored() == scored));
            }
        }
        check_scores(&answer.scores)?;
    }

    #[test]
    fn a_score_is_the_weighted_mean_of_the_credits(history in history(true), as_of in as_of()) {
        let answer = answer(&history, as_of);
        for (index, rung) in Rung::ALL.iter().enumerate() {
            let scored = || answer.lines.iter().filter(|l| l.rungs[index].status.is_scored());
            let weight: Decimal = scored().map(|line| line.weight).sum();
            let earned: Decimal = scored().map(|l| l.weight * l.rungs[index].credit).sum();
            prop_assert_eq!(answer.scores.weight, weight);
            let Some(score) = answer.scores.at(*rung).score else { continue };
            let off = (score * weight / Decimal::ONE_HUNDRED - earned).abs();
            prop_assert!(off <= Decimal::new(5, 5) * weight, "{score} for {earned} of {weight}");
        }
    }

    /// Sums that name no parts are left out: told "four in the year" and then of two in the first
    /// quarter, one knows that fewer are left for the others.
    #[test]
    fn doing_something_in_time_never_costs_anything(
        history in history(false), as_of in as_of(), which in any::<proptest::sample::Index>(),
    ) {
        let registry = registry(YEAR);
        let known = facts(&history, date(YEAR, 1, 1));
        let before = ask(&registry, &streams(known.clone()), YEAR, as_of);
        let lines: Vec<_> = before.lines.iter().zip(&RULES.duties)
            // An item more is an obligation more, with thresholds of its own.
            .filter(|(_, rule)| !matches!(rule.cadence, Cadence::OnEvent))
            .collect();
        let (line, rule) = which.get(&lines);
        for owed in &line.obligations {
            let Some(added) = discharging(rule, owed, 900) else { continue };
            let mut more = known.clone();
            more.push(added);
            let after = ask(&registry, &streams(more), YEAR, as_of);
            for owed in &line.obligations {
                let Some(then) = same(&after, owed) else { continue };
                for (then, now) in then.rungs.iter().zip(&owed.rungs) {
                    prop_assert!(now.credit <= then.credit, "{owed:#?} then {then:#?}");
                }
            }
        }
    }

    #[test]
    fn the_order_of_the_facts_does_not_matter(
        history in history(true), as_of in as_of(), seed in any::<u64>(),
    ) {
        let registry = registry(YEAR);
        let known = facts(&history, date(YEAR, 1, 1));
        let mut mixed = known.clone();
        // Any order will do: by a number that has nothing to do with the position.
        mixed.sort_by_key(|fact| fact.position.get().wrapping_mul(seed | 1).rotate_left(17));
        let straight = ask(&registry, &streams(known), YEAR, as_of);
        let mixed = ask(&registry, &streams(mixed), YEAR, as_of);
        prop_assert_eq!(show::lines(&straight), show::lines(&mixed));
        prop_assert_eq!(straight.scores, mixed.scores);
    }

    /// A level may fall, and sums that name no parts are told of above.
    #[test]
    fn what_is_fulfilled_stays_fulfilled(
        history in history(false), as_of in as_of(), later in 0..400i32,
    ) {
        let now = answer(&history, as_of);
        let then = answer(&history, as_of.saturating_add(later.days()));
        for (line, rule) in now.lines.iter().zip(&RULES.duties) {
            if is_level(rule) {
                continue;
            }
            for owed in &line.obligations {
                // Until the accounting day the holder may change, and with the holder who owes.
                let Some(later) = same(&then, owed) else { continue };
                for (now, later) in owed.rungs.iter().zip(&later.rungs) {
                    if now.status == Status::Fulfilled {
                        prop_assert_eq!(later.status, Status::Fulfilled, "{:#?}", owed);
                    }
                }
            }
        }
    }

    #[test]
    fn every_year_and_every_day_has_an_answer(
        history in history(true), year in 1..=9998i16, days in -400..800i32,
        years in prop_oneof![Just(0i16), -300..300i16],
    ) {
        // Year ends and leap days come up by themselves and are told on purpose below.
        check_total(&history, year, date(year, 1, 1).saturating_add(days.days()), years)?;
        for (month, day) in [(2, 28), (2, 29), (3, 1), (12, 31), (1, 1)] {
            let Ok(as_of) = Date::new(year, month, day) else { continue };
            check_total(&history, year, as_of, 0)?;
        }
    }
}

fn check_total(history: &[Told], year: i16, as_of: Date, off: i16) -> Result<(), TestCaseError> {
    let told_in = year.saturating_add(off).clamp(1, 9998);
    let registry = registry(year);
    let streams = streams(facts(history, date(told_in, 1, 1)));
    check_scores(&ask(&registry, &streams, year, as_of).scores)?;
    let world = World {
        registry: &registry,
        calendars: &CALENDARS,
        facts: &streams,
        detail: Detail::Explained,
    };
    let question = Question { year, as_of, known: Position::MAX };
    for name in ["p1", "p2", "p3"] {
        let (_, scores) = evaluate::leader(world, &|_| Some(&RULES), &person(name), question);
        check_scores(&scores)?;
    }
    Ok(())
}

#[test]
fn the_ends_of_time_have_an_answer() {
    for year in [1, 2, 1600, 1899, 1900, 2000, 2100, 9997, 9998] {
        for as_of in [Date::MIN, date(year, 1, 1), date(year, 12, 31), Date::MAX] {
            check_total(&[], year, as_of, 0).unwrap();
        }
    }
}
