//! `ReviewService`: a supervisor accepts or returns a duty event.

use duty::Problems;
use duty::entry::Entry;
use tonic::{Request, Response, Status};

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
}
