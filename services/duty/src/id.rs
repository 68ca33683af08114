//! Names of things: newtypes for every id, parsed once at the boundary.
//!
//! Ids are opaque and carry no personal data; names change, ids do not (DOMAIN F25).

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

/// The caller's idempotency key of an event, kept for ever (事件编号).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(Uuid);

impl EventId {
    /// Wraps a UUID.
    #[must_use]
    pub const fn new(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// Reads the hyphenated or simple text form; `None` for anything else and for the nil UUID.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let uuid = Uuid::try_parse(text.trim()).ok()?;
        (!uuid.is_nil()).then_some(Self(uuid))
    }

    /// The id derived from a name that is unique in its namespace (RFC 9562 version 5): the same
    /// journal entry imported twice gets the same id.
    #[must_use]
    pub fn derived(namespace: &Uuid, name: &str) -> Self {
        Self(Uuid::new_v5(namespace, name.as_bytes()))
    }

    /// The UUID inside.
    #[must_use]
    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Longest text id, in bytes.
pub const ID_BYTES_MAX: usize = 64;

/// Whether `text` may be an id: 1 to 64 ASCII letters, digits, `.`, `_`, `-` or `:`, beginning with
/// a letter or a digit.
#[must_use]
pub fn is_id(text: &str) -> bool {
    text.len() <= ID_BYTES_MAX
        && text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b':'))
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Reads an id; `None` when [`is_id`] does not hold.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                is_id(text).then(|| Self(text.into()))
            }

            /// The id in a text that is shared rather than copied; `None` as for [`Self::parse`].
            #[must_use]
            pub fn shared(text: &Arc<str>) -> Option<Self> {
                is_id(text).then(|| Self(Arc::clone(text)))
            }

            /// The text of the id.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

text_id!(
    /// An organization (责任单位) in the tree.
    OrganizationId
);
text_id!(
    /// A post (职务) of an organization.
    PostId
);
text_id!(
    /// A person, by an opaque id; never a name.
    PersonId
);
text_id!(
    /// One person's holding of one post over one span of time (任期).
    TenureId
);
text_id!(
    /// A duty of a rule set (责任事项).
    DutyId
);
text_id!(
    /// A rule set (规则集), whatever its version.
    RuleSetId
);
text_id!(
    /// An absence from a post that excuses its holder (离岗).
    AbsenceId
);
text_id!(
    /// A leading group (领导小组), whatever its name and version.
    LeadingGroupId
);
text_id!(
    /// A change of an organization from a day on (机构变更).
    ChangeId
);
