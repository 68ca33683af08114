//! The life of an evaluated year among everything else that happens: its steps change no judgement,
//! an appeal changes only what it decides, and a seal is final.

use duty::docno::DocumentNumber;
use duty::year::{Adjustment, AdjustmentKind, Appeal, Cycle, Shown, Stage, YearAct, YearStep};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::laws::{self, Step, steps, told};
use super::*;
use crate::view;

const WHY: &str = "核对原始材料后作出本决定";
const BUREAUS: [&str; 2] = ["city.kjj", "city.gaj"];
const YEARS: std::ops::RangeInclusive<i16> = 2021..=2023;

fn document() -> DocumentNumber {
    DocumentNumber::parse("柳法办〔2023〕5号").unwrap()
}

fn adjustment(how: u8) -> Adjustment {
    let kinds = [AdjustmentKind::Bonus, AdjustmentKind::Penalty, AdjustmentKind::Veto];
    let kind = kinds[usize::from(how % 3)];
    let points = Decimal::new(i64::from(how / 3 % 4) * 50 + 50, 2);
    Adjustment {
        kind,
        points: if kind == AdjustmentKind::Veto { Decimal::ZERO } else { points },
        document: document(),
        approver: "head".into(),
        reason: WHY.into(),
    }
}

/// The sheet that is there to show: all that is known, for the day that runs.
fn shown(ledger: &Ledger) -> Shown {
    let head = Position::new(ledger.journal.len() as u64);
    let as_of = ledger.snapshot().current_day(head);
    Shown { document: document(), as_of, known: head, digest: format!("{head}").into() }
}

fn act_of(ledger: &Ledger, of: (&str, i16), (what, how): (u8, u8)) -> YearAct {
    let registry = ledger.state.registry();
    let (organization, year) = (organization_id(of.0), of.1);
    let cycle = registry.years().cycle(&organization, year, Position::MAX);
    let appeal = cycle.appeals.iter().rev().find(|appeal| appeal.decided.is_none());
    let is_undecided = appeal.is_some();
    let appeal = appeal.map_or(Position::new(u64::from(how)), |appeal| appeal.position);
    // Mostly what is in its turn; what is not is refused.
    let turn = match cycle.stage {
        Stage::Open => 0,
        Stage::Published if is_undecided => [2, 2, 4, 5][usize::from(what % 4)],
        Stage::Published => [1, 1, 3, 5][usize::from(what % 4)],
        Stage::Sealed => 6,
    };
    // A notice that runs or is over; appealing takes the one, sealing the other.
    let notice_end = ledger.today() + i64::from(how % 4).days() - 2.days();
    let decision_due = ledger.today() + 15.days();
    match if what < 40 { what % 7 } else { turn } {
        0 => YearAct::Published(shown(ledger), notice_end),
        1 => YearAct::Appealed { arguments: WHY.into(), evidence: "".into(), decision_due },
        2 => YearAct::Decided {
            appeal,
            upheld: how & 1 == 1,
            document: document(),
            reason: WHY.into(),
            adjustment: (how & 2 == 2).then(|| adjustment(how / 4)),
            office: None,
            review_until: None,
        },
        3 => YearAct::Adjusted(adjustment(how)),
        4 => YearAct::Extended { appeal, reason: WHY.into(), decision_due },
        5 => YearAct::Sealed(shown(ledger), Box::default()),
        _ => {
            YearAct::Reopened { document: document(), approver: "head".into(), reason: WHY.into() }
        }
    }
}

fn taken(of: (&str, i16), act: YearAct) -> Entry {
    // Whoever appeals does not decide.
    let by = if matches!(act, YearAct::Appealed { .. }) { "office" } else { "clerk" };
    let organization = organization_id(of.0);
    Entry::YearStep(Box::new(YearStep { organization, year: of.1, by: by.into(), act }))
}

/// A step in the life of a year.
pub(super) fn entry(ledger: &Ledger, (_, what, how, days): Step) -> Entry {
    let at = usize::from(days.rem_euclid(4) == 3);
    let of = (BUREAUS[at], if days % 2 == 0 { 2021 } else { 2022 });
    taken(of, act_of(ledger, of, (what, how)))
}

/// The years of all bureaus as known at `known`.
pub(super) fn standing(snapshot: &Snapshot, known: Position) -> Vec<String> {
    let years = snapshot.registry().years();
    let cycle = |id: &str, year| format!("{:?}", years.cycle(&organization_id(id), year, known));
    BUREAUS.iter().flat_map(|id| YEARS.map(move |year| cycle(id, year))).collect()
}

