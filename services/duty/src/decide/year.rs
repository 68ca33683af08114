//! The steps of an evaluated year: each in its turn, each by somebody who may take it, and nothing
//! that a sealed year rests on is corrected or taken back.
//!
//! After a seal corrections and withdrawals are refused until the year is reopened by decision
//! (DOMAIN §5.5): they would change what the seal rests on. What comes later and stands beside it,
//! a late entry or a review, is taken in, and shows as a difference to the sealed sheet.

mod further_review;

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::decide::{Context, REASON_CHARS_MIN, Refusal, RefusalKind};
use crate::event::DutyEvent;
use crate::position::Position;
use crate::problem::Reason;
use crate::year::{Adjustment, AdjustmentKind, BONUS_MAX, Cycle, Stage, YearAct, YearStep};
use crate::zone::civil_day;

fn refuse(
    refusal: &mut Refusal,
    kind: RefusalKind,
    reason: Reason,
    field: &str,
    (zh, en): (&str, &str),
) {
    // A step comes alone, never in a batch.
    refusal.add(kind, |problems| {
        problems.at_item("events", 0, |problems| problems.add(reason, field, zh, en));
    });
}

/// Checks a step.
pub(super) fn step(context: &Context<'_>, step: &YearStep, refusal: &mut Refusal) {
    use RefusalKind::{FailedPrecondition, Invalid, NotFound};
    let registry = context.standing.registry();
    if registry.organization(&step.organization, Position::MAX).is_none() {
        let text = ("没有该单位", "there is no such organization");
        refuse(refusal, NotFound, Reason::ReferenceUnknown, "organization_id", text);
    }
    let cycle = registry.years().cycle(&step.organization, step.year, Position::MAX);
    let today = civil_day(context.now);
    match &step.act {
        YearAct::Published(shown, _) => {
            disinterested(context, step, "publisher", refusal);
            published_day(step.year, shown.as_of, today, refusal);
            // What is published already is published again where its figures changed: whoever has
            // the figures sees to that.
            if cycle.stage == Stage::Sealed {
                sealed(refusal);
            }
        }
        YearAct::Appealed { arguments, .. } => {
            reason_given(arguments, "arguments", refusal);
            let notice = cycle.published.map(|(_, _, end)| end);
            match (cycle.stage, notice) {
                (Stage::Sealed, _) => sealed(refusal),
                (Stage::Published, Some(end)) if today <= end => {}
                (Stage::Published, _) => {
                    let text = ("公示期已过，申诉期限届满", "the period of notice is over");
                    refuse(refusal, FailedPrecondition, Reason::AppealPeriodOver, "year", text);
                }
                (Stage::Open, _) => stage(refusal, "尚未公示，无可申诉", "nothing is published"),
            }
        }
        YearAct::Extended { appeal, reason, .. } => {
            reason_given(reason, "reason", refusal);
            disinterested(context, step, "decider", refusal);
            undecided(&cycle, *appeal, &step.by, refusal);
            if let Some(appeal) = cycle.appeal(*appeal) {
                if appeal.extended {
                    stage(refusal, "办理期限只能延长一次", "the term is extended once only");
                }
                let due = appeal.decision_due;
                if due < today {
                    let zh = format!("办理期限已于 {due} 届满，不得再延长；请即作出决定");
                    let en = format!(
                        "the term ended on {due}: only a running one is extended. Decide the appeal"
                    );
                    stage(refusal, &zh, &en);
                }
            }
        }
        YearAct::Decided { appeal, upheld, reason, adjustment, office, .. } => {
            reason_given(reason, "reason", refusal);
            disinterested(context, step, "decider", refusal);
            undecided(&cycle, *appeal, &step.by, refusal);
            if let Some(office) = office {
                further_review::office(context, step, office, refusal);
            }
            if let Some(adjustment) = adjustment {
                follows(*upheld, adjustment, refusal);
                adjusted(&cycle, adjustment, &step.by, "adjustment.", refusal);
            }
        }
        YearAct::ReviewRequested { appeal, arguments, .. } => {
            reason_given(arguments, "arguments", refusal);
            further_review::requested(&cycle, *appeal, today, refusal);
        }
        YearAct::ReviewDecided { appeal, office, upheld, reason, adjustment, .. } => {
            reason_given(reason, "reason", refusal);
            disinterested(context, step, "decider", refusal);
            further_review::office(context, step, office, refusal);
            further_review::decided(context, step, (&cycle, *appeal), office, refusal);
            if let Some(adjustment) = adjustment {
                follows(*upheld, adjustment, refusal);
                adjusted(&cycle, adjustment, &step.by, "adjustment.", refusal);
            }
        }
        YearAct::Adjusted(adjustment) => {
            if cycle.stage == Stage::Sealed {
                sealed(refusal);
            }
            adjusted(&cycle, adjustment, &step.by, "", refusal);
        }
        YearAct::Sealed(shown, _) => {
            disinterested(context, step, "sealer", refusal);
            if let Some((_, published, _)) = cycle.published.filter(|_| cycle.stage != Stage::Open)
                && published.as_of != shown.as_of
            {
                let day = published.as_of;
                let zh = format!("公示的是 {day} 的结果，只能照此封存；不填即取该日");
                let en = format!(
                    "the result of {day} was published: it is sealed for that day, which is taken \
                     when none is given"
                );
                let (kind, reason) = (Invalid, Reason::FieldOutOfRange);
                refuse(refusal, kind, reason, "as_of_date", (&zh, &en));
            }
            match (cycle.stage, cycle.published) {
                (Stage::Sealed, _) => sealed(refusal),
                (Stage::Published, Some((_, _, end))) if today <= end => {
                    let zh = format!("公示期至 {end}，期满后方可封存");
                    let en = format!("notice runs until {end}: seal after it");
                    let reason = Reason::NoticeRunning;
                    refuse(refusal, FailedPrecondition, reason, "year", (&zh, &en));
                }
                (Stage::Published, _) => {}
                (Stage::Open, _) => {
                    stage(refusal, "尚未公示，不得封存", "publish it for notice first")
                }
            }
            if cycle.appeals.iter().any(|appeal| appeal.decided.is_none()) {
                let text = ("尚有申诉未作决定", "an appeal is undecided");
                refuse(refusal, FailedPrecondition, Reason::AppealUndecided, "year", text);
            }
            further_review::none_open(&cycle, today, refusal);
        }
        YearAct::Reopened { approver, reason, .. } => {
            reason_given(reason, "reason", refusal);
            if *approver == step.by {
                let text = ("批准人不得是经办人本人", "the approver must not be the recorder");
                refuse(refusal, Invalid, Reason::ApproverIsRecorder, "approver", text);
            }
            if cycle.stage != Stage::Sealed {
                stage(refusal, "本年度未封存，无须启封", "the year is not sealed");
            }
        }
    }
}

