//! Figures against figures: the checks of the 2022 report, every relation both ways, lower bounds.

use expect_test::{Expect, expect};
use jiff::civil::date;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::{Growth, Shape, acts_metric, all, check, find, flags, growth};
use crate::event::EventType;
use crate::problem::{Problems, Reason};
use crate::quantity::{Qualifier, Quantity, UNITS};

/// `metric=value`, with `>`, `≥` or `≈` before the value and the unit after a space.
fn read(text: &str) -> Vec<Quantity> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| {
            let (metric, figure) = line.split_once('=').unwrap();
            let (value, unit) = figure.split_once(' ').unwrap_or((figure, "个"));
            let qualifier = match value.chars().next() {
                Some('>') => Qualifier::MoreThan,
                Some('≥') => Qualifier::AtLeast,
                Some('≈') => Qualifier::About,
                _ => Qualifier::Exact,
            };
            let value = value.trim_start_matches(['>', '≥', '≈']).parse().unwrap();
            Quantity { metric: metric.into(), value, unit: unit.into(), qualifier, window: None }
        })
        .collect()
}

fn refused(text: &str) -> Vec<Reason> {
    let mut problems = Problems::new();
    check(&read(text), &mut problems);
    problems.into_vec().into_iter().map(|problem| problem.reason).collect()
}

fn flagged(text: &str) -> Vec<Reason> {
    let mut problems = Problems::new();
    flags(&read(text), &mut problems);
    problems.into_vec().into_iter().map(|problem| problem.reason).collect()
}

#[track_caller]
fn said(text: &str, expected: Expect) {
    let mut problems = Problems::new();
    check(&read(text), &mut problems);
    flags(&read(text), &mut problems);
    let lines: Vec<String> = problems
        .into_vec()
        .into_iter()
        .map(|problem| format!("{problem}\n  {}\n", problem.zh))
        .collect();
    expected.assert_eq(&lines.concat());
}

#[test]
fn the_catalogue_is_consistent() {
    let mut names: Vec<&str> = all().iter().map(|metric| metric.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all().len());
    for metric in all() {
        assert!(!metric.zh.is_empty() && !metric.en.is_empty(), "{}", metric.name);
        assert!(metric.units.iter().all(|unit| UNITS.contains(unit)), "{}", metric.name);
    }
    for event_type in EventType::ALL {
        if let Some(name) = acts_metric(*event_type) {
            assert_eq!(find(name).unwrap().shape, Shape::Count, "{name}");
        }
    }
    assert_eq!(acts_metric(EventType::ResearchIntegrityCommitment), None);
    assert_eq!(acts_metric(EventType::RuleOfLawLecture), Some("sessions"));
}

#[test]
fn every_metric_of_the_2022_report_is_known() {
    let table = "debriefs=≥1 次, meetings=≥1 次, laws_named=≥4 部, enterprises=>200 家, \
         sessions=≥10 次, attendance_offline=>700 人次, attendance_online=>1000 人, \
         max_score=99 分, officers_before=4 名, officers_after=41 名, documents_total=12 份, \
         documents_city_issued=4 份, documents_bureau_normative=8 份, decisions_total=5 份, \
         decisions_issued_or_passed=4 份, major_projects=94 项, rd_investment=15.28 亿元, \
         new_products=134 个, economic_benefit=>150 亿元, gazelle_incubation=63 家, \
         gazelle_certified=13 家, sme_evaluated=>900 家, high_tech_enterprises=>800 家, \
         legal_advisers=2 名, public_lawyers=1 名, commitments=>200 份, projects_total=120 个, \
         projects_acceptance=106 个, projects_supervision=14 个, records_pushed=1375 条, \
         records_submitted=>140 条, actions=≥1 次, officers=41 名";
    for row in table.split(", ") {
        assert_eq!(refused(row), [], "{row}");
        assert_eq!(flagged(row), [], "{row}");
    }
    assert_eq!(flagged("attendance_offline=12 人"), []);
}

#[test]
fn the_checks_of_the_2022_report_hold() {
    // C01, C03: the parts sum. C02, C08: five decisions stand beside twelve documents, not inside.
    assert_eq!(
        refused("documents_total=12\ndocuments_city_issued=4\ndocuments_bureau_normative=8"),
        []
    );
    assert_eq!(refused("projects_total=120\nprojects_acceptance=106\nprojects_supervision=14"), []);
    assert_eq!(refused("decisions_total=5\ndecisions_issued_or_passed=4"), []);
    assert_eq!(refused("documents_total=12\ndecisions_total=5"), []);
    assert_eq!(refused("sessions=2"), []);
    // C04 to C06: 41/4 is 10.25, the growth is 9.25.
    let stated = "growth_rate_stated=10.25 ratio\nofficers_before=4 名\nofficers_after=41 名";
    let (stated_rate, computed) = (Decimal::new(1025, 2), Decimal::new(925, 2));
    assert_eq!(growth(&read(stated)), Some(Growth { stated: stated_rate, computed }));
    assert_eq!(flagged(stated), [Reason::GrowthContradictsBase]);
    assert_eq!(refused(stated), []);
    let percent = "growth_rate_stated=1025 %\nofficers_before=4 名\nofficers_after=41 名";
    assert_eq!(growth(&read(percent)).unwrap().stated, stated_rate);
    let right = "growth_rate_stated=9.25 ratio\nofficers_before=4 名\nofficers_after=41 名";
    assert_eq!(flagged(right), []);
    // Rates without a base are flagged, not refused (F11).
    let exam = "registration_rate=1.0 ratio\nattendance_rate=1.0 ratio\npass_rate=1.0 ratio";
    assert_eq!(refused(exam), []);
    assert_eq!(flagged(exam), [Reason::RateWithoutBase; 3]);
    assert_eq!(flagged("coverage=1.0 ratio"), [Reason::RateWithoutBase]);
}

