//! Ranking inside a class, with the formula, ties and the movement against the year before.
//!
//! Like is compared with like only: organizations of one class, level and enforcement power, and a
//! year before that was judged by the very same rule text. What cannot be compared says why, and
//! who has no score is named apart. A sealed year is ranked by what was sealed, whatever came
//! since, from the day on that was sealed.

use std::collections::{BTreeMap, BTreeSet};

use duty::Position;
use duty::evaluate::Question;
use duty::id::OrganizationId;
use duty::registry::{Class, Level, Organization};
use duty::ruleset::Rung;
use duty::year::Cycle;
use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::{NoFigure, Outcome, judged, mean, rounded};
use crate::Snapshot;
use crate::filter::{FieldKind, FieldSpec, Filter};
use crate::matrix::{self, CLASSES};

/// The fields a filter may name.
pub const FIELDS: &[FieldSpec] = &[
    FieldSpec { name: "organization_id", kind: FieldKind::Text },
    FieldSpec { name: "organization.class", kind: FieldKind::Enum(CLASSES) },
    FieldSpec { name: "organization.sector", kind: FieldKind::Text },
    FieldSpec { name: "organization.division", kind: FieldKind::Text },
    FieldSpec { name: "organization.has_enforcement_power", kind: FieldKind::Bool },
];

/// Inside what a ranking makes sense (DOMAIN §6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Peers {
    /// 类别.
    pub class: Class,
    /// 层级.
    pub level: Level,
    /// 有无行政执法权.
    pub has_enforcement_power: bool,
}

impl Peers {
    fn of(organization: &Organization) -> Self {
        Self {
            class: organization.class,
            level: organization.level,
            has_enforcement_power: organization.has_enforcement_power,
        }
    }
}

/// By what is ranked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// The score of the whole year.
    Score,
    /// The score over what is due so far: before the last deadlines, the fairer one.
    DueSoFar,
}

/// By what, and on which rung; `None` for the official rung of each rule set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct By {
    /// By what is ranked.
    pub measure: Measure,
    /// On which rung.
    pub rung: Option<Rung>,
}

/// Why there is no movement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Incomparable {
    /// No rule set was valid for it in the year before.
    NoRuleSet,
    /// The year before was judged by another rule text.
    OtherRules,
    /// It had no score in the year before.
    NothingScored,
}

/// The year before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// By the same rules: rank among those of the class who can be compared, and score.
    Comparable {
        /// Rank in the year before.
        rank: usize,
        /// Score in the year before.
        score: Decimal,
        /// Places gained; negative for places lost.
        movement: i64,
        /// Where that year is sealed, whose result the score is then.
        sealed: Option<Position>,
    },
    /// Nothing to compare with, and why.
    Incomparable(Incomparable),
}

/// An organization with its rank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranked {
    /// Which.
    pub organization: OrganizationId,
    /// Chinese name as registered.
    pub name_zh: Box<str>,
    /// 1 + how many have more: 1, 2, 2, 4.
    pub rank: usize,
    /// What it is ranked by, two places.
    pub score: Decimal,
    /// The rung it was read on.
    pub rung: Rung,
    /// Σ weight·credit of the whole year.
    pub earned: Decimal,
    /// Σ weight of what applies and is not exempted.
    pub weight: Decimal,
    /// Chinese name of the grade of its rule set, for the score of the whole year, under a veto
    /// (一票否决) as on the score sheet; of a sealed year the grade sealed.
    pub grade: Option<Box<str>>,
    /// Digest of the rule text.
    pub rules_digest: Box<str>,
    /// The year before.
    pub before: Before,
    /// Where the year is sealed, when this is the result sealed there.
    pub sealed: Option<Position>,
}

