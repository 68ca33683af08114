//! From counted events to the state of obligations, one window or several, on each rung.

use jiff::SignedDuration;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::count::{self, Measure};
use super::obligation::{NotCounted, RungResult, Standing, Status, Why};
use super::{Detail, Fact, Question, Window};
use crate::event::Kind;
use crate::occurred::Timing;
use crate::position::Position;
use crate::review::{Grade, Verdict};
use crate::ruleset::{RuleSet, Rung};

/// An event that may count, with the highest rung it can reach.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member<'a> {
    pub(super) fact: &'a Fact,
    pub(super) rung: Rung,
    /// Whether it names the person who owes, where a person owes.
    pub(super) attributed: bool,
    /// The return that was not mended by its last day.
    pub(super) lapsed: Option<(Position, Date)>,
}

/// The judgement of one window.
pub(super) struct Judged {
    pub(super) rungs: [RungResult; 4],
    pub(super) official: Status,
    /// In the order of the members; none where only figures are wanted.
    pub(super) standings: Vec<Standing>,
}

/// What a judgement depends on beside the events.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms<'a> {
    pub(super) rules: &'a RuleSet,
    pub(super) question: Question,
    pub(super) measure: Measure<'a>,
    /// Asked for in each window.
    pub(super) required: Decimal,
    /// Whether the standing of each member is told.
    pub(super) detail: Detail,
}

/// What one window got on one rung.
#[derive(Debug, Clone)]
struct Share {
    in_time: Decimal,
    late: Decimal,
    /// Members that make up the in-time and the late part, each once, in order.
    in_time_from: Vec<usize>,
    late_from: Vec<usize>,
}

impl Share {
    const NOTHING: Self = Self {
        in_time: Decimal::ZERO,
        late: Decimal::ZERO,
        in_time_from: Vec::new(),
        late_from: Vec::new(),
    };

    fn rests_on(&self, member: usize) -> bool {
        let within = |members: &[usize]| members.binary_search(&member).is_ok();
        within(&self.in_time_from) || within(&self.late_from)
    }
}

