//! Reviews and advice: 合法性审查, 公平竞争审查, 法律顾问; and the records of reviews and of public
//! comment inside documents and decisions.

use jiff::civil::Date;

use super::field::{
    self, Field, FileNumber, Record, answer, date, file_number, given, irregular, list, named,
    text, texts, url,
};
use super::{
    Adoption, AdviserKind, DetailFacts, FairCompetitionConclusion, LegalityOpinion, Procedure,
    ReviewSubjectKind,
};
use crate::docno::DocumentNumber;
use crate::occurred::Occurred;
use crate::problem::Problems;
use crate::quantity::Answer;

/// 合法性审查记录 of a document or decision.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LegalityReviewRecord {
    /// 送审日期.
    pub sent_date: Option<Date>,
    /// 出具意见日期.
    pub returned_date: Option<Date>,
    /// 审查机构.
    pub reviewer: Box<str>,
    /// 审查意见书编号.
    pub opinion_number: Option<FileNumber>,
}

impl LegalityReviewRecord {
    pub(super) fn fields(&self) -> Vec<Field<'_>> {
        vec![
            date("sent_date", self.sent_date),
            date("returned_date", self.returned_date).ask(
                "合法性审查意见出具日期（应先审查后决定）",
                "the day of the legality opinion (it comes first)",
            ),
            text("reviewer", &self.reviewer).ask("合法性审查机构", "the legality reviewer"),
            file_number("opinion_number", self.opinion_number.as_ref()),
        ]
    }

    pub(super) fn contradictions(&self, problems: &mut Problems) {
        field::check_order(
            named("sent_date", "送审日期", self.sent_date),
            named("returned_date", "出具意见日期", self.returned_date),
            problems,
        );
    }

    /// Whether a review came before `step`; only dates can prove that it did not.
    pub(super) fn came_before(&self, step: Option<Date>) -> Answer {
        match (self.returned_date, step) {
            (Some(returned), Some(step)) if step < returned => Answer::No,
            (Some(_), _) => Answer::Yes,
            (None, _) if self.opinion_number.is_some() => Answer::Yes,
            (None, _) => Answer::Unknown,
        }
    }
}

/// 公平竞争审查记录 of a document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FairCompetitionRecord {
    /// 是否需要审查.
    pub needed: Answer,
    /// 审查日期.
    pub reviewed_date: Option<Date>,
    /// 审查结论.
    pub conclusion: Option<FairCompetitionConclusion>,
}

impl FairCompetitionRecord {
    pub(super) fn fields(&self) -> Vec<Field<'_>> {
        let needed = self.needed != Answer::No;
        vec![
            answer("needed", self.needed)
                .ask("是否需要公平竞争审查", "whether a fair-competition review is needed"),
            date("reviewed_date", self.reviewed_date).ask_if(
                needed,
                "公平竞争审查日期（未经审查不得出台）",
                "the day of the fair-competition review (no review, no issue)",
            ),
            given("conclusion", self.conclusion).ask_if(
                needed,
                "公平竞争审查结论",
                "the conclusion of the fair-competition review",
            ),
        ]
    }

    pub(super) fn irregularities(&self, issued: Option<Date>, problems: &mut Problems) {
        flag_conclusion(self.conclusion, problems);
        field::flag_order(
            named("reviewed_date", "公平竞争审查日期", self.reviewed_date),
            named("issued_date", "印发日期", issued),
            ("未经公平竞争审查不得出台", "no issue without fair-competition review"),
            problems,
        );
    }
}

fn flag_conclusion(conclusion: Option<FairCompetitionConclusion>, problems: &mut Problems) {
    if conclusion == Some(FairCompetitionConclusion::Violates) {
        irregular(
            "conclusion",
            "审查结论为违反审查标准，不得出台",
            "the review finds a violation: the document must not be issued",
            problems,
        );
    }
}

