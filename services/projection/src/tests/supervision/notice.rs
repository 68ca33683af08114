//! When a result is final.

use super::*;
use crate::notice::still_owed;
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
