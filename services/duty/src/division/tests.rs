//! Which division codes are accepted, when they were valid, and what covers what.

use proptest::prelude::*;

use super::{CARRIED, DivisionCode, PROVINCES};

fn code(text: &str) -> DivisionCode {
    DivisionCode::parse(text).unwrap()
}

#[test]
fn known_codes_have_names() {
    let table = [
        ("450000", Some("广西壮族自治区")),
        ("450200", Some("柳州市")),
        ("450202", Some("城中区")),
        ("450206", Some("柳江区")),
        ("450221", Some("柳江县")),
        ("450226", Some("三江侗族自治县")),
        ("451400", Some("崇左市")),
        ("110000", Some("北京市")),
        ("820000", Some("澳门特别行政区")),
        ("450102", None),
        ("440106", None),
        ("429004", None),
        ("110101", None),
        (" ４５０２００ ", Some("柳州市")),
    ];
    for (text, name) in table {
        assert_eq!(code(text).name(), name, "{text}");
    }
    assert_eq!(CARRIED.iter().filter(|known| known.code.ends_with("00")).count(), 14);
    assert_eq!(PROVINCES.len(), 34);
}

#[test]
fn what_does_not_exist_is_refused() {
    let table = [
        ("", "six digits"),
        ("4502", "six digits"),
        ("45020", "six digits"),
        ("4502000", "six digits"),
        ("45020A", "six digits"),
        ("柳州", "six digits"),
        ("160000", "'16'"),
        ("990000", "'99'"),
        ("450001", "'450001'"),
        ("451500", "'4515'"),
        ("450207", "'450207'"),
        ("450227", "'450227'"),
    ];
    for (text, wrong) in table {
        let error = DivisionCode::parse(text).unwrap_err();
        assert!(error.en.contains(wrong), "{text}: {error}");
        assert!(!error.zh.is_empty());
    }
}

#[test]
fn liujiang_changed_its_code_in_2016() {
    let table = [
        ("450221", 2015, true),
        ("450221", 2016, true),
        ("450221", 2017, false),
        ("450206", 2015, false),
        ("450206", 2016, true),
        ("450206", 2022, true),
        ("450200", 2022, true),
        ("440106", 1990, true),
    ];
    for (text, year, valid) in table {
        assert_eq!(code(text).check_year(year).is_ok(), valid, "{text} in {year}");
    }
}

#[test]
fn a_division_covers_what_lies_inside() {
    let table = [
        ("450000", "450000", true),
        ("450000", "450200", true),
        ("450000", "450202", true),
        ("450200", "450202", true),
        ("450200", "450200", true),
        ("450200", "450000", false),
        ("450200", "450300", false),
        ("450202", "450202", true),
        ("450202", "450203", false),
        ("450202", "450200", false),
        ("440000", "450200", false),
    ];
    for (outer, inner, covers) in table {
        assert_eq!(code(outer).covers(code(inner)), covers, "{outer} {inner}");
    }
}

proptest! {
    #[test]
    fn a_code_prints_as_it_parses(text in "[0-9]{6}") {
        if let Ok(code) = DivisionCode::parse(&text) {
            prop_assert_eq!(code.as_str(), &text);
            prop_assert!(code.covers(code));
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,8}") {
        let _ = DivisionCode::parse(&text);
    }
}
