//! Findings: an order names what exists, an answer answers what is open, a closing looks at what
//! was answered, and nobody closes what they answered themselves.

use crate::decide::{Context, Held, REASON_CHARS_MIN, Refusal, RefusalKind};
use crate::id::EventId;
use crate::position::Position;
use crate::problem::{Problems, Reason};
use crate::rectification::{self, Answer, Assignee, Closing, Effect, Order, Stage, Step};

/// Checks an order.
pub(super) fn order(context: &Context<'_>, index: usize, order: &Order, refusal: &mut Refusal) {
    let registry = context.standing.registry();
    let check = |problems: &mut Problems| {
        if registry.organization(&order.organization, Position::MAX).is_none() {
            unknown("organization_id", "单位", &order.organization, problems);
        }
        match &order.assignee {
            Assignee::Post(post) => match registry.post(post, Position::MAX) {
                Some(found) if found.organization == order.organization => {}
                _ => unknown("owner_post_id", "该单位的职务", post, problems),
            },
            Assignee::Person(person) if registry.has_person(person, Position::MAX) => {}
            Assignee::Person(person) => unknown("owner_person_id", "人员", person, problems),
        }
        for (number, id) in order.related.iter().enumerate() {
            let event = context.earlier.get(id).and_then(Held::event);
            if event.is_none_or(|event| event.organization != order.organization) {
                let field = format!("related_event_ids[{number}]");
                unknown(&field, "该单位的履责事件", id, problems);
            }
        }
        reason("text", "问题描述", &order.text, problems);
    };
    refusal.add(RefusalKind::Invalid, |problems| problems.at_item("events", index, check));
}

/// Checks an answer: the finding waits for one.
pub(super) fn answer(context: &Context<'_>, index: usize, answer: &Answer, refusal: &mut Refusal) {
    refusal.add(RefusalKind::Invalid, |problems| {
        problems.at_item("events", index, |problems| {
            reason("text", "整改情况", &answer.text, problems);
        });
    });
    let Some(held) = target(context, index, answer.target, refusal) else { return };
    let stage = held.stage(Position::MAX);
    if stage != Stage::Open {
        let (zh, en) = stage.names();
        out_of_order(
            index,
            format!("该问题现为“{zh}”，只有“待整改”的问题可以反馈"),
            format!("the finding is {en}: only an open one can be answered"),
            refusal,
        );
    }
}

/// Checks a closing: the finding was answered, and by somebody else.
pub(super) fn close(context: &Context<'_>, index: usize, closing: &Closing, refusal: &mut Refusal) {
    let Some(held) = target(context, index, closing.target, refusal) else { return };
    let stage = held.stage(Position::MAX);
    if stage != Stage::Answered {
        let (zh, en) = stage.names();
        out_of_order(
            index,
            format!("该问题现为“{zh}”，须先有整改反馈才能核查销号"),
            format!("the finding is {en}: it is closed after it was answered"),
            refusal,
        );
    }
    let answered = held.steps.iter().any(|(_, step)| match step {
        Step::Answered(by) => *by == closing.closer,
        Step::Looked(_) => false,
    });
    let assigned = match &held.order.assignee {
        Assignee::Person(person) => person.as_str() == &*closing.closer,
        Assignee::Post(_) => false,
    };
    if answered || assigned {
        refusal.add(RefusalKind::FailedPrecondition, |problems| {
            problems.add(
                Reason::CloserIsAnswerer,
                &format!("events[{index}].closer"),
                "核查销号的人不得是整改责任人或反馈人",
                "whoever closes a finding must be neither who answered it nor who had to mend it",
            );
        });
    }
    let Effect::NotEffective { due } = closing.effect else { return };
    let before = held.due(Position::MAX);
    refusal.add(RefusalKind::Invalid, |problems| {
        problems.at_item("events", index, |problems| {
            reason("remark", "整改无效的理由", &closing.remark, problems);
            if due <= before {
                problems.add(
                    Reason::DateOrder,
                    "new_due_date",
                    format!("新的期限 {due} 应晚于原期限 {before}"),
                    format!("the new due date {due} comes after the old one, {before}"),
                );
            }
        });
    });
}

fn target<'a>(
    context: &Context<'a>,
    index: usize,
    id: EventId,
    refusal: &mut Refusal,
) -> Option<&'a rectification::Held> {
    let held = context.standing.registry().rectifications().get(id);
    if held.is_none() {
        refusal.add(RefusalKind::NotFound, |problems| {
            problems.at_item("events", index, |problems| {
                unknown("target_event_id", "督办通知", &id, problems);
            });
        });
    }
    held
}

fn out_of_order(index: usize, zh: String, en: String, refusal: &mut Refusal) {
    refusal.add(RefusalKind::FailedPrecondition, |problems| {
        let field = format!("events[{index}].target_event_id");
        problems.add(Reason::RectificationOutOfOrder, &field, zh, en);
    });
}

fn reason(field: &str, what: &str, text: &str, problems: &mut Problems) {
    let length = text.trim().chars().count();
    if length < REASON_CHARS_MIN {
        problems.add(
            Reason::ReasonTooShort,
            field,
            format!("{what}至少 {REASON_CHARS_MIN} 个字，现为 {length} 个"),
            format!("takes at least {REASON_CHARS_MIN} characters, this has {length}"),
        );
    }
}

fn unknown(field: &str, what: &str, id: &dyn std::fmt::Display, problems: &mut Problems) {
    problems.add(
        Reason::ReferenceUnknown,
        field,
        format!("没有编号为 {id} 的{what}；请先登记，或更正编号"),
        format!("{id} is not known to the ledger: record it first, or correct the id"),
    );
}
