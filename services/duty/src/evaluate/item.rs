//! Duties per document, decision, examination or case: no event, no obligation.

use rust_decimal::Decimal;

use super::count::{self, Measure};
use super::judge::{self, Judged, Member};
use super::line::{self, Scope};
use super::obligation::{NotCounted, RungResult, Standing, Status, Why};
use super::{Fact, Obligation, Owner, Period, Window};
use crate::event::Kind;
use crate::occurred::Timing;
use crate::problem::{Problem, Reason};
use crate::quantity::{Answer, reaches};
use crate::ruleset::{Rung, Threshold};

/// One obligation for each item of the year; a sum whose parts are items themselves is none.
pub(super) fn obligations(scope: &Scope<'_>, owner: &Owner) -> Vec<Obligation> {
    let year = scope.question.year;
    let members = line::members(scope, owner, |fact| fact.accounting_year == year);
    let facts: Vec<&Fact> = members.iter().map(|member| member.fact).collect();
    let amounts = count::amounts(&facts, Measure::Acts, false);
    let items: Vec<&Member<'_>> = members
        .iter()
        .zip(amounts)
        .filter(|(member, amount)| !(member.fact.aggregate && amount.is_zero()))
        .map(|(member, _)| member)
        .filter(|member| !member.fact.details.excused())
        .collect();
    if items.is_empty() {
        let why = Problem::new(
            Reason::SubstanceIrregular,
            "satisfied_by",
            "本年度没有相应的文件、决策、考试或案件",
            "no such document, decision, examination or case in the year",
        );
        return vec![line::not_applicable(scope, owner.clone(), why)];
    }
    items.into_iter().map(|item| of_item(scope, owner, item)).collect()
}

fn of_item(scope: &Scope<'_>, owner: &Owner, member: &Member<'_>) -> Obligation {
    let fact = member.fact;
    let window = Window::year(scope.question.year);
    let timing = fact.occurred.timing(window.first, window.last);
    let reached = if timing == Timing::Unknown || timing == Timing::TooEarly {
        Rung::Claimed
    } else {
        member.rung
    };
    let answers: Vec<(Threshold, Answer)> = scope
        .rule
        .threshold
        .iter()
        .map(|(threshold, bound)| (*threshold, answer(scope, fact, *threshold, *bound)))
        .collect();
    let rungs = std::array::from_fn(|index| {
        let rung = Rung::ALL[index];
        let (status, credit) = if reached < rung {
            (Status::NeedsVerification, Decimal::ZERO)
        } else {
            judged(&answers, rung)
        };
        let (status, credit) = match fact.accepted_grade(scope.question.known) {
            // An acceptance with a reservation counts in part, on this rung alone.
            Some(grade) if rung == Rung::Verified && grade.share() < Decimal::ONE => {
                let status = if status == Status::Fulfilled { Status::Partial } else { status };
                (status, credit * grade.share())
            }
            _ => (status, credit),
        };
        let counts = rung <= reached;
        RungResult {
            status,
            credit,
            in_time: if counts { Decimal::ONE } else { Decimal::ZERO },
            late: Decimal::ZERO,
            entries: if counts { vec![fact.position] } else { Vec::new() },
        }
    });
    let official = judge::official(&rungs, scope.rules.official_rung);
    let missed = answers.iter().any(|(_, answer)| *answer == Answer::No);
    let unknown = answers.iter().any(|(_, answer)| *answer == Answer::Unknown);
    let standing = if missed {
        Standing::NotCounted(NotCounted::BelowThreshold)
    } else {
        let held_back = if unknown && reached != Rung::Claimed {
            Why::FigureMissing
        } else {
            judge::held_back(member, reached, timing, scope.question)
        };
        let rung = if unknown { Rung::Claimed } else { reached };
        Standing::Counted { rung, timing, amount: Decimal::ONE, held_back }
    };
    let period = Period::Item { event_id: fact.event_id, position: fact.position };
    let judged = Judged { rungs, official, standings: vec![standing] };
    let members = [*member];
    let mut obligation =
        line::assembled(scope, owner, period, Some(window), Decimal::ONE, &members, judged);
    obligation.considered.retain(|entry| entry.position == fact.position);
    obligation.findings.extend(
        answers
            .iter()
            .filter(|(_, answer)| *answer != Answer::Yes)
            .map(|(threshold, answer)| finding(*threshold, *answer)),
    );
    obligation
}

