//! A county over a city over a province: what is taken over, changed, switched off, and refused.

use rust_decimal::Decimal;

use super::{Cadence, DutyRule, OriginKind, RuleSet, RuleSetError};
use crate::id::DutyId;

/// Two duties for the region.
const REGION: &str = r#"schema_version = 1
ruleset_id = "region"
valid_from = 2016-01-01
jurisdiction = "450000"
timezone = "Asia/Shanghai"
warn_days = 20
[metrics]
advisers = ["legal_advisers"]
[[duty]]
id = "meeting"
name_zh = "会议"
name_en = "meeting"
category = "core"
owed_by = ["organization"]
level = "organization"
satisfied_by = ["special_work_meeting"]
cadence = "annual"
deadline = { month = 12, day = 31, year_offset = 0, bound = "on_or_before" }
min_count = 1
weight = 40
basis = ["region"]
evidence_customary = ["minutes"]
[[duty]]
id = "training"
name_zh = "培训"
name_en = "training"
category = "core"
owed_by = ["organization"]
level = "organization"
satisfied_by = ["leader_law_study"]
cadence = "half_year"
deadline = { month = 12, day = 31, year_offset = 0, bound = "on_or_before" }
min_count = 2
weight = 60
basis = ["region"]
evidence_customary = ["minutes"]
"#;

/// The city asks for an earlier meeting.
const CITY: &str = r#"schema_version = 1
ruleset_id = "city"
extends = "region"
valid_from = 2020-01-01
jurisdiction = "450200"
timezone = "Asia/Shanghai"
[[override]]
id = "meeting"
reason = "城市要求提前召开"
deadline = { month = 11, day = 30, year_offset = 0, bound = "on_or_before" }
"#;

/// The county asks for two meetings, without a date of its own, and for no training.
const COUNTY: &str = r#"schema_version = 1
ruleset_id = "county"
extends = "city"
valid_from = 2021-01-01
jurisdiction = "450222"
timezone = "Asia/Shanghai"
warn_days = 10
[[override]]
id = "meeting"
reason = "县里要求每半年一次"
cadence = "half_year"
min_count = 2
[[switch_off]]
id = "training"
reason = "由市统一组织"
[[duty]]
id = "visit"
name_zh = "走访"
name_en = "visit"
category = "core"
owed_by = ["organization"]
level = "organization"
satisfied_by = ["leader_directive"]
cadence = "continuous_count"
min_count = 3
weight = 60
basis = ["county"]
evidence_customary = ["photos"]
"#;

fn county() -> RuleSet {
    RuleSet::resolve(COUNTY, &[CITY, REGION]).unwrap_or_else(|faults| panic!("{faults:#?}")).0
}

fn duty<'a>(rules: &'a RuleSet, id: &str) -> &'a DutyRule {
    rules.duty(&DutyId::parse(id).unwrap()).unwrap()
}

#[test]
fn what_is_not_said_is_taken_over() {
    let rules = county();
    let ids: Vec<&str> = rules.duties.iter().map(|duty| duty.id.as_str()).collect();
    assert_eq!(ids, ["meeting", "training", "visit"]);
    assert_eq!(rules.warn_days, 10, "its own");
    assert_eq!(RuleSet::resolve(CITY, &[REGION]).unwrap().0.warn_days, 20, "the region's");
    assert!(rules.metrics.contains_key("advisers"));
    // Its own cadence and count, the city's deadline, the region's name and weight.
    let meeting = duty(&rules, "meeting");
    let Cadence::HalfYear { deadline } = &meeting.cadence else { panic!("{meeting:?}") };
    assert_eq!((deadline.date.month(), deadline.date.day(), meeting.min_count), (11, 30, 2));
    assert_eq!((&*meeting.name_zh, meeting.weight), ("会议", Decimal::from(40)));
}

