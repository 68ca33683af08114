//! Exemptions, in and out.

use duty::docno::DocumentNumber;
use duty::exemption::{
    Covered, Exemption, ExemptionReason, ExemptionRevocation, HeldExemption, Span,
};
use duty::id::{DutyId, OrganizationId, PersonId, PostId};
use duty::{Problems, Reason};
use projection::explain;

use super::{check_text, id_malformed, scalar};
use crate::pb;

/// An exemption.
pub fn exemption(message: &pb::Exemption, problems: &mut Problems) -> Option<Exemption> {
    let organization = parsed("organization_id", &message.organization_id, problems, |text| {
        OrganizationId::parse(text)
    });
    let duty = parsed("duty_id", &message.duty_id, problems, DutyId::parse);
    let covered = covered(message, problems);
    let span = span(message, problems);
    let reason = reason(message.reason, problems);
    check_text("reason_text", &message.reason_text, problems);
    let document = document(&message.document_number, problems);
    for (field, who) in [("applicant", &message.applicant), ("approver", &message.approver)] {
        if !duty::id::is_id(who) {
            id_malformed(field, problems);
        }
    }
    Some(Exemption {
        organization: organization?,
        covered: covered?,
        duty: duty?,
        span: span?,
        reason: reason?,
        reason_text: message.reason_text.trim().into(),
        document: document?,
        applicant: message.applicant.as_str().into(),
        approver: message.approver.as_str().into(),
    })
}

