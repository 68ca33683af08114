//! What is particular to each type of duty event (DOMAIN §3.2): dates, choices, lists and texts.
//!
//! Not here: figures, posts whose duty is discharged, title and evidence, which are the envelope's.
//! Nothing is mandatory. [`Details::check`] refuses only what contradicts itself or breaks a limit;
//! a gap or an irregular procedure is a flag of [`Details::flags`], and only on what is said to be
//! performed. Field paths are those of `proto/dutyledger/v1/details.proto`.
//!
//! Each struct lists its fields once ([`field::Record::fields`]); limits, gaps, key dates and the
//! scan of texts are derived from that list, so a new field cannot be forgotten by one of them.

mod choice;
mod debrief;
mod decision;
mod discipline;
mod dispute;
mod document;
mod enforcement;
mod facts;
mod field;
mod group;
mod learning;
mod meeting;
mod narrative;
mod publicity;
mod reporting;
mod review;

use super::{EventType, Kind};
use crate::docno::DocumentNumber;
use crate::occurred::Occurred;
use crate::problem::Problems;

pub use choice::{
    AbsenceExcuse, Adoption, AdviserKind, AppearingLeader, AppraisalGrade, AudienceScope, CaseType,
    CertificationStatus, CourtInstance, DebriefForm, DebrieferClass, DecisionState, DirectiveKind,
    DisclosureMode, DocumentCategory, FairCompetitionConclusion, IssuerLevel, LegalityOpinion,
    ObservationMode, PublicityForm, RecipientKind, ReportSection, ReviewSubjectKind, SectionState,
    SessionMode, StudyForm, Trigger,
};
pub use debrief::{DebriefItem, RatingVotes, RuleOfLawDebrief, YearEndStatement};
pub use decision::{CollectiveDiscussion, DecisionStep, MajorDecision};
pub use discipline::{
    CleanOfficeSupervision, CreditInformationPush, IntegrityDataSubmission,
    ResearchCreditEvaluation, ResearchIntegrityCommitment,
};
pub use dispute::{CourtAppearance, MediationWork};
pub use document::{DocumentRecord, NormativeDocument, PolicyDocument};
pub use enforcement::{
    CertifiedOfficer, EnforcementCertification, EnforcementExam, EnforcementThreeSystemsReport,
};
pub use facts::{DetailFacts, Procedure};
pub use field::{DETAIL_LIST_MAX, DETAIL_TEXT_CHARS_MAX, FileNumber, TextPath, Visitor};
pub use group::{GroupMember, LeadingGroupAdjustment, LeadingGroupConfirmation};
pub use learning::{
    CourtHearingObservation, LeaderLawStudy, RuleOfLawLecture, Speaker, StudySession,
};
pub use meeting::{
    AgendaItem, LeadingGroupMeeting, Meeting, MeetingDecision, PartyGroupDeliberation,
    SpecialWorkMeeting,
};
pub use narrative::{
    Award, CadreAppraisalLinkage, DemonstrationInspection, EnterpriseSurvey, ExamResultUse,
    WorkOutcome,
};
pub use publicity::{
    ConstitutionPublicity, LawPopularizationCampaign, LawPopularizationSession, Outreach,
};
pub use reporting::{
    AnnualReportPublication, AnnualWorkPlan, LeaderDirective, ReportRecipient, ReportToSuperior,
    SecrecyReview, SectionCheck,
};
pub use review::{
    FairCompetitionRecord, FairCompetitionReview, LegalAdviserAppointment, LegalAdviserOpinion,
    LegalityReview, LegalityReviewRecord, PublicComment,
};

use field::Record;

macro_rules! details {
    ($($variant:ident: $zh:literal,)*) => {
        /// The details of an event (类型专有信息); the variant decides the type.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Details { $(#[doc = $zh] $variant($variant),)* }

        impl Details {
            /// The type these details belong to.
            #[must_use]
            pub const fn event_type(&self) -> EventType {
                match self { $(Self::$variant(_) => EventType::$variant,)* }
            }

            fn record(&self) -> &dyn Record {
                match self { $(Self::$variant(record) => record,)* }
            }

            /// The details of a type when nothing of them is known.
            #[must_use]
            pub fn unknown(event_type: EventType) -> Self {
                match event_type {
                    $(EventType::$variant => Self::$variant($variant::default()),)*
                }
            }
        }
    };
}

