//! Research integrity and clean office: 科研诚信承诺, 科研信用评价, 信用信息推送, 诚信数据提交,
//! 清廉机关执纪督查. What counts about them are quantities of the envelope; little remains here.

use jiff::civil::Date;

use super::field::{self, Field, Record, answer, date, named, text, texts};
use crate::occurred::Occurred;
use crate::problem::Problems;
use crate::quantity::Answer;

/// 科研诚信承诺书签订.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResearchIntegrityCommitment {
    /// 签订范围.
    pub scope: Box<str>,
}

impl Record for ResearchIntegrityCommitment {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![text("scope", &self.scope)]
    }
}

/// 科研信用评价.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResearchCreditEvaluation {
    /// 评价对象.
    pub scope: Box<str>,
    /// 结果运用.
    pub result_use: Box<str>,
}

impl Record for ResearchCreditEvaluation {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![text("scope", &self.scope), text("result_use", &self.result_use)]
    }
}

/// 向市信用平台推送信息.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CreditInformationPush {
    /// 平台名称.
    pub platform: Box<str>,
    /// 是否累计数.
    pub cumulative: Answer,
    /// 累计起算日.
    pub cumulative_since_date: Option<Date>,
    /// 平台回执编号.
    pub receipt_number: Box<str>,
}

impl Record for CreditInformationPush {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            text("platform", &self.platform),
            answer("cumulative", self.cumulative),
            date("cumulative_since_date", self.cumulative_since_date).ask_if(
                self.cumulative == Answer::Yes,
                "累计起算日（累计数可能超出考核年度）",
                "the first day of a cumulative figure (it may reach beyond the year)",
            ),
            text("receipt_number", &self.receipt_number),
        ]
    }

    fn contradictions(&self, occurred: &Occurred, problems: &mut Problems) {
        let since = self.cumulative_since_date;
        if let (Some(since), Some(end)) = (since, occurred.end())
            && end < since
        {
            problems.add(
                crate::problem::Reason::DateOrder,
                "cumulative_since_date",
                format!("累计起算日 {since} 晚于事件截止日 {end}"),
                format!("the figure is cumulative from {since}, after the event's end {end}"),
            );
        }
    }
}

/// 各科室各机构提交诚信数据.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IntegrityDataSubmission {
    /// 提交单位.
    pub submitting_units: Vec<Box<str>>,
    /// 接收单位.
    pub recipient: Box<str>,
}

impl Record for IntegrityDataSubmission {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![texts("submitting_units", &self.submitting_units), text("recipient", &self.recipient)]
    }
}

/// 清廉机关执纪督查.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CleanOfficeSupervision {
    /// 督查对象.
    pub target: Box<str>,
    /// 被督查单位.
    pub inspected_units: Vec<Box<str>>,
    /// 方案.
    pub plan_title: Box<str>,
    /// 整改期限.
    pub rectification_due_date: Option<Date>,
}

impl Record for CleanOfficeSupervision {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            text("target", &self.target),
            texts("inspected_units", &self.inspected_units),
            text("plan_title", &self.plan_title),
            date("rectification_due_date", self.rectification_due_date),
        ]
    }

    fn contradictions(&self, occurred: &Occurred, problems: &mut Problems) {
        field::check_order(
            named("occurred.start_date", "督查日期", occurred.start()),
            named("rectification_due_date", "整改期限", self.rectification_due_date),
            problems,
        );
    }
}
