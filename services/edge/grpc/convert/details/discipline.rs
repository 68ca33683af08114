//! Research integrity, clean office, inspection, appraisal and the informational types, inward.

use duty::Problems;
use duty::event::details::{
    Award, CadreAppraisalLinkage, CleanOfficeSupervision, CreditInformationPush,
    DemonstrationInspection, EnterpriseSurvey, ExamResultUse, IntegrityDataSubmission,
    ResearchCreditEvaluation, ResearchIntegrityCommitment, WorkOutcome,
};

use super::field::{answer, date, number, record, text, texts};
use crate::pb;

pub(super) fn research_integrity_commitment(
    message: &pb::ResearchIntegrityCommitment,
    problems: &mut Problems,
) -> ResearchIntegrityCommitment {
    record!(message, problems => ResearchIntegrityCommitment { scope: text, })
}

pub(super) fn research_credit_evaluation(
    message: &pb::ResearchCreditEvaluation,
    problems: &mut Problems,
) -> ResearchCreditEvaluation {
    record!(message, problems => ResearchCreditEvaluation { scope: text, result_use: text, })
}

pub(super) fn credit_information_push(
    message: &pb::CreditInformationPush,
    problems: &mut Problems,
) -> CreditInformationPush {
    record!(message, problems => CreditInformationPush {
        platform: text,
        cumulative: answer,
        cumulative_since_date: date,
        receipt_number: text,
    })
}

pub(super) fn integrity_data_submission(
    message: &pb::IntegrityDataSubmission,
    problems: &mut Problems,
) -> IntegrityDataSubmission {
    record!(message, problems => IntegrityDataSubmission {
        submitting_units: texts,
        recipient: text,
    })
}

pub(super) fn clean_office_supervision(
    message: &pb::CleanOfficeSupervision,
    problems: &mut Problems,
) -> CleanOfficeSupervision {
    record!(message, problems => CleanOfficeSupervision {
        target: text,
        inspected_units: texts,
        plan_title: text,
        rectification_due_date: date,
    })
}

pub(super) fn demonstration_inspection(
    message: &pb::DemonstrationInspection,
    problems: &mut Problems,
) -> DemonstrationInspection {
    record!(message, problems => DemonstrationInspection {
        inspector: text,
        inspected_date: date,
        sampled: answer,
        feedback: text,
        rectification: text,
    })
}

pub(super) fn cadre_appraisal_linkage(
    message: &pb::CadreAppraisalLinkage,
    problems: &mut Problems,
) -> CadreAppraisalLinkage {
    record!(message, problems => CadreAppraisalLinkage {
        document_number: number,
        plan_title: text,
        result_used: answer,
        result_use: text,
    })
}

pub(super) fn enterprise_survey(
    message: &pb::EnterpriseSurvey,
    problems: &mut Problems,
) -> EnterpriseSurvey {
    record!(message, problems => EnterpriseSurvey { topics: texts, scope: text, })
}

pub(super) fn exam_result_use(
    message: &pb::ExamResultUse,
    problems: &mut Problems,
) -> ExamResultUse {
    record!(message, problems => ExamResultUse {
        document_number: number,
        document_title: text,
        result_use: text,
    })
}

pub(super) fn award(message: &pb::Award, problems: &mut Problems) -> Award {
    record!(message, problems => Award {
        award_name: text,
        awarding_bodies: texts,
        awarded_date: date,
    })
}

pub(super) fn work_outcome(message: &pb::WorkOutcome, problems: &mut Problems) -> WorkOutcome {
    record!(message, problems => WorkOutcome { field: text, summary: text, })
}