#[test]
fn sums_are_refused_only_when_no_true_value_fits() {
    let no = vec![Reason::PartsDoNotSum];
    let sum = |total: &str, city: &str, bureau: &str| {
        let parts = format!("documents_city_issued={city}\ndocuments_bureau_normative={bureau}");
        refused(&format!("documents_total={total}\n{parts}"))
    };
    assert_eq!(sum("13", "4", "8"), no);
    assert_eq!(sum("11", "4", "8"), no);
    assert_eq!(sum("12", "4", "≥8"), []);
    assert_eq!(sum("12", "4", ">8"), no, "more than 8 and 4 are more than 12");
    assert_eq!(sum("11", "4", "≥8"), no);
    assert_eq!(sum("12", "≥3", ">8"), []);
    assert_eq!(sum("≥12", "4", "8"), []);
    assert_eq!(sum(">12", "4", "8"), no);
    assert_eq!(sum(">12", "4", "9"), []);
    assert_eq!(sum("≥12", "≥4", "≥1"), []);
    assert_eq!(sum("≈12", "4", "800"), []);
    assert_eq!(sum("12", "≈40", "8"), []);
    assert_eq!(refused("documents_total=12\ndocuments_city_issued=4"), []);
    assert_eq!(refused("documents_total=12\ndocuments_city_issued=13"), [Reason::PartExceedsWhole]);
    let votes = "votes_good=5 份\nvotes_fairly_good=2 份\nvotes_fair=1 份\nvotes_poor=0 份";
    assert_eq!(refused(&format!("voters=8 份\n{votes}")), []);
    assert_eq!(refused(&format!("voters=9 份\n{votes}")), no);
    assert_eq!(refused(&format!("voters=9 人\n{votes}")), [], "ballots are not persons");
}

#[test]
fn a_part_may_equal_its_whole_and_not_exceed_it() {
    let table = [
        ("passed", "sat"),
        ("sat", "registered"),
        ("registered", "registrable"),
        ("passed", "registrable"),
        ("present", "expected"),
        ("debriefed", "in_scope"),
        ("rectified", "problems_found"),
        ("resolved", "cases_received"),
        ("legally_reviewed", "major_decisions"),
        ("decisions_issued_or_passed", "decisions_total"),
        ("decisions_issued", "decisions_total"),
        ("max_score", "full_score"),
        ("average_score", "full_score"),
        ("reviewed", "reviewable"),
        ("appeared", "required"),
        ("excused", "required"),
        ("legal_reviewers_qualified", "legal_reviewers"),
        ("comments_adopted", "comments_received"),
    ];
    for (part, whole) in table {
        assert_eq!(refused(&format!("{part}=5\n{whole}=5")), [], "{part} {whole}");
        assert_eq!(refused(&format!("{part}=5\n{whole}=≥3")), [], "{part} {whole}");
        assert_eq!(refused(&format!("{part}=≈9\n{whole}=5")), [], "{part} {whole}");
        for over in ["6", "≥6", ">5"] {
            assert_eq!(
                refused(&format!("{part}={over}\n{whole}=5")),
                [Reason::PartExceedsWhole],
                "{part} {whole} {over}"
            );
        }
    }
    assert_eq!(refused("sat=5 人\nregistered=3 人次"), [], "units differ");
}

#[test]
fn a_rate_may_differ_from_its_base_by_rounding_only() {
    let no = vec![Reason::RateContradictsBase];
    let pass = |rate: &str, passed: &str, sat: &str| {
        refused(&format!("pass_rate={rate}\npassed={passed}\nsat={sat}"))
    };
    assert_eq!(pass("0.95 ratio", "38", "40"), []);
    assert_eq!(pass("95 %", "38", "40"), []);
    assert_eq!(pass("0.667 ratio", "2", "3"), []);
    assert_eq!(pass("66.7 %", "2", "3"), []);
    assert_eq!(pass("66.6 %", "2", "3"), no);
    assert_eq!(pass("1.0 ratio", "40", "40"), []);
    assert_eq!(pass("1.0 ratio", "39", "40"), no, "one place is no licence to round 97.5 % up");
    assert_eq!(pass("100 %", "199", "200"), []);
    assert_eq!(pass("0.9 ratio", "≥38", "40"), [], "the base is not exact");
    assert_eq!(pass("≥0.9 ratio", "38", "40"), []);
    assert_eq!(pass("≥0.97 ratio", "38", "40"), no);
    assert_eq!(pass("≈0.5 ratio", "38", "40"), []);
    assert_eq!(pass("1 ratio", "0", "0"), [], "a share of nothing is anything");
    assert_eq!(pass("1.2 ratio", "0", "0"), no);
    assert_eq!(refused("coverage=101 %"), no);
    assert_eq!(refused("growth_rate_stated=10.25 ratio"), []);
    let court = "appeared=8 次\nrequired=10 次\nexcused=2 次";
    assert_eq!(refused(&format!("appearance_rate=1 ratio\n{court}")), []);
    assert_eq!(refused(&format!("appearance_rate=0.8 ratio\n{court}")), no);
    assert_eq!(refused("appearance_rate=0.8 ratio\nappeared=8 次\nrequired=10 次"), []);
    assert_eq!(flagged("pass_rate=0.95 ratio\npassed=38 人\nsat=40 人"), []);
}

