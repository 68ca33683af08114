//! Receipts: one text that shows offline that an entry is in the log (C2SP tlog-proof).
//!
//! A receipt is a proof of inclusion *and* the signed checkpoint it leads to: without the
//! checkpoint it is a list of hashes without any connection to the log. Invariants: a receipt
//! writes the bytes it was read from; verifying checks both, and the quorum of the policy. The
//! extra data is not signed by anybody, and proves nothing.

use std::fmt;

use base64ct::{Base64, Encoding};

use crate::checkpoint::{Checkpoint, CheckpointError, decimal};
use crate::hash::{Hash, leaf};
use crate::note::{Note, NoteError};
use crate::policy::{Accepted, NotAccepted, Policy};
use crate::proof::{ProofError, verify_inclusion};

/// The longest receipt that is read, in bytes: a note, and as much extra data.
pub const RECEIPT_LENGTH_MAX: usize = 2_000_000;
/// The longest way from a leaf to the root of a tree of 2^63 leaves.
const PROOF_LENGTH_MAX: usize = 63;
const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

/// A proof of inclusion with its checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    extra: Option<Vec<u8>>,
    index: u64,
    proof: Vec<Hash>,
    note: Note,
    checkpoint: Checkpoint,
}

/// Why a text is no receipt, or a receipt proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// Longer than [`RECEIPT_LENGTH_MAX`], or not UTF-8.
    #[error("the receipt is not UTF-8, or longer than {RECEIPT_LENGTH_MAX} bytes")]
    Text,
    /// The first line is another.
    #[error("the first line of a receipt is {FIRST_LINE}")]
    FirstLine,
    /// The extra data is not base64, or empty.
    #[error("the extra data of the receipt is not base64, or empty")]
    Extra,
    /// No index where it should be.
    #[error("the receipt does not say the index of the entry: index <number>")]
    Index,
    /// A line of the proof is no hash, or there are too many.
    #[error("line {line} of the receipt is not a hash in base64, or one too many")]
    Hash {
        /// Counted from 1.
        line: usize,
    },
    /// No blank line before the checkpoint.
    #[error("the receipt has no blank line with a checkpoint below it")]
    NoCheckpoint,
    /// The checkpoint is none.
    #[error("the checkpoint in the receipt: {0}")]
    Checkpoint(CheckpointError),
    /// The checkpoint is not accepted.
    #[error("the checkpoint in the receipt is not accepted: {0}")]
    NotAccepted(NotAccepted),
    /// The entry is not the one that was logged, or the proof was changed.
    #[error("the entry is not shown to be in the log: {0}")]
    Proof(ProofError),
}

impl ReceiptError {
    /// The same in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Text => format!("凭证不是 UTF-8 文本，或超过 {RECEIPT_LENGTH_MAX} 字节"),
            Self::FirstLine => format!("凭证首行应为 {FIRST_LINE}"),
            Self::Extra => "凭证的附加数据不是 base64，或为空".to_owned(),
            Self::Index => "凭证没有写明条目序号：index <数字>".to_owned(),
            Self::Hash { line } => format!("凭证第 {line} 行不是 base64 书写的哈希，或行数过多"),
            Self::NoCheckpoint => "凭证缺少空行或空行之后的检查点".to_owned(),
            Self::Checkpoint(error) => format!("凭证中的检查点：{}", error.zh()),
            Self::NotAccepted(error) => format!("凭证中的检查点不被接受：{}", error.zh()),
            Self::Proof(error) => format!("未能证明该条目在日志中：{}", error.zh()),
        }
    }
}

impl Receipt {
    /// Puts a receipt together. Extra data of length 0 is none.
    ///
    /// # Errors
    /// When the note is not that of a checkpoint.
    pub fn new(
        index: u64,
        proof: Vec<Hash>,
        note: Note,
        extra: Option<Vec<u8>>,
    ) -> Result<Self, CheckpointError> {
        let checkpoint = Checkpoint::parse(note.text())?;
        if note.signatures().is_empty() {
            return Err(NoteError::NoSignatures.into());
        }
        let extra = extra.filter(|extra| !extra.is_empty());
        Ok(Self { extra, index, proof, note, checkpoint })
    }

