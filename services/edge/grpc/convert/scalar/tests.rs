//! One row per form of a single value, good and bad.

use duty::quantity::Answer;
use duty::{Problems, Reason};
use jiff::Timestamp;
use jiff::civil::date;

use super::*;

#[test]
fn days() {
    for (text, expected, reason) in [
        ("", None, None),
        (" 2022-11-14 ", Some(date(2022, 11, 14)), None),
        ("2024-02-29", Some(date(2024, 2, 29)), None),
        ("2023-02-29", None, Some(Reason::DateInvalid)),
        ("2022-13-01", None, Some(Reason::DateInvalid)),
        ("20221114", None, Some(Reason::DateInvalid)),
        ("2022-1-4", None, Some(Reason::DateInvalid)),
        ("2022/11/14", None, Some(Reason::DateInvalid)),
        ("2022-11-14T00:00", None, Some(Reason::DateInvalid)),
        ("２０２２-11", None, Some(Reason::DateInvalid)),
        ("-022-11-14", None, Some(Reason::DateInvalid)),
        ("上半年", None, Some(Reason::DateInvalid)),
    ] {
        let mut problems = Problems::new();
        let found = problems.at("event", |p| civil_date(text, "some_date", p));
        assert_eq!(found, expected, "{text}");
        let problems = problems.into_vec();
        assert_eq!(problems.first().map(|problem| problem.reason), reason, "{text}");
        assert!(problems.iter().all(|problem| problem.field == "event.some_date"), "{text}");
    }
    assert_eq!(optional_date(Some(date(2022, 1, 4))), "2022-01-04");
    assert_eq!(optional_date(None), "");
}

#[test]
fn numbers_of_documents() {
    for (text, expected, reason) in [
        ("  ", None, None),
        ("柳科通[2020] 33 号", Some("柳科通〔2020〕33号"), None),
        ("柳发〔202116号", None, Some(Reason::DocumentNumberInvalid)),
        ("HFGS—2017—9", None, Some(Reason::DocumentNumberInvalid)),
    ] {
        let mut problems = Problems::new();
        let found = document_number(text, "document_number", &mut problems);
        assert_eq!(found.as_ref().map(DocumentNumber::as_str), expected, "{text}");
        let reasons: Vec<_> = problems.into_vec().into_iter().map(|p| p.reason).collect();
        assert_eq!(reasons, reason.into_iter().collect::<Vec<_>>(), "{text}");
    }
}

#[test]
fn answers() {
    for (number, expected, refused) in [
        (0, Answer::Unknown, false),
        (1, Answer::Yes, false),
        (2, Answer::No, false),
        (3, Answer::Unknown, false),
        (4, Answer::Unknown, true),
        (-1, Answer::Unknown, true),
    ] {
        let mut problems = Problems::new();
        assert_eq!(tri_state(number, &mut problems), expected, "{number}");
        assert_eq!(!problems.is_empty(), refused, "{number}");
    }
}

#[test]
fn instants_return_as_they_went() {
    for text in ["2022-11-14T08:00:00.000000001Z", "1969-12-31T23:59:59.5Z", "0001-01-01T00:00:00Z"]
    {
        let there: Timestamp = text.parse().expect("a timestamp");
        let wire = timestamp(there);
        assert!((0..1_000_000_000).contains(&wire.nanos), "{text}");
        assert_eq!(instant(&wire), Some(there), "{text}");
    }
    for (seconds, nanos) in [(0, -1), (0, 1_000_000_000), (i64::MAX, 0), (FIRST_SECOND - 1, 0)] {
        let wire = prost_types::Timestamp { seconds, nanos };
        assert_eq!(instant(&wire), None, "{seconds} {nanos}");
    }
}