/// The day of a result lies behind its year, and has come.
fn published_day(year: i16, as_of: Date, today: Date, refusal: &mut Refusal) {
    let (kind, reason) = (RefusalKind::Invalid, Reason::FieldOutOfRange);
    if as_of.year() <= year {
        let zh = format!("{year} 年度尚未结束，结果只能以 {year}-12-31 之后的日期公示");
        let en = format!("the result of {year} is published for a day after {year}-12-31");
        refuse(refusal, kind, reason, "as_of_date", (&zh, &en));
    }
    if today < as_of {
        let text = ("截止日不能晚于今天", "a result is not published for a day that has not come");
        refuse(refusal, kind, reason, "as_of_date", text);
    }
}

fn stage(refusal: &mut Refusal, zh: &str, en: &str) {
    refuse(refusal, RefusalKind::FailedPrecondition, Reason::YearStageWrong, "year", (zh, en));
}

const SEALED: (&str, &str) = (
    "本年度已封存；如需变更，须凭启封决定文号先行启封",
    "the year is sealed: reopen it by a decision with a document number first",
);

fn sealed(refusal: &mut Refusal) {
    refuse(refusal, RefusalKind::FailedPrecondition, Reason::YearSealed, "year", SEALED);
}

/// Who publishes, decides or seals recorded none of the events of the year (回避).
fn disinterested(context: &Context<'_>, step: &YearStep, field: &str, refusal: &mut Refusal) {
    let YearStep { organization, year, by, .. } = step;
    if context.standing.has_recorded(organization, *year, by) {
        let zh = format!("{by} 是该单位本年度事件的填报人，须回避；请由他人办理");
        let en = format!("{by} recorded events of the year: somebody else must take this step");
        let (kind, reason) = (RefusalKind::FailedPrecondition, Reason::ActorIsInterested);
        refuse(refusal, kind, reason, field, (&zh, &en));
    }
}

fn reason_given(reason: &str, field: &str, refusal: &mut Refusal) {
    if reason.trim().chars().count() < REASON_CHARS_MIN {
        let zh = format!("至少 {REASON_CHARS_MIN} 个字");
        let en = format!("at least {REASON_CHARS_MIN} characters");
        refuse(refusal, RefusalKind::Invalid, Reason::ReasonTooShort, field, (&zh, &en));
    }
}

