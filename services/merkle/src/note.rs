//! Signed notes: a text and the signatures below it (C2SP signed-note).
//!
//! Knows nothing of what the text says. Invariants: a note writes itself byte for byte as it was
//! read; signatures of unknown keys are kept and never counted; a key counts once, however many
//! lines it has.

use std::fmt;

use base64ct::{Base64, Encoding};

use crate::key::{KeyId, KeyName, VerifierKey};

/// The longest note that is read, in bytes: 100 signatures of ML-DSA-44 are 340 kB.
pub const NOTE_LENGTH_MAX: usize = 1_000_000;
/// The most signatures below a note. The Go library has the same limit; the text asks for 16.
pub const SIGNATURES_MAX: usize = 100;
/// Em dash and space.
const SIGNATURE_PREFIX: &str = "\u{2014} ";

/// A signature line: who signed, and the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    name: KeyName,
    id: KeyId,
    signature: Vec<u8>,
}

/// A text with signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

/// Why bytes are no signed note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Longer than [`NOTE_LENGTH_MAX`].
    #[error("the note is longer than {NOTE_LENGTH_MAX} bytes")]
    Length,
    /// Not UTF-8, or with control characters.
    #[error("the note is not plain UTF-8 text, or holds control characters")]
    Characters,
    /// No blank line between text and signatures, or none of either.
    #[error("the note has no blank line with signatures below it")]
    NoSignatures,
    /// A line below the blank line is not a signature.
    #[error("line {line} of the signatures is not \u{2014} <name> <base64>")]
    Signature {
        /// Counted from 1.
        line: usize,
    },
    /// More than [`SIGNATURES_MAX`] signatures.
    #[error("the note has more than {SIGNATURES_MAX} signatures")]
    TooManySignatures,
    /// The text to be signed does not end in a line break.
    #[error("the text of a note ends in a line break")]
    LastLine,
}

impl NoteError {
    /// The same in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Length => format!("签名文本超过 {NOTE_LENGTH_MAX} 字节"),
            Self::Characters => "签名文本不是 UTF-8 文本，或含有控制字符".to_owned(),
            Self::NoSignatures => "签名文本缺少空行或空行之后的签名".to_owned(),
            Self::Signature { line } => {
                format!("第 {line} 行签名的格式不是 \u{2014} <名称> <base64>")
            }
            Self::TooManySignatures => format!("签名多于 {SIGNATURES_MAX} 个"),
            Self::LastLine => "签名文本的正文必须以换行结束".to_owned(),
        }
    }
}

/// Why the signatures of a note do not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// No signature is from one of the keys.
    #[error("the note is not signed by any of the keys that are trusted here")]
    NoKnownKey,
    /// A line with name and identifier of a trusted key does not verify: the note is forged or
    /// damaged.
    #[error("the signature of {name} does not verify: the text was changed, or the key is another")]
    BadSignature {
        /// The name of the key.
        name: String,
    },
    /// Two of the trusted keys have the same name and identifier.
    #[error("two trusted keys are called {name} and have the same identifier")]
    AmbiguousKey {
        /// The name of the keys.
        name: String,
    },
}

impl VerifyError {
    /// The same in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::NoKnownKey => "没有任何受信任密钥的签名".to_owned(),
            Self::BadSignature { name } => {
                format!("{name} 的签名验证不通过：文本被改动，或密钥不对")
            }
            Self::AmbiguousKey { name } => format!("受信任的密钥中有两个同名且标识相同：{name}"),
        }
    }
}

/// A signature that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified<'k> {
    /// Whose it is.
    pub key: &'k VerifierKey,
    /// When a witness made it, in seconds since 1970; `None` for signatures without an instant.
    pub time: Option<u64>,
}

impl NoteSignature {
    pub(crate) fn new(name: KeyName, id: KeyId, signature: Vec<u8>) -> Self {
        Self { name, id, signature }
    }

    /// The name of the key.
    #[must_use]
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// The identifier of the key.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The signature without the identifier.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.signature
    }

    /// Whether name and identifier are those of the key.
    #[must_use]
    pub fn is_of(&self, key: &VerifierKey) -> bool {
        (&self.name, self.id) == (key.name(), key.id())
    }

    /// Reads a line without its line break.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let (name, base64) = line.strip_prefix(SIGNATURE_PREFIX)?.split_once(' ')?;
        let bytes = Base64::decode_vec(base64).ok()?;
        let (id, signature) = bytes.split_first_chunk()?;
        if signature.is_empty() {
            return None;
        }
        Some(Self::new(KeyName::new(name).ok()?, KeyId(*id), signature.to_vec()))
    }
}

