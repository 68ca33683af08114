//! What a year needs before its result is published for notice (公示) and sealed (封存): every
//! deadline behind it, and the figures that were shown.
//!
//! A published result is a final one (DOMAIN §6.2): while something may still be done in time, its
//! score is interim. And a seal keeps what was published; what appeals, further reviews and
//! adjustments decide stands beside the figures compared here, which are of the duties alone.

use std::collections::{BTreeMap, BTreeSet};

use duty::Position;
use duty::evaluate::{DutyLine, Obligation};
use duty::id::DutyId;
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::view::OrganizationView;

/// What is still in time on the day asked about, and not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StillOwed {
    /// The duty whose last day comes first.
    pub duty: DutyId,
    /// Its Chinese name.
    pub name_zh: Box<str>,
    /// Its English name.
    pub name_en: Box<str>,
    /// That last day.
    pub last: Date,
    /// How many obligations are still in time.
    pub count: usize,
    /// The first day on which none is.
    pub from: Date,
}

/// What of a year is still in time on the day of the view and may raise its score: scored, with
/// weight, without full credit on the official rung, the last day not behind. `None` when the
/// result is final.
#[must_use]
pub fn still_owed(view: &OrganizationView) -> Option<StillOwed> {
    let (_, rules) = &view.rules;
    let is_open = |owed: &Obligation| {
        let at = owed.at(rules.official_rung);
        at.status.is_scored() && at.credit < Decimal::ONE
    };
    let lines = view.evaluation.lines.iter().zip(&rules.duties);
    let open = lines.filter(|(line, _)| !line.weight.is_zero()).flat_map(|(line, rule)| {
        let open = line.obligations.iter().filter(|owed| is_open(owed));
        open.filter_map(|owed| owed.window).map(move |window| (window, rule))
    });
    let mut open: Vec<_> =
        open.filter(|(window, _)| !window.has_passed(view.question.as_of)).collect();
    open.sort_by_key(|(window, rule)| (window.last, &rule.id));
    let ((first, rule), (end, _)) = (open.first()?, open.last()?);
    Some(StillOwed {
        duty: rule.id.clone(),
        name_zh: rule.name_zh.clone(),
        name_en: rule.name_en.clone(),
        last: first.last,
        count: open.len(),
        // The calendar's last day has none after it: nothing is due there.
        from: end.last.tomorrow().unwrap_or(end.last),
    })
}

/// Figures of a year that are no longer what they were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The score of the duties on the official rung then; adjustments are no part of it.
    pub score_then: Option<Decimal>,
    /// The same now.
    pub score_now: Option<Decimal>,
    /// The duties whose weight, state or credit changed on any rung, with the credit on the
    /// official one then and now; `None` where the rules have no such duty.
    pub duties: Vec<(DutyId, Option<Decimal>, Option<Decimal>)>,
    /// The entries on which those duties rest in one of the two and not in the other, by position.
    pub entries: BTreeSet<Position>,
}

/// How the figures of one view differ from those of another; `None` when they are the same. Entries
/// that change no figure are no difference.
#[must_use]
pub fn changed(then: &OrganizationView, now: &OrganizationView) -> Option<Changed> {
    let [mut before, mut after] = [then, now].map(|view| {
        let lines = view.evaluation.lines.iter();
        lines.map(|line| (&line.duty, line)).collect::<BTreeMap<_, _>>()
    });
    let same = |duty: &DutyId| {
        let figures = |line: &&DutyLine| (line.weight, line.official, line.rungs.clone());
        before.get(duty).map(figures) == after.get(duty).map(figures)
    };
    let unchanged: Vec<_> = before.keys().copied().filter(|duty| same(duty)).collect();
    for duty in unchanged {
        before.remove(duty);
        after.remove(duty);
    }
    let credit = |view: &OrganizationView, line: Option<&&DutyLine>| {
        line.map(|line| line.rungs[view.rules.1.official_rung as usize].credit)
    };
    let duties: BTreeSet<_> = before.keys().chain(after.keys()).copied().collect();
    let duties: Vec<_> = duties
        .into_iter()
        .map(|duty| {
            let [was, is] = [credit(then, before.get(duty)), credit(now, after.get(duty))];
            (duty.clone(), was, is)
        })
        .collect();
    let [score_then, score_now] = [then, now].map(|view| {
        let official = view.rules.1.official_rung;
        view.evaluation.scores.at(official).score
    });
    if duties.is_empty() && score_then == score_now {
        return None;
    }
    let (was, is) = (behind(before.values()), behind(after.values()));
    let entries = was.symmetric_difference(&is).copied().collect();
    Some(Changed { score_then, score_now, duties, entries })
}

/// The entries that lines rest on, on any rung.
fn behind<'a>(lines: impl Iterator<Item = &'a &'a DutyLine>) -> BTreeSet<Position> {
    let owed = lines.flat_map(|line| &line.obligations);
    let rungs = owed.flat_map(|owed| &owed.rungs);
    rungs.flat_map(|rung| rung.entries.iter().copied()).collect()
}
