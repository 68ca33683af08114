//! References of duty events: to the registry, to each other, and to what became of a target.

use super::year;
use crate::decide::{Context, Held, REASON_CHARS_MIN, Refusal, RefusalKind, version_before};
use crate::entry::{Correction, Review, Verdict, Withdrawal};
use crate::event::DutyEvent;
use crate::id::{EventId, PersonId};
use crate::position::Position;
use crate::problem::{Problems, Reason};
use crate::zone::civil_day;

/// References of an event to the registry and to other events.
pub(super) fn event(
    context: &Context<'_>,
    own: EventId,
    event: &DutyEvent,
    problems: &mut Problems,
) {
    let registry = context.standing.registry();
    if registry.organization(&event.organization, Position::MAX).is_none() {
        unknown("organization_id", "责任单位", &event.organization, problems);
    }
    if let Some(person) = &event.responsible_person
        && !registry.has_person(person, Position::MAX)
    {
        unknown("responsible_person_id", "责任人", person, problems);
    }
    for (index, id) in event.responsible_posts.iter().enumerate() {
        let field = format!("responsible_post_ids[{index}]");
        match registry.post(id, Position::MAX) {
            None => unknown(&field, "责任职务", id, problems),
            Some(post) if post.organization != event.organization => {
                let owner = &post.organization;
                problems.add(
                    Reason::ReferenceUnknown,
                    &field,
                    format!("职务 {id} 属于 {owner}，不属于 {}", event.organization),
                    format!("post {id} belongs to {owner}, not to {}", event.organization),
                );
            }
            Some(_) => {}
        }
    }
    let earlier = |id: &EventId| context.earlier.get(id).and_then(Held::event);
    let known = |id: &EventId| context.batch.contains_key(id) || earlier(id).is_some();
    for (index, component) in event.components.iter().enumerate() {
        let field = format!("component_event_ids[{index}]");
        if !known(component) {
            unknown(&field, "组成事件", component, problems);
        } else if let Some((zh, en)) = no_component(context, own, event, *component) {
            problems.add(Reason::AggregateInvalid, &field, zh, en);
        }
    }
    if let Some(aggregate) = event.part_of.filter(|id| !known(id)) {
        unknown("part_of_event_id", "所属汇总事件", &aggregate, problems);
    }
    if event.components.contains(&own) || event.part_of == Some(own) {
        let field =
            if event.part_of == Some(own) { "part_of_event_id" } else { "component_event_ids" };
        problems.add(
            Reason::AggregateInvalid,
            field,
            "事件不能是自身的组成部分",
            "an event is no part of itself",
        );
    }
}

/// Why an event that exists cannot be a component of the aggregate, if it cannot: a component
/// belongs to the same organization, and does not contain what contains it.
fn no_component(
    context: &Context<'_>,
    own: EventId,
    aggregate: &DutyEvent,
    component: EventId,
) -> Option<(String, String)> {
    let in_batch = context.batch.get(&component).copied().flatten();
    let organization = in_batch
        .or_else(|| context.earlier.get(&component).and_then(Held::event))
        .map(|event| &event.organization);
    if organization.is_some_and(|of| *of != aggregate.organization) {
        return Some((
            format!("组成事件 {component} 属于其他单位"),
            format!("component {component} belongs to another organization"),
        ));
    }
    let contains_back = in_batch.is_some_and(|event| event.components.contains(&own));
    contains_back.then(|| {
        (
            format!("{component} 与本事件互为组成部分"),
            format!("{component} and this event contain each other"),
        )
    })
}

fn unknown(field: &str, what: &str, id: &dyn std::fmt::Display, problems: &mut Problems) {
    problems.add(
        Reason::ReferenceUnknown,
        field,
        format!("{what} {id} 尚未登记；请先登记，或更正编号"),
        format!("{id} is not known to the ledger: register or append it first, or correct the id"),
    );
}

