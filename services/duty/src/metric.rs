//! The figures we know, and what they say about one another.
//!
//! A catalogue, not a gate: a figure outside it is kept and flagged. Within one event the figures
//! are held against each other: parts against totals, parts against wholes, rates against what they
//! are rates of. Lower bounds (余, 以上) are refused only where no true value could fit. Figures of
//! different units or different windows are never compared: 12 人 are no part of 90 人次.

mod catalogue;
mod relation;

use rust_decimal::Decimal;

use crate::event::EventType;
use crate::problem::{Problems, Reason};
use crate::quantity::{Qualifier, Quantity};

pub use relation::Growth;

/// What values a metric takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Whole numbers.
    Count,
    /// Any number: money, hours.
    Amount,
    /// A share, 0 to 1 (100 %).
    Rate,
    /// A ratio that may exceed 1, such as growth.
    Ratio,
}

/// A known metric (指标).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// The name in events and rule sets, `snake_case`.
    pub name: &'static str,
    /// Chinese name.
    pub zh: &'static str,
    /// English name.
    pub en: &'static str,
    /// The units it is stated in.
    pub units: &'static [&'static str],
    /// What values it takes.
    pub shape: Shape,
}

/// Every known metric, by area.
#[must_use]
pub fn all() -> &'static [Metric] {
    catalogue::METRICS
}

/// The metric of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Metric> {
    all().iter().find(|metric| metric.name == name)
}

/// The metric that says for how many acts one event of the type stands: sessions, meetings,
/// debriefs. Types that state registers (commitments, records) or stocks (officers) have none: an
/// event of theirs is one act, whatever its figures.
#[must_use]
pub const fn acts_metric(event_type: EventType) -> Option<&'static str> {
    match event_type {
        EventType::RuleOfLawDebrief => Some("debriefs"),
        EventType::SpecialWorkMeeting
        | EventType::LeadingGroupMeeting
        | EventType::PartyGroupDeliberation => Some("meetings"),
        EventType::ReportToSuperior => Some("reports"),
        EventType::LeaderDirective => Some("directives"),
        EventType::LeaderLawStudy
        | EventType::RuleOfLawLecture
        | EventType::LawPopularizationSession
        | EventType::CourtHearingObservation => Some("sessions"),
        EventType::ConstitutionPublicity | EventType::LawPopularizationCampaign => {
            Some("activities")
        }
        EventType::EnforcementExam => Some("exams"),
        EventType::PolicyDocument | EventType::NormativeDocument => Some("documents_total"),
        EventType::MajorDecision => Some("decisions_total"),
        EventType::LegalityReview | EventType::FairCompetitionReview => Some("reviews"),
        EventType::LegalAdviserOpinion => Some("opinions"),
        EventType::CleanOfficeSupervision => Some("actions"),
        EventType::CourtAppearance => Some("appeared"),
        EventType::DemonstrationInspection => Some("inspections"),
        EventType::EnterpriseSurvey => Some("surveys"),
        EventType::YearEndStatement
        | EventType::LeadingGroupAdjustment
        | EventType::LeadingGroupConfirmation
        | EventType::AnnualReportPublication
        | EventType::AnnualWorkPlan
        | EventType::EnforcementCertification
        | EventType::EnforcementThreeSystemsReport
        | EventType::LegalAdviserAppointment
        | EventType::ResearchIntegrityCommitment
        | EventType::ResearchCreditEvaluation
        | EventType::CreditInformationPush
        | EventType::IntegrityDataSubmission
        | EventType::MediationWork
        | EventType::CadreAppraisalLinkage
        | EventType::ExamResultUse
        | EventType::Award
        | EventType::WorkOutcome => None,
    }
}

/// Refuses figures that contradict one another.
pub fn check(quantities: &[Quantity], problems: &mut Problems) {
    check_each(quantities, problems);
    relation::check_sums(quantities, problems);
    relation::check_parts(quantities, problems);
    relation::check_rates(quantities, problems);
}

