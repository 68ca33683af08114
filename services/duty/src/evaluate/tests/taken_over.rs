//! What successors take over from organizations that ended: which of it, by whose acts, on which
//! days, and that it is owed at one place.

use expect_test::{Expect, expect};

use super::show::answer;
use super::world::Ledger;

/// Two duties that are due at different times, and one in quarters.
const DUTIES: &str = r#"
    [[duty]]
    id = "plan"
    satisfied_by = ["annual_work_plan"]
    cadence = "annual"
    deadline = { month = 3, day = 31, year_offset = 0, bound = "on_or_before" }
    [[duty]]
    id = "report"
    satisfied_by = ["report_to_superior"]
    cadence = "annual"
    deadline = { month = 12, day = 31, year_offset = 0, bound = "on_or_before" }
    [[duty]]
    id = "study"
    satisfied_by = ["leader_law_study"]
    cadence = "quarterly"
    min_count = 4
    deadline = { month = 12, day = 31, year_offset = 0, bound = "on_or_before" }
"#;

/// What is owed at an organization on the official rung, in short: duty, period, state, entries.
fn owed(ledger: &Ledger, question: &str) -> String {
    let told = answer(ledger, question);
    let kept = told.lines().filter(|line| {
        let official = line.starts_with("    claimed") || line.starts_with("    !");
        !line.contains(" in all ") && (official || !line.starts_with(' '))
    });
    let mut said = format!("{question}:\n");
    for line in kept {
        said += &format!("  {line}\n");
    }
    said
}

#[track_caller]
fn check(history: &str, questions: &[&str], expected: &Expect) {
    let ledger = Ledger::told(DUTIES, history);
    let said: String = questions.iter().map(|question| owed(&ledger, question)).collect();
    expected.assert_eq(&said);
}

/// The bureau did its plan and the study of the first quarter; then it went into another one, which
/// had done its own plan.
const MERGED: &str = "1 2022-01-01 organization gaj
    2 2022-02-01 performed annual_work_plan day 2022-02-01 sealed
    3 2022-02-10 performed annual_work_plan day 2022-02-10 sealed at gaj
    4 2022-02-20 performed leader_law_study day 2022-02-20 sealed
    5 2022-06-20 performed report_to_superior day 2022-06-20 sealed at gaj
    6 2022-06-25 ends kjj 2022-07-01 gaj";

