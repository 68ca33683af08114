//! What filters and orders mean and what limits they have, by tables; `refusals` has what they say
//! no to, `laws` what holds for all.

mod laws;
mod refusals;

use std::borrow::Cow;

use expect_test::expect;
use jiff::civil::date;
use rust_decimal::Decimal;

use super::order::{Direction, OrderBy};
use super::{CHARS_MAX, DEPTH_MAX, FieldKind, FieldSpec, Filter, Value};

const FIELDS: &[FieldSpec] = &[
    FieldSpec { name: "name", kind: FieldKind::Text },
    FieldSpec { name: "division", kind: FieldKind::Text },
    FieldSpec { name: "weight", kind: FieldKind::Number },
    FieldSpec { name: "due_date", kind: FieldKind::Date },
    FieldSpec { name: "official", kind: FieldKind::Bool },
    FieldSpec {
        name: "status",
        kind: FieldKind::Enum(&["not_due", "due_soon", "fulfilled", "partial", "overdue"]),
    },
    FieldSpec { name: "leader.name", kind: FieldKind::Text },
];

/// The row all the tables speak of: no `division`.
fn row(field: &str) -> Value<'static> {
    match field {
        "name" => Value::from("市司法局 Justice Bureau"),
        "weight" => Value::Number(Decimal::new(35, 1)),
        "due_date" => Value::Date(date(2022, 12, 31)),
        "official" => Value::Bool(true),
        "status" => Value::Text(Cow::Owned("overdue".to_owned())),
        "leader.name" => Value::from("100% *"),
        _ => Value::Absent,
    }
}

fn parse(text: &str) -> Filter {
    match Filter::parse(text, FIELDS) {
        Ok(filter) => filter,
        Err(error) => panic!("{text:?}: {error}"),
    }
}

