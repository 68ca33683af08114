//! Duties on change: thirty working days after a trigger, and a confirmation each year.

use expect_test::expect;

use super::check;

const GROUP: &str = r#"
    [[duty]]
    id = "group"
    satisfied_by = ["leading_group_adjustment", "leading_group_confirmation"]
    cadence = "on_change"
    trigger = ["main_leader_change", "member_change", "institution_reform"]
    due_within_working_days = 30
    min_count = 0
"#;

const CONFIRMED: &str = r#"
    [[duty]]
    id = "group"
    satisfied_by = ["leading_group_adjustment", "leading_group_confirmation"]
    cadence = "on_change"
    trigger = ["main_leader_change"]
    due_within_working_days = 30
    annual_confirmation = { month = 12, day = 31, year_offset = 0, bound = "on_or_before" }
    min_count = 0
"#;

#[test]
fn without_a_change_nothing_is_owed() {
    check(
        GROUP,
        "",
        "2022 as of 2022-12-31",
        expect![[r#"
        group, org, year, no window => not_applicable
            claimed..verified not_applicable 0 []
            ! SUBSTANCE_IRREGULAR trigger
    "#]],
    );
}

#[test]
fn a_new_leader_starts_thirty_working_days() {
    // DOMAIN §5.6: 2022-11-14 + 30 working days = 2022-12-26.
    let history = "1 2022-11-14 person p1
                   2 2022-11-14 tenure t1 p1 head from 2022-11-14";
    check(
        GROUP,
        history,
        "2022 as of 2022-11-13",
        expect![[r#"
        group, org, year, no window => not_applicable
            claimed..verified not_applicable 0 []
            ! SUBSTANCE_IRREGULAR trigger
    "#]],
    );
    check(
        GROUP,
        history,
        "2022 as of 2022-11-14",
        expect![[r#"
        group, org, main_leader_change@2022-11-14, 2022-11-14..2022-12-26 => not_due
            claimed..verified not_due 0 []
    "#]],
    );
    check(
        GROUP,
        history,
        "2022 as of 2022-12-26",
        expect![[r#"
        group, org, main_leader_change@2022-11-14, 2022-11-14..2022-12-26 => due_soon
            claimed..verified due_soon 0 []
    "#]],
    );
    check(
        GROUP,
        history,
        "2022 as of 2022-12-27",
        expect![[r#"
        group, org, main_leader_change@2022-11-14, 2022-11-14..2022-12-26 => overdue
            claimed..verified overdue 0 []
    "#]],
    );
    let adjusted = |day: &str| {
        format!(
            "{history}\n3 {day} performed leading_group_adjustment day {day} doc 柳科通〔2022〕9号"
        )
    };
    check(
        GROUP,
        &adjusted("2022-12-26"),
        "2022 as of 2022-12-27",
        expect![[r#"
        group, org, main_leader_change@2022-11-14, 2022-11-14..2022-12-26 => fulfilled
            claimed..documented fulfilled 1 [3]
            verified needs_verification 0 []
    "#]],
    );
    check(
        GROUP,
        &adjusted("2022-12-27"),
        "2022 as of 2022-12-27",
        expect![[r#"
        group, org, main_leader_change@2022-11-14, 2022-11-14..2022-12-26 => fulfilled_late
            claimed..documented fulfilled_late 0.6 [3]
            verified needs_verification 0 []
    "#]],
    );
}

#[test]
fn a_change_late_in_the_year_is_answered_in_the_next() {
    // 2022-12-01 + 30 working days, over the New Year: 2023-01-13.
    check(
        GROUP,
        "1 2022-12-01 person p1
         2 2022-12-01 tenure t1 p1 head from 2022-12-01
         3 2023-01-13 performed leading_group_adjustment year 2023 day 2023-01-13 doc 柳科通〔2023〕1号",
        "2022 as of 2023-02-01 in full",
        expect![[r#"
            group, org, main_leader_change@2022-12-01, 2022-12-01..2023-01-13 => fulfilled
                claimed..documented fulfilled 1 [3]
                verified needs_verification 0 []
                3: documented in time for 1 (not_accepted)
        "#]],
    );
}

#[test]
fn one_person_in_two_posts_on_one_day_is_one_change() {
    check(
        GROUP,
        "1 2022-03-01 person p1
         2 2022-03-01 tenure t1 p1 head from 2022-03-01
         3 2022-03-01 tenure t2 p1 party from 2022-03-01",
        "2022 as of 2022-03-02",
        expect![[r#"
            group, org, main_leader_change@2022-03-01, 2022-03-01..2022-04-13 => not_due
                claimed..verified not_due 0 []
        "#]],
    );
}

#[test]
fn who_stays_in_the_post_is_no_change_and_a_plan_is_none_either() {
    check(
        GROUP,
        "1 2021-03-01 person p1
         2 2021-03-01 tenure t1 p1 head from 2021-03-01 to 2022-02-28 acting
         3 2022-03-01 tenure t2 p1 head from 2022-03-01
         4 2022-04-01 planned leading_group_adjustment trigger member_change 2022-03-15",
        "2022 as of 2022-12-31",
        expect![[r#"
            group, org, year, no window => not_applicable
                claimed..verified not_applicable 0 []
                ! SUBSTANCE_IRREGULAR trigger
        "#]],
    );
}

#[test]
fn one_adjustment_answers_both_changes_before_it() {
    check(
        GROUP,
        "1 2022-03-01 person p1
         2 2022-03-01 tenure t1 p1 head from 2022-03-01
         3 2022-04-01 performed leading_group_adjustment day 2022-04-01 doc 柳科通〔2022〕9号 trigger member_change 2022-03-15",
        "2022 as of 2022-12-31",
        expect![[r#"
            group, org, main_leader_change@2022-03-01, 2022-03-01..2022-04-13 => fulfilled
                claimed..documented fulfilled 1 [3]
                verified needs_verification 0 []
            group, org, member_change@2022-03-15, 2022-03-15..2022-04-26 => fulfilled
                claimed..documented fulfilled 1 [3]
                verified needs_verification 0 []
            group in all => fulfilled
                claimed..documented fulfilled 1
                verified needs_verification 0
        "#]],
    );
}

#[test]
fn an_adjustment_made_before_a_change_does_not_answer_it() {
    check(
        GROUP,
        "1 2022-03-01 performed leading_group_adjustment day 2022-03-01 trigger reform 2022-02-20
         2 2022-06-01 person p1
         3 2022-06-01 tenure t1 p1 party from 2022-06-01",
        "2022 as of 2022-12-31 in full",
        expect![[r#"
            group, org, institution_reform@2022-02-20, 2022-02-20..2022-04-01 => needs_verification
                claimed..dated fulfilled 1 [1]
                documented..verified needs_verification 0 []
                1: dated in time for 1 (no_document)
            group, org, main_leader_change@2022-06-01, 2022-06-01..2022-07-14 => overdue
                claimed..verified overdue 0 []
                1: no: before_window
            group in all => needs_verification
                claimed..dated partial 0.5
                documented..verified needs_verification 0
        "#]],
    );
}

#[test]
fn without_the_calendar_of_the_year_nothing_is_late_and_a_finding_says_why() {
    let history = "1 2022-11-14 person p1
                   2 2022-11-14 tenure t1 p1 head from 2022-11-14";
    check(
        GROUP,
        history,
        "2022 as of 2023-12-31 without calendars",
        expect![[r#"
        group, org, main_leader_change@2022-11-14, no window => not_due
            claimed..verified not_due 0 []
            ! CALENDAR_MISSING due_within_working_days
    "#]],
    );
    // 2026 is the last year loaded: a change in December reaches into 2027.
    let beyond = "1 2026-12-01 person p1
                  2 2026-12-01 tenure t1 p1 head from 2026-12-01
                  3 2026-12-20 performed leading_group_adjustment year 2026 day 2026-12-20";
    check(
        GROUP,
        beyond,
        "2026 as of 2027-12-31",
        expect![[r#"
        group, org, main_leader_change@2026-12-01, no window => needs_verification
            claimed..dated fulfilled 1 [3]
            documented..verified needs_verification 0 []
            ! CALENDAR_MISSING due_within_working_days
    "#]],
    );
}

#[test]
fn the_group_is_confirmed_each_year() {
    check(
        CONFIRMED,
        "",
        "2022 as of 2022-12-31",
        expect![[r#"
        group, org, confirmation, 2022-01-01..2022-12-31 => due_soon
            claimed..verified due_soon 0 []
    "#]],
    );
    check(
        CONFIRMED,
        "1 2022-12-31 recurring_claim leading_group_adjustment",
        "2022 as of 2023-01-01",
        expect![[r#"
            group, org, confirmation, 2022-01-01..2022-12-31 => needs_verification
                claimed fulfilled 1 [1]
                dated..verified needs_verification 0 []
        "#]],
    );
    check(
        CONFIRMED,
        "1 2022-11-14 person p1
         2 2022-11-14 tenure t1 p1 head from 2022-11-14
         3 2022-12-20 performed leading_group_confirmation day 2022-12-20 sealed",
        "2022 as of 2023-01-01",
        expect![[r#"
            group, org, main_leader_change@2022-11-14, 2022-11-14..2022-12-26 => fulfilled
                claimed..documented fulfilled 1 [3]
                verified needs_verification 0 []
            group, org, confirmation, 2022-01-01..2022-12-31 => fulfilled
                claimed..documented fulfilled 1 [3]
                verified needs_verification 0 []
            group in all => fulfilled
                claimed..documented fulfilled 1
                verified needs_verification 0
        "#]],
    );
}
