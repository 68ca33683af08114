//! `ListDeadlines`, outward. Nothing is judged here.

use duty::Position;
use duty::evaluate::Question;
use duty::id::OrganizationId;
use projection::filter::Filter;
use projection::filter::order::OrderBy;
use projection::supervision::deadlines::{self, Bucket, Deadline, FIELDS};
use projection::supervision::dues::{Debtor, Due, Kind};
use tonic::Status;

use super::{Common, aside, count};
use crate::grpc::Api;
use crate::grpc::compliance::filter_invalid;
use crate::grpc::convert::{scalar, view as convert};
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
    let of_years = if before { vec![year - 1, year] } else { vec![year] };
    let questions = of_years.iter().map(|year| Question { year: *year, ..asked.question });
    let questions = questions.collect();
    let compute = async || {
        let (snapshot, within) = (asked.snapshot.clone(), asked.within.clone());
        let (question, years) = (asked.question, of_years.clone());
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
        basis: api.reflects_all(&asked, questions).await?,
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
        name_zh: row.name_zh.to_string(),
        name_en: row.name_en.to_string(),
        category: row.category.to_string(),
        weight: row.weight.map_or_else(String::new, convert::decimal),
        obligation: row.obligation.as_ref().map(convert::obligation),
        ..due(&row.due, &row.organization.id, row.days_left, row.bucket)
    }
}

/// A last day, without what the rules say of it.
pub(super) fn due(
    due: &Due,
    organization: &OrganizationId,
    days_left: Option<i32>,
    near: Bucket,
) -> pb::Deadline {
    let (name_zh, name_en) = due.kind.names();
    let (post_id, person_ids) = match &due.debtor {
        Debtor::Post(post, holders) => (post.to_string(), holders.as_slice()),
        Debtor::Person(person) => (String::new(), std::slice::from_ref(person)),
        Debtor::Organization | Debtor::Supervisor | Debtor::Vacant => (String::new(), &[][..]),
    };
    pb::Deadline {
        organization_id: organization.to_string(),
        year: due.year.into(),
        name_zh: name_zh.to_owned(),
        name_en: name_en.to_owned(),
        bucket: bucket(near).into(),
        days_left: days_left.unwrap_or(0),
        kind: kind(due.kind).into(),
        debtor: debtor(&due.debtor).into(),
        post_id,
        person_ids: person_ids.iter().map(ToString::to_string).collect(),
        last_date: scalar::optional_date(due.last),
        entry_position: due.entry.map_or(0, Position::get),
        event_id: due.event.map_or_else(String::new, |id| id.to_string()),
        duty_id: due.duty.as_ref().map_or_else(String::new, ToString::to_string),
        document_number: due.document.to_string(),
        is_open: due.is_open,
        ..Default::default()
    }
}

fn kind(kind: Kind) -> pb::DeadlineKind {
    match kind {
        Kind::Obligation => pb::DeadlineKind::Obligation,
        Kind::Cure => pb::DeadlineKind::Cure,
        Kind::FindingAnswer => pb::DeadlineKind::FindingAnswer,
        Kind::FindingCheck => pb::DeadlineKind::FindingCheck,
        Kind::NoticeEnd => pb::DeadlineKind::NoticeEnd,
        Kind::AppealEnd => pb::DeadlineKind::AppealEnd,
        Kind::AppealDecision => pb::DeadlineKind::AppealDecision,
        Kind::ReviewEnd => pb::DeadlineKind::ReviewEnd,
        Kind::ReviewDecision => pb::DeadlineKind::ReviewDecision,
    }
}

fn debtor(debtor: &Debtor) -> pb::DeadlineDebtor {
    match debtor {
        Debtor::Organization => pb::DeadlineDebtor::Organization,
        Debtor::Post(..) => pb::DeadlineDebtor::Post,
        Debtor::Person(_) => pb::DeadlineDebtor::Person,
        Debtor::Supervisor => pb::DeadlineDebtor::Supervisor,
        Debtor::Vacant => pb::DeadlineDebtor::Vacant,
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
