//! What a supervisor decided, in and out.

use duty::docno::DocumentNumber;
use duty::evaluate::ReviewState;
use duty::review::{CURE_WORKING_DAYS_DEFAULT, CURE_WORKING_DAYS_MAX, Grade, Reviewed, Verdict};
use duty::{Problems, Reason};

use super::scalar;
use crate::pb;

/// The grade of an acceptance; C says what is reserved.
pub(super) fn grade(
    message: &pb::Review,
    verdict: Option<Verdict>,
    problems: &mut Problems,
) -> Option<Grade> {
    let grade = match pb::EvidenceQuality::try_from(message.quality) {
        Ok(pb::EvidenceQuality::Unspecified) => None,
        Ok(pb::EvidenceQuality::A) => Some(Grade::A),
        Ok(pb::EvidenceQuality::B) => Some(Grade::B),
        Ok(pb::EvidenceQuality::C) => Some(Grade::C),
        Err(_) => {
            scalar::enum_unknown("quality", message.quality, problems);
            None
        }
    };
    if grade.is_some() && verdict != Some(Verdict::Accepted) {
        only_with("quality", "ACCEPTED（核定）", "ACCEPTED", problems);
    }
    if grade == Some(Grade::C) && message.remark.trim().is_empty() {
        problems.add(
            Reason::FieldRequired,
            "remark",
            "佐证质量为 C（有保留地采信）时必须说明保留意见",
            "quality C is an acceptance with a reservation: the remark says which",
        );
    }
    grade
}

/// Working days to mend a return.
pub(super) fn cure_working_days(
    message: &pb::Review,
    verdict: Option<Verdict>,
    problems: &mut Problems,
) -> u8 {
    let days = message.cure_working_days;
    if verdict != Some(Verdict::Returned) {
        if days != 0 {
            only_with("cure_working_days", "RETURNED（退回）", "RETURNED", problems);
        }
        return 0;
    }
    match u8::try_from(days) {
        Ok(0) => CURE_WORKING_DAYS_DEFAULT,
        Ok(days) if days <= CURE_WORKING_DAYS_MAX => days,
        _ => {
            problems.add(
                Reason::FieldOutOfRange,
                "cure_working_days",
                format!("补正期限为 1 至 {CURE_WORKING_DAYS_MAX} 个工作日，填 0 则为 {CURE_WORKING_DAYS_DEFAULT} 个"),
                format!("a cure period has 1 to {CURE_WORKING_DAYS_MAX} working days; 0 is {CURE_WORKING_DAYS_DEFAULT}"),
            );
            CURE_WORKING_DAYS_DEFAULT
        }
    }
}

/// 文号 of the decision.
pub(super) fn document(
    message: &pb::Review,
    verdict: Option<Verdict>,
    problems: &mut Problems,
) -> Option<DocumentNumber> {
    let text = &message.document_number;
    if verdict == Some(Verdict::AcceptanceWithdrawn) && text.trim().is_empty() {
        problems.add(
            Reason::FieldRequired,
            "document_number",
            "撤销核定须填写决定的文号",
            "withdrawing an acceptance takes the number of the document that decides it",
        );
    }
    scalar::document_number(text, "document_number", problems)
}

fn only_with(field: &str, zh: &str, en: &str, problems: &mut Problems) {
    problems.add(
        Reason::FieldMalformed,
        field,
        format!("只在结论为 {zh} 时填写"),
        format!("is given with the verdict {en} only"),
    );
}

/// A verdict.
#[must_use]
pub fn verdict(verdict: Verdict) -> pb::ReviewVerdict {
    match verdict {
        Verdict::Accepted => pb::ReviewVerdict::Accepted,
        Verdict::Returned => pb::ReviewVerdict::Returned,
        Verdict::AcceptanceWithdrawn => pb::ReviewVerdict::AcceptanceWithdrawn,
    }
}

/// How a decision stands.
#[must_use]
pub fn standing(state: &ReviewState) -> pb::ReviewStanding {
    let Reviewed { at, on, verdict: decided, grade, .. } = state.review;
    let quality = match grade {
        None => pb::EvidenceQuality::Unspecified,
        Some(Grade::A) => pb::EvidenceQuality::A,
        Some(Grade::B) => pb::EvidenceQuality::B,
        Some(Grade::C) => pb::EvidenceQuality::C,
    };
    pb::ReviewStanding {
        verdict: verdict(decided).into(),
        position: at.get(),
        reviewed_date: on.to_string(),
        quality: quality.into(),
        cure_date: scalar::optional_date(state.cure_by),
        cure_passed: state.cure_passed,
    }
}
