//! The ledger's civil time: Asia/Shanghai, UTC+8, without daylight saving since 1991.
//!
//! A deadline is a civil date there, whatever zone a node runs in; the fixed offset needs no time
//! zone database, so the same instant gives the same day on every machine.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz;

/// The civil day in Asia/Shanghai at `instant`.
#[must_use]
pub fn civil_day(instant: Timestamp) -> Date {
    tz::offset(8).to_datetime(instant).date()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::civil_day;

    #[test]
    fn the_day_turns_at_midnight_in_shanghai_not_in_utc() {
        let table = [
            ("2022-12-31T15:59:59Z", date(2022, 12, 31)),
            ("2022-12-31T16:00:00Z", date(2023, 1, 1)),
            ("2024-02-28T16:00:00Z", date(2024, 2, 29)),
        ];
        for (instant, day) in table {
            assert_eq!(civil_day(instant.parse().unwrap()), day, "{instant}");
        }
    }
}
