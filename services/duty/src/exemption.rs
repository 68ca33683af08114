//! 免除: a supervisor decides, by a document, that a duty is not owed for a time.
//!
//! A person decides here; what a rule decides is 不适用 and stays apart. An exemption covers a
//! whole organization, one post or one person there, one duty, one accounting year or an interval
//! of days; it ends by itself, or earlier by a revocation. Nothing is removed: each is kept with
//! the position that brought it, and what was in force then can always be asked.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;

use crate::docno::DocumentNumber;
use crate::id::{DutyId, EventId, OrganizationId, PersonId, PostId};
use crate::position::Position;

/// Why a duty is not owed (DOMAIN §5.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExemptionReason {
    /// 职务空缺.
    PostVacant,
    /// 单位撤销.
    OrganizationDissolved,
    /// 不可抗力.
    ForceMajeure,
    /// 无行政执法权.
    NoEnforcementPower,
    /// 任职不足半年.
    ShortTenure,
    /// 其他, which takes a text.
    Other,
}

impl ExemptionReason {
    /// Chinese name.
    #[must_use]
    pub const fn name_zh(self) -> &'static str {
        match self {
            Self::PostVacant => "职务空缺",
            Self::OrganizationDissolved => "单位撤销",
            Self::ForceMajeure => "不可抗力",
            Self::NoEnforcementPower => "无行政执法权",
            Self::ShortTenure => "任职不足半年",
            Self::Other => "其他",
        }
    }

    /// English name.
    #[must_use]
    pub const fn name_en(self) -> &'static str {
        match self {
            Self::PostVacant => "post vacant",
            Self::OrganizationDissolved => "organization dissolved",
            Self::ForceMajeure => "force majeure",
            Self::NoEnforcementPower => "no enforcement power",
            Self::ShortTenure => "less than six months in office",
            Self::Other => "other",
        }
    }
}

/// Whose obligations an exemption covers, at its organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Covered {
    /// Everybody's: those of the organization and of its leaders.
    Organization,
    /// What is owed through one post. Who owes through several is exempt when all of them are.
    Post(PostId),
    /// What one person owes.
    Person(PersonId),
}

/// When an exemption holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// For everything of one accounting year (考核年度), whatever the day.
    Year(i16),
    /// From a first to a last day, both included.
    Days {
        /// The first day.
        first: Date,
        /// The last day.
        last: Date,
    },
}

impl Span {
    /// Whether it is for an accounting year, or has a day in the calendar year of that number.
    #[must_use]
    pub fn concerns(self, year: i16) -> bool {
        match self {
            Self::Year(exempted) => exempted == year,
            Self::Days { first, last } => first.year() <= year && year <= last.year(),
        }
    }
}

/// An exemption as decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exemption {
    /// Where.
    pub organization: OrganizationId,
    /// Whose obligations.
    pub covered: Covered,
    /// The duty.
    pub duty: DutyId,
    /// When.
    pub span: Span,
    /// Why.
    pub reason: ExemptionReason,
    /// Why, in words; needed for [`ExemptionReason::Other`].
    pub reason_text: Box<str>,
    /// 文号 of the decision.
    pub document: DocumentNumber,
    /// Who applied.
    pub applicant: Box<str>,
    /// Who approved it: neither recorder nor applicant.
    pub approver: Box<str>,
}

/// An exemption ended before its last day (撤销免除).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExemptionRevocation {
    /// The entry that granted it.
    pub target: EventId,
    /// The first day it no longer holds.
    pub from: Date,
    /// Why, at least 10 characters.
    pub reason: Box<str>,
    /// 文号 of the decision.
    pub document: DocumentNumber,
    /// Who approved it, never the recorder.
    pub approver: Box<str>,
}

/// An exemption as the ledger keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldExemption {
    /// The entry that granted it.
    pub since: Position,
    /// Its id.
    pub id: EventId,
    /// What was decided.
    pub exemption: Arc<Exemption>,
    /// The entry that revoked it, and the first day it no longer holds.
    pub revoked: Option<(Position, Date)>,
}

impl HeldExemption {
    /// Whether it holds for something of the accounting year `year` that is looked at on `day`.
    #[must_use]
    pub fn is_in_force(&self, year: i16, day: Date, known: Position) -> bool {
        let spans = match self.exemption.span {
            Span::Year(exempted) => exempted == year,
            Span::Days { first, last } => first <= day && day <= last,
        };
        let ended = self.revoked.is_some_and(|(at, from)| at <= known && from <= day);
        self.since <= known && spans && !ended
    }
}

impl HeldExemption {
    /// As it was known at `known`: without a revocation that came later.
    #[must_use]
    pub fn as_known(&self, known: Position) -> Self {
        let revoked = self.revoked.filter(|(at, _)| *at <= known);
        Self { revoked, ..self.clone() }
    }
}

/// Every exemption, by organization.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exemptions {
    by_organization: BTreeMap<OrganizationId, Vec<HeldExemption>>,
    organizations: BTreeMap<EventId, OrganizationId>,
}

impl Exemptions {
    /// Takes in a new one.
    pub fn grant(&mut self, since: Position, id: EventId, exemption: Exemption) {
        let organization = exemption.organization.clone();
        self.organizations.insert(id, organization.clone());
        let exemption = Arc::new(exemption);
        let held = HeldExemption { since, id, exemption, revoked: None };
        self.by_organization.entry(organization).or_default().push(held);
    }

    /// Takes in that one was revoked; the first revocation counts.
    pub fn revoke(&mut self, at: Position, revocation: &ExemptionRevocation) {
        let of = self.organizations.get(&revocation.target);
        let all = of.and_then(|organization| self.by_organization.get_mut(organization));
        let held = all.and_then(|all| all.iter_mut().find(|held| held.id == revocation.target));
        if let Some(held) = held {
            held.revoked.get_or_insert((at, revocation.from));
        }
    }

    /// The exemption that an entry granted.
    #[must_use]
    pub fn get(&self, id: EventId) -> Option<&HeldExemption> {
        let all = self.by_organization.get(self.organizations.get(&id)?)?;
        all.iter().find(|held| held.id == id)
    }

    /// The exemptions of an organization known at `known`, by position.
    pub fn of<'a>(
        &'a self,
        organization: &OrganizationId,
        known: Position,
    ) -> impl Iterator<Item = &'a HeldExemption> {
        let all = self.by_organization.get(organization).map_or(&[][..], Vec::as_slice);
        all.iter().filter(move |held| held.since <= known)
    }
}
