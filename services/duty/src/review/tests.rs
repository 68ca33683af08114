//! When a return must be mended, and what a grade is worth.

use super::*;

fn returned(on: &str, days: u8) -> Reviewed {
    Reviewed {
        at: Position::new(1),
        on: on.parse().unwrap(),
        verdict: Verdict::Returned,
        grade: None,
        cure_working_days: days,
    }
}

fn calendars() -> Calendars {
    let mut calendars = Calendars::new();
    for text in [
        include_str!("../../../../data/calendars/2022.toml"),
        include_str!("../../../../data/calendars/2023.toml"),
    ] {
        calendars.insert(crate::calendar::CalendarYear::parse_toml(text).unwrap());
    }
    calendars
}

/// The vectors of DOMAIN §5.6, as returns.
#[test]
fn a_cure_period_counts_working_days_from_the_day_after() {
    let calendars = calendars();
    let vectors = [
        ("2022-03-22", 20, "2022-04-20"),
        ("2022-09-28", 7, "2022-10-12"),
        ("2022-11-14", 30, "2022-12-26"),
        ("2022-12-28", 20, "2023-01-31"),
        ("2023-01-18", 7, "2023-02-01"),
        ("2023-02-28", 5, "2023-03-07"),
        ("2023-04-01", 15, "2023-04-23"),
    ];
    for (on, days, last) in vectors {
        let found = returned(on, days).cure_by(&calendars).unwrap().unwrap();
        assert_eq!(found.to_string(), last, "{on} + {days}");
    }
}

#[test]
fn beyond_the_last_calendar_no_day_is_guessed() {
    let missing = returned("2023-12-29", 5).cure_by(&calendars()).unwrap().unwrap_err();
    assert!(missing.to_string().contains("2024"), "{missing}");
}

#[test]
fn only_a_return_is_to_be_mended() {
    for verdict in [Verdict::Accepted, Verdict::AcceptanceWithdrawn] {
        let other = Reviewed { verdict, ..returned("2023-02-28", 5) };
        assert_eq!(other.cure_by(&calendars()), None, "{verdict:?}");
    }
}

#[test]
fn only_a_reservation_costs_something() {
    let shares = [Grade::A, Grade::B, Grade::C].map(|grade| grade.share().to_string());
    assert_eq!(shares, ["1", "1", "0.6"]);
}
