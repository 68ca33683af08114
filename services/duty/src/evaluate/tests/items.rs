//! One obligation for each document, decision, examination and case, judged by thresholds.

use expect_test::expect;

use super::check;

const DOCUMENTS: &str = r#"
    [[duty]]
    id = "documents"
    level = "document"
    satisfied_by = ["normative_document"]
    cadence = "on_event"
    min_count = 0
    threshold = { legality_review_rate = 1.0, publication_within_working_days = 20, filing_rate = 1.0 }
"#;

const EXAMS: &str = r#"
    [[duty]]
    id = "exams"
    satisfied_by = ["enforcement_exam"]
    cadence = "on_event"
    min_count = 0
    threshold = { registration_rate = 1.0, attendance_rate = 1.0, pass_rate = 0.95 }
"#;

const COURT: &str = r#"
    [[duty]]
    id = "court"
    level = "case"
    satisfied_by = ["court_appearance"]
    cadence = "on_event"
    applies_when = "litigation_hearings > 0"
    min_count = 0
    threshold = { appearance_rate = 1.0 }
"#;

#[test]
fn no_document_no_obligation() {
    check(
        DOCUMENTS,
        "1 2022-12-31 planned normative_document in 2022",
        "2022 as of 2023-01-01 in full",
        expect![[r#"
            documents, org, year, no window => not_applicable
                claimed..verified not_applicable 0 []
                ! SUBSTANCE_IRREGULAR satisfied_by
                1: no: planned
        "#]],
    );
}

#[test]
fn publication_has_twenty_working_days() {
    // DOMAIN §5.6: 2022-03-22 + 20 working days = 2022-04-20, over Tomb-Sweeping Day.
    check(
        DOCUMENTS,
        "1 2022-05-01 performed normative_document day 2022-03-22 doc 柳科规〔2022〕1号 reviewed yes issued 2022-03-22 published 2022-04-20 filed 2022-04-01
         2 2022-05-01 performed normative_document day 2022-03-22 doc 柳科规〔2022〕2号 reviewed yes issued 2022-03-22 published 2022-04-21 filed 2022-04-01
         3 2022-05-01 performed normative_document day 2022-03-22 doc 柳科规〔2022〕3号 reviewed yes issued 2022-03-22 unpublishable filed 2022-04-01
         4 2022-05-01 performed normative_document day 2022-03-22 doc 柳科规〔2022〕4号 reviewed yes publication_within_working_days=21 filed 2022-04-01",
        "2022 as of 2022-12-31 in full",
        expect![[r#"
            documents, org, item 1, 2022-01-01..2022-12-31 => fulfilled
                claimed..documented fulfilled 1 [1]
                verified needs_verification 0 []
                1: documented in time for 1 (not_accepted), entered late
            documents, org, item 2, 2022-01-01..2022-12-31 => partial
                claimed..documented partial 0.6667 [2]
                verified needs_verification 0 []
                ! SUBSTANCE_IRREGULAR threshold.publication_within_working_days
                2: no: below_threshold, entered late
            documents, org, item 3, 2022-01-01..2022-12-31 => fulfilled
                claimed..documented fulfilled 1 [3]
                verified needs_verification 0 []
                3: documented in time for 1 (not_accepted), entered late
            documents, org, item 4, 2022-01-01..2022-12-31 => partial
                claimed..documented partial 0.6667 [4]
                verified needs_verification 0 []
                ! SUBSTANCE_IRREGULAR threshold.publication_within_working_days
                4: no: below_threshold, entered late
            documents in all => partial
                claimed..documented partial 0.8333
                verified needs_verification 0
        "#]],
    );
    check(
        DOCUMENTS,
        "1 2022-05-01 performed normative_document day 2022-03-22 doc 柳科规〔2022〕1号 reviewed yes issued 2022-03-22 published 2022-04-20 filed 2022-04-01",
        "2022 as of 2022-12-31 without calendars",
        expect![[r#"
            documents, org, item 1, 2022-01-01..2022-12-31 => needs_verification
                claimed fulfilled 1 [1]
                dated..documented needs_verification 0 [1]
                verified needs_verification 0 []
                ! DETAIL_MISSING threshold.publication_within_working_days
        "#]],
    );
}

#[test]
fn what_the_record_does_not_say_is_claimed_and_what_it_denies_is_missed() {
    check(
        DOCUMENTS,
        "1 2022-05-01 performed normative_document day 2022-03-22 doc 柳科规〔2022〕1号
         2 2022-05-01 performed normative_document day 2022-03-22 doc 柳科规〔2022〕2号 reviewed no issued 2022-03-22 published 2022-05-30",
        "2022 as of 2022-12-31 in full",
        expect![[r#"
            documents, org, item 1, 2022-01-01..2022-12-31 => needs_verification
                claimed fulfilled 1 [1]
                dated..documented needs_verification 0 [1]
                verified needs_verification 0 []
                ! DETAIL_MISSING threshold.legality_review_rate
                ! DETAIL_MISSING threshold.filing_rate
                ! DETAIL_MISSING threshold.publication_within_working_days
                1: claimed in time for 1 (figure_missing), entered late
            documents, org, item 2, 2022-01-01..2022-12-31 => overdue
                claimed partial 0.3333 [2]
                dated..documented overdue 0 [2]
                verified needs_verification 0 []
                ! SUBSTANCE_IRREGULAR threshold.legality_review_rate
                ! DETAIL_MISSING threshold.filing_rate
                ! SUBSTANCE_IRREGULAR threshold.publication_within_working_days
                2: no: below_threshold, entered late
            documents in all => needs_verification
                claimed partial 0.6667
                dated..verified needs_verification 0
        "#]],
    );
}

#[test]
fn two_partial_items_are_partial_together() {
    check(
        EXAMS,
        "1 2022-06-01 performed enforcement_exam day 2022-06-01 doc 柳科通〔2022〕1号 registrable=40 registered=40 sat=40 passed=20
         2 2022-11-01 performed enforcement_exam day 2022-11-01 doc 柳科通〔2022〕2号 registrable=40 registered=40 sat=40 passed=20",
        "2022 as of 2022-12-31",
        expect![[r#"
            exams, org, item 1, 2022-01-01..2022-12-31 => partial
                claimed..documented partial 0.6667 [1]
                verified needs_verification 0 []
                ! SUBSTANCE_IRREGULAR threshold.pass_rate
            exams, org, item 2, 2022-01-01..2022-12-31 => partial
                claimed..documented partial 0.6667 [2]
                verified needs_verification 0 []
                ! SUBSTANCE_IRREGULAR threshold.pass_rate
            exams in all => partial
                claimed..documented partial 0.6667
                verified needs_verification 0
        "#]],
    );
}

#[test]
fn a_rate_comes_stated_or_from_its_two_numbers() {
    check(
        EXAMS,
        "1 2022-06-01 performed enforcement_exam day 2022-06-01 registration_rate=1.0 attendance_rate=1.0 pass_rate=0.95
         2 2022-06-01 performed enforcement_exam day 2022-06-01 registrable=40 registered=40 sat=40 passed=38
         3 2022-06-01 performed enforcement_exam day 2022-06-01 registrable=40 registered=40 sat>40 passed=40",
        "2022 as of 2022-12-31",
        expect![[r#"
            exams, org, item 1, 2022-01-01..2022-12-31 => needs_verification
                claimed..dated fulfilled 1 [1]
                documented..verified needs_verification 0 []
            exams, org, item 2, 2022-01-01..2022-12-31 => needs_verification
                claimed..dated fulfilled 1 [2]
                documented..verified needs_verification 0 []
            exams, org, item 3, 2022-01-01..2022-12-31 => needs_verification
                claimed fulfilled 1 [3]
                dated needs_verification 0 [3]
                documented..verified needs_verification 0 []
                ! DETAIL_MISSING threshold.attendance_rate
                ! DETAIL_MISSING threshold.pass_rate
            exams in all => needs_verification
                claimed fulfilled 1
                dated partial 0.6667
                documented..verified needs_verification 0
        "#]],
    );
    // The 2022 report: 100 %, 100 %, 100 %, without a date.
    check(
        EXAMS,
        "1 2022-12-31 performed enforcement_exam registration_rate=1.0 attendance_rate=1.0 pass_rate=1.0",
        "2022 as of 2022-12-31 in full",
        expect![[r#"
            exams, org, item 1, 2022-01-01..2022-12-31 => needs_verification
                claimed fulfilled 1 [1]
                dated..verified needs_verification 0 []
                1: claimed when? for 1 (date_uncertain), no telling when entered
        "#]],
    );
}

#[test]
fn a_rate_in_per_cent_is_a_ratio() {
    check(
        EXAMS,
        "1 2022-06-01 performed enforcement_exam day 2022-06-01 registration_rate=100% attendance_rate=100% pass_rate=50%
         2 2022-06-02 performed enforcement_exam day 2022-06-02 registration_rate=100% attendance_rate=100% pass_rate=95%",
        "2022 as of 2022-12-31",
        expect![[r#"
            exams, org, item 1, 2022-01-01..2022-12-31 => needs_verification
                claimed..dated partial 0.6667 [1]
                documented..verified needs_verification 0 []
                ! SUBSTANCE_IRREGULAR threshold.pass_rate
            exams, org, item 2, 2022-01-01..2022-12-31 => needs_verification
                claimed..dated fulfilled 1 [2]
                documented..verified needs_verification 0 []
            exams in all => needs_verification
                claimed..dated partial 0.8333
                documented..verified needs_verification 0
        "#]],
    );
}

#[test]
fn a_condition_that_cannot_be_computed_leaves_the_duty_owed() {
    let rule = r#"
        [[duty]]
        id = "plan"
        satisfied_by = ["annual_work_plan"]
        cadence = "continuous_count"
        min_count = 1
        applies_when = "year / (events.mediation_work - 1) > 0"
    "#;
    check(
        rule,
        "1 2022-05-01 performed mediation_work day 2022-05-01",
        "2022 as of 2023-01-01",
        expect![[r#"
            plan, org, year, 2022-01-01..2022-12-31 => overdue
                claimed..verified overdue 0 []
                ! RULE_SET_CONDITION applies_when
        "#]],
    );
}

#[test]
fn decisions_keep_their_days() {
    let decisions = r#"
        [[duty]]
        id = "decisions"
        level = "decision"
        satisfied_by = ["major_decision"]
        cadence = "on_event"
        min_count = 0
        threshold = { collective_discussion_rate = 1.0, public_comment_days_min = 30, legality_review_working_days_min = 7 }
    "#;
    // 09-28 + 7 working days is 10-12: a day less is six working days. 30 days: 06-01 to 06-30.
    check(
        decisions,
        "1 2022-12-01 performed major_decision day 2022-11-01 discussed yes comment 2022-06-01 2022-06-30 sent 2022-09-28 returned 2022-10-12
         2 2022-12-01 performed major_decision day 2022-11-01 discussed yes comment 2022-06-01 2022-06-29 sent 2022-09-28 returned 2022-10-11
         3 2022-12-01 performed major_decision day 2022-11-01 discussed no comment 2022-06-01 2022-06-30",
        "2022 as of 2022-12-31",
        expect![[r#"
            decisions, org, item 1, 2022-01-01..2022-12-31 => needs_verification
                claimed..dated fulfilled 1 [1]
                documented..verified needs_verification 0 []
            decisions, org, item 2, 2022-01-01..2022-12-31 => needs_verification
                claimed..dated partial 0.3333 [2]
                documented..verified needs_verification 0 []
                ! SUBSTANCE_IRREGULAR threshold.public_comment_days_min
                ! SUBSTANCE_IRREGULAR threshold.legality_review_working_days_min
            decisions, org, item 3, 2022-01-01..2022-12-31 => needs_verification
                claimed partial 0.6667 [3]
                dated partial 0.3333 [3]
                documented..verified needs_verification 0 []
                ! SUBSTANCE_IRREGULAR threshold.collective_discussion_rate
                ! DETAIL_MISSING threshold.legality_review_working_days_min
            decisions in all => needs_verification
                claimed partial 0.6667
                dated partial 0.5556
                documented..verified needs_verification 0
        "#]],
    );
}

#[test]
fn a_sum_of_decisions_named_one_by_one_is_no_decision_itself() {
    let reviews = r#"
        [[duty]]
        id = "reviews"
        level = "decision"
        satisfied_by = ["legality_review"]
        cadence = "on_event"
        min_count = 0
        threshold = { coverage = 1.0 }
    "#;
    check(
        reviews,
        "1 2022-05-01 performed legality_review day 2022-05-01
         2 2022-05-02 performed legality_review day 2022-05-02
         3 2022-12-31 performed legality_review in 2022 reviews=2 sums 1,2",
        "2022 as of 2022-12-31",
        expect![[r#"
            reviews, org, item 1, 2022-01-01..2022-12-31 => needs_verification
                claimed..dated fulfilled 1 [1]
                documented..verified needs_verification 0 []
            reviews, org, item 2, 2022-01-01..2022-12-31 => needs_verification
                claimed..dated fulfilled 1 [2]
                documented..verified needs_verification 0 []
            reviews in all => needs_verification
                claimed..dated fulfilled 1
                documented..verified needs_verification 0
        "#]],
    );
    // 均听取合法性审查机构的意见: a regular claim of full coverage stays a claim.
    check(
        reviews,
        "1 2022-12-31 recurring_claim legality_review coverage=1.0",
        "2022 as of 2022-12-31 in full",
        expect![[r#"
            reviews, org, item 1, 2022-01-01..2022-12-31 => needs_verification
                claimed fulfilled 1 [1]
                dated..verified needs_verification 0 []
                1: claimed when? for 1 (no_instance), no telling when entered
        "#]],
    );
}

#[test]
fn no_hearing_no_duty_to_appear() {
    check(
        COURT,
        "",
        "2022 as of 2022-12-31",
        expect![[r#"
        court, org, year, no window => not_applicable
            claimed..verified not_applicable 0 []
            ! SUBSTANCE_IRREGULAR applies_when
    "#]],
    );
    check(
        COURT,
        "1 2022-05-01 performed court_appearance day 2022-05-01 appeared yes
         2 2022-06-01 performed court_appearance day 2022-06-01 appeared no
         3 2022-07-01 performed court_appearance day 2022-07-01 appeared no excused
         4 2022-08-01 performed court_appearance day 2022-08-01 appeared yes",
        "2022 as of 2022-07-31",
        expect![[r#"
            court, org, item 1, 2022-01-01..2022-12-31 => needs_verification
                claimed..dated fulfilled 1 [1]
                documented..verified needs_verification 0 []
            court, org, item 2, 2022-01-01..2022-12-31 => needs_verification
                claimed..dated overdue 0 [2]
                documented..verified needs_verification 0 []
                ! SUBSTANCE_IRREGULAR threshold.appearance_rate
            court in all => needs_verification
                claimed..dated partial 0.5
                documented..verified needs_verification 0
        "#]],
    );
}

#[test]
fn a_duty_of_one_line_of_work_does_not_apply_to_another() {
    let integrity = r#"
        [[duty]]
        id = "integrity"
        satisfied_by = ["research_integrity_commitment"]
        cadence = "continuous_count"
        applies_to = ["science_technology_bureau"]
    "#;
    let history = "1 2022-01-01 organization gaj sector public_security
                   2 2022-12-31 performed research_integrity_commitment at gaj in 2022 commitments>200";
    check(
        integrity,
        history,
        "2022 as of 2022-12-31 at gaj in full",
        expect![[r#"
            integrity, org, year, no window => not_applicable
                claimed..verified not_applicable 0 []
                ! SUBSTANCE_IRREGULAR applies_to
                2: no: nothing_owed
        "#]],
    );
    check(
        integrity,
        history,
        "2022 as of 2022-12-31 at kjj",
        expect![[r#"
        integrity, org, year, 2022-01-01..2022-12-31 => due_soon
            claimed..verified due_soon 0 []
    "#]],
    );
}

#[test]
fn a_condition_sees_the_organization_and_its_events() {
    let armed = r#"
        [[duty]]
        id = "armed"
        satisfied_by = ["annual_work_plan"]
        cadence = "continuous_count"
        applies_when = "org.has_enforcement_power && events['mediation_work'] == 1 && year == 2022"
    "#;
    let history = "1 2022-01-01 organization gaj unarmed
                   2 2022-05-01 performed mediation_work day 2022-05-01
                   3 2022-05-01 performed mediation_work at gaj day 2022-05-01";
    check(
        armed,
        history,
        "2022 as of 2022-05-01",
        expect![[r#"
        armed, org, year, 2022-01-01..2022-12-31 => not_due
            claimed..verified not_due 0 []
    "#]],
    );
    check(
        armed,
        history,
        "2022 as of 2022-04-30",
        expect![[r#"
        armed, org, year, no window => not_applicable
            claimed..verified not_applicable 0 []
            ! SUBSTANCE_IRREGULAR applies_when
    "#]],
    );
    check(
        armed,
        history,
        "2022 as of 2022-05-01 at gaj",
        expect![[r#"
        armed, org, year, no window => not_applicable
            claimed..verified not_applicable 0 []
            ! SUBSTANCE_IRREGULAR applies_when
    "#]],
    );
}