/// The line with its line break.
impl fmt::Display for NoteSignature {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&self.id.0[..], &self.signature].concat();
        writeln!(out, "{SIGNATURE_PREFIX}{} {}", self.name, Base64::encode_string(&bytes))
    }
}

/// Whether a character may stand in a note.
fn is_allowed(text: &str) -> bool {
    text.bytes().all(|byte| b' ' <= byte || byte == b'\n')
}

impl Note {
    /// A text, not signed yet.
    ///
    /// # Errors
    /// When the text does not end in a line break, or holds other control characters.
    pub fn new(text: String) -> Result<Self, NoteError> {
        if !text.ends_with('\n') {
            return Err(NoteError::LastLine);
        }
        if NOTE_LENGTH_MAX < text.len() {
            return Err(NoteError::Length);
        }
        if is_allowed(&text) { Ok(Self::unsigned(text)) } else { Err(NoteError::Characters) }
    }

    /// A text that is known to be one of a note, whatever its length.
    pub(crate) fn unsigned(text: String) -> Self {
        Self { text, signatures: vec![] }
    }

    /// Reads a signed note.
    ///
    /// # Errors
    /// When the bytes break a rule of signed-note, "Format".
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if NOTE_LENGTH_MAX < bytes.len() {
            return Err(NoteError::Length);
        }
        let note = str::from_utf8(bytes).map_err(|_| NoteError::Characters)?;
        if !is_allowed(note) {
            return Err(NoteError::Characters);
        }
        let blank = note.rfind("\n\n").ok_or(NoteError::NoSignatures)?;
        let (text, lines) = (&note[..=blank], &note[blank + 2..]);
        let signatures = parse_signatures(lines)?;
        Ok(Self { text: text.to_owned(), signatures })
    }

    /// What is signed, its last line break included.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, in their order.
    #[must_use]
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Adds a signature below the others. One that is there already is not added again.
    pub fn add(&mut self, signature: NoteSignature) {
        if !self.signatures.contains(&signature) {
            self.signatures.push(signature);
        }
    }

    /// Checks the signatures against trusted keys, and gives those that count: one for each key,
    /// in the order of the lines. Lines of unknown keys are ignored.
    ///
    /// # Errors
    /// When a line of a trusted key does not verify, or no line is of a trusted key
    /// (signed-note, "Signatures").
    pub fn verify<'k>(
        &self,
        keys: impl IntoIterator<Item = &'k VerifierKey>,
    ) -> Result<Vec<Verified<'k>>, VerifyError> {
        let verified = self.verify_any(keys)?;
        if verified.is_empty() { Err(VerifyError::NoKnownKey) } else { Ok(verified) }
    }

    /// Like [`Note::verify`], but it is no error when no line is of one of the keys.
    ///
    /// # Errors
    /// When a line of a trusted key does not verify.
    pub fn verify_any<'k>(
        &self,
        keys: impl IntoIterator<Item = &'k VerifierKey>,
    ) -> Result<Vec<Verified<'k>>, VerifyError> {
        let keys: Vec<&VerifierKey> = keys.into_iter().collect();
        let mut verified: Vec<Verified<'k>> = Vec::new();
        for signature in &self.signatures {
            let mut owners = keys.iter().filter(|key| signature.is_of(key));
            let Some(key) = owners.next() else { continue };
            let name = || signature.name.to_string();
            if owners.any(|other| other != key) {
                return Err(VerifyError::AmbiguousKey { name: name() });
            }
            let time = key
                .verify(&self.text, &signature.signature)
                .map_err(|_| VerifyError::BadSignature { name: name() })?;
            if !verified.iter().any(|known| known.key == *key) {
                verified.push(Verified { key, time });
            }
        }
        Ok(verified)
    }
}

/// Reads signature lines, one at least.
pub(crate) fn parse_signatures(lines: &str) -> Result<Vec<NoteSignature>, NoteError> {
    let lines = lines.strip_suffix('\n').ok_or(NoteError::NoSignatures)?;
    let mut signatures = Vec::new();
    for (at, line) in lines.split('\n').enumerate() {
        if SIGNATURES_MAX <= at {
            return Err(NoteError::TooManySignatures);
        }
        let signature = NoteSignature::parse(line).ok_or(NoteError::Signature { line: at + 1 })?;
        signatures.push(signature);
    }
    Ok(signatures)
}

/// The note as it is kept and sent.
impl fmt::Display for Note {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| signature.fmt(out))
    }
}
