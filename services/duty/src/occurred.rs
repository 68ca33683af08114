//! When something happened, as precisely as is known.
//!
//! A report says "上半年" or nothing at all; a ledger must not sharpen that into a day. An
//! [`Occurred`] is a closed interval of civil days in which the event certainly lies, or nothing.
//! Comparing it with a window gives one of four certain answers or "unknown".

use jiff::civil::Date;

use crate::problem::{Problems, Reason};

/// How precisely the time of an event is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Precision {
    /// A day.
    Day,
    /// A calendar month.
    Month,
    /// A calendar quarter.
    Quarter,
    /// A half-year (上半年, 下半年).
    HalfYear,
    /// A calendar year.
    Year,
    /// An interval that is none of the above.
    Period,
    /// Not known at all.
    Unknown,
}

impl Precision {
    /// Stable text, as in the import format.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::HalfYear => "half_year",
            Self::Year => "year",
            Self::Period => "period",
            Self::Unknown => "unknown",
        }
    }
}

/// The interval in which an event certainly lies (发生时间).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Occurred {
    precision: Precision,
    interval: Option<(Date, Date)>,
}

/// Where an event lies relative to a window of days, when that is certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timing {
    /// Wholly inside the window.
    InTime,
    /// Wholly after the window.
    Late,
    /// Wholly before the window.
    TooEarly,
    /// The interval crosses a border of the window, or is not known.
    Unknown,
}

impl Occurred {
    /// Not known at all.
    pub const UNKNOWN: Self = Self { precision: Precision::Unknown, interval: None };

    /// A day.
    #[must_use]
    pub const fn day(day: Date) -> Self {
        Self { precision: Precision::Day, interval: Some((day, day)) }
    }

    /// An interval of the stated precision, or what is wrong with it, added to `problems`.
    pub fn new(
        precision: Precision,
        start: Option<Date>,
        end: Option<Date>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let (start, end) = match (precision, start, end) {
            (Precision::Unknown, None, None) => return Some(Self::UNKNOWN),
            (Precision::Unknown, _, _) => {
                problems.add(
                    Reason::PrecisionMismatch,
                    "precision",
                    "精度为“未知”时不得填写起止日期；若已知区间请用 period",
                    "an unknown time has no start or end; use PERIOD for a known interval",
                );
                return None;
            }
            (Precision::Day, Some(day), None) | (Precision::Day, None, Some(day)) => (day, day),
            (_, Some(start), Some(end)) => (start, end),
            (_, start, _) => {
                let missing = if start.is_none() { "start_date" } else { "end_date" };
                problems.add(
                    Reason::FieldRequired,
                    missing,
                    format!("精度为 {} 时必须填写起止日期", precision.as_str()),
                    format!("precision {} needs both start and end", precision.as_str()),
                );
                return None;
            }
        };
        if end < start {
            problems.add(
                Reason::DateReversed,
                "end_date",
                format!("结束日期 {end} 早于开始日期 {start}"),
                format!("the end {end} is before the start {start}"),
            );
            return None;
        }
        if !fits(precision, start, end) {
            problems.add(
                Reason::PrecisionMismatch,
                "precision",
                format!(
                    "{start} 至 {end} 不是一个完整的 {}；其他区间请用 period",
                    precision.as_str()
                ),
                format!("{start} to {end} is not one whole {}; use PERIOD", precision.as_str()),
            );
            return None;
        }
        Some(Self { precision, interval: Some((start, end)) })
    }

    /// How precisely the time is known.
    #[must_use]
    pub const fn precision(&self) -> Precision {
        self.precision
    }

    /// First possible day.
    #[must_use]
    pub fn start(&self) -> Option<Date> {
        self.interval.map(|(start, _)| start)
    }

    /// Last possible day: what a deadline is compared with.
    #[must_use]
    pub fn end(&self) -> Option<Date> {
        self.interval.map(|(_, end)| end)
    }

    /// The day, when it is known to the day.
    #[must_use]
    pub fn as_day(&self) -> Option<Date> {
        self.interval.and_then(|(start, end)| (start == end).then_some(start))
    }

    /// Where the event certainly lies relative to the closed window `first..=last`.
    #[must_use]
    pub fn timing(&self, first: Date, last: Date) -> Timing {
        match self.interval {
            None => Timing::Unknown,
            Some((start, end)) if first <= start && end <= last => Timing::InTime,
            Some((start, _)) if last < start => Timing::Late,
            Some((_, end)) if end < first => Timing::TooEarly,
            Some(_) => Timing::Unknown,
        }
    }

    /// Whether the event may lie on some day of `first..=last`.
    #[must_use]
    pub fn may_overlap(&self, first: Date, last: Date) -> bool {
        self.interval.is_none_or(|(start, end)| start <= last && first <= end)
    }
}

/// Whether the interval is one whole unit of the precision.
fn fits(precision: Precision, start: Date, end: Date) -> bool {
    let same_year = start.year() == end.year();
    let whole = |months: i8| {
        same_year
            && start.day() == 1
            && (start.month() - 1) % months == 0
            && end.month() == start.month() + months - 1
            && end == end.last_of_month()
    };
    match precision {
        Precision::Day => start == end,
        Precision::Month => whole(1),
        Precision::Quarter => whole(3),
        Precision::HalfYear => whole(6),
        Precision::Year => whole(12),
        Precision::Period => true,
        Precision::Unknown => false,
    }
}

#[cfg(test)]
#[path = "occurred/tests.rs"]
mod tests;
