//! Working days (工作日): which days the State Council's yearly notices make working days, and the
//! arithmetic of periods counted in them.
//!
//! A period is counted from the day after its start (民法典 art. 201), and a last day of a period
//! that is a day off moves to the next working day (art. 203). Fixed dates never move; they are the
//! rule set's business. Nothing is computed for a year whose calendar is not loaded: a
//! weekday of a year to come may turn out a holiday. A notice may mark days of the December before;
//! until it is loaded those days follow the calendar of their own year, and once it is, it rules.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::{Date, Weekday};

use crate::problem::{Problem, Reason};
use crate::ruleset::reader::{Node, Reasons, Report, Table};

const REASONS: Reasons = Reasons {
    syntax: Reason::FieldMalformed,
    unknown_key: Reason::FieldMalformed,
    missing_key: Reason::FieldRequired,
    invalid: Reason::FieldMalformed,
};

/// Years a calendar may be for.
const YEARS: std::ops::RangeInclusive<i64> = 2000..=2099;
/// Longest text of a calendar, in bytes; that of a year has some 1,500.
const CALENDAR_BYTES_MAX: usize = 64 * 1024;
/// Longest holiday, in days; the longest so far had nine.
const HOLIDAY_DAYS_MAX: i32 = 16;

/// The arrangement of one year (节假日安排).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarYear {
    /// The year.
    pub year: i16,
    /// 文号 of the notice that ordered it.
    pub notice: Box<str>,
    /// Where the notice stands; may be empty.
    pub notice_url: Box<str>,
    /// 放假调休: days off, weekends among them.
    pub holidays: BTreeSet<Date>,
    /// 调休上班: Saturdays and Sundays worked.
    pub working_weekends: BTreeSet<Date>,
    /// The exact text it was read from.
    pub text: Arc<str>,
}

/// The calendar of a year is not loaded, so nothing can be said about its working days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the working-day calendar of {year} is not loaded")]
pub struct CalendarMissing {
    /// The year.
    pub year: i16,
}

impl CalendarMissing {
    /// The same in Chinese; the `Display` text is English.
    #[must_use]
    pub fn zh(&self) -> String {
        format!("{} 年工作日历尚未载入", self.year)
    }
}

/// The calendars known, one for each year.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calendars {
    years: BTreeMap<i16, CalendarYear>,
}

impl CalendarYear {
    /// Reads a calendar; all faults at once, each naming its line.
    pub fn parse_toml(text: &str) -> Result<Self, Vec<Problem>> {
        let mut report = Report::new(text, REASONS);
        let read = read(&mut report, text);
        let is_clean = report.is_clean();
        let (errors, _) = report.into_parts();
        match read {
            Some(calendar) if is_clean => Ok(calendar),
            _ => Err(errors.into_iter().map(|error| error.problem).collect()),
        }
    }

    /// Whether the notice makes the day a working day or a day off; `None` where it is silent.
    fn marks(&self, day: Date) -> Option<bool> {
        if self.working_weekends.contains(&day) {
            Some(true)
        } else if self.holidays.contains(&day) {
            Some(false)
        } else {
            None
        }
    }
}

impl Calendars {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a calendar in; it replaces an earlier version of the same year.
    pub fn insert(&mut self, calendar: CalendarYear) {
        self.years.insert(calendar.year, calendar);
    }

    /// The calendar of a year.
    #[must_use]
    pub fn get(&self, year: i16) -> Option<&CalendarYear> {
        self.years.get(&year)
    }

    /// The calendars, by year.
    pub fn iter(&self) -> impl Iterator<Item = &CalendarYear> {
        self.years.values()
    }

    /// Whether a day is a working day.
    pub fn is_working_day(&self, day: Date) -> Result<bool, CalendarMissing> {
        let own = self.years.get(&day.year()).ok_or(CalendarMissing { year: day.year() })?;
        let next = day.year().checked_add(1).and_then(|year| self.years.get(&year));
        // The later notice knows of the earlier one and may amend it.
        let marked = next.and_then(|next| next.marks(day)).or_else(|| own.marks(day));
        Ok(marked.unwrap_or_else(|| !is_weekend(day)))
    }

    /// The last day of a period of `count` working days that begins on `start`, which is not
    /// counted itself; `start` for none.
    pub fn add_working_days(&self, start: Date, count: u32) -> Result<Date, CalendarMissing> {
        let mut day = start;
        let mut left = count;
        while 0 < left {
            day = next(day)?;
            if self.is_working_day(day)? {
                left -= 1;
            }
        }
        Ok(day)
    }

    /// The day itself if it is a working day, else the next one (民法典 art. 203).
    pub fn roll_forward(&self, day: Date) -> Result<Date, CalendarMissing> {
        let mut day = day;
        while !self.is_working_day(day)? {
            day = next(day)?;
        }
        Ok(day)
    }

    /// How many working days lie after `start`, up to and with `end`; 0 when `end` is not later.
    pub fn working_days_between(&self, start: Date, end: Date) -> Result<u32, CalendarMissing> {
        let mut day = start;
        let mut count = 0;
        while day < end {
            day = next(day)?;
            if self.is_working_day(day)? {
                count += 1;
            }
        }
        Ok(count)
    }
}

impl FromIterator<CalendarYear> for Calendars {
    fn from_iter<I: IntoIterator<Item = CalendarYear>>(calendars: I) -> Self {
        let mut all = Self::new();
        for calendar in calendars {
            all.insert(calendar);
        }
        all
    }
}

