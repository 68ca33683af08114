//! 重大政策文件 and 行政规范性文件: one shape, two standards. A normative document owes legality
//! review, open publication and filing; a policy document does not owe them by that name.

use jiff::civil::Date;

use super::field::{
    self, Field, Record, date, document_number, given, group, irregular, named, text, url,
};
use super::{
    DetailFacts, DisclosureMode, DocumentCategory, FairCompetitionRecord, IssuerLevel,
    LegalityReviewRecord, Procedure, PublicComment,
};
use crate::docno::DocumentNumber;
use crate::occurred::Occurred;
use crate::problem::Problems;
use crate::quantity::Answer;

/// What a document owes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standard {
    Policy,
    Normative,
}

/// What policy documents and normative documents have in common.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DocumentRecord {
    /// 文号.
    pub document_number: Option<DocumentNumber>,
    /// 规范性文件统一编号.
    pub unified_number: Box<str>,
    /// 制发层级.
    pub issuer_level: Option<IssuerLevel>,
    /// 文件类别.
    pub category: Option<DocumentCategory>,
    /// 印发日期.
    pub issued_date: Option<Date>,
    /// 合法性审查.
    pub legality_review: Option<LegalityReviewRecord>,
    /// 公平竞争审查.
    pub fair_competition: Option<FairCompetitionRecord>,
    /// 公开征求意见.
    pub public_comment: Option<PublicComment>,
    /// 集体讨论日期.
    pub discussed_date: Option<Date>,
    /// 公开方式.
    pub disclosure_mode: Option<DisclosureMode>,
    /// 不公开理由.
    pub withheld_reason: Box<str>,
    /// 公开日期.
    pub published_date: Option<Date>,
    /// 公开网址.
    pub url: Box<str>,
    /// 备案日期.
    pub filed_date: Option<Date>,
    /// 备案号.
    pub filing_number: Box<str>,
    /// 有效期至.
    pub valid_until_date: Option<Date>,
}

