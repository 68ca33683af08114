//! Single values between protobuf and the domain: days, instants, numbers of documents, answers.
//!
//! Holds no message. Inward every fault is a problem with its field; an empty text is no fault but
//! "not given". Outward nothing can fail.

use duty::docno::DocumentNumber;
use duty::quantity::Answer;
use duty::{Problems, Reason};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::pb;

/// A civil day written YYYY-MM-DD; `None` when empty.
///
/// Only that form: ISO 8601 knows others (20230101, 2023-W01-1) that two systems may read in two
/// ways, and a day that does not exist, such as 2023-02-29, is a typing error and never a guess.
pub(crate) fn civil_date(text: &str, field: &str, problems: &mut Problems) -> Option<Date> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let date = calendar_day(text);
    if date.is_none() {
        problems.add(
            Reason::DateInvalid,
            field,
            format!("“{text}”不是有效日期：请按 YYYY-MM-DD 填写公历中存在的日期，例如 2022-11-14"),
            format!("\"{text}\" is no date: write an existing day as YYYY-MM-DD, as in 2022-11-14"),
        );
    }
    date
}

fn calendar_day(text: &str) -> Option<Date> {
    let is_digit_but = |(index, byte): (usize, u8)| match index {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    let has_the_form = text.len() == 10 && text.bytes().enumerate().all(is_digit_but);
    let (year, month, day) = has_the_form.then(|| (&text[..4], &text[5..7], &text[8..]))?;
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// A day as text; empty for none.
pub(crate) fn optional_date(date: Option<Date>) -> String {
    date.map_or_else(String::new, |date| date.to_string())
}

/// 文号 in normal form; `None` when empty. The problem says where a malformed number breaks.
pub(crate) fn document_number(
    text: &str,
    field: &str,
    problems: &mut Problems,
) -> Option<DocumentNumber> {
    if text.trim().is_empty() {
        return None;
    }
    match DocumentNumber::parse(text) {
        Ok(number) => Some(number),
        Err(error) => {
            problems.add(Reason::DocumentNumberInvalid, field, error.zh, error.en);
            None
        }
    }
}

/// An answer, at the current path; not given is unknown.
pub(crate) fn tri_state(number: i32, problems: &mut Problems) -> Answer {
    match pb::TriState::try_from(number) {
        Ok(pb::TriState::Yes) => Answer::Yes,
        Ok(pb::TriState::No) => Answer::No,
        Ok(pb::TriState::Unspecified | pb::TriState::Unknown) => Answer::Unknown,
        Err(_) => {
            enum_unknown("", number, problems);
            Answer::Unknown
        }
    }
}

/// Reports an enum number that this version does not know, or that means nothing there.
pub(crate) fn enum_unknown(field: &str, number: i32, problems: &mut Problems) {
    problems.add(
        Reason::EnumUnknown,
        field,
        format!("取值 {number} 不在可用的枚举值之中，请使用接口定义所列的值"),
        format!("{number} is no value this field may have; use one that the API defines"),
    );
}

/// An instant on the wire.
pub(crate) fn timestamp(instant: Timestamp) -> prost_types::Timestamp {
    // The wire counts nanoseconds forward from the second below; jiff counts towards zero.
    let (seconds, nanos) = (instant.as_second(), instant.subsec_nanosecond());
    if nanos < 0 {
        prost_types::Timestamp { seconds: seconds - 1, nanos: nanos + 1_000_000_000 }
    } else {
        prost_types::Timestamp { seconds, nanos }
    }
}

/// The instant of a timestamp; `None` outside the years 1 to 9999 or with odd nanoseconds.
pub(crate) fn instant(timestamp: &prost_types::Timestamp) -> Option<Timestamp> {
    let whole = 0..1_000_000_000;
    if !whole.contains(&timestamp.nanos) {
        return None;
    }
    let instant = Timestamp::new(timestamp.seconds, timestamp.nanos).ok()?;
    (FIRST_SECOND <= timestamp.seconds).then_some(instant)
}

/// 0001-01-01T00:00:00Z, the first instant of a protobuf timestamp.
const FIRST_SECOND: i64 = -62_135_596_800;

#[cfg(test)]
mod tests;
