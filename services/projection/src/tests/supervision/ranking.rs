//! Ranking: ties, means, movement, and who cannot be ranked or compared.

use duty::docno::DocumentNumber;
use duty::ruleset::Rung;
use duty::year::{Adjustment, AdjustmentKind, SealedResult, SealedScore, Shown, YearAct, YearStep};
use rust_decimal::Decimal;

use super::*;
use crate::filter::Filter;
use crate::supervision::NoFigure;
use crate::supervision::ranking::{
    Before, By, FIELDS, Group, Incomparable, Measure, Ranked, ranking,
};

const BY_CLAIM: By = By { measure: Measure::Score, rung: Some(duty::ruleset::Rung::Claimed) };

fn asked(ledger: &Ledger, filter: &str, by: By, question: Question) -> Vec<Group> {
    let filter = Filter::parse(filter, FIELDS).unwrap();
    ranking(&ledger.snapshot(), None, &filter, by, question)
}

fn rows(group: &Group) -> Vec<(usize, &str, String)> {
    let ranked = group.ranked.iter();
    ranked.map(|row| (row.rank, row.organization.as_str(), format!("{:.2}", row.score))).collect()
}

#[test]
fn ties_share_a_rank_and_the_next_one_is_left_out() {
    // Claimed credits of the debrief: a 1; b (p2 late 0.6, p3 0) 0.3; c 1; city has no leader.
    // The plan is owed by all and done by none: a and c 100 × 60 ÷ 100 = 60, b 100 × 18 ÷ 100 = 18,
    // the city 0 of 40. Mean (60 + 60 + 18 + 0) ÷ 4 = 34.5, median (18 + 60) ÷ 2 = 39.
    let groups = asked(&world(), "", BY_CLAIM, question(Position::MAX));
    let [group] = &groups[..] else { panic!("{groups:#?}") };
    let expected = [(1, "a", "60.00"), (1, "c", "60.00"), (3, "b", "18.00"), (4, "city", "0.00")];
    assert_eq!(rows(group), expected.map(|(rank, id, score)| (rank, id, score.to_owned())));
    assert_eq!(group.mean.unwrap(), "34.50".parse().unwrap());
    assert_eq!(group.median.unwrap(), "39".parse().unwrap());
    assert_eq!(group.bands, [1, 1, 0, 0, 0, 0, 2, 0, 0, 0]);
    assert_eq!(group.unranked, [(organization_id("abroad"), NoFigure::NoRuleSet)]);
    assert!(group.one_rule_text);
    // The rules are valid from 2022.
    let why = Before::Incomparable(Incomparable::NoRuleSet);
    assert!(group.ranked.iter().all(|row| row.before == why));
}

#[test]
fn on_the_official_rung_an_undocumented_debrief_earns_nothing() {
    // Documented: a 60, b 18, c 0, city 0.
    let by = By { measure: Measure::Score, rung: None };
    let groups = asked(&world(), "organization_id != city", by, question(Position::MAX));
    let expected = [(1, "a", "60.00"), (2, "b", "18.00"), (3, "c", "0.00")];
    assert_eq!(rows(&groups[0]), expected.map(|(rank, id, score)| (rank, id, score.to_owned())));
    assert_eq!(groups[0].median.unwrap(), "18".parse().unwrap());
}

#[test]
fn another_class_is_another_ranking() {
    let mut ledger = world();
    let mut without_power = organization("c", Some("city"), "450200");
    without_power.has_enforcement_power = false;
    told(&mut ledger, Entry::Organization(without_power));
    let groups = asked(&ledger, "", BY_CLAIM, question(Position::MAX));
    let classes: Vec<_> = groups
        .iter()
        .map(|group| (group.peers.has_enforcement_power, group.ranked.len()))
        .collect();
    assert_eq!(classes, [(false, 1), (true, 3)]);
}

#[test]
fn movement_is_against_the_same_rules_only() {
    let mut ledger = world();
    // In 2023 (asked for on 2023-10-05) nobody has done anything, but c has a plan for 2023.
    let mut plan = event("c", EventType::AnnualWorkPlan, "2022-10-02");
    plan.accounting_year = 2023;
    record(&mut ledger, plan);
    let next = Question { year: 2023, as_of: day("2023-10-05"), known: Position::MAX };
    let groups = asked(&ledger, "", BY_CLAIM, next);
    let before: Vec<_> = groups[0]
        .ranked
        .iter()
        .map(|row| match row.before {
            Before::Comparable { rank, movement, .. } => {
                format!("{} {} was {rank}, {movement:+}", row.rank, row.organization)
            }
            Before::Incomparable(why) => format!("{why:?}"),
        })
        .collect();
    // Then a 1, c 1, b 3, city 4 as above; now c, whose window for the plan opens on 2023-01-01,
    // has nothing either: all share rank 1.
    assert_eq!(before, ["1 a was 1, +0", "1 b was 3, +2", "1 c was 1, +0", "1 city was 4, +3"]);
}

