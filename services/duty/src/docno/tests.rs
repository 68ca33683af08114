//! Which printed document numbers are read, into what, and what is said about the broken ones.

use proptest::prelude::*;

use super::DocumentNumber;

#[test]
fn every_printed_shape_becomes_the_normal_form() {
    let table = [
        ("柳科通〔2020〕33号", "柳科通〔2020〕33号"),
        ("柳发〔2022〕2号", "柳发〔2022〕2号"),
        ("柳发[2021]16号", "柳发〔2021〕16号"),
        ("柳发(2021)16号", "柳发〔2021〕16号"),
        ("柳发（2021）16号", "柳发〔2021〕16号"),
        ("柳发［2021］16号", "柳发〔2021〕16号"),
        ("柳发【2021】16号", "柳发〔2021〕16号"),
        ("川委办﹝2017﹞15号", "川委办〔2017〕15号"),
        ("柳发〖2021〗16号", "柳发〔2021〕16号"),
        ("柳发〔2021]16号", "柳发〔2021〕16号"),
        ("柳城管党组〔2025〕10号", "柳城管党组〔2025〕10号"),
        ("厅字〔2019〕28号", "厅字〔2019〕28号"),
        ("国办发明电〔2021〕11号", "国办发明电〔2021〕11号"),
        ("　柳 发 〔２０２１〕 １６ 号\n", "柳发〔2021〕16号"),
        ("柳发\u{200b}〔2021〕16号\u{feff}", "柳发〔2021〕16号"),
        ("ＬＺ〔1999〕99999号", "LZ〔1999〕99999号"),
        ("㐂发〔2099〕1号", "㐂发〔2099〕1号"),
    ];
    for (printed, normal) in table {
        let number = DocumentNumber::parse(printed).unwrap();
        assert_eq!(number.as_str(), normal, "{printed}");
        assert_eq!(number.to_string(), normal);
    }
    let number = DocumentNumber::parse("柳科通〔2020〕33号").unwrap();
    assert_eq!((number.issuer(), number.year(), number.serial()), ("柳科通", 2020, 33));
}

#[test]
fn broken_numbers_are_refused_with_what_is_wrong() {
    let table = [
        ("", "is empty"),
        ("  　", "is empty"),
        ("柳发2021年16号", "brackets around the year are missing"),
        ("柳发〔202116号", "closing bracket 〕 after the year is missing"),
        ("柳发2021〕16号", "opening bracket 〔 before the year is missing"),
        ("柳发〕2021〔16号", "reversed"),
        ("柳发〔2021〕16号、柳发〔2022〕2号", "more than one pair"),
        ("〔2021〕16号", "issuer code before the brackets is missing"),
        ("柳-发〔2021〕16号", "contains '-'"),
        ("柳发9〔2021〕16号", "contains '9'"),
        ("一二三四五六七八九十一二三四五六七八九十一〔2021〕16号", "has 21 characters"),
        ("柳发〔21〕16号", "the year '21' must have four digits"),
        ("柳发〔1899〕16号", "between 1900 and 2099"),
        ("柳发〔2100〕16号", "between 1900 and 2099"),
        ("柳发〔二〇二一〕16号", "must have four digits"),
        ("柳发〔2021〕16", "must end in 号"),
        ("柳发〔2021〕16号文", "must end in 号"),
        ("柳发〔2021〕第16号", "takes no 第"),
        ("柳发〔2021〕号", "must be Arabic digits"),
        ("柳发〔2021〕十六号", "must be Arabic digits"),
        ("柳发〔2021〕1-6号", "must be Arabic digits"),
        ("柳发〔2021〕016号", "must not begin with 0"),
        ("柳发〔2021〕0号", "must not begin with 0"),
        ("柳发〔2021〕100000号", "more than 5 digits"),
        ("HFGS—2017—9", "brackets around the year are missing"),
    ];
    for (printed, wrong) in table {
        let error = DocumentNumber::parse(printed).unwrap_err();
        assert!(error.en.contains(wrong), "{printed}: {}", error.en);
        assert!(!error.zh.is_empty(), "{printed}");
    }
}

proptest! {
    #[test]
    fn the_normal_form_parses_to_itself(
        issuer in "[\u{4e00}-\u{9fff}A-Za-z]{1,20}", year in 1900i16..2100, serial in 1u32..100_000,
    ) {
        let text = format!("{issuer}〔{year}〕{serial}号");
        let number = DocumentNumber::parse(&text).unwrap();
        prop_assert_eq!(number.as_str(), &text);
        prop_assert_eq!((number.year(), number.serial()), (year, serial));
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,40}") {
        if let Ok(number) = DocumentNumber::parse(&text) {
            prop_assert_eq!(&DocumentNumber::parse(number.as_str()).unwrap(), &number);
        }
    }
}
