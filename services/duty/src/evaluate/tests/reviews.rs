//! What a supervisor's decision does to an event: accepted with a grade, returned with a cure
//! period, an acceptance withdrawn.

use expect_test::expect;

use super::check;

const PLAN: &str = r#"
    [[duty]]
    id = "plan"
    satisfied_by = ["annual_work_plan"]
    cadence = "annual"
    deadline = { month = 3, day = 31, year_offset = 0, bound = "on_or_before" }
"#;

const STUDY: &str = r#"
    [[duty]]
    id = "study"
    satisfied_by = ["leader_law_study"]
    cadence = "continuous_count"
    min_count = 2
"#;

const EXAMS: &str = r#"
    [[duty]]
    id = "exams"
    satisfied_by = ["enforcement_exam"]
    cadence = "on_event"
    min_count = 0
    threshold = { pass_rate = 0.95 }
"#;

const EVENT: &str =
    "1 2023-02-20 performed annual_work_plan day 2023-02-20 year 2023 doc 柳科通〔2023〕1号";

/// Returned on 2023-02-28, five working days end on 2023-03-07 (DOMAIN §5.6): on that day the
/// period still runs, on the next it has passed. The rungs below "verified" keep what they show.
#[test]
fn a_return_gives_working_days_and_keeps_an_event_from_verified() {
    let history = format!("{EVENT}\n 2 2023-02-21 accepts 1\n 3 2023-02-28 returns 1");
    check(
        PLAN,
        &history,
        "2023 as of 2023-03-07 in full",
        expect![[r#"
        plan, org, year, 2023-01-01..2023-03-31 => fulfilled
            claimed..documented fulfilled 1 [1]
            verified needs_verification 0 []
            1: documented in time for 1 (returned), returned at 3 by 2023-03-07
    "#]],
    );
    check(
        PLAN,
        &history,
        "2023 as of 2023-03-08 in full",
        expect![[r#"
        plan, org, year, 2023-01-01..2023-03-31 => fulfilled
            claimed..documented fulfilled 1 [1]
            verified needs_verification 0 []
            1: documented in time for 1 (returned), returned at 3 by 2023-03-07, passed
    "#]],
    );
    // Before the return was known, the event stood on the highest rung.
    check(
        PLAN,
        &history,
        "2023 as of 2023-03-08 known 2 in full",
        expect![[r#"
        plan, org, year, 2023-01-01..2023-03-31 => fulfilled
            claimed..verified fulfilled 1 [1]
            1: verified in time for 1 (nothing), accepted at 2
    "#]],
    );
}

#[test]
fn what_is_mended_by_a_correction_starts_without_a_decision() {
    check(
        PLAN,
        &format!(
            "{EVENT}
             2 2023-02-28 returns 1
             3 2023-03-02 corrects 1 performed annual_work_plan day 2023-02-21 year 2023 doc 柳科通〔2023〕2号"
        ),
        "2023 as of 2023-03-08 in full",
        expect![[r#"
            plan, org, year, 2023-01-01..2023-03-31 => fulfilled
                claimed..documented fulfilled 1 [3]
                verified needs_verification 0 []
                3: documented in time for 1 (not_accepted)
        "#]],
    );
}

#[test]
fn a_withdrawn_acceptance_is_no_acceptance() {
    check(
        PLAN,
        &format!("{EVENT}\n 2 2023-02-21 accepts 1 A\n 3 2023-02-28 unaccepts 1"),
        "2023 as of 2023-03-08 in full",
        expect![[r#"
            plan, org, year, 2023-01-01..2023-03-31 => fulfilled
                claimed..documented fulfilled 1 [1]
                verified needs_verification 0 []
                1: documented in time for 1 (not_accepted), acceptance_withdrawn at 3
        "#]],
    );
}

/// A and B in full, C with a reservation for 0.6, on the rung "verified" alone.
#[test]
fn a_reservation_costs_on_the_rung_verified_alone() {
    check(
        STUDY,
        "1 2023-02-20 performed leader_law_study day 2023-02-20 year 2023 doc 柳科通〔2023〕1号
         2 2023-05-20 performed leader_law_study day 2023-05-20 year 2023 doc 柳科通〔2023〕2号
         3 2023-06-01 accepts 1 B
         4 2023-06-01 accepts 2 C",
        "2023 as of 2024-01-02 in full",
        expect![[r#"
            study, org, year, 2023-01-01..2023-12-31 => fulfilled
                claimed..documented fulfilled 1 [1 2]
                verified partial 0.8 [1 2]
                1: verified in time for 1 (nothing), accepted B at 3
                2: verified in time for 1 (reservation), accepted C at 4
        "#]],
    );
}

#[test]
fn an_item_accepted_with_a_reservation_earns_a_part() {
    check(
        EXAMS,
        "1 2023-02-20 performed enforcement_exam day 2023-02-20 year 2023 doc 柳科通〔2023〕1号 pass_rate=1
         2 2023-05-20 performed enforcement_exam day 2023-05-20 year 2023 doc 柳科通〔2023〕2号 pass_rate=1
         3 2023-06-01 accepts 1 A
         4 2023-06-01 accepts 2 C",
        "2023 as of 2024-01-02 in full",
        expect![[r#"
            exams, org, item 1, 2023-01-01..2023-12-31 => fulfilled
                claimed..verified fulfilled 1 [1]
                1: verified in time for 1 (nothing), accepted A at 3
            exams, org, item 2, 2023-01-01..2023-12-31 => fulfilled
                claimed..documented fulfilled 1 [2]
                verified partial 0.6 [2]
                2: verified in time for 1 (reservation), accepted C at 4
            exams in all => fulfilled
                claimed..documented fulfilled 1
                verified partial 0.8
        "#]],
    );
}
