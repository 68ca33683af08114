//! 重大行政决策: how far a decision has come, and whether its steps came in turn (国务院令第713号).
//!
//! A step out of turn is a flag: it may well have happened so. Only a state that its own dates
//! disprove is refused.

use jiff::civil::Date;

use super::field::{
    self, Field, Record, answer, date, document_number, given, group, irregular, is_given, named,
    text, url,
};
use super::{DecisionState, DetailFacts, LegalityReviewRecord, Procedure, PublicComment};
use crate::docno::DocumentNumber;
use crate::occurred::Occurred;
use crate::problem::{Problems, Reason};
use crate::quantity::Answer;

/// Public comment generally lasts 30 days or more (art. 15); both days count.
const PUBLIC_COMMENT_DAYS_MIN: i32 = 30;
/// Years a catalogue may be of: no event answers for an earlier one, and the last is far enough
/// never to matter and near enough to catch a slip.
const CATALOGUE_YEARS: std::ops::RangeInclusive<i32> = 2016..=2100;

/// 专家论证 or 风险评估.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DecisionStep {
    /// 是否需要.
    pub needed: Answer,
    /// 完成日期.
    pub completed_date: Option<Date>,
    /// 结论.
    pub conclusion: Box<str>,
}

impl DecisionStep {
    fn fields(&self) -> Vec<Field<'_>> {
        let needed = self.needed == Answer::Yes;
        vec![
            answer("needed", self.needed),
            date("completed_date", self.completed_date).ask_if(
                needed,
                "完成日期（该环节为必经程序）",
                "the day of a step that is needed",
            ),
            text("conclusion", &self.conclusion),
        ]
    }
}

/// 集体讨论.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CollectiveDiscussion {
    /// 会议名称.
    pub meeting: Box<str>,
    /// 会议日期.
    pub meeting_date: Option<Date>,
    /// 行政首长是否末位发言.
    pub head_spoke_last: Answer,
    /// 是否通过.
    pub passed: Answer,
}

impl CollectiveDiscussion {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            text("meeting", &self.meeting).ask("讨论会议名称", "the meeting that discussed it"),
            date("meeting_date", self.meeting_date).ask(
                "讨论会议日期（应在合法性审查之后）",
                "the day of the discussion (after the review)",
            ),
            answer("head_spoke_last", self.head_spoke_last),
            answer("passed", self.passed),
        ]
    }
}

/// 重大行政决策.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MajorDecision {
    /// 决策事项名称.
    pub item_name: Box<str>,
    /// 目录年度.
    pub catalogue_year: Option<i32>,
    /// 决策机关.
    pub deciding_body: Box<str>,
    /// 承办单位.
    pub drafting_unit: Box<str>,
    /// 决策状态.
    pub state: Option<DecisionState>,
    /// 公开征求意见.
    pub public_comment: Option<PublicComment>,
    /// 专家论证.
    pub expert_review: Option<DecisionStep>,
    /// 风险评估.
    pub risk_assessment: Option<DecisionStep>,
    /// 合法性审查.
    pub legality_review: Option<LegalityReviewRecord>,
    /// 集体讨论.
    pub discussion: Option<CollectiveDiscussion>,
    /// 向党委请示报告日期.
    pub party_report_date: Option<Date>,
    /// 印发日期.
    pub issued_date: Option<Date>,
    /// 文号.
    pub document_number: Option<DocumentNumber>,
    /// 公布日期.
    pub published_date: Option<Date>,
    /// 公布网址.
    pub published_url: Box<str>,
    /// 档案号.
    pub archive_number: Box<str>,
}

impl MajorDecision {
    fn has_reached(&self, state: DecisionState) -> bool {
        self.state.is_some_and(|reached| state <= reached)
    }

    fn meeting_date(&self) -> Option<Date> {
        self.discussion.as_ref()?.meeting_date
    }

    fn returned_date(&self) -> Option<Date> {
        self.legality_review.as_ref()?.returned_date
    }

