//! Rule sets (规则集): the duties of a jurisdiction as data, read from TOML.
//!
//! A rule set says who owes what, how often, until when, and what counts as done. It carries no
//! version of its own: each publication is an entry of the journal, and the digest of the exact
//! text is what every figure names. [`RuleSet::parse`] reports all faults at once, each with its
//! line; what it accepts can be evaluated for any year without failing.
//!
//! Keys beside `[[duty]]`, all but the first five optional: `schema_version = 1`, `ruleset_id`,
//! `valid_from`, `jurisdiction`, `timezone`, `valid_to`, `official_rung`, `warn_days`,
//! `half_year_threshold_months`, `late_entry_working_days`, `accounting_date {month, day}`,
//! `scoring {late_credit}`, `grades [{name_zh, name_en, min_score}]`, `metrics {name = [metric]}`,
//! `procedure {…_working_days}`, `veto {effect, grade}` (see [`Procedure`], [`Veto`]).
//!
//! A rule set may `extends = "<id>"` that of a jurisdiction around it: what it does not say itself
//! is taken from there. It adds duties, changes single keys of inherited ones (`[[override]]`:
//! `id`, `reason`, the keys, `without = [keys]`) or switches them off (`[[switch_off]]`: `id`,
//! `reason`).
//! What it extends is fixed by its text when it is published ([`RuleSet::resolve`]).

mod advice;
mod cadence;
mod condition;
mod duty;
mod inherit;
mod literal;
mod nearest;
mod origin;
mod parse;
mod procedure;
pub(crate) mod reader;
mod terms;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::division::DivisionCode;
use crate::event::EventType;
use crate::id::{DutyId, RuleSetId};
use crate::problem::Problem;

pub use cadence::{Bound, Cadence, Deadline, MonthDay, SubPeriod};
pub use condition::{Condition, ConditionError, ConditionFacts};
pub use origin::{Origin, OriginKind, Parent};
pub use procedure::{Procedure, Veto};
pub use terms::{Level, OwedBy, Rung, SeedKind, Threshold, TriggerKind};

/// Longest text of a rule set, in bytes: ten times the catalogue of 2022.
pub const RULE_SET_BYTES_MAX: usize = 256 * 1024;

/// A rule set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSet {
    /// Its id, the same in all its versions.
    pub id: RuleSetId,
    /// First day it is valid.
    pub valid_from: Date,
    /// Last day it is valid.
    pub valid_to: Option<Date>,
    /// The division it is for, with everything inside.
    pub jurisdiction: DivisionCode,
    /// The rung whose status is shown first (官方口径); `documented` unless the rule set says so.
    pub official_rung: Rung,
    /// How many days before a deadline a duty is 临期.
    pub warn_days: u32,
    /// Credits.
    pub scoring: Scoring,
    /// 任职不足半年: in office for fewer months than this in the year.
    pub half_year_threshold_months: u8,
    /// 考核基准日: whoever is in office on this day owes for the year.
    pub accounting_date: MonthDay,
    /// 补录: recorded more than so many working days after it happened.
    pub late_entry_working_days: u32,
    /// Grades, best first.
    pub grades: Vec<Grade>,
    /// Terms of notice, appeal and further review (公示、申诉、复核期限).
    pub procedure: Procedure,
    /// What a veto does to the grade (一票否决).
    pub veto: Veto,
    /// What a duty's `metric` adds up: its name, and metrics of the catalogue.
    pub metrics: BTreeMap<Box<str>, Vec<Box<str>>>,
    /// The duties, in the order of the text.
    pub duties: Vec<DutyRule>,
    /// What every figure names, lower-case hex: SHA-256 of the text; for one that extends another,
    /// of the digest of its own text, a line feed, the digest of the parent and a line feed.
    pub digest: Box<str>,
    /// SHA-256 of the text alone, lower-case hex.
    pub text_digest: Box<str>,
    /// The exact text.
    pub text: Arc<str>,
    /// What it extends (上级规则集), nearest first.
    pub parents: Vec<Parent>,
}

/// How states become credits (计分).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scoring {
    /// Credit of 逾期补办.
    pub late_credit: Decimal,
}

/// A grade (考核等次).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grade {
    /// Chinese name.
    pub name_zh: Box<str>,
    /// English name.
    pub name_en: Box<str>,
    /// Least score.
    pub min_score: Decimal,
}

/// A duty (责任事项).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DutyRule {
    /// Its id.
    pub id: DutyId,
    /// Chinese name.
    pub name_zh: Box<str>,
    /// English name.
    pub name_en: Box<str>,
    /// Group in reports: `core`, `reporting`, ….
    pub category: Box<str>,
    /// Who owes it.
    pub owed_by: Vec<OwedBy>,
    /// What it attaches to.
    pub level: Level,
    /// The event types that count.
    pub satisfied_by: Vec<EventType>,
    /// How often and until when.
    pub cadence: Cadence,
    /// How many in the year; a half or a quarter of it in each half-year or quarter.
    pub min_count: u32,
    /// Bounds each document, decision or case must keep, in the order of [`Threshold::ALL`].
    pub threshold: Vec<(Threshold, Decimal)>,
    /// A key of [`RuleSet::metrics`], when not acts but a figure is counted.
    pub metric: Option<Box<str>>,
    /// Lines of work it is limited to; empty for all.
    pub applies_to: Vec<Box<str>>,
    /// Condition on the organization's year.
    pub applies_when: Option<Condition>,
    /// Evidence customarily offered.
    pub evidence_customary: Vec<Box<str>>,
    /// Weight in the score.
    pub weight: Decimal,
    /// Legal basis.
    pub basis: Vec<Box<str>>,
    /// Where the rule comes from in the report it was drafted from.
    pub seed: Option<Seed>,
    /// First day that counts, when not 1 January of the year.
    pub opens: Option<Opening>,
    /// First day this text is in force (施行), when not as long as the rule set; see
    /// [`Self::in_force`].
    pub valid_from: Option<Date>,
    /// Last day this text is in force.
    pub valid_to: Option<Date>,
    /// Where it comes from (来源): who defined it first, then every rule set that changed it.
    pub origins: Vec<Origin>,
}

