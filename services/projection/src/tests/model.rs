//! Random cycles against a reference that is slow and obvious.
//!
//! The reference reads the raw entries from the first one for every question and keeps nothing: it
//! shares no code with the fold, the packed facts or `evaluate`. It knows two duties, one a year
//! and one a quarter, each met by single acts; what else there is has tables of its own.

use duty::evaluate::Status;
use duty::occurred::Precision;
use jiff::civil::date;
use proptest::prelude::*;
use rust_decimal::{Decimal, RoundingStrategy};

use super::*;
use crate::view;

/// 1 January until 30 December, and the four quarters of the same year.
const PLAN: [(Date, Date); 1] = [(date(2022, 1, 1), date(2022, 12, 30))];
const STUDY: [(Date, Date); 4] = [
    (date(2022, 1, 1), date(2022, 3, 31)),
    (date(2022, 4, 1), date(2022, 6, 30)),
    (date(2022, 7, 1), date(2022, 9, 30)),
    (date(2022, 10, 1), date(2022, 12, 30)),
];
const WARN_DAYS: i64 = 30;
const LATE_CREDIT: Decimal = Decimal::from_parts(6, 0, 0, false, 1);

/// What happens: which command, on which of the events so far, with what in it.
type Step = (u8, u8, u8, i16);

fn two_duties() -> RuleSet {
    let duty = |id: &str, event: &str, cadence: &str, least: u8| {
        format!(
            "[[duty]]\nid = \"{id}\"\nname_zh = \"事项\"\nname_en = \"duty\"\ncategory = \"core\"\n\
             weight = 10\nbasis = [\"test\"]\nowed_by = [\"organization\"]\n\
             level = \"organization\"\nsatisfied_by = [\"{event}\"]\ncadence = \"{cadence}\"\n\
             deadline = {{ month = 12, day = 31, year_offset = 0, bound = \"before\" }}\n\
             min_count = {least}\n"
        )
    };
    let text = [
        "schema_version = 1\nruleset_id = \"two\"\nvalid_from = 2022-01-01\n\
         jurisdiction = \"450200\"\ntimezone = \"Asia/Shanghai\"\n"
            .to_owned(),
        duty("plan", "annual_work_plan", "annual", 1),
        duty("study", "leader_law_study", "quarterly", 4),
    ];
    RuleSet::parse(&text.concat()).unwrap_or_else(|errors| panic!("{errors:#?}")).0
}

fn happening(what: u8, how: u8, days: i16) -> DutyEvent {
    let event_type =
        if what.is_multiple_of(3) { EventType::AnnualWorkPlan } else { EventType::LeaderLawStudy };
    let on = date(2022, 1, 1) + i64::from(days.rem_euclid(420)).days();
    let mut told = event("city.kjj", event_type, &on.to_string());
    let over = |precision, first, last| {
        Occurred::new(precision, first, last, &mut Problems::new()).unwrap()
    };
    match how % 8 {
        0 => told.occurred = Occurred::UNKNOWN,
        1 => {
            told.occurred =
                over(Precision::Month, Some(on.first_of_month()), Some(on.last_of_month()));
        }
        2 => {
            told.kind = Kind::RecurringClaim;
            told.occurred = over(Precision::Year, Some(date(2022, 1, 1)), Some(date(2022, 12, 31)));
        }
        3 => told.kind = Kind::Planned,
        _ => {}
    }
    if 128 <= how {
        told.evidence.push(minutes());
    }
    told
}

/// Lets the commands follow one another; those that make no sense are refused and leave nothing.
fn lived(steps: &[Step]) -> Ledger {
    let mut ledger = Ledger::founded();
    ledger.tell(Entry::RuleSet(Box::new(two_duties()))).expect("the rule set is sound");
    let founded = ledger.journal.len();
    for (command, what, how, days) in steps.iter().copied() {
        let since = ledger.journal.len() - founded;
        let target = ledger.journal.len() - usize::from(what) % since.clamp(1, 6);
        let entry = match (command % 8, &ledger.journal[target - 1].entry) {
            (0..=3, _) => Entry::DutyEvent(Box::new(happening(what, how, days))),
            (4, Entry::DutyEvent(old)) => {
                let mut new = happening(what, how, days);
                new.details = old.details.clone();
                correction(target, new)
            }
            (5, _) => withdrawal(target),
            (6, _) => review(target, if how < 200 { Verdict::Accepted } else { Verdict::Returned }),
            _ => Entry::DayClosed(ledger.standing.last_closed().unwrap().tomorrow().unwrap()),
        };
        ledger.tell(entry);
        ledger.hours += i64::from(how % 48);
    }
    ledger
}

