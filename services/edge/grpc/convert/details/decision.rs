//! Documents, decisions, reviews and legal advice, inward.

use duty::Problems;
use duty::event::details::{
    CollectiveDiscussion, DecisionStep, DocumentRecord, FairCompetitionRecord,
    FairCompetitionReview, LegalAdviserAppointment, LegalAdviserOpinion, LegalityReview,
    LegalityReviewRecord, MajorDecision, NormativeDocument, PolicyDocument, PublicComment,
};

use super::field::{
    answer, choice, choices, date, file_number, group, number, record, text, texts, year,
};
use crate::pb;

/// Both messages repeat the fields of a document, so that callers see them flat.
macro_rules! document {
    ($message:ident, $problems:ident) => {
        record!($message, $problems => DocumentRecord {
            document_number: number,
            unified_number: text,
            issuer_level: choice,
            category: choice,
            issued_date: date,
            legality_review: review_record,
            fair_competition: competition_record,
            public_comment: public_comment,
            discussed_date: date,
            disclosure_mode: choice,
            withheld_reason: text,
            published_date: date,
            url: text,
            filed_date: date,
            filing_number: text,
            valid_until_date: date,
        })
    };
}

pub(super) fn policy_document(
    message: &pb::PolicyDocument,
    problems: &mut Problems,
) -> PolicyDocument {
    PolicyDocument { document: document!(message, problems) }
}

pub(super) fn normative_document(
    message: &pb::NormativeDocument,
    problems: &mut Problems,
) -> NormativeDocument {
    NormativeDocument { document: document!(message, problems) }
}

fn review_record(
    field: &'static str,
    message: &Option<pb::LegalityReviewRecord>,
    problems: &mut Problems,
) -> Option<LegalityReviewRecord> {
    group(field, message.as_ref(), problems, |message, problems| {
        record!(message, problems => LegalityReviewRecord {
            sent_date: date,
            returned_date: date,
            reviewer: text,
            opinion_number: file_number,
        })
    })
}

fn competition_record(
    field: &'static str,
    message: &Option<pb::FairCompetitionRecord>,
    problems: &mut Problems,
) -> Option<FairCompetitionRecord> {
    group(field, message.as_ref(), problems, |message, problems| {
        record!(message, problems => FairCompetitionRecord {
            needed: answer,
            reviewed_date: date,
            conclusion: choice,
        })
    })
}

fn public_comment(
    field: &'static str,
    message: &Option<pb::PublicComment>,
    problems: &mut Problems,
) -> Option<PublicComment> {
    group(field, message.as_ref(), problems, |message, problems| {
        record!(message, problems => PublicComment {
            start_date: date,
            end_date: date,
            short_reason: text,
            url: text,
        })
    })
}

pub(super) fn major_decision(
    message: &pb::MajorDecision,
    problems: &mut Problems,
) -> MajorDecision {
    record!(message, problems => MajorDecision {
        item_name: text,
        catalogue_year: year,
        deciding_body: text,
        drafting_unit: text,
        state: choice,
        public_comment: public_comment,
        expert_review: step,
        risk_assessment: step,
        legality_review: review_record,
        discussion: discussion,
        party_report_date: date,
        issued_date: date,
        document_number: number,
        published_date: date,
        published_url: text,
        archive_number: text,
    })
}

fn step(
    field: &'static str,
    message: &Option<pb::DecisionStep>,
    problems: &mut Problems,
) -> Option<DecisionStep> {
    group(field, message.as_ref(), problems, |message, problems| {
        record!(message, problems => DecisionStep {
            needed: answer,
            completed_date: date,
            conclusion: text,
        })
    })
}

fn discussion(
    field: &'static str,
    message: &Option<pb::CollectiveDiscussion>,
    problems: &mut Problems,
) -> Option<CollectiveDiscussion> {
    group(field, message.as_ref(), problems, |message, problems| {
        record!(message, problems => CollectiveDiscussion {
            meeting: text,
            meeting_date: date,
            head_spoke_last: answer,
            passed: answer,
        })
    })
}

pub(super) fn legality_review(
    message: &pb::LegalityReview,
    problems: &mut Problems,
) -> LegalityReview {
    record!(message, problems => LegalityReview {
        subject_reference: text,
        subject_kind: choice,
        sent_date: date,
        returned_date: date,
        reviewer: text,
        lawyers_consulted: texts,
        opinion: choice,
        adopted: choice,
        opinion_number: file_number,
        subject_issued_date: date,
    })
}

pub(super) fn legal_adviser_appointment(
    message: &pb::LegalAdviserAppointment,
    problems: &mut Problems,
) -> LegalAdviserAppointment {
    record!(message, problems => LegalAdviserAppointment {
        adviser_kinds: choices,
        firm: text,
        term_from_date: date,
        term_to_date: date,
        certificate_number: text,
        system_document_title: text,
    })
}

pub(super) fn legal_adviser_opinion(
    message: &pb::LegalAdviserOpinion,
    problems: &mut Problems,
) -> LegalAdviserOpinion {
    record!(message, problems => LegalAdviserOpinion {
        subject: text,
        opinion_date: date,
        adviser_kind: choice,
        adopted: choice,
    })
}

pub(super) fn fair_competition_review(
    message: &pb::FairCompetitionReview,
    problems: &mut Problems,
) -> FairCompetitionReview {
    record!(message, problems => FairCompetitionReview {
        document_reference: text,
        reviewed_date: date,
        conclusion: choice,
        consulted: texts,
        document_issued_date: date,
    })
}