#[test]
fn every_duty_tells_where_it_comes_from() {
    let rules = county();
    let story = |id: &str| -> Vec<String> {
        let origins = duty(&rules, id).origins.iter();
        let told = origins.map(|origin| {
            let keys = origin.keys.join(",");
            let kind = match origin.kind {
                OriginKind::Defined => "defined",
                OriginKind::Overridden => "overridden",
                OriginKind::SwitchedOff => "off",
            };
            format!("{} {} {kind} [{keys}] {}", origin.rule_set, origin.jurisdiction, origin.reason)
        });
        told.collect()
    };
    assert_eq!(
        story("meeting"),
        [
            "region 450000 defined [] ",
            "city 450200 overridden [deadline] 城市要求提前召开",
            "county 450222 overridden [cadence,min_count] 县里要求每半年一次",
        ]
    );
    assert_eq!(
        story("training"),
        ["region 450000 defined [] ", "county 450222 off [] 由市统一组织"]
    );
    assert_eq!(&*duty(&rules, "training").switched_off().unwrap().reason, "由市统一组织");
    assert_eq!(story("visit"), ["county 450222 defined [] "]);
    let parents: Vec<&str> = rules.parents.iter().map(|parent| parent.id.as_str()).collect();
    assert_eq!(parents, ["city", "region"]);
}

#[test]
fn the_digest_covers_every_text_it_rests_on() {
    let digest = |county: &str, city: &str, region: &str| {
        RuleSet::resolve(county, &[city, region]).unwrap().0.digest
    };
    let now = digest(COUNTY, CITY, REGION);
    assert_eq!(now, county().digest);
    let other = |text: &str| text.replacen("schema_version", "# a remark\nschema_version", 1);
    assert_ne!(now, digest(&other(COUNTY), CITY, REGION));
    assert_ne!(now, digest(COUNTY, &other(CITY), REGION));
    assert_ne!(now, digest(COUNTY, CITY, &other(REGION)));
    // One that stands alone has the digest of its text, as ever.
    let region = RuleSet::parse(REGION).unwrap().0;
    assert_eq!(region.digest, region.text_digest);
}

#[test]
fn an_inherited_key_can_be_taken_away() {
    let without = COUNTY.replacen(
        "cadence = \"half_year\"",
        "without = [\"deadline\"]\ncadence = \"continuous_count\"",
        1,
    );
    let rules = RuleSet::resolve(&without, &[CITY, REGION]).unwrap().0;
    assert_eq!(duty(&rules, "meeting").cadence, Cadence::ContinuousCount);
    assert_eq!(
        duty(&rules, "meeting").origins[2].keys,
        ["cadence", "deadline", "min_count"].map(Box::from)
    );
    // What the county took away, a township may set again.
    let township = "schema_version = 1\nruleset_id = \"township\"\nextends = \"county\"\n\
                    valid_from = 2022-01-01\njurisdiction = \"450222\"\n\
                    timezone = \"Asia/Shanghai\"\n[[override]]\nid = \"meeting\"\n\
                    reason = \"乡镇另有期限\"\ncadence = \"annual\"\n\
                    deadline = { month = 6, day = 30, year_offset = 0, bound = \"before\" }\n";
    let rules = RuleSet::resolve(township, &[&without, CITY, REGION]).unwrap().0;
    let Cadence::Annual { deadline } = &duty(&rules, "meeting").cadence else { panic!("annual") };
    assert_eq!(deadline.date.month(), 6);
    // Without it, the county's gap is felt and told where the township changes the duty.
    let gap = township.replacen("deadline = {", "# deadline = {", 1);
    let faults = RuleSet::resolve(&gap, &[&without, CITY, REGION]).unwrap_err();
    let told: Vec<String> = faults.iter().map(shown).collect();
    assert_eq!(told, ["7:1 line 7, column 1: the key 'deadline' is missing"]);
}

fn shown(fault: &RuleSetError) -> String {
    format!("{}:{} {}", fault.line, fault.column, fault.problem.en)
}

