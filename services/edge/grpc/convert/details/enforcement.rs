//! Enforcement, appearance in court and mediation, inward.

use duty::Problems;
use duty::event::details::{
    CertifiedOfficer, CourtAppearance, EnforcementCertification, EnforcementExam,
    EnforcementThreeSystemsReport, MediationWork,
};

use super::field::{answer, choice, date, items, record, text, texts};
use crate::pb;

pub(super) fn enforcement_exam(
    message: &pb::EnforcementExam,
    problems: &mut Problems,
) -> EnforcementExam {
    record!(message, problems => EnforcementExam {
        exam_date: date,
        exam_name: text,
        organiser: text,
    })
}

pub(super) fn enforcement_certification(
    message: &pb::EnforcementCertification,
    problems: &mut Problems,
) -> EnforcementCertification {
    record!(message, problems => EnforcementCertification {
        as_of_date: date,
        status: choice,
        officers: officers,
    })
}

fn officers(
    field: &'static str,
    messages: &[pb::CertifiedOfficer],
    problems: &mut Problems,
) -> Vec<CertifiedOfficer> {
    items(field, messages, problems, |message, problems| {
        record!(message, problems => CertifiedOfficer {
            post: text,
            certificate_number: text,
            valid_to_date: date,
        })
    })
}

pub(super) fn enforcement_three_systems_report(
    message: &pb::EnforcementThreeSystemsReport,
    problems: &mut Problems,
) -> EnforcementThreeSystemsReport {
    record!(message, problems => EnforcementThreeSystemsReport {
        period_start_date: date,
        period_end_date: date,
        published_date: date,
        url: text,
        publicity_system: answer,
        full_record_system: answer,
        legal_review_system: answer,
    })
}

pub(super) fn court_appearance(
    message: &pb::CourtAppearance,
    problems: &mut Problems,
) -> CourtAppearance {
    record!(message, problems => CourtAppearance {
        case_number: text,
        instance: choice,
        hearing_date: date,
        notice_date: date,
        leader: choice,
        excuse: choice,
        excuse_proof: text,
        spoke: answer,
        court: text,
        case_cause: text,
        result: text,
    })
}

pub(super) fn mediation_work(
    message: &pb::MediationWork,
    problems: &mut Problems,
) -> MediationWork {
    record!(message, problems => MediationWork {
        period_start_date: date,
        period_end_date: date,
        dispute_types: texts,
        referral: text,
    })
}