/// An event that stands, and whether it was accepted.
struct Standing {
    event: DutyEvent,
    accepted: bool,
}

/// What stands after these entries, oldest first.
fn standing(journal: &[Recorded]) -> Vec<Standing> {
    let mut all: Vec<(EventId, Option<Standing>)> = Vec::new();
    let gone = |all: &mut Vec<(EventId, Option<Standing>)>, target: EventId| {
        all.iter_mut().filter(|(id, _)| *id == target).for_each(|(_, held)| *held = None);
    };
    for recorded in journal {
        match &recorded.entry {
            Entry::DutyEvent(event) => {
                let held = Standing { event: (**event).clone(), accepted: false };
                all.push((recorded.event_id, Some(held)));
            }
            Entry::Correction(correction) => {
                gone(&mut all, correction.target);
                let held = Standing { event: correction.event.clone(), accepted: false };
                all.push((recorded.event_id, Some(held)));
            }
            Entry::Withdrawal(withdrawal) => gone(&mut all, withdrawal.target),
            Entry::Review(review) => {
                for (id, held) in &mut all {
                    if *id == review.target
                        && let Some(held) = held
                    {
                        held.accepted = review.verdict == Verdict::Accepted;
                    }
                }
            }
            _ => {}
        }
    }
    all.into_iter().filter_map(|(_, held)| held).collect()
}

/// How many acts a window has in time, and how many that make up for it late.
#[derive(Clone, Copy, Default)]
struct Counted {
    in_time: u32,
    late: u32,
}

fn counted(acts: &[&Standing], windows: &[(Date, Date)], rung: usize, as_of: Date) -> Vec<Counted> {
    let days = |act: &Standing| act.event.occurred.start().zip(act.event.occurred.end());
    let inside = |act: &Standing, (first, last): (Date, Date)| {
        days(act).is_some_and(|(from, to)| first <= from && to <= last)
    };
    let after =
        |act: &Standing, (_, last): (Date, Date)| days(act).is_some_and(|(from, _)| last < from);
    let before =
        |act: &Standing, (first, _): (Date, Date)| days(act).is_some_and(|(_, to)| to < first);
    let unsure = |act: &Standing, of| !inside(act, of) && !after(act, of) && !before(act, of);
    let reached = |act: &Standing| {
        let over = days(act).is_some_and(|(_, to)| to <= as_of);
        let documented = act.event.occurred.as_day().is_some() && !act.event.evidence.is_empty();
        match (over, documented, act.accepted) {
            (false, _, _) => 0,
            (true, false, _) => 1,
            (true, true, false) => 2,
            (true, true, true) => 3,
        }
    };
    let mut left: Vec<&Standing> = acts
        .iter()
        .filter(|act| act.event.kind == Kind::Performed && rung <= reached(act))
        .filter(|act| rung == 0 || windows.iter().any(|of| !unsure(act, *of)))
        .copied()
        .collect();
    let mut counts = vec![Counted::default(); windows.len()];
    // The window's own acts, the earliest of them; what may lie in it is claimed to.
    for (of, count) in windows.iter().zip(&mut counts) {
        let own = (0..left.len())
            .filter(|index| inside(left[*index], *of) || (rung == 0 && unsure(left[*index], *of)))
            .min_by_key(|index| {
                let act = left[*index];
                (unsure(act, *of), act.event.occurred.end().unwrap_or(Date::MAX))
            });
        if let Some(index) = own {
            left.remove(index);
            count.in_time = 1;
        }
    }
    // 每年均…: one for every window that lacks one.
    let regularly = acts.iter().any(|act| act.event.kind == Kind::RecurringClaim);
    if rung == 0 && regularly {
        counts.iter_mut().for_each(|count| count.in_time = 1);
    }
    // What comes after the window makes up for it, the first recorded first.
    for (of, count) in windows.iter().zip(&mut counts) {
        if count.in_time == 0
            && let Some(index) = left.iter().position(|act| after(act, *of))
        {
            left.remove(index);
            count.late = 1;
        }
    }
    // The rest stays where it lies.
    for (of, count) in windows.iter().zip(&mut counts) {
        let stays = |act: &&Standing| {
            inside(act, *of) || (windows.len() == 1 && rung == 0 && unsure(act, *of))
        };
        count.in_time += u32::try_from(left.iter().filter(|act| stays(act)).count()).unwrap();
        left.retain(|act| !stays(act));
    }
    counts
}

