//! Findings: an order names what exists, an answer answers what is open, a closing looks at what
//! was answered. Nobody closes what they answered or had to mend, or what was found where they hold
//! a post; where the order names the body it comes from, only that body closes it.

use jiff::civil::{Date, date};

use crate::decide::{Context, Held, REASON_CHARS_MIN, Refusal, RefusalKind};
use crate::id::{EventId, OrganizationId, PersonId};
use crate::position::Position;
use crate::problem::{Problems, Reason};
use crate::rectification::{self, Answer, Assignee, Closing, Effect, Order, Stage, Step};
use crate::registry::Registry;
use crate::zone::civil_day;

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
        body(registry, order, problems);
        reason("text", "问题描述", &order.text, problems);
    };
    refusal.add(RefusalKind::Invalid, |problems| problems.at_item("events", index, check));
}

/// Checks who orders and who is to close: another organization, and a post of it.
fn body(registry: &Registry, order: &Order, problems: &mut Problems) {
    match &order.body {
        None => {}
        Some(body) if registry.organization(body, Position::MAX).is_none() => {
            unknown("issuing_organization_id", "单位", body, problems);
        }
        Some(body) if *body == order.organization => problems.add(
            Reason::CloserNotOfBody,
            "issuing_organization_id",
            "督办单位不能是被督办单位本身",
            "the body that orders it is another one than the organization that mends it",
        ),
        Some(_) => {}
    }
    let Some(post) = &order.closing_post else { return };
    let found = registry.post(post, Position::MAX);
    if found.is_none_or(|found| Some(&found.organization) != order.body.as_ref()) {
        unknown("closing_post_id", "督办单位的职务", post, problems);
    }
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
    let today = civil_day(context.now);
    let (place, _) = held.mended_at(context.standing.registry(), today, Position::MAX);
    let by = Closer::new(context, &held.order, place, &closing.closer);
    let assigned = match &held.order.assignee {
        Assignee::Person(person) => by.person.as_ref() == Some(person),
        Assignee::Post(_) => by.held_the_owners_post(),
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
    } else if let Some((zh, en)) = by.not_of_body() {
        refusal.add(RefusalKind::FailedPrecondition, |problems| {
            let field = format!("events[{index}].closer");
            problems.add(Reason::CloserNotOfBody, &field, zh, en);
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

/// Whoever closes a finding, on the day it is closed. Recorders are ids; one that is a registered
/// person has posts, and any other has none.
struct Closer<'a> {
    registry: &'a Registry,
    order: &'a Order,
    /// Where it is to be mended now.
    place: &'a OrganizationId,
    id: &'a str,
    person: Option<PersonId>,
    today: Date,
}

impl<'a> Closer<'a> {
    fn new(
        context: &Context<'a>,
        order: &'a Order,
        place: &'a OrganizationId,
        id: &'a str,
    ) -> Self {
        let registry = context.standing.registry();
        let (person, today) = (PersonId::parse(id), civil_day(context.now));
        Self { registry, order, place, id, person, today }
    }

    /// Whether they held the post that was to mend it on a day since the year it counts for began.
    fn held_the_owners_post(&self) -> bool {
        let Assignee::Post(post) = &self.order.assignee else { return false };
        let first = date(self.order.accounting_year, 1, 1);
        let tenures = self.registry.tenures_of(post, Position::MAX);
        tenures.iter().any(|(_, tenure)| {
            self.person.as_ref() == Some(&tenure.person) && tenure.overlaps(first, self.today)
        })
    }

    /// Whether they hold a post of an organization today, that of `only` where one is given.
    fn holds_post_of(&self, organization: &OrganizationId, only: Option<&str>) -> bool {
        let Some(person) = &self.person else { return false };
        self.registry.tenures_by_person(person, Position::MAX).iter().any(|(_, tenure)| {
            tenure.includes(self.today)
                && only.is_none_or(|only| tenure.post.as_str() == only)
                && self
                    .registry
                    .post(&tenure.post, Position::MAX)
                    .is_some_and(|post| post.organization == *organization)
        })
    }

    /// Why they are not who closes it, in Chinese and English.
    fn not_of_body(&self) -> Option<(String, String)> {
        let Self { order, place, id, today, .. } = self;
        // Where the body itself took over from whom it had supervised, it closes all the same.
        let supervised = [&order.organization, *place]
            .into_iter()
            .filter(|one| order.body.as_ref() != Some(*one));
        let held = supervised.into_iter().find(|one| self.holds_post_of(one, None));
        if let Some(found_at) = held {
            return Some((
                format!(
                    "{id} 在被督办单位 {found_at} 任职，不得核查销号；请由督办单位的其他人员办理"
                ),
                format!(
                    "{id} holds a post at {found_at}, where it was found: somebody else closes it"
                ),
            ));
        }
        let body = order.body.as_ref()?;
        match &order.closing_post {
            Some(post) if !self.holds_post_of(body, Some(post.as_str())) => Some((
                format!(
                    "该问题由 {body} 的职务 {post} 核查销号，{today} 任该职务的不是 {id}；                     请由任职者办理，或先登记其任期"
                ),
                format!(
                    "it is closed by whoever holds {post} of {body}, on {today} not {id}: let the                      holder close it, or register the tenure first"
                ),
            )),
            None if *self.id != *order.issuer && !self.holds_post_of(body, None) => Some((
                format!(
                    "该问题由督办单位 {body} 核查销号，{id} 既非下达人，{today} 也未在该单位任职；                     请由该单位人员办理，或先登记其任期"
                ),
                format!(
                    "it is closed by {body}, which ordered it; {id} neither issued it nor holds a                      post there on {today}: let somebody of {body} close it, or register the                      tenure first"
                ),
            )),
            _ => None,
        }
    }
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
