//! What the public learns: 宪法学习宣传, 普法宣讲, 普法宣传活动.
//!
//! The days are the event's own time. Attendance is a quantity, offline and online apart.

use super::field::{Field, Record, event_days, given, list, text, texts};
use super::{AudienceScope, PublicityForm, SessionMode};

/// 宪法学习宣传.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConstitutionPublicity {
    /// 宣传形式.
    pub forms: Vec<PublicityForm>,
    /// 受众范围.
    pub audience: Option<AudienceScope>,
}

impl Record for ConstitutionPublicity {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            event_days()
                .ask("活动日期（与宪法宣传周比较）", "the date (compared with Constitution Week)"),
            list("forms", &self.forms),
            given("audience", self.audience),
        ]
    }
}

/// What sessions and campaigns have in common.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outreach {
    /// 举办方式.
    pub mode: Option<SessionMode>,
    /// 地点.
    pub venue: Box<str>,
    /// 受众.
    pub audience: Vec<Box<str>>,
    /// 宣讲的法律法规.
    pub laws: Vec<Box<str>>,
    /// 宣传渠道.
    pub channels: Vec<Box<str>>,
}

impl Outreach {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            event_days().ask("活动日期（按场次计数须有日期）", "the date (sessions are counted)"),
            given("mode", self.mode).ask(
                "举办方式（线上线下人数不得相加）",
                "the mode (offline and online never add up)",
            ),
            text("venue", &self.venue),
            texts("audience", &self.audience),
            texts("laws", &self.laws),
            texts("channels", &self.channels),
        ]
    }
}

/// 普法宣讲场次.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LawPopularizationSession {
    /// The session.
    pub outreach: Outreach,
}

impl Record for LawPopularizationSession {
    fn fields(&self) -> Vec<Field<'_>> {
        self.outreach.fields()
    }
}

/// 普法宣传活动.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LawPopularizationCampaign {
    /// The campaign.
    pub outreach: Outreach,
}

impl Record for LawPopularizationCampaign {
    fn fields(&self) -> Vec<Field<'_>> {
        self.outreach.fields()
    }
}
