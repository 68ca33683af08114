//! The steps of a year, in any order, against a slow and obvious reading of the rules.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::docno::DocumentNumber;
use crate::year::{Adjustment, AdjustmentKind, Shown, Stage, YearAct, YearStep};

fn document() -> DocumentNumber {
    DocumentNumber::parse("柳法办〔2023〕5号").expect("a document number")
}

fn shown() -> Shown {
    let (document, as_of) = (document(), day("2023-01-01"));
    Shown { document, as_of, known: Position::new(1), digest: "00".into() }
}

fn bonus() -> Adjustment {
    Adjustment {
        kind: AdjustmentKind::Bonus,
        points: 2.into(),
        document: document(),
        approver: "head".into(),
        reason: "获得上级法治建设表彰奖励".into(),
    }
}

const WHY: &str = "核对原始材料后作出本决定";

/// A decision on an appeal, by whoever, for an office where one is told.
fn decision(appeal: Position, office: Option<&str>, review_until: &str) -> YearAct {
    YearAct::Decided {
        appeal,
        upheld: false,
        document: document(),
        reason: WHY.into(),
        adjustment: None,
        office: office.map(organization_id),
        review_until: Some(day(review_until)),
    }
}

fn review_requested(appeal: Position) -> YearAct {
    let decision_due = day("2023-01-20");
    YearAct::ReviewRequested { appeal, arguments: WHY.into(), evidence: "".into(), decision_due }
}

fn review_decided(appeal: Position, office: &str) -> YearAct {
    YearAct::ReviewDecided {
        appeal,
        office: organization_id(office),
        upheld: true,
        document: document(),
        reason: WHY.into(),
        adjustment: None,
    }
}

/// A step in numbers; `last` is the last appeal, `over` whether notice or term is over by now.
fn act(what: u8, over: bool, last: Position) -> YearAct {
    let reason: Box<str> = WHY.into();
    // Now is 1 January 2023.
    let end = if over { "2022-12-30" } else { "2023-01-01" };
    match what % 8 {
        0 => YearAct::Published(shown(), day(end)),
        1 => YearAct::Appealed { arguments: reason, evidence: "".into(), decision_due: day(end) },
        2 => decision(last, None, end),
        3 => YearAct::Adjusted(bonus()),
        4 => YearAct::Sealed(shown(), Box::default()),
        5 => review_requested(last),
        6 => review_decided(last, "city"),
        _ => YearAct::Reopened { document: document(), approver: "head".into(), reason },
    }
}

/// What became of an appeal.
#[derive(Default, Clone, Copy)]
struct Life {
    decided: bool,
    term_over: bool,
    requested: bool,
    reviewed: bool,
}

impl Life {
    /// Whether nothing more can become of it.
    fn is_over(self) -> bool {
        self.decided && if self.requested { self.reviewed } else { self.term_over }
    }
}

/// What the rules say, told as a person would.
#[derive(Default)]
struct Model {
    published: bool,
    notice_over: bool,
    sealed: bool,
    appeals: BTreeMap<Position, Life>,
    bonus: u32,
}

impl Model {
    fn allows(&self, act: &YearAct, by: &str) -> bool {
        let judges = matches!(
            act,
            YearAct::Published(..)
                | YearAct::Decided { .. }
                | YearAct::Sealed(..)
                | YearAct::ReviewDecided { .. }
        );
        if judges && by == "recorder" {
            return false;
        }
        let life = |appeal| self.appeals.get(appeal).copied();
        match act {
            // Again as well: a new notice.
            YearAct::Published(..) => !self.sealed,
            YearAct::Appealed { .. } => self.published && !self.sealed && !self.notice_over,
            YearAct::Decided { appeal, .. } => life(appeal).is_some_and(|life| !life.decided),
            YearAct::Adjusted(_) => !self.sealed && self.bonus + 2 <= 5,
            YearAct::Sealed(..) => {
                let over = self.appeals.values().all(|life| life.is_over());
                self.published && !self.sealed && self.notice_over && over
            }
            YearAct::ReviewRequested { appeal, .. } => {
                let may = |life: Life| life.decided && !life.requested && !life.term_over;
                self.published && !self.sealed && life(appeal).is_some_and(may)
            }
            YearAct::ReviewDecided { appeal, .. } => {
                // The clerk decided the appeal.
                by != "clerk" && life(appeal).is_some_and(|life| life.requested && !life.reviewed)
            }
            YearAct::Reopened { .. } => self.sealed,
            YearAct::Extended { .. } => false,
        }
    }

