//! Ranking: ties, means, movement, and who cannot be ranked or compared.

use duty::docno::DocumentNumber;
use duty::year::{Adjustment, AdjustmentKind, YearAct, YearStep};
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
        let grade =
            |row: &Ranked| row.grade.as_ref().map_or("", |grade| &*grade.name_en).to_owned();
        ranked.map(|row| format!("{} {}", row.organization, grade(row))).collect()
    };
    let before = grades(&ledger);
    assert_eq!(before[..2], ["a adequate", "c adequate"]);
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
    assert_eq!(after[0], "a inadequate", "the place is kept: points are not touched");
    assert_eq!(after[1..], before[1..], "and nobody else is graded otherwise");
}
