//! Checkpoints: what a log says about its tree (C2SP tlog-checkpoint).
//!
//! Signs and verifies through notes, keeps no promise between two checkpoints: that a log never
//! signs two that contradict each other is for its caller to see to. Invariant: a checkpoint
//! writes the text it was read from.

use std::fmt;

use crate::hash::{EMPTY_ROOT, Hash};
use crate::key::VerifierKey;
use crate::note::{Note, NoteError, Verified, VerifyError};
use crate::signer::{LogSigner, NotSigned};

/// Origin, size and root of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Hash,
    extensions: Vec<String>,
}

/// Why a text is no checkpoint, or a checkpoint is not to be trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Not a signed note at all.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Empty, or not one line.
    #[error("the origin of a checkpoint is one line of text and not empty")]
    Origin,
    /// Not a decimal number without zeros in front, or above 2^64.
    #[error("the second line of a checkpoint is the number of leaves")]
    Size,
    /// Not 32 bytes in base64.
    #[error("the third line of a checkpoint is the root hash in base64")]
    Root,
    /// The tree without leaves has only one root.
    #[error("the root of the checkpoint of size 0 is not that of the empty tree")]
    EmptyRoot,
    /// An empty line below the root.
    #[error("a checkpoint has no empty lines")]
    Extension,
    /// Another log's checkpoint.
    #[error("the checkpoint is of {found}, not of {expected}")]
    WrongOrigin {
        /// Whose it is.
        found: String,
        /// Whose it should be.
        expected: String,
    },
    /// The signatures do not count.
    #[error(transparent)]
    Verify(#[from] VerifyError),
}

impl CheckpointError {
    /// The same in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Note(error) => error.zh(),
            Self::Origin => "检查点的来源应为非空的一行文本".to_owned(),
            Self::Size => "检查点第二行应为叶子总数".to_owned(),
            Self::Root => "检查点第三行应为 base64 书写的根哈希".to_owned(),
            Self::EmptyRoot => "大小为 0 的检查点，其根哈希不是空树的根哈希".to_owned(),
            Self::Extension => "检查点不得含空行".to_owned(),
            Self::WrongOrigin { found, expected } => {
                format!("检查点属于 {found}，而不是 {expected}")
            }
            Self::Verify(error) => error.zh(),
        }
    }
}

impl Checkpoint {
    /// A checkpoint without further lines.
    ///
    /// # Errors
    /// When the origin is not one line of text, or the root is not that of a tree of size 0.
    pub fn new(origin: &str, size: u64, root: Hash) -> Result<Self, CheckpointError> {
        if origin.is_empty() || origin.bytes().any(|byte| byte < b' ') {
            return Err(CheckpointError::Origin);
        }
        if size == 0 && root != EMPTY_ROOT {
            return Err(CheckpointError::EmptyRoot);
        }
        Ok(Self { origin: origin.to_owned(), size, root, extensions: vec![] })
    }

    /// Reads the text of a checkpoint, without signatures.
    ///
    /// # Errors
    /// When it breaks a rule of tlog-checkpoint, "Note text".
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let checkpoint = Self::parse_any_root(text)?;
        if checkpoint.size == 0 && checkpoint.root != EMPTY_ROOT {
            return Err(CheckpointError::EmptyRoot);
        }
        Ok(checkpoint)
    }

    /// Like [`Checkpoint::parse`], but leaves it to the caller whether a tree of size 0 has the
    /// right root: a witness answers that in its own way.
    pub(crate) fn parse_any_root(text: &str) -> Result<Self, CheckpointError> {
        let text = text.strip_suffix('\n').ok_or(NoteError::LastLine)?;
        let mut lines = text.split('\n');
        let origin = lines.next().unwrap_or_default();
        if origin.is_empty() || text.bytes().any(|byte| byte < b' ' && byte != b'\n') {
            return Err(CheckpointError::Origin);
        }
        let size = lines.next().and_then(decimal).ok_or(CheckpointError::Size)?;
        let root = lines.next().and_then(Hash::from_base64).ok_or(CheckpointError::Root)?;
        let extensions: Vec<_> = lines.map(str::to_owned).collect();
        if extensions.iter().any(String::is_empty) {
            return Err(CheckpointError::Extension);
        }
        Ok(Self { origin: origin.to_owned(), size, root, extensions })
    }

    /// Which log it is of.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The number of leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root hash.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.root
    }

    /// The lines below the root; signed with the rest, and checked by nobody.
    #[must_use]
    pub fn extensions(&self) -> &[String] {
        &self.extensions
    }

    /// The note over this checkpoint, signed by each of the signers.
    ///
    /// # Errors
    /// What [`LogSigner::sign`] says.
    pub fn sign<'s>(
        &self,
        signers: impl IntoIterator<Item = &'s LogSigner>,
    ) -> Result<Note, NotSigned> {
        let mut note = Note::unsigned(self.to_string());
        for signer in signers {
            note.add(signer.sign(note.text())?);
        }
        Ok(note)
    }

    /// Reads a signed checkpoint and checks that it is of `origin` and signed by one of the keys
    /// at least, and by none of them wrongly. Gives also who signed.
    ///
    /// # Errors
    /// When it is not.
    pub fn open<'k>(
        bytes: &[u8],
        origin: &str,
        keys: impl IntoIterator<Item = &'k VerifierKey>,
    ) -> Result<(Self, Note, Vec<Verified<'k>>), CheckpointError> {
        let note = Note::parse(bytes)?;
        let checkpoint = Self::parse(note.text())?;
        if checkpoint.origin != origin {
            let (found, expected) = (checkpoint.origin, origin.to_owned());
            return Err(CheckpointError::WrongOrigin { found, expected });
        }
        let verified = note.verify(keys)?;
        Ok((checkpoint, note, verified))
    }
}

/// A number as C2SP texts have it: decimal, without zeros in front or signs.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let has_zeros = 1 < text.len() && text.starts_with('0');
    if is_plain && !has_zeros { text.parse().ok() } else { None }
}

/// The text that is signed.
impl fmt::Display for Checkpoint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}\n{}\n{}", self.origin, self.size, self.root.to_base64())?;
        self.extensions.iter().try_for_each(|line| writeln!(out, "{line}"))
    }
}
