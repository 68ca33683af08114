//! What a supervisor looks at beyond one organization. Pure functions of a snapshot and a question.
//!
//! Nothing is left out in silence: who is not counted is named, with the reason. Where a view needs
//! a text of an entry, which the state does not keep, it names the positions, and whoever has the
//! journal hands the entries in as [`Papers`].

pub mod coverage;
pub mod deadlines;

use std::collections::BTreeMap;

use duty::Position;
use duty::evaluate::Question;
use duty::event::DutyEvent;
use duty::id::OrganizationId;
use duty::registry::Organization;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::Snapshot;

/// What the duty events and corrections at some positions say.
pub type Papers = BTreeMap<Position, DutyEvent>;

/// The organizations at and below `within`, all of them when `None`, by id.
pub(crate) fn scope<'a>(
    snapshot: &'a Snapshot,
    within: Option<&'a OrganizationId>,
    question: Question,
) -> impl Iterator<Item = &'a Organization> {
    let registry = &snapshot.registry;
    registry.organizations(question.known).filter(move |organization| {
        within.is_none_or(|top| registry.is_within(&organization.id, top, question.known))
    })
}

/// Two places, half away from zero: 四舍五入.
pub(crate) fn rounded(value: Decimal) -> Decimal {
    value.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

/// 100 × part ÷ whole, two places; `None` for a whole of 0.
#[must_use]
pub fn percent(part: usize, whole: usize) -> Option<Decimal> {
    (whole != 0).then(|| rounded(Decimal::ONE_HUNDRED * Decimal::from(part) / Decimal::from(whole)))
}
