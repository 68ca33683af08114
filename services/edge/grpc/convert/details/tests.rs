//! Every refusal of the conversion, one row each; every type, from empty to fully set.

use duty::event::{Details, EventType};
use duty::problem::{Problem, Problems, Reason};
use duty::quantity::Answer;
use jiff::civil::date;

use super::details;
use crate::pb;
use pb::duty_event::Details as Message;

fn convert(message: &Message) -> (Option<Details>, Vec<Problem>) {
    let mut problems = Problems::new();
    let details = problems.at("events[3]", |problems| details(message, problems));
    (details, problems.into_vec())
}

/// Converts and expects exactly these problems, below the path of the event.
#[track_caller]
fn refused(message: Message, expected: &[(Reason, &str)]) {
    let (details, problems) = convert(&message);
    let found: Vec<_> =
        problems.iter().map(|problem| (problem.reason, problem.field.as_str())).collect();
    let expected: Vec<_> =
        expected.iter().map(|(reason, field)| (*reason, format!("events[3].{field}"))).collect();
    let expected: Vec<_> =
        expected.iter().map(|(reason, field)| (*reason, field.as_str())).collect();
    assert_eq!(found, expected);
    assert_eq!(details, None, "a refused message gives no details");
    assert!(problems.iter().all(|problem| !problem.zh.is_empty() && !problem.en.is_empty()));
}

#[test]
fn dates_that_are_none() {
    let statement = |text: &str| {
        Message::YearEndStatement(pb::YearEndStatement {
            statement_date: text.to_owned(),
            ..Default::default()
        })
    };
    for text in ["2023-02-29", "2022/11/14", "20221114", "上半年"] {
        refused(statement(text), &[(Reason::DateInvalid, "year_end_statement.statement_date")]);
    }
}

#[test]
fn numbers_that_break() {
    refused(
        Message::ReportToSuperior(pb::ReportToSuperior {
            document_number: "柳发〔202116号".to_owned(),
            ..Default::default()
        }),
        &[(Reason::DocumentNumberInvalid, "report_to_superior.document_number")],
    );
    refused(
        Message::AnnualReportPublication(pb::AnnualReportPublication {
            snapshot_digest: "md5:00".to_owned(),
            ..Default::default()
        }),
        &[(Reason::DigestInvalid, "annual_report_publication.snapshot_digest")],
    );
}

#[test]
fn enums_that_are_unknown() {
    refused(
        Message::RuleOfLawDebrief(pb::RuleOfLawDebrief {
            form: 99,
            items: vec![pb::DebriefItem { title: "一".to_owned(), covered: 7 }],
            ..Default::default()
        }),
        &[
            (Reason::EnumUnknown, "rule_of_law_debrief.form"),
            (Reason::EnumUnknown, "rule_of_law_debrief.items[0].covered"),
        ],
    );
    refused(
        Message::ConstitutionPublicity(pb::ConstitutionPublicity {
            forms: vec![1, 0, 88],
            audience: 0,
        }),
        &[
            (Reason::FieldRequired, "constitution_publicity.forms[1]"),
            (Reason::EnumUnknown, "constitution_publicity.forms[2]"),
        ],
    );
}

#[test]
fn parts_without_which_a_message_says_nothing() {
    refused(
        Message::ReportToSuperior(pb::ReportToSuperior {
            recipients: vec![pb::ReportRecipient { kind: 0, name: "市委".to_owned() }],
            ..Default::default()
        }),
        &[(Reason::FieldRequired, "report_to_superior.recipients[0].kind")],
    );
    refused(
        Message::AnnualReportPublication(pb::AnnualReportPublication {
            sections: vec![pb::SectionCheck { section: 0, state: 0 }],
            ..Default::default()
        }),
        &[
            (Reason::FieldRequired, "annual_report_publication.sections[0].section"),
            (Reason::FieldRequired, "annual_report_publication.sections[0].state"),
        ],
    );
    refused(
        Message::LeaderLawStudy(pb::LeaderLawStudy {
            topics: vec!["民法典".to_owned(), " ".to_owned()],
            ..Default::default()
        }),
        &[(Reason::FieldRequired, "leader_law_study.topics[1]")],
    );
}

