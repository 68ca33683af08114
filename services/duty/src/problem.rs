//! What is wrong with an input or worth a look in a record: where, why, in both languages.
//!
//! A [`Problem`] is a value. As a refusal it keeps an input out; as a flag it goes beside an
//! accepted event or an evaluation. Which of the two is the caller's decision, not the problem's.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// Machine-readable reason. The text is the `reason` of `google.rpc.ErrorInfo` and of a
        /// flag, and stands with its meaning in `proto/dutyledger/v1/error.proto`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason { $($(#[$doc])* $variant,)* }

        impl Reason {
            /// Every reason, in the order of this file.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The stable text, SCREAMING_SNAKE_CASE.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

reasons! {
    // --- shape of an input
    /// A required field is absent.
    FieldRequired = "FIELD_REQUIRED",
    /// A field does not have the form it must have.
    FieldMalformed = "FIELD_MALFORMED",
    /// A field is longer, larger or more numerous than allowed.
    FieldTooLong = "FIELD_TOO_LONG",
    /// A number is outside its range.
    FieldOutOfRange = "FIELD_OUT_OF_RANGE",
    /// An enum value the ledger does not know.
    EnumUnknown = "ENUM_UNKNOWN",
    /// Two things in one request carry the same id.
    DuplicateInRequest = "DUPLICATE_IN_REQUEST",
    // --- dates
    /// A date that does not exist, or is not written YYYY-MM-DD.
    DateInvalid = "DATE_INVALID",
    /// An interval ends before it begins.
    DateReversed = "DATE_REVERSED",
    /// The interval does not fit the stated precision.
    PrecisionMismatch = "PRECISION_MISMATCH",
    /// Something done is dated in the future.
    DateInFuture = "DATE_IN_FUTURE",
    /// A date of the details lies outside the event's own interval.
    DateOutsideOccurred = "DATE_OUTSIDE_OCCURRED",
    /// Dates that must follow one another do not.
    DateOrder = "DATE_ORDER",
    /// Accounting year before 2016 or beyond the next year.
    AccountingYearInvalid = "ACCOUNTING_YEAR_INVALID",
    /// Accounting year is not the year in which the event happened (a flag, often right).
    AccountingYearDiffers = "ACCOUNTING_YEAR_DIFFERS",
    // --- identifiers of the state
    /// 统一社会信用代码 with a wrong check digit or character.
    UsccInvalid = "USCC_INVALID",
    /// 行政区划代码 unknown, or not valid at that time.
    DivisionInvalid = "DIVISION_INVALID",
    /// 文号 not of the form 机关代字〔年份〕序号号.
    DocumentNumberInvalid = "DOCUMENT_NUMBER_INVALID",
    /// A digest that is not lower-case hex of the length its algorithm has.
    DigestInvalid = "DIGEST_INVALID",
    /// A URL that is not absolute http or https.
    UrlInvalid = "URL_INVALID",
    // --- figures
    /// A quantity is negative or not a decimal number.
    QuantityInvalid = "QUANTITY_INVALID",
    /// A unit or metric outside the catalogue (a flag).
    MetricUnknown = "METRIC_UNKNOWN",
    /// A unit that is not in the list of units.
    UnitUnknown = "UNIT_UNKNOWN",
    /// A metric stands twice in one event.
    MetricRepeated = "METRIC_REPEATED",
    /// The parts do not add up to the stated total.
    PartsDoNotSum = "PARTS_DO_NOT_SUM",
    /// A part exceeds its whole (passed > sat, present > expected).
    PartExceedsWhole = "PART_EXCEEDS_WHOLE",
    /// A rate contradicts the numbers it is a rate of, or lies outside 0..=1.
    RateContradictsBase = "RATE_CONTRADICTS_BASE",
    /// A rate is stated without the numbers it is a rate of (a flag).
    RateWithoutBase = "RATE_WITHOUT_BASE",
    /// Stated growth differs from the growth computed from before and after (a flag).
    GrowthContradictsBase = "GROWTH_CONTRADICTS_BASE",
    // --- secrecy and personal data
    /// A state-secret marking: such text must never enter this system.
    StateSecretMarking = "STATE_SECRET_MARKING",
    // --- references
    /// A referenced organization, post, person, tenure, event or rule set does not exist.
    ReferenceUnknown = "REFERENCE_UNKNOWN",
    /// An id that is already taken by something else.
    AlreadyExists = "ALREADY_EXISTS",
    /// The same event id with other content.
    EventIdReused = "EVENT_ID_REUSED",
    /// The stream is not at the expected revision.
    RevisionConflict = "REVISION_CONFLICT",
    /// The target was corrected or withdrawn already.
    EventNotCurrent = "EVENT_NOT_CURRENT",
    /// A correction must keep the organization and the type of the event.
    CorrectionChangesIdentity = "CORRECTION_CHANGES_IDENTITY",
    /// The reason given is too short to be one.
    ReasonTooShort = "REASON_TOO_SHORT",
    /// The verifier is the recorder.
    VerifierIsRecorder = "VERIFIER_IS_RECORDER",
    /// The event was accepted: withdrawing it takes the verifier's consent.
    ConsentRequired = "CONSENT_REQUIRED",
    /// Two tenures of one post overlap, or a tenure lies outside its post.
    TenureOverlaps = "TENURE_OVERLAPS",
    /// The organization tree would have a cycle.
    TreeCycle = "TREE_CYCLE",
    /// An aggregate and its components contradict each other.
    AggregateInvalid = "AGGREGATE_INVALID",
    // --- flags on accepted events
    /// A field that the event type asks for is not given.
    DetailMissing = "DETAIL_MISSING",
    /// The responsible person did not hold the post at the time.
    TenureDoesNotCover = "TENURE_DOES_NOT_COVER",
    /// Nobody is named for a duty that a person owes.
    ResponsibleMissing = "RESPONSIBLE_MISSING",
    /// Recorded long after it happened (补录).
    LateEntry = "LATE_ENTRY",
    /// Something the details say breaks a rule of substance (a flag).
    SubstanceIrregular = "SUBSTANCE_IRREGULAR",
    // --- rule sets and calendars
    /// The rule set is not valid TOML.
    RuleSetSyntax = "RULE_SET_SYNTAX",
    /// A key the rule-set format does not have.
    RuleSetUnknownKey = "RULE_SET_UNKNOWN_KEY",
    /// A value that the rule-set format does not allow there.
    RuleSetInvalid = "RULE_SET_INVALID",
    /// A CEL condition that does not compile or names an unknown variable.
    RuleSetCondition = "RULE_SET_CONDITION",
    /// Worth a look, not wrong (a flag).
    RuleSetAdvice = "RULE_SET_ADVICE",
    /// No rule set is valid for the year and the jurisdiction.
    RuleSetMissing = "RULE_SET_MISSING",
    /// The working-day calendar of a year is not loaded.
    CalendarMissing = "CALENDAR_MISSING",
    // --- requests
    /// The page token does not belong to this query.
    PageTokenInvalid = "PAGE_TOKEN_INVALID",
    /// The filter or order does not parse, or names an unknown field.
    FilterInvalid = "FILTER_INVALID",
    /// The position is beyond the head of the journal.
    PositionNotReached = "POSITION_NOT_REACHED",
    /// A limit of the service is reached.
    LimitReached = "LIMIT_REACHED",
    /// The disk is full: nothing is written until there is room.
    StorageFull = "STORAGE_FULL",
    /// A write failed: nothing more is accepted until an operator has looked.
    JournalPoisoned = "JOURNAL_POISONED",
    /// A stored entry is damaged.
    JournalCorrupt = "JOURNAL_CORRUPT",
    /// The service is starting or stopping.
    NotServing = "NOT_SERVING",
    /// A fault inside the service.
    Internal = "INTERNAL",
    /// The entry or the tree is not published yet.
    NotPublished = "NOT_PUBLISHED",
    /// The cosignature is not one of a witness of the policy over the last checkpoint signed.
    CosignatureInvalid = "COSIGNATURE_INVALID",
    // --- operation
    /// An admin call from another machine.
    CallerNotLocal = "CALLER_NOT_LOCAL",
    // --- persons
    /// Personal text cannot be sealed or read: the key of keys is not configured, or a key is lost.
    PersonKeyUnavailable = "PERSON_KEY_UNAVAILABLE",
    /// The person's text was erased: none may be recorded again.
    PersonErased = "PERSON_ERASED",
    /// The approver is the recorder.
    ApproverIsRecorder = "APPROVER_IS_RECORDER",
    /// A person's name in a field that is stored in the clear.
    NameInClear = "NAME_IN_CLEAR",
    // --- review
    /// The event is not accepted: there is no acceptance to withdraw.
    EventNotAccepted = "EVENT_NOT_ACCEPTED",
    /// The approver is the applicant.
    ApproverIsApplicant = "APPROVER_IS_APPLICANT",
    /// The exemption was revoked already.
    ExemptionRevoked = "EXEMPTION_REVOKED",
    /// The finding is not where this step begins: not open to be answered, not answered to be
    /// closed.
    RectificationOutOfOrder = "RECTIFICATION_OUT_OF_ORDER",
    /// Whoever closes a finding answered it, or had to mend it.
    CloserIsAnswerer = "CLOSER_IS_ANSWERER",
    // --- evaluation
    /// The cursor is none of the feed of changes.
    CursorInvalid = "CURSOR_INVALID",
    /// The year is sealed: nothing it rests on changes until it is reopened.
    YearSealed = "YEAR_SEALED",
    /// The step does not follow from how far the year is.
    YearStageWrong = "YEAR_STAGE_WRONG",
    /// The period of notice still runs.
    NoticeRunning = "NOTICE_RUNNING",
    /// The period for appeals is over.
    AppealPeriodOver = "APPEAL_PERIOD_OVER",
    /// An appeal is undecided.
    AppealUndecided = "APPEAL_UNDECIDED",
    /// Who takes the step recorded what it is about, or appealed.
    ActorIsInterested = "ACTOR_IS_INTERESTED",
    /// More bonus than a year may have.
    BonusLimit = "BONUS_LIMIT",
    /// What a supervisor returned was not mended within its cure period (a flag).
    ReturnNotMended = "RETURN_NOT_MENDED",
    // --- persons and posts over time
    /// 任职不足半年: the leader may report in writing only (a flag).
    TenureShort = "TENURE_SHORT",
    /// It fell due before a leader of less than half a year came: it stays with the organization (a
    /// flag).
    DueBeforeTenure = "DUE_BEFORE_TENURE",
    /// A document excuses the leader: retired, suspended, ill or under investigation (a flag).
    LeaderExcused = "LEADER_EXCUSED",
    /// An absence lies outside its tenure, or two absences of one tenure overlap.
    AbsenceInvalid = "ABSENCE_INVALID",
    /// The head of a leading group is no main leader, or nobody holds the head's post (a flag).
    GroupHeadIrregular = "GROUP_HEAD_IRREGULAR",
    /// No duty event reports the adjustment of a leading group by its document number (a flag).
    GroupDocumentUnreported = "GROUP_DOCUMENT_UNREPORTED",
    /// A change of an organization contradicts its beginning, its end or another change.
    OrganizationChangeInvalid = "ORGANIZATION_CHANGE_INVALID",
    /// The organization ended before the deadline: it owes this no more (a flag).
    OrganizationEnded = "ORGANIZATION_ENDED",
    // --- rule sets over others
    /// What a rule set extends is missing, faulty, elsewhere, or stands on it itself.
    RuleSetParent = "RULE_SET_PARENT",
    /// A change of an inherited duty that is not there, or changes nothing.
    RuleSetOverride = "RULE_SET_OVERRIDE",
    // --- further review of an appeal's decision
    /// The term in which a further review may be asked for still runs.
    FurtherReviewTermRunning = "FURTHER_REVIEW_TERM_RUNNING",
    /// The term in which a further review may be asked for is over.
    FurtherReviewTermOver = "FURTHER_REVIEW_TERM_OVER",
    /// A further review is undecided.
    FurtherReviewUndecided = "FURTHER_REVIEW_UNDECIDED",
    /// A further review belongs to another office than decided, and not to one below it.
    FurtherReviewOffice = "FURTHER_REVIEW_OFFICE",
    // --- rectification, continued
    /// Whoever closes a finding is not of the body that ordered it, or holds a post where it was
    /// found.
    CloserNotOfBody = "CLOSER_NOT_OF_BODY",
    // --- successors
    /// What an organization that ended had left open is owed by its successor (a flag).
    ObligationPassedOn = "OBLIGATION_PASSED_ON",
    /// It is owed in the place of an organization that ended (a flag).
    ObligationTakenOver = "OBLIGATION_TAKEN_OVER",
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing that is wrong or worth a look.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Why, for programs.
    pub reason: Reason,
    /// Where: a protobuf field path such as `events[3].quantities[0].value`; empty for the whole.
    pub field: String,
    /// What and how to mend it, in Chinese.
    pub zh: String,
    /// What and how to mend it, in English.
    pub en: String,
}

impl Problem {
    /// A problem at `field`.
    #[must_use]
    pub fn new(
        reason: Reason,
        field: impl Into<String>,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) -> Self {
        Self { reason, field: field.into(), zh: zh.into(), en: en.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.reason, self.field, self.en)
    }
}

/// One step of a field path. Written out only when a problem is found: most inputs have none.
#[derive(Debug, Clone)]
enum Segment {
    Name(Cow<'static, str>),
    Item(&'static str, usize),
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Item(name, index) => write!(f, "{name}[{index}]"),
        }
    }
}

/// Problems collected under a field path, so that checks of a part need not know where it stands.
#[derive(Debug, Default)]
pub struct Problems {
    path: Vec<Segment>,
    found: Vec<Problem>,
}

impl Problems {
    /// None yet, at the root.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs `check` one level deeper: `at("occurred", …)`.
    pub fn at<T>(
        &mut self,
        segment: impl Into<Cow<'static, str>>,
        check: impl FnOnce(&mut Self) -> T,
    ) -> T {
        self.below(Segment::Name(segment.into()), check)
    }

    /// Runs `check` one level deeper, in an item of a list: `at_item("quantities", 2, …)`.
    pub fn at_item<T>(
        &mut self,
        list: &'static str,
        index: usize,
        check: impl FnOnce(&mut Self) -> T,
    ) -> T {
        self.below(Segment::Item(list, index), check)
    }

    fn below<T>(&mut self, segment: Segment, check: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(segment);
        let result = check(self);
        self.path.pop();
        result
    }

    /// Adds a problem of the field `name` below the current path ("" for the current path itself).
    pub fn add(
        &mut self,
        reason: Reason,
        name: &str,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) {
        let mut field = String::new();
        for segment in &self.path {
            if !field.is_empty() {
                field.push('.');
            }
            // Writing to a string cannot fail.
            let _ = write!(field, "{segment}");
        }
        if !name.is_empty() {
            if !field.is_empty() {
                field.push('.');
            }
            field.push_str(name);
        }
        self.found.push(Problem { reason, field, zh: zh.into(), en: en.into() });
    }

    /// Takes over problems whose field paths are relative to the current path.
    pub fn extend(&mut self, problems: impl IntoIterator<Item = Problem>) {
        for problem in problems {
            let Problem { reason, field, zh, en } = problem;
            self.add(reason, &field, zh, en);
        }
    }

    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// How many were found.
    #[must_use]
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// The problems, in the order found.
    #[must_use]
    pub fn into_vec(self) -> Vec<Problem> {
        self.found
    }
}
