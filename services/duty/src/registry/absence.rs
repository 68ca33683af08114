//! Absences (离岗): the documented reasons why the holder of a post owes nothing (DOMAIN §5.2).
//!
//! The tenure goes on, or has ended by retirement; on the days of the absence its holder is excused
//! (免除) and whoever acts for them (主持工作) owes. It is no exemption of the organization, whose
//! duties go on as they were.

use jiff::civil::Date;

use super::Registry;
use crate::docno::DocumentNumber;
use crate::id::{AbsenceId, TenureId};
use crate::position::Position;

/// Why the holder of a post is excused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AbsenceKind {
    /// 退休.
    Retired,
    /// 停职.
    Suspended,
    /// 长期病假.
    SickLeave,
    /// 接受审查调查.
    UnderInvestigation,
}

impl AbsenceKind {
    /// Stable text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Retired => "retired",
            Self::Suspended => "suspended",
            Self::SickLeave => "sick_leave",
            Self::UnderInvestigation => "under_investigation",
        }
    }

    /// Chinese name.
    #[must_use]
    pub const fn name_zh(self) -> &'static str {
        match self {
            Self::Retired => "退休",
            Self::Suspended => "停职",
            Self::SickLeave => "长期病假",
            Self::UnderInvestigation => "接受审查调查",
        }
    }
}

/// A documented absence of one holder from one post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absence {
    /// Its id.
    pub id: AbsenceId,
    /// The tenure its holder is absent from.
    pub tenure: TenureId,
    /// Why.
    pub kind: AbsenceKind,
    /// First day.
    pub from: Date,
    /// Last day, when it has ended or its end is known.
    pub to: Option<Date>,
    /// 文号 of the decision: nobody is excused without one.
    pub document: DocumentNumber,
    /// True when it was recorded by mistake: it excuses nobody.
    pub revoked: bool,
}

impl Absence {
    /// Whether it excuses on `day`.
    #[must_use]
    pub fn excuses_on(&self, day: Date) -> bool {
        !self.revoked && self.from <= day && self.to.is_none_or(|to| day <= to)
    }

    /// Whether it shares a day with another one.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        !self.revoked
            && !other.revoked
            && self.to.is_none_or(|to| other.from <= to)
            && other.to.is_none_or(|to| self.from <= to)
    }
}

impl Registry {
    /// Takes in a new version of an absence.
    pub fn put_absence(&mut self, since: Position, absence: Absence) {
        let versions = self.absences.entry(absence.id.clone()).or_default();
        if versions.all().next().is_none() {
            self.absences_of.entry(absence.tenure.clone()).or_default().push(absence.id.clone());
        }
        versions.push(since, absence);
    }

    /// The absence as known at `known`, with the position of that version.
    #[must_use]
    pub fn absence(&self, id: &AbsenceId, known: Position) -> Option<(Position, &Absence)> {
        self.absences.get(id)?.at(known)
    }

    /// The absences from a tenure, revoked ones included, by first day.
    #[must_use]
    pub fn absences_of(&self, tenure: &TenureId, known: Position) -> Vec<(Position, &Absence)> {
        let ids = self.absences_of.get(tenure).into_iter().flatten();
        let mut found: Vec<_> = ids.filter_map(|id| self.absence(id, known)).collect();
        found.sort_by(|(_, a), (_, b)| (a.from, &a.id).cmp(&(b.from, &b.id)));
        found
    }

    /// The absence that excuses the holder of a tenure on `day`, with the position that says so.
    #[must_use]
    pub fn excused_on(
        &self,
        tenure: &TenureId,
        day: Date,
        known: Position,
    ) -> Option<(Position, &Absence)> {
        self.absences_of(tenure, known).into_iter().find(|(_, absence)| absence.excuses_on(day))
    }
}
