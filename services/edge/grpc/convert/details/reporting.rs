//! Leading groups, reports, plans and directives, inward.

use duty::Problems;
use duty::event::details::{
    AnnualReportPublication, AnnualWorkPlan, GroupMember, LeaderDirective, LeadingGroupAdjustment,
    LeadingGroupConfirmation, ReportRecipient, ReportToSuperior, SecrecyReview, SectionCheck,
};

use super::field::{
    answer, choice, date, digest, group, items, number, record, required, text, texts,
};
use crate::pb;

pub(super) fn leading_group_adjustment(
    message: &pb::LeadingGroupAdjustment,
    problems: &mut Problems,
) -> LeadingGroupAdjustment {
    record!(message, problems => LeadingGroupAdjustment {
        group_name: text,
        trigger: choice,
        trigger_date: date,
        effective_date: date,
        document_number: number,
        head: member,
        head_is_main_leader: answer,
        deputies: members,
        members: members,
        office_location: text,
        previous_document_number: number,
    })
}

pub(super) fn leading_group_confirmation(
    message: &pb::LeadingGroupConfirmation,
    problems: &mut Problems,
) -> LeadingGroupConfirmation {
    record!(message, problems => LeadingGroupConfirmation {
        group_name: text,
        confirmed_date: date,
        document_number: number,
        confirmed_document_number: number,
        head: member,
        head_is_main_leader: answer,
        composition_unchanged: answer,
    })
}

fn one_member(message: &pb::GroupMember, problems: &mut Problems) -> GroupMember {
    record!(message, problems => GroupMember {
        post: text,
        unit: text,
    })
}

fn member(
    field: &'static str,
    message: &Option<pb::GroupMember>,
    problems: &mut Problems,
) -> Option<GroupMember> {
    group(field, message.as_ref(), problems, one_member)
}

fn members(
    field: &'static str,
    messages: &[pb::GroupMember],
    problems: &mut Problems,
) -> Vec<GroupMember> {
    items(field, messages, problems, one_member)
}

pub(super) fn report_to_superior(
    message: &pb::ReportToSuperior,
    problems: &mut Problems,
) -> ReportToSuperior {
    record!(message, problems => ReportToSuperior {
        recipients: recipients,
        sent_date: date,
        document_number: number,
        receipt: text,
    })
}

/// A recipient of no kind is refused and left out; the problem keeps the event out.
fn recipients(
    field: &'static str,
    messages: &[pb::ReportRecipient],
    problems: &mut Problems,
) -> Vec<ReportRecipient> {
    let converted = items(field, messages, problems, |message, problems| {
        let kind = required("kind", &message.kind, problems)?;
        Some(ReportRecipient { kind, name: text("name", &message.name, problems) })
    });
    converted.into_iter().flatten().collect()
}

pub(super) fn annual_report_publication(
    message: &pb::AnnualReportPublication,
    problems: &mut Problems,
) -> AnnualReportPublication {
    record!(message, problems => AnnualReportPublication {
        report_title: text,
        published_date: date,
        url: text,
        site: text,
        secrecy_review: secrecy_review,
        sections: sections,
        snapshot_digest: digest,
        withdrawn_date: date,
    })
}

fn secrecy_review(
    field: &'static str,
    message: &Option<pb::SecrecyReview>,
    problems: &mut Problems,
) -> Option<SecrecyReview> {
    group(field, message.as_ref(), problems, |message, problems| {
        record!(message, problems => SecrecyReview {
            reviewer: text,
            reviewed_date: date,
        })
    })
}

/// A check that names no section or no result is refused and left out.
fn sections(
    field: &'static str,
    messages: &[pb::SectionCheck],
    problems: &mut Problems,
) -> Vec<SectionCheck> {
    let converted = items(field, messages, problems, |message, problems| {
        let section = required("section", &message.section, problems);
        let state = required("state", &message.state, problems);
        Some(SectionCheck { section: section?, state: state? })
    });
    converted.into_iter().flatten().collect()
}

pub(super) fn annual_work_plan(
    message: &pb::AnnualWorkPlan,
    problems: &mut Problems,
) -> AnnualWorkPlan {
    record!(message, problems => AnnualWorkPlan {
        issued_date: date,
        document_number: number,
        approved_by: text,
        tasks: texts,
        published_url: text,
    })
}

pub(super) fn leader_directive(
    message: &pb::LeaderDirective,
    problems: &mut Problems,
) -> LeaderDirective {
    record!(message, problems => LeaderDirective {
        directive_kind: choice,
        matter: text,
        directed_date: date,
        register_number: text,
        addressee: text,
        due_date: date,
        closed_date: date,
        result: text,
    })
}
