//! Findings and exemptions of an organization, fetched whole through the API for its report.

use duty::Problems;
use duty::docno::DocumentNumber;
use duty::exemption::Span;
use duty::position::Position;
use jiff::civil::{Date, date};
use reporting::supervised::{Exempted, Finding, Supervised};
use tonic::transport::Channel;

use crate::cli::client::Failure;
use crate::cli::{FAILED, pages};
use crate::grpc::convert;
use crate::pb;
use crate::pb::review_service_client::ReviewServiceClient;

/// Entries asked for at once: the most a page holds.
const PAGE: i32 = 1000;

/// What supervisors did about the organization that counts for the year the view is of.
pub(super) async fn of(
    channel: &Channel,
    organization_id: &str,
    year: i16,
    basis: &pb::ViewBasis,
) -> Result<Supervised, Failure> {
    let mut client = ReviewServiceClient::new(channel.clone());
    let mut supervised = Supervised::default();
    let request = pb::ListRectificationsRequest {
        within_organization_id: organization_id.to_owned(),
        accounting_year: year.into(),
        as_of_date: basis.as_of_date.clone(),
        known_position: basis.known_position,
        page_size: PAGE,
        ..Default::default()
    };
    let ask = async |page_token| {
        client
            .list_rectifications(pb::ListRectificationsRequest { page_token, ..request.clone() })
            .await
    };
    for held in &pages::all(ask).await?.rectifications {
        let order =
            held.order.as_ref().filter(|_| held.responsible_organization_id == organization_id);
        let Some(order) = order else { continue };
        supervised.findings.push(finding(held, order)?);
    }
    let request = pb::ListExemptionsRequest {
        within_organization_id: organization_id.to_owned(),
        known_position: basis.known_position,
        page_size: PAGE,
        ..Default::default()
    };
    let ask = async |page_token| {
        client.list_exemptions(pb::ListExemptionsRequest { page_token, ..request.clone() }).await
    };
    for held in &pages::all(ask).await?.exemptions {
        supervised.exemptions.extend(exempted(held, organization_id, year)?);
    }
    Ok(supervised)
}

fn document(text: &str) -> Result<DocumentNumber, Failure> {
    DocumentNumber::parse(text)
        .map_err(|_| Failure::new(FAILED, format!("文号无法理解 / no document number: {text}")))
}

fn finding(
    held: &pb::HeldRectification,
    order: &pb::RectificationOrder,
) -> Result<Finding, Failure> {
    let last = |wanted: fn(&pb::RectificationStep) -> bool| {
        let step = held.steps.iter().rfind(|step| wanted(step))?;
        Some(Position::new(step.position))
    };
    let closed = |step: &pb::RectificationStep| step.effect() == pb::RectificationEffect::Effective;
    Ok(Finding {
        ordered: Position::new(held.position),
        document: document(&order.document_number)?,
        answered: last(|step| !step.answerer.is_empty()),
        closed: last(closed),
    })
}

/// The exemption, if it is the organization's own and held on some day of the year.
fn exempted(
    held: &pb::HeldExemption,
    organization_id: &str,
    year: i16,
) -> Result<Option<Exempted>, Failure> {
    let Some(message) = &held.exemption else { return Ok(None) };
    let mut problems = Problems::new();
    let Some(exemption) = convert::exemption::exemption(message, &mut problems) else {
        let words = format!("第 {0} 条免除无法理解 / exemption {0} makes no sense", held.position);
        return Err(Failure::new(FAILED, words));
    };
    let in_year = match exemption.span {
        Span::Year(of) => of == year,
        Span::Days { first, last } => {
            // Revoked, it ended on the day before.
            let until = held.revoked_from_date.parse::<Date>().ok();
            let last = until.and_then(|until| until.yesterday().ok()).map_or(last, |u| u.min(last));
            first <= date(year, 12, 31) && first.max(date(year, 1, 1)) <= last
        }
    };
    let own = exemption.organization.as_str() == organization_id;
    let granted = Position::new(held.position);
    Ok((own && in_year).then_some(Exempted { granted, document: exemption.document }))
}
