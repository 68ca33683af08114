//! Contradictions and broken limits.

use super::*;

const UNKNOWN: Occurred = Occurred::UNKNOWN;

#[test]
fn key_dates_lie_inside_the_event() {
    use Reason::DateOutsideOccurred as Outside;
    let rows = [
        (only!(YearEndStatement { statement_date: day("2023-01-01") }), "statement_date"),
        (only!(LeadingGroupAdjustment { effective_date: day("2021-12-31") }), "effective_date"),
        (only!(LeadingGroupConfirmation { confirmed_date: day("2023-01-01") }), "confirmed_date"),
        (only!(ReportToSuperior { sent_date: day("2023-02-20") }), "sent_date"),
        (only!(AnnualReportPublication { published_date: day("2023-03-30") }), "published_date"),
        (only!(AnnualWorkPlan { issued_date: day("2023-03-30") }), "issued_date"),
        (only!(LeaderDirective { directed_date: day("2023-03-30") }), "directed_date"),
        (only!(EnforcementExam { exam_date: day("2023-03-30") }), "exam_date"),
        (only!(EnforcementCertification { as_of_date: day("2023-03-30") }), "as_of_date"),
        (
            only!(EnforcementThreeSystemsReport { published_date: day("2023-01-30") }),
            "published_date",
        ),
        (
            shared!(PolicyDocument.document = DocumentRecord { issued_date: day("2023-03-30") }),
            "issued_date",
        ),
        (
            shared!(NormativeDocument.document = DocumentRecord { issued_date: day("2023-03-30") }),
            "issued_date",
        ),
        (only!(LegalityReview { returned_date: day("2023-03-30") }), "returned_date"),
        (only!(LegalAdviserOpinion { opinion_date: day("2023-03-30") }), "opinion_date"),
        (only!(FairCompetitionReview { reviewed_date: day("2023-03-30") }), "reviewed_date"),
        (only!(CourtAppearance { hearing_date: day("2023-03-30") }), "hearing_date"),
        (only!(DemonstrationInspection { inspected_date: day("2023-03-30") }), "inspected_date"),
        (only!(Award { awarded_date: day("2023-03-30") }), "awarded_date"),
    ];
    check_refusals(rows.map(|(details, field)| (details, year_2022(), Outside, field)).into());
}

#[test]
fn the_date_of_a_decision_s_state_lies_inside_the_event() {
    use DecisionState as State;
    use Reason::DateOutsideOccurred as Outside;
    let rows = [
        (
            only!(MajorDecision { state: Some(State::Issued), issued_date: day("2023-03-30") }),
            "issued_date",
        ),
        (
            only!(MajorDecision {
                state: Some(State::Published),
                issued_date: day("2022-12-30"),
                published_date: day("2023-01-09"),
            }),
            "published_date",
        ),
        (
            only!(MajorDecision {
                state: Some(State::ReportedToParty),
                party_report_date: day("2023-03-30"),
            }),
            "party_report_date",
        ),
    ];
    check_refusals(rows.map(|(details, field)| (details, year_2022(), Outside, field)).into());
}

#[test]
fn intervals_run_forward() {
    let (late, early) = (day("2022-06-30"), day("2022-06-29"));
    let comment =
        || Some(PublicComment { start_date: late, end_date: early, ..Default::default() });
    let rows = [
        (
            only!(YearEndStatement { tenure_from_date: late, tenure_to_date: early }),
            "tenure_to_date",
        ),
        (
            only!(EnforcementThreeSystemsReport {
                period_start_date: late,
                period_end_date: early
            }),
            "period_end_date",
        ),
        (
            only!(LegalAdviserAppointment { term_from_date: late, term_to_date: early }),
            "term_to_date",
        ),
        (
            only!(MediationWork { period_start_date: late, period_end_date: early }),
            "period_end_date",
        ),
        (only!(MajorDecision { public_comment: comment() }), "public_comment.end_date"),
        (
            shared!(NormativeDocument.document = DocumentRecord { public_comment: comment() }),
            "public_comment.end_date",
        ),
    ];
    check_refusals(
        rows.map(|(details, field)| (details, UNKNOWN, Reason::DateReversed, field)).into(),
    );
}

