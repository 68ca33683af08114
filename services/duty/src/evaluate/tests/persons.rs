//! Who owes a person's duty: posts, tenures, acting holders, vacancies, leavers (DOMAIN §5.2).

use expect_test::expect;

use super::check;

const STATEMENT: &str = r#"
    [[duty]]
    id = "statement"
    owed_by = ["party_head", "government_head"]
    level = "person"
    satisfied_by = ["year_end_statement"]
    cadence = "annual"
    deadline = { month = 1, day = 31, year_offset = 1, bound = "on_or_before" }
"#;

#[test]
fn one_person_in_two_posts_owes_one_statement() {
    let history = "1 2021-01-01 person p1
         2 2021-01-01 tenure t1 p1 party from 2021-01-01
         3 2021-01-01 tenure t2 p1 head from 2021-01-01
         4 2023-01-20 performed year_end_statement day 2023-01-20 doc 柳科通〔2023〕3号 posts party";
    check(
        STATEMENT,
        history,
        "2022 as of 2023-02-01",
        expect![[r#"
        statement, p1 (party+head), year, 2022-01-01..2023-01-31 => fulfilled
            claimed..documented fulfilled 1 [4]
            verified needs_verification 0 []
    "#]],
    );
    check(
        STATEMENT,
        history,
        "2022 as of 2023-02-01 for p1",
        expect![[r#"
        at kjj through party+head:
        statement, p1 (party+head), year, 2022-01-01..2023-01-31 => fulfilled
            claimed..documented fulfilled 1 [4]
            verified needs_verification 0 []
    "#]],
    );
}

#[test]
fn two_persons_owe_one_each() {
    check(
        STATEMENT,
        "1 2021-01-01 person p1
         2 2021-01-01 person p2
         3 2021-01-01 tenure t1 p1 party from 2021-01-01
         4 2021-01-01 tenure t2 p2 head from 2021-01-01
         5 2023-01-20 performed year_end_statement day 2023-01-20 doc 柳科通〔2023〕3号 by p2",
        "2022 as of 2023-02-01 in full",
        expect![[r#"
            statement, p1 (party), year, 2022-01-01..2023-01-31 => overdue
                claimed..verified overdue 0 []
                5: no: other_person
            statement, p2 (head), year, 2022-01-01..2023-01-31 => fulfilled
                claimed..documented fulfilled 1 [5]
                verified needs_verification 0 []
                5: documented in time for 1 (not_accepted)
            statement in all => partial
                claimed..documented partial 0.5
                verified needs_verification 0
        "#]],
    );
}

#[test]
fn an_acting_holder_stands_in() {
    check(
        STATEMENT,
        "1 2021-01-01 person p1
         2 2021-01-01 person p2
         3 2021-01-01 tenure t1 p1 party from 2021-01-01
         4 2022-03-01 tenure t2 p2 party from 2022-03-01 acting",
        "2022 as of 2023-02-01",
        expect![[r#"
            statement, p2 (party), year, 2022-01-01..2023-01-31 => overdue
                claimed..verified overdue 0 []
        "#]],
    );
}

#[test]
fn a_vacant_post_owes_nothing_and_says_so() {
    check(
        STATEMENT,
        "",
        "2022 as of 2023-02-01",
        expect![[r#"
        statement, nobody, year, no window => not_applicable
            claimed..verified not_applicable 0 []
            ! RESPONSIBLE_MISSING owed_by
    "#]],
    );
    check(
        STATEMENT,
        "1 2021-01-01 person p1
         2 2021-01-01 tenure t1 p1 party from 2021-01-01 to 2022-12-30",
        "2022 as of 2023-02-01",
        expect![[r#"
            statement, nobody, year, no window => not_applicable
                claimed..verified not_applicable 0 []
                ! RESPONSIBLE_MISSING owed_by
        "#]],
    );
}

#[test]
fn less_than_half_a_year_in_office_is_marked() {
    // July to December are six months: no less than half a year.
    for (from, short) in [("2022-07-01", false), ("2022-07-02", true)] {
        let history = format!("1 2022-07-01 person p1\n2 2022-07-01 tenure t1 p1 head from {from}");
        let ledger = super::world::Ledger::told(STATEMENT, &history);
        let answer = super::show::answer(&ledger, "2022 as of 2023-02-01");
        assert_eq!(answer.contains(" short"), short, "{from}: {answer}");
    }
    check(
        STATEMENT,
        "1 2022-08-01 person p1
         2 2022-08-01 tenure t1 p1 head from 2022-08-01
         3 2022-08-01 tenure t2 p1 party from 2022-03-01",
        "2022 as of 2023-02-01",
        expect![[r#"
            statement, p1 (party+head), year, 2022-01-01..2023-01-31 => overdue
                claimed..verified overdue 0 []
        "#]],
    );
}

#[test]
fn whoever_is_in_office_on_the_accounting_day_owes() {
    let history = "1 2021-01-01 person p1
         2 2021-01-01 person p2
         3 2021-01-01 tenure t1 p1 head from 2021-01-01
         4 2022-12-01 tenure t1 p1 head from 2021-01-01 to 2022-11-30
         5 2022-12-01 tenure t2 p2 head from 2022-12-01";
    // While the year runs, whoever is in office on the day asked about.
    check(
        STATEMENT,
        history,
        "2022 as of 2022-11-30",
        expect![[r#"
        statement, p1 (head), year, 2022-01-01..2023-01-31 => not_due
            claimed..verified not_due 0 []
    "#]],
    );
    check(
        STATEMENT,
        history,
        "2022 as of 2022-12-01",
        expect![[r#"
            statement, p2 (head short), year, 2022-01-01..2023-01-31 => not_due
                claimed..verified not_due 0 []
                ! TENURE_SHORT owed_by
        "#]],
    );
    check(
        STATEMENT,
        history,
        "2022 as of 2022-12-31",
        expect![[r#"
            statement, p2 (head short), year, 2022-01-01..2023-01-31 => not_due
                claimed..verified not_due 0 []
                ! TENURE_SHORT owed_by
        "#]],
    );
    // Before entry 4 nobody knew.
    check(
        STATEMENT,
        history,
        "2022 as of 2022-12-31 known 3",
        expect![[r#"
        statement, p1 (head), year, 2022-01-01..2023-01-31 => not_due
            claimed..verified not_due 0 []
    "#]],
    );
}

#[test]
fn a_leaver_without_another_post_owes_a_departure_statement() {
    let history = "1 2021-01-01 person p1
         2 2021-01-01 tenure t1 p1 head from 2021-01-01 to 2022-06-30
         3 2022-07-01 performed year_end_statement day 2022-06-30 doc 柳科通〔2022〕3号 by p1";
    check(
        STATEMENT,
        history,
        "2022 as of 2023-02-01 for p1",
        expect![[r#"
        at kjj through head:
        statement, p1 (head departed), year, 2022-01-01..2023-01-31 => fulfilled
            claimed..documented fulfilled 1 [3]
            verified needs_verification 0 []
    "#]],
    );
    check(
        STATEMENT,
        history,
        "2022 as of 2023-02-01",
        expect![[r#"
        statement, nobody, year, no window => not_applicable
            claimed..verified not_applicable 0 []
            ! RESPONSIBLE_MISSING owed_by
    "#]],
    );
}

#[test]
fn a_leaver_with_another_main_post_debriefs_there_for_both() {
    let history = "1 2021-01-01 organization gaj
         2 2021-01-01 post gaj-head government_head at gaj
         3 2021-01-01 person p1
         4 2021-01-01 tenure t1 p1 head from 2021-01-01 to 2022-06-30
         5 2021-01-01 tenure t2 p1 gaj-head from 2022-07-01
         6 2023-01-20 performed year_end_statement at gaj day 2023-01-20 by p1";
    check(
        STATEMENT,
        history,
        "2022 as of 2023-02-01 for p1",
        expect![[r#"
        at gaj through gaj-head:
        statement, p1 (gaj-head), year, 2022-01-01..2023-01-31 => needs_verification
            claimed..dated fulfilled 1 [6]
            documented..verified needs_verification 0 []
    "#]],
    );
}

#[test]
fn one_statement_in_another_organization_covers_both_posts() {
    let history = "1 2021-01-01 organization gaj
         2 2021-01-01 post gaj-head government_head at gaj
         3 2021-01-01 person p1
         4 2021-01-01 tenure t1 p1 head from 2021-01-01
         5 2021-01-01 tenure t2 p1 gaj-head from 2021-01-01
         6 2023-01-20 performed year_end_statement at gaj day 2023-01-20 doc 柳公通〔2023〕3号 posts gaj-head";
    check(
        STATEMENT,
        history,
        "2022 as of 2023-02-01 for p1",
        expect![[r#"
        at gaj through gaj-head:
        statement, p1 (gaj-head), year, 2022-01-01..2023-01-31 => fulfilled
            claimed..documented fulfilled 1 [6]
            verified needs_verification 0 []
        at kjj through head:
        statement, p1 (head), year, 2022-01-01..2023-01-31 => fulfilled
            claimed..documented fulfilled 1 [6]
            verified needs_verification 0 []
    "#]],
    );
    check(
        STATEMENT,
        history,
        "2022 as of 2023-02-01 at kjj",
        expect![[r#"
        statement, p1 (head), year, 2022-01-01..2023-01-31 => fulfilled
            claimed..documented fulfilled 1 [6]
            verified needs_verification 0 []
    "#]],
    );
}

#[test]
fn a_statement_that_names_nobody_is_a_claim_in_its_own_organization() {
    let history = "1 2021-01-01 organization gaj
         2 2021-01-01 post gaj-head government_head at gaj
         3 2021-01-01 person p1
         4 2021-01-01 tenure t1 p1 head from 2021-01-01
         5 2021-01-01 tenure t2 p1 gaj-head from 2021-01-01
         6 2023-01-20 performed year_end_statement at gaj day 2023-01-20 doc 柳公通〔2023〕3号";
    check(
        STATEMENT,
        history,
        "2022 as of 2023-02-01 at gaj in full",
        expect![[r#"
        statement, p1 (gaj-head), year, 2022-01-01..2023-01-31 => needs_verification
            claimed fulfilled 1 [6]
            dated..verified needs_verification 0 []
            6: claimed in time for 1 (nobody_named)
    "#]],
    );
    check(
        STATEMENT,
        history,
        "2022 as of 2023-02-01 at kjj in full",
        expect![[r#"
        statement, p1 (head), year, 2022-01-01..2023-01-31 => overdue
            claimed..verified overdue 0 []
    "#]],
    );
}

#[test]
fn an_act_in_a_post_is_that_of_its_holder_then() {
    // DOMAIN §5.2: the duty attaches to the post, the debt to the tenure. What the predecessor said
    // in May is no statement of the successor's.
    let history = "1 2021-01-01 person p1
         2 2021-01-01 person p2
         3 2021-01-01 tenure t1 p1 head from 2021-01-01 to 2022-06-30
         4 2022-07-01 tenure t2 p2 head from 2022-07-01
         5 2022-05-01 performed year_end_statement day 2022-05-01 posts head";
    check(
        STATEMENT,
        history,
        "2022 as of 2023-02-01",
        expect![[r#"
            statement, p2 (head), year, 2022-01-01..2023-01-31 => overdue
                claimed..verified overdue 0 []
        "#]],
    );
    check(
        STATEMENT,
        history,
        "2022 as of 2023-02-01 for p1",
        expect![[r#"
        at kjj through head:
        statement, p1 (head departed), year, 2022-01-01..2023-01-31 => needs_verification
            claimed..dated fulfilled 1 [5]
            documented..verified needs_verification 0 []
    "#]],
    );
}

#[test]
fn a_leader_answers_for_the_organization_through_the_post() {
    let meeting = r#"
        [[duty]]
        id = "meeting"
        owed_by = ["party_head"]
        satisfied_by = ["special_work_meeting"]
        cadence = "annual"
        deadline = { month = 12, day = 31, year_offset = 0, bound = "on_or_before" }
    "#;
    let history = "1 2021-01-01 person p1
         2 2021-01-01 person p2
         3 2021-01-01 tenure t1 p1 party from 2021-01-01 to 2022-06-30
         4 2022-07-01 tenure t2 p2 party from 2022-07-01
         5 2022-05-01 performed special_work_meeting day 2022-05-01 sealed";
    check(
        meeting,
        history,
        "2022 as of 2023-01-01 for p2",
        expect![[r#"
        at kjj through party:
        meeting, org, year, 2022-01-01..2022-12-31 => fulfilled
            claimed..documented fulfilled 1 [5]
            verified needs_verification 0 []
    "#]],
    );
    // The organization's duties pass on with the office.
    check(meeting, history, "2022 as of 2023-01-01 for p1", expect![]);
}
