//! Findings, answers and closings, in and out.

use duty::id::{DutyId, OrganizationId, PersonId, PostId};
use duty::rectification::{Answer, Assignee, Closing, Effect, Held, Order, Severity, Source, Step};
use duty::registry::Registry;
use duty::{Position, Problems, Reason};
use jiff::civil::Date;
use projection::rectify::{self, State};

use super::{check_text, event, exemption, id_malformed, scalar};
use crate::pb;

/// An order.
pub fn order(message: &pb::RectificationOrder, problems: &mut Problems) -> Option<Order> {
    let organization = OrganizationId::parse(&message.organization_id);
    if organization.is_none() {
        id_malformed("organization_id", problems);
    }
    let duty = DutyId::parse(&message.duty_id);
    if duty.is_none() && !message.duty_id.is_empty() {
        id_malformed("duty_id", problems);
    }
    let year = i16::try_from(message.accounting_year).ok();
    let accounting_year = year.filter(|year| (2016..=9998).contains(year));
    if accounting_year.is_none() {
        problems.add(
            Reason::AccountingYearInvalid,
            "accounting_year",
            "考核年度应为四位年份，2016 或以后",
            "the year is a year of 2016 or later",
        );
    }
    check_text("text", &message.text, problems);
    let severity = severity(message.severity, problems);
    let source = source(message.source, problems);
    let mut related = Vec::new();
    for (index, id) in message.related_event_ids.iter().enumerate() {
        let field = format!("related_event_ids[{index}]");
        related.extend(crate::grpc::event_id(id, &field, problems));
    }
    let assignee = assignee(message, problems);
    let due = required_day("due_date", &message.due_date, problems);
    let document = exemption::document(&message.document_number, problems);
    let issuer = by("issuer", &message.issuer, problems);
    let body = OrganizationId::parse(&message.issuing_organization_id);
    if body.is_none() && !message.issuing_organization_id.is_empty() {
        id_malformed("issuing_organization_id", problems);
    }
    let closing_post = PostId::parse(&message.closing_post_id);
    if closing_post.is_none() && !message.closing_post_id.is_empty() {
        id_malformed("closing_post_id", problems);
    }
    Some(Order {
        organization: organization?,
        duty,
        accounting_year: accounting_year?,
        text: message.text.trim().into(),
        severity: severity?,
        source: source?,
        related,
        assignee: assignee?,
        due: due?,
        document: document?,
        issuer,
        body,
        closing_post,
    })
}

fn severity(number: i32, problems: &mut Problems) -> Option<Severity> {
    match pb::RectificationSeverity::try_from(number) {
        Ok(pb::RectificationSeverity::Minor) => Some(Severity::Minor),
        Ok(pb::RectificationSeverity::Major) => Some(Severity::Major),
        Ok(pb::RectificationSeverity::Grave) => Some(Severity::Grave),
        Ok(pb::RectificationSeverity::Unspecified) | Err(_) => {
            scalar::enum_unknown("severity", number, problems);
            None
        }
    }
}

fn source(number: i32, problems: &mut Problems) -> Option<Source> {
    match pb::RectificationSource::try_from(number) {
        Ok(pb::RectificationSource::Inspection) => Some(Source::Inspection),
        Ok(pb::RectificationSource::Complaint) => Some(Source::Complaint),
        Ok(pb::RectificationSource::Audit) => Some(Source::Audit),
        Ok(pb::RectificationSource::Unspecified) | Err(_) => {
            scalar::enum_unknown("source", number, problems);
            None
        }
    }
}

fn assignee(message: &pb::RectificationOrder, problems: &mut Problems) -> Option<Assignee> {
    let (post, person) = (&message.owner_post_id, &message.owner_person_id);
    let (field, found) = match (post.is_empty(), person.is_empty()) {
        (false, true) => ("owner_post_id", PostId::parse(post).map(Assignee::Post)),
        (true, false) => ("owner_person_id", PersonId::parse(person).map(Assignee::Person)),
        _ => {
            problems.add(
                Reason::FieldRequired,
                "owner_post_id",
                "整改责任人须填写职务或人员之一（只填其一）",
                "give the post or the person who is to mend it, one of the two",
            );
            return None;
        }
    };
    if found.is_none() {
        id_malformed(field, problems);
    }
    found
}

fn required_day(field: &str, text: &str, problems: &mut Problems) -> Option<Date> {
    if text.trim().is_empty() {
        problems.add(
            Reason::FieldRequired,
            field,
            "必须填写期限，例如 2023-04-30",
            "the last day is required, such as 2023-04-30",
        );
    }
    scalar::civil_date(text, field, problems)
}

fn by(field: &str, who: &str, problems: &mut Problems) -> Box<str> {
    if !duty::id::is_id(who) {
        id_malformed(field, problems);
    }
    who.into()
}