#[test]
fn every_problem_is_reported() {
    refused(
        Message::MajorDecision(pb::MajorDecision {
            state: 42,
            legality_review: Some(pb::LegalityReviewRecord {
                sent_date: "2022-02-30".to_owned(),
                ..Default::default()
            }),
            discussion: Some(pb::CollectiveDiscussion {
                meeting_date: "then".to_owned(),
                passed: 9,
                ..Default::default()
            }),
            document_number: "第3号".to_owned(),
            ..Default::default()
        }),
        &[
            (Reason::EnumUnknown, "major_decision.state"),
            (Reason::DateInvalid, "major_decision.legality_review.sent_date"),
            (Reason::DateInvalid, "major_decision.discussion.meeting_date"),
            (Reason::EnumUnknown, "major_decision.discussion.passed"),
            (Reason::DocumentNumberInvalid, "major_decision.document_number"),
        ],
    );
}

macro_rules! empty_messages {
    ($($name:ident),* $(,)?) => {
        [$((EventType::$name, Message::$name(pb::$name::default())),)*]
    };
}

#[test]
fn nothing_known_is_no_fault() {
    let messages = empty_messages![
        RuleOfLawDebrief,
        YearEndStatement,
        SpecialWorkMeeting,
        LeadingGroupMeeting,
        PartyGroupDeliberation,
        LeadingGroupAdjustment,
        LeadingGroupConfirmation,
        ReportToSuperior,
        AnnualReportPublication,
        AnnualWorkPlan,
        LeaderDirective,
        LeaderLawStudy,
        RuleOfLawLecture,
        ConstitutionPublicity,
        LawPopularizationSession,
        LawPopularizationCampaign,
        CourtHearingObservation,
        EnforcementExam,
        EnforcementCertification,
        EnforcementThreeSystemsReport,
        PolicyDocument,
        NormativeDocument,
        MajorDecision,
        LegalityReview,
        LegalAdviserAppointment,
        LegalAdviserOpinion,
        FairCompetitionReview,
        ResearchIntegrityCommitment,
        ResearchCreditEvaluation,
        CreditInformationPush,
        IntegrityDataSubmission,
        CleanOfficeSupervision,
        CourtAppearance,
        MediationWork,
        DemonstrationInspection,
        CadreAppraisalLinkage,
        EnterpriseSurvey,
        ExamResultUse,
        Award,
        WorkOutcome,
    ];
    assert_eq!(messages.len(), EventType::ALL.len());
    for (event_type, message) in messages {
        let (details, problems) = convert(&message);
        assert_eq!(problems, []);
        assert_eq!(details, Some(Details::unknown(event_type)));
    }
}

#[test]
fn the_text_of_a_type_names_its_field() {
    let contract = include_str!("../../../../../proto/dutyledger/v1/event.proto");
    for event_type in EventType::ALL {
        assert!(contract.contains(&format!(" {} = 1", event_type.as_str())), "{event_type:?}");
    }
}

#[test]
fn values_arrive_trimmed_and_normalised() {
    let meeting = pb::SpecialWorkMeeting {
        session_number: 2,
        chair_post: " 局长 ".to_owned(),
        chair_is_main_leader: pb::TriState::Yes.into(),
        agenda: vec![pb::AgendaItem {
            title: "法治政府建设".to_owned(),
            rule_of_law: pb::TriState::Yes.into(),
        }],
        decisions: vec![pb::MeetingDecision {
            item: "修订制度".to_owned(),
            due_date: "2022-06-30".to_owned(),
            ..Default::default()
        }],
        minutes_number: "柳科纪要[2022] 3 号".to_owned(),
        ..Default::default()
    };
    let (details, problems) = convert(&Message::SpecialWorkMeeting(meeting));
    assert_eq!(problems, []);
    let Some(Details::SpecialWorkMeeting(meeting)) = details else { panic!("{details:?}") };
    assert_eq!(&*meeting.meeting.chair_post, "局长");
    assert_eq!(meeting.meeting.session_number, Some(2));
    assert_eq!(meeting.meeting.chair_is_main_leader, Answer::Yes);
    assert_eq!(meeting.system_wide, Answer::Unknown);
    assert_eq!(meeting.meeting.decisions[0].due_date, Some(date(2022, 6, 30)));
    let number = meeting.meeting.minutes_number.expect("a number");
    assert_eq!(number.as_str(), "柳科纪要〔2022〕3号");
    assert!(number.document().is_some());

    let publication = pb::AnnualReportPublication {
        snapshot_digest: format!("sha256:{}", "AB".repeat(32)),
        ..Default::default()
    };
    let (details, problems) = convert(&Message::AnnualReportPublication(publication));
    assert_eq!(problems, []);
    let Some(Details::AnnualReportPublication(publication)) = details else {
        panic!("{details:?}")
    };
    assert_eq!(&*publication.snapshot_digest.expect("a digest").hex, "ab".repeat(32));
}
