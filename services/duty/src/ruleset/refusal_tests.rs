//! Every refusal, with the line it names. One fault per row; the rest of the rule set is sound.

use expect_test::expect;

use super::tests::SHIPPED;
use super::{RULE_SET_BYTES_MAX, RuleSet};
use crate::problem::Reason;

/// A small sound rule set; rows below change one line of it.
const SOUND: &str = r#"schema_version = 1
ruleset_id = "R1"
valid_from = 2022-01-01
jurisdiction = "450200"
timezone = "Asia/Shanghai"
grades = [{ name_zh = "甲", name_en = "A", min_score = 90 }, { name_zh = "乙", name_en = "B", min_score = 60 }]
accounting_date = { month = 12, day = 31 }
[metrics]
lawyers = ["public_lawyers"]
[[duty]]
id = "yearly"
name_zh = "年度"
name_en = "Yearly"
category = "core"
owed_by = ["party_head"]
level = "person"
satisfied_by = ["rule_of_law_debrief"]
cadence = "annual"
deadline = { month = 6, day = 30, year_offset = 1, bound = "before" }
min_count = 1
weight = 40
basis = ["x"]
[[duty]]
id = "quarterly"
name_zh = "季度"
name_en = "Quarterly"
category = "core"
owed_by = ["organization"]
level = "organization"
satisfied_by = ["leader_law_study"]
cadence = "quarterly"
deadline = { month = 12, day = 31, year_offset = 0, bound = "on_or_before" }
min_count = 4
weight = 30
[[duty]]
id = "change"
name_zh = "变动"
name_en = "Change"
category = "core"
owed_by = ["organization"]
level = "organization"
satisfied_by = ["leading_group_adjustment"]
cadence = "on_change"
trigger = ["member_change"]
due_within_working_days = 30
min_count = 0
weight = 10
[[duty]]
id = "event"
name_zh = "逐件"
name_en = "Event"
category = "core"
owed_by = ["organization"]
level = "case"
satisfied_by = ["court_appearance"]
cadence = "on_event"
applies_when = "litigation_hearings > 0"
threshold = { appearance_rate = 1.0 }
metric = "lawyers"
seed = { kind = "absent", line = 0, quote = "" }
min_count = 0
weight = 20
"#;

#[test]
fn the_rule_set_of_the_table_is_sound() {
    let (rules, _) = RuleSet::parse(SOUND).unwrap();
    assert_eq!(rules.duties.len(), 4);
}

/// What is replaced (its first occurrence), by what, the line of the fault, and a part of the text.
type Row<'a> = (&'a str, &'a str, u32, &'a str);

