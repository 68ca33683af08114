//! The closed lists: types and kinds of duty events.

/// 性质 of an event. Only what was performed counts fully; plans never count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Stated as done.
    Performed,
    /// Only intended.
    Planned,
    /// 每年/定期/均…: said to be done regularly, no instance given. A claim, never a date.
    RecurringClaim,
    /// A result of the work, kept for the narrative, outside the score.
    Outcome,
}

impl Kind {
    /// Stable text, as in the import format.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Performed => "performed",
            Self::Planned => "planned",
            Self::RecurringClaim => "recurring_claim",
            Self::Outcome => "outcome",
        }
    }
}

macro_rules! event_types {
    ($($(#[$doc:meta])* $variant:ident = $text:literal, $zh:literal, $en:literal;)*) => {
        /// The type of a duty event (事件类型), one per message of `details.proto`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum EventType { $($(#[$doc])* $variant,)* }

        impl EventType {
            /// Every type, in the order of DOMAIN §3.2.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Stable text, as rule sets and the import format write it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// Chinese name.
            #[must_use]
            pub const fn name_zh(self) -> &'static str {
                match self { $(Self::$variant => $zh,)* }
            }

            /// English name.
            #[must_use]
            pub const fn name_en(self) -> &'static str {
                match self { $(Self::$variant => $en,)* }
            }

            /// The type with this text.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

event_types! {
    /// 领导述法.
    RuleOfLawDebrief = "rule_of_law_debrief", "领导述法", "Rule-of-law debrief";
    /// 年终述职.
    YearEndStatement = "year_end_statement", "年终述职", "Year-end duty report";
    /// 法治政府建设专题工作会.
    SpecialWorkMeeting = "special_work_meeting", "法治政府建设专题工作会", "Dedicated work meeting";
    /// 领导小组会议.
    LeadingGroupMeeting = "leading_group_meeting", "领导小组会议", "Leading-group meeting";
    /// 党组（党委）会研究法治建设.
    PartyGroupDeliberation = "party_group_deliberation", "党组会研究法治建设", "Party-group deliberation";
    /// 领导小组调整.
    LeadingGroupAdjustment = "leading_group_adjustment", "领导小组调整", "Leading-group adjustment";
    /// 领导小组年度确认.
    LeadingGroupConfirmation = "leading_group_confirmation", "领导小组年度确认", "Leading-group yearly confirmation";
    /// 向上级报告法治政府建设情况.
    ReportToSuperior = "report_to_superior", "向上级报告", "Report to superiors";
    /// 年度报告向社会公开.
    AnnualReportPublication = "annual_report_publication", "年度报告公开", "Publication of the annual report";
    /// 年度工作要点.
    AnnualWorkPlan = "annual_work_plan", "年度工作要点", "Annual work plan";
    /// 主要负责人批示、部署、过问、协调、督办.
    LeaderDirective = "leader_directive", "主要负责人批示督办", "Directive of the main leader";
    /// 领导干部学法.
    LeaderLawStudy = "leader_law_study", "领导干部学法", "Leaders' law study";
    /// 法治讲座.
    RuleOfLawLecture = "rule_of_law_lecture", "法治讲座", "Rule-of-law lecture";
    /// 宪法学习宣传.
    ConstitutionPublicity = "constitution_publicity", "宪法学习宣传", "Constitution publicity";
    /// 普法宣讲场次.
    LawPopularizationSession = "law_popularization_session", "普法宣讲", "Law popularization session";
    /// 普法宣传活动.
    LawPopularizationCampaign = "law_popularization_campaign", "普法宣传活动", "Law popularization campaign";
    /// 旁听庭审.
    CourtHearingObservation = "court_hearing_observation", "旁听庭审", "Court-hearing observation";
    /// 执法考试.
    EnforcementExam = "enforcement_exam", "执法考试", "Enforcement-officer examination";
    /// 执法持证.
    EnforcementCertification = "enforcement_certification", "执法持证", "Enforcement certification";
    /// 行政执法三项制度.
    EnforcementThreeSystemsReport = "enforcement_three_systems_report", "行政执法三项制度", "Three enforcement systems";
    /// 重大政策文件.
    PolicyDocument = "policy_document", "重大政策文件", "Policy document";
    /// 行政规范性文件.
    NormativeDocument = "normative_document", "行政规范性文件", "Normative document";
    /// 重大行政决策.
    MajorDecision = "major_decision", "重大行政决策", "Major administrative decision";
    /// 合法性审查.
    LegalityReview = "legality_review", "合法性审查", "Legality review";
    /// 法律顾问、公职律师聘任.
    LegalAdviserAppointment = "legal_adviser_appointment", "法律顾问公职律师", "Legal adviser or public lawyer";
    /// 法律顾问意见.
    LegalAdviserOpinion = "legal_adviser_opinion", "法律顾问意见", "Legal adviser's opinion";
    /// 公平竞争审查.
    FairCompetitionReview = "fair_competition_review", "公平竞争审查", "Fair-competition review";
    /// 科研诚信承诺.
    ResearchIntegrityCommitment = "research_integrity_commitment", "科研诚信承诺", "Research-integrity commitments";
    /// 科研信用评价.
    ResearchCreditEvaluation = "research_credit_evaluation", "科研信用评价", "Research-credit evaluation";
    /// 信用信息推送.
    CreditInformationPush = "credit_information_push", "信用信息推送", "Credit-platform records";
    /// 诚信数据提交.
    IntegrityDataSubmission = "integrity_data_submission", "诚信数据提交", "Integrity data submitted";
    /// 清廉机关执纪督查.
    CleanOfficeSupervision = "clean_office_supervision", "清廉机关执纪督查", "Clean-office supervision";
    /// 出庭应诉.
    CourtAppearance = "court_appearance", "出庭应诉", "Appearance in court";
    /// 调解.
    MediationWork = "mediation_work", "人民调解", "Mediation work";
    /// 示范创建迎检.
    DemonstrationInspection = "demonstration_inspection", "示范创建迎检", "Demonstration inspection";
    /// 用人导向与评价考核.
    CadreAppraisalLinkage = "cadre_appraisal_linkage", "用人导向与评价考核", "Appraisal linkage";
    /// 调研企业 (informational).
    EnterpriseSurvey = "enterprise_survey", "调研企业", "Enterprise survey";
    /// 考试结果运用 (informational).
    ExamResultUse = "exam_result_use", "考试结果运用", "Use of examination results";
    /// 荣誉 (informational).
    Award = "award", "荣誉", "Award";
    /// 业务成效 (informational).
    WorkOutcome = "work_outcome", "业务成效", "Business outcome";
}

impl EventType {
    /// An act of one leader, which discharges a duty of that person and of nobody else.
    #[must_use]
    pub const fn is_personal(self) -> bool {
        matches!(self, Self::RuleOfLawDebrief | Self::YearEndStatement | Self::LeaderDirective)
    }

    /// Kept for the narrative and never counted for a duty (DOMAIN §3.2, F17).
    #[must_use]
    pub const fn is_informational(self) -> bool {
        matches!(
            self,
            Self::EnterpriseSurvey | Self::ExamResultUse | Self::Award | Self::WorkOutcome
        )
    }
}
