//! DOMAIN §5.2 case by case: who owes the yearly statement after a change of leader, and on the
//! days at the borders.

use expect_test::expect;

use super::check;
use super::show::answer;
use super::world::{self, Ledger};
use crate::evaluate::{self, Status};
use crate::id::DutyId;
use crate::position::Position;

/// Leading keys of the rule set go before the duty.
const STATEMENT: &str = r#"
    [[duty]]
    id = "statement"
    owed_by = ["party_head", "government_head"]
    level = "person"
    satisfied_by = ["year_end_statement"]
    cadence = "annual"
    deadline = { month = 1, day = 31, year_offset = 1, bound = "on_or_before" }
"#;

/// Who owes, in one line: `p1 (head short) => overdue; …`.
fn owed_by(rules: &str, history: &str, question: &str) -> String {
    let mut ledger = String::from("1 2016-01-01 person p1\n2 2016-01-01 person p2\n");
    ledger += history;
    let answer = answer(&Ledger::told(rules, &ledger), question);
    let owed = answer.lines().filter_map(|line| {
        let (_, line) = line.trim().split_once("statement, ")?;
        let (owner, rest) = line.split_once(", year, ")?;
        let (_, status) = rest.split_once(" => ")?;
        Some(format!("{owner} => {status}"))
    });
    owed.collect::<Vec<_>>().join("; ")
}

/// One row: the case, the history after the two persons, the card asked for, who owes.
type Row = (&'static str, &'static str, &'static str, &'static str);

const ROWS: [Row; 17] = [
    (
        "a new leader of six months owes, and the predecessor no more",
        "3 2022-06-30 tenure t1 p1 head from 2020-01-01 to 2022-06-30
         4 2022-07-01 tenure t2 p2 head from 2022-07-01",
        "",
        "p2 (head) => overdue",
    ),
    (
        "a new leader of less than six months owes, in writing only",
        "3 2022-06-30 tenure t1 p1 head from 2020-01-01 to 2022-07-01
         4 2022-07-02 tenure t2 p2 head from 2022-07-02",
        "",
        "p2 (head short) => overdue",
    ),
    (
        "whoever was transferred owes a departure statement",
        "3 2022-06-30 tenure t1 p1 head from 2020-01-01 to 2022-06-30
         4 2022-07-01 tenure t2 p2 head from 2022-07-01",
        " for p1",
        "p1 (head departed) => overdue",
    ),
    (
        "whoever left on the last day but one before the accounting date has left",
        "3 2022-12-30 tenure t1 p1 head from 2020-01-01 to 2022-12-30",
        " for p1",
        "p1 (head departed) => overdue",
    ),
    (
        "whoever leaves on the accounting date was still in office on it",
        "3 2022-12-31 tenure t1 p1 head from 2020-01-01 to 2022-12-31
         4 2023-01-01 tenure t2 p2 head from 2023-01-01",
        "",
        "p1 (head) => overdue",
    ),
    (
        "whoever begins on the accounting date owes, in writing only",
        "3 2022-12-30 tenure t1 p1 head from 2020-01-01 to 2022-12-30
         4 2022-12-31 tenure t2 p2 head from 2022-12-31",
        "",
        "p2 (head short) => overdue",
    ),
    (
        "a change on the day of the deadline moves no debt",
        "3 2023-01-30 tenure t1 p1 head from 2020-01-01 to 2023-01-30
         4 2023-01-31 tenure t2 p2 head from 2023-01-31
         5 2023-01-31 performed year_end_statement day 2023-01-31 doc 柳科通〔2023〕3号 posts head",
        "",
        // The post's act of that day is the successor's.
        "p1 (head) => overdue",
    ),
    (
        "a retired leader is excused",
        "3 2022-06-30 tenure t1 p1 head from 2020-01-01 to 2022-06-30
         4 2022-06-30 absence a1 t1 retired from 2022-07-01
         5 2022-07-01 tenure t2 p2 head from 2022-07-01",
        " for p1",
        "p1 (head departed) => exempted",
    ),
    (
        "an acting head owes for a suspended one",
        "3 2020-01-01 tenure t1 p1 head from 2020-01-01
         4 2022-05-01 absence a1 t1 suspended from 2022-05-01
         5 2022-05-01 tenure t2 p2 head from 2022-05-01 acting",
        "",
        "p1 (head) => exempted; p2 (head) => overdue",
    ),
    (
        "an acting head of less than six months owes for an investigated one, in writing only",
        "3 2020-01-01 tenure t1 p1 head from 2020-01-01
         4 2022-11-01 absence a1 t1 investigated from 2022-11-01
         5 2022-11-01 tenure t2 p2 head from 2022-11-01 acting",
        "",
        "p1 (head) => exempted; p2 (head short) => overdue",
    ),
    (
        "without an acting head nobody owes for a sick one",
        "3 2020-01-01 tenure t1 p1 head from 2020-01-01
         4 2022-09-01 absence a1 t1 sick from 2022-09-01",
        "",
        "p1 (head) => exempted",
    ),
    (
        "whoever is back the day before the accounting date owes",
        "3 2020-01-01 tenure t1 p1 head from 2020-01-01
         4 2022-09-01 absence a1 t1 sick from 2022-09-01 to 2022-12-30",
        "",
        "p1 (head) => overdue",
    ),
    (
        "whoever is back the day after it is excused",
        "3 2020-01-01 tenure t1 p1 head from 2020-01-01
         4 2022-09-01 absence a1 t1 sick from 2022-09-01 to 2022-12-31",
        "",
        "p1 (head) => exempted",
    ),
    (
        "an absence recorded by mistake excuses nobody",
        "3 2020-01-01 tenure t1 p1 head from 2020-01-01
         4 2022-09-01 absence a1 t1 sick from 2022-09-01
         5 2022-09-02 absence a1 t1 sick from 2022-09-01 revoked",
        "",
        "p1 (head) => overdue",
    ),
    (
        "whoever is excused from one of two posts owes through the other",
        "3 2020-01-01 tenure t1 p1 head from 2020-01-01
         4 2020-01-01 tenure t2 p1 party from 2020-01-01
         5 2022-09-01 absence a1 t1 suspended from 2022-09-01",
        "",
        "p1 (party) => overdue",
    ),
    (
        "a vacant post owes nothing",
        "3 2020-01-01 tenure t1 p1 head from 2020-01-01 to 2022-03-31",
        "",
        "nobody => not_applicable",
    ),
    (
        "one person in two posts owes once",
        "3 2020-01-01 tenure t1 p1 head from 2020-01-01
         4 2020-01-01 tenure t2 p1 party from 2022-08-01",
        "",
        "p1 (party+head) => overdue",
    ),
];

