//! Reporting and planning: 向上级报告, 年度报告公开, 年度工作要点, 主要负责人批示督办.

use jiff::civil::Date;

use super::field::{
    self, Field, Record, date, document_number, given, group, irregular, is_given, items, named,
    text, texts, url,
};
use super::{DetailFacts, DirectiveKind, Procedure, RecipientKind, ReportSection, SectionState};
use crate::docno::DocumentNumber;
use crate::evidence::Digest;
use crate::occurred::Occurred;
use crate::problem::{Problems, Reason};

/// 报送对象.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportRecipient {
    /// 对象类别.
    pub kind: RecipientKind,
    /// 名称.
    pub name: Box<str>,
}

impl ReportRecipient {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![text("name", &self.name)]
    }
}

/// 向上级报告法治政府建设情况.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReportToSuperior {
    /// 报送对象.
    pub recipients: Vec<ReportRecipient>,
    /// 报送日期.
    pub sent_date: Option<Date>,
    /// 文号.
    pub document_number: Option<DocumentNumber>,
    /// 签收凭证.
    pub receipt: Box<str>,
}

impl ReportToSuperior {
    fn is_sent_to(&self, kind: RecipientKind) -> bool {
        self.recipients.iter().any(|recipient| recipient.kind == kind)
    }

    /// A government or party committee reports to others than a department does (2019 Supervision
    /// Provisions), and its list is not judged by the departments' rule.
    fn is_of_a_government(&self) -> bool {
        self.is_sent_to(RecipientKind::PeoplesCongress)
            || self.is_sent_to(RecipientKind::SuperiorPartyCommittee)
            || self.is_sent_to(RecipientKind::SuperiorGovernment)
    }
}

impl Record for ReportToSuperior {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            items("recipients", &self.recipients, ReportRecipient::fields).ask(
                "报送对象（本级党委、政府和上一级政府有关部门）",
                "the list of recipients (party committee, government, superior department)",
            ),
            date("sent_date", self.sent_date)
                .own()
                .ask("报送日期（与3月1日期限比较）", "the day of sending (compared with 1 March)"),
            document_number("document_number", self.document_number.as_ref())
                .ask("报告文号（佐证报送）", "the number of the report (proof of sending)"),
            text("receipt", &self.receipt),
        ]
    }

    fn irregularities(&self, _occurred: &Occurred, problems: &mut Problems) {
        if self.recipients.is_empty() || self.is_of_a_government() {
            return;
        }
        for required in [
            RecipientKind::PartyCommittee,
            RecipientKind::Government,
            RecipientKind::SuperiorDepartment,
        ] {
            if !self.is_sent_to(required) {
                irregular(
                    "recipients",
                    format!("部门报告未报送{}，视为部分报送", required.name_zh()),
                    format!("not sent to {}: a department's report is partial", required.as_str()),
                    problems,
                );
            }
        }
    }

    fn document_number(&self) -> Option<&DocumentNumber> {
        self.document_number.as_ref()
    }
}

/// 保密审查.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecrecyReview {
    /// 审查单位或职务.
    pub reviewer: Box<str>,
    /// 审查日期.
    pub reviewed_date: Option<Date>,
}

impl SecrecyReview {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            text("reviewer", &self.reviewer).ask("保密审查单位", "the secrecy reviewer"),
            date("reviewed_date", self.reviewed_date).ask(
                "保密审查日期（应先审查后公开）",
                "the day of the secrecy review (it comes first)",
            ),
        ]
    }
}

/// 内容核对 of one section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SectionCheck {
    /// 内容项.
    pub section: ReportSection,
    /// 核对结果.
    pub state: SectionState,
}

/// 法治政府建设年度报告向社会公开.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AnnualReportPublication {
    /// 报告标题.
    pub report_title: Box<str>,
    /// 公开日期.
    pub published_date: Option<Date>,
    /// 公开网址.
    pub url: Box<str>,
    /// 公开栏目.
    pub site: Box<str>,
    /// 保密审查.
    pub secrecy_review: Option<SecrecyReview>,
    /// 五项内容核对.
    pub sections: Vec<SectionCheck>,
    /// 网页快照摘要.
    pub snapshot_digest: Option<Digest>,
    /// 撤下日期.
    pub withdrawn_date: Option<Date>,
}

