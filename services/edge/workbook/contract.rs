//! What the contract calls its fields and values in Chinese, from its own comments.
//!
//! A comment of the contract opens with the Chinese name where there is one; the few that do not
//! are named here. A test finds every field and value that has no name.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use prost_reflect::{
    DescriptorPool, EnumDescriptor, EnumValueDescriptor, FieldDescriptor, MessageDescriptor,
};

use crate::pb;

/// Names the comments do not open with.
const NAMES: &[(&str, &str)] = &[
    ("Correction.target_event_id", "更正的事件编号"),
    ("Correction.reason", "更正理由"),
    ("Withdrawal.target_event_id", "撤回的事件编号"),
    ("Withdrawal.reason", "撤回理由"),
    ("Withdrawal.consented_by", "同意撤回的审核人编号"),
    ("Organization.organization_id", "单位编号"),
    ("Organization.parent_organization_id", "上级单位编号"),
    ("Organization.name_zh", "单位名称"),
    ("Organization.name_en", "英文名称"),
    ("Organization.level", "层级"),
    ("Organization.class", "单位性质"),
    ("Organization.credit_code_override_reason", "信用代码校验不符的说明"),
    ("Organization.sector", "行业领域"),
    ("Organization.start_date", "成立日期"),
    ("Organization.end_date", "终止日期"),
    ("Post.post_id", "职务编号"),
    ("Post.organization_id", "单位编号"),
    ("Post.kind", "职务类别"),
    ("Post.title_zh", "职务名称"),
    ("Person.person_id", "人员编号"),
    ("Tenure.tenure_id", "任期编号"),
    ("Tenure.person_id", "人员编号"),
    ("Tenure.post_id", "职务编号"),
    ("Tenure.start_date", "任职日期"),
    ("Tenure.end_date", "免职日期"),
    ("TenureAbsence.absence_id", "离岗编号"),
    ("TenureAbsence.tenure_id", "任期编号"),
    ("TenureAbsence.kind", "离岗原因"),
    ("TenureAbsence.start_date", "开始日期"),
    ("TenureAbsence.end_date", "结束日期"),
    ("TenureAbsence.revoked", "是否撤销登记"),
    ("LeadingGroup.group_id", "领导小组编号"),
    ("LeadingGroup.organization_id", "单位编号"),
    ("LeadingGroup.start_date", "生效日期"),
    ("LeadingGroup.end_date", "撤销日期"),
    ("LeadingGroup.name_zh", "领导小组名称"),
    ("LeadingGroup.aliases", "别名"),
    ("LeadingGroupAlias.name_zh", "名称"),
    ("LeadingGroupAlias.start_date", "启用日期"),
    ("LeadingGroupAlias.end_date", "停用日期"),
    ("OrganizationChange.change_id", "变更编号"),
    ("OrganizationChange.organization_id", "单位编号"),
    ("OrganizationChange.start_date", "生效日期"),
    ("OrganizationChange.revoked", "是否撤销登记"),
    ("OrganizationRenamed.name_zh", "更名后名称"),
    ("OrganizationRenamed.name_en", "更名后英文名称"),
    ("OrganizationMoved.axis", "隶属关系（条、块）"),
    ("OrganizationMoved.parent_organization_id", "调整后上级单位编号"),
    ("OrganizationEnded.ending", "终止方式"),
    ("OrganizationEnded.successor_organization_ids", "承接单位编号"),
    ("OrganizationEnded.taker_organization_id", "承接未履行事项的单位编号"),
    ("DutyEvent.responsible_person_id", "履职人编号"),
    ("DutyEvent.aggregate", "是否汇总"),
    ("DutyEvent.component_event_ids", "组成事件编号"),
    ("DutyEvent.part_of_event_id", "所属汇总事件编号"),
    ("DutyEvent.source_flags", "来源标记"),
    ("DutyEvent.source_number", "来源编号"),
    ("Occurred.precision", "时间精度"),
    ("Occurred.start_date", "开始日期"),
    ("Occurred.end_date", "结束日期"),
    ("Quantity.metric", "指标"),
    ("Quantity.value", "数值"),
    ("Quantity.unit", "计量单位"),
    ("Quantity.qualifier", "限定"),
    ("Quantity.window_start_date", "统计起始日"),
    ("Quantity.window_end_date", "统计截止日"),
    ("Evidence.kind", "材料类别"),
    ("Evidence.title", "材料名称"),
    ("Evidence.digest_algorithm", "摘要算法"),
    ("Evidence.digest_hex", "文件摘要"),
    ("Evidence.size_bytes", "文件字节数"),
    ("Evidence.media_type", "媒体类型"),
    ("Evidence.sealed", "是否盖章"),
    ("Evidence.url", "网址"),
    ("Evidence.locator", "页码或位置"),
    ("Evidence.disclosure", "材料公开属性"),
    ("TRI_STATE_YES", "是"),
    ("TRI_STATE_NO", "否"),
    ("TRI_STATE_UNKNOWN", "不详"),
    ("EVENT_KIND_PERFORMED", "已履行"),
    ("EVENT_KIND_PLANNED", "计划"),
    ("EVENT_KIND_RECURRING_CLAIM", "定期表述"),
    ("EVENT_KIND_OUTCOME", "业务成效"),
    ("DATE_PRECISION_DAY", "日"),
    ("DATE_PRECISION_MONTH", "月"),
    ("DATE_PRECISION_QUARTER", "季度"),
    ("DATE_PRECISION_HALF_YEAR", "半年"),
    ("DATE_PRECISION_YEAR", "年"),
    ("DATE_PRECISION_PERIOD", "时段"),
    ("DATE_PRECISION_UNKNOWN", "不详"),
    ("QUANTITY_QUALIFIER_EXACT", "准确数"),
    ("QUANTITY_QUALIFIER_AT_LEAST", "以上"),
    ("QUANTITY_QUALIFIER_MORE_THAN", "余、多、超"),
    ("QUANTITY_QUALIFIER_ABOUT", "约、近"),
    ("DIGEST_ALGORITHM_SM3", "SM3"),
    ("DIGEST_ALGORITHM_SHA256", "SHA-256"),
];

