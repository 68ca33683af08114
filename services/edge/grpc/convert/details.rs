//! The typed details of a duty event, inward, by hand: one reader per kind of field, one record per
//! message. Every fault of a message is reported, not only the first; what is merely missing is
//! kept as missing, because a gap is the domain's to flag.

mod choice;
mod decision;
mod discipline;
mod enforcement;
mod field;
mod learning;
mod meeting;
mod reporting;

use duty::Problems;
use duty::event::{Details, EventType};

use crate::pb;

/// The details that are set; `None` when any of their fields was refused.
pub(crate) fn details(
    message: &pb::duty_event::Details,
    problems: &mut Problems,
) -> Option<Details> {
    let found = problems.len();
    let details = converted(message, problems);
    (problems.len() == found).then_some(details)
}

macro_rules! converted {
    ($message:ident, $problems:ident => $($variant:ident = $convert:path;)*) => {
        match $message {
            // The text of a type is the name of its field in the oneof.
            $(pb::duty_event::Details::$variant(message) => Details::$variant(
                $problems.at(EventType::$variant.as_str(), |problems| $convert(message, problems)),
            ),)*
        }
    };
}

fn converted(message: &pb::duty_event::Details, problems: &mut Problems) -> Details {
    converted! { message, problems =>
        RuleOfLawDebrief = meeting::rule_of_law_debrief;
        YearEndStatement = meeting::year_end_statement;
        SpecialWorkMeeting = meeting::special_work_meeting;
        LeadingGroupMeeting = meeting::leading_group_meeting;
        PartyGroupDeliberation = meeting::party_group_deliberation;
        LeadingGroupAdjustment = reporting::leading_group_adjustment;
        LeadingGroupConfirmation = reporting::leading_group_confirmation;
        ReportToSuperior = reporting::report_to_superior;
        AnnualReportPublication = reporting::annual_report_publication;
        AnnualWorkPlan = reporting::annual_work_plan;
        LeaderDirective = reporting::leader_directive;
        LeaderLawStudy = learning::leader_law_study;
        RuleOfLawLecture = learning::rule_of_law_lecture;
        ConstitutionPublicity = learning::constitution_publicity;
        LawPopularizationSession = learning::law_popularization_session;
        LawPopularizationCampaign = learning::law_popularization_campaign;
        CourtHearingObservation = learning::court_hearing_observation;
        EnforcementExam = enforcement::enforcement_exam;
        EnforcementCertification = enforcement::enforcement_certification;
        EnforcementThreeSystemsReport = enforcement::enforcement_three_systems_report;
        PolicyDocument = decision::policy_document;
        NormativeDocument = decision::normative_document;
        MajorDecision = decision::major_decision;
        LegalityReview = decision::legality_review;
        LegalAdviserAppointment = decision::legal_adviser_appointment;
        LegalAdviserOpinion = decision::legal_adviser_opinion;
        FairCompetitionReview = decision::fair_competition_review;
        ResearchIntegrityCommitment = discipline::research_integrity_commitment;
        ResearchCreditEvaluation = discipline::research_credit_evaluation;
        CreditInformationPush = discipline::credit_information_push;
        IntegrityDataSubmission = discipline::integrity_data_submission;
        CleanOfficeSupervision = discipline::clean_office_supervision;
        CourtAppearance = enforcement::court_appearance;
        MediationWork = enforcement::mediation_work;
        DemonstrationInspection = discipline::demonstration_inspection;
        CadreAppraisalLinkage = discipline::cadre_appraisal_linkage;
        EnterpriseSurvey = discipline::enterprise_survey;
        ExamResultUse = discipline::exam_result_use;
        Award = discipline::award;
        WorkOutcome = discipline::work_outcome;
    }
}

#[cfg(test)]
mod tests;
