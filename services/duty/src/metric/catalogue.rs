//! The table of known metrics (DOMAIN §3.2, §4 and the 2022 report). Data, no logic.
//!
//! Names are part of the public contract: events in the journal carry them, so none is ever
//! renamed or given another meaning.

use super::{Metric, Shape};

const TIMES: &[&str] = &["次", "场"];
const HEADS: &[&str] = &["人", "名"];
const ATTENDANCE: &[&str] = &["人次", "人"];
const PAPERS: &[&str] = &["份", "件", "部", "个"];
const CASES: &[&str] = &["件", "次", "个"];
const ITEMS: &[&str] = &["个", "项", "件", "条"];
const RECORDS: &[&str] = &["条"];
const ORGANIZATIONS: &[&str] = &["家", "个"];
const MARKS: &[&str] = &["分"];
const RATIO: &[&str] = &["ratio", "%"];
const MONEY: &[&str] = &["亿元", "万元", "元"];
const VOTES: &[&str] = &["份", "人", "名", "个"];

const fn count(
    name: &'static str,
    zh: &'static str,
    en: &'static str,
    units: &'static [&'static str],
) -> Metric {
    Metric { name, zh, en, units, shape: Shape::Count }
}

const fn amount(
    name: &'static str,
    zh: &'static str,
    en: &'static str,
    units: &'static [&'static str],
) -> Metric {
    Metric { name, zh, en, units, shape: Shape::Amount }
}

const fn rate(name: &'static str, zh: &'static str, en: &'static str) -> Metric {
    Metric { name, zh, en, units: RATIO, shape: Shape::Rate }
}

