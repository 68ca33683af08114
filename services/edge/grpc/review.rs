//! `ReviewService`: a supervisor accepts or returns a duty event, or withdraws an acceptance. What
//! the same service does with exemptions stands in `exemption`.

use duty::Problems;
use duty::entry::Entry;
use duty::evaluate::ReviewState;
use tonic::{Request, Response, Status};

use super::convert::scalar;
use super::{Api, convert, event_id, refuse_if_any, status};
use crate::pb;
use crate::pb::review_service_server::ReviewService;

#[tonic::async_trait]
impl ReviewService for Api {
    async fn review_event(
        &self,
        request: Request<pb::ReviewEventRequest>,
    ) -> Result<Response<pb::ReviewEventResponse>, Status> {
        let pb::ReviewEventRequest { event_id: id, review } = request.into_inner();
        let mut problems = Problems::new();
        let id = event_id(&id, "event_id", &mut problems);
        let message = review.unwrap_or_default();
        let review = problems.at("review", |problems| convert::review(&message, problems));
        refuse_if_any(problems)?;
        let (Some(id), Some(review)) = (id, review) else {
            return Err(status::internal("a review without fault did not convert"));
        };
        let by = review.verifier.clone();
        let payload = pb::ledger_entry::Payload::Review(message);
        let fields =
            status::Fields { event_id: "event_id", entry: "review.", whole: "review.remark" };
        let entry = Entry::Review(review);
        let given = self.submit_one(fields, by, id, entry, payload, Vec::new()).await?;
        Ok(Response::new(pb::ReviewEventResponse { receipt: Some(given) }))
    }

    async fn list_event_reviews(
        &self,
        request: Request<pb::ListEventReviewsRequest>,
    ) -> Result<Response<pb::ListEventReviewsResponse>, Status> {
        let request = request.into_inner();
        let mut problems = Problems::new();
        let id = event_id(&request.event_id, "event_id", &mut problems);
        let as_of = scalar::civil_date(&request.as_of_date, "as_of_date", &mut problems);
        refuse_if_any(problems)?;
        let id = id.ok_or_else(|| status::internal("an id without fault did not convert"))?;
        let known = self.known(request.known_position)?;
        let (fact, snapshot) = self
            .ledger
            .with_state(|state| (state.fact(id).map(|(_, fact)| fact), state.snapshot()));
        let fact = fact.filter(|fact| fact.position <= known);
        let fact = fact.ok_or_else(|| status::not_found("event_id", "履责事件", &id))?;
        let calendars = snapshot.calendars(known);
        let day = as_of.unwrap_or_else(|| snapshot.current_day(known));
        let mut reviews = Vec::new();
        for reviewed in fact.reviews.iter().filter(|reviewed| reviewed.at <= known) {
            let said = self.review_at(reviewed.at).await?;
            let state = ReviewState::new(*reviewed, &calendars, day);
            let standing = Some(convert::review::standing(&state));
            reviews.push(pb::EventReview { standing, review: Some(said) });
        }
        let (known_position, root_hash) = (known.get(), self.root(known)?);
        Ok(Response::new(pb::ListEventReviewsResponse { reviews, known_position, root_hash }))
    }

    async fn grant_exemption(
        &self,
        request: Request<pb::GrantExemptionRequest>,
    ) -> Result<Response<pb::GrantExemptionResponse>, Status> {
        let receipt = Some(self.grant(request.into_inner()).await?);
        Ok(Response::new(pb::GrantExemptionResponse { receipt }))
    }

    async fn revoke_exemption(
        &self,
        request: Request<pb::RevokeExemptionRequest>,
    ) -> Result<Response<pb::RevokeExemptionResponse>, Status> {
        let receipt = Some(self.revoke(request.into_inner()).await?);
        Ok(Response::new(pb::RevokeExemptionResponse { receipt }))
    }

    async fn list_exemptions(
        &self,
        request: Request<pb::ListExemptionsRequest>,
    ) -> Result<Response<pb::ListExemptionsResponse>, Status> {
        self.exemptions(&request.into_inner()).map(Response::new)
    }
}

impl Api {
    /// What the review at a position says.
    async fn review_at(&self, position: duty::Position) -> Result<pb::Review, Status> {
        use prost::Message as _;
        let stored = self.ledger.read_one(position).await;
        let stored = stored.map_err(|error| status::read(&error))?;
        let entry = stored.and_then(|stored| pb::LedgerEntry::decode(&stored.bytes[..]).ok());
        match entry.and_then(|entry| entry.payload) {
            Some(pb::ledger_entry::Payload::Review(review)) => Ok(review),
            _ => Err(status::internal("a known review is none in the journal")),
        }
    }
}
