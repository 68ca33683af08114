//! What can be wrong with a policy file, in words for the one who wrote it.
//!
//! Messages only; the rules are in the file beside this one.

use super::{POLICY_LENGTH_MAX, POLICY_LINES_MAX};
use crate::key::KeyError;

/// What is wrong with a line of a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyFault {
    /// The file is too long, or has too many lines of a kind.
    #[error("more than {POLICY_LINES_MAX} lines of a kind, or {POLICY_LENGTH_MAX} bytes")]
    Limit,
    /// A control character.
    #[error("a control character other than tab")]
    Control,
    /// Not one of the four lines.
    #[error(
        "not a line of a policy: log <key> [<url>], witness <name> <key> [<url>], \
         group <name> all|any|<k> <member>..., quorum <name>|none"
    )]
    Line,
    /// The key is no key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A key of a kind that a witness cannot have.
    #[error("not a key of a witness: its type must be 0x04 or 0x06")]
    NotAWitness,
    /// The key stands in two lines.
    #[error("the same key stands in two lines")]
    DuplicateKey,
    /// Two keys with one name and identifier.
    #[error("another key has the same name and identifier")]
    AmbiguousKey,
    /// A log that is its own witness.
    #[error("the key of a witness is that of a log, which would vouch for itself")]
    WitnessIsLog,
    /// A name is taken, or is `none`.
    #[error("the name {0} is taken")]
    Taken(String),
    /// A name that no line before has defined.
    #[error("nothing before this line is called {0}")]
    Undefined(String),
    /// A member is listed twice, in one group or in two.
    #[error("{0} is a member already")]
    MemberTwice(String),
    /// The threshold is not between 1 and the number of members.
    #[error("the threshold is not a number from 1 to the number of members")]
    Threshold,
    /// No quorum line, or two.
    #[error("a policy has exactly one quorum line")]
    Quorum,
}

impl PolicyFault {
    /// The same in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Limit => {
                format!("同类行多于 {POLICY_LINES_MAX} 行，或文件超过 {POLICY_LENGTH_MAX} 字节")
            }
            Self::Control => "含有制表符以外的控制字符".to_owned(),
            Self::Line => "不是策略文件的行：log <公钥> [<网址>]、witness <名称> <公钥> [<网址>]、\
                           group <名称> all|any|<k> <成员>…、quorum <名称>|none"
                .to_owned(),
            Self::Key(error) => error.zh(),
            Self::NotAWitness => "不是见证方公钥：类型必须为 0x04 或 0x06".to_owned(),
            Self::DuplicateKey => "同一公钥出现在两行".to_owned(),
            Self::AmbiguousKey => "另有公钥与之同名且标识相同".to_owned(),
            Self::WitnessIsLog => "见证方公钥就是日志公钥，等于自己为自己作证".to_owned(),
            Self::Taken(name) => format!("名称 {name} 已被占用"),
            Self::Undefined(name) => format!("此行之前没有定义 {name}"),
            Self::MemberTwice(name) => format!("{name} 已经是成员"),
            Self::Threshold => "门槛应为 1 至成员数之间的数字".to_owned(),
            Self::Quorum => "策略必须恰有一行 quorum".to_owned(),
        }
    }
}

/// A policy cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the policy: {fault}")]
pub struct PolicyError {
    /// Counted from 1; the last for what is missing.
    pub line: usize,
    /// What is wrong.
    pub fault: PolicyFault,
}

impl PolicyError {
    /// The same in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        format!("策略第 {} 行：{}", self.line, self.fault.zh())
    }
}