    /// The furthest state that a date or a number proves.
    fn proved_state(&self) -> Option<(DecisionState, &'static str)> {
        if self.published_date.is_some() {
            Some((DecisionState::Published, "published_date"))
        } else if self.issued_date.is_some() {
            Some((DecisionState::Issued, "issued_date"))
        } else if self.document_number.is_some() {
            Some((DecisionState::Issued, "document_number"))
        } else {
            None
        }
    }
}

impl Record for MajorDecision {
    fn fields(&self) -> Vec<Field<'_>> {
        let state = self.state;
        let issued = self.has_reached(DecisionState::Issued);
        let published = self.has_reached(DecisionState::Published);
        vec![
            text("item_name", &self.item_name).ask("决策事项名称", "the name of the decision"),
            is_given("catalogue_year", self.catalogue_year.is_some())
                .ask("目录年度（按年度目录管理）", "the year of the catalogue"),
            text("deciding_body", &self.deciding_body).ask("决策机关", "the deciding body"),
            text("drafting_unit", &self.drafting_unit).ask("承办单位", "the drafting unit"),
            given("state", state)
                .ask("决策状态（通过与印发不同）", "the state (passed is not issued)"),
            group("public_comment", self.public_comment.as_ref().map(PublicComment::fields)),
            group("expert_review", self.expert_review.as_ref().map(DecisionStep::fields)),
            group("risk_assessment", self.risk_assessment.as_ref().map(DecisionStep::fields)),
            group(
                "legality_review",
                self.legality_review.as_ref().map(LegalityReviewRecord::fields),
            )
            .ask_if(
                self.state == Some(DecisionState::LegalityReviewed),
                "合法性审查情况",
                "the legality review that the state speaks of",
            ),
            group("discussion", self.discussion.as_ref().map(CollectiveDiscussion::fields)).ask_if(
                self.has_reached(DecisionState::CollectivelyDiscussed),
                "集体讨论情况（重大决策须集体讨论）",
                "the collective discussion (a major decision needs one)",
            ),
            date("party_report_date", self.party_report_date)
                .key_if(state == Some(DecisionState::ReportedToParty))
                .ask_if(
                    self.has_reached(DecisionState::ReportedToParty),
                    "向党委请示报告日期（出台前应报告）",
                    "the day of the report to the party committee (before issue)",
                ),
            date("issued_date", self.issued_date)
                .key_if(state == Some(DecisionState::Issued))
                .ask_if(issued, "印发日期", "the day of issue"),
            document_number("document_number", self.document_number.as_ref()).ask_if(
                issued,
                "文号",
                "the document number",
            ),
            date("published_date", self.published_date)
                .key_if(state == Some(DecisionState::Published))
                .ask_if(published, "公布日期", "the day of publication"),
            url("published_url", &self.published_url).ask_if(
                published,
                "公布网址（供核验）",
                "the link (for verification)",
            ),
            text("archive_number", &self.archive_number),
        ]
    }

    fn contradictions(&self, _occurred: &Occurred, problems: &mut Problems) {
        if self.catalogue_year.is_some_and(|year| !CATALOGUE_YEARS.contains(&year)) {
            let (first, last) = (CATALOGUE_YEARS.start(), CATALOGUE_YEARS.end());
            problems.add(
                Reason::FieldOutOfRange,
                "catalogue_year",
                format!("目录年度应在 {first} 与 {last} 之间"),
                format!("the year of the catalogue must lie between {first} and {last}"),
            );
        }
        if let (Some(state), Some((proved, by))) = (self.state, self.proved_state())
            && state < proved
        {
            problems.add(
                Reason::FieldMalformed,
                "state",
                format!("状态为“{}”，但 {by} 表明已{}", state.name_zh(), proved.name_zh()),
                format!("the state is {}, but {by} proves {}", state.as_str(), proved.as_str()),
            );
        }
        field::check_order(
            named("issued_date", "印发日期", self.issued_date),
            named("published_date", "公布日期", self.published_date),
            problems,
        );
        if let Some(review) = &self.legality_review {
            problems.at("legality_review", |problems| review.contradictions(problems));
        }
        if let Some(comment) = &self.public_comment {
            problems.at("public_comment", |problems| comment.contradictions(problems));
        }
    }

    fn irregularities(&self, _occurred: &Occurred, problems: &mut Problems) {
        self.flag_public_comment(problems);
        self.flag_review(problems);
        self.flag_discussion(problems);
        let issued = named("issued_date", "印发日期", self.issued_date);
        for (earlier, rule) in [
            (
                named("discussion.meeting_date", "集体讨论日期", self.meeting_date()),
                ("应先集体讨论后印发", "discussion comes before issue"),
            ),
            (
                named("party_report_date", "向党委请示报告日期", self.party_report_date),
                ("出台前应向党委请示报告", "the party committee is told before issue"),
            ),
        ] {
            field::flag_order(earlier, issued, rule, problems);
        }
    }

    fn document_number(&self) -> Option<&DocumentNumber> {
        self.document_number.as_ref()
    }

    fn facts(&self) -> DetailFacts {
        let review = self.legality_review.as_ref();
        let next_step = self.meeting_date().or(self.issued_date);
        let discussed = match &self.discussion {
            Some(discussion) if discussion.passed == Answer::No => Answer::No,
            Some(discussion) if discussion.meeting_date.is_some() => Answer::Yes,
            _ if self.state == Some(DecisionState::CollectivelyDiscussed) => Answer::Yes,
            _ => Answer::Unknown,
        };
        DetailFacts::of(Procedure {
            issued_date: self.issued_date,
            published_date: self.published_date,
            legality_reviewed: review
                .map_or(Answer::Unknown, |review| review.came_before(next_step)),
            legality_sent_date: review.and_then(|review| review.sent_date),
            legality_returned_date: review.and_then(|review| review.returned_date),
            public_comment: self.public_comment.as_ref().and_then(PublicComment::interval),
            collectively_discussed: discussed,
            ..Procedure::default()
        })
    }
}