#[test]
fn dates_follow_one_another() {
    let (late, early) = (day("2022-06-30"), day("2022-06-29"));
    let review = || {
        Some(LegalityReviewRecord { sent_date: late, returned_date: early, ..Default::default() })
    };
    let rows = [
        (
            only!(YearEndStatement { tenure_from_date: late, statement_date: early }),
            "statement_date",
        ),
        (
            only!(LeadingGroupAdjustment { trigger_date: late, effective_date: early }),
            "effective_date",
        ),
        (
            only!(AnnualReportPublication { published_date: late, withdrawn_date: early }),
            "withdrawn_date",
        ),
        (only!(LeaderDirective { directed_date: late, due_date: early }), "due_date"),
        (only!(LeaderDirective { directed_date: late, closed_date: early }), "closed_date"),
        (only!(LegalityReview { sent_date: late, returned_date: early }), "returned_date"),
        (only!(CourtAppearance { notice_date: late, hearing_date: early }), "hearing_date"),
        (only!(MajorDecision { issued_date: late, published_date: early }), "published_date"),
        (only!(MajorDecision { legality_review: review() }), "legality_review.returned_date"),
        (
            shared!(PolicyDocument.document = DocumentRecord { legality_review: review() }),
            "legality_review.returned_date",
        ),
        (
            shared!(
                PolicyDocument.document =
                    DocumentRecord { issued_date: late, published_date: early }
            ),
            "published_date",
        ),
        (
            shared!(
                NormativeDocument.document =
                    DocumentRecord { issued_date: late, filed_date: early }
            ),
            "filed_date",
        ),
        (
            shared!(
                PolicyDocument.document =
                    DocumentRecord { issued_date: late, valid_until_date: early }
            ),
            "valid_until_date",
        ),
    ];
    check_refusals(
        rows.map(|(details, field)| (details, UNKNOWN, Reason::DateOrder, field)).into(),
    );
}

#[test]
fn dates_follow_the_event() {
    let before = day("2022-06-29");
    let decision = |due_date, closed_date| {
        vec![MeetingDecision { due_date, closed_date, ..Default::default() }]
    };
    let rows = [
        (
            shared!(SpecialWorkMeeting.meeting = Meeting { decisions: decision(before, None) }),
            "decisions[0].due_date",
        ),
        (
            shared!(PartyGroupDeliberation.meeting = Meeting { decisions: decision(None, before) }),
            "decisions[0].closed_date",
        ),
        (only!(LeaderDirective { due_date: before }), "due_date"),
        (
            only!(CleanOfficeSupervision { rectification_due_date: before }),
            "rectification_due_date",
        ),
        (
            only!(CreditInformationPush { cumulative_since_date: day("2022-07-01") }),
            "cumulative_since_date",
        ),
    ];
    check_refusals(
        rows.map(|(details, field)| (details, on("2022-06-30"), Reason::DateOrder, field)).into(),
    );
}

#[test]
fn numbers_and_lists_do_not_contradict_themselves() {
    let votes = |votes: &[(&str, u32)]| {
        let one =
            |(grade, votes): &(&str, u32)| RatingVotes { grade: (*grade).into(), votes: *votes };
        votes.iter().map(one).collect()
    };
    let section = SectionCheck { section: ReportSection::Other, state: SectionState::Present };
    check_refusals(vec![
        (
            only!(RuleOfLawDebrief { votes: votes(&[("好", 7), ("差", 1)]), voters: Some(9) }),
            UNKNOWN,
            Reason::PartsDoNotSum,
            "votes",
        ),
        (
            only!(RuleOfLawDebrief { votes: votes(&[("好", 7), ("好", 1)]) }),
            UNKNOWN,
            Reason::MetricRepeated,
            "votes[1].grade",
        ),
        (
            only!(AnnualReportPublication { sections: vec![section; 2] }),
            UNKNOWN,
            Reason::MetricRepeated,
            "sections[1].section",
        ),
        (
            shared!(LeadingGroupMeeting.meeting = Meeting { session_number: Some(1_000) }),
            UNKNOWN,
            Reason::FieldOutOfRange,
            "session_number",
        ),
        (
            only!(MajorDecision { catalogue_year: Some(2015) }),
            UNKNOWN,
            Reason::FieldOutOfRange,
            "catalogue_year",
        ),
        (
            only!(MajorDecision { catalogue_year: Some(2101) }),
            UNKNOWN,
            Reason::FieldOutOfRange,
            "catalogue_year",
        ),
        (
            only!(LeadingGroupAdjustment {
                document_number: number("柳科通〔2022〕3号"),
                previous_document_number: number("柳科通[2022]3号"),
            }),
            UNKNOWN,
            Reason::FieldMalformed,
            "previous_document_number",
        ),
    ]);
}