/// One class, ranked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Which class.
    pub peers: Peers,
    /// By rank, ties by id.
    pub ranked: Vec<Ranked>,
    /// Who has no score, and why, by id.
    pub unranked: Vec<(OrganizationId, NoFigure)>,
    /// Mean, two places.
    pub mean: Option<Decimal>,
    /// Median, two places.
    pub median: Option<Decimal>,
    /// How many in 0–10, 10–20, …, 90–100; a border belongs to the band above, 100 to the last.
    pub bands: [usize; 10],
    /// Whether all were judged by one rule text.
    pub one_rule_text: bool,
}

/// The classes at and below `within`, ranked. The year before is asked for the same day one year
/// earlier, with what is known now. A sealed year is ranked by its sealed result, unless a day
/// before the one sealed is asked about; the year before, whose day nobody named, always.
#[must_use]
pub fn ranking(
    snapshot: &Snapshot,
    within: Option<&OrganizationId>,
    filter: &Filter,
    by: By,
    question: Question,
) -> Vec<Group> {
    let before = earlier(snapshot, within, by, question);
    let mut groups: BTreeMap<Peers, Group> = BTreeMap::new();
    for judged in judged(snapshot, within, question) {
        let organization = judged.organization;
        if !filter.matches(&|field| matrix::organization_value(organization, field)) {
            continue;
        }
        let peers = Peers::of(organization);
        let group = groups.entry(peers).or_insert_with(|| Group {
            peers,
            ranked: Vec::new(),
            unranked: Vec::new(),
            mean: None,
            median: None,
            bands: [0; 10],
            one_rule_text: true,
        });
        let id = organization.id.clone();
        match judged.outcome {
            None => group.unranked.push((id, NoFigure::NoRuleSet)),
            Some(outcome) => {
                let years = snapshot.registry.years();
                let cycle = years.cycle(&id, question.year, question.known);
                let Some(figure) = figure(&outcome, &cycle, by, question.as_of) else {
                    group.unranked.push((id, NoFigure::NothingScored));
                    continue;
                };
                let before = compared(before.get(&id), &figure);
                group.ranked.push(ranked(organization, figure, before));
            }
        }
    }
    groups.into_values().map(finished).collect()
}

/// What an organization is ranked by.
struct Figure {
    rung: Rung,
    score: Decimal,
    earned: Decimal,
    weight: Decimal,
    grade: Option<Box<str>>,
    rules_digest: Box<str>,
    sealed: Option<Position>,
}

/// What an organization is ranked by: what was sealed for the day or an earlier one, or else what
/// the rules make of it. Where no rung is named the score of the whole year is the final one,
/// with bonus and penalty, as on the score sheet; a named rung has the score of the duties alone.
fn figure(outcome: &Outcome, cycle: &Cycle<'_>, by: By, day: Date) -> Option<Figure> {
    let choose = |score, due_so_far| match by.measure {
        Measure::Score => score,
        Measure::DueSoFar => due_so_far,
    };
    if let Some((at, _, result)) = cycle.sealed_on(day)
        && let Some(official) = result.official
    {
        let rung = by.rung.unwrap_or(official);
        let of = &result.rungs[rung as usize];
        let whole = if by.rung.is_none() { result.final_score } else { of.score };
        let grade = (!result.grade.is_empty()).then(|| result.grade.clone());
        return Some(Figure {
            rung,
            score: choose(whole, of.due_so_far)?,
            earned: of.earned,
            weight: result.weight,
            grade,
            rules_digest: result.rules.clone(),
            sealed: Some(at),
        });
    }
    let rules = &outcome.rules;
    let rung = by.rung.unwrap_or(rules.official_rung);
    let of = outcome.scores.at(rung);
    let adjusted = |score| if by.rung.is_none() { cycle.adjusted(score) } else { score };
    let whole = of.score.map(adjusted);
    let grade = whole.and_then(|score| match cycle.is_vetoed() {
        true => rules.grade_under_veto(score),
        false => rules.grade(score),
    });
    Some(Figure {
        rung,
        score: choose(whole, of.due_so_far)?,
        earned: of.earned,
        weight: outcome.scores.weight,
        grade: grade.map(|grade| grade.name_zh.clone()),
        rules_digest: rules.digest.clone(),
        sealed: None,
    })
}

