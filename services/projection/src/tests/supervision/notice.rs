//! When a result is final, and when it is no longer the one published.

use rust_decimal::Decimal;

use super::*;
use crate::notice::{changed, still_owed};
use crate::view::{self, OrganizationView};

fn viewed(ledger: &Ledger, bureau: &str, as_of: &str, known: Position) -> OrganizationView {
    let question = Question { year: 2022, as_of: day(as_of), known };
    view::organization(&ledger.snapshot(), &organization_id(bureau), question).unwrap()
}

#[test]
fn a_result_is_final_once_nothing_can_be_done_in_time_any_more() {
    let ledger = world();
    // The debrief is due on 09-30: that of a is on paper, that of c is not. The plan, which nobody
    // has, is due on 12-31. What is done in full waits for no day.
    let rows = [("a", "2022-09-30"), ("c", "2022-09-30"), ("c", "2022-10-01"), ("c", "2022-12-31")];
    let found = rows.map(|(bureau, as_of)| {
        let owed = still_owed(&viewed(&ledger, bureau, as_of, Position::MAX)).unwrap();
        format!("{} of {}: {} until {}, {}", owed.count, bureau, owed.duty, owed.last, owed.from)
    });
    assert_eq!(
        found,
        [
            "1 of a: plan until 2022-12-31, 2023-01-01",
            "2 of c: debrief until 2022-09-30, 2023-01-01",
            "1 of c: plan until 2022-12-31, 2023-01-01",
            "1 of c: plan until 2022-12-31, 2023-01-01",
        ]
    );
    assert_eq!(still_owed(&viewed(&ledger, "c", "2023-01-01", Position::MAX)), None);
}

#[test]
fn figures_that_changed_are_named_with_the_entries_behind_them() {
    let mut ledger = world();
    let then = viewed(&ledger, "c", "2023-01-01", Position::MAX);
    // Another bureau's plan is no matter of c.
    record(&mut ledger, event("a", EventType::AnnualWorkPlan, "2022-03-01"));
    assert_eq!(changed(&then, &viewed(&ledger, "c", "2023-01-01", Position::MAX)), None);
    let mut plan = event("c", EventType::AnnualWorkPlan, "2022-03-01");
    plan.evidence.push(minutes());
    let at = record(&mut ledger, plan.clone());
    let now = viewed(&ledger, "c", "2023-01-01", Position::MAX);
    let found = changed(&then, &now).unwrap();
    let (none, all) = (Some(Decimal::ZERO), Some(Decimal::ONE));
    let duties: Vec<_> =
        found.duties.iter().map(|(duty, was, is)| (duty.as_str(), *was, *is)).collect();
    assert_eq!(duties, [("plan", none, all)]);
    // 40 of 100, on paper; the debrief of c never was.
    assert_eq!([found.score_then, found.score_now], [none, Some(40.into())]);
    assert!(found.entries.iter().eq([&at]));
    // A second plan changes no figure.
    record(&mut ledger, plan);
    assert_eq!(changed(&now, &viewed(&ledger, "c", "2023-01-01", Position::MAX)), None);
    assert_eq!(changed(&now, &viewed(&ledger, "c", "2023-01-01", at)), None);
}
