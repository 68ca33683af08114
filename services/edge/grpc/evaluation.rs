//! `EvaluationService`: score sheets for the municipal evaluation system.

use duty::Problems;
use prost::Message as _;
use sha2::{Digest as _, Sha256};
use tonic::{Request, Response, Status};

use super::convert::view;
use super::{Api, duty_event, refuse_if_any, status};
use crate::pb;
use crate::pb::evaluation_service_server::EvaluationService;

#[tonic::async_trait]
impl EvaluationService for Api {
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
        let found = projection::view::organization(&snapshot, &organization, question);
        let found = found.map_err(status::no_view)?;
        let (position, rules) = &found.rules;
        let evaluation = &found.evaluation;
        let lines = evaluation.lines.iter().zip(&rules.duties).map(|(line, rule)| pb::ScoreLine {
            duty_id: line.duty.to_string(),
            name_zh: rule.name_zh.to_string(),
            category: rule.category.to_string(),
            weight: view::decimal(line.weight),
            scored: line.rungs[0].status.is_scored(),
            status: view::status(line.official).into(),
            rungs: view::rungs(line),
        });
        let official = evaluation.scores.at(rules.official_rung).score;
        let mut sheet = pb::GetScoreSheetResponse {
            basis: Some(self.basis(question, vec![view::rule_set(*position, rules)])?),
            organization_id: organization.to_string(),
            lines: lines.collect(),
            scores: view::scores(&evaluation.scores),
            official_rung: view::rung(rules.official_rung).into(),
            applicable_weight: view::decimal(evaluation.scores.weight),
            grade: official
                .and_then(|score| rules.grade(score))
                .map_or_else(String::new, |grade| grade.name_zh.to_string()),
            digest: String::new(),
        };
        sheet.digest = digest(&sheet);
        Ok(Response::new(sheet))
    }
}

/// SHA-256 over the serialized sheet without its digest. Protobuf is not canonical between
/// implementations, so this says "the same sheet" between answers of this ledger, not more.
fn digest(sheet: &pb::GetScoreSheetResponse) -> String {
    let hash = Sha256::digest(sheet.encode_to_vec());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
