//! Broken rules of substance, all on events that are accepted.

use super::*;

const UNKNOWN: Occurred = Occurred::UNKNOWN;

#[test]
fn debriefs() {
    let form = |form| only!(RuleOfLawDebrief { form: Some(form) });
    let uncovered = DebriefItem { title: "五".into(), covered: Answer::No };
    let votes = vec![RatingVotes { grade: "好".into(), votes: 9 }];
    check_irregular(vec![
        (form(DebriefForm::Special), year_2022(), "form"),
        (form(DebriefForm::OnSite), UNKNOWN, "form"),
        (form(DebriefForm::Meeting), year_2022(), "form"),
        (only!(RuleOfLawDebrief { items: vec![uncovered] }), UNKNOWN, "items[0].covered"),
        (only!(RuleOfLawDebrief { rating: "优秀".into(), votes }), UNKNOWN, "rating"),
        (
            only!(RuleOfLawDebrief { report_submitted_date: day("2022-07-01") }),
            on("2022-06-30"),
            "report_submitted_date",
        ),
    ]);
    assert_eq!(irregular_fields(&form(DebriefForm::Written), &year_2022()), [""; 0]);
    assert_eq!(irregular_fields(&form(DebriefForm::Special), &on("2022-06-30")), [""; 0]);
}

#[test]
fn meetings_and_groups() {
    let item = |rule_of_law| AgendaItem { title: "一".into(), rule_of_law };
    let agenda = |answers: &[Answer]| {
        let agenda = answers.iter().map(|answer| item(*answer)).collect();
        shared!(PartyGroupDeliberation.meeting = Meeting { agenda: agenda })
    };
    let chaired =
        || shared!(SpecialWorkMeeting.meeting = Meeting { chair_is_main_leader: Answer::No });
    check_irregular(vec![
        (agenda(&[Answer::No, Answer::No]), UNKNOWN, "agenda"),
        (chaired(), UNKNOWN, "chair_is_main_leader"),
        (
            only!(LeadingGroupAdjustment { head_is_main_leader: Answer::No }),
            UNKNOWN,
            "head_is_main_leader",
        ),
        (
            only!(LeadingGroupConfirmation { head_is_main_leader: Answer::No }),
            UNKNOWN,
            "head_is_main_leader",
        ),
        (
            only!(LeadingGroupConfirmation { composition_unchanged: Answer::No }),
            UNKNOWN,
            "composition_unchanged",
        ),
    ]);
    assert_eq!(irregular_fields(&agenda(&[Answer::No, Answer::Unknown]), &UNKNOWN), [""; 0]);
}

#[test]
fn reports() {
    use RecipientKind as To;
    let sent = |kinds: &[RecipientKind]| {
        let recipient = |kind: &RecipientKind| ReportRecipient { kind: *kind, name: "".into() };
        only!(ReportToSuperior { recipients: kinds.iter().map(recipient).collect() })
    };
    let check = |state| SectionCheck { section: ReportSection::Shortfalls, state };
    let report = |state| only!(AnnualReportPublication { sections: vec![check(state)] });
    let review = SecrecyReview { reviewer: "办".into(), reviewed_date: day("2023-03-31") };
    check_irregular(vec![
        (sent(&[To::Government, To::SuperiorDepartment]), UNKNOWN, "recipients"),
        (sent(&[To::PartyCommittee, To::SuperiorDepartment]), UNKNOWN, "recipients"),
        (sent(&[To::PartyCommittee, To::Government, To::RuleOfLawOffice]), UNKNOWN, "recipients"),
        (report(SectionState::Thin), UNKNOWN, "sections[0].state"),
        (report(SectionState::Missing), UNKNOWN, "sections[0].state"),
        (
            only!(AnnualReportPublication { secrecy_review: Some(review) }),
            on("2023-03-30"),
            "secrecy_review.reviewed_date",
        ),
    ]);
    let complete = sent(&[To::PartyCommittee, To::Government, To::SuperiorDepartment]);
    assert_eq!(irregular_fields(&complete, &UNKNOWN), [""; 0]);
    let of_a_government = sent(&[To::PartyCommittee, To::PeoplesCongress]);
    assert_eq!(irregular_fields(&of_a_government, &UNKNOWN), [""; 0]);
    assert_eq!(irregular_fields(&report(SectionState::Present), &UNKNOWN), [""; 0]);
}

