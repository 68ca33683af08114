//! Findings of `ReviewService`: ordered, answered, closed, listed.

use duty::Problems;
use duty::entry::Entry;
use projection::rectify::{self, Selection};
use tonic::Status;

use super::convert::{scalar, view};
use super::{Api, convert, duty_event, event_id, page, refuse_if_any, status};
use crate::pb;

/// Findings of a page.
const PAGE_DEFAULT: usize = 100;
const PAGE_MAX: usize = 1_000;

impl Api {
    pub(super) async fn order(
        &self,
        request: pb::OrderRectificationRequest,
    ) -> Result<pb::AppendReceipt, Status> {
        let mut problems = Problems::new();
        let id = event_id(&request.event_id, "event_id", &mut problems);
        let message = request.order.unwrap_or_default();
        let order =
            problems.at("order", |problems| convert::rectification::order(&message, problems));
        refuse_if_any(problems)?;
        let (Some(id), Some(order)) = (id, order) else {
            return Err(status::internal("an order without fault did not convert"));
        };
        let by = order.issuer.clone();
        let payload = pb::ledger_entry::Payload::RectificationOrder(message);
        let fields = status::Fields { event_id: "event_id", entry: "order.", whole: "order.text" };
        let entry = Entry::RectificationOrdered(Box::new(order));
        self.submit_one(fields, by, id, entry, payload, Vec::new()).await
    }

    pub(super) async fn answer(
        &self,
        request: pb::AnswerRectificationRequest,
    ) -> Result<pb::AppendReceipt, Status> {
        let mut problems = Problems::new();
        let id = event_id(&request.event_id, "event_id", &mut problems);
        let message = request.answer.unwrap_or_default();
        let answer =
            problems.at("answer", |problems| convert::rectification::answer(&message, problems));
        refuse_if_any(problems)?;
        let (Some(id), Some(answer)) = (id, answer) else {
            return Err(status::internal("an answer without fault did not convert"));
        };
        let by = answer.answerer.clone();
        let payload = pb::ledger_entry::Payload::RectificationAnswer(message);
        let fields =
            status::Fields { event_id: "event_id", entry: "answer.", whole: "answer.evidence" };
        let entry = Entry::RectificationAnswered(Box::new(answer));
        self.submit_one(fields, by, id, entry, payload, Vec::new()).await
    }

    pub(super) async fn close(
        &self,
        request: pb::CloseRectificationRequest,
    ) -> Result<pb::AppendReceipt, Status> {
        let mut problems = Problems::new();
        let id = event_id(&request.event_id, "event_id", &mut problems);
        let message = request.closing.unwrap_or_default();
        let closing =
            problems.at("closing", |problems| convert::rectification::closing(&message, problems));
        refuse_if_any(problems)?;
        let (Some(id), Some(closing)) = (id, closing) else {
            return Err(status::internal("a closing without fault did not convert"));
        };
        let by = closing.closer.clone();
        let payload = pb::ledger_entry::Payload::RectificationClosing(message);
        let fields =
            status::Fields { event_id: "event_id", entry: "closing.", whole: "closing.remark" };
        let entry = Entry::RectificationClosed(closing);
        self.submit_one(fields, by, id, entry, payload, Vec::new()).await
    }

    pub(super) fn rectifications(
        &self,
        request: &pb::ListRectificationsRequest,
    ) -> Result<pb::ListRectificationsResponse, Status> {
        let mut problems = Problems::new();
        let within = (!request.within_organization_id.is_empty())
            .then(|| duty_event::organization(&request.within_organization_id, &mut problems))
            .flatten();
        let year = i16::try_from(request.accounting_year).ok();
        if year.is_none() {
            problems.add(
                duty::Reason::AccountingYearInvalid,
                "accounting_year",
                "考核年度应为四位年份；0 为全部",
                "the year has four digits; 0 is for all",
            );
        }
        let state = convert::rectification::state(request.state, &mut problems);
        let day = scalar::civil_date(&request.as_of_date, "as_of_date", &mut problems);
        refuse_if_any(problems)?;
        let size = page::size(request.page_size, PAGE_DEFAULT, PAGE_MAX)?;
        let asked = format!(
            "{} {} {} {}",
            request.accounting_year, request.state, request.as_of_date, request.known_position
        );
        let scope = &request.within_organization_id;
        let binding = page::binding(&["ListRectifications", scope, &asked]);
        let start = page::start(&request.page_token, binding, self.known(request.known_position)?)?;
        let known = self.known(start.position.get())?;
        let snapshot = self.ledger.snapshot();
        if let Some(within) = &within
            && snapshot.registry().organization(within, known).is_none()
        {
            return Err(status::not_found("within_organization_id", "单位", within));
        }
        let as_of = day.unwrap_or_else(|| snapshot.current_day(known));
        let year = year.filter(|year| *year != 0);
        let selection = Selection { within: within.as_ref(), year, state, as_of, known };
        let found = rectify::query(&snapshot, selection);
        let total = found.findings.len();
        let end = total.min(start.offset.saturating_add(size));
        let shown = found.findings.iter().skip(start.offset).take(size);
        let count = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
        let [open, overdue, answered, closed] = found.counts.map(count);
        Ok(pb::ListRectificationsResponse {
            rectifications: shown
                .map(|held| convert::rectification::held(snapshot.registry(), held, as_of, known))
                .collect(),
            next_page_token: page::next(start, end, total, binding),
            total_size: count(total),
            open_count: open,
            overdue_count: overdue,
            answered_count: answered,
            closed_count: closed,
            closing_rate: found.closing_rate().map_or_else(String::new, view::credit),
            as_of_date: as_of.to_string(),
            known_position: known.get(),
            root_hash: self.root(known)?,
        })
    }
}
