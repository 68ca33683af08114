//! The closed lists of words a rule set is written in.

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$word:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$word])* $variant,)* }

        impl $name {
            /// All, in the order of this file.
            pub const ALL: [Self; [$($text),*].len()] = [$(Self::$variant),*];

            /// The word in rule sets.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The word and what it stands for.
            pub(super) const WORDS: &[(&'static str, Self)] = &[$(($text, Self::$variant)),*];
        }
    };
}

words! {
    /// The evidence ladder: on what an event stands, each rung above the one before.
    Rung {
        /// 自述: somebody says so.
        Claimed = "claimed",
        /// 有日期: the whole possible interval lies on one side of the deadline.
        Dated = "dated",
        /// 有文号: known to the day, with a document number or sealed minutes.
        Documented = "documented",
        /// 核定: a supervisor accepted it.
        Verified = "verified",
    }
}

words! {
    /// Who owes a duty (责任主体).
    OwedBy {
        /// 党委（党组）书记.
        PartyHead = "party_head",
        /// 行政主要负责人.
        GovernmentHead = "government_head",
        /// 单位.
        Organization = "organization",
        /// 领导小组.
        LeadingGroup = "leading_group",
    }
}

words! {
    /// What a duty attaches to.
    Level {
        /// Each person who owes it.
        Person = "person",
        /// The organization, once.
        Organization = "organization",
        /// Each document.
        Document = "document",
        /// Each decision.
        Decision = "decision",
        /// Each case.
        Case = "case",
    }
}

words! {
    /// A change that a duty answers (触发事项).
    TriggerKind {
        /// 主要负责人变动.
        MainLeaderChange = "main_leader_change",
        /// 成员变动.
        MemberChange = "member_change",
        /// 机构改革.
        InstitutionReform = "institution_reform",
    }
}

words! {
    /// A bound that each document, decision or case must keep (阈值).
    Threshold {
        /// 报名率, at least.
        RegistrationRate = "registration_rate",
        /// 实考率, at least.
        AttendanceRate = "attendance_rate",
        /// 通过率, at least.
        PassRate = "pass_rate",
        /// 覆盖率, at least.
        Coverage = "coverage",
        /// 合法性审查率, at least.
        LegalityReviewRate = "legality_review_rate",
        /// 集体讨论率, at least.
        CollectiveDiscussionRate = "collective_discussion_rate",
        /// 备案率, at least.
        FilingRate = "filing_rate",
        /// 出庭率, at least.
        AppearanceRate = "appearance_rate",
        /// 公开征求意见天数, at least.
        PublicCommentDaysMin = "public_comment_days_min",
        /// 合法性审查工作日, at least.
        LegalityReviewWorkingDaysMin = "legality_review_working_days_min",
        /// 公开时限（工作日）, at most.
        PublicationWithinWorkingDays = "publication_within_working_days",
    }
}

impl Threshold {
    /// Whether the bound is a greatest value and not a least.
    #[must_use]
    pub const fn is_maximum(self) -> bool {
        matches!(self, Self::PublicationWithinWorkingDays)
    }

    /// Whether the bound counts whole days; the others are rates, 0 to 1.
    #[must_use]
    pub const fn is_days(self) -> bool {
        matches!(
            self,
            Self::PublicCommentDaysMin
                | Self::LegalityReviewWorkingDaysMin
                | Self::PublicationWithinWorkingDays
        )
    }
}

words! {
    /// How the source report speaks of a duty.
    SeedKind {
        /// As done.
        Performed = "performed",
        /// As done regularly.
        RecurringClaim = "recurring_claim",
        /// As intended.
        Planned = "planned",
        /// Not at all.
        Absent = "absent",
    }
}
