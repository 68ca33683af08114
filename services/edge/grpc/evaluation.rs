//! `EvaluationService`: score sheets for the municipal evaluation system, and what becomes of them.
//! The streams and the steps of a year have files of their own.

use std::pin::Pin;

use duty::Problems;
use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::changes::Following;
use super::export::Export;
use super::{Api, duty_event, refuse_if_any, status};
use crate::pb;
use crate::pb::evaluation_service_server::EvaluationService;
use crate::pb::ledger_entry::Payload;

#[tonic::async_trait]
impl EvaluationService for Api {
    type ExportScoreSheetsStream =
        Pin<Box<dyn Stream<Item = Result<pb::ExportScoreSheetsResponse, Status>> + Send>>;

    async fn export_score_sheets(
        &self,
        request: Request<pb::ExportScoreSheetsRequest>,
    ) -> Result<Response<Self::ExportScoreSheetsStream>, Status> {
        let export = Export::new(self.clone(), request.into_inner()).await?;
        let (answers, stream) = mpsc::channel(duty_event::STREAM_BUFFER);
        tokio::spawn(export.run(answers));
        Ok(Response::new(Box::pin(ReceiverStream::new(stream))))
    }

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
        let sheet = self.score_sheet(&organization, request.selector.unwrap_or_default()).await?;
        Ok(Response::new(sheet))
    }

    async fn publish_year(
        &self,
        request: Request<pb::PublishYearRequest>,
    ) -> Result<Response<pb::PublishYearResponse>, Status> {
        let request = request.into_inner();
        let (receipt, standing) = self.year_published(request).await?;
        Ok(Response::new(pb::PublishYearResponse { receipt, standing }))
    }

    async fn appeal_year(
        &self,
        request: Request<pb::AppealYearRequest>,
    ) -> Result<Response<pb::AppealYearResponse>, Status> {
        let request = request.into_inner();
        let (receipt, standing) = self.year_appealed(request).await?;
        Ok(Response::new(pb::AppealYearResponse { receipt, standing }))
    }

    async fn extend_appeal(
        &self,
        request: Request<pb::ExtendAppealRequest>,
    ) -> Result<Response<pb::ExtendAppealResponse>, Status> {
        let request = request.into_inner();
        let (receipt, standing) = self.appeal_extended(request).await?;
        Ok(Response::new(pb::ExtendAppealResponse { receipt, standing }))
    }

    async fn decide_appeal(
        &self,
        request: Request<pb::DecideAppealRequest>,
    ) -> Result<Response<pb::DecideAppealResponse>, Status> {
        let request = request.into_inner();
        let (receipt, standing) = self.appeal_decided(request).await?;
        Ok(Response::new(pb::DecideAppealResponse { receipt, standing }))
    }

    async fn request_further_review(
        &self,
        request: Request<pb::RequestFurtherReviewRequest>,
    ) -> Result<Response<pb::RequestFurtherReviewResponse>, Status> {
        let request = request.into_inner();
        let (receipt, standing) = self.review_requested(request).await?;
        Ok(Response::new(pb::RequestFurtherReviewResponse { receipt, standing }))
    }

    async fn decide_further_review(
        &self,
        request: Request<pb::DecideFurtherReviewRequest>,
    ) -> Result<Response<pb::DecideFurtherReviewResponse>, Status> {
        let request = request.into_inner();
        let (receipt, standing) = self.review_decided(request).await?;
        Ok(Response::new(pb::DecideFurtherReviewResponse { receipt, standing }))
    }

    async fn adjust_score(
        &self,
        request: Request<pb::AdjustScoreRequest>,
    ) -> Result<Response<pb::AdjustScoreResponse>, Status> {
        let request = request.into_inner();
        let (receipt, standing) = self
            .step(
                &request.event_id,
                "adjustment.",
                Payload::YearAdjustment(request.adjustment.unwrap_or_default()),
            )
            .await?;
        Ok(Response::new(pb::AdjustScoreResponse { receipt, standing }))
    }

    async fn seal_year(
        &self,
        request: Request<pb::SealYearRequest>,
    ) -> Result<Response<pb::SealYearResponse>, Status> {
        let request = request.into_inner();
        let (receipt, standing) = self.year_sealed(request).await?;
        Ok(Response::new(pb::SealYearResponse { receipt, standing }))
    }

    async fn reopen_year(
        &self,
        request: Request<pb::ReopenYearRequest>,
    ) -> Result<Response<pb::ReopenYearResponse>, Status> {
        let request = request.into_inner();
        let (receipt, standing) = self
            .step(
                &request.event_id,
                "reopening.",
                Payload::YearReopening(request.reopening.unwrap_or_default()),
            )
            .await?;
        Ok(Response::new(pb::ReopenYearResponse { receipt, standing }))
    }
}
