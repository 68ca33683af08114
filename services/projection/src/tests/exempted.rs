//! What an exemption may never do: touch another organization or another duty (but that a
//! successor takes over nothing that was exempted), or take more out of the denominator of the
//! score than the weight of the duty it names.

use duty::evaluate::{Obligation, OrganizationEvaluation, Period, Status};
use duty::problem::Reason;
use proptest::prelude::*;

use super::laws::{steps, told};
use super::*;
use crate::view;

/// That `new` is `old`, but for obligations of `duty` taken over from the organization exempted.
fn is_old(new: &OrganizationEvaluation, old: &OrganizationEvaluation, duty: &str) -> bool {
    let own = |owed: &&Obligation| {
        let Period::TakenOver { from, .. } = &owed.period else { return true };
        from.as_str() != "city.kjj"
    };
    new.lines.len() == old.lines.len()
        && new.lines.iter().zip(&old.lines).all(|(new, old)| {
            let both = new.obligations.iter().filter(own).eq(old.obligations.iter().filter(own));
            let left = |owed: &Obligation| old.obligations.contains(owed);
            new == old || new.duty.as_str() == duty && both && new.obligations.iter().all(left)
        })
        && (new.scores == old.scores || new.lines != old.lines)
}

const DUTIES: [&str; 6] = ["plan", "study", "exam", "sessions", "statement", "group"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_exemption_takes_out_the_weight_of_its_duty_and_nothing_else(
        steps in steps(), which in 0usize..6, whom in 0usize..3, of_days in any::<bool>(),
    ) {
        let mut ledger = told(&steps);
        let ask = |snapshot: &Snapshot, id: &str, known| {
            let question = by_default(snapshot, known);
            let found = view::organization(snapshot, &organization_id(id), question);
            found.ok().map(|view| view.evaluation)
        };
        let ids = ["city", "city.kjj", "city.gaj", "county"];
        let before = ledger.snapshot();
        let covered = match whom {
            0 => Covered::Organization,
            1 => Covered::Post(PostId::parse("party").unwrap()),
            _ => Covered::Person(person("p1")),
        };
        let span = if of_days {
            Span::Days { first: day("2022-02-01"), last: day("2022-11-30") }
        } else {
            Span::Year(2022)
        };
        prop_assert!(ledger.tell(exemption(DUTIES[which], covered.clone(), span)).is_some());
        let after = ledger.snapshot();
        for id in ids {
            let (Some(old), Some(new)) =
                (ask(&before, id, before.head()), ask(&after, id, after.head())) else { continue };
            if id != "city.kjj" {
                let as_it_was = is_old(&new, &old, DUTIES[which]);
                prop_assert!(as_it_was, "{} is another organization", id);
                continue;
            }
            let mut taken_out = rust_decimal::Decimal::ZERO;
            for (old, new) in old.lines.iter().zip(&new.lines) {
                if new.duty.as_str() != DUTIES[which] {
                    prop_assert_eq!(old, new, "another duty");
                    continue;
                }
                let (was, is) = (old.rungs[0].status, new.rungs[0].status);
                let passed_on = |owed: &Obligation| {
                    owed.findings.iter().any(|found| found.reason == Reason::ObligationPassedOn)
                };
                if was == Status::NotApplicable && !old.obligations.iter().any(passed_on) {
                    prop_assert_eq!(is, was, "what a rule decides stays");
                }
                for (old, new) in old.obligations.iter().zip(&new.obligations) {
                    let whole = new.rungs.iter().all(|rung| rung.status == Status::Exempted);
                    // What an organization that ended was exempted from ends with it: nobody
                    // takes it over, and the finding says so.
                    let nowhere = |owed: &Obligation| owed.official == Status::NotApplicable;
                    let as_it_was = old == new || nowhere(old) && nowhere(new);
                    prop_assert!(whole || as_it_was, "exempted on every rung, or as it was");
                }
                if was.is_scored() && !is.is_scored() {
                    prop_assert_eq!(is, Status::Exempted);
                    taken_out += new.weight;
                }
                if covered == Covered::Organization && !of_days && was.is_scored() {
                    prop_assert_eq!(is, Status::Exempted);
                }
            }
            prop_assert_eq!(new.scores.weight, old.scores.weight - taken_out);
        }
    }
}
