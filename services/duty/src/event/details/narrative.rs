//! Inspection, appraisal, and the four types that fulfil no duty: 迎检, 评价考核, 调研企业,
//! 考试结果运用, 荣誉, 业务成效. Nothing is asked for here: DOMAIN §3.2 marks no field of theirs.

use jiff::civil::Date;

use super::field::{Field, Record, answer, date, document_number, text, texts};
use crate::docno::DocumentNumber;
use crate::quantity::Answer;

/// 法治政府建设示范创建迎检.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DemonstrationInspection {
    /// 检查组.
    pub inspector: Box<str>,
    /// 检查日期.
    pub inspected_date: Option<Date>,
    /// 是否被抽查.
    pub sampled: Answer,
    /// 反馈意见.
    pub feedback: Box<str>,
    /// 整改情况.
    pub rectification: Box<str>,
}

impl Record for DemonstrationInspection {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            text("inspector", &self.inspector),
            date("inspected_date", self.inspected_date).key(),
            answer("sampled", self.sampled),
            text("feedback", &self.feedback),
            text("rectification", &self.rectification),
        ]
    }
}

/// 用人导向与评价考核.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CadreAppraisalLinkage {
    /// 考核方案文号.
    pub document_number: Option<DocumentNumber>,
    /// 考核方案标题.
    pub plan_title: Box<str>,
    /// 结果是否运用.
    pub result_used: Answer,
    /// 结果运用情况.
    pub result_use: Box<str>,
}

impl Record for CadreAppraisalLinkage {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            document_number("document_number", self.document_number.as_ref()),
            text("plan_title", &self.plan_title),
            answer("result_used", self.result_used),
            text("result_use", &self.result_use),
        ]
    }

    fn document_number(&self) -> Option<&DocumentNumber> {
        self.document_number.as_ref()
    }
}

/// 调研企业.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EnterpriseSurvey {
    /// 调研主题.
    pub topics: Vec<Box<str>>,
    /// 调研对象范围.
    pub scope: Box<str>,
}

impl Record for EnterpriseSurvey {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![texts("topics", &self.topics), text("scope", &self.scope)]
    }
}

/// 考试结果运用.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExamResultUse {
    /// 依据文件文号.
    pub document_number: Option<DocumentNumber>,
    /// 依据文件标题.
    pub document_title: Box<str>,
    /// 运用方式.
    pub result_use: Box<str>,
}

impl Record for ExamResultUse {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            document_number("document_number", self.document_number.as_ref()),
            text("document_title", &self.document_title),
            text("result_use", &self.result_use),
        ]
    }

    fn document_number(&self) -> Option<&DocumentNumber> {
        self.document_number.as_ref()
    }
}

/// 荣誉.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Award {
    /// 荣誉名称.
    pub award_name: Box<str>,
    /// 授予单位.
    pub awarding_bodies: Vec<Box<str>>,
    /// 授予日期.
    pub awarded_date: Option<Date>,
}

impl Record for Award {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            text("award_name", &self.award_name),
            texts("awarding_bodies", &self.awarding_bodies),
            date("awarded_date", self.awarded_date).key(),
        ]
    }
}

/// 业务成效.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkOutcome {
    /// 业务领域.
    pub field: Box<str>,
    /// 成效概述.
    pub summary: Box<str>,
}

impl Record for WorkOutcome {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![text("field", &self.field), text("summary", &self.summary)]
    }
}
