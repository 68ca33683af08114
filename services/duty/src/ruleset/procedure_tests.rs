//! Terms and vetoes as rule sets say them, inherit them, and get them wrong.

use rust_decimal::Decimal;

use super::{Procedure, Veto};
use crate::ruleset::tests::SHIPPED;
use crate::ruleset::{RuleSet, RuleSetError};

/// The shipped rule set with more keys above its duties.
fn with(keys: &str) -> String {
    SHIPPED.replacen("[metrics]", &format!("{keys}\n[metrics]"), 1)
}

fn read(keys: &str) -> RuleSet {
    let (rules, _) = RuleSet::parse(&with(keys)).expect("a rule set");
    rules
}

/// A district of the city that extends the shipped set; all its duties hold as they are.
fn district(keys: &str, above: &str) -> Result<RuleSet, Vec<String>> {
    let text = format!(
        "schema_version = 1\nruleset_id = \"district\"\nextends = \"CN-450200-2022.default\"\n\
         valid_from = 2022-01-01\njurisdiction = \"450203\"\ntimezone = \"Asia/Shanghai\"\n{keys}\n"
    );
    let shown =
        |faults: Vec<RuleSetError>| faults.into_iter().map(|fault| fault.problem.en).collect();
    RuleSet::resolve(&text, &[above]).map(|(rules, _)| rules).map_err(shown)
}

fn grades(rules: &RuleSet) -> [&str; 4] {
    let scores = [95, 85, 65, 10].map(Decimal::from);
    scores.map(|score| rules.grade_under_veto(score).map_or("", |grade| &*grade.name_en))
}

#[test]
fn what_is_not_said_is_as_the_domain_has_it() {
    let rules = read("");
    let usual = Procedure { notice: 5, decision: 15, review_request: 5, review: 15 };
    assert_eq!((rules.procedure, &rules.veto), (usual, &Veto::Lowest));
    assert_eq!(grades(&rules), ["inadequate"; 4]);
}

#[test]
fn a_cap_leaves_what_is_no_better_and_terms_are_said_one_by_one() {
    let rules = read(
        "procedure = { notice_working_days = 7, further_review_working_days = 20 }\n\
         veto = { effect = \"cap\", grade = \"合格\" }",
    );
    let said = Procedure { notice: 7, decision: 15, review_request: 5, review: 20 };
    assert_eq!(rules.procedure, said);
    assert_eq!(grades(&rules), ["adequate", "adequate", "adequate", "inadequate"]);
    // A district takes both over, or says one of them anew.
    let above = with(
        "procedure = { notice_working_days = 7 }\nveto = { effect = \"cap\", grade = \"合格\" }",
    );
    let same = district("", &above).expect("a rule set");
    assert_eq!((same.procedure.notice, &same.veto), (7, &Veto::Cap("合格".into())));
    let other = "procedure = { decision_working_days = 10 }\nveto = { effect = \"lowest\" }";
    let other = district(other, &above).expect("a rule set");
    assert_eq!((other.procedure.notice, other.procedure.decision), (7, 10));
    assert_eq!(other.veto, Veto::Lowest);
    // With grades of its own the cap it takes over must still be one of them.
    let two = "grades = [{ name_zh = \"合格\", name_en = \"pass\", min_score = 60 }, \
               { name_zh = \"不合格\", name_en = \"fail\", min_score = 0 }]";
    let faults = district(two, &above).expect_err("no cap is left");
    assert!(faults[0].contains("say 'veto' anew"), "{faults:?}");
}

#[test]
fn a_grade_below_all_grades_stays_none() {
    let one = "grades = [{ name_zh = \"优秀\", name_en = \"excellent\", min_score = 90 }]";
    let rules = district(one, SHIPPED).expect("a rule set");
    let by = |score| rules.grade_under_veto(Decimal::from(score)).map(|grade| &*grade.name_en);
    assert_eq!((by(95), by(10)), (Some("excellent"), None));
}

#[test]
fn what_makes_no_sense_is_refused_in_place() {
    let rows = [
        ("veto = { effect = \"cap\" }", "grade"),
        ("veto = { effect = \"cap\", grade = \"优秀\" }", "a cap there vetoes nothing"),
        ("veto = { effect = \"cap\", grade = \"合挌\" }", "there is no grade '合挌'"),
        ("veto = { effect = \"lowest\", grade = \"合格\" }", "names none"),
        ("veto = { effect = \"none\" }", "none"),
        ("procedure = { notice_working_days = 0 }", "0"),
        ("procedure = { notice_days = 5 }", "no key 'notice_days'"),
    ];
    for (keys, expected) in rows {
        let faults = RuleSet::parse(&with(keys)).expect_err(keys);
        let shown: Vec<_> = faults.iter().map(|fault| &fault.problem.en).collect();
        assert!(faults.len() == 1 && shown[0].contains(expected), "{keys}: {shown:?}");
        assert_eq!(faults[0].line, 36, "{keys}");
    }
}
