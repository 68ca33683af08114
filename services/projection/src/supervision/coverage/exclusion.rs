//! Why somebody does not have to debrief, in words. Who it is, is not decided here.

/// Why somebody is not in scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exclusion {
    /// No rule set is valid.
    NoRuleSet,
    /// No duty of the rule set is discharged by a debrief.
    NoDuty,
    /// 不适用.
    NotApplicable,
    /// 免除.
    Exempted,
    /// 职务空缺.
    Vacant,
    /// Left before the accounting day.
    Departed,
}

impl Exclusion {
    /// Why, in Chinese.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::NoRuleSet => "该年度没有对其有效的规则集",
            Self::NoDuty => "规则集没有以述法履行的事项",
            Self::NotApplicable => "按规则不适用",
            Self::Exempted => "已经批准免除",
            Self::Vacant => "考核基准日该职务无人任职（或未登记任期）",
            Self::Departed => "考核基准日前已离任：应作离任述法，或在新任职务一并述法",
        }
    }

    /// Why, in English.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::NoRuleSet => "no rule set is valid for it in the year",
            Self::NoDuty => "its rule set has no duty that a debrief discharges",
            Self::NotApplicable => "not applicable by the rule",
            Self::Exempted => "exempted by decision",
            Self::Vacant => "nobody holds the post on the accounting day, or none is registered",
            Self::Departed => {
                "left before the accounting day: owes a departure statement, or debriefs in the \
                 new post for both"
            }
        }
    }
}
