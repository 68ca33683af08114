//! Scores: weights, what is left out of them, and rounding once at the end.

use expect_test::expect;

use super::check;

const TWO: &str = r#"
    [[duty]]
    id = "plan"
    satisfied_by = ["annual_work_plan"]
    cadence = "annual"
    deadline = { month = 3, day = 31, year_offset = 0, bound = "on_or_before" }
    weight = 2

    [[duty]]
    id = "study"
    satisfied_by = ["leader_law_study"]
    cadence = "quarterly"
    deadline = { month = 12, day = 31, year_offset = 0, bound = "on_or_before" }
    min_count = 4
    weight = 1
"#;

#[test]
fn nothing_that_applies_gives_no_score() {
    let policies = r#"
        [[duty]]
        id = "policies"
        satisfied_by = ["policy_document"]
        cadence = "continuous_count"
        min_count = 0
    "#;
    check(
        policies,
        "",
        "scores of 2022 as of 2022-12-31",
        expect![[r#"
        weight 0
        claimed none (0 of 0 due so far: none)
        dated none (0 of 0 due so far: none)
        documented none (0 of 0 due so far: none)
        verified none (0 of 0 due so far: none)
    "#]],
    );
}

#[test]
fn what_is_not_due_yet_is_left_out_of_the_progress() {
    let history = "1 2022-02-01 performed annual_work_plan day 2022-02-01 sealed";
    check(
        TWO,
        history,
        "scores of 2022 as of 2022-05-01",
        expect![[r#"
        weight 3
        claimed 66.67 (2 of 2.25 due so far: 88.89)
        dated 66.67 (2 of 2.25 due so far: 88.89)
        documented 66.67 (2 of 2.25 due so far: 88.89)
        verified 0 (0 of 2.25 due so far: 0)
    "#]],
    );
    check(
        TWO,
        history,
        "scores of 2022 as of 2023-01-01",
        expect![[r#"
        weight 3
        claimed 66.67 (2 of 3 due so far: 66.67)
        dated 66.67 (2 of 3 due so far: 66.67)
        documented 66.67 (2 of 3 due so far: 66.67)
        verified 0 (0 of 3 due so far: 0)
    "#]],
    );
}

#[test]
fn thirds_are_rounded_once() {
    // One quarter of four at weight 1 beside a plan of weight 2: 25 / 3 = 8.333…
    check(
        TWO,
        "1 2022-02-01 performed leader_law_study day 2022-02-01",
        "scores of 2022 as of 2023-01-01",
        expect![[r#"
            weight 3
            claimed 8.33 (0.25 of 3 due so far: 8.33)
            dated 8.33 (0.25 of 3 due so far: 8.33)
            documented 0 (0 of 3 due so far: 0)
            verified 0 (0 of 3 due so far: 0)
        "#]],
    );
}

#[test]
fn a_late_plan_earns_the_late_credit_of_the_rule_set() {
    let history = "1 2022-04-01 performed annual_work_plan day 2022-04-01";
    check(
        TWO,
        history,
        "scores of 2022 as of 2023-01-01",
        expect![[r#"
        weight 3
        claimed 40.0 (1.2 of 3 due so far: 40)
        dated 40.0 (1.2 of 3 due so far: 40)
        documented 0 (0 of 3 due so far: 0)
        verified 0 (0 of 3 due so far: 0)
    "#]],
    );
    let strict = &format!("scoring = {{ late_credit = 0.25 }}\n{TWO}");
    check(
        strict,
        history,
        "scores of 2022 as of 2023-01-01",
        expect![[r#"
        weight 3
        claimed 16.67 (0.5 of 3 due so far: 16.67)
        dated 16.67 (0.5 of 3 due so far: 16.67)
        documented 0 (0 of 3 due so far: 0)
        verified 0 (0 of 3 due so far: 0)
    "#]],
    );
}

#[test]
fn one_late_beside_one_overdue_is_a_part_on_the_official_rung_too() {
    check(
        r#"
        [[duty]]
        id = "party_group"
        satisfied_by = ["party_group_deliberation"]
        cadence = "half_year"
        deadline = { month = 12, day = 31, year_offset = 0, bound = "on_or_before" }
        min_count = 2
        "#,
        "1 2022-09-01 performed party_group_deliberation day 2023-01-02 sealed",
        "2022 as of 2023-01-03",
        expect![[r#"
            party_group, org, H1, 2022-01-01..2022-06-30 => fulfilled_late
                claimed..documented fulfilled_late 0.6 [1]
                verified needs_verification 0 []
            party_group, org, H2, 2022-07-01..2022-12-31 => overdue
                claimed..verified overdue 0 []
            party_group in all => partial
                claimed..documented partial 0.3
                verified needs_verification 0
        "#]],
    );
}