/// An answer.
pub fn answer(message: &pb::RectificationAnswer, problems: &mut Problems) -> Option<Answer> {
    let target = crate::grpc::event_id(&message.target_event_id, "target_event_id", problems);
    check_text("text", &message.text, problems);
    if message.evidence.is_empty() {
        problems.add(
            Reason::FieldRequired,
            "evidence",
            "整改反馈须附佐证材料",
            "an answer comes with evidence",
        );
    }
    for (index, piece) in message.evidence.iter().enumerate() {
        problems.at_item("evidence", index, |problems| {
            check_text("title", &piece.title, problems);
        });
    }
    let evidence = event::evidence_list(&message.evidence, problems);
    let answerer = by("answerer", &message.answerer, problems);
    Some(Answer { target: target?, text: message.text.trim().into(), evidence, answerer })
}

/// A look at an answer.
pub fn closing(message: &pb::RectificationClosing, problems: &mut Problems) -> Option<Closing> {
    let target = crate::grpc::event_id(&message.target_event_id, "target_event_id", problems);
    check_text("remark", &message.remark, problems);
    let effect = match pb::RectificationEffect::try_from(message.effect) {
        Ok(pb::RectificationEffect::Effective) => {
            if !message.new_due_date.is_empty() {
                problems.add(
                    Reason::FieldMalformed,
                    "new_due_date",
                    "整改有效即销号，不填写新的期限",
                    "what works is closed: there is no new due date",
                );
            }
            Some(Effect::Effective)
        }
        Ok(pb::RectificationEffect::NotEffective) => {
            required_day("new_due_date", &message.new_due_date, problems)
                .map(|due| Effect::NotEffective { due })
        }
        Ok(pb::RectificationEffect::Unspecified) | Err(_) => {
            scalar::enum_unknown("effect", message.effect, problems);
            None
        }
    };
    let closer = by("closer", &message.closer, problems);
    Some(Closing { target: target?, effect: effect?, remark: message.remark.trim().into(), closer })
}

/// A state asked for; `None` for any.
pub(crate) fn state(number: i32, problems: &mut Problems) -> Option<State> {
    match pb::RectificationState::try_from(number) {
        Ok(pb::RectificationState::Unspecified) => None,
        Ok(pb::RectificationState::Open) => Some(State::Open),
        Ok(pb::RectificationState::Overdue) => Some(State::Overdue),
        Ok(pb::RectificationState::Answered) => Some(State::Answered),
        Ok(pb::RectificationState::Closed) => Some(State::Closed),
        Err(_) => {
            scalar::enum_unknown("state", number, problems);
            None
        }
    }
}

/// A finding as kept, seen from a day.
#[must_use]
pub fn held(
    registry: &Registry,
    held: &Held,
    as_of: Date,
    known: Position,
) -> pb::HeldRectification {
    let (place, passed_by) = held.mended_at(registry, as_of, known);
    let state = match rectify::state(held, as_of, known) {
        State::Open => pb::RectificationState::Open,
        State::Overdue => pb::RectificationState::Overdue,
        State::Answered => pb::RectificationState::Answered,
        State::Closed => pb::RectificationState::Closed,
    };
    pb::HeldRectification {
        position: held.since.get(),
        event_id: held.id.to_string(),
        order: Some(order_message(&held.order)),
        state: state.into(),
        due_date: held.due(known).to_string(),
        steps: held.steps(known).map(|(at, taken)| step(*at, taken)).collect(),
        responsible_organization_id: place.to_string(),
        passed_by_position: passed_by.map_or(0, Position::get),
    }
}

fn step(at: Position, step: &Step) -> pb::RectificationStep {
    let (answerer, effect, due) = match step {
        Step::Answered(by) => (by.to_string(), pb::RectificationEffect::Unspecified, None),
        Step::Looked(Effect::Effective) => {
            (String::new(), pb::RectificationEffect::Effective, None)
        }
        Step::Looked(Effect::NotEffective { due }) => {
            (String::new(), pb::RectificationEffect::NotEffective, Some(*due))
        }
    };
    pb::RectificationStep {
        position: at.get(),
        answerer,
        effect: effect.into(),
        new_due_date: scalar::optional_date(due),
    }
}

fn order_message(order: &Order) -> pb::RectificationOrder {
    let severity = match order.severity {
        Severity::Minor => pb::RectificationSeverity::Minor,
        Severity::Major => pb::RectificationSeverity::Major,
        Severity::Grave => pb::RectificationSeverity::Grave,
    };
    let source = match order.source {
        Source::Inspection => pb::RectificationSource::Inspection,
        Source::Complaint => pb::RectificationSource::Complaint,
        Source::Audit => pb::RectificationSource::Audit,
    };
    let (post, person) = match &order.assignee {
        Assignee::Post(post) => (post.to_string(), String::new()),
        Assignee::Person(person) => (String::new(), person.to_string()),
    };
    pb::RectificationOrder {
        organization_id: order.organization.to_string(),
        duty_id: order.duty.as_ref().map_or_else(String::new, ToString::to_string),
        accounting_year: order.accounting_year.into(),
        text: order.text.to_string(),
        severity: severity.into(),
        source: source.into(),
        related_event_ids: order.related.iter().map(ToString::to_string).collect(),
        owner_post_id: post,
        owner_person_id: person,
        due_date: order.due.to_string(),
        document_number: order.document.to_string(),
        issuer: order.issuer.to_string(),
        issuing_organization_id: order.body.as_ref().map_or_else(String::new, ToString::to_string),
        closing_post_id: order.closing_post.as_ref().map_or_else(String::new, ToString::to_string),
    }
}