    fn take(&mut self, act: &YearAct, at: Position) {
        match act {
            YearAct::Published(_, end) => {
                (self.published, self.notice_over) = (true, *end < day("2023-01-01"));
            }
            YearAct::Appealed { .. } => drop(self.appeals.insert(at, Life::default())),
            YearAct::Decided { appeal, review_until, .. } => {
                let life = self.appeals.entry(*appeal).or_default();
                life.decided = true;
                life.term_over = review_until.is_some_and(|end| end < day("2023-01-01"));
            }
            YearAct::ReviewRequested { appeal, .. } => {
                self.appeals.entry(*appeal).or_default().requested = true;
            }
            YearAct::ReviewDecided { appeal, .. } => {
                self.appeals.entry(*appeal).or_default().reviewed = true;
            }
            YearAct::Adjusted(_) => self.bonus += 2,
            YearAct::Sealed(..) => self.sealed = true,
            YearAct::Reopened { .. } => (self.published, self.sealed) = (false, false),
            YearAct::Extended { .. } => {}
        }
    }
}

proptest! {
    /// Every step is accepted exactly when the rules allow it, and while a year is sealed nothing
    /// it rests on is taken back.
    #[test]
    fn steps_follow_the_rules_and_a_seal_is_final(
        steps in proptest::collection::vec(
            (any::<u8>(), any::<bool>(), proptest::bool::weighted(0.2)),
            0..60,
        ),
    ) {
        let mut bench = Bench::with_a_past();
        let (mut model, mut last) = (Model::default(), Position::ZERO);
        for (number, (what, over, other)) in (2_000u128..).zip(steps) {
            let act = act(what, over, last);
            let by = match (what % 8, other) {
                (1 | 5, _) => "office",
                (6, false) => "reviewer",
                // Whoever recorded the events of the year.
                (_, true) if over => "recorder",
                _ => "clerk",
            };
            let organization = OrganizationId::parse("bureau").expect("an id");
            let step = YearStep { organization, year: 2022, by: by.into(), act: act.clone() };
            let entry = Entry::YearStep(Box::new(step));
            let asked = Command { recorder: by.into(), ..command([(number, entry.clone())]) };
            let earlier = bench.earlier(&asked);
            let accepted = decide(&bench.standing, &asked, &earlier, now()).is_ok();
            prop_assert_eq!(accepted, model.allows(&act, by), "{:?}", act);
            if accepted {
                bench.put(number, entry);
                bench.settle();
                let at = bench.standing.head();
                model.take(&act, at);
                if matches!(act, YearAct::Appealed { .. }) {
                    last = at;
                }
            }
            let years = bench.standing.registry().years();
            let organization = OrganizationId::parse("bureau").expect("an id");
            let stage = years.cycle(&organization, 2022, Position::MAX).stage;
            prop_assert_eq!(stage == Stage::Sealed, model.sealed);
            let back = command([(FREE, withdrawal(PLAIN, |_| {}))]);
            let earlier = bench.earlier(&back);
            let taken_back = decide(&bench.standing, &back, &earlier, now()).is_ok();
            prop_assert_eq!(taken_back, !model.sealed, "sealing is final until reopened");
        }
    }
}

/// A step of the bureau's 2022 by somebody.
fn step(by: &str, act: YearAct) -> Command {
    let organization = organization_id("bureau");
    let step = YearStep { organization, year: 2022, by: by.into(), act };
    Command { recorder: by.into(), ..alone(Entry::YearStep(Box::new(step))) }
}