    /// Reads a receipt.
    ///
    /// # Errors
    /// When it breaks a rule of tlog-proof, "Format".
    pub fn parse(bytes: &[u8]) -> Result<Self, ReceiptError> {
        if RECEIPT_LENGTH_MAX < bytes.len() {
            return Err(ReceiptError::Text);
        }
        let text = str::from_utf8(bytes).map_err(|_| ReceiptError::Text)?;
        let (head, note) = text.split_once("\n\n").ok_or(ReceiptError::NoCheckpoint)?;
        let mut lines = head.split('\n').enumerate().peekable();
        if lines.next().map(|(_, line)| line) != Some(FIRST_LINE) {
            return Err(ReceiptError::FirstLine);
        }
        let is_extra = |(_, line): &(usize, &str)| line.starts_with("extra ");
        let extra = match lines.next_if(is_extra) {
            Some((_, line)) => Some(parse_extra(line).ok_or(ReceiptError::Extra)?),
            None => None,
        };
        let index = lines.next().and_then(|(_, line)| line.strip_prefix("index "));
        let index = index.and_then(decimal).ok_or(ReceiptError::Index)?;
        let mut proof = Vec::new();
        for (at, line) in lines {
            let error = ReceiptError::Hash { line: at + 1 };
            if PROOF_LENGTH_MAX <= proof.len() {
                return Err(error);
            }
            proof.push(Hash::from_base64(line).ok_or(error)?);
        }
        let note =
            Note::parse(note.as_bytes()).map_err(|error| ReceiptError::Checkpoint(error.into()))?;
        let checkpoint = Checkpoint::parse(note.text()).map_err(ReceiptError::Checkpoint)?;
        Ok(Self { extra, index, proof, note, checkpoint })
    }

    /// Shows that these bytes are an entry of a log that the policy lists, at
    /// [`Receipt::index`]: the log has signed the checkpoint, the witnesses have seen it, and
    /// the entry is in its tree. Says who stands for it.
    ///
    /// # Errors
    /// When any of this does not hold.
    pub fn verify<'p>(
        &self,
        entry: &[u8],
        policy: &'p Policy,
    ) -> Result<Accepted<'p>, ReceiptError> {
        self.verify_hash(&leaf(entry), policy)
    }

    /// Like [`Receipt::verify`], for one who has the hash of the leaf only.
    ///
    /// # Errors
    /// Like [`Receipt::verify`].
    pub fn verify_hash<'p>(
        &self,
        leaf: &Hash,
        policy: &'p Policy,
    ) -> Result<Accepted<'p>, ReceiptError> {
        let accepted = policy.accept(&self.note).map_err(ReceiptError::NotAccepted)?;
        let (size, root) = (accepted.checkpoint.size(), accepted.checkpoint.root());
        verify_inclusion(self.index, size, leaf, &self.proof, &root)
            .map_err(ReceiptError::Proof)?;
        Ok(accepted)
    }

    /// The index of the entry in the log, from 0.
    #[must_use]
    pub fn index(&self) -> u64 {
        self.index
    }

    /// The way from the leaf to the root.
    #[must_use]
    pub fn proof(&self) -> &[Hash] {
        &self.proof
    }

    /// The signed checkpoint. Not to be trusted before [`Receipt::verify`].
    #[must_use]
    pub fn note(&self) -> &Note {
        &self.note
    }

    /// What the checkpoint says. Not to be trusted before [`Receipt::verify`].
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// What somebody added; signed by nobody.
    #[must_use]
    pub fn extra(&self) -> Option<&[u8]> {
        self.extra.as_deref()
    }
}

fn parse_extra(line: &str) -> Option<Vec<u8>> {
    let base64 = line.strip_prefix("extra ")?;
    Base64::decode_vec(base64).ok().filter(|extra| !extra.is_empty())
}

/// The receipt as it is handed out; its file name ends in `.tlog-proof`.
impl fmt::Display for Receipt {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{FIRST_LINE}")?;
        if let Some(extra) = &self.extra {
            writeln!(out, "extra {}", Base64::encode_string(extra))?;
        }
        writeln!(out, "index {}", self.index)?;
        self.proof.iter().try_for_each(|hash| writeln!(out, "{}", hash.to_base64()))?;
        write!(out, "\n{}", self.note)
    }
}
