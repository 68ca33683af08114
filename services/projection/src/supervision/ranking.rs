//! Ranking inside a class, with the formula, ties and the movement against the year before.
//!
//! Like is compared with like only: organizations of one class, level and enforcement power, and a
//! year before that was judged by the very same rule text. What cannot be compared says why, and
//! who has no score is named apart.

use std::collections::{BTreeMap, BTreeSet};

use duty::evaluate::Question;
use duty::id::OrganizationId;
use duty::registry::{Class, Level, Organization};
use duty::ruleset::{Grade, Rung};
use jiff::ToSpan;
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
    /// The grade of its rule set, for the score of the whole year, under a veto (一票否决) as on the
    /// score sheet; bonus and penalty are the sheet's alone.
    pub grade: Option<Grade>,
    /// Digest of the rule text.
    pub rules_digest: Box<str>,
    /// The year before.
    pub before: Before,
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
/// earlier, with what is known now.
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
            Some(outcome) => match figure(&outcome, by) {
                None => group.unranked.push((id, NoFigure::NothingScored)),
                Some((rung, score)) => {
                    let before = compared(before.get(&id), &outcome);
                    let years = snapshot.registry.years();
                    let cycle = years.cycle(&organization.id, question.year, question.known);
                    let mut row = ranked(organization, &outcome, (rung, score), before);
                    if cycle.is_vetoed() {
                        let whole = outcome.scores.at(rung).score;
                        row.grade =
                            whole.and_then(|of| outcome.rules.grade_under_veto(of)).cloned();
                    }
                    group.ranked.push(row);
                }
            },
        }
    }
    groups.into_values().map(finished).collect()
}

/// What an organization is ranked by, with the rung.
fn figure(outcome: &Outcome, by: By) -> Option<(Rung, Decimal)> {
    let rung = by.rung.unwrap_or(outcome.rules.official_rung);
    let at = outcome.scores.at(rung);
    let score = match by.measure {
        Measure::Score => at.score,
        Measure::DueSoFar => at.due_so_far,
    };
    score.map(|score| (rung, score))
}

/// The figures of the year before, with the digest of their rule text.
type Earlier = BTreeMap<OrganizationId, (Box<str>, Option<Decimal>)>;

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
        let outcome = judged.outcome?;
        let score = figure(&outcome, by).map(|(_, score)| score);
        Some((judged.organization.id.clone(), (outcome.rules.digest.clone(), score)))
    });
    known.collect()
}

/// The score of the year before where it can be compared; ranks are not known yet.
fn compared(before: Option<&(Box<str>, Option<Decimal>)>, now: &Outcome) -> Before {
    match before {
        None => Before::Incomparable(Incomparable::NoRuleSet),
        Some((digest, _)) if *digest != now.rules.digest => {
            Before::Incomparable(Incomparable::OtherRules)
        }
        Some((_, None)) => Before::Incomparable(Incomparable::NothingScored),
        Some((_, Some(score))) => Before::Comparable { rank: 0, score: *score, movement: 0 },
    }
}

fn ranked(
    organization: &Organization,
    outcome: &Outcome,
    (rung, score): (Rung, Decimal),
    before: Before,
) -> Ranked {
    let whole = outcome.scores.at(rung);
    Ranked {
        organization: organization.id.clone(),
        name_zh: organization.name_zh.clone(),
        rank: 0,
        score,
        rung,
        earned: whole.earned,
        weight: outcome.scores.weight,
        grade: whole.score.and_then(|score| outcome.rules.grade(score)).cloned(),
        rules_digest: outcome.rules.digest.clone(),
        before,
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
        if let Before::Comparable { rank: place, score: earlier, movement } = &mut row.before {
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