/// Everything judged about 2022, as text that can be compared.
fn judged(snapshot: &Snapshot, question: Question) -> Vec<String> {
    let organizations = ["city", "city.kjj", "city.gaj", "county"].map(organization_id);
    let organizations = organizations.iter().map(|id| {
        let found = view::organization(snapshot, id, question);
        format!("{:?}", found.map(|view| view.evaluation))
    });
    let cards = ["p1", "p2"].map(person);
    let cards = cards.iter().map(|holder| {
        let found = view::leader(snapshot, holder, question);
        format!("{:?}", found.map(|view| (view.lines, view.scores, view.handovers)))
    });
    organizations.chain(cards).collect()
}

/// What a step may have changed of the cycle it belongs to, said once more.
fn expected<'a>(
    mut cycle: Cycle<'a>,
    (at, today): (Position, Date),
    step: &'a YearStep,
) -> Cycle<'a> {
    let of_appeal = |position: Position| move |held: &&mut Appeal<'_>| held.position == position;
    match &step.act {
        YearAct::Decided { appeal, upheld, adjustment, office, review_until, .. } => {
            let appeal = cycle.appeals.iter_mut().find(of_appeal(*appeal));
            let appeal = appeal.expect("what is decided was appealed");
            appeal.decided = Some((at, *upheld));
            appeal.decided_late = appeal.decision_due < today;
            (appeal.decider, appeal.review_until) =
                (Some((&*step.by, office.as_ref())), *review_until);
            cycle.adjustments.extend(adjustment.iter().map(|one| (at, one)));
        }
        YearAct::Extended { appeal, decision_due, .. } => {
            let appeal = cycle.appeals.iter_mut().find(of_appeal(*appeal));
            let appeal = appeal.expect("what is extended was appealed");
            (appeal.extended, appeal.decision_due) = (true, *decision_due);
        }
        YearAct::Appealed { decision_due, .. } => cycle.appeals.push(Appeal {
            position: at,
            by: &step.by,
            decision_due: *decision_due,
            extended: false,
            decided: None,
            decided_late: false,
            decider: None,
            review_until: None,
            review: None,
        }),
        YearAct::Adjusted(adjustment) => cycle.adjustments.push((at, adjustment)),
        // Reviews are random in `decide`'s own model.
        YearAct::ReviewRequested { .. } | YearAct::ReviewDecided { .. } => {}
        YearAct::Published(..) | YearAct::Sealed(..) | YearAct::Reopened { .. } => {}
    }
    cycle
}

/// Closes day after day until 2022 is over: only then its result can be published.
fn into_2023(ledger: &mut Ledger) {
    ledger.hours += 24 * 120;
    let head = Position::new(ledger.journal.len() as u64);
    let mut next = ledger.snapshot().current_day(head);
    while next < day("2023-01-03") {
        assert!(ledger.tell(Entry::DayClosed(next)).is_some(), "{next} has ended");
        next = next.tomorrow().unwrap();
    }
}

