//! The closed lists of the details. "Not known" is no value here: a choice that was not made is
//! `None` in the field that holds it.

macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal, $zh:literal;)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $(#[doc = $zh] $variant,)* }

        impl $name {
            /// Every value, in the order of the proto enum.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Stable text, snake_case.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// Chinese name.
            #[must_use]
            pub const fn name_zh(self) -> &'static str {
                match self { $(Self::$variant => $zh,)* }
            }
        }
    )*};
}

choices! {
    /// 述法主体类别.
    DebrieferClass {
        PartyCommitteeHead = "party_committee_head", "党委主要负责人";
        GovernmentHead = "government_head", "政府主要负责人";
        PartyDeptHead = "party_dept_head", "党委工作部门主要负责人";
        GovernmentDeptHead = "government_dept_head", "政府工作部门主要负责人";
        TownshipHead = "township_head", "乡镇（街道）党政主要负责人";
        OtherLeadershipMember = "other_leadership_member", "领导班子其他成员";
    }
    /// 述法形式.
    DebriefForm {
        Written = "written", "书面述法";
        Meeting = "meeting", "会议述法";
        OnSite = "on_site", "现场述法";
        Special = "special", "专题述法";
        Media = "media", "媒体述法";
    }
    /// 年度考核等次.
    AppraisalGrade {
        Excellent = "excellent", "优秀";
        Competent = "competent", "称职";
        BasicallyCompetent = "basically_competent", "基本称职";
        Incompetent = "incompetent", "不称职";
    }
    /// 调整原因: why a leading group was adjusted.
    Trigger {
        LeaderChange = "leader_change", "主要负责人变动";
        MemberChange = "member_change", "成员变动";
        Reform = "reform", "机构改革";
        Annual = "annual", "年度例行调整";
    }
    /// 报送对象.
    RecipientKind {
        PartyCommittee = "party_committee", "本级党委";
        Government = "government", "本级政府";
        SuperiorDepartment = "superior_department", "上一级政府有关部门";
        RuleOfLawOffice = "rule_of_law_office", "本级党委法治建设议事协调机构办事机构";
        PeoplesCongress = "peoples_congress", "本级人大常委会";
        SuperiorPartyCommittee = "superior_party_committee", "上一级党委";
        SuperiorGovernment = "superior_government", "上一级政府";
        Other = "other", "其他";
    }
    /// 年度报告五项内容.
    ReportSection {
        Measures = "measures", "主要举措和成效";
        Shortfalls = "shortfalls", "存在的不足和原因";
        FirstResponsible = "first_responsible", "党政主要负责人履行第一责任人职责情况";
        NextYear = "next_year", "下一年度主要安排";
        Other = "other", "其他需要报告的情况";
    }
    /// 内容核对结果.
    SectionState {
        Present = "present", "有";
        Thin = "thin", "单薄";
        Missing = "missing", "缺";
    }
    /// 四个亲自.
    DirectiveKind {
        Deployed = "deployed", "亲自部署";
        Inquired = "inquired", "亲自过问";
        Coordinated = "coordinated", "亲自协调";
        Supervised = "supervised", "亲自督办";
    }
    /// 学习形式.
    StudyForm {
        CentralGroup = "central_group", "理论学习中心组";
        BeforeMeeting = "before_meeting", "会前学法";
        Lecture = "lecture", "专题讲座";
        Online = "online", "网络学法";
        Other = "other", "其他形式";
    }
    /// 宪法宣传形式.
    PublicityForm {
        Oath = "oath", "宪法宣誓";
        ConstitutionWeek = "constitution_week", "宪法宣传周";
        Exhibition = "exhibition", "展板";
        Quiz = "quiz", "知识竞赛";
        NewMedia = "new_media", "新媒体";
        Study = "study", "讲座、学习会";
        Other = "other", "其他形式";
    }
    /// 受众范围.
    AudienceScope {
        Internal = "internal", "局内";
        External = "external", "局外";
        Both = "both", "局内外";
    }
    /// 举办方式.
    SessionMode {
        Offline = "offline", "线下";
        Online = "online", "线上";
        Both = "both", "线上线下结合";
    }
    /// 案件类型.
    CaseType {
        Administrative = "administrative", "行政案件";
        Civil = "civil", "民事案件";
        Criminal = "criminal", "刑事案件";
    }
    /// 旁听方式.
    ObservationMode {
        OnSite = "on_site", "现场旁听";
        Online = "online", "网络直播旁听";
        Recording = "recording", "观看庭审录像";
    }
    /// 办证状态.
    CertificationStatus {
        Planned = "planned", "拟办";
        Issued = "issued", "已发证";
    }
    /// 制发层级.
    IssuerLevel {
        PartyGovernment = "party_government", "党委、政府";
        Department = "department", "部门";
    }
    /// 文件类别.
    DocumentCategory {
        MajorPolicy = "major_policy", "重大政策";
        Normative = "normative", "行政规范性文件";
        InternalRule = "internal_rule", "内部管理制度";
    }
    /// 公开方式.
    DisclosureMode {
        Proactive = "proactive", "主动公开";
        OnApplication = "on_application", "依申请公开";
        Withheld = "withheld", "不予公开";
    }
    /// 公平竞争审查结论.
    FairCompetitionConclusion {
        NoEffect = "no_effect", "不影响公平竞争";
        Exception = "exception", "适用例外规定";
        Violates = "violates", "违反审查标准";
    }
    /// 决策状态, in the order of the procedure.
    DecisionState {
        Catalogued = "catalogued", "列入目录";
        Started = "started", "启动";
        Drafted = "drafted", "形成草案";
        Consulted = "consulted", "公众参与、专家论证、风险评估";
        LegalityReviewed = "legality_reviewed", "合法性审查";
        CollectivelyDiscussed = "collectively_discussed", "集体讨论通过";
        ReportedToParty = "reported_to_party", "向党委请示报告";
        Issued = "issued", "印发";
        Published = "published", "公布";
        Evaluated = "evaluated", "后评估";
    }
    /// 审查对象类别.
    ReviewSubjectKind {
        Decision = "decision", "重大行政决策";
        NormativeDocument = "normative_document", "规范性文件";
        Contract = "contract", "合同";
        Reply = "reply", "答复、复函";
    }
    /// 审查意见.
    LegalityOpinion {
        Legal = "legal", "合法";
        LegalAfterChange = "legal_after_change", "修改后合法";
        Illegal = "illegal", "不合法";
    }
    /// 采纳情况.
    Adoption {
        Full = "full", "采纳";
        Partly = "partly", "部分采纳";
        Rejected = "rejected", "未采纳";
    }
    /// 法律服务人员类别.
    AdviserKind {
        LegalAdviser = "legal_adviser", "法律顾问";
        PublicLawyer = "public_lawyer", "公职律师";
    }
    /// 审级.
    CourtInstance {
        First = "first", "一审";
        Second = "second", "二审";
        Retrial = "retrial", "再审";
    }
    /// 出庭负责人.
    AppearingLeader {
        Main = "main", "正职负责人";
        Deputy = "deputy", "副职负责人";
        InCharge = "in_charge", "参与分管的负责人";
        Absent = "absent", "负责人未出庭";
    }
    /// 不能出庭的正当理由.
    AbsenceExcuse {
        ForceMajeure = "force_majeure", "不可抗力";
        Accident = "accident", "意外事件";
        IrreplaceableDuty = "irreplaceable_duty", "需要履行他人不能代替的公务";
        OtherGoodCause = "other_good_cause", "无法出庭的其他正当事由";
    }
}
