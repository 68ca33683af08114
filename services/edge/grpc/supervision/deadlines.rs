//! `ListDeadlines`, outward. Nothing is judged here.

use projection::filter::Filter;
use projection::filter::order::OrderBy;
use projection::supervision::deadlines::{self, Bucket, Deadline, FIELDS};
use tonic::Status;

use super::{Common, aside, count};
use crate::grpc::Api;
use crate::grpc::compliance::filter_invalid;
use crate::grpc::convert::view as convert;
use crate::pb;

pub(super) async fn answer(
    api: &Api,
    request: pb::ListDeadlinesRequest,
) -> Result<pb::ListDeadlinesResponse, Status> {
    let filter =
        Filter::parse(&request.filter, FIELDS).map_err(|error| filter_invalid("filter", error))?;
    let order = OrderBy::parse(&request.order_by, FIELDS)
        .map_err(|error| filter_invalid("order_by", error))?;
    let common = Common {
        selector: request.selector,
        within: request.within_organization_id,
        page_size: request.page_size,
        page_token: request.page_token,
    };
    let before = request.with_year_before;
    let rest = [request.filter.as_str(), &request.order_by, if before { "before" } else { "" }];
    let asked = api.asked("ListDeadlines", common, &rest).await?;
    let year = asked.question.year;
    let compute = async || {
        let (snapshot, within) = (asked.snapshot.clone(), asked.within.clone());
        let (question, years) =
            (asked.question, if before { vec![year - 1, year] } else { vec![year] });
        aside(move || {
            deadlines::deadlines(&snapshot, within.as_ref(), &filter, &order, &years, question)
        })
        .await
    };
    let found = api.kept("ListDeadlines", &asked, &rest, compute).await?;
    let (next_page_token, total_size) = asked.next(found.rows.len());
    let without = |year| {
        let of_year = found.without_rules.iter().filter(move |(of, _)| *of == year);
        of_year.map(|(_, organization)| organization.to_string()).collect()
    };
    Ok(pb::ListDeadlinesResponse {
        basis: api.reflects(&asked)?,
        counts: Bucket::ALL
            .iter()
            .zip(found.counts)
            .map(|(of, rows)| pb::DeadlineCount { bucket: bucket(*of).into(), count: count(rows) })
            .collect(),
        deadlines: asked.page(&found.rows).map(deadline).collect(),
        next_page_token,
        total_size,
        organizations_without_rules: without(year),
        organizations_without_rules_before: without(year - 1),
    })
}

fn deadline(row: &Deadline) -> pb::Deadline {
    pb::Deadline {
        organization_id: row.organization.id.to_string(),
        year: row.year.into(),
        name_zh: row.name_zh.to_string(),
        name_en: row.name_en.to_string(),
        category: row.category.to_string(),
        weight: convert::decimal(row.weight),
        bucket: bucket(row.bucket).into(),
        days_left: row.days_left.unwrap_or(0),
        obligation: Some(convert::obligation(&row.obligation)),
    }
}

fn bucket(bucket: Bucket) -> pb::DeadlineBucket {
    match bucket {
        Bucket::Overdue => pb::DeadlineBucket::Overdue,
        Bucket::Today => pb::DeadlineBucket::Today,
        Bucket::WithinOne => pb::DeadlineBucket::Within1,
        Bucket::WithinFive => pb::DeadlineBucket::Within5,
        Bucket::WithinFifteen => pb::DeadlineBucket::Within15,
        Bucket::WithinThirty => pb::DeadlineBucket::Within30,
        Bucket::Later => pb::DeadlineBucket::Later,
        Bucket::Undated => pb::DeadlineBucket::Undated,
    }
}