/// The descriptors of our package.
///
/// # Errors
/// When our own descriptors cannot be read.
pub(super) fn event() -> Result<MessageDescriptor, String> {
    static POOL: OnceLock<Option<MessageDescriptor>> = OnceLock::new();
    let read = || {
        let pool = DescriptorPool::decode(pb::DESCRIPTORS).ok()?;
        pool.get_message_by_name("dutyledger.v1.DutyEvent")
    };
    let message = POOL.get_or_init(read).clone();
    message.ok_or_else(|| "程序内的接口描述无法读取 / the descriptors cannot be read".to_owned())
}

/// A message of the contract by its name.
pub(super) fn message(name: &str) -> Option<MessageDescriptor> {
    let pool = event().ok()?.parent_pool().clone();
    pool.get_message_by_name(&format!("dutyledger.v1.{name}"))
}

/// Fields of messages that are no events and cannot be left out.
const DEMANDED: &[(&str, &[&str])] = &[
    ("Correction", &["target_event_id", "reason"]),
    ("Withdrawal", &["target_event_id", "reason"]),
    ("Organization", &["organization_id", "name_zh", "level", "class", "division_code"]),
    ("OrganizationChange", &["change_id", "organization_id", "start_date", "document_number"]),
    ("Post", &["post_id", "organization_id", "kind", "title_zh"]),
    ("Person", &["person_id"]),
    ("Tenure", &["tenure_id", "person_id", "post_id", "start_date"]),
    ("TenureAbsence", &["absence_id", "tenure_id", "kind", "start_date", "document_number"]),
    (
        "LeadingGroup",
        &[
            "group_id",
            "organization_id",
            "document_number",
            "start_date",
            "name_zh",
            "head_post_id",
            "member_post_ids",
        ],
    ),
];

/// Whether a message that is no event is refused without a field.
pub(super) fn demands(message: &str, field: &str) -> bool {
    DEMANDED.iter().any(|(of, fields)| *of == message && fields.contains(&field))
}

/// A closed list of the contract by its name.
pub(super) fn list(name: &str) -> Option<EnumDescriptor> {
    let pool = event().ok()?.parent_pool().clone();
    pool.get_enum_by_name(&format!("dutyledger.v1.{name}"))
}

/// The comment of a field or value, as one line.
pub(super) fn comment(key: &str) -> &'static str {
    static COMMENTS: OnceLock<BTreeMap<&'static str, &'static str>> = OnceLock::new();
    let read = || {
        let text = include_str!(concat!(env!("OUT_DIR"), "/comments.tsv"));
        text.lines().filter_map(|line| line.split_once('\t')).collect()
    };
    COMMENTS.get_or_init(read).get(key).copied().unwrap_or("")
}

/// `Message.field`, as comments and names are found by.
pub(super) fn field_key(field: &FieldDescriptor) -> String {
    format!("{}.{}", field.parent_message().name(), field.name())
}

/// The Chinese name of a field or value; empty when it has none.
pub(super) fn name(key: &str) -> &'static str {
    if let Some((_, name)) = NAMES.iter().find(|(named, _)| *named == key) {
        return name;
    }
    let mut comment = comment(key);
    // "(一) 主要举措和成效": the number is no part of the name.
    if comment.starts_with('(') {
        comment = comment.split_once(") ").map_or(comment, |(_, rest)| rest);
    }
    let end = comment.find([' ', '.', ',', ':', ';']).unwrap_or(comment.len());
    let name = &comment[..end];
    let is_chinese = |c: char| ('\u{4E00}'..='\u{9FFF}').contains(&c);
    if name.chars().any(is_chinese) { name } else { "" }
}

/// The words of a choice, in the order of the contract; not given is an empty cell and no word.
pub(super) fn words(choice: &EnumDescriptor) -> Vec<(&'static str, EnumValueDescriptor)> {
    let given = choice.values().filter(|value| value.number() != 0);
    given.map(|value| (name(value.name()), value)).collect()
}
