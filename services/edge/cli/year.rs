//! `duty-ledger year`: the life of an evaluated year, step by step.

mod args;
mod show;

use super::client::{self, Failure};
use super::{Output, compliance, output};
use crate::pb;
use crate::pb::evaluation_service_client::EvaluationServiceClient;

pub(super) use args::YearArgs;
use args::{Kind, YearCommand};

pub(super) async fn run(args: YearArgs) -> Result<(), Failure> {
    let about = match &args.command {
        YearCommand::Publish(args) | YearCommand::Seal(args) => &args.about,
        YearCommand::Appeal(args) => &args.about,
        YearCommand::Extend(args) => &args.about,
        YearCommand::Decide(args) => &args.about,
        YearCommand::RequestReview(args) => &args.about,
        YearCommand::DecideReview(args) => &args.about,
        YearCommand::Adjust(args) => &args.about,
        YearCommand::Reopen(args) => &args.about,
        YearCommand::Status(about) => about,
    };
    let (organization_id, year) = (about.organization.clone(), about.year);
    let how = about.output.clone();
    let channel = client::connect(&about.server.server).await?;
    let mut client = EvaluationServiceClient::new(channel).max_decoding_message_size(usize::MAX);
    let (receipt, standing) = match args.command {
        YearCommand::Publish(args) => {
            let publication = pb::YearPublication {
                organization_id,
                year,
                publisher: args.by.by.clone(),
                document_number: args.document,
                as_of_date: args.as_of,
                ..Default::default()
            };
            let event_id = args.by.event_id();
            let request = pb::PublishYearRequest { event_id, publication: Some(publication) };
            let answer = client.publish_year(request).await?.into_inner();
            (answer.receipt, answer.standing)
        }
        YearCommand::Appeal(args) => {
            let appeal = pb::YearAppeal {
                organization_id,
                year,
                appellant: args.by.by.clone(),
                arguments: args.arguments,
                evidence: args.evidence,
                ..Default::default()
            };
            let request =
                pb::AppealYearRequest { event_id: args.by.event_id(), appeal: Some(appeal) };
            let answer = client.appeal_year(request).await?.into_inner();
            (answer.receipt, answer.standing)
        }
        YearCommand::Extend(args) => {
            let extension = pb::AppealExtension {
                organization_id,
                year,
                appeal_position: args.appeal,
                decider: args.by.by.clone(),
                reason: args.reason,
                ..Default::default()
            };
            let event_id = args.by.event_id();
            let request = pb::ExtendAppealRequest { event_id, extension: Some(extension) };
            let answer = client.extend_appeal(request).await?.into_inner();
            (answer.receipt, answer.standing)
        }
        YearCommand::Decide(args) => {
            let decision = pb::AppealDecision {
                organization_id,
                year,
                appeal_position: args.decision.appeal,
                decider: args.by.by.clone(),
                upheld: args.decision.upheld,
                adjustment: args.decision.adjustment(),
                document_number: args.decision.document,
                reason: args.decision.reason,
                office_organization_id: args.office,
                ..Default::default()
            };
            let request =
                pb::DecideAppealRequest { event_id: args.by.event_id(), decision: Some(decision) };
            let answer = client.decide_appeal(request).await?.into_inner();
            (answer.receipt, answer.standing)
        }
        YearCommand::RequestReview(args) => {
            let review = pb::FurtherReview {
                organization_id,
                year,
                appeal_position: args.appeal,
                applicant: args.by.by.clone(),
                arguments: args.arguments,
                evidence: args.evidence,
                ..Default::default()
            };
            let event_id = args.by.event_id();
            let request = pb::RequestFurtherReviewRequest { event_id, review: Some(review) };
            let answer = client.request_further_review(request).await?.into_inner();
            (answer.receipt, answer.standing)
        }
        YearCommand::DecideReview(args) => {
            let decision = pb::FurtherReviewDecision {
                organization_id,
                year,
                appeal_position: args.decision.appeal,
                decider: args.by.by.clone(),
                office_organization_id: args.office,
                upheld: args.decision.upheld,
                adjustment: args.decision.adjustment(),
                document_number: args.decision.document,
                reason: args.decision.reason,
            };
            let event_id = args.by.event_id();
            let request = pb::DecideFurtherReviewRequest { event_id, decision: Some(decision) };
            let answer = client.decide_further_review(request).await?.into_inner();
            (answer.receipt, answer.standing)
        }
        YearCommand::Adjust(args) => {
            let kind = match args.kind {
                Kind::Bonus => pb::AdjustmentKind::Bonus,
                Kind::Penalty => pb::AdjustmentKind::Penalty,
                Kind::Veto => pb::AdjustmentKind::Veto,
            };
            let made = pb::ScoreAdjustment {
                kind: kind.into(),
                points: args.points,
                document_number: args.document,
                approver: args.approver,
                reason: args.reason,
            };
            let recorder = args.by.by.clone();
            let adjustment =
                pb::YearAdjustment { organization_id, year, recorder, adjustment: Some(made) };
            let event_id = args.by.event_id();
            let request = pb::AdjustScoreRequest { event_id, adjustment: Some(adjustment) };
            let answer = client.adjust_score(request).await?.into_inner();
            (answer.receipt, answer.standing)
        }
        YearCommand::Seal(args) => {
            let seal = pb::YearSeal {
                organization_id,
                year,
                sealer: args.by.by.clone(),
                document_number: args.document,
                as_of_date: args.as_of,
                ..Default::default()
            };
            let request = pb::SealYearRequest { event_id: args.by.event_id(), seal: Some(seal) };
            let answer = client.seal_year(request).await?.into_inner();
            (answer.receipt, answer.standing)
        }
        YearCommand::Reopen(args) => {
            let reopening = pb::YearReopening {
                organization_id,
                year,
                recorder: args.by.by.clone(),
                approver: args.approver,
                document_number: args.document,
                reason: args.reason,
            };
            let event_id = args.by.event_id();
            let request = pb::ReopenYearRequest { event_id, reopening: Some(reopening) };
            let answer = client.reopen_year(request).await?.into_inner();
            (answer.receipt, answer.standing)
        }
        YearCommand::Status(_) => {
            let selector = Some(pb::ViewSelector { year, ..Default::default() });
            let request = pb::GetScoreSheetRequest { organization_id, selector };
            let sheet = client.get_score_sheet(request).await?.into_inner();
            (None, sheet.standing)
        }
    };
    let standing = standing.unwrap_or_default();
    match how.output {
        Output::Json => compliance::json("YearStanding", &standing),
        Output::Table => {
            if let Some(receipt) = receipt {
                let said = how.lang.pick("已记录于", "recorded at");
                output::say(&format!("{said} {} {}", receipt.position, receipt.event_id));
            }
            show::standing(&standing, how.lang);
            Ok(())
        }
    }
}