/// Every known metric.
pub(super) static METRICS: &[Metric] = &[
    // --- acts
    count("debriefs", "述法次数", "debriefs", TIMES),
    count("meetings", "会议次数", "meetings", TIMES),
    count("reports", "报告次数", "reports", &["次", "份"]),
    count("directives", "批示督办次数", "directives", &["次", "件", "条"]),
    count("sessions", "场次", "sessions", TIMES),
    count("activities", "活动次数", "activities", TIMES),
    count("exams", "考试次数", "examinations", TIMES),
    count("actions", "专项行动次数", "actions", TIMES),
    count("inspections", "迎检次数", "inspections", TIMES),
    count("surveys", "调研次数", "surveys", TIMES),
    count("reviews", "审查件数", "reviews", CASES),
    count("opinions", "法律意见件数", "legal opinions", PAPERS),
    // --- debriefs and meetings
    count("in_scope", "应述法人数", "persons who owe a debrief", HEADS),
    count("debriefed", "已述法人数", "persons who debriefed", HEADS),
    rate("debrief_rate", "述法率", "debrief rate"),
    count("voters", "参评人数", "persons voting", VOTES),
    count("votes_good", "“好”票数", "votes: good", VOTES),
    count("votes_fairly_good", "“较好”票数", "votes: fairly good", VOTES),
    count("votes_fair", "“一般”票数", "votes: fair", VOTES),
    count("votes_poor", "“差”票数", "votes: poor", VOTES),
    count("expected", "应到人数", "persons expected", HEADS),
    count("present", "实到人数", "persons present", HEADS),
    rate("presence_rate", "到会率", "presence rate"),
    count("agenda_items", "议题数", "agenda items", ITEMS),
    count("decisions_agreed", "议定事项数", "items agreed", ITEMS),
    count("decisions_closed", "办结事项数", "items closed", ITEMS),
    rate("rule_of_law_weight", "法治建设权重", "weight of the rule of law in the appraisal"),
    count("words_rule_of_law", "法治内容字数", "words on the rule of law", &["字"]),
    rate("share_rule_of_law", "法治内容占比", "share of the text on the rule of law"),
    // --- learning
    count("attendance_offline", "线下参加", "attendance on site", ATTENDANCE),
    count("attendance_online", "线上参加", "attendance online", ATTENDANCE),
    count("leaders_present", "领导干部参加", "leaders present", HEADS),
    count("laws_named", "涉及法律法规", "laws named", &["部"]),
    count("enterprises", "企业数", "enterprises", ORGANIZATIONS),
    count("enterprises_reached", "惠及企业", "enterprises reached", ORGANIZATIONS),
    count("materials_distributed", "发放资料", "materials distributed", &["份"]),
    count("reach", "覆盖", "persons reached", ATTENDANCE),
    amount("duration", "时长", "duration", &["分钟", "小时", "学时", "天"]),
    // --- enforcement
    count("registrable", "应报名人数", "persons who had to register", HEADS),
    count("registered", "报名人数", "persons registered", HEADS),
    count("sat", "实考人数", "persons who sat", HEADS),
    count("passed", "通过人数", "persons who passed", HEADS),
    rate("registration_rate", "报名率", "registration rate"),
    rate("attendance_rate", "实考率", "attendance rate"),
    rate("pass_rate", "通过率", "pass rate"),
    amount("max_score", "最高分", "highest mark", MARKS),
    amount("average_score", "平均分", "average mark", MARKS),
    amount("full_score", "满分", "full marks", MARKS),
    count("officers", "执法人员", "enforcement officers", HEADS),
    count("officers_before", "原持证人数", "certified officers before", HEADS),
    count("officers_after", "现持证人数", "certified officers after", HEADS),
    Metric {
        name: "growth_rate_stated",
        zh: "载明增长率",
        en: "growth rate as stated",
        units: RATIO,
        shape: Shape::Ratio,
    },
    count("publicity_items", "公示信息", "items publicised", RECORDS),
    count("recorded_cases", "全过程记录案件", "cases fully recorded", CASES),
    count("legal_reviewers", "法制审核人员", "legal reviewers", HEADS),
    count("legal_reviewers_qualified", "具备资格的法制审核人员", "qualified reviewers", HEADS),
    // --- documents and decisions
    count("documents_total", "出台文件", "documents issued", PAPERS),
    count("documents_city_issued", "市级发文", "documents issued by the city", PAPERS),
    count("documents_bureau_normative", "本局规范性文件", "normative documents", PAPERS),
    count("documents_published", "已公开文件", "documents published", PAPERS),
    count("documents_filed", "已备案文件", "documents filed", PAPERS),
    count("documents_reviewed", "经合法性审核的文件", "documents legally reviewed", PAPERS),
    count("decisions_total", "重大行政决策", "major decisions", &["份", "项", "个", "件"]),
    count(
        "decisions_issued_or_passed",
        "已印发或通过的决策",
        "decisions issued or passed",
        &["份", "项", "个", "件"],
    ),
    count("decisions_issued", "已印发的决策", "decisions issued", &["份", "项", "个", "件"]),
    count("major_decisions", "重大执法决定", "major enforcement decisions", ITEMS),
    count("legally_reviewed", "经法制审核", "legally reviewed", ITEMS),
    count("discussed", "经集体讨论", "collectively discussed", ITEMS),
    count("reviewable", "应审查", "subject to review", &["件", "份", "项", "个"]),
    count("reviewed", "已审查", "reviewed", &["件", "份", "项", "个"]),
    rate("coverage", "审查覆盖率", "review coverage"),
    rate("legality_review_rate", "合法性审查率", "legality review rate"),
    rate("collective_discussion_rate", "集体讨论率", "collective discussion rate"),
    rate("filing_rate", "备案率", "filing rate"),
    count("comments_received", "收到意见", "comments received", RECORDS),
    count("comments_adopted", "采纳意见", "comments adopted", RECORDS),
    amount("public_comment_days_min", "公开征求意见天数", "days of public comment", &["天"]),
    amount(
        "publication_within_working_days",
        "公开用时（工作日）",
        "working days until publication",
        &["天"],
    ),
    amount(
        "legality_review_working_days_min",
        "合法性审查工作日",
        "working days of legality review",
        &["天"],
    ),
    count("legal_advisers", "法律顾问", "legal advisers", HEADS),
    count("public_lawyers", "公职律师", "public lawyers", HEADS),
    // --- integrity
    count("commitments", "承诺书", "commitments signed", &["份"]),
    count("projects_total", "评价项目", "projects evaluated", ITEMS),
    count("projects_acceptance", "验收类项目", "projects at acceptance", ITEMS),
    count("projects_supervision", "督查核查类项目", "projects under supervision", ITEMS),
    count("records_pushed", "推送信息", "records pushed", RECORDS),
    count("records_submitted", "提交数据", "records submitted", RECORDS),
    count("units_inspected", "督查单位", "units inspected", ORGANIZATIONS),
    count("problems_found", "发现问题", "problems found", ITEMS),
    count("rectified", "完成整改", "problems rectified", ITEMS),
    rate("rectification_rate", "整改率", "rectification rate"),
    // --- disputes
    count("cases_received", "受理案件", "cases received", CASES),
    count("resolved", "化解案件", "cases resolved", CASES),
    rate("resolution_rate", "化解率", "resolution rate"),
    count("hearings", "开庭次数", "hearings", CASES),
    count("required", "应出庭次数", "appearances required", CASES),
    count("excused", "有正当理由未出庭", "appearances excused", CASES),
    count("appeared", "应出庭中已出庭", "appearances made of those required", CASES),
    rate("appearance_rate", "出庭率", "appearance rate"),
    // --- outcomes, for the narrative only
    count("major_projects", "重大专项", "major projects", ITEMS),
    amount("rd_investment", "研发投入", "research investment", MONEY),
    count("new_products", "新产品", "new products", ITEMS),
    amount("economic_benefit", "经济效益", "economic benefit", MONEY),
    count("gazelle_incubation", "瞪羚培育企业", "gazelle firms in incubation", ORGANIZATIONS),
    count("gazelle_certified", "瞪羚企业", "gazelle firms certified", ORGANIZATIONS),
    count("sme_evaluated", "科技型中小企业", "technology SMEs", ORGANIZATIONS),
    count("high_tech_enterprises", "高新技术企业", "high-tech enterprises", ORGANIZATIONS),
    count("awards", "荣誉", "awards", ITEMS),
];
