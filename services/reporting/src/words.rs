//! Which words of a report tell what a figure is a figure of.
//!
//! A table of customary words, no more: where no word of it stands, nothing is guessed.

use duty::event::EventType;

/// The words by which reports name each type of event, the more particular ones first.
const TYPES: &[(EventType, &[&str])] = &[
    (EventType::RuleOfLawDebrief, &["述法"]),
    (EventType::YearEndStatement, &["年终述职"]),
    (EventType::SpecialWorkMeeting, &["专题工作会", "法治工作会", "法治政府建设工作会"]),
    (EventType::LeadingGroupMeeting, &["领导小组会议"]),
    (EventType::PartyGroupDeliberation, &["党组会", "党委会"]),
    (EventType::LeadingGroupAdjustment, &["调整领导小组", "领导小组成员", "依法行政领导小组"]),
    (EventType::ReportToSuperior, &["向上级报告", "书面报告"]),
    (EventType::AnnualReportPublication, &["公开年度报告", "报告公开"]),
    (EventType::AnnualWorkPlan, &["工作要点"]),
    (EventType::LeaderDirective, &["批示", "督办"]),
    (EventType::LeaderLawStudy, &["学法"]),
    (EventType::RuleOfLawLecture, &["讲座"]),
    (EventType::ConstitutionPublicity, &["宪法"]),
    (EventType::LawPopularizationSession, &["宣讲", "培训"]),
    (EventType::LawPopularizationCampaign, &["普法活动", "宣传活动"]),
    (EventType::CourtHearingObservation, &["旁听庭审", "庭审"]),
    (EventType::EnforcementExam, &["考试", "报名率", "实考率", "通过率"]),
    (EventType::EnforcementCertification, &["执法人员", "执法证"]),
    (EventType::EnforcementThreeSystemsReport, &["行政执法公示", "三项制度"]),
    (EventType::PolicyDocument, &["政策", "管理制度"]),
    (EventType::NormativeDocument, &["规范性文件"]),
    (EventType::MajorDecision, &["重大行政决策", "重大决策"]),
    (EventType::LegalityReview, &["合法性审查", "合法性审核", "法制审核"]),
    (EventType::LegalAdviserAppointment, &["法律顾问", "顾问律师", "公职律师"]),
    (EventType::LegalAdviserOpinion, &["法律意见"]),
    (EventType::FairCompetitionReview, &["公平竞争审查"]),
    (EventType::ResearchIntegrityCommitment, &["承诺书"]),
    (EventType::ResearchCreditEvaluation, &["信用评价"]),
    (EventType::CreditInformationPush, &["信用平台", "推送信息"]),
    (EventType::IntegrityDataSubmission, &["诚信数据"]),
    (EventType::CleanOfficeSupervision, &["清廉机关", "执纪督查"]),
    (EventType::CourtAppearance, &["出庭应诉"]),
    (EventType::MediationWork, &["调解", "矛盾"]),
    (EventType::DemonstrationInspection, &["迎检"]),
    (EventType::CadreAppraisalLinkage, &["用人导向", "评价考核"]),
    (EventType::EnterpriseSurvey, &["调研"]),
    (EventType::Award, &["荣誉", "称号", "先进集体"]),
    (
        EventType::WorkOutcome,
        &["研发投入", "新产品", "经济效益", "瞪羚", "高新技术企业", "重大项目"],
    ),
];

/// The words by which reports name some metrics.
const METRICS: &[(&str, &[&str])] = &[
    ("attendance_online", &["线上", "直播", "在线"]),
    ("attendance_offline", &["线下", "参训", "受训", "参加", "人次"]),
    ("registration_rate", &["报名率"]),
    ("attendance_rate", &["实考率", "参考率"]),
    ("pass_rate", &["通过率", "合格率"]),
    ("max_score", &["最高分"]),
    ("average_score", &["平均分"]),
    ("legal_advisers", &["法律顾问", "顾问律师"]),
    ("public_lawyers", &["公职律师"]),
    ("appearance_rate", &["出庭率"]),
    ("debrief_rate", &["述法率"]),
    ("rd_investment", &["研发投入"]),
    ("economic_benefit", &["经济效益"]),
    ("new_products", &["新产品"]),
    ("high_tech_enterprises", &["高新技术企业"]),
    ("gazelle_incubation", &["培育库"]),
    ("gazelle_certified", &["新认定"]),
    ("growth_rate_stated", &["增长率"]),
    ("documents_city_issued", &["市委、市政府发文", "市政府发文", "市委发文"]),
    ("documents_bureau_normative", &["规范性文件"]),
    ("projects_acceptance", &["验收"]),
    ("projects_supervision", &["督查"]),
];

/// The types a text names.
pub(crate) fn types(text: &str) -> Vec<EventType> {
    named(TYPES, text)
}

/// The metrics a text names.
pub(crate) fn metrics(text: &str) -> Vec<&'static str> {
    named(METRICS, text)
}

fn named<T: Copy>(table: &[(T, &[&str])], text: &str) -> Vec<T> {
    let stands = |words: &[&str]| words.iter().any(|word| text.contains(word));
    table.iter().filter(|(_, words)| stands(words)).map(|(thing, _)| *thing).collect()
}