/// The appeal exists, is undecided, and is not the decider's own.
fn undecided(cycle: &Cycle<'_>, appeal: Position, by: &str, refusal: &mut Refusal) {
    let field = "appeal_position";
    match cycle.appeal(appeal) {
        None => {
            let text = ("该位置没有本年度的申诉", "no appeal of this year stands there");
            refuse(refusal, RefusalKind::NotFound, Reason::ReferenceUnknown, field, text);
        }
        Some(appeal) => {
            if appeal.decided.is_some() {
                stage(refusal, "该申诉已作决定", "the appeal is decided already");
            }
            if appeal.by == by {
                let text = ("申诉人不得自行决定", "whoever appeals does not decide");
                let kind = RefusalKind::FailedPrecondition;
                refuse(refusal, kind, Reason::ActorIsInterested, "decider", text);
            }
        }
    }
}

/// What a decision changes follows from it: one that rejects changes nothing, and one that upholds
/// never worsens the result (不因申诉加重).
fn follows(upheld: bool, adjustment: &Adjustment, refusal: &mut Refusal) {
    let (field, text) = match (upheld, adjustment.kind) {
        (true, AdjustmentKind::Bonus) => return,
        (true, AdjustmentKind::Penalty | AdjustmentKind::Veto) => (
            "adjustment.kind",
            (
                "支持申诉的决定不得加重结果，只能加分；扣分、一票否决请另行登记",
                "a decision that upholds may only add a bonus, it never worsens the result: \
                 penalties and vetoes are recorded by themselves",
            ),
        ),
        (false, _) => (
            "adjustment",
            (
                "驳回的决定不改变结果，不得加分、扣分或一票否决；确需调整请改为支持，或另行登记",
                "a decision that rejects changes nothing: leave the adjustment out, uphold in part, \
                 or record the adjustment by itself",
            ),
        ),
    };
    refuse(refusal, RefusalKind::Invalid, Reason::FieldOutOfRange, field, text);
}

fn adjusted(
    cycle: &Cycle<'_>,
    adjustment: &Adjustment,
    by: &str,
    path: &str,
    refusal: &mut Refusal,
) {
    let Adjustment { kind, points, approver, reason, .. } = adjustment;
    reason_given(reason, &format!("{path}reason"), refusal);
    if **approver == *by && path.is_empty() {
        let text = ("批准人不得是填报人本人", "the approver must not be the recorder");
        refuse(refusal, RefusalKind::Invalid, Reason::ApproverIsRecorder, "approver", text);
    }
    let positive = Decimal::ZERO < *points && *points <= Decimal::ONE_HUNDRED;
    if positive == (*kind == AdjustmentKind::Veto) {
        let text = (
            "加分、扣分须大于 0 且不超过 100；一票否决不填分值",
            "points are above 0 and at most 100; a veto has none",
        );
        let field = format!("{path}points");
        refuse(refusal, RefusalKind::Invalid, Reason::FieldOutOfRange, &field, text);
    }
    let bonus = cycle.points(AdjustmentKind::Bonus);
    if *kind == AdjustmentKind::Bonus && Decimal::from(BONUS_MAX) < bonus + points {
        let zh = format!("加分合计不得超过 {BONUS_MAX} 分，已有 {bonus} 分");
        let en = format!("at most {BONUS_MAX} points of bonus in a year, there are {bonus}");
        let field = format!("{path}points");
        let kind = RefusalKind::FailedPrecondition;
        refuse(refusal, kind, Reason::BonusLimit, &field, (&zh, &en));
    }
}

/// No event of a sealed year is corrected or taken back, nor moved into one.
pub(super) fn not_sealed<'a>(
    context: &Context<'_>,
    events: impl IntoIterator<Item = &'a DutyEvent>,
    path: &str,
    refusal: &mut Refusal,
) {
    let years = context.standing.registry().years();
    let is_sealed = |event: &DutyEvent| {
        let cycle = years.cycle(&event.organization, event.accounting_year, Position::MAX);
        cycle.stage == Stage::Sealed
    };
    if events.into_iter().any(is_sealed) {
        refusal.add(RefusalKind::FailedPrecondition, |problems| {
            let field = format!("{path}.target_event_id");
            problems.add(Reason::YearSealed, &field, SEALED.0, SEALED.1);
        });
    }
}
