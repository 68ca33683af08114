//! What an organization has on record, fetched whole through the API for reports and exports.
//!
//! Nothing is judged here: the view says which rule set, day and entries count, and the stream of
//! the organization is read up to the entry the view knows, every page of it.

use std::collections::BTreeMap;

use bytes::Bytes;
use duty::entry::Entry;
use duty::evaluate::Fact;
use duty::event::DutyEvent;
use duty::id::EventId;
use duty::review::Reviewed;
use duty::{Position, zone};
use jiff::Timestamp;
use jiff::civil::Date;
use reporting::Recorded;
use tonic::transport::Channel;

use super::client::Failure;
use super::{FAILED, pages};
use crate::pb::compliance_service_client::ComplianceServiceClient;
use crate::pb::duty_event_service_client::DutyEventServiceClient;
use crate::{codec, pb};

/// Entries asked for at once: the most a page holds.
const PAGE: i32 = 1000;

/// An organization in a year: what is owed, and everything recorded about it.
pub(super) struct OnRecord {
    /// The view, with what it reflects.
    pub(super) view: pb::GetOrganizationComplianceResponse,
    /// What the view reflects.
    pub(super) basis: pb::ViewBasis,
    /// The current version of every event the view knows, by position.
    pub(super) entries: Vec<Recorded>,
    /// Every version of every event the view knows, by position.
    pub(super) versions: Vec<Version>,
}

/// One version of a duty event, current or not.
pub(super) struct Version {
    /// When the ledger took it in.
    pub(super) recorded_at: Timestamp,
    /// Who recorded it.
    pub(super) recorder: Box<str>,
    /// The version.
    pub(super) recorded: Recorded,
}

/// Fetches it.
pub(super) async fn of(
    channel: &Channel,
    organization_id: &str,
    selector: pb::ViewSelector,
) -> Result<OnRecord, Failure> {
    let request = pb::GetOrganizationComplianceRequest {
        organization_id: organization_id.to_owned(),
        selector: Some(selector),
    };
    let mut client =
        ComplianceServiceClient::new(channel.clone()).max_decoding_message_size(usize::MAX);
    let view = client.get_organization_compliance(request).await?.into_inner();
    let basis = view.basis.clone().ok_or_else(|| senseless("the view has no basis"))?;
    let known = Position::new(basis.known_position);
    let mut fold = Fold::default();
    for (position, stored) in stream(channel, organization_id, basis.known_position).await? {
        let recorded = codec::decode(&stored).map_err(|error| {
            senseless(&format!("entry {position} cannot be read: {}", crate::chain(&error)))
        })?;
        fold.apply(Position::new(position), recorded);
    }
    let versions: Vec<Version> = fold.versions.into_values().collect();
    let current = versions.iter().filter(|version| version.recorded.fact.is_current(known));
    let entries = current.map(|version| version.recorded.clone()).collect();
    Ok(OnRecord { view, basis, entries, versions })
}

/// The stream of an organization up to a position.
async fn stream(
    channel: &Channel,
    organization_id: &str,
    known: u64,
) -> Result<Vec<(u64, Bytes)>, Failure> {
    let mut client =
        DutyEventServiceClient::new(channel.clone()).max_decoding_message_size(usize::MAX);
    let ask = async |page_token| {
        let request = pb::ListEventsRequest {
            organization_id: organization_id.to_owned(),
            page_size: PAGE,
            page_token,
            view: pb::EntryView::Stored.into(),
            min_position: known,
        };
        client.list_events(request).await
    };
    let entries = pages::all(ask).await?.entries.into_iter();
    let entries = entries.filter(|entry| entry.position <= known);
    Ok(entries.map(|entry| (entry.position, entry.stored)).collect())
}

/// The versions of the events of a stream, as its entries come.
#[derive(Default)]
struct Fold {
    versions: BTreeMap<Position, Version>,
    /// Where each version stands.
    at: BTreeMap<EventId, Position>,
}

impl Fold {
    fn apply(&mut self, position: Position, recorded: duty::entry::Recorded) {
        let duty::entry::Recorded { event_id, recorded_at, recorder, entry } = recorded;
        let place = Place { position, event_id, recorded_at, recorder };
        match entry {
            Entry::DutyEvent(event) => self.insert(place, event_id, *event),
            Entry::Correction(correction) => {
                let replaced = self.target(correction.target);
                let root = replaced.as_ref().map_or(event_id, |replaced| replaced.fact.root);
                if let Some(replaced) = replaced {
                    replaced.fact.superseded_at = Some(position);
                }
                self.insert(place, root, correction.event);
            }
            Entry::Withdrawal(withdrawal) => {
                if let Some(target) = self.target(withdrawal.target) {
                    target.fact.withdrawn_at = Some(position);
                }
            }
            Entry::Review(review) => {
                if let Some(target) = self.target(review.target) {
                    let on = duty::zone::civil_day(recorded_at);
                    target.fact.reviews.push(Reviewed::new(position, on, &review));
                }
            }
            // Nothing of it tells of a duty event.
            Entry::Organization(_)
            | Entry::Post(_)
            | Entry::Person(_)
            | Entry::PersonErased(_)
            | Entry::Tenure(_)
            | Entry::Absence(_)
            | Entry::LeadingGroup(_)
            | Entry::OrganizationChange(_)
            | Entry::Exemption(_)
            | Entry::ExemptionRevoked(_)
            | Entry::YearStep(_)
            | Entry::RectificationOrdered(_)
            | Entry::RectificationAnswered(_)
            | Entry::RectificationClosed(_)
            | Entry::RuleSet(_)
            | Entry::Calendar(_)
            | Entry::DayClosed(_) => {}
        }
    }

    fn target(&mut self, event_id: EventId) -> Option<&mut Recorded> {
        let position = self.at.get(&event_id)?;
        self.versions.get_mut(position).map(|version| &mut version.recorded)
    }

    fn insert(&mut self, place: Place, root: EventId, event: DutyEvent) {
        let Place { position, event_id, recorded_at, recorder } = place;
        let on: Date = zone::civil_day(recorded_at);
        let fact = Fact::new(position, event_id, root, on, event.clone());
        let recorded = Recorded { fact, event };
        self.at.insert(event_id, position);
        self.versions.insert(position, Version { recorded_at, recorder, recorded });
    }
}

struct Place {
    position: Position,
    event_id: EventId,
    recorded_at: Timestamp,
    recorder: Box<str>,
}

/// The service said something this version does not understand.
fn senseless(what: &str) -> Failure {
    Failure::new(
        FAILED,
        format!("服务的回答无法理解：版本不一致？/ the answer makes no sense: {what}"),
    )
}

/// The year a view is of, as the domain counts years.
pub(super) fn year(basis: &pb::ViewBasis) -> Result<i16, Failure> {
    i16::try_from(basis.year).map_err(|_| senseless("the year of the view is out of range"))
}

/// What a view reflects, as canonical JSON inside another document.
pub(super) fn basis_json(basis: &pb::ViewBasis) -> Result<serde_json::Value, Failure> {
    let text = super::output::to_json("ViewBasis", basis);
    let text = text.map_err(|error| Failure::new(FAILED, crate::chain(&error)))?;
    serde_json::from_str(&text).map_err(|error| Failure::new(FAILED, crate::chain(&error)))
}
