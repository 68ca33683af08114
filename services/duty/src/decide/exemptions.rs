//! Exemptions: what they cover exists, two persons stand behind them, and they are revoked once.

use crate::decide::{Context, REASON_CHARS_MIN, Refusal, RefusalKind};
use crate::exemption::{Covered, Exemption, ExemptionReason, ExemptionRevocation, Span};
use crate::position::Position;
use crate::problem::{Problems, Reason};

/// Checks an exemption.
pub(super) fn grant(
    context: &Context<'_>,
    index: usize,
    exemption: &Exemption,
    refusal: &mut Refusal,
) {
    let registry = context.standing.registry();
    let found = |problems: &mut Problems| {
        let Exemption { organization, approver, applicant, .. } = exemption;
        if registry.organization(organization, Position::MAX).is_none() {
            unknown("organization_id", "单位", organization, problems);
        }
        match &exemption.covered {
            Covered::Organization => {}
            Covered::Post(post) => match registry.post(post, Position::MAX) {
                Some(found) if found.organization == *organization => {}
                _ => unknown("post_id", "该单位的职务", post, problems),
            },
            Covered::Person(person) if registry.has_person(person, Position::MAX) => {}
            Covered::Person(person) => unknown("person_id", "人员", person, problems),
        }
        if let Span::Days { first, last } = exemption.span
            && last < first
        {
            problems.add(
                Reason::DateReversed,
                "end_date",
                format!("免除止于 {last}，早于开始日期 {first}"),
                format!("the exemption ends {last}, before it starts {first}"),
            );
        }
        if exemption.reason == ExemptionReason::Other {
            reason("reason_text", &exemption.reason_text, problems);
        }
        two_persons(context, approver, problems);
        if approver == applicant {
            problems.add(
                Reason::ApproverIsApplicant,
                "approver",
                "批准人不得是申请人本人",
                "the approver must not be the applicant",
            );
        }
    };
    refusal.add(RefusalKind::Invalid, |problems| problems.at_item("events", index, found));
}

/// Checks a revocation.
pub(super) fn revoke(
    context: &Context<'_>,
    index: usize,
    revocation: &ExemptionRevocation,
    refusal: &mut Refusal,
) {
    let mut add = |kind, check: &dyn Fn(&mut Problems)| {
        refusal.add(kind, |problems| problems.at_item("events", index, check));
    };
    add(RefusalKind::Invalid, &|problems| {
        reason("reason", &revocation.reason, problems);
        two_persons(context, &revocation.approver, problems);
    });
    let held = context.standing.registry().exemptions().get(revocation.target);
    match held.map(|held| held.revoked) {
        None => add(RefusalKind::NotFound, &|problems| {
            unknown("target_event_id", "免除决定", &revocation.target, problems);
        }),
        Some(None) => {}
        Some(Some((at, from))) => add(RefusalKind::FailedPrecondition, &|problems| {
            problems.add(
                Reason::ExemptionRevoked,
                "target_event_id",
                format!("该免除已由第 {at} 条记录自 {from} 起撤销"),
                format!("entry {at} revoked it from {from} on"),
            );
        }),
    }
}

fn two_persons(context: &Context<'_>, approver: &str, problems: &mut Problems) {
    if *approver == *context.recorder {
        problems.add(
            Reason::ApproverIsRecorder,
            "approver",
            "批准人不得是填报人本人",
            "the approver must not be the recorder",
        );
    }
}

fn reason(field: &str, text: &str, problems: &mut Problems) {
    let length = text.trim().chars().count();
    if length < REASON_CHARS_MIN {
        problems.add(
            Reason::ReasonTooShort,
            field,
            format!("理由至少 {REASON_CHARS_MIN} 个字，现为 {length} 个"),
            format!("a reason has at least {REASON_CHARS_MIN} characters, this has {length}"),
        );
    }
}

fn unknown(field: &str, what: &str, id: &dyn std::fmt::Display, problems: &mut Problems) {
    problems.add(
        Reason::ReferenceUnknown,
        field,
        format!("没有编号为 {id} 的{what}；请先登记，或更正编号"),
        format!("{id} is not known to the ledger: register it first, or correct the id"),
    );
}
