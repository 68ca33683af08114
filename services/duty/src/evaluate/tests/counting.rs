//! How often something was done: every counting cadence, parts of a minimum, claims and plans.

use expect_test::expect;

use super::check;

const STUDY: &str = r#"
    [[duty]]
    id = "study"
    satisfied_by = ["leader_law_study"]
    cadence = "quarterly"
    deadline = { month = 12, day = 31, year_offset = 0, bound = "on_or_before" }
    min_count = 4
"#;

const LECTURES: &str = r#"
    [[duty]]
    id = "lectures"
    satisfied_by = ["rule_of_law_lecture"]
    cadence = "annual"
    deadline = { month = 12, day = 31, year_offset = 0, bound = "on_or_before" }
    min_count = 2
"#;

const SESSIONS: &str = r#"
    [[duty]]
    id = "sessions"
    satisfied_by = ["law_popularization_session"]
    cadence = "continuous_count"
    min_count = 12
"#;

#[test]
fn annual_counts_over_the_year() {
    check(
        LECTURES,
        "1 2022-03-22 performed rule_of_law_lecture day 2022-03-22 doc 柳科通〔2022〕1号",
        "2022 as of 2022-12-31",
        expect![[r#"
            lectures, org, year, 2022-01-01..2022-12-31 => due_soon
                claimed..documented due_soon 0.5 [1]
                verified needs_verification 0 []
        "#]],
    );
    check(
        LECTURES,
        "1 2022-03-22 performed rule_of_law_lecture day 2022-03-22 doc 柳科通〔2022〕1号
         2 2022-06-29 performed rule_of_law_lecture day 2022-06-29",
        "2022 as of 2023-01-01",
        expect![[r#"
            lectures, org, year, 2022-01-01..2022-12-31 => needs_verification
                claimed..dated fulfilled 1 [1 2]
                documented partial 0.5 [1]
                verified needs_verification 0 []
        "#]],
    );
}

#[test]
fn a_part_of_the_minimum_earns_its_part() {
    let history = "1 2022-03-22 performed rule_of_law_lecture day 2022-03-22 doc 柳科通〔2022〕1号";
    check(
        LECTURES,
        history,
        "2022 as of 2023-01-01",
        expect![[r#"
        lectures, org, year, 2022-01-01..2022-12-31 => partial
            claimed..documented partial 0.5 [1]
            verified needs_verification 0 []
    "#]],
    );
}

#[test]
fn a_late_completion_never_lowers_the_credit() {
    // Nine of ten in time earn 0.9; the tenth, late, must not bring that down to 0.6.
    let ten = &LECTURES.replace("min_count = 2", "min_count = 10");
    let nine = "1 2022-12-31 performed rule_of_law_lecture day 2022-12-31 sessions=9";
    check(
        ten,
        nine,
        "2022 as of 2023-02-01",
        expect![[r#"
        lectures, org, year, 2022-01-01..2022-12-31 => needs_verification
            claimed..dated partial 0.9 [1]
            documented..verified needs_verification 0 []
    "#]],
    );
    let with_the_tenth =
        &format!("{nine}\n2 2023-02-01 performed rule_of_law_lecture day 2023-02-01");
    check(
        ten,
        with_the_tenth,
        "2022 as of 2023-02-01",
        expect![[r#"
        lectures, org, year, 2022-01-01..2022-12-31 => needs_verification
            claimed..dated fulfilled_late 0.9 [1 2]
            documented..verified needs_verification 0 []
    "#]],
    );
    let all_late = "1 2023-02-01 performed rule_of_law_lecture day 2023-02-01 sessions=10";
    check(
        ten,
        all_late,
        "2022 as of 2023-02-01",
        expect![[r#"
        lectures, org, year, 2022-01-01..2022-12-31 => needs_verification
            claimed..dated fulfilled_late 0.6 [1]
            documented..verified needs_verification 0 []
    "#]],
    );
}

#[test]
fn too_little_and_too_late_is_overdue_on_every_rung() {
    check(
        LECTURES,
        "1 2023-02-01 performed rule_of_law_lecture day 2023-02-01 doc 柳科通〔2023〕1号",
        "2022 as of 2023-02-01",
        expect![[r#"
            lectures, org, year, 2022-01-01..2022-12-31 => overdue
                claimed..documented overdue 0 [1]
                verified needs_verification 0 []
        "#]],
    );
}

#[test]
fn half_years_each_ask_for_their_half() {
    check(
        r#"
        [[duty]]
        id = "party_group"
        satisfied_by = ["party_group_deliberation"]
        cadence = "half_year"
        deadline = { month = 1, day = 15, year_offset = 1, bound = "on_or_before" }
        min_count = 2
        "#,
        "1 2022-02-01 performed party_group_deliberation day 2022-02-01 sealed
         2 2022-03-01 performed party_group_deliberation day 2022-03-01
         3 2023-01-10 performed party_group_deliberation day 2023-01-10",
        "2022 as of 2023-01-16 in full",
        expect![[r#"
            party_group, org, H1, 2022-01-01..2022-06-30 => fulfilled
                claimed..dated fulfilled 1 [1 2]
                documented fulfilled 1 [1]
                verified needs_verification 0 []
                1: documented in time for 1 (not_accepted)
                2: dated in time for 1 (no_document)
                3: no: other_period
            party_group, org, H2, 2022-07-01..2023-01-15 => needs_verification
                claimed..dated fulfilled 1 [3]
                documented..verified needs_verification 0 []
                1: no: other_period
                2: no: other_period
                3: dated in time for 1 (no_document)
            party_group in all => partial
                claimed..dated fulfilled 1
                documented partial 0.5
                verified needs_verification 0
        "#]],
    );
}

#[test]
fn quarters_each_ask_for_their_quarter() {
    // Two in Q1 do not fill Q2. Nor do two in Q3: what a quarter has beyond its need stays there.
    check(
        STUDY,
        "1 2022-01-10 performed leader_law_study day 2022-01-10
         2 2022-03-31 performed leader_law_study day 2022-03-31
         3 2022-08-01 performed leader_law_study day 2022-08-01
         4 2022-09-30 performed leader_law_study day 2022-09-30",
        "2022 as of 2022-10-01",
        expect![[r#"
            study, org, Q1, 2022-01-01..2022-03-31 => needs_verification
                claimed..dated fulfilled 1 [1 2]
                documented..verified needs_verification 0 []
            study, org, Q2, 2022-04-01..2022-06-30 => needs_verification
                claimed..dated fulfilled_late 0.6 [4]
                documented..verified needs_verification 0 []
            study, org, Q3, 2022-07-01..2022-09-30 => needs_verification
                claimed..dated fulfilled 1 [3]
                documented..verified needs_verification 0 []
            study, org, Q4, 2022-10-01..2022-12-31 => not_due
                claimed..verified not_due 0 []
            study in all => needs_verification
                claimed..dated partial 0.65
                documented..verified needs_verification 0
        "#]],
    );
}

#[test]
fn an_event_between_two_quarters_is_claimed_for_one_of_them() {
    check(
        STUDY,
        "1 2022-05-01 performed leader_law_study from 2022-03-20 to 2022-04-20
         2 2022-05-01 performed leader_law_study from 2022-03-20 to 2022-04-20",
        "2022 as of 2022-07-01",
        expect![[r#"
            study, org, Q1, 2022-01-01..2022-03-31 => needs_verification
                claimed fulfilled 1 [1]
                dated..verified needs_verification 0 []
            study, org, Q2, 2022-04-01..2022-06-30 => needs_verification
                claimed fulfilled 1 [2]
                dated..verified needs_verification 0 []
            study, org, Q3, 2022-07-01..2022-09-30 => not_due
                claimed..verified not_due 0 []
            study, org, Q4, 2022-10-01..2022-12-31 => not_due
                claimed..verified not_due 0 []
            study in all => needs_verification
                claimed not_due 0.5
                dated..verified needs_verification 0
        "#]],
    );
}

#[test]
fn a_regular_claim_claims_every_quarter_and_proves_none() {
    check(
        STUDY,
        "1 2023-01-01 recurring_claim leader_law_study
         2 2023-01-01 performed leader_law_study day 2022-05-05",
        "2022 as of 2023-01-01",
        expect![[r#"
            study, org, Q1, 2022-01-01..2022-03-31 => needs_verification
                claimed fulfilled 1 [1]
                dated..verified needs_verification 0 []
            study, org, Q2, 2022-04-01..2022-06-30 => needs_verification
                claimed..dated fulfilled 1 [2]
                documented..verified needs_verification 0 []
            study, org, Q3, 2022-07-01..2022-09-30 => needs_verification
                claimed fulfilled 1 [1]
                dated..verified needs_verification 0 []
            study, org, Q4, 2022-10-01..2022-12-31 => needs_verification
                claimed fulfilled 1 [1]
                dated..verified needs_verification 0 []
            study in all => needs_verification
                claimed fulfilled 1
                dated partial 0.25
                documented..verified needs_verification 0
        "#]],
    );
}

#[test]
fn plans_and_outcomes_never_count() {
    check(
        SESSIONS,
        "1 2022-01-01 planned law_popularization_session in 2022 sessions=20
         2 2022-12-31 outcome law_popularization_session in 2022 sessions=20
         3 2022-12-31 performed law_popularization_session year 2021 day 2022-01-02
         4 2022-12-31 performed law_popularization_session year 2020 day 2022-01-02",
        "2022 as of 2023-01-01 in full",
        expect![[r#"
            sessions, org, year, 2022-01-01..2022-12-31 => overdue
                claimed..verified overdue 0 []
                1: no: planned
                2: no: outcome
                3: no: other_year, entered late
        "#]],
    );
}

#[test]
fn without_a_minimum_a_duty_applies_once_something_is_said() {
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
        "2022 as of 2023-01-01",
        expect![[r#"
        policies, org, year, no window => not_applicable
            claimed..verified not_applicable 0 []
            ! SUBSTANCE_IRREGULAR min_count
    "#]],
    );
    check(
        policies,
        "1 2022-12-31 performed policy_document in 2022 documents_total=12 sum",
        "2022 as of 2023-01-01",
        expect![[r#"
            policies, org, year, 2022-01-01..2022-12-31 => needs_verification
                claimed..dated fulfilled 1 [1]
                documented..verified needs_verification 0 []
        "#]],
    );
}
