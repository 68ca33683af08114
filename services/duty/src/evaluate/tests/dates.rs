//! Deadlines and imprecise dates: the last day, leap years, 临期, and three-valued logic.

use expect_test::expect;

use super::check;

const REPORT: &str = r#"
    [[duty]]
    id = "report"
    satisfied_by = ["report_to_superior"]
    cadence = "annual"
    deadline = { month = 3, day = 1, year_offset = 1, bound = "before" }
"#;

const PLAN: &str = r#"
    [[duty]]
    id = "plan"
    satisfied_by = ["annual_work_plan"]
    cadence = "annual"
    deadline = { month = 12, day = 31, year_offset = 0, bound = "on_or_before" }
"#;

#[test]
fn before_march_ends_on_the_28th_and_in_a_leap_year_on_the_29th() {
    let history =
        "1 2023-02-28 performed report_to_superior year 2022 day 2023-02-28 doc 柳科通〔2023〕3号";
    check(
        REPORT,
        history,
        "2022 as of 2023-03-01",
        expect![[r#"
            report, org, year, 2022-01-01..2023-02-28 (before 2023-03-01) => fulfilled
                claimed..documented fulfilled 1 [1]
                verified needs_verification 0 []
        "#]],
    );
    let on_the_printed_day =
        "1 2023-03-01 performed report_to_superior year 2022 day 2023-03-01 doc 柳科通〔2023〕3号";
    check(
        REPORT,
        on_the_printed_day,
        "2022 as of 2023-03-01",
        expect![[r#"
        report, org, year, 2022-01-01..2023-02-28 (before 2023-03-01) => fulfilled_late
            claimed..documented fulfilled_late 0.6 [1]
            verified needs_verification 0 []
    "#]],
    );
    let on_leap_day =
        "1 2024-02-29 performed report_to_superior year 2023 day 2024-02-29 doc 柳科通〔2024〕3号";
    check(
        REPORT,
        on_leap_day,
        "2023 as of 2024-03-01",
        expect![[r#"
        report, org, year, 2023-01-01..2024-02-29 (before 2024-03-01) => fulfilled
            claimed..documented fulfilled 1 [1]
            verified needs_verification 0 []
    "#]],
    );
}

#[test]
fn the_last_day_itself_is_not_overdue() {
    let table = [
        ("2022 as of 2023-01-28", "not_due"),
        ("2022 as of 2023-01-29", "due_soon"),
        ("2022 as of 2023-02-28", "due_soon"),
        ("2022 as of 2023-03-01", "overdue"),
        ("2023 as of 2024-01-29", "not_due"),
        ("2023 as of 2024-01-30", "due_soon"),
        ("2023 as of 2024-02-29", "due_soon"),
        ("2023 as of 2024-03-01", "overdue"),
    ];
    for (question, status) in table {
        let ledger = super::world::Ledger::told(REPORT, "");
        let answer = super::show::answer(&ledger, question);
        assert!(answer.contains(&format!("=> {status}\n")), "{question}: {answer}");
    }
}

#[test]
fn on_or_before_keeps_the_printed_day() {
    let inclusive = &PLAN.replace("month = 12, day = 31", "month = 3, day = 31");
    check(
        inclusive,
        "1 2022-03-31 performed annual_work_plan day 2022-03-31 doc 柳科通〔2022〕1号",
        "2022 as of 2022-04-01",
        expect![[r#"
            plan, org, year, 2022-01-01..2022-03-31 => fulfilled
                claimed..documented fulfilled 1 [1]
                verified needs_verification 0 []
        "#]],
    );
    check(
        inclusive,
        "",
        "2022 as of 2022-03-31",
        expect![[r#"
        plan, org, year, 2022-01-01..2022-03-31 => due_soon
            claimed..verified due_soon 0 []
    "#]],
    );
    check(
        inclusive,
        "",
        "2022 as of 2022-04-01",
        expect![[r#"
        plan, org, year, 2022-01-01..2022-03-31 => overdue
            claimed..verified overdue 0 []
    "#]],
    );
}

#[test]
fn an_opening_shuts_out_what_lies_before_it() {
    let opened = &format!("{PLAN}opens = {{ month = 2, day = 1, year_offset = 0 }}\n");
    check(
        opened,
        "1 2022-01-31 performed annual_work_plan day 2022-01-31
         2 2022-02-28 performed annual_work_plan from 2022-01-20 to 2022-02-10",
        "2022 as of 2023-01-01 in full",
        expect![[r#"
            plan, org, year, 2022-02-01..2022-12-31 => needs_verification
                claimed fulfilled 1 [2]
                dated..verified needs_verification 0 []
                1: no: before_window
                2: claimed when? for 1 (date_uncertain), entered late
        "#]],
    );
    let early = &format!("{PLAN}opens = {{ month = 12, day = 1, year_offset = -1 }}\n");
    check(
        early,
        "1 2021-12-20 performed annual_work_plan day 2021-12-20",
        "2022 as of 2023-01-01 in full",
        expect![[r#"
            plan, org, year, 2021-12-01..2022-12-31 => needs_verification
                claimed..dated fulfilled 1 [1]
                documented..verified needs_verification 0 []
                1: dated in time for 1 (no_document)
        "#]],
    );
}

#[test]
fn late_is_decided_by_the_day_it_happened_and_not_by_the_entry() {
    check(
        REPORT,
        "1 2023-09-01 performed report_to_superior year 2022 day 2023-02-28",
        "2022 as of 2023-09-02 in full",
        expect![[r#"
            report, org, year, 2022-01-01..2023-02-28 (before 2023-03-01) => needs_verification
                claimed..dated fulfilled 1 [1]
                documented..verified needs_verification 0 []
                1: dated in time for 1 (no_document), entered late
        "#]],
    );
    check(
        REPORT,
        "1 2023-03-02 performed report_to_superior year 2022 day 2023-03-02",
        "2022 as of 2023-09-02 in full",
        expect![[r#"
            report, org, year, 2022-01-01..2023-02-28 (before 2023-03-01) => needs_verification
                claimed..dated fulfilled_late 0.6 [1]
                documented..verified needs_verification 0 []
                1: dated late for 1 (no_document)
        "#]],
    );
    check(
        REPORT,
        "1 2023-03-02 performed report_to_superior year 2022 day 2023-03-02",
        "2022 as of 2023-09-02 without calendars in full",
        expect![[r#"
            report, org, year, 2022-01-01..2023-02-28 (before 2023-03-01) => needs_verification
                claimed..dated fulfilled_late 0.6 [1]
                documented..verified needs_verification 0 []
                1: dated late for 1 (no_document), no telling when entered
        "#]],
    );
}

#[test]
fn ten_working_days_later_is_not_yet_late_entry() {
    // 2022-09-28 + 10 working days, over the National Day holiday: 2022-10-17.
    for (recorded, late) in [("2022-10-17", false), ("2022-10-18", true)] {
        let history = format!("1 {recorded} performed annual_work_plan day 2022-09-28");
        let ledger = super::world::Ledger::told(PLAN, &history);
        let answer = super::show::answer(&ledger, "2022 as of 2022-12-31 in full");
        assert_eq!(answer.contains("entered late"), late, "{recorded}: {answer}");
    }
}

#[test]
fn a_date_known_to_the_half_year_is_decided_when_it_lies_on_one_side() {
    // DOMAIN §6.1: 2022H1 against 2022-12-31 is in time. What crosses the deadline, or is not known
    // at all, is only a claim.
    let first_half = &PLAN.replace("month = 12, day = 31", "month = 3, day = 31");
    let history = "1 2022-07-01 performed annual_work_plan half 2022-1";
    check(
        PLAN,
        history,
        "2022 as of 2023-01-01",
        expect![[r#"
        plan, org, year, 2022-01-01..2022-12-31 => needs_verification
            claimed..dated fulfilled 1 [1]
            documented..verified needs_verification 0 []
    "#]],
    );
    check(
        first_half,
        history,
        "2022 as of 2023-01-01 in full",
        expect![[r#"
        plan, org, year, 2022-01-01..2022-03-31 => needs_verification
            claimed fulfilled 1 [1]
            dated..verified needs_verification 0 []
            1: claimed when? for 1 (date_uncertain)
    "#]],
    );
    check(
        first_half,
        "1 2023-01-01 performed annual_work_plan half 2022-2",
        "2022 as of 2023-01-01 in full",
        expect![[r#"
            plan, org, year, 2022-01-01..2022-03-31 => needs_verification
                claimed..dated fulfilled_late 0.6 [1]
                documented..verified needs_verification 0 []
                1: dated late for 1 (not_day_precise)
        "#]],
    );
    check(
        PLAN,
        "1 2023-01-01 performed annual_work_plan",
        "2022 as of 2023-01-01 in full",
        expect![[r#"
            plan, org, year, 2022-01-01..2022-12-31 => needs_verification
                claimed fulfilled 1 [1]
                dated..verified needs_verification 0 []
                1: claimed when? for 1 (date_uncertain), no telling when entered
        "#]],
    );
    check(
        PLAN,
        "1 2023-02-01 performed annual_work_plan from 2022-12-30 to 2023-01-02",
        "2022 as of 2023-02-01 in full",
        expect![[r#"
            plan, org, year, 2022-01-01..2022-12-31 => needs_verification
                claimed fulfilled 1 [1]
                dated..verified needs_verification 0 []
                1: claimed when? for 1 (date_uncertain), entered late
        "#]],
    );
}

#[test]
fn a_document_without_a_day_is_dated_and_no_more() {
    check(
        PLAN,
        "1 2022-06-30 performed annual_work_plan month 2022-06 doc 柳科通〔2022〕1号
         2 2022-07-01 performed annual_work_plan day 2022-07-01
         3 2022-07-02 performed annual_work_plan day 2022-07-02 sealed
         4 2022-07-03 performed annual_work_plan day 2022-07-03 doc 柳科通〔2022〕2号
         5 2022-07-04 accepts 4",
        "2022 as of 2023-01-01 in full",
        expect![[r#"
            plan, org, year, 2022-01-01..2022-12-31 => fulfilled
                claimed..dated fulfilled 1 [1 2 3 4]
                documented fulfilled 1 [3 4]
                verified fulfilled 1 [4]
                1: dated in time for 1 (not_day_precise)
                2: dated in time for 1 (no_document)
                3: documented in time for 1 (not_accepted)
                4: verified in time for 1 (nothing), accepted at 5
        "#]],
    );
}

#[test]
fn what_is_not_over_by_the_day_asked_is_a_claim() {
    let history = "1 2022-06-30 performed annual_work_plan in 2022
         2 2022-09-01 performed annual_work_plan day 2022-09-01";
    check(
        PLAN,
        history,
        "2022 as of 2022-06-30 in full",
        expect![[r#"
        plan, org, year, 2022-01-01..2022-12-31 => needs_verification
            claimed fulfilled 1 [1]
            dated..verified needs_verification 0 []
            1: claimed in time for 1 (date_uncertain)
            2: no: after_as_of
    "#]],
    );
    check(
        PLAN,
        history,
        "2022 as of 2022-12-31 in full",
        expect![[r#"
        plan, org, year, 2022-01-01..2022-12-31 => needs_verification
            claimed..dated fulfilled 1 [1 2]
            documented..verified needs_verification 0 []
            1: dated in time for 1 (not_day_precise)
            2: dated in time for 1 (no_document)
    "#]],
    );
}
