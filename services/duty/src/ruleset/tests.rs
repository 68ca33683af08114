//! The shipped rule set, what its rules mean, and that no text makes the reader panic.

use expect_test::expect;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::{Bound, Cadence, ConditionFacts, Deadline, DutyRule, Level, MonthDay, RuleSet, Rung};
use super::{OwedBy, Threshold, TriggerKind};
use crate::event::EventType;
use crate::id::DutyId;

/// The rule set of 2022 as shipped.
pub(super) const SHIPPED: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/rulesets/cn-450200-2022.toml"));

fn shipped() -> RuleSet {
    RuleSet::parse(SHIPPED).unwrap().0
}

fn duty<'a>(rules: &'a RuleSet, id: &str) -> &'a DutyRule {
    rules.duty(&DutyId::parse(id).unwrap()).unwrap()
}

#[test]
fn the_shipped_rule_set_is_read_as_written() {
    let (rules, advice) = RuleSet::parse(SHIPPED).unwrap();
    assert_eq!(rules.id.as_str(), "CN-450200-2022.default");
    assert_eq!((rules.valid_from, rules.valid_to), (date(2022, 1, 1), None));
    assert_eq!(rules.jurisdiction.as_str(), "450200");
    assert_eq!(rules.official_rung, Rung::Documented);
    assert_eq!((rules.warn_days, rules.late_entry_working_days), (30, 10));
    assert_eq!(rules.half_year_threshold_months, 6);
    assert_eq!(rules.accounting_day(2024), date(2024, 12, 31));
    assert_eq!(rules.scoring.late_credit, Decimal::new(6, 1));
    assert_eq!(rules.duties.len(), 32);
    assert_eq!(rules.duties.iter().map(|duty| duty.weight).sum::<Decimal>(), Decimal::from(100));
    assert_eq!(rules.digest.len(), 64);
    assert_eq!(&*rules.text, SHIPPED);
    assert_eq!(rules.metrics["advisers_plus_public_lawyers"].len(), 2);
    // 调解 weighs 1 and asks for nothing, as drafted: said, not refused.
    let [advice] = advice.as_slice() else { panic!("{advice:#?}") };
    assert!(advice.problem.en.contains("mediation_work weighs something"));

    let debrief = duty(&rules, "rule_of_law_debrief");
    assert_eq!(debrief.owed_by, [OwedBy::PartyHead, OwedBy::GovernmentHead]);
    assert_eq!((debrief.level, debrief.min_count), (Level::Person, 1));
    assert_eq!(debrief.satisfied_by, [EventType::RuleOfLawDebrief]);
    assert_eq!(debrief.opens_on(2022), date(2022, 1, 1));
    let seed = debrief.seed.as_ref().unwrap();
    assert_eq!((seed.line, &*seed.quote), (8, "进行了领导述法工作"));
    let adjustment = duty(&rules, "leading_group_adjustment");
    let Cadence::OnChange { triggers, within_working_days, annual_confirmation } =
        &adjustment.cadence
    else {
        panic!("{adjustment:?}")
    };
    assert_eq!((triggers.as_slice(), *within_working_days), (&TriggerKind::ALL[..], 30));
    let confirmation = annual_confirmation.as_ref().unwrap();
    assert_eq!(confirmation.last_day(2022), date(2022, 12, 31));
    let decisions = duty(&rules, "major_decision_procedure");
    assert_eq!(
        decisions.threshold,
        [
            (Threshold::LegalityReviewRate, Decimal::ONE),
            (Threshold::CollectiveDiscussionRate, Decimal::ONE),
            (Threshold::PublicCommentDaysMin, Decimal::from(30)),
            (Threshold::LegalityReviewWorkingDaysMin, Decimal::from(7)),
        ]
    );
    let commitments = duty(&rules, "research_integrity_commitment");
    assert_eq!(*commitments.applies_to[0], *"science_technology_bureau");
    let lawyers = duty(&rules, "legal_adviser_system");
    assert_eq!(lawyers.metric.as_deref(), Some("advisers_plus_public_lawyers"));
}

#[test]
fn the_research_draft_is_accepted_as_it_was_written() {
    // The draft has the same duties below its own short head, and none of the keys with defaults.
    let duties = SHIPPED.find("[[duty]]").unwrap();
    let draft = format!(
        "schema_version = 1\nruleset_id = \"CN-450200-2022.default\"\nvalid_from = 2022-01-01\n\
         jurisdiction = \"450200\"\ntimezone = \"Asia/Shanghai\"\n\n{}",
        &SHIPPED[duties..]
    );
    let (rules, advice) = RuleSet::parse(&draft).unwrap();
    assert_eq!(advice.len(), 1);
    let shipped = shipped();
    assert_ne!(rules.digest, shipped.digest);
    let same = RuleSet {
        digest: shipped.digest.clone(),
        text_digest: shipped.text_digest.clone(),
        text: shipped.text.clone(),
        ..rules
    };
    assert_eq!(same, shipped, "the shipped keys state the defaults");
}