fn next(day: Date) -> Result<Date, CalendarMissing> {
    day.tomorrow().map_err(|_| CalendarMissing { year: day.year() })
}

fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

fn read(report: &mut Report<'_>, text: &str) -> Option<CalendarYear> {
    if CALENDAR_BYTES_MAX < text.len() {
        let start = crate::ruleset::reader::Place { offset: 0, path: String::new() };
        report.invalid(
            &start,
            format!("日历超过 {CALENDAR_BYTES_MAX} 字节"),
            format!("the calendar has more than {CALENDAR_BYTES_MAX} bytes"),
        );
        return None;
    }
    let document = report.document()?;
    let table = Table::root(&document);
    let keys = ["schema_version", "year", "notice", "notice_url", "holiday"];
    table.allow_only(report, &keys);
    if let Some(node) = table.need(report, "schema_version") {
        node.integer(report, 1..=1);
    }
    let year = table.need(report, "year").and_then(|node| node.integer(report, YEARS));
    let year = year.and_then(|year| i16::try_from(year).ok());
    let notice = table.need(report, "notice").and_then(|node| read_notice(report, &node));
    let notice_url = match table.get("notice_url") {
        Some(node) => node.any_text(report)?,
        None => "",
    };
    let mut days = Days { year, ..Days::default() };
    for holiday in table.need(report, "holiday")?.array(report)? {
        days.read(report, &holiday);
    }
    Some(CalendarYear {
        year: year?,
        notice: notice?,
        notice_url: notice_url.into(),
        holidays: days.off,
        working_weekends: days.working,
        text: text.into(),
    })
}

fn read_notice(report: &mut Report<'_>, node: &Node<'_, '_>) -> Option<Box<str>> {
    match crate::docno::DocumentNumber::parse(node.text(report)?) {
        Ok(number) => Some(number.as_str().into()),
        Err(fault) => {
            report.invalid(&node.place, fault.zh, fault.en);
            None
        }
    }
}

/// The days collected so far.
#[derive(Default)]
struct Days {
    /// `None` when the year itself could not be read; then days are not held against it.
    year: Option<i16>,
    off: BTreeSet<Date>,
    working: BTreeSet<Date>,
}

impl Days {
    fn read(&mut self, report: &mut Report<'_>, holiday: &Node<'_, '_>) {
        let Some(table) = holiday.table(report) else { return };
        table.allow_only(report, &["name_zh", "name_en", "first", "last", "working"]);
        for name in ["name_zh", "name_en"] {
            if let Some(node) = table.need(report, name) {
                node.text(report);
            }
        }
        let first_node = table.need(report, "first");
        let last_node = table.need(report, "last");
        let first = first_node.and_then(|node| self.day(report, &node));
        let last = last_node.clone().and_then(|node| self.day(report, &node));
        if let (Some(first), Some(last), Some(node)) = (first, last, last_node) {
            self.add_off(report, &node, first, last);
        }
        let Some(working) = table.get("working").and_then(|node| node.array(report)) else {
            return;
        };
        for node in working {
            if let Some(day) = self.day(report, &node) {
                self.add_working(report, &node, day);
            }
        }
    }

    /// A day of the year, or of the December before.
    fn day(&self, report: &mut Report<'_>, node: &Node<'_, '_>) -> Option<Date> {
        let day = node.date(report)?;
        let Some(year) = self.year else { return Some(day) };
        let belongs = day.year() == year || (day.year() == year - 1 && day.month() == 12);
        if !belongs {
            report.invalid(
                &node.place,
                format!("{day} 不属于 {year} 年的安排"),
                format!("{day} is no day for the calendar of {year}"),
            );
        }
        belongs.then_some(day)
    }

    fn add_off(&mut self, report: &mut Report<'_>, node: &Node<'_, '_>, first: Date, last: Date) {
        let length = (last - first).get_days() + 1;
        if !(1..=HOLIDAY_DAYS_MAX).contains(&length) {
            report.invalid(
                &node.place,
                format!("{first} 至 {last} 不是 1 至 {HOLIDAY_DAYS_MAX} 天的假期"),
                format!("{first} to {last} is no holiday of 1 to {HOLIDAY_DAYS_MAX} days"),
            );
            return;
        }
        for day in first.series(jiff::Span::new().days(1)).take_while(|day| *day <= last) {
            if !self.off.insert(day) {
                self.twice(report, node, day);
            }
        }
    }

    fn add_working(&mut self, report: &mut Report<'_>, node: &Node<'_, '_>, day: Date) {
        if !is_weekend(day) {
            report.invalid(
                &node.place,
                format!("{day} 不是周末，不属于调休上班"),
                format!("{day} is no weekend: only Saturdays and Sundays are listed as worked"),
            );
        }
        let repeated = !self.working.insert(day);
        if repeated || self.off.contains(&day) {
            self.twice(report, node, day);
        }
    }

    fn twice(&self, report: &mut Report<'_>, node: &Node<'_, '_>, day: Date) {
        report.invalid(
            &node.place,
            format!("{day} 出现两次，或既放假又上班"),
            format!("{day} stands twice, or is both off and worked"),
        );
    }
}

#[cfg(test)]
#[path = "calendar/tests.rs"]
mod tests;
