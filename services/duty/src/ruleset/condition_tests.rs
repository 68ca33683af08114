//! Conditions: what compiles, what it answers, and that neither can harm the process.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{BYTES_MAX, Condition, ConditionError, ConditionFacts, NESTING_MAX, OPERATORS_MAX};
use crate::event::EventType;

fn facts(hearings: u64) -> ConditionFacts {
    ConditionFacts {
        year: 2022,
        events: BTreeMap::from([(EventType::CourtAppearance, hearings)]),
        class: "government_organ".into(),
        sector: "science_technology_bureau".into(),
        has_enforcement_power: true,
    }
}

#[test]
fn conditions_answer() {
    let table = [
        ("litigation_hearings > 0", 0, Ok(false)),
        ("litigation_hearings > 0", 2, Ok(true)),
        ("events.court_appearance == 2", 2, Ok(true)),
        ("events['court_appearance'] == litigation_hearings", 7, Ok(true)),
        ("events.award == 0", 2, Ok(true)),
        ("org.has_enforcement_power && year >= 2022", 0, Ok(true)),
        ("org.class == 'government_organ' ? true : false", 0, Ok(true)),
        ("org.sector in ['science_technology_bureau', 'finance_bureau']", 0, Ok(true)),
        ("org.sector.startsWith('science')", 0, Ok(true)),
        ("size(org.sector) > 3", 0, Ok(true)),
        ("!(year < 2022 || org.class.contains('party'))", 0, Ok(true)),
        ("6 / litigation_hearings > 1", 2, Ok(true)),
        ("6 / litigation_hearings > 1", 0, Err(ConditionError::DivisionByZero)),
        ("6 % litigation_hearings == 1", 0, Err(ConditionError::DivisionByZero)),
        ("litigation_hearings == 0 || 6 / litigation_hearings > 1", 0, Ok(true)),
        (
            "litigation_hearings > 5 ? 9223372036854775807 + year > 0 : true",
            9,
            Err(ConditionError::Overflow),
        ),
    ];
    for (source, hearings, expected) in table {
        let condition = Condition::compile(source).unwrap();
        assert_eq!(condition.evaluate(&facts(hearings)), expected, "{source}");
        assert_eq!(condition.source(), source);
    }
}

#[test]
fn what_is_no_condition_is_refused() {
    let deep = format!("{}true{}", "(".repeat(20), ")".repeat(20));
    let long = format!("{} > 0", "true && ".repeat(60));
    let many = format!("{} > 0", "1 + ".repeat(30));
    let table = [
        ("litigation_hearings >", "does not compile"),
        ("", "does not compile"),
        ("litigation_hearing > 0", "no variable 'litigation_hearing'; did you mean"),
        ("hearings > 0", "no variable 'hearings'; one of"),
        ("org.clas == 'x'", "no key of org 'clas'; did you mean 'class'?"),
        ("org['clas'] == 'x'", "no key of org 'clas'"),
        ("events.court_apearance > 0", "did you mean 'court_appearance'?"),
        ("events['nothing'] > 0", "no event type 'nothing'"),
        ("now() > 0", "no function 'now'"),
        ("org.sector.matches('x.*')", "no function 'matches'"),
        ("[1, 2].all(x, x > 0)", "no function 'all'"),
        ("[1, 2].map(year, year) == []", "no function 'map'"),
        ("has(org.class)", "no function 'has'"),
        ("litigation_hearings", "does not answer yes or no"),
        ("year + 'x' == 'y'", "does not answer yes or no"),
        ("'yes'", "does not answer yes or no"),
        ("1 / 0 > 1", "does not answer yes or no"),
        (&deep, "nested 20 deep, more than"),
        (&long, "bytes, more than"),
        (&many, "has 31 operators, more than"),
    ];
    for (source, wrong) in table {
        let fault = Condition::compile(source).unwrap_err();
        assert!(fault.en.contains(wrong), "{source}: {}", fault.en);
        assert!(!fault.zh.is_empty());
    }
}

#[test]
fn the_worst_that_fits_runs_on_a_small_stack() {
    let mut sources = vec![
        "!".repeat(OPERATORS_MAX) + "true",
        "-".repeat(OPERATORS_MAX) + "1 > 0",
        "true||".repeat(BYTES_MAX / 6 - 1) + "true",
        "true?true:".repeat(NESTING_MAX) + "true",
        "'".to_owned() + &"\\".repeat(BYTES_MAX - 2) + "'",
    ];
    for (open, close) in [("(", ")"), ("[", "]"), ("{1:", "}"), ("size(", ")")] {
        for chain in ["1+", "1*", "1==", "1 in ", "year.", "!", "-"] {
            for length in [4, OPERATORS_MAX / 2, OPERATORS_MAX - 4, OPERATORS_MAX] {
                let chain = chain.repeat(length);
                let (open, close) = (open.repeat(NESTING_MAX), close.repeat(NESTING_MAX));
                sources.push(format!("{open}{chain}year{close}"));
                sources.push(format!("{chain}year"));
            }
        }
    }
    let worker = std::thread::Builder::new().stack_size(1536 * 1024);
    let run = move || {
        for source in sources {
            if let Ok(condition) = Condition::compile(&source) {
                let _ = condition.evaluate(&facts(1));
            }
        }
    };
    worker.spawn(run).unwrap().join().unwrap();
}

#[test]
fn a_rule_set_may_cross_threads() {
    const fn crosses<T: Send + Sync>() {}
    crosses::<crate::ruleset::RuleSet>();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_text_makes_it_panic(
        source in "(org|events|year|litigation_hearings|[0-9'.+*/<>=!&|?:()\\[\\]{} a-z]|\\PC){0,40}",
    ) {
        if let Ok(condition) = Condition::compile(&source) {
            let _ = condition.evaluate(&facts(1));
        }
    }
}