/// What is known of the year before: the digest of its rule text, and its figure.
type Earlier = BTreeMap<OrganizationId, (Box<str>, Option<Figure>)>;

fn earlier(
    snapshot: &Snapshot,
    within: Option<&OrganizationId>,
    by: By,
    question: Question,
) -> Earlier {
    let year = question.year.saturating_sub(1);
    let as_of = question.as_of.saturating_sub(1.year());
    let question = Question { year, as_of, ..question };
    let known = judged(snapshot, within, question).filter_map(|judged| {
        let (id, outcome) = (&judged.organization.id, judged.outcome?);
        let cycle = snapshot.registry.years().cycle(id, year, question.known);
        let figure = figure(&outcome, &cycle, by, Date::MAX);
        let digest = figure.as_ref().map_or(&outcome.rules.digest, |of| &of.rules_digest);
        Some((id.clone(), (digest.clone(), figure)))
    });
    known.collect()
}

/// The score of the year before where it can be compared; ranks are not known yet.
fn compared(before: Option<&(Box<str>, Option<Figure>)>, now: &Figure) -> Before {
    match before {
        None => Before::Incomparable(Incomparable::NoRuleSet),
        Some((digest, _)) if *digest != now.rules_digest => {
            Before::Incomparable(Incomparable::OtherRules)
        }
        Some((_, None)) => Before::Incomparable(Incomparable::NothingScored),
        Some((_, Some(Figure { score, sealed, .. }))) => {
            Before::Comparable { rank: 0, score: *score, movement: 0, sealed: *sealed }
        }
    }
}

fn ranked(organization: &Organization, figure: Figure, before: Before) -> Ranked {
    let Figure { rung, score, earned, weight, grade, rules_digest, sealed } = figure;
    Ranked {
        organization: organization.id.clone(),
        name_zh: organization.name_zh.clone(),
        rank: 0,
        score,
        rung,
        earned,
        weight,
        grade,
        rules_digest,
        before,
        sealed,
    }
}

/// 1 + how many have more.
fn rank(score: Decimal, all: &[Decimal]) -> usize {
    1 + all.iter().filter(|other| score < **other).count()
}

fn finished(mut group: Group) -> Group {
    let scores: Vec<Decimal> = group.ranked.iter().map(|row| row.score).collect();
    let comparable = |row: &Ranked| match row.before {
        Before::Comparable { score, .. } => Some((row.score, score)),
        Before::Incomparable(_) => None,
    };
    // Movement is told among those who can be compared in both years, so that newcomers and others
    // move nobody.
    let (now, then): (Vec<_>, Vec<_>) = group.ranked.iter().filter_map(comparable).unzip();
    for row in &mut group.ranked {
        row.rank = rank(row.score, &scores);
        let score = row.score;
        if let Before::Comparable { rank: place, score: earlier, movement, .. } = &mut row.before {
            *place = rank(*earlier, &then);
            let at = |place: usize| i64::try_from(place).unwrap_or(i64::MAX);
            *movement = at(*place) - at(rank(score, &now));
        }
        group.bands[band(row.score)] += 1;
    }
    group.ranked.sort_by(|a, b| (a.rank, &a.organization).cmp(&(b.rank, &b.organization)));
    let texts: BTreeSet<_> = group.ranked.iter().map(|row| &row.rules_digest).collect();
    group.one_rule_text = texts.len() <= 1;
    group.mean = mean(scores.iter().sum(), scores.len());
    group.median = median(&group.ranked);
    group
}

fn band(score: Decimal) -> usize {
    (score / Decimal::TEN).to_usize().unwrap_or(0).min(9)
}

/// The middle one, or the mean of the two in the middle; rows come by rank.
fn median(ranked: &[Ranked]) -> Option<Decimal> {
    let middle = ranked.len() / 2;
    let upper = ranked.get(middle)?.score;
    if ranked.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = ranked.get(middle.checked_sub(1)?)?.score;
    Some(rounded((lower + upper) / Decimal::TWO))
}
