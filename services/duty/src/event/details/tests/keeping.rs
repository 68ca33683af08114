//! What is kept of the details: document numbers, facts, texts.

use super::*;

#[test]
fn numbers_that_are_a_document_s_own() {
    let own = || number("柳科通〔2022〕3号");
    for details in [
        only!(LeadingGroupAdjustment { document_number: own() }),
        only!(LeadingGroupConfirmation { document_number: own() }),
        only!(ReportToSuperior { document_number: own() }),
        only!(AnnualWorkPlan { document_number: own() }),
        shared!(PolicyDocument.document = DocumentRecord { document_number: own() }),
        shared!(NormativeDocument.document = DocumentRecord { document_number: own() }),
        only!(MajorDecision { document_number: own() }),
        only!(CadreAppraisalLinkage { document_number: own() }),
        only!(ExamResultUse { document_number: own() }),
        shared!(
            LeadingGroupMeeting.meeting =
                Meeting { minutes_number: FileNumber::parse("柳科通[2022]3号") }
        ),
        only!(LegalityReview { opinion_number: FileNumber::parse("柳科通〔2022〕3号") }),
    ] {
        assert_eq!(details.document_number(), own().as_ref(), "{details:?}");
    }
    for details in [
        only!(LeadingGroupAdjustment { previous_document_number: own() }),
        only!(LeadingGroupConfirmation { confirmed_document_number: own() }),
        shared!(
            LeadingGroupMeeting.meeting =
                Meeting { minutes_number: FileNumber::parse("第3次纪要") }
        ),
    ] {
        assert_eq!(details.document_number(), None, "{details:?}");
    }
}

#[test]
fn facts_of_an_adjustment() {
    let details = only!(LeadingGroupAdjustment {
        trigger: Some(Trigger::LeaderChange),
        trigger_date: day("2022-05-01"),
        effective_date: day("2022-06-01"),
    });
    let facts = details.facts();
    assert_eq!(facts.trigger, Some((Trigger::LeaderChange, day("2022-05-01"))));
    assert_eq!(facts.effective_date, day("2022-06-01"));
    assert_eq!(facts.procedure, None);
}

#[test]
fn facts_of_a_document() {
    let record = |mode, reason: &str| {
        let details = shared!(
            PolicyDocument.document =
                DocumentRecord { disclosure_mode: mode, withheld_reason: reason.into() }
        );
        details.facts().publication_exempt()
    };
    assert!(record(Some(DisclosureMode::OnApplication), ""));
    assert!(record(Some(DisclosureMode::Withheld), "工作秘密"));
    assert!(!record(Some(DisclosureMode::Withheld), ""));
    assert!(!record(Some(DisclosureMode::Proactive), ""));
    assert!(!record(None, ""));

    let reviewed = |returned: Option<Date>, issued| {
        let review = LegalityReviewRecord {
            sent_date: day("2022-05-01"),
            returned_date: returned,
            ..Default::default()
        };
        shared!(
            NormativeDocument.document =
                DocumentRecord { legality_review: Some(review), issued_date: issued }
        )
        .facts()
    };
    let (early, late) = (day("2022-06-01"), day("2022-06-02"));
    assert_eq!(reviewed(early, late).legality_reviewed(), Answer::Yes);
    assert_eq!(reviewed(late, early).legality_reviewed(), Answer::No);
    assert_eq!(reviewed(early, None).legality_reviewed(), Answer::Yes);
    assert_eq!(reviewed(None, late).legality_reviewed(), Answer::Unknown);
    assert_eq!(reviewed(early, late).legality_sent_date(), day("2022-05-01"));
    assert_eq!(reviewed(early, late).legality_returned_date(), early);
    assert_eq!(reviewed(early, late).issued_date(), late);
}

