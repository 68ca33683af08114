//! One row per refusal and per flag: each row sets what one rule looks at and nothing else.

#![allow(clippy::needless_update, reason = "the macros fill up structs of one field as well")]

use expect_test::{Expect, expect};
use jiff::civil::{Date, date};

use super::*;
use crate::event::{EventType, Kind};
use crate::occurred::Precision;
use crate::problem::{Problem, Reason};
use crate::quantity::Answer;

/// Details of a type with only these fields known.
macro_rules! only {
    ($name:ident { $($field:ident $(: $value:expr)?),* $(,)? }) => {
        Details::$name($name { $($field $(: $value)?,)* ..Default::default() })
    };
}

/// Details of a type that shares its fields with another.
macro_rules! shared {
    ($name:ident . $part:ident = $shape:ident { $($field:ident $(: $value:expr)?),* $(,)? }) => {
        Details::$name($name {
            $part: $shape { $($field $(: $value)?,)* ..Default::default() },
            ..Default::default()
        })
    };
}

fn day(text: &str) -> Option<Date> {
    Some(text.parse().expect("a date"))
}

fn year_2022() -> Occurred {
    Occurred::new(Precision::Year, day("2022-01-01"), day("2022-12-31"), &mut Problems::new())
        .expect("a year")
}

fn on(text: &str) -> Occurred {
    Occurred::day(text.parse().expect("a date"))
}

fn number(text: &str) -> Option<DocumentNumber> {
    Some(DocumentNumber::parse(text).expect("a document number"))
}

fn texts(texts: &[&str]) -> Vec<Box<str>> {
    texts.iter().map(|text| (*text).into()).collect()
}

fn refusals(details: &Details, occurred: &Occurred) -> Vec<Problem> {
    let mut problems = Problems::new();
    details.check(occurred, &mut problems);
    problems.into_vec()
}

fn flags(details: &Details, occurred: &Occurred, kind: Kind) -> Vec<Problem> {
    let mut problems = Problems::new();
    details.flags(kind, occurred, &mut problems);
    problems.into_vec()
}

/// Each row is refused for exactly one reason at one field.
#[track_caller]
fn check_refusals(rows: Vec<(Details, Occurred, Reason, &str)>) {
    for (details, occurred, reason, field) in rows {
        let problems = refusals(&details, &occurred);
        let found: Vec<_> =
            problems.iter().map(|problem| (problem.reason, problem.field.as_str())).collect();
        assert_eq!(found, [(reason, field)], "{details:?}");
        assert!(problems.iter().all(|p| !p.zh.is_empty() && !p.en.is_empty()));
    }
}

/// Each row is accepted and irregular at exactly this field.
#[track_caller]
fn check_irregular(rows: Vec<(Details, Occurred, &str)>) {
    for (details, occurred, field) in rows {
        assert_eq!(refusals(&details, &occurred), [], "{details:?}");
        let found: Vec<_> = irregular_fields(&details, &occurred);
        assert_eq!(found, [field], "{details:?}");
    }
}

fn irregular_fields(details: &Details, occurred: &Occurred) -> Vec<String> {
    let flags = flags(details, occurred, Kind::Performed);
    let irregular = flags.into_iter().filter(|flag| flag.reason == Reason::SubstanceIrregular);
    irregular.map(|flag| flag.field).collect()
}

fn missing_fields(details: &Details, occurred: &Occurred) -> Vec<String> {
    let flags = flags(details, occurred, Kind::Performed);
    let missing = flags.into_iter().filter(|flag| flag.reason == Reason::DetailMissing);
    missing.map(|flag| flag.field).collect()
}

mod gaps;
mod irregularities;
mod keeping;
mod refusals;