#[test]
fn a_further_review_belongs_to_another_office_and_to_other_people() {
    let mut bench = Bench::with_a_past();
    for (number, id, parent) in
        [(400, "region", None), (401, "justice", Some("city")), (402, "county", Some("justice"))]
    {
        bench.put(number, Entry::Organization(organization(id, parent)));
    }
    bench.settle();
    let mut take = |by: &str, number: u128, act: YearAct| {
        let taken = step(by, act);
        assert_eq!(bench.answer(&taken), "append 0", "{number}");
        bench.put_by(by, number, taken.entries[0].entry.clone());
        bench.settle();
        bench.standing.head()
    };
    take("publisher", 500, YearAct::Published(shown(), day("2023-01-06")));
    let (arguments, decision_due) = (WHY.into(), day("2023-01-20"));
    let appealed = YearAct::Appealed { arguments, evidence: "".into(), decision_due };
    let appeal = take("office", 501, appealed);
    let undecided = step("office", review_requested(appeal));
    take("decider", 502, decision(appeal, Some("justice"), "2023-01-09"));
    take("office", 503, review_requested(appeal));
    let asked = |by, office| step(by, review_decided(appeal, office));
    let rows = [
        ("a second request", undecided),
        ("not registered", asked("reviewer", "nowhere")),
        ("the one judged", asked("reviewer", "bureau")),
        ("the same office", asked("reviewer", "justice")),
        ("one below it", asked("reviewer", "county")),
        ("the one above it", asked("reviewer", "city")),
        ("another one", asked("reviewer", "region")),
        ("the same person", asked("decider", "region")),
        ("the appellant", asked("office", "region")),
        ("a recorder", asked("recorder", "region")),
        ("no such appeal", step("reviewer", review_decided(Position::new(1), "region"))),
        ("sealing", step("sealer", YearAct::Sealed(shown(), Box::default()))),
    ];
    let answers: String =
        rows.iter().map(|(row, asked)| format!("{row}: {}\n", bench.answer(asked))).collect();
    expect_test::expect![[r#"
        a second request: FailedPrecondition: YEAR_STAGE_WRONG events[0].year
        not registered: NotFound: REFERENCE_UNKNOWN events[0].office_organization_id
        the one judged: Invalid: ACTOR_IS_INTERESTED events[0].office_organization_id
        the same office: FailedPrecondition: FURTHER_REVIEW_OFFICE events[0].office_organization_id
        one below it: FailedPrecondition: FURTHER_REVIEW_OFFICE events[0].office_organization_id
        the one above it: append 0
        another one: append 0
        the same person: FailedPrecondition: ACTOR_IS_INTERESTED events[0].decider
        the appellant: FailedPrecondition: ACTOR_IS_INTERESTED events[0].decider
        a recorder: FailedPrecondition: ACTOR_IS_INTERESTED events[0].decider
        no such appeal: NotFound: REFERENCE_UNKNOWN events[0].appeal_position
        sealing: FailedPrecondition: NOTICE_RUNNING events[0].year, FURTHER_REVIEW_UNDECIDED events[0].year
    "#]].assert_eq(&answers);
}

#[test]
fn a_rejection_changes_nothing_and_what_is_upheld_never_worsens() {
    let mut bench = Bench::with_a_past();
    let mut take = |by: &str, number: u128, act: YearAct| {
        let taken = step(by, act);
        assert_eq!(bench.answer(&taken), "append 0", "{number}");
        bench.put_by(by, number, taken.entries[0].entry.clone());
        bench.settle();
        bench.standing.head()
    };
    take("publisher", 500, YearAct::Published(shown(), day("2023-01-06")));
    let (arguments, decision_due) = (WHY.into(), day("2023-01-20"));
    let appealed = YearAct::Appealed { arguments, evidence: "".into(), decision_due };
    let first = take("office", 501, appealed.clone());
    let second = take("office", 502, appealed);
    take("decider", 503, decision(second, None, "2023-01-09"));
    take("office", 504, review_requested(second));
    let made = |kind: AdjustmentKind| {
        let points = if kind == AdjustmentKind::Veto { 0 } else { 2 };
        Some(Adjustment { kind, points: points.into(), ..bonus() })
    };
    let decided = |is_upheld: bool, what: Option<Adjustment>| {
        let mut act = decision(first, None, "2023-01-09");
        if let YearAct::Decided { upheld, adjustment, .. } = &mut act {
            (*upheld, *adjustment) = (is_upheld, what);
        }
        step("decider", act)
    };
    let reviewed = |is_upheld: bool, what: Option<Adjustment>| {
        let mut act = review_decided(second, "city");
        if let YearAct::ReviewDecided { upheld, adjustment, .. } = &mut act {
            (*upheld, *adjustment) = (is_upheld, what);
        }
        step("reviewer", act)
    };
    let kinds = [AdjustmentKind::Bonus, AdjustmentKind::Penalty, AdjustmentKind::Veto];
    let whole = "Invalid: FIELD_OUT_OF_RANGE events[0].adjustment";
    let kind = "Invalid: FIELD_OUT_OF_RANGE events[0].adjustment.kind";
    for (upheld, expected) in [(false, [whole; 3]), (true, ["append 0", kind, kind])] {
        let of = |asked: &dyn Fn(bool, Option<Adjustment>) -> Command| {
            assert_eq!(bench.answer(&asked(upheld, None)), "append 0");
            kinds.map(|kind| bench.answer(&asked(upheld, made(kind))))
        };
        assert_eq!(of(&decided), expected, "appeal, upheld: {upheld}");
        assert_eq!(of(&reviewed), expected, "further review, upheld: {upheld}");
    }
}

#[test]
fn only_a_running_term_is_extended_and_a_decision_after_it_is_marked() {
    // Now is 1 January 2023.
    for (due, extended, is_late) in [
        ("2022-12-31", "FailedPrecondition: YEAR_STAGE_WRONG events[0].year", true),
        ("2023-01-01", "append 0", false),
    ] {
        let mut bench = Bench::with_a_past();
        let (arguments, decision_due) = (WHY.into(), day(due));
        let appealed = YearAct::Appealed { arguments, evidence: "".into(), decision_due };
        let published = YearAct::Published(shown(), day("2023-01-06"));
        for (number, by, act) in [(500, "publisher", published), (501, "office", appealed)] {
            let taken = step(by, act);
            bench.put_by(by, number, taken.entries[0].entry.clone());
        }
        bench.settle();
        let appeal = bench.standing.head();
        let (reason, decision_due) = (WHY.into(), day("2023-01-20"));
        let extension = step("decider", YearAct::Extended { appeal, reason, decision_due });
        assert_eq!(bench.answer(&extension), extended, "{due}");
        let decided = step("decider", decision(appeal, None, "2023-01-09"));
        assert_eq!(bench.answer(&decided), "append 0", "a late decision is better than none");
        bench.put_by("decider", 502, decided.entries[0].entry.clone());
        bench.settle();
        let years = bench.standing.registry().years();
        let cycle = years.cycle(&organization_id("bureau"), 2022, Position::MAX);
        assert_eq!(cycle.appeals[0].decided_late, is_late, "{due}");
    }
}

#[test]
fn a_result_is_of_a_day_behind_its_year_and_is_sealed_for_that_day() {
    let mut bench = Bench::with_a_past();
    let of = |as_of: &str| Shown { as_of: day(as_of), ..shown() };
    let published = |as_of: &str| step("publisher", YearAct::Published(of(as_of), day(as_of)));
    let day_wrong = "Invalid: FIELD_OUT_OF_RANGE events[0].as_of_date";
    // Now is 1 January 2023.
    assert_eq!(bench.answer(&published("2022-12-31")), day_wrong, "the year is not over");
    assert_eq!(bench.answer(&published("2023-01-02")), day_wrong, "the day has not come");
    let organization = organization_id("bureau");
    let act = YearAct::Published(of("2023-01-01"), day("2023-01-06"));
    let next = YearStep { organization, year: 2023, by: "publisher".into(), act };
    let next = Command { recorder: "publisher".into(), ..alone(Entry::YearStep(Box::new(next))) };
    assert_eq!(bench.answer(&next), day_wrong, "the year has just begun");
    let taken = step("publisher", YearAct::Published(of("2023-01-01"), day("2022-12-30")));
    assert_eq!(bench.answer(&taken), "append 0");
    bench.put_by("publisher", 500, taken.entries[0].entry.clone());
    bench.settle();
    let sealed = |as_of: &str| step("sealer", YearAct::Sealed(of(as_of), Box::default()));
    assert_eq!(bench.answer(&sealed("2022-06-30")), day_wrong, "not the day published");
    assert_eq!(bench.answer(&sealed("2023-01-01")), "append 0");
}

/// Publishing by somebody, with 2022 of the bureau in mind.
fn publication(by: &str) -> Command {
    step(by, YearAct::Published(shown(), day("2023-01-09")))
}

#[test]
fn whoever_recorded_any_version_of_an_event_of_the_year_is_out_at_once_and_for_good() {
    let mut bench = Bench::with_a_past();
    let refused = "FailedPrecondition: ACTOR_IS_INTERESTED events[0].publisher";
    assert_eq!(bench.answer(&publication("recorder")), refused);
    assert_eq!(bench.answer(&publication("late")), "append 0");
    // An event in the same group, not yet durable, is enough: nothing slips in between.
    bench.put_by("late", 2_000, event_with(|_| {}));
    assert_eq!(bench.answer(&publication("late")), refused);
    // A group that was not written was never there.
    bench.roll_back();
    assert_eq!(bench.answer(&publication("late")), "append 0");
    // Neither taking it back nor correcting it makes it unrecorded; another year is no matter.
    bench.put_by("late", 2_000, event_with(|_| {}));
    bench.put_by("late", 2_001, withdrawal(2_000, |_| {}));
    bench.put_by("editor", 2_002, correction(PLAIN, |_| {}));
    bench.put_by("other", 2_003, event_with(|event| event.accounting_year = 2021));
    bench.settle();
    for who in ["late", "editor"] {
        assert_eq!(bench.answer(&publication(who)), refused, "{who}");
    }
    assert_eq!(bench.answer(&publication("other")), "append 0");
}

#[test]
fn fifty_thousand_events_are_asked_of_the_people_not_of_the_events() {
    let mut bench = Bench::with_a_past();
    let earlier = Earlier::new();
    for number in 0..50_000_u128 {
        let recorder = format!("clerk-{}", number % 7).into();
        let entry = event_with(|_| {});
        let recorded =
            Recorded { event_id: id(10_000 + number), recorded_at: now(), recorder, entry };
        bench.standing.evolve(&recorded, &earlier);
    }
    bench.standing.settle();
    let bureau = organization_id("bureau");
    assert!((0..7).all(|n| bench.standing.has_recorded(&bureau, 2022, &format!("clerk-{n}"))));
    assert_eq!(bench.answer(&publication("clerk-7")), "append 0");
}
