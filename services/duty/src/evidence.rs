//! What is offered in proof of an event. The file itself stays outside: digest, size, type, link.

use crate::docno::DocumentNumber;

/// A digest algorithm for evidence files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DigestAlgorithm {
    /// SM3, GB/T 32905-2016.
    Sm3,
    /// SHA-256, FIPS 180-4.
    Sha256,
}

/// Digest of an evidence file: 64 lower-case hex digits under either algorithm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// The algorithm.
    pub algorithm: DigestAlgorithm,
    /// Lower-case hex.
    pub hex: Box<str>,
}

impl Digest {
    /// Reads hex digits in either case; `None` unless there are exactly 64.
    #[must_use]
    pub fn parse(algorithm: DigestAlgorithm, hex: &str) -> Option<Self> {
        let well_formed = hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        well_formed.then(|| Self { algorithm, hex: hex.to_ascii_lowercase().into() })
    }
}

/// Who may see something (公开属性). State secrets have no value here: they are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Disclosure {
    /// 公开.
    Public,
    /// 内部.
    Internal,
    /// 工作秘密.
    WorkSecret,
}

/// One piece of evidence (佐证材料).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// What it is: `meeting_minutes`, `notice_doc_no`, `statement_text`, …, an id-like word.
    pub kind: Box<str>,
    /// 文号 in normal form.
    pub document_number: Option<DocumentNumber>,
    /// Title as printed.
    pub title: Box<str>,
    /// Digest of the file.
    pub digest: Option<Digest>,
    /// Whether the original carries the seal (盖章).
    pub sealed: bool,
    /// Absolute http(s) link.
    pub url: Option<Box<str>>,
    /// Page, section or line inside the document.
    pub locator: Box<str>,
    /// Who may see it.
    pub disclosure: Disclosure,
}

impl Evidence {
    /// Whether this documents a day-precise event: a document number, or the digest of sealed
    /// minutes (DESIGN §4, the rung *documented*).
    #[must_use]
    pub fn documents(&self) -> bool {
        let sealed_minutes = self.sealed && self.digest.is_some() && self.kind.contains("minutes");
        self.document_number.is_some() || sealed_minutes
    }
}