#[test]
fn enforcement() {
    let expired = CertifiedOfficer { valid_to_date: day("2022-12-30"), ..Default::default() };
    check_irregular(vec![
        (
            only!(EnforcementCertification { status: Some(CertificationStatus::Planned) }),
            UNKNOWN,
            "status",
        ),
        (
            only!(EnforcementCertification { officers: vec![expired] }),
            year_2022(),
            "officers[0].valid_to_date",
        ),
        (
            only!(EnforcementThreeSystemsReport { publicity_system: Answer::No }),
            UNKNOWN,
            "publicity_system",
        ),
        (
            only!(EnforcementThreeSystemsReport { full_record_system: Answer::No }),
            UNKNOWN,
            "full_record_system",
        ),
        (
            only!(EnforcementThreeSystemsReport { legal_review_system: Answer::No }),
            UNKNOWN,
            "legal_review_system",
        ),
    ]);
}

#[test]
fn steps_of_a_document() {
    let (early, late) = (day("2022-06-29"), day("2022-06-30"));
    let review =
        LegalityReviewRecord { returned_date: late, reviewer: "办".into(), ..Default::default() };
    let competition = |conclusion, reviewed_date| {
        Some(FairCompetitionRecord { needed: Answer::Yes, conclusion, reviewed_date })
    };
    let violates = Some(FairCompetitionConclusion::Violates);
    let policy = |document| Details::PolicyDocument(PolicyDocument { document });
    let record = || DocumentRecord { issued_date: early, ..Default::default() };
    let rows = [
        (
            DocumentRecord { legality_review: Some(review), ..record() },
            "legality_review.returned_date",
        ),
        (DocumentRecord { discussed_date: late, ..record() }, "discussed_date"),
        (
            DocumentRecord { fair_competition: competition(None, late), ..record() },
            "fair_competition.reviewed_date",
        ),
        (
            DocumentRecord { fair_competition: competition(violates, early), ..record() },
            "fair_competition.conclusion",
        ),
    ];
    check_irregular(rows.map(|(record, field)| (policy(record), UNKNOWN, field)).into());
}

#[test]
fn standards_of_documents() {
    let category = |category| DocumentRecord { category: Some(category), ..Default::default() };
    let disclosed = |mode| DocumentRecord { disclosure_mode: Some(mode), ..Default::default() };
    let policy = |document| Details::PolicyDocument(PolicyDocument { document });
    let normative = |document| Details::NormativeDocument(NormativeDocument { document });
    let rows = [
        (policy(category(DocumentCategory::Normative)), "category"),
        (normative(category(DocumentCategory::InternalRule)), "category"),
        (normative(disclosed(DisclosureMode::OnApplication)), "disclosure_mode"),
        (normative(disclosed(DisclosureMode::Withheld)), "disclosure_mode"),
    ];
    check_irregular(rows.map(|(details, field)| (details, UNKNOWN, field)).into());
    // The seed marks a policy document 依申请公开 (DOC-01), which is no fault of a policy document.
    let on_application = policy(disclosed(DisclosureMode::OnApplication));
    assert_eq!(irregular_fields(&on_application, &UNKNOWN), [""; 0]);
}

fn reviewed(returned: &str) -> Option<LegalityReviewRecord> {
    Some(LegalityReviewRecord {
        returned_date: day(returned),
        reviewer: "市司法局".into(),
        ..Default::default()
    })
}

fn discussed(meeting: &str) -> Option<CollectiveDiscussion> {
    Some(CollectiveDiscussion {
        meeting: "市政府常务会议".into(),
        meeting_date: day(meeting),
        ..Default::default()
    })
}