/// Checks the target of a correction: it exists, is current, and stays what it is.
pub(super) fn correction(
    context: &Context<'_>,
    correction: &Correction,
    path: &str,
    refusal: &mut Refusal,
) {
    check_reason(&correction.reason, path, refusal);
    let Some(target) = target(context, correction.target, path, refusal) else { return };
    year::not_sealed(context, [target, &correction.event], path, refusal);
    let changed = if target.organization != correction.event.organization {
        Some(("organization_id", "责任单位"))
    } else if target.event_type() != correction.event.event_type() {
        Some(("details", "事件类型"))
    } else {
        None
    };
    if let Some((field, what)) = changed {
        refusal.add(RefusalKind::Invalid, |problems| {
            problems.add(
                Reason::CorrectionChangesIdentity,
                &format!("{path}.event.{field}"),
                format!("更正不得改变{what}；请撤回原事件后重新填报"),
                format!("a correction keeps the {field}: withdraw the event and append a new one"),
            );
        });
    }
}

/// Checks a withdrawal: target exists and is current; an accepted event needs the consent of whoever
/// accepted it, or of who holds the same post since (DOMAIN §5.5).
pub(super) fn withdrawal(
    context: &Context<'_>,
    withdrawal: &Withdrawal,
    path: &str,
    refusal: &mut Refusal,
) {
    check_reason(&withdrawal.reason, path, refusal);
    let Some(event) = target(context, withdrawal.target, path, refusal) else { return };
    year::not_sealed(context, [event], path, refusal);
    let fate = context.standing.fate(withdrawal.target, context.earlier);
    let Some(verifier) = fate.accepted_by else { return };
    let by = &*withdrawal.consented_by;
    let (reason, zh, en) = if by.is_empty() {
        (
            Reason::ConsentRequired,
            "事件已核定，撤回须经审核人同意，请填写 consented_by".to_owned(),
            "the event was accepted: withdrawing it takes the verifier's consent in consented_by"
                .to_owned(),
        )
    } else if is_recorder(context, withdrawal.target, by) {
        (
            Reason::VerifierIsRecorder,
            "同意撤回的审核人不得是填报人".to_owned(),
            "the verifier who consents must not be the recorder of the event".to_owned(),
        )
    } else if by != &*verifier && !holds_the_post_of(context, by, &verifier) {
        (
            Reason::ConsentRequired,
            format!(
                "该事件由 {verifier} 核定，撤回须经其本人或现任同一职务者同意，{by} 不是；\
                 也可先由审核人撤销核定（ACCEPTANCE_WITHDRAWN），再行撤回"
            ),
            format!(
                "{verifier} accepted the event: withdrawing it takes the consent of {verifier}, or \
                 of who holds the same post today, and {by} is neither; or let a supervisor take \
                 back the acceptance (ACCEPTANCE_WITHDRAWN) first"
            ),
        )
    } else {
        return;
    };
    refusal.add(RefusalKind::FailedPrecondition, |problems| {
        problems.add(reason, &format!("{path}.consented_by"), zh, en);
    });
}

/// Whether somebody holds today, and came no earlier to, a post that the verifier holds or held.
/// Verifiers are ids: one that is no registered person has no posts.
fn holds_the_post_of(context: &Context<'_>, who: &str, verifier: &str) -> bool {
    let registry = context.standing.registry();
    let today = civil_day(context.now);
    let tenures = |id: &str| {
        let person = PersonId::parse(id);
        person.map_or_else(Vec::new, |id| registry.tenures_by_person(&id, Position::MAX))
    };
    let before = tenures(verifier);
    tenures(who).iter().filter(|(_, now)| now.includes(today)).any(|(_, now)| {
        before.iter().any(|(_, then)| then.post == now.post && then.from <= now.from)
    })
}

