//! `EvaluationService.ListYears`, outward. Nothing is counted here.

use duty::year::Stage;
use projection::supervision::years::{self, Row, Wanted};
use tonic::Status;

use super::{Common, count};
use crate::grpc::convert::{scalar, year as convert};
use crate::grpc::{Api, status};
use crate::pb;

/// How far the year of every organization in scope is.
pub(in crate::grpc) async fn answer(
    api: &Api,
    request: pb::ListYearsRequest,
) -> Result<pb::ListYearsResponse, Status> {
    let stage = match pb::YearStage::try_from(request.stage) {
        Ok(pb::YearStage::Unspecified) => None,
        Ok(pb::YearStage::Open) => Some(Stage::Open),
        Ok(pb::YearStage::Published) => Some(Stage::Published),
        Ok(pb::YearStage::Sealed) => Some(Stage::Sealed),
        Err(_) => {
            let mut problems = duty::Problems::new();
            scalar::enum_unknown("stage", request.stage, &mut problems);
            return Err(status::invalid(problems.into_vec()));
        }
    };
    let common = Common {
        selector: request.selector,
        within: request.within_organization_id,
        page_size: request.page_size,
        page_token: request.page_token,
    };
    let (waiting, bound) = (request.waiting, format!("{} {}", request.stage, request.waiting));
    let asked = api.asked("ListYears", common, &[&bound]).await?;
    let wanted = Wanted { stage, waiting };
    let within = asked.within.as_ref();
    let (rows, [open, published, sealed]) =
        years::years(&asked.snapshot, within, asked.question, wanted);
    let (next_page_token, total_size) = asked.next(rows.len());
    Ok(pb::ListYearsResponse {
        basis: api.reflects(&asked).await?,
        years: asked.page(&rows).map(row).collect(),
        open: count(open),
        published: count(published),
        sealed: count(sealed),
        next_page_token,
        total_size,
    })
}

fn row(row: &Row<'_>) -> pb::YearRow {
    pb::YearRow {
        organization_id: row.organization.to_string(),
        standing: Some(convert::standing(&row.cycle)),
        waits_until_date: scalar::optional_date(row.waits_until),
        overdue: row.is_overdue,
    }
}