#[test]
fn deadlines_of_every_year() {
    let rules = shipped();
    let mut table = String::new();
    for duty in &rules.duties {
        if let Some(deadline) = duty.cadence.deadline() {
            let days = [2022, 2023, 2024].map(|year| deadline.last_day(year).to_string()).join(" ");
            let printed = deadline.printed_date(2022);
            table += &format!("{} {} {printed}: {days}\n", duty.id, duty.cadence.as_str());
        }
    }
    expect![[r#"
        rule_of_law_debrief annual 2023-06-30: 2023-06-30 2024-06-30 2025-06-30
        rule_of_law_work_meeting annual 2022-12-31: 2022-12-31 2023-12-31 2024-12-31
        leading_group_adjustment on_change 2022-12-31: 2022-12-31 2023-12-31 2024-12-31
        year_end_statement annual 2023-01-31: 2023-01-31 2024-01-31 2025-01-31
        party_group_deliberation half_year 2022-12-31: 2022-12-31 2023-12-31 2024-12-31
        annual_work_plan annual 2022-03-31: 2022-03-31 2023-03-31 2024-03-31
        report_to_superior annual 2023-03-01: 2023-02-28 2024-02-29 2025-02-28
        annual_report_publication annual 2023-04-01: 2023-03-31 2024-03-31 2025-03-31
        leader_law_study quarterly 2022-12-31: 2022-12-31 2023-12-31 2024-12-31
        rule_of_law_lecture annual 2022-12-31: 2022-12-31 2023-12-31 2024-12-31
        constitution_publicity annual 2022-12-10: 2022-12-10 2023-12-10 2024-12-10
        court_hearing_observation annual 2022-12-31: 2022-12-31 2023-12-31 2024-12-31
        enforcement_three_systems annual 2023-01-31: 2023-01-31 2024-01-31 2025-01-31
        clean_office_supervision annual 2022-12-31: 2022-12-31 2023-12-31 2024-12-31
        cadre_appraisal_linkage annual 2023-01-31: 2023-01-31 2024-01-31 2025-01-31
    "#]]
    .assert_eq(&table);
}

#[test]
fn the_last_day_before_a_printed_date() {
    let last = |month, day, year_offset, bound, year| {
        let date = MonthDay::new(month, day).unwrap();
        Deadline { date, year_offset, bound, basis: "".into() }.last_day(year)
    };
    let (before, on) = (Bound::Before, Bound::OnOrBefore);
    let table = [
        (last(3, 1, 1, before, 2022), date(2023, 2, 28)),
        (last(3, 1, 1, before, 2023), date(2024, 2, 29)),
        (last(3, 1, 1, before, 2099), date(2100, 2, 28)),
        (last(3, 1, 1, before, 1999), date(2000, 2, 29)),
        (last(3, 1, 1, on, 2023), date(2024, 3, 1)),
        (last(4, 1, 1, before, 2022), date(2023, 3, 31)),
        // A Saturday: fixed dates do not move.
        (last(4, 1, 1, on, 2022), date(2023, 4, 1)),
        (last(1, 1, 1, before, 2022), date(2022, 12, 31)),
        (last(12, 31, 0, on, 2022), date(2022, 12, 31)),
        (last(6, 30, 1, on, 2022), date(2023, 6, 30)),
        (last(2, 28, 2, on, 2022), date(2024, 2, 28)),
        (last(12, 31, 2, on, i16::MAX), Date::MAX),
    ];
    for (found, expected) in table {
        assert_eq!(found, expected);
    }
    assert_eq!(MonthDay::new(2, 29), None);
    assert_eq!(MonthDay::new(4, 31), None);
    assert_eq!(MonthDay::new(13, 1), None);
}

#[test]
fn every_threshold_may_be_stated_as_a_figure() {
    for threshold in Threshold::ALL {
        assert!(crate::metric::find(threshold.as_str()).is_some(), "{}", threshold.as_str());
    }
}

#[test]
fn half_years_and_quarters() {
    let rules = shipped();
    let periods = |id: &str, year| {
        let periods = duty(&rules, id).sub_periods(year);
        periods
            .iter()
            .map(|period| format!("{} {}..{}", period.label, period.first, period.last))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        periods("party_group_deliberation", 2022),
        ["H1 2022-01-01..2022-06-30", "H2 2022-07-01..2022-12-31"]
    );
    assert_eq!(
        periods("leader_law_study", 2024),
        [
            "Q1 2024-01-01..2024-03-31",
            "Q2 2024-04-01..2024-06-30",
            "Q3 2024-07-01..2024-09-30",
            "Q4 2024-10-01..2024-12-31",
        ]
    );
    assert!(periods("rule_of_law_debrief", 2022).is_empty());
    let _ = duty(&rules, "leader_law_study").sub_periods(i16::MAX);
    let _ = duty(&rules, "leader_law_study").sub_periods(i16::MIN);
}

#[test]
fn a_year_belongs_to_the_rule_set_valid_on_its_accounting_day() {
    let with_end = SHIPPED
        .replace("valid_from = 2022-01-01", "valid_from = 2022-01-01\nvalid_to = 2023-12-31");
    let rules = RuleSet::parse(&with_end).unwrap().0;
    let table = [(2021, false), (2022, true), (2023, true), (2024, false)];
    for (year, valid) in table {
        assert_eq!(rules.is_valid_for(year), valid, "{year}");
    }
    assert!(shipped().is_valid_for(2030));
}

#[test]
fn grades_are_reached_from_their_least_score() {
    let rules = shipped();
    let table = [(10000, "优秀"), (9000, "优秀"), (8999, "良好"), (6000, "合格"), (0, "不合格")];
    for (hundredths, name) in table {
        assert_eq!(&*rules.grade(Decimal::new(hundredths, 2)).unwrap().name_zh, name);
    }
}

#[test]
fn an_opening_shifts_the_first_day_that_counts() {
    let text = SHIPPED.replacen(
        "min_count = 1\n",
        "min_count = 1\nopens = { month = 12, day = 1, year_offset = -1 }\n",
        1,
    );
    let rules = RuleSet::parse(&text).unwrap().0;
    assert_eq!(duty(&rules, "rule_of_law_debrief").opens_on(2022), date(2021, 12, 1));
}

#[test]
fn the_condition_of_the_court_duty_answers() {
    let rules = shipped();
    let condition = duty(&rules, "court_appearance").applies_when.as_ref().unwrap();
    let facts = |hearings| ConditionFacts {
        year: 2022,
        events: [(EventType::CourtAppearance, hearings)].into(),
        class: "government_organ".into(),
        sector: String::new(),
        has_enforcement_power: true,
    };
    assert_eq!(condition.evaluate(&facts(0)), Ok(false));
    assert_eq!(condition.evaluate(&facts(1)), Ok(true));
}

#[test]
fn advice_comes_beside_a_sound_rule_set() {
    let text = SHIPPED
        .replacen("weight = 12\n", "weight = 11\n", 1)
        .replacen("min_count = 1\n", "min_count = 0\n", 1)
        .replacen("basis = [\"seed [seed]\"]\n", "", 1)
        .replacen(
            "owed_by = [\"party_head\", \"government_head\"]",
            "owed_by = [\"organization\"]",
            1,
        );
    let (_, advice) = RuleSet::parse(&text).unwrap();
    let shown: String = advice
        .iter()
        .map(|advice| format!("{} | {}\n", advice.problem.field, advice.problem.en))
        .collect();
    expect![[r#"
        line 1 | line 1, column 1: the weights sum to 99, not 100
        line 45, duty[0].owed_by | line 45, column 1: rule_of_law_debrief is a person's duty, but no head owes it
        line 50, duty[0].min_count | line 50, column 1: rule_of_law_debrief weighs something but asks for nothing: without events it does not apply
        line 328, duty[18] | line 328, column 1: major_policy_issued names no basis
        line 493, duty[28].min_count | line 493, column 1: mediation_work weighs something but asks for nothing: without events it does not apply
    "#]].assert_eq(&shown);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_mutated_line_never_makes_it_panic(
        line in 0usize..600,
        with in "(\\[\\[duty\\]\\]|[a-z_]{1,12} = )?([0-9\"{}\\[\\]=,.a-z-]|\\PC){0,20}",
    ) {
        let mut lines: Vec<&str> = SHIPPED.lines().collect();
        prop_assume!(line < lines.len());
        lines[line] = &with;
        let text = lines.join("\n");
        if let Err(errors) = RuleSet::parse(&text) {
            prop_assert!(!errors.is_empty());
            for error in errors {
                prop_assert!(1 <= error.line && error.line as usize <= lines.len() + 1);
                let field = format!("line {}", error.line);
                prop_assert!(error.problem.field.starts_with(&field));
            }
        }
    }

    #[test]
    fn swapped_values_never_make_it_panic(from in 0usize..600, to in 0usize..600) {
        let mut lines: Vec<String> = SHIPPED.lines().map(str::to_owned).collect();
        prop_assume!(from < lines.len() && to < lines.len());
        let value = lines[from].split_once(" = ").map(|(_, value)| value.to_owned());
        let key = lines[to].split_once(" = ").map(|(key, _)| key.to_owned());
        let (Some(value), Some(key)) = (value, key) else { return Ok(()) };
        lines[to] = format!("{key} = {value}");
        let _ = RuleSet::parse(&lines.join("\n"));
    }
}