/// Checks a review: target exists and is current; the verifier recorded no version of it; what is
/// returned or taken back says why.
pub(super) fn review(context: &Context<'_>, review: &Review, path: &str, refusal: &mut Refusal) {
    if matches!(review.verdict, Verdict::Returned | Verdict::AcceptanceWithdrawn) {
        check_reason_in("remark", &review.remark, path, refusal);
    }
    if target(context, review.target, path, refusal).is_none() {
        return;
    }
    let fate = context.standing.fate(review.target, context.earlier);
    if review.verdict == Verdict::AcceptanceWithdrawn && fate.accepted_by.is_none() {
        refusal.add(RefusalKind::FailedPrecondition, |problems| {
            problems.add(
                Reason::EventNotAccepted,
                &format!("{path}.verdict"),
                "该事件目前不是已核定状态，没有可撤销的核定；如需补正请用 RETURNED（退回）",
                "the event is not accepted now, so there is no acceptance to withdraw; RETURNED \
                 asks for it to be mended",
            );
        });
    }
    if is_recorder(context, review.target, &review.verifier) {
        refusal.add(RefusalKind::FailedPrecondition, |problems| {
            problems.add(
                Reason::VerifierIsRecorder,
                &format!("{path}.verifier"),
                "审核人不得是填报人，也不得是该事件此前任一版本的填报人",
                "the verifier must not be the recorder of the event, nor of an earlier version",
            );
        });
    }
}

/// Whether somebody recorded the event with this id, or an earlier version of it: whoever corrects
/// somebody else's event does not make it theirs to verify, nor the other way round.
fn is_recorder(context: &Context<'_>, id: EventId, who: &str) -> bool {
    let mut version = context.earlier.get(&id);
    while let Some(held) = version {
        if &*held.recorded.recorder == who {
            return true;
        }
        let before = version_before(&held.recorded.entry);
        version = before
            .and_then(|id| context.earlier.get(&id))
            // A version comes after the one it replaces.
            .filter(|before| before.position < held.position);
    }
    false
}

fn check_reason(reason: &str, path: &str, refusal: &mut Refusal) {
    check_reason_in("reason", reason, path, refusal);
}

fn check_reason_in(field: &str, reason: &str, path: &str, refusal: &mut Refusal) {
    let length = reason.trim().chars().count();
    if length < REASON_CHARS_MIN {
        refusal.add(RefusalKind::Invalid, |problems| {
            problems.add(
                Reason::ReasonTooShort,
                &format!("{path}.{field}"),
                format!("理由至少 {REASON_CHARS_MIN} 个字，现为 {length} 个"),
                format!("a reason has at least {REASON_CHARS_MIN} characters, this has {length}"),
            );
        });
    }
}

/// The duty event a command is about, when it exists and is current.
fn target<'a>(
    context: &Context<'a>,
    id: EventId,
    path: &str,
    refusal: &mut Refusal,
) -> Option<&'a DutyEvent> {
    let field = format!("{path}.target_event_id");
    let event = match context.earlier.get(&id).and_then(Held::event) {
        Some(event) => event,
        None => {
            refusal.add(RefusalKind::NotFound, |problems| {
                problems.add(
                    Reason::ReferenceUnknown,
                    &field,
                    format!("没有编号为 {id} 的履责事件"),
                    format!("there is no duty event {id}"),
                );
            });
            return None;
        }
    };
    let fate = context.standing.fate(id, context.earlier);
    let gone = match (fate.withdrawn, fate.superseded_by) {
        (true, _) => Some((format!("事件 {id} 已撤回"), format!("event {id} was withdrawn"))),
        (false, Some(by)) => Some((
            format!("事件 {id} 已被 {by} 更正；请针对现行版本操作"),
            format!("event {id} was corrected by {by}: act on that version"),
        )),
        (false, None) => None,
    };
    if let Some((zh, en)) = gone {
        refusal.add(RefusalKind::FailedPrecondition, |problems| {
            problems.add(Reason::EventNotCurrent, &field, zh, en);
        });
        return None;
    }
    Some(event)
}
