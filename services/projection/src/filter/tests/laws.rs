//! Laws of filters: no text panics, the canonical text is the same filter, joining is boolean.

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::super::order::OrderBy;
use super::super::{CHARS_MAX, Filter};
use super::{FIELDS, parse, row};

/// Text that comes near to filters: pieces of them in any order.
fn near_filters() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "AND",
            "OR",
            "NOT",
            "-",
            "(",
            ")",
            "=",
            "!=",
            "<",
            "<=",
            ">",
            ">=",
            ":",
            "*",
            " ",
            "  ",
            "\"",
            "'",
            "\\",
            ",",
            "name",
            "weight",
            "due_date",
            "official",
            "status",
            "leader.name",
            "overdue",
            "true",
            "2022-12-31",
            "1e28",
            "-3.50",
            "7e-28",
            "\\*",
            "：",
            "法",
            "İ",
            "ß",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,3}",
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// Filters that parse, built from the grammar.
fn filters() -> impl Strategy<Value = String> {
    let quoted = "[a-zA-Z法İΣß'()&：, -]{1,6}".prop_map(|text| format!("\"{text}\""));
    let text = prop_oneof![
        quoted,
        "[a-zA-Z法_]{1,6}".prop_filter("operators", |word| {
            !["and", "or", "not"].contains(&word.to_lowercase().as_str())
        })
    ];
    let ends =
        prop::sample::select(vec![("", ""), ("\"*", "\""), ("\"", "\\**\""), ("\"*", "*\"")]);
    let starred = (ends, text).prop_map(|((start, end), text)| match start {
        "" => text,
        _ => format!("{start}{}{end}", text.trim_matches('"')),
    });
    let equality = || prop::sample::select(vec![" = ", "!=", ":"]);
    let order = || prop::sample::select(vec![">=", "<", " > ", "<=", "=", ":"]);
    let number = (any::<i64>(), 0_u32..20).prop_map(|(n, scale)| Decimal::new(n, scale));
    let leaf = prop_oneof![
        (equality(), starred.clone()).prop_map(|(c, value)| format!("name{c}{value}")),
        starred.prop_filter("a field", |word| word != "name"),
        (order(), number).prop_map(|(c, value)| format!("weight{c}{value}")),
        (order(), 1_i8..29).prop_map(|(c, day)| format!("due_date{c}2022-02-{day:02}")),
        equality().prop_map(|c| format!("status{c}partial")),
        Just("status:(partial OR overdue OR due_soon)".to_owned()),
        Just("division:*".to_owned()),
    ];
    leaf.prop_recursive(6, 32, 4, |inner| {
        let joiner = prop::sample::select(vec![" AND ", " ", " OR "]);
        prop_oneof![
            prop::collection::vec((inner.clone(), joiner), 1..4).prop_map(|members| {
                let (mut text, mut before) = (String::new(), "");
                for (member, joiner) in members {
                    text += before;
                    text += &member;
                    before = joiner;
                }
                format!("({text})")
            }),
            inner.clone().prop_map(|inner| format!("-({inner})")),
            inner.prop_map(|inner| format!("NOT ({inner})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_parser_panic(text in near_filters()) {
        match Filter::parse(&text, FIELDS) {
            Ok(filter) => {
                let _ = filter.matches(&row);
                prop_assert_eq!(Filter::parse(&filter.to_string(), FIELDS), Ok(filter));
            }
            Err(error) => prop_assert!(error.offset <= text.chars().count()),
        }
        match OrderBy::parse(&text, FIELDS) {
            Ok(order) => prop_assert_eq!(OrderBy::parse(&order.to_string(), FIELDS), Ok(order)),
            Err(error) => prop_assert!(error.offset <= text.chars().count()),
        }
    }

    #[test]
    fn the_printed_filter_is_the_same_filter(text in filters()) {
        prop_assume!(text.chars().count() <= CHARS_MAX);
        let filter = parse(&text);
        let printed = filter.to_string();
        prop_assume!(printed.chars().count() <= CHARS_MAX);
        prop_assert_eq!(&parse(&printed), &filter);
        prop_assert_eq!(parse(&printed).matches(&row), filter.matches(&row));
    }

    #[test]
    fn joining_is_boolean(left in filters(), right in filters()) {
        prop_assume!(left.len() + right.len() < CHARS_MAX / 2);
        let holds = |text: &str| parse(text).matches(&row);
        let (l, r) = (holds(&left), holds(&right));
        prop_assert_eq!(holds(&format!("({left}) AND ({right})")), l && r);
        prop_assert_eq!(holds(&format!("({left}) ({right})")), l && r);
        prop_assert_eq!(holds(&format!("({left}) OR ({right})")), l || r);
        prop_assert_eq!(holds(&format!("NOT ({left})")), !l);
    }
}
