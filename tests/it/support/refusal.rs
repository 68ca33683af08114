//! Looks at a refusal as a program would: code, reason, field path, and both languages.

use tonic::{Code, Status};
use tonic_types::{BadRequest, ErrorDetail, StatusExt as _};

/// A refusal taken apart.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) code: Code,
    pub(crate) reason: String,
    pub(crate) metadata: std::collections::HashMap<String, String>,
    /// Field, reason, Chinese, English.
    pub(crate) violations: Vec<(String, String, String, String)>,
}

impl Refusal {
    /// Takes a status apart, and sees to it that everything every error must have is there.
    #[track_caller]
    pub(crate) fn of(status: &Status) -> Self {
        let details = status.get_error_details_vec();
        let (mut info, mut languages, mut bad) = (None, Vec::new(), BadRequest::new([]));
        for detail in details {
            match detail {
                ErrorDetail::ErrorInfo(found) => info = Some(found),
                ErrorDetail::LocalizedMessage(text) => {
                    assert!(!text.message.is_empty(), "an empty text in {status:?}");
                    languages.push(text.locale);
                }
                ErrorDetail::BadRequest(found) => bad = found,
                _ => {}
            }
        }
        let Some(info) = info else { panic!("no ErrorInfo in {status:?}") };
        assert_eq!(info.domain, "dutyledger");
        assert_eq!(languages, ["zh-CN", "en"], "{status:?}");
        let known = duty::Reason::ALL.iter().any(|reason| reason.as_str() == info.reason);
        assert!(known, "{} is no documented reason", info.reason);
        assert!(!matches!(status.code(), Code::Unknown | Code::Internal), "{status:?}");
        let violations = bad.field_violations.into_iter().map(|violation| {
            let zh = violation.localized_message.map_or(String::new(), |text| text.message);
            (violation.field, violation.reason, zh, violation.description)
        });
        Self {
            code: status.code(),
            reason: info.reason,
            metadata: info.metadata,
            violations: violations.collect(),
        }
    }

    /// The violations as "field REASON", in order.
    pub(crate) fn fields(&self) -> Vec<String> {
        self.violations.iter().map(|(field, reason, _, _)| format!("{field} {reason}")).collect()
    }

    /// The texts of the first violation at a field.
    #[track_caller]
    pub(crate) fn at(&self, field: &str) -> (&str, &str) {
        let found = self.violations.iter().find(|(at, _, _, _)| at == field);
        let Some((_, _, zh, en)) = found else { panic!("{field} is not in {self:#?}") };
        (zh, en)
    }
}

/// Checks a refusal: its code, its only reason, the field it names, and its texts.
#[track_caller]
pub(crate) fn check<T: std::fmt::Debug>(
    what: &str,
    answer: Result<T, Status>,
    code: Code,
    reason: &str,
    field: &str,
) -> Refusal {
    let status = match answer {
        Ok(answer) => panic!("{what}: accepted: {answer:?}"),
        Err(status) => status,
    };
    let refusal = Refusal::of(&status);
    let found = (refusal.code, refusal.reason.as_str());
    assert_eq!(found, (code, reason), "{what}: {refusal:#?}");
    if field.is_empty() {
        assert!(refusal.violations.is_empty(), "{what}: {refusal:#?}");
        return refusal;
    }
    assert_eq!(refusal.fields(), [format!("{field} {reason}")], "{what}");
    let (zh, en) = refusal.at(field);
    let is_han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    assert!(zh.chars().any(is_han), "{what}: no Chinese in {zh:?}");
    assert!(en.chars().any(|c| c.is_ascii_alphabetic()), "{what}: no English in {en:?}");
    assert_eq!(refusal.metadata.get("field").map(String::as_str), Some(field), "{what}");
    refusal
}
