//! 述法, 述职 and the three meetings, inward.

use duty::Problems;
use duty::event::details::{
    AgendaItem, DebriefItem, LeadingGroupMeeting, Meeting, MeetingDecision, PartyGroupDeliberation,
    RatingVotes, RuleOfLawDebrief, SpecialWorkMeeting, YearEndStatement,
};

use super::field::{answer, choice, count, date, file_number, items, record, text, texts, whole};
use crate::pb;

pub(super) fn rule_of_law_debrief(
    message: &pb::RuleOfLawDebrief,
    problems: &mut Problems,
) -> RuleOfLawDebrief {
    record!(message, problems => RuleOfLawDebrief {
        debriefer_class: choice,
        form: choice,
        occasion: text,
        report_submitted_date: date,
        material_checker: text,
        items: debrief_items,
        problems: texts,
        measures: texts,
        commentator_post: text,
        rating: text,
        votes: votes,
        voters: whole,
        published_url: text,
        basis_document_title: text,
    })
}

fn debrief_items(
    field: &'static str,
    messages: &[pb::DebriefItem],
    problems: &mut Problems,
) -> Vec<DebriefItem> {
    items(field, messages, problems, |message, problems| {
        record!(message, problems => DebriefItem {
            title: text,
            covered: answer,
        })
    })
}

fn votes(
    field: &'static str,
    messages: &[pb::RatingVotes],
    problems: &mut Problems,
) -> Vec<RatingVotes> {
    items(field, messages, problems, |message, problems| {
        record!(message, problems => RatingVotes {
            grade: text,
            votes: count,
        })
    })
}

pub(super) fn year_end_statement(
    message: &pb::YearEndStatement,
    problems: &mut Problems,
) -> YearEndStatement {
    record!(message, problems => YearEndStatement {
        statement_date: date,
        rule_of_law_section: text,
        assessment_meeting: text,
        tenure_from_date: date,
        tenure_to_date: date,
        result_grade: choice,
    })
}

/// The three messages repeat the fields of a meeting, so that callers see them flat.
macro_rules! meeting {
    ($message:ident, $problems:ident) => {
        record!($message, $problems => Meeting {
            session_number: whole,
            chair_post: text,
            chair_is_main_leader: answer,
            absent_posts: texts,
            agenda: agenda,
            decisions: decisions,
            minutes_number: file_number,
            venue: text,
        })
    };
}

pub(super) fn special_work_meeting(
    message: &pb::SpecialWorkMeeting,
    problems: &mut Problems,
) -> SpecialWorkMeeting {
    SpecialWorkMeeting {
        meeting: meeting!(message, problems),
        system_wide: answer("system_wide", &message.system_wide, problems),
    }
}

pub(super) fn leading_group_meeting(
    message: &pb::LeadingGroupMeeting,
    problems: &mut Problems,
) -> LeadingGroupMeeting {
    LeadingGroupMeeting {
        meeting: meeting!(message, problems),
        group_name: text("group_name", &message.group_name, problems),
    }
}

pub(super) fn party_group_deliberation(
    message: &pb::PartyGroupDeliberation,
    problems: &mut Problems,
) -> PartyGroupDeliberation {
    PartyGroupDeliberation {
        meeting: meeting!(message, problems),
        reports_heard: texts("reports_heard", &message.reports_heard, problems),
    }
}

fn agenda(
    field: &'static str,
    messages: &[pb::AgendaItem],
    problems: &mut Problems,
) -> Vec<AgendaItem> {
    items(field, messages, problems, |message, problems| {
        record!(message, problems => AgendaItem {
            title: text,
            rule_of_law: answer,
        })
    })
}

fn decisions(
    field: &'static str,
    messages: &[pb::MeetingDecision],
    problems: &mut Problems,
) -> Vec<MeetingDecision> {
    items(field, messages, problems, |message, problems| {
        record!(message, problems => MeetingDecision {
            item: text,
            owner: text,
            due_date: date,
            closed_date: date,
        })
    })
}
