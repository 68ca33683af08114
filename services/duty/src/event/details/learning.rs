//! What leaders learn: 学法, 法治讲座, 旁听庭审. The day is the event's own time, not a field.

use super::field::{Field, Record, answer, event_days, given, group, text, texts};
use super::{CaseType, ObservationMode, StudyForm};
use crate::quantity::Answer;

/// 主讲人.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Speaker {
    /// 职务或身份, never a name.
    pub post: Box<str>,
    /// 单位.
    pub unit: Box<str>,
    /// 是否律师.
    pub is_lawyer: Answer,
}

impl Speaker {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            text("post", &self.post),
            text("unit", &self.unit),
            answer("is_lawyer", self.is_lawyer),
        ]
    }
}

/// What law study and lectures have in common.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StudySession {
    /// 学习内容.
    pub topics: Vec<Box<str>>,
    /// 学习形式.
    pub form: Option<StudyForm>,
    /// 主讲人.
    pub speaker: Option<Speaker>,
    /// 学法计划依据.
    pub plan_reference: Box<str>,
}

impl StudySession {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            event_days().ask("学习日期（按期计数须有日期）", "the date (it is counted per period)"),
            texts("topics", &self.topics).ask("学习内容（五落实之一）", "the list of topics"),
            given("form", self.form).ask(
                "学习形式（会前学法与专题讲座分别计数）",
                "the form (forms are counted apart)",
            ),
            group("speaker", self.speaker.as_ref().map(Speaker::fields)),
            text("plan_reference", &self.plan_reference),
        ]
    }
}

/// 领导干部学法.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeaderLawStudy {
    /// The session.
    pub session: StudySession,
}

impl Record for LeaderLawStudy {
    fn fields(&self) -> Vec<Field<'_>> {
        self.session.fields()
    }
}

/// 法治专题讲座.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleOfLawLecture {
    /// The session.
    pub session: StudySession,
}

impl Record for RuleOfLawLecture {
    fn fields(&self) -> Vec<Field<'_>> {
        self.session.fields()
    }
}

/// 旁听庭审.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CourtHearingObservation {
    /// 法院.
    pub court: Box<str>,
    /// 案号.
    pub case_number: Box<str>,
    /// 案件类型.
    pub case_type: Option<CaseType>,
    /// 案由.
    pub case_cause: Box<str>,
    /// 旁听方式.
    pub mode: Option<ObservationMode>,
    /// 参加旁听的领导职务.
    pub leader_posts: Vec<Box<str>>,
}

impl Record for CourtHearingObservation {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            event_days().ask("旁听日期（按年度计数须有日期）", "the date (it is counted per year)"),
            text("court", &self.court).ask("法院", "the court"),
            text("case_number", &self.case_number),
            given("case_type", self.case_type)
                .ask("案件类型（是否行政案件）", "the type of case (is it an administrative one?)"),
            text("case_cause", &self.case_cause).ask("案由", "the cause of the case"),
            given("mode", self.mode)
                .ask("旁听方式（现场或线上）", "the mode (on site, or by video)"),
            texts("leader_posts", &self.leader_posts),
        ]
    }
}