details! {
    RuleOfLawDebrief: "领导述法.",
    YearEndStatement: "年终述职.",
    SpecialWorkMeeting: "法治政府建设专题工作会.",
    LeadingGroupMeeting: "领导小组会议.",
    PartyGroupDeliberation: "党组（党委）会研究法治建设.",
    LeadingGroupAdjustment: "领导小组调整.",
    LeadingGroupConfirmation: "领导小组年度确认.",
    ReportToSuperior: "向上级报告法治政府建设情况.",
    AnnualReportPublication: "年度报告向社会公开.",
    AnnualWorkPlan: "年度工作要点.",
    LeaderDirective: "主要负责人批示、部署、过问、协调、督办.",
    LeaderLawStudy: "领导干部学法.",
    RuleOfLawLecture: "法治讲座.",
    ConstitutionPublicity: "宪法学习宣传.",
    LawPopularizationSession: "普法宣讲场次.",
    LawPopularizationCampaign: "普法宣传活动.",
    CourtHearingObservation: "旁听庭审.",
    EnforcementExam: "执法考试.",
    EnforcementCertification: "执法持证.",
    EnforcementThreeSystemsReport: "行政执法三项制度.",
    PolicyDocument: "重大政策文件.",
    NormativeDocument: "行政规范性文件.",
    MajorDecision: "重大行政决策.",
    LegalityReview: "合法性审查.",
    LegalAdviserAppointment: "法律顾问、公职律师聘任.",
    LegalAdviserOpinion: "法律顾问意见.",
    FairCompetitionReview: "公平竞争审查.",
    ResearchIntegrityCommitment: "科研诚信承诺.",
    ResearchCreditEvaluation: "科研信用评价.",
    CreditInformationPush: "信用信息推送.",
    IntegrityDataSubmission: "诚信数据提交.",
    CleanOfficeSupervision: "清廉机关执纪督查.",
    CourtAppearance: "出庭应诉.",
    MediationWork: "调解.",
    DemonstrationInspection: "示范创建迎检.",
    CadreAppraisalLinkage: "用人导向与评价考核.",
    EnterpriseSurvey: "调研企业.",
    ExamResultUse: "考试结果运用.",
    Award: "荣誉.",
    WorkOutcome: "业务成效.",
}

impl Details {
    /// Refuses contradictions and broken limits. Field paths are relative to the details message.
    pub fn check(&self, occurred: &Occurred, problems: &mut Problems) {
        let record = self.record();
        let fields = record.fields();
        field::check_limits(&fields, problems);
        field::check_key_dates(&fields, occurred, problems);
        record.contradictions(occurred, problems);
    }

    /// Flags what is missing and what broke a rule of substance, in performed events only: a plan
    /// owes no evidence, and a recurring claim or an outcome has no instance to ask about.
    pub fn flags(&self, kind: Kind, occurred: &Occurred, problems: &mut Problems) {
        if kind != Kind::Performed {
            return;
        }
        let record = self.record();
        field::flag_gaps(&record.fields(), occurred, problems);
        record.irregularities(occurred, problems);
    }

    /// 文号 of the event's own document, when it has one.
    #[must_use]
    pub fn document_number(&self) -> Option<&DocumentNumber> {
        self.record().document_number()
    }

    /// The little that the evaluation keeps of the details.
    #[must_use]
    pub fn facts(&self) -> DetailFacts {
        self.record().facts()
    }

    /// Calls `visit` with the path, below `parent`, and content of every text that a caller wrote
    /// freely.
    pub fn for_each_text(&self, parent: Option<&TextPath<'_>>, visit: &mut Visitor<'_>) {
        field::for_each_text(&self.record().fields(), parent, visit);
    }
}

#[cfg(test)]
mod tests;
