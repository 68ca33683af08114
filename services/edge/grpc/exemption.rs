//! Exemptions of `ReviewService`: granted, revoked, listed.

use duty::entry::Entry;
use duty::exemption::HeldExemption;
use duty::id::OrganizationId;
use duty::{Position, Problems};
use jiff::civil::Date;
use projection::Snapshot;
use tonic::Status;

use super::convert::scalar;
use super::{Api, convert, duty_event, event_id, page, recorder, refuse_if_any, status};
use crate::pb;

/// Exemptions of a page.
const PAGE_DEFAULT: usize = 100;
const PAGE_MAX: usize = 1_000;

impl Api {
    pub(super) async fn grant(
        &self,
        request: pb::GrantExemptionRequest,
    ) -> Result<pb::AppendReceipt, Status> {
        let pb::GrantExemptionRequest { event_id: id, recorder: by, exemption } = request;
        let mut problems = Problems::new();
        let id = event_id(&id, "event_id", &mut problems);
        let by = recorder(&by, &mut problems);
        let message = exemption.unwrap_or_default();
        let exemption =
            problems.at("exemption", |problems| convert::exemption::exemption(&message, problems));
        refuse_if_any(problems)?;
        let (Some(id), Some(exemption)) = (id, exemption) else {
            return Err(status::internal("an exemption without fault did not convert"));
        };
        let snapshot = self.ledger.snapshot();
        let known = snapshot.rule_sets(Position::MAX);
        if !known.iter().any(|(_, rules)| rules.duties.iter().any(|d| d.id == exemption.duty)) {
            return Err(status::not_found("exemption.duty_id", "责任事项", &exemption.duty));
        }
        let payload = pb::ledger_entry::Payload::Exemption(message);
        let fields = status::Fields {
            event_id: "event_id",
            entry: "exemption.",
            whole: "exemption.reason_text",
        };
        let entry = Entry::Exemption(Box::new(exemption));
        self.submit_one(fields, by, id, entry, payload, Vec::new()).await
    }

    pub(super) async fn revoke(
        &self,
        request: pb::RevokeExemptionRequest,
    ) -> Result<pb::AppendReceipt, Status> {
        let pb::RevokeExemptionRequest { event_id: id, recorder: by, revocation } = request;
        let mut problems = Problems::new();
        let id = event_id(&id, "event_id", &mut problems);
        let by = recorder(&by, &mut problems);
        let message = revocation.unwrap_or_default();
        let revocation = problems
            .at("revocation", |problems| convert::exemption::revocation(&message, problems));
        refuse_if_any(problems)?;
        let (Some(id), Some(revocation)) = (id, revocation) else {
            return Err(status::internal("a revocation without fault did not convert"));
        };
        let payload = pb::ledger_entry::Payload::ExemptionRevocation(message);
        let fields = status::Fields {
            event_id: "event_id",
            entry: "revocation.",
            whole: "revocation.reason",
        };
        let entry = Entry::ExemptionRevoked(revocation);
        self.submit_one(fields, by, id, entry, payload, Vec::new()).await
    }

    pub(super) fn exemptions(
        &self,
        request: &pb::ListExemptionsRequest,
    ) -> Result<pb::ListExemptionsResponse, Status> {
        let mut problems = Problems::new();
        let within = (!request.within_organization_id.is_empty())
            .then(|| duty_event::organization(&request.within_organization_id, &mut problems))
            .flatten();
        let day = scalar::civil_date(&request.in_force_date, "in_force_date", &mut problems);
        refuse_if_any(problems)?;
        let size = page::size(request.page_size, PAGE_DEFAULT, PAGE_MAX)?;
        let asked = request.known_position.to_string();
        let (scope, on) = (&request.within_organization_id, &request.in_force_date);
        let binding = page::binding(&["ListExemptions", scope, on, &asked]);
        let known = self.known(request.known_position)?;
        let start = page::start(&request.page_token, binding, known)?;
        let known = self.known(start.position.get())?;
        let snapshot = self.ledger.snapshot();
        let registry = snapshot.registry();
        if let Some(within) = &within
            && registry.organization(within, known).is_none()
        {
            return Err(status::not_found("within_organization_id", "单位", within));
        }
        let today = day.unwrap_or_else(|| snapshot.current_day(known));
        let found: Vec<&HeldExemption> = organizations(&snapshot, within.as_ref(), today, known)
            .flat_map(|id| registry.exemptions().of(id, known))
            .filter(|held| day.is_none_or(|day| held.is_in_force(day.year(), day, known)))
            .collect();
        let end = found.len().min(start.offset.saturating_add(size));
        let shown = found.iter().skip(start.offset).take(size);
        Ok(pb::ListExemptionsResponse {
            exemptions: shown.map(|held| convert::exemption::held(&held.as_known(known))).collect(),
            next_page_token: page::next(start, end, found.len(), binding),
            total_size: i32::try_from(found.len()).unwrap_or(i32::MAX),
            known_position: known.get(),
            root_hash: self.root(known)?,
        })
    }
}

/// The organizations at and below `within` on `day`, or all, by id.
pub(super) fn organizations<'a>(
    snapshot: &'a Snapshot,
    within: Option<&'a OrganizationId>,
    day: Date,
    known: Position,
) -> impl Iterator<Item = &'a OrganizationId> {
    let registry = snapshot.registry();
    registry
        .organizations(known)
        .map(|organization| &organization.id)
        .filter(move |id| within.is_none_or(|top| registry.is_supervised_on(id, top, day, known)))
}
