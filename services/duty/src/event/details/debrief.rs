//! 领导述法 and 年终述职: two types, although one document may evidence both (DOMAIN §1.3).

use jiff::civil::Date;

use super::field::{
    self, Field, Record, answer, date, given, irregular, is_given, items, named, text, texts, url,
};
use super::{AppraisalGrade, DebriefForm, DebrieferClass};
use crate::occurred::Occurred;
use crate::problem::{Problems, Reason};
use crate::quantity::Answer;

/// 内容清单 entry of a debrief.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DebriefItem {
    /// 清单事项.
    pub title: Box<str>,
    /// 是否述及.
    pub covered: Answer,
}

impl DebriefItem {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            text("title", &self.title).ask("清单事项名称", "the wording of the content item"),
            answer("covered", self.covered),
        ]
    }
}

/// 评议票数 of one grade: counted on the spot, so a number and not a quantity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RatingVotes {
    /// 等次 as voted on.
    pub grade: Box<str>,
    /// 票数.
    pub votes: u32,
}

impl RatingVotes {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![text("grade", &self.grade).ask("票数对应的等次", "the grade of the votes")]
    }
}

/// 领导述法.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleOfLawDebrief {
    /// 述法主体类别.
    pub debriefer_class: Option<DebrieferClass>,
    /// 述法形式.
    pub form: Option<DebriefForm>,
    /// 场合.
    pub occasion: Box<str>,
    /// 材料报送日.
    pub report_submitted_date: Option<Date>,
    /// 审核单位.
    pub material_checker: Box<str>,
    /// 内容清单.
    pub items: Vec<DebriefItem>,
    /// 存在问题.
    pub problems: Vec<Box<str>>,
    /// 改进举措.
    pub measures: Vec<Box<str>>,
    /// 点评人职务.
    pub commentator_post: Box<str>,
    /// 评议等次, in the words of the local list.
    pub rating: Box<str>,
    /// 评议票数.
    pub votes: Vec<RatingVotes>,
    /// 参加评议人数.
    pub voters: Option<u32>,
    /// 述法报告公开网址.
    pub published_url: Box<str>,
    /// 述法依据文件.
    pub basis_document_title: Box<str>,
}

impl Record for RuleOfLawDebrief {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            given("debriefer_class", self.debriefer_class).ask(
                "述法主体类别（决定内容清单）",
                "the class of the debriefer (it decides the content list)",
            ),
            given("form", self.form).ask(
                "述法形式（书面以外须有具体日期）",
                "the form of the debrief (all but the written one need a day)",
            ),
            text("occasion", &self.occasion),
            date("report_submitted_date", self.report_submitted_date),
            text("material_checker", &self.material_checker),
            items("items", &self.items, DebriefItem::fields).ask(
                "内容清单（逐项说明是否述及）",
                "the content list (what of it the debrief covers)",
            ),
            texts("problems", &self.problems).ask(
                "存在问题（述法应查摆问题）",
                "the list of problems (a debrief must name at least one)",
            ),
            texts("measures", &self.measures).ask(
                "改进举措（述法应提出整改）",
                "the list of measures (a debrief must announce remedies)",
            ),
            text("commentator_post", &self.commentator_post),
            text("rating", &self.rating),
            items("votes", &self.votes, RatingVotes::fields),
            is_given("voters", self.voters.is_some()),
            url("published_url", &self.published_url),
            text("basis_document_title", &self.basis_document_title),
        ]
    }

    fn contradictions(&self, _occurred: &Occurred, problems: &mut Problems) {
        for (index, votes) in self.votes.iter().enumerate() {
            let earlier = self.votes.iter().take(index);
            if earlier.clone().any(|other| other.grade == votes.grade) {
                problems.add(
                    Reason::MetricRepeated,
                    &format!("votes[{index}].grade"),
                    format!("等次“{}”的票数重复填写", votes.grade),
                    format!("the votes for the grade \"{}\" are given twice", votes.grade),
                );
            }
        }
        let cast: u64 = self.votes.iter().map(|votes| u64::from(votes.votes)).sum();
        if let Some(voters) = self.voters
            && !self.votes.is_empty()
            && cast != u64::from(voters)
        {
            problems.add(
                Reason::PartsDoNotSum,
                "votes",
                format!("各等次票数合计 {cast}，与参加评议人数 {voters} 不符"),
                format!("the votes add up to {cast}, but there were {voters} voters"),
            );
        }
    }

    fn irregularities(&self, occurred: &Occurred, problems: &mut Problems) {
        let spoken = self.form.filter(|form| *form != DebriefForm::Written);
        if let Some(form) = spoken
            && occurred.as_day().is_none()
        {
            irregular(
                "form",
                format!("{}应有具体日期，记录的发生时间未精确到日", form.name_zh()),
                "a debrief that is not written happens on a day, and no day is recorded",
                problems,
            );
        }
        for (index, item) in self.items.iter().enumerate() {
            if item.covered == Answer::No {
                irregular(
                    &format!("items[{index}].covered"),
                    format!("清单事项“{}”未述及", item.title),
                    format!("the debrief does not cover the item \"{}\"", item.title),
                    problems,
                );
            }
        }
        let voted_on = self.votes.iter().any(|votes| votes.grade == self.rating);
        if !self.rating.is_empty() && !self.votes.is_empty() && !voted_on {
            irregular(
                "rating",
                format!("评议等次“{}”不在表决的等次之中", self.rating),
                format!("the rating \"{}\" is not among the grades voted on", self.rating),
                problems,
            );
        }
        field::flag_order(
            named("report_submitted_date", "材料报送日", self.report_submitted_date),
            named("occurred.end_date", "述法日期", occurred.end()),
            ("材料应在述法前报送审核", "the material is checked before the debrief"),
            problems,
        );
    }
}

/// 年终述职.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct YearEndStatement {
    /// 述职日期.
    pub statement_date: Option<Date>,
    /// 法治内容所在章节.
    pub rule_of_law_section: Box<str>,
    /// 考核会议.
    pub assessment_meeting: Box<str>,
    /// 任期起.
    pub tenure_from_date: Option<Date>,
    /// 任期止; none while in office.
    pub tenure_to_date: Option<Date>,
    /// 考核等次.
    pub result_grade: Option<AppraisalGrade>,
}

impl Record for YearEndStatement {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            date("statement_date", self.statement_date).own().ask(
                "述职日期（须与期限比较）",
                "the day of the statement (compared with the deadline)",
            ),
            text("rule_of_law_section", &self.rule_of_law_section).ask(
                "法治内容所在章节（履行第一责任人职责情况须列入述职）",
                "the section on the rule of law (the duty must be part of the statement)",
            ),
            text("assessment_meeting", &self.assessment_meeting),
            date("tenure_from_date", self.tenure_from_date).ask(
                "任期起始日（述职应对应任期）",
                "the first day of the tenure the statement covers",
            ),
            date("tenure_to_date", self.tenure_to_date),
            given("result_grade", self.result_grade),
        ]
    }

    fn contradictions(&self, _occurred: &Occurred, problems: &mut Problems) {
        let from = named("tenure_from_date", "任期起", self.tenure_from_date);
        field::check_interval(
            from,
            named("tenure_to_date", "任期止", self.tenure_to_date),
            problems,
        );
        field::check_order(
            from,
            named("statement_date", "述职日期", self.statement_date),
            problems,
        );
    }
}
