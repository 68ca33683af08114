//! The closed lists of the details, inward. Each list is matched whole, so that a value added to
//! the contract does not compile until the domain knows it.

use duty::event::details as domain;

use crate::pb;

/// A closed list of the domain, by its number on the wire.
pub(super) trait Choice: Sized {
    /// `None` for a number that this version does not know, `Some(None)` for "not given".
    fn from_number(number: i32) -> Option<Option<Self>>;
}

macro_rules! choices {
    ($($domain:ident = $pb:ident { $($variant:ident)* })*) => {$(
        impl Choice for domain::$domain {
            fn from_number(number: i32) -> Option<Option<Self>> {
                match pb::$pb::try_from(number).ok()? {
                    pb::$pb::Unspecified => Some(None),
                    $(pb::$pb::$variant => Some(Some(Self::$variant)),)*
                }
            }
        }
    )*};
}

choices! {
    DebrieferClass = DebrieferClass {
        PartyCommitteeHead GovernmentHead PartyDeptHead GovernmentDeptHead TownshipHead
        OtherLeadershipMember
    }
    DebriefForm = DebriefForm { Written Meeting OnSite Special Media }
    AppraisalGrade = AppraisalGrade { Excellent Competent BasicallyCompetent Incompetent }
    Trigger = AdjustmentTrigger { LeaderChange MemberChange Reform Annual }
    RecipientKind = RecipientKind {
        PartyCommittee Government SuperiorDepartment RuleOfLawOffice PeoplesCongress
        SuperiorPartyCommittee SuperiorGovernment Other
    }
    ReportSection = ReportSection { Measures Shortfalls FirstResponsible NextYear Other }
    SectionState = SectionState { Present Thin Missing }
    DirectiveKind = DirectiveKind { Deployed Inquired Coordinated Supervised }
    StudyForm = StudyForm { CentralGroup BeforeMeeting Lecture Online Other }
    PublicityForm = PublicityForm { Oath ConstitutionWeek Exhibition Quiz NewMedia Study Other }
    AudienceScope = AudienceScope { Internal External Both }
    SessionMode = SessionMode { Offline Online Both }
    CaseType = CaseType { Administrative Civil Criminal }
    ObservationMode = ObservationMode { OnSite Online Recording }
    CertificationStatus = CertificationStatus { Planned Issued }
    IssuerLevel = IssuerLevel { PartyGovernment Department }
    DocumentCategory = DocumentCategory { MajorPolicy Normative InternalRule }
    DisclosureMode = DisclosureMode { Proactive OnApplication Withheld }
    FairCompetitionConclusion = FairCompetitionConclusion { NoEffect Exception Violates }
    DecisionState = DecisionState {
        Catalogued Started Drafted Consulted LegalityReviewed CollectivelyDiscussed ReportedToParty
        Issued Published Evaluated
    }
    ReviewSubjectKind = ReviewSubjectKind { Decision NormativeDocument Contract Reply }
    LegalityOpinion = LegalityOpinion { Legal LegalAfterChange Illegal }
    Adoption = Adoption { Full Partly Rejected }
    AdviserKind = AdviserKind { LegalAdviser PublicLawyer }
    CourtInstance = CourtInstance { First Second Retrial }
    AppearingLeader = AppearingLeader { Main Deputy InCharge Absent }
    AbsenceExcuse = AbsenceExcuse { ForceMajeure Accident IrreplaceableDuty OtherGoodCause }
}
