//! What was known when: corrections, withdrawals and reviews, each from its position on.

use expect_test::expect;

use super::check;

const PLAN: &str = r#"
    [[duty]]
    id = "plan"
    satisfied_by = ["annual_work_plan"]
    cadence = "annual"
    deadline = { month = 3, day = 31, year_offset = 0, bound = "on_or_before" }
"#;

const HISTORY: &str = "
    1 2022-03-01 performed annual_work_plan month 2022-02
    2 2022-03-02 corrects 1 performed annual_work_plan day 2022-02-20 doc 柳科通〔2022〕1号
    3 2022-03-03 accepts 2
    4 2022-03-04 returns 2
    5 2022-03-05 accepts 2
    6 2022-03-06 withdraws 2";

#[test]
fn each_entry_counts_from_its_position_on() {
    check(
        PLAN,
        HISTORY,
        "2022 as of 2022-04-01 known 0",
        expect![[r#"
        plan, org, year, 2022-01-01..2022-03-31 => overdue
            claimed..verified overdue 0 []
    "#]],
    );
    check(
        PLAN,
        HISTORY,
        "2022 as of 2022-04-01 known 1",
        expect![[r#"
        plan, org, year, 2022-01-01..2022-03-31 => needs_verification
            claimed..dated fulfilled 1 [1]
            documented..verified needs_verification 0 []
    "#]],
    );
    check(
        PLAN,
        HISTORY,
        "2022 as of 2022-04-01 known 2",
        expect![[r#"
        plan, org, year, 2022-01-01..2022-03-31 => fulfilled
            claimed..documented fulfilled 1 [2]
            verified needs_verification 0 []
    "#]],
    );
    check(
        PLAN,
        HISTORY,
        "2022 as of 2022-04-01 known 3",
        expect![[r#"
        plan, org, year, 2022-01-01..2022-03-31 => fulfilled
            claimed..verified fulfilled 1 [2]
    "#]],
    );
    check(
        PLAN,
        HISTORY,
        "2022 as of 2022-04-01 known 4",
        expect![[r#"
            plan, org, year, 2022-01-01..2022-03-31 => needs_verification
                claimed fulfilled 1 [2]
                dated..verified needs_verification 0 []
                ! RETURN_NOT_MENDED review
        "#]],
    );
    check(
        PLAN,
        HISTORY,
        "2022 as of 2022-04-01 known 5",
        expect![[r#"
        plan, org, year, 2022-01-01..2022-03-31 => fulfilled
            claimed..verified fulfilled 1 [2]
    "#]],
    );
}

#[test]
fn withdrawing_the_correction_does_not_bring_the_first_version_back() {
    check(
        PLAN,
        HISTORY,
        "2022 as of 2022-04-01 known 6 in full",
        expect![[r#"
        plan, org, year, 2022-01-01..2022-03-31 => overdue
            claimed..verified overdue 0 []
    "#]],
    );
}

#[test]
fn an_accepted_event_that_is_corrected_is_verified_again() {
    check(
        PLAN,
        "1 2022-03-01 performed annual_work_plan day 2022-02-20 doc 柳科通〔2022〕1号
         2 2022-03-02 accepts 1
         3 2022-03-03 corrects 1 performed annual_work_plan day 2022-02-21 doc 柳科通〔2022〕1号",
        "2022 as of 2022-04-01 in full",
        expect![[r#"
            plan, org, year, 2022-01-01..2022-03-31 => fulfilled
                claimed..documented fulfilled 1 [3]
                verified needs_verification 0 []
                3: documented in time for 1 (not_accepted)
        "#]],
    );
}

#[test]
fn a_part_keeps_its_sum_when_it_is_corrected() {
    let lectures = r#"
        [[duty]]
        id = "lectures"
        satisfied_by = ["rule_of_law_lecture"]
        cadence = "continuous_count"
        min_count = 4
    "#;
    check(
        lectures,
        "1 2022-03-22 performed rule_of_law_lecture day 2022-03-22
         2 2022-07-01 performed rule_of_law_lecture from 2022-04-01 to 2022-06-30 sessions=2 sums 1
         3 2022-07-02 corrects 1 performed rule_of_law_lecture day 2022-03-23",
        "2022 as of 2023-01-01 in full",
        expect![[r#"
            lectures, org, year, 2022-01-01..2022-12-31 => needs_verification
                claimed..dated partial 0.5 [2 3]
                documented..verified needs_verification 0 []
                2: dated in time for 1 (not_day_precise)
                3: dated in time for 1 (no_document), entered late
        "#]],
    );
}

#[test]
fn acceptance_without_a_document_verifies_nothing() {
    check(
        PLAN,
        "1 2022-03-01 performed annual_work_plan day 2022-02-20
         2 2022-03-02 accepts 1",
        "2022 as of 2022-04-01 in full",
        expect![[r#"
            plan, org, year, 2022-01-01..2022-03-31 => needs_verification
                claimed..dated fulfilled 1 [1]
                documented..verified needs_verification 0 []
                1: dated in time for 1 (no_document), accepted at 2
        "#]],
    );
}
