//! `EvaluationService`: score sheets for the municipal evaluation system.

use std::pin::Pin;

use duty::Problems;
use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::changes::Following;
use super::{Api, answer, duty_event, refuse_if_any, status};
use crate::pb;
use crate::pb::evaluation_service_server::EvaluationService;

#[tonic::async_trait]
impl EvaluationService for Api {
    type WatchChangesStream =
        Pin<Box<dyn Stream<Item = Result<pb::WatchChangesResponse, Status>> + Send>>;

    async fn watch_changes(
        &self,
        request: Request<pb::WatchChangesRequest>,
    ) -> Result<Response<Self::WatchChangesStream>, Status> {
        let following = Following::new(self.clone(), &request.into_inner())?;
        let (answers, stream) = mpsc::channel(duty_event::STREAM_BUFFER);
        tokio::spawn(following.run(answers));
        Ok(Response::new(Box::pin(ReceiverStream::new(stream))))
    }

    async fn get_score_sheet(
        &self,
        request: Request<pb::GetScoreSheetRequest>,
    ) -> Result<Response<pb::GetScoreSheetResponse>, Status> {
        let request = request.into_inner();
        let mut problems = Problems::new();
        let organization = duty_event::organization(&request.organization_id, &mut problems);
        refuse_if_any(problems)?;
        let organization = organization.ok_or_else(|| status::internal("an id did not convert"))?;
        let (snapshot, question) = self.question(request.selector.unwrap_or_default()).await?;
        let root = self.root(question.known)?;
        let sheet = answer::sheet(&snapshot, &organization, question, root);
        sheet.map(Response::new).map_err(status::no_view)
    }
}
