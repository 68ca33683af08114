//! Responsibility over time (责任沿革), outward: versions with their dates and positions.

use duty::Position;
use duty::id::OrganizationId;
use duty::registry::{Registry, Tenure};

use super::{change, organization_change, registry};
use crate::pb;

/// One holding of a post, as known at `known`.
#[must_use]
pub fn holding(
    of: &Registry,
    (position, tenure): (Position, &Tenure),
    known: Position,
) -> pb::Holding {
    let absences = of.absences_of(&tenure.id, known).into_iter().map(|(position, absence)| {
        pb::RecordedTenureAbsence {
            absence: Some(change::absence_message(absence)),
            position: position.get(),
        }
    });
    let earlier = of.tenure_versions(&tenure.id, known).map(|(at, _)| at.get());
    pb::Holding {
        tenure: Some(registry::tenure_message(tenure)),
        position: position.get(),
        earlier_positions: earlier.filter(|at| *at < position.get()).collect(),
        absences: absences.collect(),
    }
}

/// Every version of the registration of an organization, as known at `known`.
#[must_use]
pub fn versions(
    of: &Registry,
    organization: &OrganizationId,
    known: Position,
) -> Vec<pb::OrganizationVersion> {
    of.organization_versions(organization, known)
        .map(|(position, organization)| pb::OrganizationVersion {
            organization: Some(registry::organization_message(organization)),
            position: position.get(),
        })
        .collect()
}

/// Every change of an organization, as known at `known`.
#[must_use]
pub fn changes(
    of: &Registry,
    organization: &OrganizationId,
    known: Position,
) -> Vec<pb::RecordedOrganizationChange> {
    of.changes_of(organization, known)
        .into_iter()
        .map(|(position, change)| pb::RecordedOrganizationChange {
            change: Some(organization_change::organization_change_message(change)),
            position: position.get(),
        })
        .collect()
}