impl DocumentRecord {
    fn fields(&self, standard: Standard) -> Vec<Field<'_>> {
        let normative = standard == Standard::Normative;
        let withheld = self.disclosure_mode == Some(DisclosureMode::Withheld);
        let open = matches!(self.disclosure_mode, None | Some(DisclosureMode::Proactive));
        vec![
            document_number("document_number", self.document_number.as_ref())
                .ask("文号（文件的唯一标识）", "the document number (it identifies the document)"),
            text("unified_number", &self.unified_number),
            given("issuer_level", self.issuer_level)
                .ask("制发层级（党委政府或部门）", "the level of the issuer"),
            given("category", self.category).ask_if(!normative, "文件类别", "the category"),
            date("issued_date", self.issued_date).key().ask(
                "印发日期（审查、公开、备案期限的起点）",
                "the day of issue (all time limits refer to it)",
            ),
            group(
                "legality_review",
                self.legality_review.as_ref().map(LegalityReviewRecord::fields),
            )
            .ask_if(
                normative,
                "合法性审核（规范性文件应先审核）",
                "the legality review (a normative document needs one)",
            ),
            group(
                "fair_competition",
                self.fair_competition.as_ref().map(FairCompetitionRecord::fields),
            )
            .ask("公平竞争审查情况", "the fair-competition review"),
            group("public_comment", self.public_comment.as_ref().map(PublicComment::fields)),
            date("discussed_date", self.discussed_date),
            given("disclosure_mode", self.disclosure_mode),
            text("withheld_reason", &self.withheld_reason).ask_if(
                withheld,
                "不予公开的理由",
                "the reason for withholding the document",
            ),
            date("published_date", self.published_date).ask_if(
                open,
                "公开日期（自印发起20个工作日内）",
                "the day of publication (20 working days from issue)",
            ),
            url("url", &self.url).ask_if(open, "公开网址（供核验）", "the link (for verification)"),
            date("filed_date", self.filed_date).ask_if(
                normative,
                "备案日期（规范性文件应备案）",
                "the day of filing (normative documents are filed)",
            ),
            text("filing_number", &self.filing_number).ask_if(
                normative,
                "备案号（规范性文件应备案）",
                "the filing number (normative documents are filed)",
            ),
            date("valid_until_date", self.valid_until_date),
        ]
    }

    fn contradictions(&self, problems: &mut Problems) {
        let issued = named("issued_date", "印发日期", self.issued_date);
        for later in [
            named("published_date", "公开日期", self.published_date),
            named("filed_date", "备案日期", self.filed_date),
            named("valid_until_date", "有效期截止日", self.valid_until_date),
        ] {
            field::check_order(issued, later, problems);
        }
        if let Some(review) = &self.legality_review {
            problems.at("legality_review", |problems| review.contradictions(problems));
        }
        if let Some(comment) = &self.public_comment {
            problems.at("public_comment", |problems| comment.contradictions(problems));
        }
    }

    fn irregularities(&self, standard: Standard, problems: &mut Problems) {
        let issued = named("issued_date", "印发日期", self.issued_date);
        let reviewed = self.legality_review.as_ref().and_then(|review| review.returned_date);
        field::flag_order(
            named("legality_review.returned_date", "合法性审查意见出具日期", reviewed),
            issued,
            ("应先审查后印发", "review comes before issue"),
            problems,
        );
        field::flag_order(
            named("discussed_date", "集体讨论日期", self.discussed_date),
            issued,
            ("应先集体讨论后印发", "discussion comes before issue"),
            problems,
        );
        if let Some(review) = &self.fair_competition {
            problems.at("fair_competition", |problems| {
                review.irregularities(self.issued_date, problems);
            });
        }
        self.flag_standard(standard, problems);
    }

    fn flag_standard(&self, standard: Standard, problems: &mut Problems) {
        match (standard, self.category) {
            (Standard::Policy, Some(DocumentCategory::Normative)) => irregular(
                "category",
                "行政规范性文件应按“行政规范性文件”类型填报",
                "a normative document should be recorded as normative_document",
                problems,
            ),
            (Standard::Normative, Some(DocumentCategory::InternalRule)) => irregular(
                "category",
                "内部管理制度一般不属于行政规范性文件",
                "an internal management rule is normally no normative document",
                problems,
            ),
            _ => {}
        }
        let (zh, en) = match self.disclosure_mode {
            Some(DisclosureMode::OnApplication) => ("依申请公开", "open on application only"),
            Some(DisclosureMode::Withheld) => ("不予公开", "withheld"),
            Some(DisclosureMode::Proactive) | None => return,
        };
        if standard == Standard::Normative {
            irregular(
                "disclosure_mode",
                format!("行政规范性文件应主动公开（信息公开条例第二十条），记录为{zh}"),
                format!("a normative document is open by law (art. 20), but this one is {en}"),
                problems,
            );
        }
    }

    fn facts(&self) -> DetailFacts {
        let review = self.legality_review.as_ref();
        let exempt = match self.disclosure_mode {
            Some(DisclosureMode::OnApplication) => true,
            Some(DisclosureMode::Withheld) => !self.withheld_reason.is_empty(),
            Some(DisclosureMode::Proactive) | None => false,
        };
        let discussed = self.discussed_date.is_some();
        DetailFacts::of(Procedure {
            issued_date: self.issued_date,
            published_date: self.published_date,
            filed_date: self.filed_date,
            publication_exempt: exempt,
            legality_reviewed: review
                .map_or(Answer::Unknown, |review| review.came_before(self.issued_date)),
            legality_sent_date: review.and_then(|review| review.sent_date),
            legality_returned_date: review.and_then(|review| review.returned_date),
            public_comment: self.public_comment.as_ref().and_then(PublicComment::interval),
            collectively_discussed: if discussed { Answer::Yes } else { Answer::Unknown },
            ..Procedure::default()
        })
    }
}

macro_rules! document_record {
    ($name:ident, $standard:expr) => {
        impl Record for $name {
            fn fields(&self) -> Vec<Field<'_>> {
                self.document.fields($standard)
            }

            fn contradictions(&self, _occurred: &Occurred, problems: &mut Problems) {
                self.document.contradictions(problems);
            }

            fn irregularities(&self, _occurred: &Occurred, problems: &mut Problems) {
                self.document.irregularities($standard, problems);
            }

            fn document_number(&self) -> Option<&DocumentNumber> {
                self.document.document_number.as_ref()
            }

            fn facts(&self) -> DetailFacts {
                self.document.facts()
            }
        }
    };
}

/// 重大政策文件.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyDocument {
    /// The document.
    pub document: DocumentRecord,
}

document_record!(PolicyDocument, Standard::Policy);

/// 行政规范性文件.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NormativeDocument {
    /// The document.
    pub document: DocumentRecord,
}

document_record!(NormativeDocument, Standard::Normative);
