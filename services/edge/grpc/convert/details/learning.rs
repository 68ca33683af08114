//! Law study, lectures, publicity and hearings observed, inward.

use duty::Problems;
use duty::event::details::{
    ConstitutionPublicity, CourtHearingObservation, LawPopularizationCampaign,
    LawPopularizationSession, LeaderLawStudy, Outreach, RuleOfLawLecture, Speaker, StudySession,
};

use super::field::{answer, choice, choices, group, record, text, texts};
use crate::pb;

/// Both messages repeat the fields of a session, so that callers see them flat.
macro_rules! study_session {
    ($message:ident, $problems:ident) => {
        record!($message, $problems => StudySession {
            topics: texts,
            form: choice,
            speaker: speaker,
            plan_reference: text,
        })
    };
}

pub(super) fn leader_law_study(
    message: &pb::LeaderLawStudy,
    problems: &mut Problems,
) -> LeaderLawStudy {
    LeaderLawStudy { session: study_session!(message, problems) }
}

pub(super) fn rule_of_law_lecture(
    message: &pb::RuleOfLawLecture,
    problems: &mut Problems,
) -> RuleOfLawLecture {
    RuleOfLawLecture { session: study_session!(message, problems) }
}

fn speaker(
    field: &'static str,
    message: &Option<pb::Speaker>,
    problems: &mut Problems,
) -> Option<Speaker> {
    group(field, message.as_ref(), problems, |message, problems| {
        record!(message, problems => Speaker {
            post: text,
            unit: text,
            is_lawyer: answer,
        })
    })
}

pub(super) fn constitution_publicity(
    message: &pb::ConstitutionPublicity,
    problems: &mut Problems,
) -> ConstitutionPublicity {
    record!(message, problems => ConstitutionPublicity {
        forms: choices,
        audience: choice,
    })
}

/// Both messages repeat the fields of an outreach, so that callers see them flat.
macro_rules! outreach {
    ($message:ident, $problems:ident) => {
        record!($message, $problems => Outreach {
            mode: choice,
            venue: text,
            audience: texts,
            laws: texts,
            channels: texts,
        })
    };
}

pub(super) fn law_popularization_session(
    message: &pb::LawPopularizationSession,
    problems: &mut Problems,
) -> LawPopularizationSession {
    LawPopularizationSession { outreach: outreach!(message, problems) }
}

pub(super) fn law_popularization_campaign(
    message: &pb::LawPopularizationCampaign,
    problems: &mut Problems,
) -> LawPopularizationCampaign {
    LawPopularizationCampaign { outreach: outreach!(message, problems) }
}

pub(super) fn court_hearing_observation(
    message: &pb::CourtHearingObservation,
    problems: &mut Problems,
) -> CourtHearingObservation {
    record!(message, problems => CourtHearingObservation {
        court: text,
        case_number: text,
        case_type: choice,
        case_cause: text,
        mode: choice,
        leader_posts: texts,
    })
}
