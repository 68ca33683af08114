//! What a supervisor's decision does to an event: accepted with a grade, returned with a cure
//! period, an acceptance withdrawn.

use expect_test::expect;

use super::check;
use super::show::answer;
use super::world::Ledger;

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
/// period still runs, on the next it has passed: the event is claimed and no more (待核).
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
        plan, org, year, 2023-01-01..2023-03-31 => needs_verification
            claimed fulfilled 1 [1]
            dated..verified needs_verification 0 []
            ! RETURN_NOT_MENDED review
            1: claimed in time for 1 (returned), returned at 3 by 2023-03-07, passed
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

/// The state on the official rung, *documented*, of the plan due on 2023-03-31: what came after
/// the return of 2023-02-28, and the day asked about.
#[test]
fn what_is_returned_and_not_mended_no_longer_counts() {
    let mended =
        "corrects 1 performed annual_work_plan day 2023-02-21 year 2023 doc 柳科通〔2023〕2号";
    let rows = [
        ("", "2023-03-07", "fulfilled"),
        ("", "2023-03-08", "needs_verification"),
        // Not overdue after the deadline either: it is claimed.
        ("", "2024-01-02", "needs_verification"),
        // No calendar, no last day, nothing late.
        ("", "2023-03-08 without calendars", "fulfilled"),
        ("4 2023-03-07 M", "2023-03-08", "fulfilled"),
        // A correction begins without a decision, also one that comes too late.
        ("4 2023-03-20 M", "2023-03-21", "fulfilled"),
        ("4 2023-03-20 M", "2023-03-21 known 3", "needs_verification"),
        // Accepted after all, and that withdrawn: the last decision counts.
        ("4 2023-03-20 accepts 1 A", "2023-03-21", "fulfilled"),
        ("4 2023-03-20 accepts 1 A\n5 2023-03-20 unaccepts 1", "2023-03-21", "fulfilled"),
        // Returned again, for five working days from 2023-03-20: by the 27th.
        ("4 2023-03-20 returns 1", "2023-03-27", "fulfilled"),
        ("4 2023-03-20 returns 1", "2023-03-28", "needs_verification"),
        // Another one that was not returned is enough.
        (
            "4 2023-03-20 performed annual_work_plan day 2023-03-20 year 2023 doc 柳科通〔2023〕9号",
            "2023-03-28",
            "fulfilled",
        ),
    ];
    for (then, asked, expected) in rows {
        let then = then.replace('M', mended);
        let history = format!("{EVENT}\n2 2023-02-21 accepts 1\n3 2023-02-28 returns 1\n{then}");
        let answer = answer(&Ledger::told(PLAN, &history), &format!("2023 as of {asked}"));
        let state = answer.lines().next().and_then(|line| line.split_once(" => "));
        assert_eq!(state.map(|(_, state)| state), Some(expected), "{then} as of {asked}");
    }
}

/// One of two sessions returned and not mended: a half on every rung but *claimed*, and of two
/// examinations the one.
#[test]
fn the_other_acts_keep_their_credit() {
    check(
        STUDY,
        "1 2023-02-20 performed leader_law_study day 2023-02-20 year 2023 doc 柳科通〔2023〕1号
         2 2023-05-20 performed leader_law_study day 2023-05-20 year 2023 doc 柳科通〔2023〕2号
         3 2023-06-01 returns 2",
        "2023 as of 2024-01-02",
        expect![[r#"
            study, org, year, 2023-01-01..2023-12-31 => needs_verification
                claimed fulfilled 1 [1 2]
                dated..documented partial 0.5 [1]
                verified needs_verification 0 []
                ! RETURN_NOT_MENDED review
        "#]],
    );
    check(
        EXAMS,
        "1 2023-02-20 performed enforcement_exam day 2023-02-20 year 2023 doc 柳科通〔2023〕1号 pass_rate=1
         2 2023-05-20 performed enforcement_exam day 2023-05-20 year 2023 doc 柳科通〔2023〕2号 pass_rate=1
         3 2023-06-01 returns 2",
        "2023 as of 2024-01-02",
        expect![[r#"
            exams, org, item 1, 2023-01-01..2023-12-31 => fulfilled
                claimed..documented fulfilled 1 [1]
                verified needs_verification 0 []
            exams, org, item 2, 2023-01-01..2023-12-31 => needs_verification
                claimed fulfilled 1 [2]
                dated..verified needs_verification 0 []
                ! RETURN_NOT_MENDED review
            exams in all => partial
                claimed fulfilled 1
                dated..documented partial 0.5
                verified needs_verification 0
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