/// 公开征求意见.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PublicComment {
    /// 开始日期.
    pub start_date: Option<Date>,
    /// 结束日期; counts as a day.
    pub end_date: Option<Date>,
    /// 缩短期限的说明.
    pub short_reason: Box<str>,
    /// 公告网址.
    pub url: Box<str>,
}

impl PublicComment {
    pub(super) fn fields(&self) -> Vec<Field<'_>> {
        vec![
            date("start_date", self.start_date)
                .ask("征求意见开始日期", "the first day of the public comment"),
            date("end_date", self.end_date)
                .ask("征求意见结束日期", "the last day of the public comment"),
            text("short_reason", &self.short_reason),
            url("url", &self.url),
        ]
    }

    pub(super) fn contradictions(&self, problems: &mut Problems) {
        field::check_interval(
            named("start_date", "征求意见开始", self.start_date),
            named("end_date", "征求意见结束", self.end_date),
            problems,
        );
    }

    /// First and last day, when both are known.
    pub(super) fn interval(&self) -> Option<(Date, Date)> {
        self.start_date.zip(self.end_date)
    }
}

/// 合法性审查（审核）.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LegalityReview {
    /// 审查对象.
    pub subject_reference: Box<str>,
    /// 对象类别.
    pub subject_kind: Option<ReviewSubjectKind>,
    /// 送审日期.
    pub sent_date: Option<Date>,
    /// 出具意见日期.
    pub returned_date: Option<Date>,
    /// 审查机构.
    pub reviewer: Box<str>,
    /// 参与的法律顾问、公职律师.
    pub lawyers_consulted: Vec<Box<str>>,
    /// 审查意见.
    pub opinion: Option<LegalityOpinion>,
    /// 采纳情况.
    pub adopted: Option<Adoption>,
    /// 审查意见书编号.
    pub opinion_number: Option<FileNumber>,
    /// 对象印发（签订）日期.
    pub subject_issued_date: Option<Date>,
}

impl Record for LegalityReview {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            text("subject_reference", &self.subject_reference).ask(
                "审查对象（覆盖率按对象计算）",
                "what was reviewed (coverage counts subjects)",
            ),
            given("subject_kind", self.subject_kind).ask("审查对象类别", "the kind of subject"),
            date("sent_date", self.sent_date).ask(
                "送审日期（审查一般不少于7个工作日）",
                "the day of submission (7 working days at least)",
            ),
            date("returned_date", self.returned_date)
                .key()
                .ask("出具意见日期（应先审查后决定）", "the day of the opinion (it comes first)"),
            text("reviewer", &self.reviewer).ask("审查机构", "the reviewer"),
            texts("lawyers_consulted", &self.lawyers_consulted),
            given("opinion", self.opinion).ask("审查意见", "the opinion"),
            given("adopted", self.adopted),
            file_number("opinion_number", self.opinion_number.as_ref()),
            date("subject_issued_date", self.subject_issued_date),
        ]
    }

    fn contradictions(&self, _occurred: &Occurred, problems: &mut Problems) {
        field::check_order(
            named("sent_date", "送审日期", self.sent_date),
            named("returned_date", "出具意见日期", self.returned_date),
            problems,
        );
    }

    fn irregularities(&self, _occurred: &Occurred, problems: &mut Problems) {
        field::flag_order(
            named("returned_date", "出具意见日期", self.returned_date),
            named("subject_issued_date", "对象印发日期", self.subject_issued_date),
            ("应先审查后印发", "review comes before issue"),
            problems,
        );
        let against = self.opinion == Some(LegalityOpinion::Illegal)
            && self.adopted == Some(Adoption::Rejected);
        if against {
            irregular(
                "adopted",
                "审查意见为不合法而未采纳",
                "the opinion was \"illegal\" and it was not followed",
                problems,
            );
        }
    }

    fn document_number(&self) -> Option<&DocumentNumber> {
        self.opinion_number.as_ref()?.document()
    }

    fn facts(&self) -> DetailFacts {
        let late = self.subject_issued_date.zip(self.returned_date);
        let legality_reviewed = match (late, self.opinion, self.returned_date) {
            (Some((issued, returned)), _, _) if issued < returned => Answer::No,
            (_, None, None) => Answer::Unknown,
            _ => Answer::Yes,
        };
        DetailFacts::of(Procedure {
            issued_date: self.subject_issued_date,
            legality_reviewed,
            legality_sent_date: self.sent_date,
            legality_returned_date: self.returned_date,
            ..Procedure::default()
        })
    }
}

