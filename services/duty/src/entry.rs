//! Everything that may stand in the journal, as one closed list.
//!
//! `state = fold(journal)`, and [`Entry`] is what is folded. How an entry is stored and sent is the
//! edge's business; its position is the journal's.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::calendar::CalendarYear;
use crate::docno::DocumentNumber;
use crate::event::DutyEvent;
use crate::exemption::{Exemption, ExemptionRevocation};
use crate::id::{EventId, OrganizationId, PersonId};
use crate::registry::{
    Absence, LeadingGroup, Organization, OrganizationChange, Person, Post, Tenure,
};
use crate::ruleset::RuleSet;
use crate::year::YearStep;

pub use crate::review::{Review, Verdict};

/// An entry with its header.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The caller's idempotency key.
    pub event_id: EventId,
    /// When the ledger took it in; never before that of the entry before it.
    pub recorded_at: Timestamp,
    /// Who recorded it: the id of a system or a person, never a name.
    pub recorder: Box<str>,
    /// What it says.
    pub entry: Entry,
}

/// What an entry says.
#[derive(Debug, Clone)]
pub enum Entry {
    /// A duty event (填报).
    DutyEvent(Box<DutyEvent>),
    /// A new version of a duty event (更正); the old one stays in the journal.
    Correction(Box<Correction>),
    /// A duty event taken back (撤回).
    Withdrawal(Withdrawal),
    /// A supervisor's decision on a duty event (审核).
    Review(Review),
    /// A new organization or a new version of one.
    Organization(Organization),
    /// A new post or a new version of one.
    Post(Post),
    /// A person, by id, or a new sealed version of what is personal about them.
    Person(Person),
    /// A person's text made unreadable for ever (个人信息删除).
    PersonErased(PersonErasure),
    /// A new tenure or a new version of one.
    Tenure(Tenure),
    /// An absence that excuses the holder of a post, new or in a new version (离岗).
    Absence(Absence),
    /// What a document says of a leading group (领导小组).
    LeadingGroup(Box<LeadingGroup>),
    /// A change of an organization from a day on (机构变更).
    OrganizationChange(OrganizationChange),
    /// A rule set published.
    RuleSet(Box<RuleSet>),
    /// A working-day calendar published (节假日安排).
    Calendar(Box<CalendarYear>),
    /// A duty not owed for a time, by a supervisor's decision (免除).
    Exemption(Box<Exemption>),
    /// An exemption ended before its last day (撤销免除).
    ExemptionRevoked(ExemptionRevocation),
    /// A step in the life of an evaluated year (公示、申诉、封存).
    YearStep(Box<YearStep>),
    /// A civil day in Asia/Shanghai has ended.
    DayClosed(Date),
}

/// A new version of a duty event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// The version it replaces.
    pub target: EventId,
    /// Why, at least 10 characters.
    pub reason: Box<str>,
    /// The event as it should read.
    pub event: DutyEvent,
}

/// A duty event taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawal {
    /// The version taken back.
    pub target: EventId,
    /// Why, at least 10 characters.
    pub reason: Box<str>,
    /// The verifier who consents; needed once the event was accepted.
    pub consented_by: Box<str>,
}

/// The order to make a person's text unreadable. The ciphertext stays in the journal; its key goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonErasure {
    /// Whose text.
    pub person: PersonId,
    /// 文号 of the decision.
    pub document: DocumentNumber,
    /// Why, at least 10 characters; never with a name in it.
    pub reason: Box<str>,
    /// Who approved it, never the recorder.
    pub approver: Box<str>,
}

impl Entry {
    /// The organization whose stream the entry belongs to. A correction, withdrawal or review
    /// belongs to the stream of its target, which the fold knows.
    #[must_use]
    pub fn organization(&self) -> Option<&OrganizationId> {
        match self {
            Self::DutyEvent(event) => Some(&event.organization),
            Self::Correction(correction) => Some(&correction.event.organization),
            Self::Organization(organization) => Some(&organization.id),
            Self::Post(post) => Some(&post.organization),
            Self::LeadingGroup(group) => Some(&group.organization),
            Self::OrganizationChange(change) => Some(&change.organization),
            Self::Exemption(exemption) => Some(&exemption.organization),
            Self::Withdrawal(_)
            | Self::Review(_)
            | Self::Person(_)
            | Self::PersonErased(_)
            | Self::Tenure(_)
            | Self::Absence(_)
            | Self::RuleSet(_)
            | Self::Calendar(_)
            | Self::ExemptionRevoked(_)
            | Self::YearStep(_)
            | Self::DayClosed(_) => None,
        }
    }
}
