//! What is asked for, type by type.

use super::*;

/// A row of a table of gaps; four to a line, so that a line can be read.
fn table_row(head: &str, missing: &[String]) -> String {
    let mut row = format!("{head}\n");
    for names in missing.chunks(4) {
        let names = names.iter().map(|name| if name.is_empty() { "(day)" } else { name });
        row += &format!("    {}\n", names.collect::<Vec<_>>().join(" "));
    }
    row
}

#[track_caller]
fn check_gaps(event_types: &[EventType], expected: Expect) {
    let mut rows = String::new();
    for event_type in event_types {
        let missing = missing_fields(&Details::unknown(*event_type), &Occurred::UNKNOWN);
        rows += &table_row(event_type.as_str(), &missing);
    }
    expected.assert_eq(&rows);
}

#[test]
fn everything_asked_for_is_missed_in_core_duties_and_learning() {
    check_gaps(
        &EventType::ALL[..20],
        expect![[r#"
        rule_of_law_debrief
            debriefer_class form items problems
            measures
        year_end_statement
            statement_date rule_of_law_section tenure_from_date
        special_work_meeting
            (day) chair_post agenda decisions
            minutes_number
        leading_group_meeting
            (day) chair_post agenda decisions
            minutes_number
        party_group_deliberation
            (day) chair_post agenda decisions
            minutes_number
        leading_group_adjustment
            group_name trigger trigger_date effective_date
            document_number head members office_location
        leading_group_confirmation
            group_name confirmed_date
        report_to_superior
            recipients sent_date document_number
        annual_report_publication
            report_title published_date url secrecy_review
            sections snapshot_digest
        annual_work_plan
            issued_date document_number
        leader_directive
            directive_kind matter
        leader_law_study
            (day) topics form
        rule_of_law_lecture
            (day) topics form
        constitution_publicity
            (day)
        law_popularization_session
            (day) mode
        law_popularization_campaign
            (day) mode
        court_hearing_observation
            (day) court case_type case_cause
            mode
        enforcement_exam
            exam_date exam_name
        enforcement_certification
            as_of_date
        enforcement_three_systems_report
            period_start_date period_end_date
    "#]],
    );
}

#[test]
fn everything_asked_for_is_missed_in_decisions_and_the_rest() {
    check_gaps(
        &EventType::ALL[20..],
        expect![[r#"
        policy_document
            document_number issuer_level category issued_date
            fair_competition published_date url
        normative_document
            document_number issuer_level issued_date legality_review
            fair_competition published_date url filed_date
            filing_number
        major_decision
            item_name catalogue_year deciding_body drafting_unit
            state
        legality_review
            subject_reference subject_kind sent_date returned_date
            reviewer opinion
        legal_adviser_appointment
            adviser_kinds term_from_date term_to_date
        legal_adviser_opinion
            subject
        fair_competition_review
            document_reference reviewed_date conclusion
        research_integrity_commitment
        research_credit_evaluation
        credit_information_push
        integrity_data_submission
        clean_office_supervision
        court_appearance
            case_number instance hearing_date leader
        mediation_work
        demonstration_inspection
        cadre_appraisal_linkage
        enterprise_survey
        exam_result_use
        award
        work_outcome
    "#]],
    );
}

#[test]
fn an_event_known_to_the_day_has_its_own_date() {
    for (event_type, own) in [
        (EventType::YearEndStatement, "statement_date"),
        (EventType::LeadingGroupConfirmation, "confirmed_date"),
        (EventType::ReportToSuperior, "sent_date"),
        (EventType::AnnualReportPublication, "published_date"),
        (EventType::AnnualWorkPlan, "issued_date"),
        (EventType::EnforcementExam, "exam_date"),
        (EventType::EnforcementCertification, "as_of_date"),
        (EventType::FairCompetitionReview, "reviewed_date"),
        (EventType::CourtAppearance, "hearing_date"),
    ] {
        let details = Details::unknown(event_type);
        let asked = |occurred| missing_fields(&details, &occurred).iter().any(|name| name == own);
        assert!(asked(year_2022()), "{event_type:?}");
        assert!(!asked(on("2022-11-14")), "{event_type:?}");
    }
}

#[test]
fn a_stated_period_is_a_date_for_sessions_and_no_day_for_a_meeting() {
    let (first, last) = (day("2022-03-22"), day("2022-06-29"));
    let period = Occurred::new(Precision::Period, first, last, &mut Problems::new());
    let period = period.expect("a period");
    let has_gap = |event_type, occurred: &Occurred| {
        missing_fields(&Details::unknown(event_type), occurred).iter().any(String::is_empty)
    };
    assert!(!has_gap(EventType::RuleOfLawLecture, &period));
    assert!(has_gap(EventType::RuleOfLawLecture, &year_2022()));
    assert!(has_gap(EventType::SpecialWorkMeeting, &period));
    assert!(!has_gap(EventType::SpecialWorkMeeting, &on("2022-03-22")));
}

#[test]
fn what_is_asked_for_only_in_some_cases() {
    let gap = |details: Details, field: &str| {
        missing_fields(&details, &Occurred::UNKNOWN).iter().any(|missing| missing == field)
    };
    let adjusted = |trigger| only!(LeadingGroupAdjustment { trigger: Some(trigger) });
    assert!(gap(adjusted(Trigger::Reform), "trigger_date"));
    assert!(!gap(adjusted(Trigger::Annual), "trigger_date"));

    let policy = |mode| shared!(PolicyDocument.document = DocumentRecord { disclosure_mode: mode });
    assert!(gap(policy(Some(DisclosureMode::Proactive)), "published_date"));
    assert!(!gap(policy(Some(DisclosureMode::OnApplication)), "published_date"));
    assert!(gap(policy(Some(DisclosureMode::Withheld)), "withheld_reason"));
    assert!(!gap(policy(None), "withheld_reason"));

    let competition = |needed| {
        let record = FairCompetitionRecord { needed, ..Default::default() };
        shared!(PolicyDocument.document = DocumentRecord { fair_competition: Some(record) })
    };
    assert!(gap(competition(Answer::Yes), "fair_competition.reviewed_date"));
    assert!(gap(competition(Answer::Yes), "fair_competition.conclusion"));
    assert!(!gap(competition(Answer::No), "fair_competition.reviewed_date"));

    let pushed = |cumulative| only!(CreditInformationPush { cumulative });
    assert!(gap(pushed(Answer::Yes), "cumulative_since_date"));
    assert!(!gap(pushed(Answer::Unknown), "cumulative_since_date"));

    let leader = |leader| only!(CourtAppearance { leader: Some(leader) });
    assert!(gap(leader(AppearingLeader::Deputy), "spoke"));
    assert!(!gap(leader(AppearingLeader::Absent), "spoke"));
    let excused = only!(CourtAppearance { excuse: Some(AbsenceExcuse::ForceMajeure) });
    assert!(gap(excused, "excuse_proof"));

    let step = DecisionStep { needed: Answer::Yes, ..Default::default() };
    let decision = only!(MajorDecision { expert_review: Some(step) });
    assert!(gap(decision, "expert_review.completed_date"));
}

#[test]
fn a_decision_owes_what_its_state_says() {
    let mut rows = String::new();
    for state in DecisionState::ALL {
        let missing = missing_fields(
            &only!(MajorDecision {
                item_name: "一".into(),
                catalogue_year: Some(2022),
                deciding_body: "市政府".into(),
                drafting_unit: "市科技局".into(),
                state: Some(*state),
            }),
            &Occurred::UNKNOWN,
        );
        rows += &table_row(state.as_str(), &missing);
    }
    expect![[r#"
        catalogued
        started
        drafted
        consulted
        legality_reviewed
            legality_review
        collectively_discussed
            discussion
        reported_to_party
            discussion party_report_date
        issued
            discussion party_report_date issued_date document_number
        published
            discussion party_report_date issued_date document_number
            published_date published_url
        evaluated
            discussion party_report_date issued_date document_number
            published_date published_url
    "#]]
    .assert_eq(&rows);
}

#[test]
fn parts_owe_their_own_fields() {
    let meeting = shared!(
        SpecialWorkMeeting.meeting = Meeting {
            agenda: vec![AgendaItem::default()],
            decisions: vec![MeetingDecision::default()],
        }
    );
    let missing = missing_fields(&meeting, &on("2022-06-30"));
    assert_eq!(missing, ["chair_post", "agenda[0].title", "decisions[0].item", "minutes_number"]);
    let sections =
        vec![SectionCheck { section: ReportSection::Other, state: SectionState::Present }];
    let report = only!(AnnualReportPublication { sections });
    let missing = missing_fields(&report, &on("2023-03-30"));
    let unchecked = missing.iter().filter(|name| *name == "sections").count();
    assert_eq!(unchecked, 4, "one flag for each section nobody looked at");
}

#[test]
fn only_what_was_performed_is_asked_about() {
    for event_type in EventType::ALL {
        for kind in [Kind::Planned, Kind::RecurringClaim, Kind::Outcome] {
            let details = Details::unknown(*event_type);
            assert_eq!(flags(&details, &Occurred::UNKNOWN, kind), [], "{event_type:?} {kind:?}");
        }
    }
}

#[test]
fn a_flag_says_what_and_why_in_both_languages() {
    let flags =
        flags(&Details::unknown(EventType::YearEndStatement), &Occurred::UNKNOWN, Kind::Performed);
    let first = flags.first().expect("a flag");
    assert_eq!(first.zh, "未填写述职日期（须与期限比较）");
    assert_eq!(first.en, "the day of the statement (compared with the deadline) is not given");
}