fn check_each(quantities: &[Quantity], problems: &mut Problems) {
    for (index, quantity) in quantities.iter().enumerate() {
        let name = &quantity.metric;
        if quantities[..index].iter().any(|earlier| earlier.metric == *name) {
            problems.add(
                Reason::MetricRepeated,
                &format!("quantities[{index}].metric"),
                format!("指标“{name}”在同一事件中重复；分项请另立事件"),
                format!(
                    "the metric {name} stands twice; record separate events for separate figures"
                ),
            );
        }
        let shape = find(name).map(|metric| metric.shape);
        if shape == Some(Shape::Count) && !quantity.value.fract().is_zero() {
            problems.add(
                Reason::QuantityInvalid,
                &format!("quantities[{index}].value"),
                format!("“{}”应为整数，实际为 {}", zh(name), quantity.value),
                format!("{name} counts whole things, not {}", quantity.value),
            );
        }
        let stated = as_ratio(quantity);
        if shape == Some(Shape::Rate) && Decimal::ONE < stated {
            problems.add(
                Reason::RateContradictsBase,
                &format!("quantities[{index}].value"),
                format!("“{}”为 {}，比率应在 0 与 100% 之间", zh(name), percent(stated)),
                format!("{name} is {}: a rate lies between 0 and 100 %", percent(stated)),
            );
        }
    }
}

/// Marks what is worth a look in figures that stay in.
pub fn flags(quantities: &[Quantity], problems: &mut Problems) {
    for (index, quantity) in quantities.iter().enumerate() {
        let name = &quantity.metric;
        let Some(metric) = find(name) else {
            problems.add(
                Reason::MetricUnknown,
                &format!("quantities[{index}].metric"),
                format!("指标“{name}”不在目录中，原样保留，不参与核算"),
                format!("the metric {name} is not in the catalogue: kept as it is, not evaluated"),
            );
            continue;
        };
        if !metric.units.contains(&&*quantity.unit) {
            let (unit, usual) = (&quantity.unit, metric.units.join("、"));
            problems.add(
                Reason::MetricUnknown,
                &format!("quantities[{index}].unit"),
                format!("“{}”通常以{usual}计，实际为“{unit}”", metric.zh),
                format!("{name} is usually stated in {usual}, not {unit}"),
            );
        }
    }
    relation::flag_rates(quantities, problems);
    relation::flag_growth(quantities, problems);
}

/// The growth an event states, and the one its figures give, if it has both.
#[must_use]
pub fn growth(quantities: &[Quantity]) -> Option<Growth> {
    relation::growth(quantities).map(|(_, growth)| growth)
}

/// The figure under `name`, with its place.
fn figure<'a>(quantities: &'a [Quantity], name: &str) -> Option<(usize, &'a Quantity)> {
    quantities.iter().enumerate().find(|(_, quantity)| &*quantity.metric == name)
}

/// Whether two figures may be held against each other.
fn comparable(left: &Quantity, right: &Quantity) -> bool {
    left.unit == right.unit && left.window == right.window
}

/// The value of a rate as a ratio, whatever unit it is stated in.
fn as_ratio(quantity: &Quantity) -> Decimal {
    quantity.as_ratio()
}

/// A ratio in per cent, without trailing zeros, at most two places.
fn percent(ratio: Decimal) -> String {
    let rounded = ratio
        .saturating_mul(Decimal::ONE_HUNDRED)
        .round_dp_with_strategy(2, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
    format!("{}%", rounded.normalize())
}

/// Chinese name of a metric; the name itself for one we do not know.
fn zh(name: &str) -> &str {
    find(name).map_or(name, |metric| metric.zh)
}

/// The figure with its sign, as messages show it.
fn shown(quantity: &Quantity) -> String {
    format!("{}{}", quantity.qualifier.sign(), quantity.value.normalize())
}

/// Least and greatest value a figure can truly have.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    least: Decimal,
    /// Whether the least value itself is excluded (more than).
    above: bool,
    greatest: Option<Decimal>,
}

impl Bounds {
    const NOTHING: Self =
        Self { least: Decimal::ZERO, above: false, greatest: Some(Decimal::ZERO) };

    const fn of(quantity: &Quantity) -> Self {
        let value = quantity.value;
        match quantity.qualifier {
            Qualifier::Exact => Self { least: value, above: false, greatest: Some(value) },
            Qualifier::AtLeast => Self { least: value, above: false, greatest: None },
            Qualifier::MoreThan => Self { least: value, above: true, greatest: None },
            // How far 约 may stray is not ours to say.
            Qualifier::About => Self { least: Decimal::ZERO, above: false, greatest: None },
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            least: self.least.saturating_add(other.least),
            above: self.above || other.above,
            greatest: self
                .greatest
                .zip(other.greatest)
                .map(|(left, right)| left.saturating_add(right)),
        }
    }

    /// Whether every value here is greater than every value there.
    fn certainly_exceeds(self, other: Self) -> bool {
        other.greatest.is_some_and(|greatest| {
            if self.above { greatest <= self.least } else { greatest < self.least }
        })
    }
}

#[cfg(test)]
#[path = "metric/tests.rs"]
mod tests;
