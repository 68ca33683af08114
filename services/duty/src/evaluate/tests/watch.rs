//! What a leader answers for among the duties of the organization, by when it fell due and who held
//! the post then (DOMAIN §5.2), on the card of each.

use super::show::answer;
use super::world::Ledger;

/// Owed through the party head: what falls due by quarter, by half-year, once a year, per item.
const RULES: &str = r#"
    [[duty]]
    id = "study"
    owed_by = ["party_head"]
    satisfied_by = ["leader_law_study"]
    cadence = "quarterly"
    deadline = { month = 12, day = 31, year_offset = 0, bound = "on_or_before" }
    min_count = 4
    weight = 40

    [[duty]]
    id = "plan"
    owed_by = ["party_head"]
    satisfied_by = ["annual_work_plan"]
    cadence = "annual"
    deadline = { month = 3, day = 31, year_offset = 0, bound = "on_or_before" }
    weight = 20

    [[duty]]
    id = "exams"
    owed_by = ["party_head"]
    satisfied_by = ["enforcement_exam"]
    cadence = "on_event"
    min_count = 0
    weight = 30

    [[duty]]
    id = "report"
    owed_by = ["government_head"]
    satisfied_by = ["report_to_superior"]
    cadence = "annual"
    deadline = { month = 6, day = 30, year_offset = 0, bound = "on_or_before" }
    weight = 10
"#;

/// One session in Q1, examinations in May and October.
const ACTS: &str = "
    8 2022-02-10 performed leader_law_study day 2022-02-10 doc 柳科通〔2022〕1号
    9 2022-05-10 performed enforcement_exam day 2022-05-10 doc 柳科通〔2022〕2号
    10 2022-10-10 performed enforcement_exam day 2022-10-10 doc 柳科通〔2022〕3号";

/// The card in one line, `study Q1 fulfilled, … = 30 of 40`: what is owed, the score on the rung
/// *documented* and the weight it is over.
fn card(history: &str, question: &str) -> String {
    let told = format!("1 2016-01-01 person p1\n2 2016-01-01 person p2\n{history}{ACTS}");
    let ledger = Ledger::told(RULES, &told);
    let said = answer(&ledger, question);
    let owed = said.lines().filter_map(|line| {
        let (duty, rest) = line.trim().split_once(", org, ")?;
        let (period, status) = rest.split_once(" => ")?;
        let (period, _) = period.split_once(", ")?;
        Some(format!("{duty} {period} {status}"))
    });
    let scores = answer(&ledger, &format!("scores of {question}"));
    let second = |of: &str| {
        let line = scores.lines().find(|line| line.starts_with(of));
        line.and_then(|line| line.split(' ').nth(1)).unwrap_or_default().to_owned()
    };
    let owed = owed.collect::<Vec<_>>().join(", ");
    format!("{owed} = {} of {}", second("documented"), second("weight"))
}

const WHOLE: &str = "study Q1 fulfilled, study Q2 overdue, study Q3 overdue, study Q4 overdue, \
                     plan year overdue, exams item 9 fulfilled, exams item 10 fulfilled = 44.44 of 90";
const FIRST_HALF: &str = "study Q1 fulfilled, study Q2 overdue, plan year overdue, \
                          exams item 9 fulfilled = 55.56 of 90";
const SECOND_HALF: &str = "study Q1 not_applicable, study Q2 not_applicable, study Q3 overdue, \
                           study Q4 overdue, plan year not_applicable, exams item 9 not_applicable, \
                           exams item 10 fulfilled = 42.86 of 70";

#[test]
fn a_duty_is_judged_by_who_held_the_post_when_it_fell_due() {
    let change = |day: &str, last: &str| {
        format!(
            "3 2016-01-01 tenure t1 p1 party from 2020-01-01 to {last}
             4 2016-01-01 tenure t2 p2 party from {day}"
        )
    };
    let after = "2022 as of 2023-02-01";
    let acting = "3 2016-01-01 tenure t1 p1 party from 2020-01-01
             4 2022-03-01 tenure t2 p2 party from 2022-03-01 to 2022-06-30 acting";
    let other_post = "3 2016-01-01 tenure t1 p1 party from 2020-01-01 to 2022-06-30
             4 2022-07-01 tenure t2 p1 head from 2022-07-01";
    let rows = [
        // Six months by 12-31: the whole record. Whoever left: what fell due on their watch.
        (change("2022-07-01", "2022-06-30"), "p2", after, WHOLE),
        (change("2022-07-01", "2022-06-30"), "p1", after, FIRST_HALF),
        // A day less: what fell due before stays with the organization.
        (change("2022-07-02", "2022-07-01"), "p2", after, SECOND_HALF),
        (change("2022-07-02", "2022-07-01"), "p1", after, FIRST_HALF),
        // On its last day the third quarter is whose who begins, and no longer whose who left.
        (change("2022-09-30", "2022-09-29"), "p2", after, SECOND_HALF),
        (change("2022-09-30", "2022-09-29"), "p1", after, FIRST_HALF),
        // An item is whose who was there when it happened.
        (
            change("2022-10-11", "2022-10-10"),
            "p2",
            after,
            "study Q1 not_applicable, study Q2 not_applicable, study Q3 not_applicable, \
             study Q4 overdue, plan year not_applicable, exams item 9 not_applicable, \
             exams item 10 not_applicable = 0 of 40",
        ),
        (
            change("2022-10-11", "2022-10-10"),
            "p1",
            after,
            "study Q1 fulfilled, study Q2 overdue, study Q3 overdue, plan year overdue, \
             exams item 9 fulfilled, exams item 10 fulfilled = 48.15 of 90",
        ),
        // While the year runs, by what has fallen due.
        (
            change("2022-07-02", "2022-07-01"),
            "p2",
            "2022 as of 2022-09-15",
            "study Q1 not_applicable, study Q2 not_applicable, study Q3 due_soon, study Q4 not_due, \
             plan year not_applicable, exams item 9 not_applicable = 0 of 40",
        ),
        // Whoever acts answers instead; whoever is there at the end for the whole record.
        (acting.to_owned(), "p2", after, FIRST_HALF),
        (acting.to_owned(), "p1", after, WHOLE),
        // Whoever changed the post at home: for what the old one owed until then, and the new one.
        (
            other_post.to_owned(),
            "p1",
            after,
            "study Q1 fulfilled, study Q2 overdue, plan year overdue, exams item 9 fulfilled, \
             report year overdue = 50.00 of 100",
        ),
    ];
    for (history, person, asked, expected) in rows {
        let found = card(&history, &format!("{asked} for {person}"));
        assert_eq!(found, expected, "{person}, {asked}:\n{history}");
    }
}