/// 法律顾问、公职律师聘任.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LegalAdviserAppointment {
    /// 类别.
    pub adviser_kinds: Vec<AdviserKind>,
    /// 律师事务所.
    pub firm: Box<str>,
    /// 聘期起.
    pub term_from_date: Option<Date>,
    /// 聘期止.
    pub term_to_date: Option<Date>,
    /// 公职律师证号.
    pub certificate_number: Box<str>,
    /// 制度文件.
    pub system_document_title: Box<str>,
}

impl Record for LegalAdviserAppointment {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            list("adviser_kinds", &self.adviser_kinds)
                .ask("类别（法律顾问或公职律师）", "the kind (legal adviser or public lawyer)"),
            text("firm", &self.firm),
            date("term_from_date", self.term_from_date)
                .ask("聘期起始日（考核年度内须在聘）", "the first day of the term"),
            date("term_to_date", self.term_to_date)
                .ask("聘期截止日（考核年度内须在聘）", "the last day of the term"),
            text("certificate_number", &self.certificate_number),
            text("system_document_title", &self.system_document_title),
        ]
    }

    fn contradictions(&self, _occurred: &Occurred, problems: &mut Problems) {
        field::check_interval(
            named("term_from_date", "聘期起", self.term_from_date),
            named("term_to_date", "聘期止", self.term_to_date),
            problems,
        );
    }
}

/// 法律顾问、公职律师意见.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LegalAdviserOpinion {
    /// 事项.
    pub subject: Box<str>,
    /// 出具日期.
    pub opinion_date: Option<Date>,
    /// 出具人类别.
    pub adviser_kind: Option<AdviserKind>,
    /// 采纳情况.
    pub adopted: Option<Adoption>,
}

impl Record for LegalAdviserOpinion {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            text("subject", &self.subject).ask("咨询事项", "the subject of the opinion"),
            date("opinion_date", self.opinion_date).key(),
            given("adviser_kind", self.adviser_kind),
            given("adopted", self.adopted),
        ]
    }
}

/// 公平竞争审查.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FairCompetitionReview {
    /// 审查文件.
    pub document_reference: Box<str>,
    /// 审查日期.
    pub reviewed_date: Option<Date>,
    /// 审查结论.
    pub conclusion: Option<FairCompetitionConclusion>,
    /// 征求意见的利害关系人.
    pub consulted: Vec<Box<str>>,
    /// 文件印发日期.
    pub document_issued_date: Option<Date>,
}

impl Record for FairCompetitionReview {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            text("document_reference", &self.document_reference).ask(
                "审查文件（覆盖率按文件计算）",
                "what was reviewed (coverage counts documents)",
            ),
            date("reviewed_date", self.reviewed_date)
                .own()
                .ask("审查日期（未经审查不得出台）", "the day of the review (no review, no issue)"),
            given("conclusion", self.conclusion).ask("审查结论", "the conclusion"),
            texts("consulted", &self.consulted),
            date("document_issued_date", self.document_issued_date),
        ]
    }

    fn irregularities(&self, _occurred: &Occurred, problems: &mut Problems) {
        flag_conclusion(self.conclusion, problems);
        field::flag_order(
            named("reviewed_date", "审查日期", self.reviewed_date),
            named("document_issued_date", "文件印发日期", self.document_issued_date),
            ("未经公平竞争审查不得出台", "no issue without fair-competition review"),
            problems,
        );
    }
}