#[test]
fn single_figures_are_looked_at() {
    let table = [
        ("sessions=1.5 次", vec![Reason::QuantityInvalid]),
        ("sessions=2.0 次", vec![]),
        ("duration=1.5 小时", vec![]),
        ("sessions=1 次\nsessions=2 次", vec![Reason::MetricRepeated]),
        ("something_else=1.5 个", vec![]),
    ];
    for (text, expected) in table {
        assert_eq!(refused(text), expected, "{text}");
    }
    assert_eq!(flagged("something_else=1 个"), [Reason::MetricUnknown]);
    assert_eq!(flagged("sessions=1 亿元"), [Reason::MetricUnknown]);
}

#[test]
fn figures_of_different_windows_are_not_compared() {
    let mut quantities = read("passed=50 人\nsat=40 人");
    quantities[0].window = Some((date(2022, 1, 1), date(2022, 6, 30)));
    let mut problems = Problems::new();
    check(&quantities, &mut problems);
    assert!(problems.is_empty());
}

#[test]
fn what_is_said() {
    said(
        "documents_total=13 份
         documents_city_issued=4 份
         documents_bureau_normative=8 份
         passed=41 人
         sat=40 人
         pass_rate=0.9 ratio
         coverage=1.0 ratio
         growth_rate_stated=10.25 ratio
         officers_before=4 名
         officers_after=41 名
         mystery=1 个",
        expect![[r#"
            PARTS_DO_NOT_SUM quantities[0].value: documents_total is 13, but its parts (documents_city_issued + documents_bureau_normative) are 4 + 8
              出台文件为 13，分项（市级发文、本局规范性文件）为 4 + 8，不相符
            PART_EXCEEDS_WHOLE quantities[3].value: passed (41) cannot exceed sat (40)
              通过人数（41）不能大于实考人数（40）
            RATE_CONTRADICTS_BASE quantities[5].value: pass_rate is stated as 90%, but passed and sat give 102.5%
              通过率载明 90%，按通过人数与实考人数计算为 102.5%
            METRIC_UNKNOWN quantities[10].metric: the metric mystery is not in the catalogue: kept as it is, not evaluated
              指标“mystery”不在目录中，原样保留，不参与核算
            RATE_WITHOUT_BASE quantities[6].value: coverage is stated without its base (reviewed, reviewable)
              审查覆盖率只有比率，没有基数（已审查、应审查）
            GROWTH_CONTRADICTS_BASE quantities[7].value: growth is stated as 1025%, the figures before and after give 925%: the stated figure is the ratio of after to before, not the growth
              载明增长率 1025%，按前后数计算为 925%；载明数是期末与期初之比，不是增长率
        "#]],
    );
}

proptest! {
    #[test]
    fn figures_never_make_it_panic(
        picks in proptest::collection::vec(
            (0..all().len(), any::<i64>(), 0u32..28, 0..4usize, 0..UNITS.len()),
            0..12,
        ),
    ) {
        let qualifiers =
            [Qualifier::Exact, Qualifier::AtLeast, Qualifier::MoreThan, Qualifier::About];
        let quantities: Vec<Quantity> = picks
            .into_iter()
            .map(|(metric, value, scale, qualifier, unit)| Quantity {
                metric: all()[metric].name.into(),
                value: Decimal::new(value, scale).abs(),
                unit: UNITS[unit].into(),
                qualifier: qualifiers[qualifier],
                window: None,
            })
            .collect();
        let mut problems = Problems::new();
        check(&quantities, &mut problems);
        flags(&quantities, &mut problems);
        let _ = growth(&quantities);
        let most = |quantity| Quantity { value: Decimal::MAX, ..quantity };
        let extremes: Vec<Quantity> = quantities.into_iter().map(most).collect();
        check(&extremes, &mut problems);
        flags(&extremes, &mut problems);
    }

    #[test]
    fn what_is_true_of_counts_is_not_refused(
        sat in 0u32..500, absent in 0u32..500, failed in 0u32..500,
    ) {
        let (passed, registered) = (sat.saturating_sub(failed), sat + absent);
        let text = format!("passed={passed}\nsat={sat}\nregistered={registered}");
        prop_assert_eq!(refused(&text), []);
    }
}
