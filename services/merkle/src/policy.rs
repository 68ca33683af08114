//! Trust policies: whose logs count, and which witnesses must have seen a checkpoint
//! (C2SP tlog-policy).
//!
//! Holds public keys and a rule, fetches nothing. Invariants: names are bytes, compared as such;
//! a group only speaks of what stands before it, and nothing is a member twice, so that each
//! witness counts in one way; the key of a log is never that of a witness, who would else vouch
//! for itself.

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::key::VerifierKey;
use crate::note::{Note, Verified, VerifyError};

mod fault;
mod text;

pub use fault::{PolicyError, PolicyFault};

/// The longest policy file that is read, in bytes: 256 ML-DSA-44 keys are 470 kB.
pub const POLICY_LENGTH_MAX: usize = 1_000_000;
/// The most logs, witnesses and groups each. The text asks for 32.
pub const POLICY_LINES_MAX: usize = 256;

/// Which logs and which witnesses count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<Log>,
    /// Witnesses and groups, in the order of their lines: members stand before their groups.
    named: Vec<Named>,
    /// The place in `named`; `None` for the quorum `none`.
    quorum: Option<usize>,
}

/// A log that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// Its key; the name is its origin.
    pub key: VerifierKey,
    /// Where it is, as the policy has it.
    pub url: Option<String>,
}

/// A witness that may count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// What the policy calls it. Opaque bytes; shown as well as they can be.
    pub name: Vec<u8>,
    /// Its key.
    pub key: VerifierKey,
    /// Where to send checkpoints, as the policy has it.
    pub url: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Named {
    Witness(Box<Witness>),
    Group { name: Vec<u8>, threshold: usize, members: Vec<usize> },
}

impl Named {
    fn name(&self) -> &[u8] {
        match self {
            Self::Witness(witness) => &witness.name,
            Self::Group { name, .. } => name,
        }
    }
}

/// Why a policy does not accept a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAccepted {
    /// Not a checkpoint at all.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The checkpoint is of a log that the policy does not list.
    #[error("the policy does not list the log {origin}")]
    UnknownLog {
        /// The origin of the checkpoint.
        origin: String,
    },
    /// The log has not signed it.
    #[error("the checkpoint is not signed by a key that the policy lists for {origin}")]
    NotSigned {
        /// The origin of the checkpoint.
        origin: String,
    },
    /// A signature does not verify.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// Too few witnesses.
    #[error("the quorum {quorum} is not met: the checkpoint is cosigned by {}", list(.cosigned))]
    Quorum {
        /// What must be met.
        quorum: String,
        /// The witnesses who have cosigned, as the policy calls them.
        cosigned: Vec<String>,
    },
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
}

impl NotAccepted {
    /// The same in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Checkpoint(error) => error.zh(),
            Self::UnknownLog { origin } => format!("策略中没有日志 {origin}"),
            Self::NotSigned { origin } => {
                format!("检查点没有策略所列 {origin} 公钥的签名")
            }
            Self::Verify(error) => error.zh(),
            Self::Quorum { quorum, cosigned } if cosigned.is_empty() => {
                format!("未达到见证要求 {quorum}：没有任何见证方联署")
            }
            Self::Quorum { quorum, cosigned } => {
                format!("未达到见证要求 {quorum}：目前联署的有 {}", cosigned.join("、"))
            }
        }
    }
}

/// A checkpoint that a policy accepts, and who stands for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted<'p> {
    /// What was signed.
    pub checkpoint: Checkpoint,
    /// The keys of the log that have signed, one at least.
    pub logs: Vec<&'p VerifierKey>,
    /// The witnesses who have cosigned, needed for the quorum or not, with the instant in
    /// seconds since 1970.
    pub witnesses: Vec<(&'p Witness, u64)>,
}

impl Policy {
    /// The policy that trusts one log and asks for no witness.
    #[must_use]
    pub fn log_only(key: VerifierKey) -> Self {
        Self { logs: vec![Log { key, url: None }], named: vec![], quorum: None }
    }

    /// The same rule for these logs instead of those listed.
    ///
    /// # Errors
    /// When a key of them is that of a witness, or another of them.
    pub fn with_logs(
        &self,
        keys: impl IntoIterator<Item = VerifierKey>,
    ) -> Result<Self, PolicyFault> {
        let mut policy = Self { logs: vec![], ..self.clone() };
        for key in keys {
            policy.take_key(&key, Role::Log)?;
            policy.logs.push(Log { key, url: None });
        }
        Ok(policy)
    }

    /// The logs, in the order of their lines.
    #[must_use]
    pub fn logs(&self) -> &[Log] {
        &self.logs
    }

    /// The witnesses, in the order of their lines.
    pub fn witnesses(&self) -> impl Iterator<Item = &Witness> {
        self.named.iter().filter_map(|named| match named {
            Named::Witness(witness) => Some(&**witness),
            Named::Group { .. } => None,
        })
    }

    /// What the quorum line says.
    #[must_use]
    pub fn quorum(&self) -> String {
        self.quorum.map_or("none".to_owned(), |at| shown(self.named[at].name()))
    }

    /// Whether the witnesses for whom `has_cosigned` holds are enough.
    pub fn is_met(&self, mut has_cosigned: impl FnMut(&Witness) -> bool) -> bool {
        let mut met: Vec<bool> = Vec::with_capacity(self.named.len());
        for named in &self.named {
            // Members stand before their groups.
            met.push(match named {
                Named::Witness(witness) => has_cosigned(witness),
                Named::Group { threshold, members, .. } => {
                    *threshold <= members.iter().filter(|member| met[**member]).count()
                }
            });
        }
        self.quorum.is_none_or(|quorum| met[quorum])
    }

    /// Judges a signed checkpoint: of a listed log, signed by it, cosigned by the quorum, and
    /// no signature of a listed key wrong.
    ///
    /// # Errors
    /// When it is not accepted.
    pub fn accept(&self, note: &Note) -> Result<Accepted<'_>, NotAccepted> {
        let checkpoint = Checkpoint::parse(note.text())?;
        let origin = || checkpoint.origin().to_owned();
        let is_of_origin = |log: &&Log| log.key.name().as_str() == checkpoint.origin();
        let logs: Vec<_> = self.logs.iter().filter(is_of_origin).map(|log| &log.key).collect();
        if logs.is_empty() {
            return Err(NotAccepted::UnknownLog { origin: origin() });
        }
        let witnesses: Vec<_> = self.witnesses().collect();
        let keys = logs.iter().copied().chain(witnesses.iter().map(|witness| &witness.key));
        let verified = note.verify_any(keys)?;
        let time = |key: &VerifierKey| {
            verified.iter().find(|verified| verified.key == key).and_then(|verified| verified.time)
        };
        let is_log = |verified: &&Verified<'_>| logs.contains(&verified.key);
        let signed: Vec<_> = verified.iter().filter(is_log).map(|verified| verified.key).collect();
        if signed.is_empty() {
            return Err(NotAccepted::NotSigned { origin: origin() });
        }
        let witnesses: Vec<_> =
            witnesses.into_iter().filter_map(|it| Some((it, time(&it.key)?))).collect();
        if !self.is_met(|witness| witnesses.iter().any(|(known, _)| *known == witness)) {
            let cosigned = witnesses.iter().map(|(witness, _)| shown(&witness.name)).collect();
            return Err(NotAccepted::Quorum { quorum: self.quorum(), cosigned });
        }
        Ok(Accepted { checkpoint, logs: signed, witnesses })
    }
}

/// Whose key a line is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Log,
    Witness,
}

fn shown(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}