impl Record for AnnualReportPublication {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            text("report_title", &self.report_title).ask("报告标题", "the title of the report"),
            date("published_date", self.published_date).own().ask(
                "公开日期（与4月1日期限比较）",
                "the day of publication (compared with 1 April)",
            ),
            url("url", &self.url).ask("公开网址（供核验）", "the link (for verification)"),
            text("site", &self.site),
            group("secrecy_review", self.secrecy_review.as_ref().map(SecrecyReview::fields)).ask(
                "保密审查（信息公开条例第十七条）",
                "the secrecy review (Open Government Information Regulations, art. 17)",
            ),
            items("sections", &self.sections, |_| Vec::new())
                .ask("五项内容核对", "the check of the five sections"),
            is_given("snapshot_digest", self.snapshot_digest.is_some()).ask(
                "网页快照摘要（网页可能撤下）",
                "the digest of a snapshot (the page may go away)",
            ),
            date("withdrawn_date", self.withdrawn_date),
        ]
    }

    fn contradictions(&self, _occurred: &Occurred, problems: &mut Problems) {
        field::check_order(
            named("published_date", "公开日期", self.published_date),
            named("withdrawn_date", "撤下日期", self.withdrawn_date),
            problems,
        );
        for (index, check) in self.sections.iter().enumerate() {
            let mut earlier = self.sections.iter().take(index);
            if earlier.any(|other| other.section == check.section) {
                problems.add(
                    Reason::MetricRepeated,
                    &format!("sections[{index}].section"),
                    format!("“{}”重复核对", check.section.name_zh()),
                    format!("the section {} is checked twice", check.section.as_str()),
                );
            }
        }
    }

    fn irregularities(&self, occurred: &Occurred, problems: &mut Problems) {
        self.flag_sections(problems);
        let reviewed = self.secrecy_review.as_ref().and_then(|review| review.reviewed_date);
        let published = self.published_date.or(occurred.end());
        field::flag_order(
            named("secrecy_review.reviewed_date", "保密审查日期", reviewed),
            named("published_date", "公开日期", published),
            ("应先审查后公开", "review comes before publication"),
            problems,
        );
    }

    fn facts(&self) -> DetailFacts {
        match self.published_date {
            None => DetailFacts::default(),
            published_date => DetailFacts::of(Procedure { published_date, ..Procedure::default() }),
        }
    }
}

impl AnnualReportPublication {
    fn flag_sections(&self, problems: &mut Problems) {
        for (index, check) in self.sections.iter().enumerate() {
            let (zh, en) = match check.state {
                SectionState::Present => continue,
                SectionState::Thin => ("内容单薄", "is thin"),
                SectionState::Missing => ("缺失", "is missing"),
            };
            irregular(
                &format!("sections[{index}].state"),
                format!("年度报告“{}”{zh}", check.section.name_zh()),
                format!("the section {} of the report {en}", check.section.as_str()),
                problems,
            );
        }
        // No check at all is flagged with the field; here a check that forgot a section.
        let is_checked =
            |section: &ReportSection| self.sections.iter().any(|check| check.section == *section);
        let unchecked = ReportSection::ALL.iter().filter(|section| !is_checked(section));
        for section in unchecked.filter(|_| !self.sections.is_empty()) {
            problems.add(
                Reason::DetailMissing,
                "sections",
                format!("未核对“{}”", section.name_zh()),
                format!("the section {} is not checked", section.as_str()),
            );
        }
    }
}

/// 年度法治政府建设工作要点.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AnnualWorkPlan {
    /// 印发日期.
    pub issued_date: Option<Date>,
    /// 文号.
    pub document_number: Option<DocumentNumber>,
    /// 审定会议.
    pub approved_by: Box<str>,
    /// 重点任务.
    pub tasks: Vec<Box<str>>,
    /// 公开网址.
    pub published_url: Box<str>,
}

impl Record for AnnualWorkPlan {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            date("issued_date", self.issued_date)
                .own()
                .ask("印发日期（须与期限比较）", "the day of issue (compared with the deadline)"),
            document_number("document_number", self.document_number.as_ref())
                .ask("文号（佐证印发）", "the document number (proof of issue)"),
            text("approved_by", &self.approved_by),
            texts("tasks", &self.tasks),
            url("published_url", &self.published_url),
        ]
    }

    fn document_number(&self) -> Option<&DocumentNumber> {
        self.document_number.as_ref()
    }
}

/// 主要负责人批示、部署、过问、协调、督办.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeaderDirective {
    /// 方式.
    pub directive_kind: Option<DirectiveKind>,
    /// 事项.
    pub matter: Box<str>,
    /// 作出日期.
    pub directed_date: Option<Date>,
    /// 批示登记号.
    pub register_number: Box<str>,
    /// 承办单位.
    pub addressee: Box<str>,
    /// 办理时限.
    pub due_date: Option<Date>,
    /// 办结日期; none while open.
    pub closed_date: Option<Date>,
    /// 办理结果.
    pub result: Box<str>,
}

impl Record for LeaderDirective {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            given("directive_kind", self.directive_kind)
                .ask("“四个亲自”的方式", "which of the four \"personally\" it was"),
            text("matter", &self.matter).ask("批示督办事项", "the matter of the directive"),
            date("directed_date", self.directed_date).key(),
            text("register_number", &self.register_number),
            text("addressee", &self.addressee),
            date("due_date", self.due_date),
            date("closed_date", self.closed_date),
            text("result", &self.result),
        ]
    }

    fn contradictions(&self, occurred: &Occurred, problems: &mut Problems) {
        let day = self.directed_date.or(occurred.start());
        let directed = named("directed_date", "作出日期", day);
        field::check_order(directed, named("due_date", "办理时限", self.due_date), problems);
        field::check_order(directed, named("closed_date", "办结日期", self.closed_date), problems);
    }
}
