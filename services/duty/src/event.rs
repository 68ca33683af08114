//! The duty event: what another system says was done, planned or claimed.
//!
//! One envelope for all types (DOMAIN §3.1) and one details struct per type (§3.2). Figures that a
//! report may state fuzzily are [`Quantity`] values of the envelope; the details carry dates,
//! choices, lists and texts.

pub mod check;
pub mod details;
mod kinds;

use jiff::civil::Date;

pub use details::Details;
pub use kinds::{EventType, Kind};

use crate::evidence::{Disclosure, Evidence};
use crate::id::{EventId, OrganizationId, PersonId, PostId};
use crate::occurred::Occurred;
use crate::quantity::{Answer, Quantity};

/// A duty event as accepted: every field parsed and normalised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DutyEvent {
    /// The organization that answers for it (责任单位).
    pub organization: OrganizationId,
    /// 性质: performed, planned, recurring claim or outcome.
    pub kind: Kind,
    /// 发生时间.
    pub occurred: Occurred,
    /// 考核年度: the year it answers for, not the year it happened in.
    pub accounting_year: i16,
    /// 名称.
    pub title: Box<str>,
    /// The person it discharges a duty of.
    pub responsible_person: Option<PersonId>,
    /// The posts it is done in (责任职务); one act may serve two posts.
    pub responsible_posts: Vec<PostId>,
    /// 主要负责人是否参加; unknown is not no.
    pub main_leader_attended: Answer,
    /// 数量.
    pub quantities: Vec<Quantity>,
    /// 佐证材料.
    pub evidence: Vec<Evidence>,
    /// 公开属性.
    pub disclosure: Disclosure,
    /// A sum over other events, which must never be added to them.
    pub aggregate: bool,
    /// The events an aggregate sums, as far as it names them.
    pub components: Vec<EventId>,
    /// The aggregate this event is part of.
    pub part_of: Option<EventId>,
    /// Flags an importer set on the record (`F01`, …); free codes, shown as they are.
    pub source_flags: Vec<Box<str>>,
    /// 原文摘录.
    pub quote: Box<str>,
    /// 出处: document and line.
    pub source_reference: Box<str>,
    /// Readable number in the source system, such as `LZKJ-2022-018`.
    pub source_number: Box<str>,
    /// What is particular to the type.
    pub details: Details,
}

impl DutyEvent {
    /// The type of the event: that of its details.
    #[must_use]
    pub fn event_type(&self) -> EventType {
        self.details.event_type()
    }

    /// Whether the event is known to the day and offers a document number or the digest of sealed
    /// minutes: what the rung *documented* asks for beside *dated*.
    #[must_use]
    pub fn is_documented(&self) -> bool {
        self.occurred.as_day().is_some()
            && (self.evidence.iter().any(Evidence::documents)
                || self.details.document_number().is_some())
    }

    /// The figure under `metric`.
    #[must_use]
    pub fn quantity(&self, metric: &str) -> Option<&Quantity> {
        self.quantities.iter().find(|quantity| &*quantity.metric == metric)
    }

    /// Last possible day, as far as known.
    #[must_use]
    pub fn last_day(&self) -> Option<Date> {
        self.occurred.end()
    }
}
