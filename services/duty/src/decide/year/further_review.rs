//! The further review of an appeal's decision (复核): once, in its term, by another office, finally.
//!
//! DOMAIN §5.5 gives it to the next higher office. What is known of offices is the tree of
//! organizations: the office that reviews is neither the one that decided nor one below it, and the
//! one judged decides nothing about itself. A year is not sealed while a review may still be asked
//! for or is undecided: a seal would take the right away.

use jiff::civil::Date;

use super::{refuse, sealed, stage};
use crate::decide::{Context, Refusal, RefusalKind};
use crate::id::OrganizationId;
use crate::position::Position;
use crate::problem::Reason;
use crate::year::{Appeal, Cycle, Stage, YearStep};
use crate::zone::civil_day;

use RefusalKind::{FailedPrecondition, Invalid, NotFound};

/// Where the office that decides is told.
const OFFICE: &str = "office_organization_id";

/// The office that decides is registered, and is not the one judged.
pub(super) fn office(
    context: &Context<'_>,
    step: &YearStep,
    office: &OrganizationId,
    refusal: &mut Refusal,
) {
    if context.standing.registry().organization(office, Position::MAX).is_none() {
        let zh = format!("没有登记机关 {office}；请先登记");
        let en = format!("the organization {office} is not registered: register it first");
        refuse(refusal, NotFound, Reason::ReferenceUnknown, OFFICE, (&zh, &en));
    }
    if *office == step.organization {
        let text = ("被考核单位不得自行决定", "whoever is judged does not decide about itself");
        refuse(refusal, Invalid, Reason::ActorIsInterested, OFFICE, text);
    }
}

/// The appeal of this year at a position.
fn appeal<'a>(
    cycle: &'a Cycle<'_>,
    position: Position,
    refusal: &mut Refusal,
) -> Option<&'a Appeal<'a>> {
    let found = cycle.appeal(position);
    if found.is_none() {
        let text = ("该位置没有本年度的申诉", "no appeal of this year stands there");
        refuse(refusal, NotFound, Reason::ReferenceUnknown, "appeal_position", text);
    }
    found
}

/// Whether a further review may be asked for.
pub(super) fn requested(cycle: &Cycle<'_>, position: Position, today: Date, refusal: &mut Refusal) {
    match cycle.stage {
        Stage::Published => {}
        Stage::Sealed => sealed(refusal),
        Stage::Open => stage(refusal, "尚未公示，无可复核", "nothing is published"),
    }
    let Some(appeal) = appeal(cycle, position, refusal) else { return };
    if appeal.decided.is_none() {
        let text = ("该申诉尚未作出决定，无可复核", "the appeal is undecided: nothing to review");
        stage(refusal, text.0, text.1);
    }
    if let Some(review) = &appeal.review {
        let at = review.position;
        let zh = format!("该申诉已于第 {at} 条申请复核；复核只有一次，决定为最终决定");
        let en =
            format!("a further review was asked for in entry {at}: there is one, and it is final");
        stage(refusal, &zh, &en);
    } else if let Some(end) = appeal.review_until.filter(|end| *end < today) {
        let zh = format!("复核申请期限已于 {end} 届满");
        let en = format!("a further review could be asked for until {end}");
        let reason = Reason::FurtherReviewTermOver;
        refuse(refusal, FailedPrecondition, reason, "year", (&zh, &en));
    }
}

/// Whether the further review of the appeal may be decided, by this person in this office.
pub(super) fn decided(
    context: &Context<'_>,
    step: &YearStep,
    (cycle, position): (&Cycle<'_>, Position),
    office: &OrganizationId,
    refusal: &mut Refusal,
) {
    let Some(appeal) = appeal(cycle, position, refusal) else { return };
    let Some(review) = &appeal.review else {
        let text = ("该申诉没有申请复核", "no further review was asked for");
        return stage(refusal, text.0, text.1);
    };
    if review.decided.is_some() {
        let text = ("复核决定已经作出，为最终决定", "the further review is decided, finally");
        stage(refusal, text.0, text.1);
    }
    if [appeal.by, review.by].contains(&&*step.by) {
        let text = ("申诉人、复核申请人不得自行决定", "whoever appeals or asks does not decide");
        refuse(refusal, FailedPrecondition, Reason::ActorIsInterested, "decider", text);
    }
    let Some((decider, first)) = appeal.decider else { return };
    if *decider == *step.by {
        let text = (
            "作出申诉决定的人不得办理复核；请由他人办理",
            "whoever decided the appeal does not review the decision: somebody else must",
        );
        refuse(refusal, FailedPrecondition, Reason::ActorIsInterested, "decider", text);
    }
    let registry = context.standing.registry();
    let (today, known) = (civil_day(context.now), Position::MAX);
    let below = |first: &OrganizationId| registry.is_supervised_on(office, first, today, known);
    if let Some(first) = first.filter(|first| *first == office || below(first)) {
        let zh = format!("申诉由 {first} 决定，复核不得由该机关或其下级办理；请由上一级机关办理");
        let en = format!(
            "{first} decided the appeal: neither it nor one below it reviews that, the next higher does"
        );
        refuse(refusal, FailedPrecondition, Reason::FurtherReviewOffice, OFFICE, (&zh, &en));
    }
}

/// No further review is undecided, and none can be asked for any more.
pub(super) fn none_open(cycle: &Cycle<'_>, today: Date, refusal: &mut Refusal) {
    if cycle.appeals.iter().any(|appeal| appeal.review.is_some_and(|of| of.decided.is_none())) {
        let text = ("尚有复核未作决定", "a further review is undecided");
        refuse(refusal, FailedPrecondition, Reason::FurtherReviewUndecided, "year", text);
    }
    let unasked = cycle.appeals.iter().filter(|appeal| appeal.review.is_none());
    if let Some(end) = unasked.filter_map(|appeal| appeal.review_until).max()
        && today <= end
    {
        let zh = format!("复核申请期限至 {end}，期满后方可封存");
        let en = format!("a further review may be asked for until {end}: seal after it");
        let reason = Reason::FurtherReviewTermRunning;
        refuse(refusal, FailedPrecondition, reason, "year", (&zh, &en));
    }
}
