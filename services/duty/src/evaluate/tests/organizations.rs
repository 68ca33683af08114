//! Organizations that end: what they still owe, on the days around their last one.

use expect_test::expect;

use super::check;

/// Two duties that are due at different times, and one in quarters.
const DUTIES: &str = r#"
    [[duty]]
    id = "plan"
    satisfied_by = ["annual_work_plan"]
    cadence = "annual"
    deadline = { month = 3, day = 31, year_offset = 0, bound = "on_or_before" }
    [[duty]]
    id = "report"
    satisfied_by = ["report_to_superior"]
    cadence = "annual"
    deadline = { month = 12, day = 31, year_offset = 0, bound = "on_or_before" }
"#;

#[test]
fn nothing_is_owed_whose_deadline_lies_after_the_last_day() {
    let history = "1 2022-06-01 ends kjj 2022-07-01 gaj";
    check(
        DUTIES,
        history,
        "2022 as of 2023-01-01",
        expect![[r#"
            plan, org, year, 2022-01-01..2022-03-31 => overdue
                claimed..verified overdue 0 []
            report, org, year, no window => not_applicable
                claimed..verified not_applicable 0 []
                ! ORGANIZATION_ENDED organization
        "#]],
    );
    // On the last day it is still there; the day after it is not.
    for (as_of, ended) in [("2022-06-30", false), ("2022-07-01", true)] {
        let ledger = super::world::Ledger::told(DUTIES, history);
        let answer = super::show::answer(&ledger, &format!("2022 as of {as_of}"));
        assert_eq!(answer.contains("ORGANIZATION_ENDED"), ended, "{as_of}: {answer}");
    }
    // Nor did anybody know of it before.
    check(
        DUTIES,
        history,
        "2022 as of 2023-01-01 known 0",
        expect![[r#"
            plan, org, year, 2022-01-01..2022-03-31 => overdue
                claimed..verified overdue 0 []
            report, org, year, 2022-01-01..2022-12-31 => overdue
                claimed..verified overdue 0 []
        "#]],
    );
}

#[test]
fn a_deadline_on_the_last_day_is_kept_and_what_was_done_stays_done() {
    // The last day is 31 March, the day of the first deadline; the second duty was done early.
    check(
        DUTIES,
        "1 2022-02-01 performed report_to_superior day 2022-02-01 sealed
         2 2022-03-01 ends kjj 2022-04-01 gaj",
        "2022 as of 2023-01-01",
        expect![[r#"
            plan, org, year, 2022-01-01..2022-03-31 => overdue
                claimed..verified overdue 0 []
            report, org, year, 2022-01-01..2022-12-31 => fulfilled
                claimed..documented fulfilled 1 [1]
                verified needs_verification 0 []
        "#]],
    );
    check(
        DUTIES,
        "1 2022-03-01 ends kjj 2022-03-31 gaj",
        "scores of 2022 as of 2023-01-01",
        expect![[r#"
            weight 0
            claimed none (0 of 0 due so far: none)
            dated none (0 of 0 due so far: none)
            documented none (0 of 0 due so far: none)
            verified none (0 of 0 due so far: none)
        "#]],
    );
}