#[test]
fn what_cannot_be_inherited_is_refused_with_line_and_column() {
    let parents: &[&str] = &[CITY, REGION];
    let cycle = COUNTY.replacen("ruleset_id = \"county\"", "ruleset_id = \"region\"", 1);
    let table: &[(&str, &str, &[&str], &str)] = &[
        (
            "extends = \"city\"",
            "extends = \"county\"",
            parents,
            "3:11 RULE_SET_PARENT extend itself",
        ),
        ("extends = \"city\"", "extends = \"town\"", parents, "3:11 RULE_SET_PARENT not published"),
        ("extends = \"city\"", "extends = \"city\"", &[], "3:11 RULE_SET_PARENT not published"),
        ("extends = \"city\"", "extends = 1", parents, "3:11 RULE_SET_INVALID must be a string"),
        (
            "extends = \"city\"",
            "extends = \"city\" ",
            &[CITY],
            "3:11 RULE_SET_PARENT has faults itself: line 3, column 11",
        ),
        ("extends = \"city\"", "", parents, "13:3 RULE_SET_INVALID no 'switch_off' without"),
        ("\"450222\"", "\"450100\"", parents, "3:11 RULE_SET_PARENT does not lie inside 450200"),
        ("2021-01-01", "2019-01-01", parents, "3:11 RULE_SET_PARENT is not valid on 2019-01-01"),
        ("id = \"meeting\"", "id = \"meting\"", parents, "9:6 RULE_SET_OVERRIDE did you mean"),
        ("id = \"training\"", "id = \"meeting\"", parents, "14:6 RULE_SET_OVERRIDE changed twice"),
        ("id = \"visit\"", "id = \"meeting\"", parents, "17:6 RULE_SET_OVERRIDE change it by"),
        ("reason = \"由市统一组织\"", "", parents, "13:1 RULE_SET_INVALID 'reason' is missing"),
        ("reason = \"由市统一组织\"", "why = 1", parents, "15:1 RULE_SET_UNKNOWN_KEY no key 'why'"),
        (
            "reason = \"县里要求每半年一次\"",
            "",
            parents,
            "8:1 RULE_SET_INVALID 'reason' is missing",
        ),
        ("min_count = 2", "min_count = 3", parents, "12:13 RULE_SET_INVALID cannot be shared out"),
        (
            "cadence = \"half_year\"",
            "cadence = \"continuous_count\"",
            parents,
            "8:1 RULE_SET_INVALID takes no 'deadline'",
        ),
        (
            "cadence = \"half_year\"",
            "cadence = \"half_year\"\nvalid_from = 2022-02-01\nvalid_to = 2022-01-01",
            parents,
            "13:12 RULE_SET_INVALID lies before valid_from",
        ),
        (
            "cadence = \"half_year\"",
            "without = [\"opens\"]",
            parents,
            "11:12 RULE_SET_OVERRIDE no inherited 'opens'",
        ),
        (
            "cadence = \"half_year\"\nmin_count = 2",
            "",
            parents,
            "8:1 RULE_SET_OVERRIDE changes nothing of 'meeting'",
        ),
    ];
    for (good, bad, parents, told) in table {
        let text = COUNTY.replacen(good, bad, 1);
        assert_ne!(&text, COUNTY.trim_end(), "{good} is there");
        let faults = RuleSet::resolve(&text, parents).unwrap_err();
        let (place, rest) = told.split_once(' ').unwrap();
        let (reason, words) = rest.split_once(' ').unwrap();
        let found = faults.iter().any(|fault| {
            format!("{}:{}", fault.line, fault.column) == place
                && fault.problem.reason.as_str() == reason
                && fault.problem.en.contains(words)
        });
        assert!(found, "{bad}: {told} is not in {faults:#?}");
    }
    let faults = RuleSet::resolve(&cycle, parents).unwrap_err();
    assert!(faults.iter().any(|fault| fault.problem.en.contains("a cycle")), "{faults:#?}");
    let off = "schema_version = 1\nruleset_id = \"town\"\nextends = \"county\"\n\
               valid_from = 2022-01-01\njurisdiction = \"450222\"\ntimezone = \"Asia/Shanghai\"\n\
               [[override]]\nid = \"training\"\nreason = \"仍要培训\"\nmin_count = 4\n";
    let faults = RuleSet::resolve(off, &[COUNTY, CITY, REGION]).unwrap_err();
    assert!(faults[0].problem.en.contains("switched off by county"), "{faults:#?}");
    let deep = vec![CITY; 7];
    let faults = RuleSet::resolve(COUNTY, &deep).unwrap_err();
    assert!(faults[0].problem.en.contains("more than 6"), "{faults:#?}");
    let faults = RuleSet::resolve(REGION, &[CITY]).unwrap_err();
    assert!(faults[0].problem.en.contains("extends none"), "{faults:#?}");
}

#[test]
fn the_parent_of_a_text_is_told_without_reading_it_all() {
    assert_eq!(RuleSet::extended_by(COUNTY).unwrap().as_str(), "city");
    for text in [REGION, "", "extends = 1", "extends = \"", "extends = \"两个\""] {
        assert_eq!(RuleSet::extended_by(text), None, "{text}");
    }
}
