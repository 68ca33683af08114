//! How acts fill windows, a tenth of an act at a time.
//!
//! One act is ten tenths, one accepted with a reservation six on the rung *verified*. A tenth lies
//! in one window and is dealt out after the ones before it; that is all there is to it.

use duty::evaluate::Status;
use duty::event::Kind;
use duty::review::Grade;
use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::rules::Rules;
use super::told::Act;

/// A window, first and last day.
pub(super) type Days = (Date, Date);

/// An act, and whether it says that it is the owner's.
pub(super) type Mine<'a> = (&'a Act, bool);

/// What a window has, in tenths.
#[derive(Clone, Copy, Default)]
pub(super) struct Counted {
    in_time: u32,
    late: u32,
}

fn inside(act: &Act, (first, last): Days) -> bool {
    act.days().is_some_and(|(from, to)| first <= from && to <= last)
}

fn after(act: &Act, (_, last): Days) -> bool {
    act.days().is_some_and(|(from, _)| last < from)
}

fn before(act: &Act, (first, _): Days) -> bool {
    act.days().is_some_and(|(_, to)| to < first)
}

fn unsure(act: &Act, of: Days) -> bool {
    !inside(act, of) && !after(act, of) && !before(act, of)
}

/// The highest rung an act stands on where its date is certain.
fn reached((act, names_owner): Mine<'_>, as_of: Date) -> usize {
    let is_over = act.days().is_some_and(|(_, to)| to <= as_of);
    let on_a_day = act.days().is_some_and(|(from, to)| from == to);
    let documented = on_a_day && !act.event.evidence.is_empty();
    match (is_over && names_owner && !act.lapsed, documented, act.is_accepted()) {
        (false, _, _) => 0,
        (true, false, _) => 1,
        (true, true, false) => 2,
        (true, true, true) => 3,
    }
}

/// The tenths of an act on a rung.
fn tenths(act: &Act, rung: usize) -> u32 {
    match &act.review {
        Some((review, _)) if rung == 3 && review.grade == Some(Grade::C) => 6,
        _ => 10,
    }
}

/// What each window gets on a rung, when each wants `need` tenths.
fn on_rung(
    acts: &[Mine<'_>],
    windows: &[Days],
    (rung, need): (usize, u32),
    as_of: Date,
) -> Vec<Counted> {
    let mut left: Vec<(&Act, u32)> = acts
        .iter()
        .filter(|mine| mine.0.event.kind == Kind::Performed && rung <= reached(**mine, as_of))
        .filter(|(act, _)| rung == 0 || windows.iter().any(|of| !unsure(act, *of)))
        .map(|(act, _)| (*act, tenths(act, rung)))
        .collect();
    let mut counts = vec![Counted::default(); windows.len()];
    // Each window its own acts, the earliest first; what may lie in it is claimed to.
    for (of, count) in windows.iter().zip(&mut counts) {
        while count.in_time < need {
            let own = left
                .iter_mut()
                .filter(|(_, tenths)| 0 < *tenths)
                .filter(|(act, _)| inside(act, *of) || (rung == 0 && unsure(act, *of)))
                .min_by_key(|(act, _)| {
                    let last = act.event.occurred.end().unwrap_or(Date::MAX);
                    (unsure(act, *of), last, act.position)
                });
            let Some((_, tenths)) = own else { break };
            *tenths -= 1;
            count.in_time += 1;
        }
    }
    // 每年均…: whatever a window still lacks that the claim may speak of.
    for (of, count) in windows.iter().zip(&mut counts) {
        let speaks = |act: &Act| !after(act, *of) && !before(act, *of);
        let claims = |(act, _): &Mine<'_>| act.event.kind == Kind::RecurringClaim && speaks(act);
        if rung == 0 && acts.iter().any(claims) {
            count.in_time = count.in_time.max(need);
        }
    }
    // What comes after a window makes up for it, the first recorded first.
    for (of, count) in windows.iter().zip(&mut counts) {
        while count.in_time + count.late < need {
            let next = left.iter_mut().find(|(act, tenths)| 0 < *tenths && after(act, *of));
            let Some((_, tenths)) = next else { break };
            *tenths -= 1;
            count.late += 1;
        }
    }
    // The rest stays where it lies.
    for (of, count) in windows.iter().zip(&mut counts) {
        for (act, tenths) in &mut left {
            let alone = windows.len() == 1 && rung == 0 && unsure(act, *of);
            if inside(act, *of) || alone {
                count.in_time += std::mem::take(tenths);
            }
        }
    }
    counts
}

/// State and credit of a window on a rung (DOMAIN §6.1 and §6.2).
fn status(
    count: Counted,
    claimed: Counted,
    (rules, need): (&Rules, u32),
    last: Date,
    as_of: Date,
) -> (Status, Decimal) {
    let part = (Decimal::from(count.in_time) / Decimal::from(need)).min(Decimal::ONE);
    let (all, all_claimed) = (count.in_time + count.late, claimed.in_time + claimed.late);
    let passed = last < as_of;
    if need <= count.in_time {
        (Status::Fulfilled, Decimal::ONE)
    } else if passed && need <= all {
        (Status::FulfilledLate, part.max(rules.late_credit))
    } else if count.in_time == 0 && all < all_claimed {
        (Status::NeedsVerification, Decimal::ZERO)
    } else if passed && count.in_time == 0 {
        (Status::Overdue, Decimal::ZERO)
    } else if passed {
        (Status::Partial, part)
    } else if last - rules.warn_days.days() <= as_of {
        (Status::DueSoon, part)
    } else {
        (Status::NotDue, part)
    }
}

/// State and credit of every window on every rung, lowest rung first.
pub(super) fn judged(
    acts: &[Mine<'_>],
    windows: &[Days],
    (rules, need): (&Rules, u32),
    as_of: Date,
) -> Vec<[(Status, Decimal); 4]> {
    let mut rungs: Vec<Vec<Counted>> =
        (0..4).map(|rung| on_rung(acts, windows, (rung, need), as_of)).collect();
    // Whatever stands on a rung stands on those below it.
    let worth = |count: Counted, last| status(count, count, (rules, need), last, as_of).1;
    for rung in (1..4).rev() {
        for (index, (_, last)) in windows.iter().enumerate() {
            if worth(rungs[rung - 1][index], *last) < worth(rungs[rung][index], *last) {
                rungs[rung - 1][index] = rungs[rung][index];
            }
        }
    }
    let of_window = |(index, (_, last)): (usize, &Days)| {
        std::array::from_fn(|rung| {
            status(rungs[rung][index], rungs[0][index], (rules, need), *last, as_of)
        })
    };
    windows.iter().enumerate().map(of_window).collect()
}