/// What the source report says about a duty, kept as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seed {
    /// How the report speaks of it.
    pub kind: SeedKind,
    /// Line of the report, 0 for none.
    pub line: u32,
    /// The words.
    pub quote: Box<str>,
}

/// The first day that counts for a yearly duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    /// Month and day.
    pub day: MonthDay,
    /// −1 for the year before, 0 for the year itself, 1 for the year after.
    pub year_offset: i8,
}

/// A fault or advice with its place in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSetError {
    /// Line, counted from 1.
    pub line: u32,
    /// Column in characters, counted from 1.
    pub column: u32,
    /// What is wrong; its field names line and path, its texts the line again.
    pub problem: Problem,
}

impl RuleSet {
    /// Reads a rule set. What is only worth a look comes beside it; otherwise all faults, by line.
    pub fn parse(text: &str) -> Result<(Self, Vec<RuleSetError>), Vec<RuleSetError>> {
        parse::rule_set(text, &[])
    }

    /// The same over the texts of the rule sets it extends, nearest first. They must be exactly
    /// those: the one it names, the one that one names, and so on.
    pub fn resolve(
        text: &str,
        parents: &[&str],
    ) -> Result<(Self, Vec<RuleSetError>), Vec<RuleSetError>> {
        parse::rule_set(text, parents)
    }

    /// The id of the rule set that a text extends, if it names one; faults are for
    /// [`Self::resolve`] to find.
    #[must_use]
    pub fn extended_by(text: &str) -> Option<RuleSetId> {
        inherit::extended_by(text)
    }

    /// 考核基准日 of a year.
    #[must_use]
    pub fn accounting_day(&self, year: i16) -> Date {
        self.accounting_date.in_year(year)
    }

    /// Whether the rule set is the one to judge a year by: valid on its accounting day.
    #[must_use]
    pub fn is_valid_for(&self, year: i16) -> bool {
        let day = self.accounting_day(year);
        self.valid_from <= day && self.valid_to.is_none_or(|last| day <= last)
    }

    /// The duty of this id.
    #[must_use]
    pub fn duty(&self, id: &DutyId) -> Option<&DutyRule> {
        self.duties.iter().find(|duty| duty.id == *id)
    }

    /// The grade a score reaches.
    #[must_use]
    pub fn grade(&self, score: Decimal) -> Option<&Grade> {
        self.grades.iter().find(|grade| grade.min_score <= score)
    }

    /// The best grade that a veto leaves; none where the rule set grades nothing.
    #[must_use]
    pub fn vetoed_grade(&self) -> Option<&Grade> {
        match &self.veto {
            Veto::Lowest => self.grades.last(),
            Veto::Cap(name) => self.grades.iter().find(|grade| grade.name_zh == *name),
        }
    }

    /// The grade a score reaches under a veto: that of the score or the one a veto leaves,
    /// whichever is worse. A score below every grade has none, with or without a veto.
    #[must_use]
    pub fn grade_under_veto(&self, score: Decimal) -> Option<&Grade> {
        let reached = self.grade(score)?;
        let left = self.vetoed_grade()?;
        Some(if reached.min_score < left.min_score { reached } else { left })
    }
}

impl DutyRule {
    /// Who switched it off, and why; `None` for a duty that holds.
    #[must_use]
    pub fn switched_off(&self) -> Option<&Origin> {
        self.origins.last().filter(|origin| origin.kind == OriginKind::SwitchedOff)
    }

    /// First day that counts for `year`.
    #[must_use]
    pub fn opens_on(&self, year: i16) -> Date {
        match self.opens {
            Some(Opening { day, year_offset }) => {
                day.in_year(year.saturating_add(i16::from(year_offset)))
            }
            None => MonthDay::NEW_YEAR.in_year(year),
        }
    }

    /// Whether this text governs what falls due on a day. A law that changes in mid-year is two
    /// duties, the old text with its last day and the new one with its first: an obligation is
    /// judged by the text in force on its last day, because that is the day the law could first be
    /// broken; a document, decision or case by the text of its own day, because a procedure is kept
    /// or not when the act is done; a reaction to a change by that of the change, which began it.
    #[must_use]
    pub fn in_force(&self, day: Date) -> bool {
        self.valid_from.is_none_or(|first| first <= day)
            && self.valid_to.is_none_or(|last| day <= last)
    }

    /// The half-years or quarters in which a part of [`Self::min_count`] is owed; none for another
    /// cadence.
    #[must_use]
    pub fn sub_periods(&self, year: i16) -> Vec<SubPeriod> {
        self.cadence.sub_periods(year)
    }
}

impl Default for Scoring {
    fn default() -> Self {
        Self { late_credit: Decimal::new(6, 1) }
    }
}

#[cfg(test)]
#[path = "ruleset/tests.rs"]
mod tests;

#[cfg(test)]
#[path = "ruleset/refusal_tests.rs"]
mod refusal_tests;

#[cfg(test)]
#[path = "ruleset/inherit_tests.rs"]
mod inherit_tests;