#[track_caller]
fn check(rows: &[Row<'_>], reason: Reason) {
    for (good, bad, line, wrong) in rows {
        assert!(SOUND.contains(good), "{good}");
        let text = SOUND.replacen(good, bad, 1);
        let errors = RuleSet::parse(&text).unwrap_err();
        let found = errors.iter().find(|error| error.problem.en.contains(wrong));
        let Some(error) = found else { panic!("{bad}: {errors:#?}") };
        assert_eq!((error.line, error.problem.reason), (*line, reason), "{bad}: {errors:#?}");
        assert_eq!(errors.len(), 1, "{bad}: {errors:#?}");
        assert!(error.problem.field.starts_with(&format!("line {line}")));
        assert!(error.problem.zh.starts_with(&format!("第 {line} 行")));
    }
}

#[test]
fn syntax_and_keys() {
    check(
        &[
            ("valid_from = 2022-01-01", "valid_from = 2022-02-30", 3, "not valid TOML"),
            ("schema_version = 1", "schema_version 1", 1, "not valid TOML"),
            ("min_count = 4", "min_count = 4\nmin_count = 4", 34, "duplicate key"),
        ],
        Reason::RuleSetSyntax,
    );
    check(
        &[
            ("timezone =", "colour = 1\ntimezone =", 5, "no key 'colour'"),
            ("weight = 40", "weight = 40\nwieght = 40", 22, "did you mean 'weight'?"),
            ("bound = \"before\"", "bound = \"before\", hour = 3", 19, "no key 'hour'"),
            ("day = 31 }\n", "day = 31, year = 1 }\n", 7, "no key 'year'"),
            (
                "appearance_rate = 1.0",
                "apearance_rate = 1.0",
                58,
                "did you mean 'appearance_rate'?",
            ),
            ("quote = \"\"", "quote = \"\", page = 2", 60, "no key 'page'"),
            ("min_score = 90 }", "min_score = 90, from = 2 }", 6, "no key 'from'"),
        ],
        Reason::RuleSetUnknownKey,
    );
}

#[test]
fn head() {
    check(
        &[
            ("schema_version = 1", "schema_version = 2", 1, "from 1 to 1"),
            ("schema_version = 1\n", "", 1, "'schema_version' is missing"),
            ("ruleset_id = \"R1\"\n", "", 1, "'ruleset_id' is missing"),
            ("\"R1\"", "\"规则\"", 2, "an id has"),
            ("\"R1\"", "1", 2, "must be a string, not integer"),
            ("2022-01-01", "\"2022-01-01\"", 3, "must be a date such as"),
            ("2022-01-01", "2022-01-01T00:00:00Z", 3, "must be a date such as"),
            ("timezone", "valid_to = 2021-12-31\ntimezone", 5, "before valid_from"),
            ("\"450200\"", "\"450299\"", 4, "no division '450299'"),
            ("\"450200\"", "\"450221\"", 4, "in use until 2016"),
            ("\"450200\"", "450200", 4, "must be a string"),
            ("Asia/Shanghai", "UTC", 5, "'UTC' is not known here; one of Asia/Shanghai"),
            ("timezone", "official_rung = \"proven\"\ntimezone", 5, "one of claimed, dated"),
            ("timezone", "warn_days = -1\ntimezone", 5, "from 0 to 366"),
            ("timezone", "scoring = { late_credit = 1.1 }\ntimezone", 5, "from 0 to 1"),
            ("timezone", "scoring = { late_credit = -0.1 }\ntimezone", 5, "not negative"),
            ("month = 12, day = 31 }\n", "month = 2, day = 29 }\n", 7, "does not exist each year"),
            ("min_score = 60", "min_score = 90", 6, "best first"),
            ("\"public_lawyers\"", "\"public_lawyer\"", 9, "did you mean 'public_lawyers'?"),
            ("[\"public_lawyers\"]", "[]", 9, "at least one metric"),
            ("[\"public_lawyers\"]", "\"public_lawyers\"", 9, "must be an array"),
        ],
        Reason::RuleSetInvalid,
    );
}

#[test]
fn duties() {
    check(
        &[
            ("id = \"quarterly\"", "id = \"yearly\"", 24, "stands twice, first in line 11"),
            ("id = \"quarterly\"", "id = \"a b\"", 24, "an id has"),
            ("id = \"yearly\"\n", "", 10, "'id' is missing"),
            ("name_zh = \"年度\"", "name_zh = \" \"", 12, "must not be empty"),
            ("category = \"core\"\n", "", 10, "'category' is missing"),
            ("[\"party_head\"]", "[\"party_hed\"]", 15, "did you mean 'party_head'?"),
            ("[\"party_head\"]", "[]", 15, "at least one is needed"),
            ("[\"party_head\"]", "\"party_head\"", 15, "must be an array"),
            ("[\"party_head\"]", "[\"party_head\", \"party_head\"]", 15, "stands here twice"),
            ("\"person\"", "\"people\"", 16, "'people' is not known here"),
            ("\"rule_of_law_debrief\"", "\"rule_of_law_debreif\"", 17, "did you mean"),
            ("\"rule_of_law_debrief\"", "\"award\"", 17, "informational and fulfils no duty"),
            ("\"annual\"", "\"anual\"", 18, "did you mean 'annual'?"),
            ("month = 6, day = 30", "month = 6, day = 31", 19, "no such day"),
            ("month = 6, day = 30", "month = 2, day = 30", 19, "no such day"),
            (
                "month = 6, day = 30",
                "month = 2, day = 29",
                19,
                "29 February does not exist each year",
            ),
            ("month = 6, day = 30", "month = 13, day = 30", 19, "from 1 to 12"),
            ("month = 6, day = 30", "day = 30", 19, "'month' is missing"),
            ("year_offset = 1", "year_offset = 3", 19, "from 0 to 2"),
            ("bound = \"before\"", "bound = \"until\"", 19, "one of before, on_or_before"),
            (", bound = \"before\"", "", 19, "'bound' is missing"),
            ("min_count = 1", "min_count = -1", 20, "from 0 to 366"),
            ("min_count = 1", "min_count = 1.5", 20, "must be a whole number"),
            ("weight = 40", "weight = -1", 21, "not negative"),
            ("weight = 40", "weight = \"40\"", 21, "must be a number"),
            ("weight = 40\n", "", 10, "'weight' is missing"),
            ("[\"x\"]", "[1]", 22, "must be a string"),
        ],
        Reason::RuleSetInvalid,
    );
}

#[test]
fn keys_that_belong_to_another_cadence() {
    let one_day = "{ month = 1, day = 1, year_offset = 0, bound = \"before\" }";
    let deadline = format!("due_within_working_days = 30\ndeadline = {one_day}");
    let confirmation = format!("cadence = \"on_event\"\nannual_confirmation = {one_day}");
    check(
        &[
            (
                "due_within_working_days = 30",
                &deadline,
                46,
                "the cadence on_change takes no 'deadline'",
            ),
            (
                "cadence = \"on_event\"",
                &confirmation,
                57,
                "the cadence on_event takes no 'annual_confirmation'",
            ),
            (
                "cadence = \"annual\"\n",
                "cadence = \"annual\"\ntrigger = [\"member_change\"]\n",
                19,
                "the cadence annual takes no 'trigger'",
            ),
            (
                "weight = 30",
                "threshold = { coverage = 1 }\nweight = 30",
                34,
                "takes no 'threshold'",
            ),
            (
                "weight = 30",
                "opens = { month = 1, day = 1 }\nweight = 30",
                34,
                "only an annual duty",
            ),
        ],
        Reason::RuleSetInvalid,
    );
}

#[test]
fn cadences() {
    check(
        &[
            (
                "deadline = { month = 6, day = 30, year_offset = 1, bound = \"before\" }\n",
                "",
                10,
                "'deadline' is missing",
            ),
            ("min_count = 4", "min_count = 3", 33, "cannot be shared out over 4 periods"),
            (
                "month = 12, day = 31, year",
                "month = 9, day = 1, year",
                32,
                "last half-year or quarter",
            ),
            ("[\"member_change\"]", "[\"members_change\"]", 44, "did you mean 'member_change'?"),
            ("trigger = [\"member_change\"]\n", "", 35, "'trigger' is missing"),
            ("due_within_working_days = 30\n", "", 35, "'due_within_working_days' is missing"),
            ("due_within_working_days = 30", "due_within_working_days = 0", 45, "from 1 to 500"),
            ("appearance_rate = 1.0", "appearance_rate = 1.5", 58, "from 0 to 1"),
            (
                "appearance_rate = 1.0",
                "public_comment_days_min = 1.5",
                58,
                "days are whole numbers",
            ),
            ("metric = \"lawyers\"", "metric = \"lawyer\"", 59, "did you mean 'lawyers'?"),
            ("kind = \"absent\"", "kind = \"gone\"", 60, "one of performed"),
            (
                "weight = 40",
                "opens = { month = 7, day = 1, year_offset = 1 }\nweight = 40",
                21,
                "the first day lies after the deadline",
            ),
        ],
        Reason::RuleSetInvalid,
    );
}

#[test]
fn conditions() {
    check(
        &[
            ("litigation_hearings > 0", "litigation_hearings >", 57, "does not compile"),
            ("litigation_hearings > 0", "hearings > 0", 57, "no variable 'hearings'"),
            ("litigation_hearings > 0", "litigation_hearings", 57, "does not answer yes or no"),
        ],
        Reason::RuleSetCondition,
    );
}

#[test]
fn a_rule_set_without_duties_or_too_large_is_refused() {
    let head = &SOUND[..SOUND.find("[[duty]]").unwrap()];
    let errors = RuleSet::parse(head).unwrap_err();
    assert!(errors[0].problem.en.contains("'duty' is missing"), "{errors:?}");
    let errors = RuleSet::parse(&head.replace("[metrics]", "duty = []\n[metrics]")).unwrap_err();
    assert!(errors[0].problem.en.contains("at least one duty"), "{errors:?}");
    let errors = RuleSet::parse(&head.replace("[metrics]", "duty = [1]\n[metrics]")).unwrap_err();
    assert!(errors[0].problem.en.contains("must be a table"), "{errors:?}");
    let large = format!("# {}\n{SOUND}", "x".repeat(RULE_SET_BYTES_MAX));
    let errors = RuleSet::parse(&large).unwrap_err();
    assert!(errors[0].problem.en.contains("bytes, more than"), "{errors:?}");
    assert_eq!(RuleSet::parse("").unwrap_err().len(), 6);
}

#[test]
fn all_faults_are_named_at_once_by_line() {
    let text = SHIPPED
        .replacen("weight = 12\n", "weight = -12\n", 1)
        .replacen("level = \"person\"", "level = \"persons\"", 1)
        .replacen("bound = \"before\"", "bound = \"befor\"", 1)
        .replacen("month = 6, day = 30", "month = 6, day = 31", 1)
        .replacen("litigation_hearings > 0", "litigation_hearing > 0", 1)
        .replacen("\"constitution_publicity\"]", "\"constitution_day\"]", 1)
        .replacen("category = \"learning\"", "category = 3", 1)
        .replacen("official_rung = \"documented\"", "official_rung = \"document\"", 1);
    let errors = RuleSet::parse(&text).unwrap_err();
    let shown: String = errors
        .iter()
        .map(|error| {
            let problem = &error.problem;
            format!("{} | {} | {}\n  {}\n", problem.reason, problem.field, problem.en, problem.zh)
        })
        .collect();
    expect![[r#"
        RULE_SET_INVALID | line 16, official_rung | line 16, column 17: 'document' is not known here; did you mean 'documented'?
          第 16 行第 17 列：不认识“document”，是否为“documented”？
        RULE_SET_INVALID | line 46, duty[0].level | line 46, column 9: 'persons' is not known here; did you mean 'person'?
          第 46 行第 9 列：不认识“persons”，是否为“person”？
        RULE_SET_INVALID | line 49, duty[0].deadline.day | line 49, column 31: month 6, day 31: there is no such day
          第 49 行第 31 列：6月31日：没有这一天
        RULE_SET_INVALID | line 53, duty[0].weight | line 53, column 10: must be a number from 0 to 100, not negative
          第 53 行第 10 列：应为 0 至 100 的数，不得为负
        RULE_SET_INVALID | line 162, duty[7].deadline.bound | line 162, column 59: 'befor' is not known here; did you mean 'before'?
          第 162 行第 59 列：不认识“befor”，是否为“before”？
        RULE_SET_INVALID | line 189, duty[9].category | line 189, column 12: must be a string, not integer
          第 189 行第 12 列：应为字符串，实际为 integer
        RULE_SET_INVALID | line 224, duty[11].satisfied_by[0] | line 224, column 17: 'constitution_day' is not known here
          第 224 行第 17 列：不认识“constitution_day”
        RULE_SET_CONDITION | line 509, duty[29].applies_when | line 509, column 17: a condition has no variable 'litigation_hearing'; did you mean 'litigation_hearings'?
          第 509 行第 17 列：条件中没有变量“litigation_hearing”，是否为“litigation_hearings”？
    "#]].assert_eq(&shown);
}

/// Faulty conditions as they stand in the file; `¦` is where the fault is told.
#[test]
fn a_fault_inside_a_condition_has_its_line_and_column() {
    let long = format!("'{}year > {}¦0'", "true || ".repeat(48), "1".repeat(9));
    let many = format!("'{}year ¦> 0'", "1 + ".repeat(24));
    let words = format!("'{}1 ¦in [1]'", "1 + ".repeat(24));
    let hearings = "no variable 'hearings'";
    let table = [
        (r#""litigation_hearings >¦""#, "does not compile"),
        (r#""year > 0 ¦year""#, "does not compile"),
        (r#""year > ¦$ 1""#, "does not compile"),
        ("\"\"\"\n  year > 0\n  && ¦)\n\"\"\"", "does not compile"),
        ("\"\"\"\nyear > 0 &&¦\n\n\"\"\"", "does not compile"),
        (r#""¦litigation_hearing > 0""#, "no variable 'litigation_hearing'"),
        (r#""year > 0 && ¦hearings > 0""#, hearings),
        ("\"\"\"\n  year > 2022 // 当年\n  || ¦hearings > 0\"\"\"", hearings),
        ("\"\"\"\r\nyear > 2022\r\n|| ¦hearings > 0\"\"\"", hearings),
        ("\"\"\"year > 2022 || \\\n    ¦hearings > 0\"\"\"", hearings),
        (r#""org.class == \"\u515a\" && ¦hearings > 0""#, hearings),
        (r#""org.class == '党组织' && ¦hearings > 0""#, hearings),
        ("'''\norg.class == \"党\"\n  && org.¦clas == \"\"'''", "no key of org 'clas'"),
        (r#""org . ¦clas == 'clas'""#, "no key of org 'clas'"),
        (r#""org[¦'clas'] == ''""#, "no key of org 'clas'"),
        (r#""events.¦court_apearance > 0""#, "no event type 'court_apearance'"),
        (r#""year > 0 && ¦now() > 0""#, "no function 'now'"),
        (r#""org.sector.¦matches('x.*')""#, "no function 'matches'"),
        (r#""¦hearings.matches('x.*')""#, hearings),
        (r#""[year, ¦yeer].size() > 1""#, "no variable 'yeer'"),
        (r#""year > 0 && year ¦+ 'x' == 'y'""#, "wrong type"),
        (r#""year > 0 && ¦size(year) > 0""#, "wrong type"),
        (r#""org.sector.¦startsWith(1)""#, "wrong type"),
        (r#""¦litigation_hearings + 1""#, "not a boolean"),
        (r#""year > 0 ? ¦year : true""#, "not a boolean"),
        (r#""year > 0 && 1 ¦/ 0 > 1""#, "division by zero"),
        (&long, "more than"),
        ("'((( ¦(true))))'", "nested 4 deep"),
        (&many, "25 operators"),
        (&words, "26 operators"),
    ];
    for (marked, wrong) in table {
        let file = SOUND.replacen(r#""litigation_hearings > 0""#, marked, 1);
        let (before, _) = file.split_once('¦').unwrap();
        let line = before.lines().count();
        let column = before.lines().last().unwrap().chars().count() + 1;
        let errors = RuleSet::parse(&file.replacen('¦', "", 1)).unwrap_err();
        let [error] = &errors[..] else { panic!("{marked}: {errors:#?}") };
        assert_eq!(error.problem.reason, Reason::RuleSetCondition, "{marked}: {error:?}");
        assert!(error.problem.en.contains(wrong), "{marked}: {}", error.problem.en);
        let place = format!("line {line}, column {column}: ");
        assert!(error.problem.en.starts_with(&place), "{marked}: {}", error.problem.en);
        assert!(
            error.problem.zh.starts_with(&format!("第 {line} 行第 {column} 列：")),
            "{error:?}"
        );
    }
}
