//! The three meetings at which the rule of law is deployed: 专题工作会, 领导小组会议, 党组会研究.
//!
//! They share one shape. The day of a meeting is the event's own time, not a field.

use jiff::civil::Date;

use super::field::{
    self, Field, FileNumber, Record, answer, date, event_day, file_number, irregular, is_given,
    items, named, text, texts,
};
use crate::docno::DocumentNumber;
use crate::occurred::Occurred;
use crate::problem::{Problems, Reason};
use crate::quantity::Answer;

/// Highest ordinal of a meeting in its year: more than one a day is a slip of the pen.
const SESSION_NUMBER_MAX: u32 = 999;

/// 议题.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AgendaItem {
    /// 议题名称.
    pub title: Box<str>,
    /// 是否法治建设议题.
    pub rule_of_law: Answer,
}

impl AgendaItem {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            text("title", &self.title).ask("议题名称", "the title of the agenda item"),
            answer("rule_of_law", self.rule_of_law),
        ]
    }
}

/// 议定事项.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MeetingDecision {
    /// 事项.
    pub item: Box<str>,
    /// 责任单位.
    pub owner: Box<str>,
    /// 完成时限.
    pub due_date: Option<Date>,
    /// 办结日期; none while open.
    pub closed_date: Option<Date>,
}

impl MeetingDecision {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            text("item", &self.item).ask("议定事项内容", "what was decided"),
            text("owner", &self.owner),
            date("due_date", self.due_date),
            date("closed_date", self.closed_date),
        ]
    }
}

/// What the three kinds of meeting have in common.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meeting {
    /// 第几次.
    pub session_number: Option<u32>,
    /// 主持人职务.
    pub chair_post: Box<str>,
    /// 主持人是否主要负责人.
    pub chair_is_main_leader: Answer,
    /// 缺席人员职务.
    pub absent_posts: Vec<Box<str>>,
    /// 议题.
    pub agenda: Vec<AgendaItem>,
    /// 议定事项.
    pub decisions: Vec<MeetingDecision>,
    /// 纪要文号.
    pub minutes_number: Option<FileNumber>,
    /// 会议地点.
    pub venue: Box<str>,
}

impl Meeting {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            event_day().ask("会议日期（发生时间应精确到日）", "the day of the meeting"),
            is_given("session_number", self.session_number.is_some()),
            text("chair_post", &self.chair_post).ask(
                "主持人职务（用于判断是否亲自部署）",
                "the post of the chair (was it the main leader in person?)",
            ),
            answer("chair_is_main_leader", self.chair_is_main_leader),
            texts("absent_posts", &self.absent_posts),
            items("agenda", &self.agenda, AgendaItem::fields).ask(
                "议题（至少一项法治建设议题）",
                "the agenda (at least one item on the rule of law)",
            ),
            items("decisions", &self.decisions, MeetingDecision::fields)
                .ask("议定事项（用于跟踪落实）", "the list of decisions (they are followed up)"),
            file_number("minutes_number", self.minutes_number.as_ref()).ask(
                "会议纪要文号（佐证会议召开）",
                "the number of the minutes (proof of the meeting)",
            ),
            text("venue", &self.venue),
        ]
    }

    fn contradictions(&self, occurred: &Occurred, problems: &mut Problems) {
        let in_range = |number| 0 < number && number <= SESSION_NUMBER_MAX;
        if self.session_number.is_some_and(|number| !in_range(number)) {
            problems.add(
                Reason::FieldOutOfRange,
                "session_number",
                format!("会议次序应在 1 与 {SESSION_NUMBER_MAX} 之间"),
                format!("the ordinal of a meeting lies between 1 and {SESSION_NUMBER_MAX}"),
            );
        }
        let meeting = named("occurred.start_date", "会议日期", occurred.start());
        for (index, decision) in self.decisions.iter().enumerate() {
            problems.at_item("decisions", index, |problems| {
                let due = named("due_date", "完成时限", decision.due_date);
                let closed = named("closed_date", "办结日期", decision.closed_date);
                field::check_order(meeting, due, problems);
                field::check_order(meeting, closed, problems);
            });
        }
    }

    fn irregularities(&self, problems: &mut Problems) {
        if self.chair_is_main_leader == Answer::No {
            irregular(
                "chair_is_main_leader",
                "会议由其他负责人主持，不足以说明主要负责人亲自部署",
                "another leader chaired: this does not show the main leader acting in person",
                problems,
            );
        }
        let none = self.agenda.iter().all(|item| item.rule_of_law == Answer::No);
        if none && !self.agenda.is_empty() {
            irregular(
                "agenda",
                "议题中没有法治建设议题",
                "no item of the agenda is on the rule of law",
                problems,
            );
        }
    }

    fn document_number(&self) -> Option<&DocumentNumber> {
        self.minutes_number.as_ref()?.document()
    }
}

macro_rules! meeting_record {
    ($name:ident, $self:ident => $own:expr) => {
        impl Record for $name {
            fn fields(&self) -> Vec<Field<'_>> {
                let $self = self;
                let mut fields = self.meeting.fields();
                fields.push($own);
                fields
            }

            fn contradictions(&self, occurred: &Occurred, problems: &mut Problems) {
                self.meeting.contradictions(occurred, problems);
            }

            fn irregularities(&self, _occurred: &Occurred, problems: &mut Problems) {
                self.meeting.irregularities(problems);
            }

            fn document_number(&self) -> Option<&DocumentNumber> {
                self.meeting.document_number()
            }
        }
    };
}

/// 法治政府建设专题工作会.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SpecialWorkMeeting {
    /// The meeting.
    pub meeting: Meeting,
    /// 是否全系统会议.
    pub system_wide: Answer,
}

meeting_record!(SpecialWorkMeeting, record => answer("system_wide", record.system_wide));

/// 领导小组会议.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeadingGroupMeeting {
    /// The meeting.
    pub meeting: Meeting,
    /// 领导小组名称.
    pub group_name: Box<str>,
}

meeting_record!(LeadingGroupMeeting, record => text("group_name", &record.group_name));

/// 党组（党委）会研究法治建设、听取汇报.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartyGroupDeliberation {
    /// The meeting.
    pub meeting: Meeting,
    /// 听取的汇报.
    pub reports_heard: Vec<Box<str>>,
}

meeting_record!(PartyGroupDeliberation, record => texts("reports_heard", &record.reports_heard));