/// State and credit by thresholds: what the record does not say is claimed, not shown.
fn judged(answers: &[(Threshold, Answer)], rung: Rung) -> (Status, Decimal) {
    let count = |wanted: Answer| answers.iter().filter(|(_, answer)| *answer == wanted).count();
    let (missed, unknown) = (count(Answer::No), count(Answer::Unknown));
    let met = answers.len() - missed - if rung == Rung::Claimed { 0 } else { unknown };
    if missed == 0 {
        return if unknown == 0 || rung == Rung::Claimed {
            (Status::Fulfilled, Decimal::ONE)
        } else {
            (Status::NeedsVerification, Decimal::ZERO)
        };
    }
    if met == 0 {
        return (Status::Overdue, Decimal::ZERO);
    }
    (Status::Partial, Decimal::from(met) / Decimal::from(answers.len()))
}

fn finding(threshold: Threshold, answer: Answer) -> Problem {
    let name = threshold.as_str();
    if answer == Answer::No {
        return Problem::new(
            Reason::SubstanceIrregular,
            format!("threshold.{name}"),
            format!("未达到 {name} 的要求"),
            format!("misses the threshold {name}"),
        );
    }
    Problem::new(
        Reason::DetailMissing,
        format!("threshold.{name}"),
        format!("记录未说明 {name}"),
        format!("the record does not say {name}"),
    )
}

/// Whether the item meets a threshold: by a stated figure, or by the dates and answers of its
/// details.
fn answer(scope: &Scope<'_>, fact: &Fact, threshold: Threshold, bound: Decimal) -> Answer {
    if let Some(quantity) = fact.quantity(threshold.as_str()) {
        let value = quantity.as_ratio();
        return if threshold.is_maximum() {
            at_most(value, bound)
        } else {
            reaches(value, quantity.qualifier, bound)
        };
    }
    let details = &fact.details;
    let recurring = fact.kind == Kind::RecurringClaim;
    match threshold {
        Threshold::RegistrationRate => rate(fact, "registered", "registrable", bound),
        Threshold::AttendanceRate => rate(fact, "sat", "registered", bound),
        Threshold::PassRate => rate(fact, "passed", "sat", bound),
        // An item of its own covers itself.
        Threshold::Coverage if !fact.aggregate && !recurring => Answer::Yes,
        Threshold::Coverage => Answer::Unknown,
        Threshold::LegalityReviewRate => details.legality_reviewed(),
        Threshold::CollectiveDiscussionRate => details.collectively_discussed(),
        Threshold::FilingRate => given(details.filed_date().is_some()),
        Threshold::AppearanceRate => details.appeared(),
        Threshold::PublicCommentDaysMin => {
            details.public_comment().map_or(Answer::Unknown, |(first, last)| {
                at_least(Decimal::from((last - first).get_days() + 1), bound)
            })
        }
        Threshold::PublicationWithinWorkingDays if details.publication_exempt() => Answer::Yes,
        Threshold::PublicationWithinWorkingDays => {
            let limit = u32::try_from(bound.trunc()).unwrap_or(u32::MAX);
            match (details.issued_date(), details.published_date()) {
                (Some(issued), Some(published)) => {
                    match scope.world.calendars.add_working_days(issued, limit) {
                        Ok(last) if published <= last => Answer::Yes,
                        Ok(_) => Answer::No,
                        Err(_) => Answer::Unknown,
                    }
                }
                _ => Answer::Unknown,
            }
        }
        Threshold::LegalityReviewWorkingDaysMin => {
            match (details.legality_sent_date(), details.legality_returned_date()) {
                (Some(sent), Some(returned)) => {
                    match scope.world.calendars.working_days_between(sent, returned) {
                        Ok(days) => at_least(Decimal::from(days), bound),
                        Err(_) => Answer::Unknown,
                    }
                }
                _ => Answer::Unknown,
            }
        }
    }
}

/// A date that is given answers yes; one that is missing may only not have been recorded.
const fn given(is_given: bool) -> Answer {
    if is_given { Answer::Yes } else { Answer::Unknown }
}

fn at_least(value: Decimal, bound: Decimal) -> Answer {
    if bound <= value { Answer::Yes } else { Answer::No }
}

fn at_most(value: Decimal, bound: Decimal) -> Answer {
    if value <= bound { Answer::Yes } else { Answer::No }
}

/// A rate from the two numbers it is a rate of, both exact or the answer is unknown.
fn rate(fact: &Fact, part: &str, whole: &str, bound: Decimal) -> Answer {
    let exact = |metric: &str| {
        fact.quantity(metric).and_then(|quantity| {
            let exact = quantity.qualifier == crate::quantity::Qualifier::Exact;
            exact.then_some(quantity.value)
        })
    };
    match (exact(part), exact(whole)) {
        (Some(part), Some(whole)) if !whole.is_zero() => at_least(part / whole, bound),
        _ => Answer::Unknown,
    }
}