/// Judges windows, in order of time, over the same events. An event counts in one window only,
/// except a recurring claim, which claims them all.
pub(super) fn windows(windows: &[Window], members: &[Member<'_>], terms: Terms<'_>) -> Vec<Judged> {
    // Most duties of most organizations, in a table of all.
    if members.is_empty() {
        return windows.iter().map(|window| without_members(window, terms)).collect();
    }
    let mut shares: Vec<Vec<Share>> =
        Rung::ALL.iter().map(|rung| share_out(windows, members, *rung, terms)).collect();
    let credit = |share: &Share, window: &Window| status(share, window, true, terms).1;
    // Whatever stands on a rung stands on those below it, even where weaker entries there, which a
    // sum may hold, would take something away from the sum.
    for rung in (1..shares.len()).rev() {
        for (index, window) in windows.iter().enumerate() {
            if credit(&shares[rung - 1][index], window) < credit(&shares[rung][index], window) {
                shares[rung - 1][index] = shares[rung][index].clone();
            }
        }
    }
    let told = match terms.detail {
        Detail::Explained => members,
        Detail::Figures => &[],
    };
    let amounts = amounts_at(windows, told, Rung::Claimed, terms);
    windows
        .iter()
        .enumerate()
        .map(|(index, window)| {
            let shares: Vec<&Share> = shares.iter().map(|of_rung| &of_rung[index]).collect();
            let rungs = rung_results(&shares, members, window, terms);
            let standings = told
                .iter()
                .enumerate()
                .map(|(number, member)| {
                    standing(number, member, amounts[number], &shares, window, windows.len(), terms)
                })
                .collect();
            let official = official(&rungs, terms.rules.official_rung);
            Judged { rungs, official, standings }
        })
        .collect()
}

/// The judgement of a window in which nothing was done: the same on every rung.
fn without_members(window: &Window, terms: Terms<'_>) -> Judged {
    let (status, credit) = status(&Share::NOTHING, window, true, terms);
    let rung = || RungResult {
        status,
        credit,
        in_time: Decimal::ZERO,
        late: Decimal::ZERO,
        entries: Vec::new(),
    };
    let rungs = std::array::from_fn(|_| rung());
    let official = official(&rungs, terms.rules.official_rung);
    Judged { rungs, official, standings: Vec::new() }
}

/// The amounts of the members that stand on `rung`; zero for the others and for recurring claims.
/// What crosses the border of every window counts above *claimed* for none, so that it takes
/// nothing from a sum there either.
fn amounts_at(
    windows: &[Window],
    members: &[Member<'_>],
    rung: Rung,
    terms: Terms<'_>,
) -> Vec<Decimal> {
    let certain = |fact: &Fact| {
        let timing = |window: &Window| fact.occurred.timing(window.first, window.last);
        windows.iter().any(|window| timing(window) != Timing::Unknown)
    };
    let standing: Vec<usize> = (0..members.len())
        .filter(|index| {
            let Member { fact, rung: reached, .. } = members[*index];
            rung <= reached
                && fact.kind != Kind::RecurringClaim
                && (rung == Rung::Claimed || certain(fact))
        })
        .collect();
    let facts: Vec<&Fact> = standing.iter().map(|index| members[*index].fact).collect();
    let mut amounts = vec![Decimal::ZERO; members.len()];
    for (index, amount) in
        standing.into_iter().zip(count::amounts(&facts, terms.measure, rung != Rung::Claimed))
    {
        amounts[index] = amount;
        if rung == Rung::Verified
            && let Some(grade) = members[index].fact.accepted_grade(terms.question.known)
        {
            // An acceptance with a reservation counts in part, on this rung alone.
            amounts[index] *= grade.share();
        }
    }
    amounts
}

fn share_out(
    windows: &[Window],
    members: &[Member<'_>],
    rung: Rung,
    terms: Terms<'_>,
) -> Vec<Share> {
    let mut left = amounts_at(windows, members, rung, terms);
    let mut shares = vec![Share::NOTHING; windows.len()];
    let timing = |index: usize, window: &Window| {
        members[index].fact.occurred.timing(window.first, window.last)
    };
    for (window, share) in windows.iter().zip(&mut shares) {
        let mut candidates: Vec<usize> = (0..members.len())
            .filter(|index| match timing(*index, window) {
                Timing::InTime => true,
                // What may lie in the window is claimed to: the higher rungs ask for certainty.
                Timing::Unknown => rung == Rung::Claimed,
                Timing::Late | Timing::TooEarly => false,
            })
            .collect();
        candidates.sort_by_key(|index| {
            let fact = members[*index].fact;
            let uncertain = timing(*index, window) != Timing::InTime;
            (uncertain, fact.occurred.end().unwrap_or(Date::MAX), fact.position)
        });
        for index in candidates {
            let wanted = (terms.required - share.in_time).max(Decimal::ZERO);
            take(&mut left[index], wanted, index, &mut share.in_time, &mut share.in_time_from);
        }
    }
    if rung == Rung::Claimed {
        for (window, share) in windows.iter().zip(&mut shares) {
            claim_regularly(window, members, terms.required, share);
        }
    }
    // What its own window does not need makes up for an earlier one that still lacks something,
    // late (补办)…
    for (window, share) in windows.iter().zip(&mut shares) {
        for (index, left) in left.iter_mut().enumerate() {
            if timing(index, window) == Timing::Late {
                let wanted = (terms.required - share.in_time - share.late).max(Decimal::ZERO);
                take(left, wanted, index, &mut share.late, &mut share.late_from);
            }
        }
    }
    // …and what nothing lacks stays in the window it lies in.
    for (window, share) in windows.iter().zip(&mut shares) {
        for (index, left) in left.iter_mut().enumerate() {
            let uncertain_alone = windows.len() == 1
                && rung == Rung::Claimed
                && timing(index, window) == Timing::Unknown;
            if timing(index, window) == Timing::InTime || uncertain_alone {
                take(left, Decimal::MAX, index, &mut share.in_time, &mut share.in_time_from);
            }
        }
    }
    for share in &mut shares {
        for from in [&mut share.in_time_from, &mut share.late_from] {
            from.sort_unstable();
            from.dedup();
        }
    }
    shares
}

fn take(
    left: &mut Decimal,
    wanted: Decimal,
    index: usize,
    sum: &mut Decimal,
    from: &mut Vec<usize>,
) {
    let taken = wanted.min(*left);
    if Decimal::ZERO < taken {
        *left -= taken;
        *sum = sum.saturating_add(taken);
        from.push(index);
    }
}

/// 每年均…, 定期…: claims whatever the window still lacks.
fn claim_regularly(window: &Window, members: &[Member<'_>], required: Decimal, share: &mut Share) {
    if required <= share.in_time {
        return;
    }
    for (index, member) in members.iter().enumerate() {
        let claims = member.fact.kind == Kind::RecurringClaim
            && member.fact.occurred.may_overlap(window.first, window.last);
        if claims {
            share.in_time = required;
            share.in_time_from.push(index);
        }
    }
}

fn rung_results(
    shares: &[&Share],
    members: &[Member<'_>],
    window: &Window,
    terms: Terms<'_>,
) -> [RungResult; 4] {
    let claimed = shares[0].in_time.saturating_add(shares[0].late);
    std::array::from_fn(|rung| {
        let share = shares[rung];
        let borne_out = claimed <= share.in_time.saturating_add(share.late);
        let (status, credit) = status(share, window, borne_out, terms);
        let settled_in_time = terms.required <= share.in_time;
        let mut entries: Vec<_> = share
            .in_time_from
            .iter()
            .chain(share.late_from.iter().filter(|_| !settled_in_time))
            .map(|index| members[*index].fact.position)
            .collect();
        entries.sort_unstable();
        RungResult { status, credit, in_time: share.in_time, late: share.late, entries }
    })
}

/// State and credit of one rung (DOMAIN §6.1 and §6.2). Credit never falls when something is done:
/// a late completion keeps the part that was in time.
fn status(share: &Share, window: &Window, borne_out: bool, terms: Terms<'_>) -> (Status, Decimal) {
    let as_of = terms.question.as_of;
    if terms.required <= share.in_time {
        return (Status::Fulfilled, Decimal::ONE);
    }
    // More is asked for than that, and hence more than nothing.
    let in_part = || {
        if share.in_time.is_zero() {
            return Decimal::ZERO;
        }
        (share.in_time / terms.required).min(Decimal::ONE)
    };
    let passed = window.has_passed(as_of);
    if passed && terms.required <= share.in_time.saturating_add(share.late) {
        return (Status::FulfilledLate, terms.rules.scoring.late_credit.max(in_part()));
    }
    let nothing = share.in_time <= Decimal::ZERO;
    if nothing && !borne_out {
        return (Status::NeedsVerification, Decimal::ZERO);
    }
    if passed {
        return if nothing {
            (Status::Overdue, Decimal::ZERO)
        } else {
            (Status::Partial, in_part())
        };
    }
    (pending(window, as_of, terms.rules), in_part())
}

/// The state before the deadline.
pub(super) fn pending(window: &Window, as_of: Date, rules: &RuleSet) -> Status {
    let warned = SignedDuration::from_hours(24 * i64::from(rules.warn_days));
    let left = window.last.duration_since(as_of);
    if left <= warned { Status::DueSoon } else { Status::NotDue }
}

/// The state shown first: that of the official rung, or 待核 when more is claimed than it bears out.
pub(super) fn official(rungs: &[RungResult; 4], official: Rung) -> Status {
    let done = |status: Status| matches!(status, Status::Fulfilled | Status::FulfilledLate);
    let (claimed, at) = (rungs[0].status, rungs[official as usize].status);
    if done(claimed) && !done(at) { Status::NeedsVerification } else { at }
}

fn standing(
    number: usize,
    member: &Member<'_>,
    amount: Decimal,
    shares: &[&Share],
    window: &Window,
    windows: usize,
    terms: Terms<'_>,
) -> Standing {
    let timing = member.fact.occurred.timing(window.first, window.last);
    let counted_on = (0..shares.len()).rev().find(|rung| shares[*rung].rests_on(number));
    if let Some(rung) = counted_on {
        let rung = Rung::ALL[rung];
        let held_back = held_back(member, rung, timing, terms.question);
        return Standing::Counted { rung, timing, amount, held_back };
    }
    let recurring = member.fact.kind == Kind::RecurringClaim;
    Standing::NotCounted(match timing {
        Timing::TooEarly if windows == 1 => NotCounted::BeforeWindow,
        _ if 1 < windows => NotCounted::OtherPeriod,
        _ if member.fact.aggregate && amount.is_zero() => NotCounted::SumOfCounted,
        Timing::Late | Timing::InTime | Timing::Unknown | Timing::TooEarly => {
            // It would count if it were needed: a late or regular claim beside what is in time.
            let rung =
                if recurring || timing == Timing::Unknown { Rung::Claimed } else { member.rung };
            let held_back = held_back(member, rung, timing, terms.question);
            return Standing::Counted { rung, timing, amount, held_back };
        }
    })
}

/// What keeps an event from the rung above `rung`.
pub(super) fn held_back(
    member: &Member<'_>,
    rung: Rung,
    timing: Timing,
    question: Question,
) -> Why {
    let Question { as_of, known, .. } = question;
    let fact = member.fact;
    let over = fact.occurred.end().is_some_and(|end| end <= as_of);
    let returned = || fact.review(known).is_some_and(|last| last.verdict == Verdict::Returned);
    match rung {
        Rung::Verified if fact.accepted_grade(known) == Some(Grade::C) => Why::Reservation,
        Rung::Verified => Why::Nothing,
        Rung::Documented if returned() => Why::Returned,
        Rung::Documented => Why::NotAccepted,
        Rung::Dated if fact.occurred.as_day().is_none() => Why::NotDayPrecise,
        Rung::Dated => Why::NoDocument,
        Rung::Claimed if member.lapsed.is_some() => Why::Returned,
        Rung::Claimed if fact.kind == Kind::RecurringClaim => Why::NoInstance,
        Rung::Claimed if timing == Timing::Unknown || !over => Why::DateUncertain,
        Rung::Claimed if !member.attributed => Why::NobodyNamed,
        Rung::Claimed => Why::DateUncertain,
    }
}