#[test]
fn who_owes_after_a_change_of_leader() {
    let wrong: Vec<String> = ROWS
        .iter()
        .filter_map(|(case, history, card, expected)| {
            let owed = owed_by(STATEMENT, history, &format!("2022 as of 2023-02-01{card}"));
            (owed != *expected).then(|| format!("{case}:\n  {owed}\n  not {expected}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every time in office of the year together makes the half-year: whole months as months.
#[test]
fn half_a_year_is_the_sum_of_the_times_in_office() {
    let times = |first: &str, last: &str, again: &str| {
        format!(
            "3 2020-01-01 tenure t1 p1 head from {first} to {last}
             4 2020-01-01 tenure t2 p1 head from {again}"
        )
    };
    let rows = [
        // Four months and four.
        (times("2022-03-01", "2022-06-30", "2022-09-01"), "p1 (head)"),
        // Four and two: 181 days, six months none the less.
        (times("2022-01-01", "2022-04-30", "2022-11-01"), "p1 (head)"),
        (times("2022-01-01", "2022-04-29", "2022-11-01"), "p1 (head short)"),
        (times("2022-01-02", "2022-04-30", "2022-11-01"), "p1 (head short)"),
        (times("2022-01-01", "2022-04-30", "2022-11-02"), "p1 (head short)"),
        // What lies before the year that ends with the accounting day says nothing.
        (times("2020-01-01", "2021-12-31", "2022-07-02"), "p1 (head short)"),
        (times("2020-01-01", "2022-01-01", "2022-07-02"), "p1 (head)"),
        // Two posts at once count once.
        (
            times("2022-05-01", "2022-06-30", "2022-10-01")
                + "\n5 2020-01-01 tenure t3 p1 party from 2022-05-01 to 2022-06-30",
            "p1 (head short)",
        ),
        // Three times.
        (
            times("2022-01-01", "2022-02-28", "2022-11-01")
                + "\n5 2020-01-01 tenure t3 p1 party from 2022-04-01 to 2022-05-31",
            "p1 (head)",
        ),
    ];
    for (history, expected) in rows {
        let owed = owed_by(STATEMENT, &history, "2022 as of 2023-02-01");
        assert_eq!(owed, format!("{expected} => overdue"), "{history}");
    }
}

#[test]
fn half_a_year_and_the_accounting_date_are_parameters() {
    let owed = |own: &str, from: &str, question: &str| {
        let history = format!("3 2020-01-01 tenure t1 p1 head from {from}");
        owed_by(&(own.to_owned() + STATEMENT), &history, question)
    };
    let three_months = "half_year_threshold_months = 3\n";
    for (from, expected) in [("2022-10-01", "p1 (head)"), ("2022-10-02", "p1 (head short)")] {
        let owed = owed(three_months, from, "2022 as of 2023-02-01");
        assert_eq!(owed, format!("{expected} => overdue"), "from {from}");
    }
    // Six months that end with 30 August begin with the last day of February, leap day or not.
    let august = "accounting_date = { month = 8, day = 30 }\n";
    for (year, from, expected) in [
        (2024, "2024-02-29", "p1 (head)"),
        (2024, "2024-03-01", "p1 (head short)"),
        (2023, "2023-02-28", "p1 (head)"),
        (2023, "2023-03-01", "p1 (head short)"),
    ] {
        let owed = owed(august, from, &format!("{year} as of {}-02-01", year + 1));
        assert_eq!(owed, format!("{expected} => overdue"), "from {from}");
    }
    // Whoever begins on a leap day begins on the day after the last of February of other years.
    let left = "3 2020-01-01 tenure t1 p1 head from 2020-01-01 to 2024-02-28
                4 2024-02-29 tenure t2 p2 head from 2024-02-29";
    let february = format!("accounting_date = {{ month = 2, day = 28 }}\n{STATEMENT}");
    assert_eq!(owed_by(&february, left, "2024 as of 2025-02-01"), "p1 (head) => overdue");
    assert_eq!(owed_by(&february, left, "2025 as of 2026-02-01"), "p2 (head) => overdue");
}

#[test]
fn an_excuse_names_its_document_and_its_entry() {
    let history = "1 2016-01-01 person p1
         2 2020-01-01 tenure t1 p1 head from 2020-01-01
         3 2022-09-01 absence a1 t1 sick from 2022-09-01";
    check(
        STATEMENT,
        history,
        "2022 as of 2023-02-01",
        expect![[r#"
            statement, p1 (head), year, no window => exempted
                claimed..verified exempted 0 [3]
                ! LEADER_EXCUSED owed_by
        "#]],
    );
    // Before entry 3 nobody knew of it.
    check(
        STATEMENT,
        history,
        "2022 as of 2023-02-01 known 2",
        expect![[r#"
            statement, p1 (head), year, 2022-01-01..2023-01-31 => overdue
                claimed..verified overdue 0 []
        "#]],
    );
}

#[test]
fn a_vacancy_leaves_the_duties_of_the_organization() {
    let meeting = r#"
        [[duty]]
        id = "meeting"
        owed_by = ["party_head"]
        satisfied_by = ["special_work_meeting"]
        cadence = "annual"
        deadline = { month = 12, day = 31, year_offset = 0, bound = "on_or_before" }
    "#;
    check(
        meeting,
        "",
        "2022 as of 2023-01-01",
        expect![[r#"
            meeting, org, year, 2022-01-01..2022-12-31 => overdue
                claimed..verified overdue 0 []
        "#]],
    );
    // Whoever is excused does not answer for it.
    let excused = "1 2016-01-01 person p1
         2 2020-01-01 tenure t1 p1 party from 2020-01-01
         3 2022-09-01 absence a1 t1 suspended from 2022-09-01";
    check(meeting, excused, "2022 as of 2023-01-01 for p1", expect![]);
}

/// What a leader took over, a line for each predecessor.
fn handed_over(rules: &str, history: &str, person: &str, question: evaluate::Question) -> String {
    let ledger = Ledger::told(rules, history);
    let world = evaluate::World {
        registry: &ledger.registry,
        calendars: &ledger.calendars,
        facts: &ledger.streams,
        detail: evaluate::Detail::Figures,
    };
    let person = world::person(person);
    let rules_for = |_: &crate::registry::Organization| Some(&ledger.rules);
    let found = evaluate::handovers(world, &rules_for, &person, question);
    let states = |states: &[(DutyId, Status)]| {
        let states = states.iter().map(|(duty, status)| format!("{duty} {}", status.as_str()));
        states.collect::<Vec<_>>().join(", ")
    };
    let lines = found.iter().map(|taken| {
        let acts: Vec<_> = taken.acts.iter().map(|act| act.position.to_string()).collect();
        format!(
            "{} from {} on {}: {}..{}{} [{}] owes {{{}}} left {{{}}}",
            taken.post,
            taken.predecessor,
            taken.taken_over,
            taken.from,
            taken.to,
            if taken.acting { " acting" } else { "" },
            acts.join(" "),
            states(&taken.statements),
            states(&taken.duties),
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_successor_sees_what_was_handed_over() {
    let rules = STATEMENT.to_owned()
        + r#"
        [[duty]]
        id = "meeting"
        owed_by = ["government_head"]
        satisfied_by = ["special_work_meeting"]
        cadence = "quarterly"
        deadline = { month = 12, day = 31, year_offset = 0, bound = "on_or_before" }
        min_count = 4
    "#;
    let history = "1 2016-01-01 person p1
         2 2016-01-01 person p2
         3 2016-01-01 person p3
         4 2020-01-01 tenure t1 p1 head from 2020-01-01 to 2022-03-31
         5 2022-04-01 tenure t2 p2 head from 2022-04-01 to 2022-07-31 acting
         6 2022-08-01 tenure t3 p3 head from 2022-08-01
         7 2022-03-10 performed special_work_meeting day 2022-03-10 posts head sealed
         8 2022-05-10 performed special_work_meeting day 2022-05-10 posts head sealed
         9 2022-09-10 performed special_work_meeting day 2022-09-10 posts head sealed";
    let asked = |as_of, known| evaluate::Question {
        year: 2022,
        as_of: world::day(as_of),
        known: Position::new(known),
    };
    expect![[r#"
        head from p1 on 2022-08-01: 2020-01-01..2022-03-31 [7] owes {statement overdue} left {meeting not_due}
        head from p2 on 2022-08-01: 2022-04-01..2022-07-31 acting [8] owes {statement overdue} left {meeting not_due}"#]]
    .assert_eq(&handed_over(&rules, history, "p3", asked("2023-02-01", 9)));
    expect![[r#"
        head from p1 on 2022-04-01: 2020-01-01..2022-03-31 [7] owes {statement overdue} left {meeting not_due}"#]]
    .assert_eq(&handed_over(&rules, history, "p2", asked("2023-02-01", 9)));
    // Nobody came before in the year; before the change nothing was taken over; nor was it known.
    expect![].assert_eq(&handed_over(&rules, history, "p1", asked("2023-02-01", 9)));
    expect![].assert_eq(&handed_over(&rules, history, "p3", asked("2022-07-31", 9)));
    expect![].assert_eq(&handed_over(&rules, history, "p3", asked("2023-02-01", 5)));
}

#[test]
fn a_rule_that_does_not_ask_asks_no_leader_either() {
    let history = "1 2016-01-01 person p1
         2 2020-01-01 tenure t1 p1 head from 2020-01-01";
    let police = format!("{STATEMENT}applies_when = \"org.sector == 'police'\"\n");
    check(
        &police,
        history,
        "2022 as of 2023-02-01 for p1",
        expect![[r#"
        at kjj through head:
        statement, org, year, no window => not_applicable
            claimed..verified not_applicable 0 []
            ! SUBSTANCE_IRREGULAR applies_when
    "#]],
    );
    // Nor whoever left, nor once the organization has ended.
    let left = "1 2016-01-01 person p1
         2 2020-01-01 tenure t1 p1 head from 2020-01-01 to 2022-05-31";
    check(
        &police,
        left,
        "2022 as of 2023-02-01 for p1",
        expect![[r#"
        at kjj through head:
        statement, org, year, no window => not_applicable
            claimed..verified not_applicable 0 []
            ! SUBSTANCE_IRREGULAR applies_when
    "#]],
    );
    let ended = format!("{left}\n3 2022-06-01 ends kjj 2022-07-01 gaj");
    check(
        STATEMENT,
        &ended,
        "2022 as of 2023-02-01 for p1",
        expect![[r#"
        at kjj through head:
        statement, p1 (head departed), year, no window => not_applicable
            claimed..verified not_applicable 0 []
            ! ORGANIZATION_ENDED organization
    "#]],
    );
}

#[test]
fn a_text_that_was_not_in_force_excuses_nobody() {
    let history = "1 2016-01-01 person p1
         2 2020-01-01 tenure t1 p1 head from 2020-01-01
         3 2022-09-01 absence a1 t1 sick from 2022-09-01";
    let until = |last: &str| format!("{STATEMENT}valid_to = {last}\n");
    check(
        &until("2023-01-31"),
        history,
        "2022 as of 2023-02-01",
        expect![[r#"
        statement, p1 (head), year, no window => exempted
            claimed..verified exempted 0 [3]
            ! LEADER_EXCUSED owed_by
    "#]],
    );
    // The deadline is 31 January: by this text nobody owes any more.
    check(
        &until("2023-01-30"),
        history,
        "2022 as of 2023-02-01",
        expect![[r#"
        statement, p1 (head), year, 2022-01-01..2023-01-31 => not_applicable
            claimed..verified not_applicable 0 []
            ! SUBSTANCE_IRREGULAR valid_from
    "#]],
    );
}