/// Brings a year to its seal, whatever has become of it.
fn sealed(ledger: &mut Ledger, of: (&str, i16)) -> Position {
    let organization = organization_id(of.0);
    // Open: publish. Published: decide what is undecided, and publish no more.
    for _ in 0..50 {
        let registry = ledger.state.registry().clone();
        let cycle = registry.years().cycle(&organization, of.1, Position::MAX);
        let undecided = cycle.appeals.iter().find(|appeal| appeal.decided.is_none());
        let act = match (undecided, cycle.stage) {
            (Some(appeal), _) => YearAct::Decided {
                appeal: appeal.position,
                upheld: false,
                document: document(),
                reason: WHY.into(),
                adjustment: None,
                office: None,
                review_until: None,
            },
            (None, Stage::Open) => YearAct::Published(shown(ledger), ledger.today() - 1.days()),
            (None, Stage::Published) => YearAct::Sealed(shown(ledger), Box::default()),
            (None, Stage::Sealed) => {
                let (at, _, _) = cycle.sealed.unwrap();
                return at;
            }
        };
        // A notice that runs is waited for.
        if ledger.tell(taken(of, act)).is_none() {
            ledger.hours += 24;
        }
    }
    panic!("a year can be sealed: {:?}", ledger.state.registry().years());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_step_of_a_year_changes_only_what_it_decides(
        steps in steps(), more in proptest::collection::vec(any::<Step>(), 1..12),
    ) {
        let mut ledger = told(&steps);
        into_2023(&mut ledger);
        for step in more {
            let before = ledger.snapshot();
            let question = by_default(&before, before.head());
            let entry = entry(&ledger, step);
            let Some(at) = ledger.tell(entry.clone()) else { continue };
            let after = ledger.snapshot();
            let then = Question { known: at, ..question };
            prop_assert_eq!(judged(&before, question), judged(&after, then), "{:?}", entry);
            let Entry::YearStep(step) = &entry else { unreachable!("it is a step of a year") };
            for id in BUREAUS.map(organization_id) {
                for year in YEARS {
                    let cycle = |of: &'_ Snapshot| {
                        let cycle = of.registry().years().cycle(&id, year, Position::MAX);
                        format!("{:?} {:?}", cycle.appeals, cycle.adjustments)
                    };
                    let old = before.registry().years().cycle(&id, year, Position::MAX);
                    let new = if (&id, year) == (&step.organization, step.year) {
                        expected(old, (at, ledger.today()), step)
                    } else {
                        old
                    };
                    let new = format!("{:?} {:?}", new.appeals, new.adjustments);
                    prop_assert_eq!(cycle(&after), new, "{} {} by {:?}", id, year, step);
                }
            }
        }
    }

    /// Whatever is tried after a seal: the sheet is asked for again and is the same, and each event
    /// it rests on stands, until the year is reopened.
    #[test]
    fn a_seal_is_final(steps in steps(), more in steps()) {
        let mut ledger = told(&steps);
        into_2023(&mut ledger);
        let of = ("city.kjj", 2022);
        let at = sealed(&mut ledger, of);
        let snapshot = ledger.snapshot();
        let known = Position::new(at.get() - 1);
        let question = by_default(&snapshot, known);
        let sheet = judged(&snapshot, question);
        let stands = |ledger: &Ledger, id: EventId| {
            let (_, fact) = ledger.state.fact(id)?;
            Some(fact.is_current(Position::MAX))
        };
        let rests_on: Vec<EventId> = ledger
            .journal
            .iter()
            .map(|recorded| recorded.event_id)
            .filter(|id| {
                let fact = ledger.state.fact(*id);
                fact.is_some_and(|(organization, fact)| {
                    let ours = organization.as_str() == of.0 && fact.accounting_year == of.1;
                    ours && fact.is_current(Position::MAX)
                })
            })
            .collect();
        for step in more {
            let entry = laws::entry(&ledger, step);
            let reopens = matches!(&entry, Entry::YearStep(step)
                if matches!(step.act, YearAct::Reopened { .. }));
            if reopens {
                continue;
            }
            let _ = ledger.tell(entry);
            let registry = ledger.state.registry();
            let cycle = registry.years().cycle(&organization_id(of.0), of.1, Position::MAX);
            prop_assert_eq!(cycle.stage, Stage::Sealed);
            prop_assert_eq!(cycle.sealed.map(|(seal, _, _)| seal), Some(at));
            for id in &rests_on {
                prop_assert_eq!(stands(&ledger, *id), Some(true), "{} at {}", id, at);
            }
        }
        prop_assert_eq!(judged(&ledger.snapshot(), question), sheet);
    }
}

/// Every step gets in, appeals that change something among them: nothing above is true of nothing.
#[test]
fn random_years_hold_every_step() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen = std::collections::BTreeMap::new();
    for _ in 0..64 {
        let more = proptest::collection::vec(any::<Step>(), 24);
        let more = more.new_tree(&mut runner).unwrap().current();
        let mut ledger = Ledger::founded();
        into_2023(&mut ledger);
        for step in more {
            let entry = entry(&ledger, step);
            let Entry::YearStep(step) = entry.clone() else { unreachable!("it is a step") };
            let name = match step.act {
                YearAct::Decided { adjustment: Some(_), .. } => "Decided to change".to_owned(),
                act => format!("{act:?}").split([' ', '(']).next().unwrap().to_owned(),
            };
            *seen.entry(name).or_insert(0) += u32::from(ledger.tell(entry).is_some());
        }
    }
    let often: Vec<_> = seen.iter().filter(|(_, count)| 10 <= **count).map(|(n, _)| n).collect();
    let all = [
        "Adjusted",
        "Appealed",
        "Decided",
        "Decided to change",
        "Extended",
        "Published",
        "Reopened",
        "Sealed",
    ];
    assert_eq!(often, all, "{seen:?}");
}
