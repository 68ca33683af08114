//! Changes of persons, posts and organizations over time, in both directions.

use duty::id::{AbsenceId, TenureId};
use duty::registry::{Absence, AbsenceKind};
use duty::{Problems, Reason};

use super::{id_malformed, scalar};
use crate::pb;

/// An absence, inward.
pub fn absence(message: &pb::TenureAbsence, problems: &mut Problems) -> Option<Absence> {
    let id = AbsenceId::parse(&message.absence_id);
    if id.is_none() {
        id_malformed("absence_id", problems);
    }
    let tenure = TenureId::parse(&message.tenure_id);
    if tenure.is_none() {
        id_malformed("tenure_id", problems);
    }
    let kind = absence_kind(message.kind, problems);
    let from = required_date(&message.start_date, "start_date", problems);
    let to = scalar::civil_date(&message.end_date, "end_date", problems);
    let document = required_document(&message.document_number, problems);
    Some(Absence {
        id: id?,
        tenure: tenure?,
        kind: kind?,
        from: from?,
        to,
        document: document?,
        revoked: message.revoked,
    })
}

fn absence_kind(number: i32, problems: &mut Problems) -> Option<AbsenceKind> {
    use pb::AbsenceKind as Pb;
    match Pb::try_from(number) {
        Ok(Pb::Retired) => Some(AbsenceKind::Retired),
        Ok(Pb::Suspended) => Some(AbsenceKind::Suspended),
        Ok(Pb::SickLeave) => Some(AbsenceKind::SickLeave),
        Ok(Pb::UnderInvestigation) => Some(AbsenceKind::UnderInvestigation),
        Ok(Pb::Unspecified) | Err(_) => {
            scalar::enum_unknown("kind", number, problems);
            None
        }
    }
}

/// A day that must be given.
pub(super) fn required_date(
    text: &str,
    field: &str,
    problems: &mut Problems,
) -> Option<jiff::civil::Date> {
    if text.is_empty() {
        problems.add(
            Reason::FieldRequired,
            field,
            "必须填写日期，格式 YYYY-MM-DD",
            "a date is required, YYYY-MM-DD",
        );
    }
    scalar::civil_date(text, field, problems)
}

/// The 文号 that must be given.
pub(super) fn required_document(
    text: &str,
    problems: &mut Problems,
) -> Option<duty::docno::DocumentNumber> {
    if text.trim().is_empty() {
        problems.add(
            Reason::FieldRequired,
            "document_number",
            "必须填写文号，例如 柳组干〔2026〕12号",
            "a document number is required, such as 柳组干〔2026〕12号",
        );
    }
    scalar::document_number(text, "document_number", problems)
}

/// An absence, outward.
#[must_use]
pub fn absence_message(absence: &Absence) -> pb::TenureAbsence {
    let kind = match absence.kind {
        AbsenceKind::Retired => pb::AbsenceKind::Retired,
        AbsenceKind::Suspended => pb::AbsenceKind::Suspended,
        AbsenceKind::SickLeave => pb::AbsenceKind::SickLeave,
        AbsenceKind::UnderInvestigation => pb::AbsenceKind::UnderInvestigation,
    };
    pb::TenureAbsence {
        absence_id: absence.id.to_string(),
        tenure_id: absence.tenure.to_string(),
        kind: kind.into(),
        start_date: absence.from.to_string(),
        end_date: scalar::optional_date(absence.to),
        document_number: absence.document.to_string(),
        revoked: absence.revoked,
    }
}