#[test]
fn conditions_hold_or_not() {
    let table = [
        ("", true),
        (" \u{3000}\n", true),
        // text
        (r#"name = "市司法局 Justice Bureau""#, true),
        ("name = 市司法局", false),
        ("name = 市司法局*", true),
        ("name = *bureau", false),
        ("name = '*Bureau'", true),
        ("name = *Justice*", true),
        ("name != 市司法局*", false),
        ("name:justice", true),
        ("name:财政", false),
        ("name:*bureau", true),
        ("name:'justice*'", false),
        ("name < 市", false),
        ("name >= '市司法局'", true),
        (r#"leader.name:"\*""#, true),
        (r#"leader.name = "\*""#, false),
        (r#"leader.name = "100%*""#, true),
        // number
        ("weight = 3.50", true),
        ("weight:3.5", true),
        ("weight > -3", true),
        ("weight < 3.5", false),
        ("weight <= 35e-1", true),
        ("weight >= 1.2E+1", false),
        ("weight != '3.5'", false),
        // date
        ("due_date = 2022-12-31", true),
        ("due_date<2022-12-31", false),
        ("due_date>\"2022-12-30\"", true),
        // boolean, enum
        ("official = true", true),
        ("official != true", false),
        ("-official:true", false),
        ("status = overdue", true),
        ("status != overdue", false),
        ("status:(partial OR overdue)", true),
        ("status = (partial OR fulfilled)", false),
        // absent
        ("division = 440100", false),
        ("division < 440100", false),
        ("division >= 440100", false),
        ("division:''", false),
        ("division != 440100", true),
        ("NOT division = 440100", true),
        ("division:*", false),
        ("name:*", true),
        ("weight:*", true),
        ("status:*", true),
        // words alone
        ("司法", true),
        ("\"JUSTICE bureau\"", true),
        ("overdue", true),
        ("财政", false),
        ("2022", false),
        // joined
        ("司法 财政", false),
        ("司法 OR 财政", true),
        ("weight > 9 OR official=true", true),
        ("weight > 1 official=true -status:partial", true),
    ];
    for (text, expected) in table {
        assert_eq!(parse(text).matches(&row), expected, "{text}");
    }
}

#[test]
fn a_value_of_another_type_than_declared_counts_as_absent() {
    let wrong = |_: &str| Value::Bool(true);
    for (text, expected) in [("weight = 1", false), ("weight < 1", false), ("weight != 1", true)] {
        assert_eq!(parse(text).matches(&wrong), expected, "{text}");
    }
    assert!(!parse("司法").matches(&wrong));
}

#[test]
fn or_binds_tighter_than_and() {
    // The canonical text shows the tree: it has no parentheses but those that change it.
    let mut shown = String::new();
    for text in [
        "a AND b OR c",
        "a OR b AND c",
        "a b OR c d",
        "(a AND b) OR c",
        "a AND (b AND c)",
        "((a)) OR (b OR c)",
        "NOT a OR -b",
        "-(a b)",
        "NOT (NOT a)",
        "name:(a OR b) OR name:c",
        "name=(a OR b) name!=c",
        "name=(a)",
        r#"leader.name = 'it\'s "\*"*' name = * weight=-1.50e1"#,
        "name:** division:\"\" name=\"*\" name:x* name:*",
        "due_date>=2022-01-02 official:true status=partial weight<-0",
        "NOT(a)",
    ] {
        shown += &format!("{text}  =>  {}\n", parse(text));
    }
    expect![[r#"
        a AND b OR c  =>  "*a*" AND "*b*" OR "*c*"
        a OR b AND c  =>  "*a*" OR "*b*" AND "*c*"
        a b OR c d  =>  "*a*" AND "*b*" OR "*c*" AND "*d*"
        (a AND b) OR c  =>  ("*a*" AND "*b*") OR "*c*"
        a AND (b AND c)  =>  "*a*" AND ("*b*" AND "*c*")
        ((a)) OR (b OR c)  =>  "*a*" OR ("*b*" OR "*c*")
        NOT a OR -b  =>  NOT "*a*" OR NOT "*b*"
        -(a b)  =>  NOT ("*a*" AND "*b*")
        NOT (NOT a)  =>  NOT (NOT "*a*")
        name:(a OR b) OR name:c  =>  (name:"*a*" OR name:"*b*") OR name:"*c*"
        name=(a OR b) name!=c  =>  name = "a" OR name = "b" AND name != "c"
        name=(a)  =>  name = "a"
        leader.name = 'it\'s "\*"*' name = * weight=-1.50e1  =>  leader.name = "it's \"\*\"*" AND name = "*" AND weight = -15
        name:** division:"" name="*" name:x* name:*  =>  name:* AND division:* AND name = "*" AND name:"x*" AND name:*
        due_date>=2022-01-02 official:true status=partial weight<-0  =>  due_date >= 2022-01-02 AND official:true AND status = "partial" AND weight < 0
        NOT(a)  =>  NOT "*a*"
    "#]].assert_eq(&shown);
}

#[test]
fn length_and_depth_have_limits() {
    let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert!(Filter::parse(&nested(DEPTH_MAX), FIELDS).is_ok());
    let error = Filter::parse(&nested(DEPTH_MAX + 1), FIELDS).unwrap_err();
    assert_eq!(error.column(), DEPTH_MAX + 1);

    let long = |chars: usize| "法".repeat(chars);
    assert!(Filter::parse(&long(CHARS_MAX), FIELDS).is_ok());
    for error in [
        Filter::parse(&long(CHARS_MAX + 1), FIELDS).unwrap_err(),
        Filter::parse(&"(".repeat(1_000_000), FIELDS).unwrap_err(),
        OrderBy::parse(&long(CHARS_MAX + 1), FIELDS).unwrap_err(),
    ] {
        assert_eq!(error.offset, CHARS_MAX);
    }
    let error = Filter::parse(&"(".repeat(CHARS_MAX), FIELDS).unwrap_err();
    assert_eq!(error.offset, DEPTH_MAX);
}

#[test]
fn the_deepest_source_prints_within_the_depth() {
    for level in ["name:(a OR b) AND (", "a OR b c OR (", "-(", "a OR (b ("] {
        let opened = level.matches('(').count() - level.matches(')').count();
        let levels = DEPTH_MAX / opened - 1;
        let text = format!("{}a OR b c{}", level.repeat(levels), ")".repeat(levels * opened));
        let filter = parse(&text);
        assert_eq!(Filter::parse(&filter.to_string(), FIELDS), Ok(filter), "{text}");
    }
}

#[test]
fn without_fields_only_the_empty_filter_parses() {
    assert!(Filter::parse("", &[]).unwrap().is_empty());
    assert!(Filter::parse("a", &[]).is_err());
    assert!(Filter::parse("a = b", &[]).is_err());
}

#[test]
fn orders_parse() {
    let order = OrderBy::parse(" weight  desc,name asc ,due_date", FIELDS).unwrap();
    assert_eq!(
        order.terms,
        [
            ("weight", Direction::Descending),
            ("name", Direction::Ascending),
            ("due_date", Direction::Ascending),
        ]
    );
    assert_eq!(order.to_string(), "weight desc, name, due_date");
    assert_eq!(OrderBy::parse(" ", FIELDS), Ok(OrderBy::default()));
}