fn parsed<T>(
    field: &str,
    text: &str,
    problems: &mut Problems,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Option<T> {
    let id = parse(text);
    if id.is_none() {
        id_malformed(field, problems);
    }
    id
}

fn covered(message: &pb::Exemption, problems: &mut Problems) -> Option<Covered> {
    match (message.post_id.as_str(), message.person_id.as_str()) {
        ("", "") => Some(Covered::Organization),
        (post, "") => parsed("post_id", post, problems, PostId::parse).map(Covered::Post),
        ("", person) => parsed("person_id", person, problems, PersonId::parse).map(Covered::Person),
        _ => {
            problems.add(
                Reason::FieldMalformed,
                "person_id",
                "职务与人员只能填写其一；都不填则免除全单位",
                "give a post or a person, not both; neither exempts the whole organization",
            );
            None
        }
    }
}

fn span(message: &pb::Exemption, problems: &mut Problems) -> Option<Span> {
    let first = scalar::civil_date(&message.start_date, "start_date", problems);
    let last = scalar::civil_date(&message.end_date, "end_date", problems);
    let no_days = message.start_date.is_empty() && message.end_date.is_empty();
    match (message.accounting_year, first, last) {
        (0, Some(first), Some(last)) => return Some(Span::Days { first, last }),
        (0, _, _) if no_days => problems.add(
            Reason::FieldRequired,
            "accounting_year",
            "须填写考核年度，或起止日期",
            "the accounting year or both days are required",
        ),
        (0, _, _) => {
            for (field, text) in
                [("start_date", &message.start_date), ("end_date", &message.end_date)]
            {
                if text.is_empty() {
                    problems.add(
                        Reason::FieldRequired,
                        field,
                        "起止日期须同时填写：免除总有最后一天",
                        "both days are required: an exemption has a last day",
                    );
                }
            }
        }
        (year, _, _) if no_days => {
            let year = i16::try_from(year).ok().filter(|year| (2016..=9998).contains(year));
            if let Some(year) = year {
                return Some(Span::Year(year));
            }
            problems.add(
                Reason::AccountingYearInvalid,
                "accounting_year",
                "考核年度应为四位年份，2016 或以后",
                "the year is a year of 2016 or later",
            );
        }
        _ => problems.add(
            Reason::FieldMalformed,
            "accounting_year",
            "考核年度与起止日期只能填写其一",
            "give the accounting year or the days, not both",
        ),
    }
    None
}

fn reason(number: i32, problems: &mut Problems) -> Option<ExemptionReason> {
    match pb::ExemptionReason::try_from(number) {
        Ok(pb::ExemptionReason::PostVacant) => Some(ExemptionReason::PostVacant),
        Ok(pb::ExemptionReason::OrganizationDissolved) => {
            Some(ExemptionReason::OrganizationDissolved)
        }
        Ok(pb::ExemptionReason::ForceMajeure) => Some(ExemptionReason::ForceMajeure),
        Ok(pb::ExemptionReason::NoEnforcementPower) => Some(ExemptionReason::NoEnforcementPower),
        Ok(pb::ExemptionReason::ShortTenure) => Some(ExemptionReason::ShortTenure),
        Ok(pb::ExemptionReason::Other) => Some(ExemptionReason::Other),
        Ok(pb::ExemptionReason::Unspecified) | Err(_) => {
            scalar::enum_unknown("reason", number, problems);
            None
        }
    }
}

/// 文号 of a decision, which must be there.
pub(crate) fn document(text: &str, problems: &mut Problems) -> Option<DocumentNumber> {
    if text.trim().is_empty() {
        problems.add(
            Reason::FieldRequired,
            "document_number",
            "必须填写决定的文号，例如 柳法办〔2026〕12号",
            "the document number of the decision is required, such as 柳法办〔2026〕12号",
        );
    }
    scalar::document_number(text, "document_number", problems)
}

/// A revocation.
pub fn revocation(
    message: &pb::ExemptionRevocation,
    problems: &mut Problems,
) -> Option<ExemptionRevocation> {
    let target = crate::grpc::event_id(&message.target_event_id, "target_event_id", problems);
    let from = scalar::civil_date(&message.from_date, "from_date", problems);
    if message.from_date.is_empty() {
        problems.add(
            Reason::FieldRequired,
            "from_date",
            "必须填写自哪一天起不再免除",
            "the first day it no longer holds is required",
        );
    }
    check_text("reason", &message.reason, problems);
    let document = document(&message.document_number, problems);
    if !duty::id::is_id(&message.approver) {
        id_malformed("approver", problems);
    }
    Some(ExemptionRevocation {
        target: target?,
        from: from?,
        reason: message.reason.trim().into(),
        document: document?,
        approver: message.approver.as_str().into(),
    })
}

/// An exemption as kept.
#[must_use]
pub fn held(held: &HeldExemption) -> pb::HeldExemption {
    let words = explain::exemption(held);
    let (revoked_at, from) = held.revoked.map_or((0, None), |(at, from)| (at.get(), Some(from)));
    pb::HeldExemption {
        position: held.since.get(),
        event_id: held.id.to_string(),
        exemption: Some(message(&held.exemption)),
        revoked_at,
        revoked_from_date: scalar::optional_date(from),
        text_zh: words.zh,
        text_en: words.en,
    }
}

fn message(exemption: &Exemption) -> pb::Exemption {
    let (post, person) = match &exemption.covered {
        Covered::Organization => (String::new(), String::new()),
        Covered::Post(post) => (post.to_string(), String::new()),
        Covered::Person(person) => (String::new(), person.to_string()),
    };
    let (year, first, last) = match exemption.span {
        Span::Year(year) => (year.into(), None, None),
        Span::Days { first, last } => (0, Some(first), Some(last)),
    };
    let reason = match exemption.reason {
        ExemptionReason::PostVacant => pb::ExemptionReason::PostVacant,
        ExemptionReason::OrganizationDissolved => pb::ExemptionReason::OrganizationDissolved,
        ExemptionReason::ForceMajeure => pb::ExemptionReason::ForceMajeure,
        ExemptionReason::NoEnforcementPower => pb::ExemptionReason::NoEnforcementPower,
        ExemptionReason::ShortTenure => pb::ExemptionReason::ShortTenure,
        ExemptionReason::Other => pb::ExemptionReason::Other,
    };
    pb::Exemption {
        organization_id: exemption.organization.to_string(),
        post_id: post,
        person_id: person,
        duty_id: exemption.duty.to_string(),
        accounting_year: year,
        start_date: scalar::optional_date(first),
        end_date: scalar::optional_date(last),
        reason: reason.into(),
        reason_text: exemption.reason_text.to_string(),
        document_number: exemption.document.to_string(),
        applicant: exemption.applicant.to_string(),
        approver: exemption.approver.to_string(),
    }
}
