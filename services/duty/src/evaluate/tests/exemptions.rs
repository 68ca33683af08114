//! Exemptions: what they cover, until when, and what they never touch.

use expect_test::expect;

use super::check;

const RULES: &str = r#"
    [[duty]]
    id = "plan"
    satisfied_by = ["annual_work_plan"]
    cadence = "annual"
    deadline = { month = 3, day = 31, year_offset = 0, bound = "on_or_before" }

    [[duty]]
    id = "study"
    satisfied_by = ["leader_law_study"]
    cadence = "continuous_count"
    min_count = 2

    [[duty]]
    id = "police"
    satisfied_by = ["law_popularization_session"]
    cadence = "continuous_count"
    applies_when = "org.sector == 'police'"
"#;

const QUARTERS: &str = r#"
    [[duty]]
    id = "study"
    satisfied_by = ["leader_law_study"]
    cadence = "quarterly"
    deadline = { month = 12, day = 31, year_offset = 0, bound = "on_or_before" }
    min_count = 4
"#;

const STATEMENT: &str = r#"
    [[duty]]
    id = "statement"
    owed_by = ["party_head", "government_head"]
    level = "person"
    satisfied_by = ["year_end_statement"]
    cadence = "annual"
    deadline = { month = 12, day = 31, year_offset = 0, bound = "on_or_before" }
"#;

const HEADS: &str = "1 2022-01-02 person p1
     2 2022-01-02 person p2
     3 2022-01-02 tenure t1 p1 party from 2020-01-01
     4 2022-01-02 tenure t2 p1 head from 2020-01-01";

/// A year's exemption takes the weight of its duty out, and nothing else: what a rule does not ask
/// for stays not applicable, other duties stay owed.
#[test]
fn a_year_exempts_one_duty_on_every_rung() {
    check(
        RULES,
        "1 2022-01-02 performed annual_work_plan day 2022-01-01 doc 柳科通〔2022〕1号
         2 2022-01-02 exempts plan year 2022
         3 2022-01-02 exempts police year 2022
         4 2022-01-02 exempts study year 2021",
        "2022 as of 2023-01-02 in full",
        expect![[r#"
            plan, org, year, 2022-01-01..2022-03-31 => exempted
                claimed..verified exempted 0 [2]
                1: no: exempted
            study, org, year, 2022-01-01..2022-12-31 => overdue
                claimed..verified overdue 0 []
            police, org, year, no window => not_applicable
                claimed..verified not_applicable 0 []
                ! SUBSTANCE_IRREGULAR applies_when
        "#]],
    );
}

/// It is not in force before it is known, and no longer from the day of its revocation on.
#[test]
fn a_revocation_ends_it_from_its_day_on() {
    let history = "1 2022-01-02 exempts plan days 2022-01-01 2022-12-31
         2 2022-02-02 revokes 1 2022-03-01";
    for (question, expected) in [
        (
            "2022 as of 2022-02-28 in full",
            expect![[r#"
            plan, org, year, 2022-01-01..2022-03-31 => exempted
                claimed..verified exempted 0 [1]
        "#]],
        ),
        (
            "2022 as of 2022-03-01 in full",
            expect![[r#"
            plan, org, year, 2022-01-01..2022-03-31 => due_soon
                claimed..verified due_soon 0 []
        "#]],
        ),
        (
            "2022 as of 2022-03-01 known 1 in full",
            expect![[r#"
            plan, org, year, 2022-01-01..2022-03-31 => exempted
                claimed..verified exempted 0 [1]
        "#]],
        ),
    ] {
        check(RULES.split("\n\n").next().unwrap(), history, question, expected);
    }
}

/// An interval ends by itself: a deadline that fell in it stays exempted, later ones do not.
#[test]
fn an_interval_ends_by_itself_at_its_last_day() {
    let history = "1 2022-01-02 exempts study days 2022-05-01 2022-09-30";
    for (question, expected) in [
        (
            "2022 as of 2022-06-01",
            expect![[r#"
            study, org, Q1, 2022-01-01..2022-03-31 => overdue
                claimed..verified overdue 0 []
            study, org, Q2, 2022-04-01..2022-06-30 => exempted
                claimed..verified exempted 0 [1]
            study, org, Q3, 2022-07-01..2022-09-30 => exempted
                claimed..verified exempted 0 [1]
            study, org, Q4, 2022-10-01..2022-12-31 => exempted
                claimed..verified exempted 0 [1]
            study in all => overdue
                claimed..verified overdue 0
        "#]],
        ),
        (
            "2022 as of 2023-01-02",
            expect![[r#"
            study, org, Q1, 2022-01-01..2022-03-31 => overdue
                claimed..verified overdue 0 []
            study, org, Q2, 2022-04-01..2022-06-30 => exempted
                claimed..verified exempted 0 [1]
            study, org, Q3, 2022-07-01..2022-09-30 => exempted
                claimed..verified exempted 0 [1]
            study, org, Q4, 2022-10-01..2022-12-31 => overdue
                claimed..verified overdue 0 []
            study in all => overdue
                claimed..verified overdue 0
        "#]],
        ),
    ] {
        check(QUARTERS, history, question, expected);
    }
}

/// Who owes through two posts is exempt when both are, or when the person is.
#[test]
fn a_post_or_a_person_is_exempted_apart_from_others() {
    for (exemptions, expected) in [
        (
            "5 2022-01-02 exempts statement post party",
            expect![[r#"
            statement, p1 (party+head), year, 2022-01-01..2022-12-31 => overdue
                claimed..verified overdue 0 []
        "#]],
        ),
        (
            "5 2022-01-02 exempts statement post party
             6 2022-01-02 exempts statement post head",
            expect![[r#"
                statement, p1 (party+head), year, 2022-01-01..2022-12-31 => exempted
                    claimed..verified exempted 0 [5 6]
            "#]],
        ),
        (
            "5 2022-01-02 exempts statement person p1",
            expect![[r#"
            statement, p1 (party+head), year, 2022-01-01..2022-12-31 => exempted
                claimed..verified exempted 0 [5]
        "#]],
        ),
        (
            "5 2022-01-02 exempts statement person p2",
            expect![[r#"
            statement, p1 (party+head), year, 2022-01-01..2022-12-31 => overdue
                claimed..verified overdue 0 []
        "#]],
        ),
    ] {
        check(STATEMENT, &format!("{HEADS}\n{exemptions}"), "2022 as of 2023-01-02", expected);
    }
}

/// What an organization that has ended no longer owes was never exempted from: it is not applicable
/// by rule. What fell due before its end stays exempted.
#[test]
fn what_is_due_after_the_end_of_an_organization_is_not_owed_and_so_not_exempted() {
    check(
        RULES,
        "1 2022-01-02 ends kjj 2022-07-01 gaj
         2 2022-01-02 exempts plan year 2022
         3 2022-01-02 exempts study year 2022",
        "2022 as of 2023-01-02 in full",
        expect![[r#"
            plan, org, year, 2022-01-01..2022-03-31 => exempted
                claimed..verified exempted 0 [2]
            study, org, year, no window => not_applicable
                claimed..verified not_applicable 0 []
                ! ORGANIZATION_ENDED organization
            police, org, year, no window => not_applicable
                claimed..verified not_applicable 0 []
                ! SUBSTANCE_IRREGULAR applies_when
        "#]],
    );
}