impl MajorDecision {
    fn flag_public_comment(&self, problems: &mut Problems) {
        let Some(comment) = &self.public_comment else { return };
        let Some((first, last)) = comment.interval() else { return };
        let days = (last - first).get_days() + 1;
        if days < PUBLIC_COMMENT_DAYS_MIN && comment.short_reason.is_empty() {
            irregular(
                "public_comment",
                format!("公开征求意见 {days} 日，少于 {PUBLIC_COMMENT_DAYS_MIN} 日且未说明理由"),
                format!(
                    "public comment lasted {days} days: fewer than {PUBLIC_COMMENT_DAYS_MIN}, \
                     and no reason is given"
                ),
                problems,
            );
        }
    }

    /// No legality review, no submission for discussion (art. 25).
    fn flag_review(&self, problems: &mut Problems) {
        let discussed =
            self.discussion.is_some() || self.has_reached(DecisionState::CollectivelyDiscussed);
        if discussed && self.legality_review.is_none() {
            irregular(
                "legality_review",
                "已提交集体讨论，但没有合法性审查记录：未经合法性审查不得提交讨论",
                "it was discussed without a recorded legality review: no review, no discussion",
                problems,
            );
        }
        let returned =
            named("legality_review.returned_date", "合法性审查意见出具日期", self.returned_date());
        for later in [
            named("discussion.meeting_date", "集体讨论日期", self.meeting_date()),
            named("issued_date", "印发日期", self.issued_date),
        ] {
            field::flag_order(
                returned,
                later,
                ("未经合法性审查不得提交讨论", "no review, no discussion"),
                problems,
            );
        }
    }

    fn flag_discussion(&self, problems: &mut Problems) {
        let Some(discussion) = &self.discussion else { return };
        if discussion.head_spoke_last == Answer::No {
            irregular(
                "discussion.head_spoke_last",
                "行政首长未末位发言（条例第三十条）",
                "the head did not speak last (art. 30)",
                problems,
            );
        }
        let refused = discussion.passed == Answer::No;
        if refused && self.has_reached(DecisionState::CollectivelyDiscussed) {
            irregular(
                "discussion.passed",
                "集体讨论未通过，但状态已在通过之后",
                "the discussion did not pass it, yet the state is beyond passing",
                problems,
            );
        }
    }
}
