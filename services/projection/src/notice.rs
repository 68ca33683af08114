//! What a year needs before its result is published for notice (公示): every deadline behind it.
//!
//! A published result is a final one (DOMAIN §6.2): while something may still be done in time, its
//! score is interim.

use duty::evaluate::Obligation;
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