#[test]
fn what_was_open_passes_on_the_day_of_the_change_and_what_was_done_stays() {
    check(
        MERGED,
        &["2022 as of 2022-06-30", "2022 as of 2022-06-30 at gaj"],
        &expect![[r#"
        2022 as of 2022-06-30:
          plan, org, year, 2022-01-01..2022-03-31 => fulfilled
              claimed..documented fulfilled 1 [2]
          report, org, year, 2022-01-01..2022-12-31 => not_due
              claimed..verified not_due 0 []
          study, org, Q1, 2022-01-01..2022-03-31 => fulfilled
              claimed..documented fulfilled 1 [4]
          study, org, Q2, 2022-04-01..2022-06-30 => due_soon
              claimed..verified due_soon 0 []
          study, org, Q3, 2022-07-01..2022-09-30 => not_due
              claimed..verified not_due 0 []
          study, org, Q4, 2022-10-01..2022-12-31 => not_due
              claimed..verified not_due 0 []
              claimed..documented due_soon 0.25
        2022 as of 2022-06-30 at gaj:
          plan, org, year, 2022-01-01..2022-03-31 => fulfilled
              claimed..documented fulfilled 1 [3]
          report, org, year, 2022-01-01..2022-12-31 => fulfilled
              claimed..documented fulfilled 1 [5]
          study, org, Q1, 2022-01-01..2022-03-31 => overdue
              claimed..verified overdue 0 []
          study, org, Q2, 2022-04-01..2022-06-30 => due_soon
              claimed..verified due_soon 0 []
          study, org, Q3, 2022-07-01..2022-09-30 => not_due
              claimed..verified not_due 0 []
          study, org, Q4, 2022-10-01..2022-12-31 => not_due
              claimed..verified not_due 0 []
              claimed..verified overdue 0
    "#]],
    );
    check(
        MERGED,
        &["2022 as of 2022-07-01", "2022 as of 2022-07-01 at gaj"],
        &expect![[r#"
        2022 as of 2022-07-01:
          plan, org, year, 2022-01-01..2022-03-31 => fulfilled
              claimed..documented fulfilled 1 [2]
          report, org, year, no window => not_applicable
              claimed..verified not_applicable 0 []
              ! OBLIGATION_PASSED_ON organization
          study, org, Q1, 2022-01-01..2022-03-31 => fulfilled
              claimed..documented fulfilled 1 [4]
          study, org, Q2, no window => not_applicable
              claimed..verified not_applicable 0 []
              ! OBLIGATION_PASSED_ON organization
          study, org, Q3, no window => not_applicable
              claimed..verified not_applicable 0 []
              ! ORGANIZATION_ENDED organization
          study, org, Q4, no window => not_applicable
              claimed..verified not_applicable 0 []
              ! ORGANIZATION_ENDED organization
              claimed..documented fulfilled 1
        2022 as of 2022-07-01 at gaj:
          plan, org, year, 2022-01-01..2022-03-31 => fulfilled
              claimed..documented fulfilled 1 [3]
          report, org, year, 2022-01-01..2022-12-31 => fulfilled
              claimed..documented fulfilled 1 [5]
          report, org, year@kjj, 2022-01-01..2022-12-31 => not_due
              claimed..verified not_due 0 []
              ! OBLIGATION_TAKEN_OVER organization
              claimed..documented not_due 0.5
          study, org, Q1, 2022-01-01..2022-03-31 => overdue
              claimed..verified overdue 0 []
          study, org, Q2, 2022-04-01..2022-06-30 => overdue
              claimed..verified overdue 0 []
          study, org, Q3, 2022-07-01..2022-09-30 => not_due
              claimed..verified not_due 0 []
          study, org, Q4, 2022-10-01..2022-12-31 => not_due
              claimed..verified not_due 0 []
          study, org, Q2@kjj, 2022-04-01..2022-06-30 => overdue
              claimed..verified overdue 0 []
              ! OBLIGATION_TAKEN_OVER organization
              claimed..verified overdue 0
    "#]],
    );
    // Nobody knew of it before.
    let known = ["2022 as of 2022-07-01 known 5", "2022 as of 2022-07-01 known 5 at gaj"];
    check(
        MERGED,
        &known,
        &expect![[r#"
        2022 as of 2022-07-01 known 5:
          plan, org, year, 2022-01-01..2022-03-31 => fulfilled
              claimed..documented fulfilled 1 [2]
          report, org, year, 2022-01-01..2022-12-31 => not_due
              claimed..verified not_due 0 []
          study, org, Q1, 2022-01-01..2022-03-31 => fulfilled
              claimed..documented fulfilled 1 [4]
          study, org, Q2, 2022-04-01..2022-06-30 => overdue
              claimed..verified overdue 0 []
          study, org, Q3, 2022-07-01..2022-09-30 => not_due
              claimed..verified not_due 0 []
          study, org, Q4, 2022-10-01..2022-12-31 => not_due
              claimed..verified not_due 0 []
              claimed..documented partial 0.25
        2022 as of 2022-07-01 known 5 at gaj:
          plan, org, year, 2022-01-01..2022-03-31 => fulfilled
              claimed..documented fulfilled 1 [3]
          report, org, year, 2022-01-01..2022-12-31 => fulfilled
              claimed..documented fulfilled 1 [5]
          study, org, Q1, 2022-01-01..2022-03-31 => overdue
              claimed..verified overdue 0 []
          study, org, Q2, 2022-04-01..2022-06-30 => overdue
              claimed..verified overdue 0 []
          study, org, Q3, 2022-07-01..2022-09-30 => not_due
              claimed..verified not_due 0 []
          study, org, Q4, 2022-10-01..2022-12-31 => not_due
              claimed..verified not_due 0 []
              claimed..verified overdue 0
    "#]],
    );
}

#[test]
fn an_act_after_the_change_discharges_both_and_one_before_it_its_own() {
    let history = MERGED.to_owned()
        + "\n7 2022-08-01 performed leader_law_study day 2022-08-01 sealed at gaj
           8 2022-09-01 performed report_to_superior day 2022-09-01 sealed at gaj";
    check(
        &history,
        &["2022 as of 2023-01-01", "2022 as of 2023-01-01 at gaj"],
        &expect![[r#"
        2022 as of 2023-01-01:
          plan, org, year, 2022-01-01..2022-03-31 => fulfilled
              claimed..documented fulfilled 1 [2]
          report, org, year, no window => not_applicable
              claimed..verified not_applicable 0 []
              ! OBLIGATION_PASSED_ON organization
          study, org, Q1, 2022-01-01..2022-03-31 => fulfilled
              claimed..documented fulfilled 1 [4]
          study, org, Q2, no window => not_applicable
              claimed..verified not_applicable 0 []
              ! OBLIGATION_PASSED_ON organization
          study, org, Q3, no window => not_applicable
              claimed..verified not_applicable 0 []
              ! ORGANIZATION_ENDED organization
          study, org, Q4, no window => not_applicable
              claimed..verified not_applicable 0 []
              ! ORGANIZATION_ENDED organization
              claimed..documented fulfilled 1
        2022 as of 2023-01-01 at gaj:
          plan, org, year, 2022-01-01..2022-03-31 => fulfilled
              claimed..documented fulfilled 1 [3]
          report, org, year, 2022-01-01..2022-12-31 => fulfilled
              claimed..documented fulfilled 1 [5 8]
          report, org, year@kjj, 2022-01-01..2022-12-31 => fulfilled
              claimed..documented fulfilled 1 [8]
              ! OBLIGATION_TAKEN_OVER organization
              claimed..documented fulfilled 1
          study, org, Q1, 2022-01-01..2022-03-31 => overdue
              claimed..verified overdue 0 []
          study, org, Q2, 2022-04-01..2022-06-30 => overdue
              claimed..verified overdue 0 []
          study, org, Q3, 2022-07-01..2022-09-30 => fulfilled
              claimed..documented fulfilled 1 [7]
          study, org, Q4, 2022-10-01..2022-12-31 => overdue
              claimed..verified overdue 0 []
          study, org, Q2@kjj, 2022-04-01..2022-06-30 => overdue
              claimed..verified overdue 0 []
              ! OBLIGATION_TAKEN_OVER organization
              claimed..documented partial 0.2
    "#]],
    );
}

#[test]
fn an_act_of_the_organization_that_ended_counts_where_it_is_owed_now() {
    // Recorded after the change, done before it, in a claim that a supervisor may still accept.
    let history =
        MERGED.to_owned() + "\n7 2022-08-01 performed report_to_superior day 2022-05-01 sealed";
    check(
        &history,
        &["2022 as of 2022-08-01", "2022 as of 2022-08-01 at gaj"],
        &expect![[r#"
        2022 as of 2022-08-01:
          plan, org, year, 2022-01-01..2022-03-31 => fulfilled
              claimed..documented fulfilled 1 [2]
          report, org, year, 2022-01-01..2022-12-31 => fulfilled
              claimed..documented fulfilled 1 [7]
          study, org, Q1, 2022-01-01..2022-03-31 => fulfilled
              claimed..documented fulfilled 1 [4]
          study, org, Q2, no window => not_applicable
              claimed..verified not_applicable 0 []
              ! OBLIGATION_PASSED_ON organization
          study, org, Q3, no window => not_applicable
              claimed..verified not_applicable 0 []
              ! ORGANIZATION_ENDED organization
          study, org, Q4, no window => not_applicable
              claimed..verified not_applicable 0 []
              ! ORGANIZATION_ENDED organization
              claimed..documented fulfilled 1
        2022 as of 2022-08-01 at gaj:
          plan, org, year, 2022-01-01..2022-03-31 => fulfilled
              claimed..documented fulfilled 1 [3]
          report, org, year, 2022-01-01..2022-12-31 => fulfilled
              claimed..documented fulfilled 1 [5]
          study, org, Q1, 2022-01-01..2022-03-31 => overdue
              claimed..verified overdue 0 []
          study, org, Q2, 2022-04-01..2022-06-30 => overdue
              claimed..verified overdue 0 []
          study, org, Q3, 2022-07-01..2022-09-30 => not_due
              claimed..verified not_due 0 []
          study, org, Q4, 2022-10-01..2022-12-31 => not_due
              claimed..verified not_due 0 []
          study, org, Q2@kjj, 2022-04-01..2022-06-30 => overdue
              claimed..verified overdue 0 []
              ! OBLIGATION_TAKEN_OVER organization
              claimed..verified overdue 0
    "#]],
    );
}

#[test]
fn a_split_passes_on_what_is_open_where_the_document_names_who_takes_it() {
    let duties = "1 2022-01-01 organization gaj\n2 2022-01-01 organization sfj\n";
    for (end, expected) in [
        (
            "3 2022-06-25 ends kjj 2022-07-01 gaj sfj",
            expect![[r#"
            2022 as of 2022-07-01:
              plan, org, year, 2022-01-01..2022-03-31 => overdue
                  claimed..verified overdue 0 []
            2022 as of 2022-07-01 at gaj:
              plan, org, year, 2022-01-01..2022-03-31 => overdue
                  claimed..verified overdue 0 []
            2022 as of 2022-07-01 at sfj:
              plan, org, year, 2022-01-01..2022-03-31 => overdue
                  claimed..verified overdue 0 []
        "#]],
        ),
        (
            "3 2022-06-25 ends kjj 2022-07-01 gaj sfj to sfj",
            expect![[r#"
            2022 as of 2022-07-01:
              plan, org, year, no window => not_applicable
                  claimed..verified not_applicable 0 []
                  ! OBLIGATION_PASSED_ON organization
            2022 as of 2022-07-01 at gaj:
              plan, org, year, 2022-01-01..2022-03-31 => overdue
                  claimed..verified overdue 0 []
            2022 as of 2022-07-01 at sfj:
              plan, org, year, 2022-01-01..2022-03-31 => overdue
                  claimed..verified overdue 0 []
              plan, org, year@kjj, 2022-01-01..2022-03-31 => overdue
                  claimed..verified overdue 0 []
                  ! OBLIGATION_TAKEN_OVER organization
                  claimed..verified overdue 0
        "#]],
        ),
        // It was gone itself by then.
        (
            "3 2022-06-25 ends gaj 2022-07-01 sfj
             4 2022-06-25 ends kjj 2022-07-01 gaj",
            expect![[r#"
                2022 as of 2022-07-01:
                  plan, org, year, 2022-01-01..2022-03-31 => overdue
                      claimed..verified overdue 0 []
                2022 as of 2022-07-01 at gaj:
                  plan, org, year, no window => not_applicable
                      claimed..verified not_applicable 0 []
                      ! OBLIGATION_PASSED_ON organization
                2022 as of 2022-07-01 at sfj:
                  plan, org, year, 2022-01-01..2022-03-31 => overdue
                      claimed..verified overdue 0 []
                  plan, org, year@gaj, 2022-01-01..2022-03-31 => overdue
                      claimed..verified overdue 0 []
                      ! OBLIGATION_TAKEN_OVER organization
                      claimed..verified overdue 0
            "#]],
        ),
    ] {
        let ledger = Ledger::told(DUTIES, &(duties.to_owned() + end));
        let plan = |question: &str| {
            let said = owed(&ledger, question);
            let lines = said.lines().skip(1).skip_while(|line| !line.starts_with("  plan"));
            let plan: Vec<_> = lines.take_while(|line| !line.starts_with("  report")).collect();
            format!("{question}:\n{}\n", plan.join("\n"))
        };
        let questions = ["", " at gaj", " at sfj"].map(|at| format!("2022 as of 2022-07-01{at}"));
        let said: String = questions.iter().map(|question| plan(question)).collect();
        expected.assert_eq(&said);
    }
}

#[test]
fn what_was_taken_over_passes_on_again() {
    let history = MERGED.to_owned()
        + "\n7 2022-07-01 organization sfj
           8 2022-08-01 performed report_to_superior day 2022-08-01 sealed at gaj
           9 2022-08-20 ends gaj 2022-09-01 sfj
          10 2022-09-10 performed leader_law_study day 2022-09-10 sealed at sfj";
    check(
        &history,
        &["2022 as of 2023-01-01", "2022 as of 2023-01-01 at gaj", "2022 as of 2023-01-01 at sfj"],
        &expect![[r#"
            2022 as of 2023-01-01:
              plan, org, year, 2022-01-01..2022-03-31 => fulfilled
                  claimed..documented fulfilled 1 [2]
              report, org, year, no window => not_applicable
                  claimed..verified not_applicable 0 []
                  ! OBLIGATION_PASSED_ON organization
              study, org, Q1, 2022-01-01..2022-03-31 => fulfilled
                  claimed..documented fulfilled 1 [4]
              study, org, Q2, no window => not_applicable
                  claimed..verified not_applicable 0 []
                  ! OBLIGATION_PASSED_ON organization
              study, org, Q3, no window => not_applicable
                  claimed..verified not_applicable 0 []
                  ! ORGANIZATION_ENDED organization
              study, org, Q4, no window => not_applicable
                  claimed..verified not_applicable 0 []
                  ! ORGANIZATION_ENDED organization
                  claimed..documented fulfilled 1
            2022 as of 2023-01-01 at gaj:
              plan, org, year, 2022-01-01..2022-03-31 => fulfilled
                  claimed..documented fulfilled 1 [3]
              report, org, year, 2022-01-01..2022-12-31 => fulfilled
                  claimed..documented fulfilled 1 [5 8]
              report, org, year@kjj, 2022-01-01..2022-12-31 => fulfilled
                  claimed..documented fulfilled 1 [8]
                  ! OBLIGATION_TAKEN_OVER organization
                  claimed..documented fulfilled 1
              study, org, Q1, no window => not_applicable
                  claimed..verified not_applicable 0 []
                  ! OBLIGATION_PASSED_ON organization
              study, org, Q2, no window => not_applicable
                  claimed..verified not_applicable 0 []
                  ! OBLIGATION_PASSED_ON organization
              study, org, Q3, no window => not_applicable
                  claimed..verified not_applicable 0 []
                  ! OBLIGATION_PASSED_ON organization
              study, org, Q4, no window => not_applicable
                  claimed..verified not_applicable 0 []
                  ! ORGANIZATION_ENDED organization
              study, org, Q2@kjj, no window => not_applicable
                  claimed..verified not_applicable 0 []
                  ! OBLIGATION_PASSED_ON organization
                  claimed..verified not_applicable 0
            2022 as of 2023-01-01 at sfj:
              plan, org, year, 2022-01-01..2022-03-31 => overdue
                  claimed..verified overdue 0 []
              report, org, year, 2022-01-01..2022-12-31 => overdue
                  claimed..verified overdue 0 []
              study, org, Q1, 2022-01-01..2022-03-31 => overdue
                  claimed..verified overdue 0 []
              study, org, Q2, 2022-04-01..2022-06-30 => overdue
                  claimed..verified overdue 0 []
              study, org, Q3, 2022-07-01..2022-09-30 => fulfilled
                  claimed..documented fulfilled 1 [10]
              study, org, Q4, 2022-10-01..2022-12-31 => overdue
                  claimed..verified overdue 0 []
              study, org, Q1@gaj, 2022-01-01..2022-03-31 => overdue
                  claimed..verified overdue 0 []
                  ! OBLIGATION_TAKEN_OVER organization
              study, org, Q2@gaj, 2022-04-01..2022-06-30 => overdue
                  claimed..verified overdue 0 []
                  ! OBLIGATION_TAKEN_OVER organization
              study, org, Q3@gaj, 2022-07-01..2022-09-30 => fulfilled
                  claimed..documented fulfilled 1 [10]
                  ! OBLIGATION_TAKEN_OVER organization
              study, org, Q2@kjj, 2022-04-01..2022-06-30 => overdue
                  claimed..verified overdue 0 []
                  ! OBLIGATION_TAKEN_OVER organization
                  ! OBLIGATION_TAKEN_OVER organization
                  claimed..documented partial 0.25
        "#]],
    );
}