#[test]
fn a_veto_caps_the_grade_in_a_ranking_too() {
    let mut ledger = world();
    let grades = |ledger: &Ledger| -> Vec<String> {
        let groups = asked(ledger, "", BY_CLAIM, question(Position::MAX));
        let ranked = groups.iter().flat_map(|group| &group.ranked);
        let grade = |row: &Ranked| row.grade.as_deref().unwrap_or("").to_owned();
        ranked.map(|row| format!("{} {}", row.organization, grade(row))).collect()
    };
    let before = grades(&ledger);
    assert_eq!(before[..2], ["a 合格", "c 合格"]);
    let document = DocumentNumber::parse("柳法办〔2023〕5号").unwrap();
    let veto = YearAct::Adjusted(Adjustment {
        kind: AdjustmentKind::Veto,
        points: Decimal::ZERO,
        document,
        approver: "head".into(),
        reason: "填报材料弄虚作假，经查属实".into(),
    });
    let (organization, by) = (organization_id("a"), "clerk".into());
    let step = YearStep { organization, year: 2022, by, act: veto };
    told(&mut ledger, Entry::YearStep(Box::new(step)));
    let after = grades(&ledger);
    assert_eq!(after[0], "a 不合格", "the place is kept: points are not touched");
    assert_eq!(after[1..], before[1..], "and nobody else is graded otherwise");
}

pub(super) fn points(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// A step of the year of `a`, by somebody who recorded nothing.
fn taken(ledger: &mut Ledger, act: YearAct) -> Position {
    let (organization, by) = (organization_id("a"), "clerk".into());
    let step = YearStep { organization, year: 2022, by, act };
    told(ledger, Entry::YearStep(Box::new(step)))
}

/// Publishes and seals 2022 of `a` for 2023-01-01 with 41.5 points, whatever the rules make of it.
pub(super) fn sealed(ledger: &mut Ledger) -> Position {
    while ledger.today() < day("2023-01-02") {
        ledger.hours += 24;
    }
    let document = DocumentNumber::parse("柳法办〔2023〕5号").unwrap();
    let (as_of, known) = (day("2023-01-01"), Position::new(1));
    let shown = Shown { document, as_of, known, digest: "00".into() };
    taken(ledger, YearAct::Published(shown.clone(), day("2023-01-01")));
    let rules = ledger.snapshot().rule_sets(Position::MAX)[0].1.digest.clone();
    let forty = Decimal::from(40);
    let score = SealedScore { score: Some(forty), due_so_far: Some(forty), earned: forty };
    let result = SealedResult {
        rules,
        official: Some(Rung::Documented),
        rungs: [score; 4],
        weight: Decimal::ONE_HUNDRED,
        // One done, one not.
        statuses: [0, 0, 0, 0, 1, 0, 0, 1, 0],
        final_score: Some(points("41.5")),
        grade: "不合格".into(),
    };
    taken(ledger, YearAct::Sealed(shown, Box::new(result)))
}

#[test]
fn a_sealed_year_is_ranked_by_what_was_sealed() {
    let mut ledger = world();
    let at = sealed(&mut ledger);
    // The plan comes late: unsealed, it would count.
    let mut plan = event("a", EventType::AnnualWorkPlan, "2022-03-01");
    plan.evidence.push(minutes());
    record(&mut ledger, plan);
    let found = |by: By, year: i16, as_of: &str| {
        let question = Question { year, as_of: day(as_of), known: Position::MAX };
        let filter = Filter::parse("", FIELDS).unwrap();
        let groups = ranking(&ledger.snapshot(), None, &filter, by, question);
        let row = groups[0].ranked.iter().find(|row| row.organization.as_str() == "a");
        row.unwrap().clone()
    };
    let official = By { measure: Measure::Score, rung: None };
    let row = found(official, 2022, "2023-01-05");
    assert_eq!((row.score, row.sealed), (points("41.5"), Some(at)));
    assert_eq!((row.grade.as_deref(), row.rung), (Some("不合格"), Rung::Documented));
    assert_eq!(found(official, 2022, "2023-01-01"), row, "the day of the seal");
    // A rung asked for has the score of the duties alone, as sealed.
    let claimed = found(BY_CLAIM, 2022, "2023-01-05");
    assert_eq!((claimed.score, claimed.sealed), (Decimal::from(40), Some(at)));
    // A day before the one sealed is another question: debrief and plan, on paper.
    let other = found(official, 2022, "2022-12-31");
    assert_eq!((other.score, other.sealed), (Decimal::ONE_HUNDRED, None));
    // The year after is compared with the result sealed.
    let next = found(official, 2023, "2023-12-31");
    let Before::Comparable { score, sealed, .. } = next.before else { panic!("{next:?}") };
    assert_eq!((score, sealed), (points("41.5"), Some(at)));
}

#[test]
fn the_official_ranking_is_by_the_final_score() {
    let mut ledger = world();
    let document = DocumentNumber::parse("柳法办〔2023〕5号").unwrap();
    let bonus = Adjustment {
        kind: AdjustmentKind::Bonus,
        points: points("1.5"),
        document,
        approver: "head".into(),
        reason: "获得上级法治建设表彰奖励".into(),
    };
    taken(&mut ledger, YearAct::Adjusted(bonus));
    let score = |rung: Option<Rung>| {
        let by = By { measure: Measure::Score, rung };
        let groups = asked(&ledger, "organization_id = a", by, question(Position::MAX));
        groups[0].ranked[0].score
    };
    assert_eq!(score(None), points("61.5"));
    assert_eq!(score(Some(Rung::Documented)), points("60"), "the duties alone");
}