#[test]
fn facts_of_a_decision() {
    let discussion = |passed| CollectiveDiscussion {
        meeting_date: day("2022-06-30"),
        passed,
        ..Default::default()
    };
    let facts = |state, discussion| only!(MajorDecision { state, discussion }).facts();
    let passed = Some(DecisionState::CollectivelyDiscussed);
    let issued = Some(DecisionState::Issued);
    assert_eq!(facts(passed, None).collectively_discussed(), Answer::Yes);
    assert_eq!(facts(issued, None).collectively_discussed(), Answer::Unknown);
    let told = |passed| facts(issued, Some(discussion(passed))).collectively_discussed();
    assert_eq!(told(Answer::Unknown), Answer::Yes);
    assert_eq!(told(Answer::No), Answer::No);

    let comment = PublicComment {
        start_date: day("2022-05-01"),
        end_date: day("2022-05-30"),
        ..Default::default()
    };
    let facts = only!(MajorDecision { public_comment: Some(comment) }).facts();
    assert_eq!(facts.public_comment(), Some((date(2022, 5, 1), date(2022, 5, 30))));
    assert_eq!(facts.legality_reviewed(), Answer::Unknown);
}

#[test]
fn facts_of_a_hearing() {
    for (leader, excuse, appeared, excused) in [
        (None, None, Answer::Unknown, false),
        (Some(AppearingLeader::Main), None, Answer::Yes, false),
        (Some(AppearingLeader::Deputy), Some(AbsenceExcuse::Accident), Answer::Yes, false),
        (Some(AppearingLeader::InCharge), None, Answer::Yes, false),
        (Some(AppearingLeader::Absent), None, Answer::No, false),
        (Some(AppearingLeader::Absent), Some(AbsenceExcuse::Accident), Answer::No, true),
    ] {
        let facts = only!(CourtAppearance { leader, excuse }).facts();
        assert_eq!((facts.appeared(), facts.excused()), (appeared, excused), "{leader:?}");
    }
}

#[test]
fn facts_are_small() {
    // Ten million events of most types keep this much and no box: 280 MB at the worst.
    assert!(size_of::<DetailFacts>() <= 28, "{}", size_of::<DetailFacts>());
    assert_eq!(Details::unknown(EventType::LeaderLawStudy).facts(), DetailFacts::default());
}

#[test]
fn every_text_is_visited_with_its_path() {
    let details = shared!(
        SpecialWorkMeeting.meeting = Meeting {
            chair_post: "局长".into(),
            absent_posts: texts(&["副局长"]),
            agenda: vec![AgendaItem {
                title: "法治政府建设".into(), rule_of_law: Answer::Yes
            }],
            decisions: vec![MeetingDecision {
                item: "修订制度".into(),
                owner: "办公室".into(),
                ..Default::default()
            }],
            minutes_number: FileNumber::parse("第3次纪要"),
        }
    );
    let mut visited = String::new();
    details.for_each_text(None, &mut |path, text| visited += &format!("{path}: {text}\n"));
    expect![[r#"
        chair_post: 局长
        absent_posts[0]: 副局长
        agenda[0].title: 法治政府建设
        decisions[0].item: 修订制度
        decisions[0].owner: 办公室
        minutes_number: 第3次纪要
    "#]]
    .assert_eq(&visited);

    let review = SecrecyReview { reviewer: "保密办".into(), ..Default::default() };
    let details =
        only!(AnnualReportPublication { url: "https://a/".into(), secrecy_review: Some(review) });
    let mut visited = Vec::new();
    details.for_each_text(None, &mut |path, _| visited.push(path.to_string()));
    assert_eq!(visited, ["url", "secrecy_review.reviewer"]);
}

#[test]
fn numbers_of_either_shape() {
    assert_eq!(FileNumber::parse("  "), None);
    let document = FileNumber::parse("柳科纪要[2022] 3 号").expect("a number");
    assert_eq!(document.as_str(), "柳科纪要〔2022〕3号");
    let other = FileNumber::parse(" HFGS—2017—9 ").expect("a number");
    assert_eq!((other.as_str(), other.document()), ("HFGS—2017—9", None));
}

#[test]
fn choices_have_distinct_texts() {
    let texts: Vec<_> = DecisionState::ALL.iter().map(|state| state.as_str()).collect();
    let mut distinct = texts.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), texts.len());
    assert_eq!(Trigger::Reform.as_str(), "reform");
    assert_eq!(Trigger::Reform.name_zh(), "机构改革");
}
