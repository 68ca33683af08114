//! How often a duty is owed, and until when.
//!
//! A deadline is a fixed date that the rule prints, not a period: it never moves when it falls on a
//! day off (DOMAIN §2). "3月1日之前" excludes the day itself, so its last day is the end of February,
//! leap day or not. Every function here is total: a year beyond the calendar gives its last day.

use jiff::civil::Date;

use super::reader::{Node, Report, Table};
use super::terms::TriggerKind;

/// A day that every year has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MonthDay {
    month: i8,
    day: i8,
}

/// Whether the printed day is still in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bound {
    /// 之前: the printed day is late.
    Before,
    /// 前（含当日）: the printed day is in time.
    OnOrBefore,
}

/// A fixed date until which something is owed (时限).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadline {
    /// The date as printed.
    pub date: MonthDay,
    /// 0 for the accounting year, 1 for the year after.
    pub year_offset: u8,
    /// Whether the printed day counts.
    pub bound: Bound,
    /// Where the date comes from; may be empty.
    pub basis: Box<str>,
}

/// How often and until when (频次).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cadence {
    /// 每年: `min_count` by the deadline.
    Annual {
        /// Until when.
        deadline: Deadline,
    },
    /// 每半年: half of `min_count` in each.
    HalfYear {
        /// Until when the second half counts.
        deadline: Deadline,
    },
    /// 每季度: a quarter of `min_count` in each.
    Quarterly {
        /// Until when the fourth quarter counts.
        deadline: Deadline,
    },
    /// 变动后: within so many working days of a change.
    OnChange {
        /// The changes.
        triggers: Vec<TriggerKind>,
        /// 工作日.
        within_working_days: u32,
        /// 年度确认: a confirmation each year, changed or not.
        annual_confirmation: Option<Deadline>,
    },
    /// 一事一办: for each document, decision or case.
    OnEvent,
    /// 全年累计: a count over the year.
    ContinuousCount,
}

/// A part of the year in which a part of the minimum is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubPeriod {
    /// `H1`, `H2`, `Q1` to `Q4`.
    pub label: &'static str,
    /// First day.
    pub first: Date,
    /// Last day.
    pub last: Date,
}

impl MonthDay {
    /// 1 January.
    pub const NEW_YEAR: Self = Self { month: 1, day: 1 };
    /// 31 December.
    pub const YEAR_END: Self = Self { month: 12, day: 31 };

    /// A day that exists in every year; so not 29 February.
    #[must_use]
    pub fn new(month: i8, day: i8) -> Option<Self> {
        // 2023 is no leap year.
        Date::new(2023, month, day).ok().map(|_| Self { month, day })
    }

    /// The day in a year.
    #[must_use]
    pub fn in_year(self, year: i16) -> Date {
        Date::new(year, self.month, self.day).unwrap_or(Date::MAX)
    }

    /// The month, 1 to 12.
    #[must_use]
    pub const fn month(self) -> i8 {
        self.month
    }

    /// The day of the month, from 1.
    #[must_use]
    pub const fn day(self) -> i8 {
        self.day
    }

    /// Reads `month` and `day` of a table, whose other keys are the caller's.
    pub(super) fn read(report: &mut Report<'_>, table: &Table<'_, '_>) -> Option<Self> {
        let month = table.need(report, "month").and_then(|node| node.integer(report, 1..=12));
        let day_node = table.need(report, "day")?;
        let day = day_node.integer(report, 1..=31);
        let (month, day) = (i8::try_from(month?).ok()?, i8::try_from(day?).ok()?);
        let found = Self::new(month, day);
        if found.is_none() {
            let (zh, en) = if (month, day) == (2, 29) {
                ("2月29日并非每年都有，不能作为期限", "29 February does not exist each year")
            } else {
                ("没有这一天", "there is no such day")
            };
            report.invalid(
                &day_node.place,
                format!("{month}月{day}日：{zh}"),
                format!("month {month}, day {day}: {en}"),
            );
        }
        found
    }
}

impl Bound {
    const WORDS: &[(&'static str, Self)] =
        &[("before", Self::Before), ("on_or_before", Self::OnOrBefore)];

    /// The word in rule sets.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::OnOrBefore => "on_or_before",
        }
    }
}

impl Deadline {
    /// The date as the rule prints it, for an accounting year.
    #[must_use]
    pub fn printed_date(&self, year: i16) -> Date {
        self.date.in_year(year.saturating_add(i16::from(self.year_offset)))
    }

    /// The last day that is in time.
    #[must_use]
    pub fn last_day(&self, year: i16) -> Date {
        let printed = self.printed_date(year);
        match self.bound {
            Bound::Before => printed.yesterday().unwrap_or(printed),
            Bound::OnOrBefore => printed,
        }
    }

    pub(super) fn read(report: &mut Report<'_>, node: &Node<'_, '_>) -> Option<Self> {
        let table = node.table(report)?;
        table.allow_only(report, &["month", "day", "year_offset", "bound", "basis"]);
        let date = MonthDay::read(report, &table);
        let offset = table.need(report, "year_offset").and_then(|node| node.integer(report, 0..=2));
        let bound = table.need(report, "bound").and_then(|node| node.choice(report, Bound::WORDS));
        let basis = match table.get("basis") {
            Some(node) => node.any_text(report)?,
            None => "",
        };
        let year_offset = u8::try_from(offset?).ok()?;
        Some(Self { date: date?, year_offset, bound: bound?, basis: basis.into() })
    }
}

impl Cadence {
    /// The word in rule sets.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Annual { .. } => "annual",
            Self::HalfYear { .. } => "half_year",
            Self::Quarterly { .. } => "quarterly",
            Self::OnChange { .. } => "on_change",
            Self::OnEvent => "on_event",
            Self::ContinuousCount => "continuous_count",
        }
    }

    /// The deadline, where the cadence has one of its own.
    #[must_use]
    pub const fn deadline(&self) -> Option<&Deadline> {
        match self {
            Self::Annual { deadline }
            | Self::HalfYear { deadline }
            | Self::Quarterly { deadline } => Some(deadline),
            Self::OnChange { annual_confirmation, .. } => annual_confirmation.as_ref(),
            Self::OnEvent | Self::ContinuousCount => None,
        }
    }

    /// See [`super::DutyRule::sub_periods`]. The last one ends with the deadline, the others with
    /// the half-year or quarter.
    pub(super) fn sub_periods(&self, year: i16) -> Vec<SubPeriod> {
        let (labels, months, deadline): (&[&str], i8, _) = match self {
            Self::HalfYear { deadline } => (&["H1", "H2"], 6, deadline),
            Self::Quarterly { deadline } => (&["Q1", "Q2", "Q3", "Q4"], 3, deadline),
            _ => return Vec::new(),
        };
        let day = |month: i8| Date::new(year, month, 1).unwrap_or(Date::MAX);
        let mut periods: Vec<SubPeriod> = (0i8..)
            .zip(labels)
            .map(|(index, label)| SubPeriod {
                label,
                first: day(index * months + 1),
                last: day((index + 1) * months).last_of_month(),
            })
            .collect();
        if let Some(final_period) = periods.last_mut() {
            final_period.last = deadline.last_day(year).max(final_period.first);
        }
        periods
    }
}
