//! The steps of a year, in any order, against a slow and obvious reading of the rules.

use proptest::prelude::*;

use super::*;
use crate::docno::DocumentNumber;
use crate::year::{Adjustment, AdjustmentKind, Shown, Stage, YearAct, YearStep};

fn document() -> DocumentNumber {
    DocumentNumber::parse("柳法办〔2023〕5号").expect("a document number")
}

fn shown() -> Shown {
    let (document, as_of) = (document(), day("2022-12-31"));
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

/// A step in numbers; `last` is the last appeal, `over` whether notice is over by now.
fn act(what: u8, over: bool, last: Position) -> YearAct {
    let reason: Box<str> = "核对原始材料后作出本决定".into();
    // Now is 1 January 2023.
    let end = day(if over { "2022-12-30" } else { "2023-01-01" });
    match what % 6 {
        0 => YearAct::Published(shown(), end),
        1 => YearAct::Appealed { arguments: reason, evidence: "".into(), decision_due: end },
        2 => YearAct::Decided {
            appeal: last,
            upheld: true,
            document: document(),
            reason,
            adjustment: None,
        },
        3 => YearAct::Adjusted(bonus()),
        4 => YearAct::Sealed(shown(), "11".into()),
        _ => YearAct::Reopened { document: document(), approver: "head".into(), reason },
    }
}

/// What the rules say, told as a person would.
#[derive(Default)]
struct Model {
    published: bool,
    notice_over: bool,
    sealed: bool,
    undecided: Vec<Position>,
    bonus: u32,
}

impl Model {
    fn allows(&self, act: &YearAct) -> bool {
        match act {
            YearAct::Published(..) => !self.published && !self.sealed,
            YearAct::Appealed { .. } => self.published && !self.sealed && !self.notice_over,
            YearAct::Decided { appeal, .. } => self.undecided.contains(appeal),
            YearAct::Adjusted(_) => !self.sealed && self.bonus + 2 <= 5,
            YearAct::Sealed(..) => {
                self.published && !self.sealed && self.notice_over && self.undecided.is_empty()
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
            YearAct::Appealed { .. } => self.undecided.push(at),
            YearAct::Decided { appeal, .. } => self.undecided.retain(|open| open != appeal),
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
        steps in proptest::collection::vec((any::<u8>(), any::<bool>()), 0..40),
    ) {
        let mut bench = Bench::with_a_past();
        let (mut model, mut last) = (Model::default(), Position::ZERO);
        for (number, (what, over)) in (2_000u128..).zip(steps) {
            let act = act(what, over, last);
            let by = if what % 6 == 1 { "office" } else { "clerk" };
            let organization = OrganizationId::parse("bureau").expect("an id");
            let step = YearStep { organization, year: 2022, by: by.into(), act: act.clone() };
            let entry = Entry::YearStep(Box::new(step));
            let asked = Command { recorder: by.into(), ..command([(number, entry.clone())]) };
            let earlier = bench.earlier(&asked);
            let accepted = decide(&bench.standing, &asked, &earlier, now()).is_ok();
            prop_assert_eq!(accepted, model.allows(&act), "{:?}", act);
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