fn status(count: Counted, claimed: Counted, last: Date, as_of: Date) -> (Status, Decimal) {
    let (all, all_claimed) = (count.in_time + count.late, claimed.in_time + claimed.late);
    if 0 < count.in_time {
        (Status::Fulfilled, Decimal::ONE)
    } else if last < as_of && 0 < count.late {
        (Status::FulfilledLate, LATE_CREDIT)
    } else if all < all_claimed {
        (Status::NeedsVerification, Decimal::ZERO)
    } else if last < as_of {
        (Status::Overdue, Decimal::ZERO)
    } else if last - WARN_DAYS.days() <= as_of {
        (Status::DueSoon, Decimal::ZERO)
    } else {
        (Status::NotDue, Decimal::ZERO)
    }
}

/// State and credit of every window on every rung, lowest rung first.
fn reference(
    journal: &[Recorded],
    event_type: EventType,
    windows: &[(Date, Date)],
    as_of: Date,
) -> Vec<Vec<(Status, Decimal)>> {
    let standing = standing(journal);
    let acts: Vec<&Standing> = standing
        .iter()
        .filter(|held| {
            held.event.event_type() == event_type
                && held.event.occurred.start().is_none_or(|start| start <= as_of)
        })
        .collect();
    let mut rungs: Vec<Vec<Counted>> =
        (0..4).map(|rung| counted(&acts, windows, rung, as_of)).collect();
    // Whatever stands on a rung stands on those below it.
    let worth = |count: Counted, last| status(count, count, last, as_of).1;
    for rung in (1..4).rev() {
        for (index, (_, last)) in windows.iter().enumerate() {
            if worth(rungs[rung - 1][index], *last) < worth(rungs[rung][index], *last) {
                rungs[rung - 1][index] = rungs[rung][index];
            }
        }
    }
    let claimed = rungs[0].clone();
    let told = |counts: Vec<Counted>| {
        let each = counts.into_iter().zip(&claimed).zip(windows);
        each.map(|((count, claimed), (_, last))| status(count, *claimed, *last, as_of)).collect()
    };
    rungs.into_iter().map(told).collect()
}

fn score(rung: usize, duties: &[Vec<Vec<(Status, Decimal)>>]) -> Decimal {
    let credit = |windows: &[(Status, Decimal)]| {
        let sum: Decimal = windows.iter().map(|(_, credit)| *credit).sum();
        sum / Decimal::from(windows.len())
    };
    let sum: Decimal = duties.iter().map(|rungs| credit(&rungs[rung])).sum();
    (Decimal::ONE_HUNDRED * sum / Decimal::from(duties.len()))
        .round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn the_evaluation_is_that_of_the_reference(
        steps in proptest::collection::vec(any::<Step>(), 0..40),
        days in proptest::collection::vec(0_i64..480, 1..4),
    ) {
        let ledger = lived(&steps);
        let snapshot = ledger.snapshot();
        let founded = lived(&[]).journal.len();
        for (index, day) in days.iter().enumerate() {
            let as_of = date(2022, 1, 15) + day.days();
            // The last question is asked of everything, the others of what was known before.
            let known = match index {
                0 => ledger.journal.len(),
                _ => founded + (ledger.journal.len() - founded) / (index + 1),
            };
            let question = Question { year: 2022, as_of, known: Position::new(known as u64) };
            let view =
                view::organization(&snapshot, &organization_id("city.kjj"), question).unwrap();
            let journal = &ledger.journal[..known];
            let expected = [
                reference(journal, EventType::AnnualWorkPlan, &PLAN, as_of),
                reference(journal, EventType::LeaderLawStudy, &STUDY, as_of),
            ];
            for (line, duty) in view.evaluation.lines.iter().zip(&expected) {
                for (rung, windows) in duty.iter().enumerate() {
                    let told: Vec<_> = line
                        .obligations
                        .iter()
                        .map(|owed| (owed.rungs[rung].status, owed.rungs[rung].credit))
                        .collect();
                    prop_assert_eq!(
                        &told, windows, "{} on rung {} at {} known {}",
                        line.duty, rung, as_of, known
                    );
                }
            }
            prop_assert_eq!(view.evaluation.lines.len(), expected.len());
            for (rung, told) in view.evaluation.scores.rungs.iter().enumerate() {
                prop_assert_eq!(told.score, Some(score(rung, &expected)), "rung {}", rung);
            }
        }
    }
}