fn commented(first: &str, last: &str, reason: &str) -> Details {
    let comment = PublicComment {
        start_date: day(first),
        end_date: day(last),
        short_reason: reason.into(),
        ..Default::default()
    };
    only!(MajorDecision { public_comment: Some(comment) })
}

#[test]
fn decisions() {
    let not_last = CollectiveDiscussion { head_spoke_last: Answer::No, ..Default::default() };
    let refused = CollectiveDiscussion { passed: Answer::No, ..Default::default() };
    let review = || reviewed("2022-06-01");
    let passed = Some(DecisionState::CollectivelyDiscussed);
    let rows = [
        (commented("2022-05-01", "2022-05-29", ""), "public_comment"),
        (only!(MajorDecision { state: passed }), "legality_review"),
        (only!(MajorDecision { discussion: discussed("2022-06-30") }), "legality_review"),
        (
            only!(MajorDecision {
                legality_review: reviewed("2022-07-01"),
                discussion: discussed("2022-06-30"),
            }),
            "legality_review.returned_date",
        ),
        (
            only!(MajorDecision {
                legality_review: reviewed("2022-07-01"),
                issued_date: day("2022-06-30"),
            }),
            "legality_review.returned_date",
        ),
        (
            only!(MajorDecision { legality_review: review(), discussion: Some(not_last) }),
            "discussion.head_spoke_last",
        ),
        (
            only!(MajorDecision {
                state: passed,
                legality_review: review(),
                discussion: Some(refused),
            }),
            "discussion.passed",
        ),
        (
            only!(MajorDecision {
                legality_review: review(),
                discussion: discussed("2022-06-30"),
                issued_date: day("2022-06-29"),
            }),
            "discussion.meeting_date",
        ),
        (
            only!(MajorDecision {
                party_report_date: day("2022-06-30"),
                issued_date: day("2022-06-29"),
            }),
            "party_report_date",
        ),
    ];
    check_irregular(rows.map(|(details, field)| (details, UNKNOWN, field)).into());
    for details in [
        commented("2022-05-01", "2022-05-30", ""),
        commented("2022-05-01", "2022-05-07", "防汛应急"),
        only!(MajorDecision { legality_review: review(), discussion: discussed("2022-06-01") }),
    ] {
        assert_eq!(irregular_fields(&details, &UNKNOWN), [""; 0], "{details:?}");
    }
}

#[test]
fn reviews() {
    let (early, late) = (day("2022-06-29"), day("2022-06-30"));
    let violates = Some(FairCompetitionConclusion::Violates);
    check_irregular(vec![
        (
            only!(LegalityReview { returned_date: late, subject_issued_date: early }),
            UNKNOWN,
            "returned_date",
        ),
        (
            only!(LegalityReview {
                opinion: Some(LegalityOpinion::Illegal),
                adopted: Some(Adoption::Rejected),
            }),
            UNKNOWN,
            "adopted",
        ),
        (
            only!(FairCompetitionReview { reviewed_date: late, document_issued_date: early }),
            UNKNOWN,
            "reviewed_date",
        ),
        (only!(FairCompetitionReview { conclusion: violates }), UNKNOWN, "conclusion"),
    ]);
}

#[test]
fn appearances() {
    let absent = Some(AppearingLeader::Absent);
    check_irregular(vec![
        (only!(CourtAppearance { leader: absent }), UNKNOWN, "leader"),
        (
            only!(CourtAppearance { leader: Some(AppearingLeader::Deputy), spoke: Answer::No }),
            UNKNOWN,
            "spoke",
        ),
        (
            only!(CourtAppearance { notice_date: day("2022-06-28") }),
            on("2022-06-30"),
            "notice_date",
        ),
    ]);
    let excused =
        only!(CourtAppearance { leader: absent, excuse: Some(AbsenceExcuse::ForceMajeure) });
    assert_eq!(irregular_fields(&excused, &UNKNOWN), [""; 0]);
    let in_time = only!(CourtAppearance { notice_date: day("2022-06-27") });
    assert_eq!(irregular_fields(&in_time, &on("2022-06-30")), [""; 0]);
}
