//! 依法行政领导小组: its adjustments and its yearly confirmation. Members are posts, not names.

use jiff::civil::Date;

use super::field::{
    self, Field, Record, answer, date, document_number, given, group, irregular, items, named, text,
};
use super::{DetailFacts, Trigger};
use crate::docno::DocumentNumber;
use crate::occurred::Occurred;
use crate::problem::{Problems, Reason};
use crate::quantity::Answer;

/// 领导小组成员.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupMember {
    /// 职务.
    pub post: Box<str>,
    /// 所在单位.
    pub unit: Box<str>,
}

impl GroupMember {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            text("post", &self.post).ask("成员职务", "the post of the member"),
            text("unit", &self.unit),
        ]
    }
}

/// The group's head must be a main leader.
fn flag_head(head_is_main_leader: Answer, problems: &mut Problems) {
    if head_is_main_leader == Answer::No {
        irregular(
            "head_is_main_leader",
            "组长不是主要负责人：领导小组应由主要负责人任组长",
            "the head is not a main leader: a main leader must head the group",
            problems,
        );
    }
}

/// 依法行政领导小组调整.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeadingGroupAdjustment {
    /// 领导小组名称.
    pub group_name: Box<str>,
    /// 调整原因.
    pub trigger: Option<Trigger>,
    /// 变动日期.
    pub trigger_date: Option<Date>,
    /// 生效日期.
    pub effective_date: Option<Date>,
    /// 文号.
    pub document_number: Option<DocumentNumber>,
    /// 组长.
    pub head: Option<GroupMember>,
    /// 组长是否主要负责人.
    pub head_is_main_leader: Answer,
    /// 副组长.
    pub deputies: Vec<GroupMember>,
    /// 成员.
    pub members: Vec<GroupMember>,
    /// 办公室设在.
    pub office_location: Box<str>,
    /// 原文件文号.
    pub previous_document_number: Option<DocumentNumber>,
}

impl Record for LeadingGroupAdjustment {
    fn fields(&self) -> Vec<Field<'_>> {
        // A routine adjustment follows from no change, so there is no day to ask for.
        let follows_a_change = self.trigger != Some(Trigger::Annual);
        vec![
            text("group_name", &self.group_name).ask("领导小组名称", "the name of the group"),
            given("trigger", self.trigger).ask(
                "调整原因（用于判断是否应调整）",
                "the cause of the adjustment (was one due?)",
            ),
            date("trigger_date", self.trigger_date).ask_if(
                follows_a_change,
                "变动日期（调整期限自此起算）",
                "the day of the change (the time limit runs from it)",
            ),
            date("effective_date", self.effective_date).key().ask(
                "生效日期（与调整期限比较）",
                "the effective day (compared with the time limit)",
            ),
            document_number("document_number", self.document_number.as_ref()).ask(
                "调整文件文号（佐证调整）",
                "the number of the notice (proof of the adjustment)",
            ),
            group("head", self.head.as_ref().map(GroupMember::fields))
                .ask("组长（应为主要负责人）", "the head of the group (it must be a main leader)"),
            answer("head_is_main_leader", self.head_is_main_leader),
            items("deputies", &self.deputies, GroupMember::fields),
            items("members", &self.members, GroupMember::fields)
                .ask("成员名单（按职务）", "the list of members, by post"),
            text("office_location", &self.office_location).ask(
                "办公室设在何处（负责日常工作）",
                "where the office is (it does the daily work)",
            ),
            document_number("previous_document_number", self.previous_document_number.as_ref()),
        ]
    }

    fn contradictions(&self, _occurred: &Occurred, problems: &mut Problems) {
        field::check_order(
            named("trigger_date", "变动日期", self.trigger_date),
            named("effective_date", "生效日期", self.effective_date),
            problems,
        );
        let replaces_itself =
            self.document_number.is_some() && self.document_number == self.previous_document_number;
        if replaces_itself {
            problems.add(
                Reason::FieldMalformed,
                "previous_document_number",
                "原文件文号与本文件文号相同",
                "a notice cannot replace itself: both numbers are the same",
            );
        }
    }

    fn irregularities(&self, _occurred: &Occurred, problems: &mut Problems) {
        flag_head(self.head_is_main_leader, problems);
    }

    fn document_number(&self) -> Option<&DocumentNumber> {
        self.document_number.as_ref()
    }

    fn facts(&self) -> DetailFacts {
        DetailFacts {
            trigger: self.trigger.map(|trigger| (trigger, self.trigger_date)),
            effective_date: self.effective_date,
            procedure: None,
        }
    }
}

/// 领导小组年度确认.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeadingGroupConfirmation {
    /// 领导小组名称.
    pub group_name: Box<str>,
    /// 确认日期.
    pub confirmed_date: Option<Date>,
    /// 确认文件文号.
    pub document_number: Option<DocumentNumber>,
    /// 现行文件文号.
    pub confirmed_document_number: Option<DocumentNumber>,
    /// 组长.
    pub head: Option<GroupMember>,
    /// 组长是否主要负责人.
    pub head_is_main_leader: Answer,
    /// 组成是否不变.
    pub composition_unchanged: Answer,
}

impl Record for LeadingGroupConfirmation {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            text("group_name", &self.group_name).ask("领导小组名称", "the name of the group"),
            date("confirmed_date", self.confirmed_date).own().ask(
                "确认日期（须与期限比较）",
                "the day of the confirmation (compared with the deadline)",
            ),
            document_number("document_number", self.document_number.as_ref()),
            document_number("confirmed_document_number", self.confirmed_document_number.as_ref()),
            group("head", self.head.as_ref().map(GroupMember::fields)),
            answer("head_is_main_leader", self.head_is_main_leader),
            answer("composition_unchanged", self.composition_unchanged),
        ]
    }

    fn irregularities(&self, _occurred: &Occurred, problems: &mut Problems) {
        flag_head(self.head_is_main_leader, problems);
        if self.composition_unchanged == Answer::No {
            irregular(
                "composition_unchanged",
                "组成已变化，应按“领导小组调整”填报",
                "the composition changed: record an adjustment instead of a confirmation",
                problems,
            );
        }
    }

    fn document_number(&self) -> Option<&DocumentNumber> {
        self.document_number.as_ref()
    }
}