#[test]
fn a_choice_does_not_contradict_what_stands_beside_it() {
    let passed = Some(DecisionState::CollectivelyDiscussed);
    let rows = [
        (only!(MajorDecision { state: passed, issued_date: day("2022-06-30") }), "state"),
        (
            only!(MajorDecision {
                state: passed, document_number: number("柳政发〔2022〕3号")
            }),
            "state",
        ),
        (
            only!(MajorDecision {
                state: Some(DecisionState::Issued),
                published_date: day("2022-06-30"),
            }),
            "state",
        ),
        (
            only!(CourtAppearance {
                leader: Some(AppearingLeader::Main),
                excuse: Some(AbsenceExcuse::Accident),
            }),
            "excuse",
        ),
        (
            only!(CourtAppearance { leader: Some(AppearingLeader::Absent), spoke: Answer::Yes }),
            "spoke",
        ),
    ];
    check_refusals(
        rows.map(|(details, field)| (details, UNKNOWN, Reason::FieldMalformed, field)).into(),
    );
}

#[test]
fn limits_hold_wherever_a_text_or_a_list_stands() {
    let long = "法".repeat(DETAIL_TEXT_CHARS_MAX + 1);
    let item = AgendaItem { title: long.as_str().into(), ..Default::default() };
    let many = vec![AgendaItem::default(); DETAIL_LIST_MAX + 1];
    let review = SecrecyReview { reviewer: long.as_str().into(), ..Default::default() };
    let rows = [
        (only!(Award { award_name: long.as_str().into() }), "award_name"),
        (only!(RuleOfLawDebrief { problems: texts(&["一", &long]) }), "problems[1]"),
        (shared!(SpecialWorkMeeting.meeting = Meeting { agenda: vec![item] }), "agenda[0].title"),
        (
            only!(AnnualReportPublication { secrecy_review: Some(review) }),
            "secrecy_review.reviewer",
        ),
        (shared!(SpecialWorkMeeting.meeting = Meeting { agenda: many }), "agenda"),
        (only!(AnnualWorkPlan { tasks: texts(&["一"; DETAIL_LIST_MAX + 1]) }), "tasks"),
        (
            only!(ConstitutionPublicity { forms: vec![PublicityForm::Quiz; DETAIL_LIST_MAX + 1] }),
            "forms",
        ),
    ];
    check_refusals(
        rows.map(|(details, field)| (details, UNKNOWN, Reason::FieldTooLong, field)).into(),
    );
    let fits = "法".repeat(DETAIL_TEXT_CHARS_MAX);
    assert_eq!(refusals(&only!(Award { award_name: fits.as_str().into() }), &UNKNOWN), []);
    let fits = only!(AnnualWorkPlan { tasks: texts(&["一"; DETAIL_LIST_MAX]) });
    assert_eq!(refusals(&fits, &UNKNOWN), []);
}

#[test]
fn links_are_links() {
    let page = |url: &str| only!(AnnualReportPublication { url: url.into() });
    for url in ["", "https://kjj.liuzhou.gov.cn/xxgk/1.shtml?a=b#c", "http://[::1]:80/"] {
        assert_eq!(refusals(&page(url), &UNKNOWN), [], "{url}");
    }
    for url in ["kjj.liuzhou.gov.cn", "ftp://a/b", "https://", "https:///x", "http://a b/"] {
        check_refusals(vec![(page(url), UNKNOWN, Reason::UrlInvalid, "url")]);
    }
}

#[test]
fn nothing_known_is_never_refused() {
    for event_type in EventType::ALL {
        let details = Details::unknown(*event_type);
        assert_eq!(details.event_type(), *event_type);
        for occurred in [UNKNOWN, year_2022(), on("2022-11-14")] {
            assert_eq!(refusals(&details, &occurred), []);
        }
    }
}
