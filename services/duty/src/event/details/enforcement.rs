//! Enforcement: 执法考试, 执法持证, 行政执法三项制度. Candidates, rates and officers are quantities.

use jiff::civil::Date;

use super::field::{self, Field, Record, answer, date, given, irregular, items, named, text, url};
use super::{CertificationStatus, DetailFacts, Procedure};
use crate::occurred::Occurred;
use crate::problem::Problems;
use crate::quantity::Answer;

/// 行政执法人员考试.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EnforcementExam {
    /// 考试日期.
    pub exam_date: Option<Date>,
    /// 考试名称.
    pub exam_name: Box<str>,
    /// 组织单位.
    pub organiser: Box<str>,
}

impl Record for EnforcementExam {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            date("exam_date", self.exam_date)
                .own()
                .ask("考试日期（用于核对考试）", "the day of the examination (it identifies it)"),
            text("exam_name", &self.exam_name).ask("考试名称", "the name of the examination"),
            text("organiser", &self.organiser),
        ]
    }
}

/// 持证人员, by post.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CertifiedOfficer {
    /// 岗位职务.
    pub post: Box<str>,
    /// 行政执法证号.
    pub certificate_number: Box<str>,
    /// 有效期至.
    pub valid_to_date: Option<Date>,
}

impl CertifiedOfficer {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            text("post", &self.post),
            text("certificate_number", &self.certificate_number),
            date("valid_to_date", self.valid_to_date),
        ]
    }
}

/// 行政执法证持证.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EnforcementCertification {
    /// 统计截止日.
    pub as_of_date: Option<Date>,
    /// 办证状态.
    pub status: Option<CertificationStatus>,
    /// 持证人员.
    pub officers: Vec<CertifiedOfficer>,
}

impl Record for EnforcementCertification {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            date("as_of_date", self.as_of_date)
                .own()
                .ask("统计截止日（人数随时间变化）", "the day the count is of (it changes)"),
            given("status", self.status),
            items("officers", &self.officers, CertifiedOfficer::fields),
        ]
    }

    fn irregularities(&self, occurred: &Occurred, problems: &mut Problems) {
        if self.status == Some(CertificationStatus::Planned) {
            irregular(
                "status",
                "证件尚在拟办，不应按“已履行”填报",
                "the certificates are only intended: this is a plan, not something performed",
                problems,
            );
        }
        let as_of = self.as_of_date.or(occurred.end());
        for (index, officer) in self.officers.iter().enumerate() {
            if let (Some(valid_to), Some(as_of)) = (officer.valid_to_date, as_of)
                && valid_to < as_of
            {
                irregular(
                    &format!("officers[{index}].valid_to_date"),
                    format!("证件有效期至 {valid_to}，在 {as_of} 已失效"),
                    format!("the certificate ended on {valid_to}, before {as_of}"),
                    problems,
                );
            }
        }
    }
}

/// 行政执法三项制度.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EnforcementThreeSystemsReport {
    /// 统计期起.
    pub period_start_date: Option<Date>,
    /// 统计期止.
    pub period_end_date: Option<Date>,
    /// 公开日期.
    pub published_date: Option<Date>,
    /// 公开网址.
    pub url: Box<str>,
    /// 行政执法公示制度是否施行.
    pub publicity_system: Answer,
    /// 执法全过程记录制度是否施行.
    pub full_record_system: Answer,
    /// 重大执法决定法制审核制度是否施行.
    pub legal_review_system: Answer,
}

impl Record for EnforcementThreeSystemsReport {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            date("period_start_date", self.period_start_date)
                .ask("统计期起始日", "the first day of the period"),
            date("period_end_date", self.period_end_date)
                .ask("统计期截止日", "the last day of the period"),
            date("published_date", self.published_date).key(),
            url("url", &self.url),
            answer("publicity_system", self.publicity_system),
            answer("full_record_system", self.full_record_system),
            answer("legal_review_system", self.legal_review_system),
        ]
    }

    fn contradictions(&self, _occurred: &Occurred, problems: &mut Problems) {
        field::check_interval(
            named("period_start_date", "统计期起", self.period_start_date),
            named("period_end_date", "统计期止", self.period_end_date),
            problems,
        );
    }

    fn irregularities(&self, _occurred: &Occurred, problems: &mut Problems) {
        for (name, zh, system) in [
            ("publicity_system", "行政执法公示制度", self.publicity_system),
            ("full_record_system", "执法全过程记录制度", self.full_record_system),
            ("legal_review_system", "重大执法决定法制审核制度", self.legal_review_system),
        ] {
            if system == Answer::No {
                irregular(
                    name,
                    format!("{zh}未施行"),
                    format!("{name} is not in use, and all three systems are required"),
                    problems,
                );
            }
        }
    }

    fn facts(&self) -> DetailFacts {
        match self.published_date {
            None => DetailFacts::default(),
            published_date => DetailFacts::of(Procedure { published_date, ..Procedure::default() }),
        }
    }
}
