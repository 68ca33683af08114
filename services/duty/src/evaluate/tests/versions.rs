//! A law that changes in mid-year: what falls due before is judged by the old text, what falls due
//! after by the new one (DOMAIN §8.3).

use expect_test::expect;

use super::check;

/// 法治宣传教育法, in force from 1 November 2025: one session a quarter before, two from then on.
const POPULARIZATION: &str = r#"
    [[duty]]
    id = "before"
    satisfied_by = ["law_popularization_session"]
    cadence = "quarterly"
    deadline = { month = 12, day = 31, year_offset = 0, bound = "on_or_before" }
    valid_to = 2025-10-31
    min_count = 4
    [[duty]]
    id = "since"
    satisfied_by = ["law_popularization_session"]
    cadence = "quarterly"
    deadline = { month = 12, day = 31, year_offset = 0, bound = "on_or_before" }
    valid_from = 2025-11-01
    min_count = 8
"#;

/// 重大行政决策程序暂行条例, in force from 1 September 2019.
const DECISIONS: &str = r#"
    [[duty]]
    id = "decisions"
    level = "document"
    satisfied_by = ["major_decision"]
    cadence = "on_event"
    valid_from = 2019-09-01
    min_count = 0
    threshold = { legality_review_rate = 1.0 }
"#;

#[test]
fn each_quarter_is_judged_by_the_text_in_force_on_its_last_day() {
    check(
        POPULARIZATION,
        "1 2025-02-01 performed law_popularization_session year 2025 day 2025-02-01
         2 2025-05-01 performed law_popularization_session year 2025 day 2025-05-01
         3 2025-10-08 performed law_popularization_session year 2025 day 2025-10-08",
        "2025 as of 2026-01-01",
        expect![[r#"
            before, org, Q1, 2025-01-01..2025-03-31 => needs_verification
                claimed..dated fulfilled 1 [1]
                documented..verified needs_verification 0 []
            before, org, Q2, 2025-04-01..2025-06-30 => needs_verification
                claimed..dated fulfilled 1 [2]
                documented..verified needs_verification 0 []
            before, org, Q3, 2025-07-01..2025-09-30 => overdue
                claimed..verified overdue 0 []
            before, org, Q4, 2025-10-01..2025-12-31 => not_applicable
                claimed..verified not_applicable 0 []
                ! SUBSTANCE_IRREGULAR valid_from
            before in all => needs_verification
                claimed..dated partial 0.6667
                documented..verified needs_verification 0
            since, org, Q1, 2025-01-01..2025-03-31 => not_applicable
                claimed..verified not_applicable 0 []
                ! SUBSTANCE_IRREGULAR valid_from
            since, org, Q2, 2025-04-01..2025-06-30 => not_applicable
                claimed..verified not_applicable 0 []
                ! SUBSTANCE_IRREGULAR valid_from
            since, org, Q3, 2025-07-01..2025-09-30 => not_applicable
                claimed..verified not_applicable 0 []
                ! SUBSTANCE_IRREGULAR valid_from
            since, org, Q4, 2025-10-01..2025-12-31 => needs_verification
                claimed..dated partial 0.5 [3]
                documented..verified needs_verification 0 []
            since in all => needs_verification
                claimed..dated partial 0.5
                documented..verified needs_verification 0
        "#]],
    );
}

#[test]
fn a_decision_is_judged_by_the_text_of_its_own_day() {
    check(
        DECISIONS,
        "1 2019-08-31 performed major_decision year 2019 day 2019-08-31
         2 2019-09-01 performed major_decision year 2019 day 2019-09-01",
        "2019 as of 2019-12-31",
        expect![[r#"
            decisions, org, item 1, 2019-01-01..2019-12-31 => not_applicable
                claimed..verified not_applicable 0 []
                ! SUBSTANCE_IRREGULAR valid_from
            decisions, org, item 2, 2019-01-01..2019-12-31 => needs_verification
                claimed fulfilled 1 [2]
                dated needs_verification 0 [2]
                documented..verified needs_verification 0 []
                ! DETAIL_MISSING threshold.legality_review_rate
            decisions in all => needs_verification
                claimed fulfilled 1
                dated..verified needs_verification 0
        "#]],
    );
}
