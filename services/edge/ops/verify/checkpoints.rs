//! The signed checkpoints in a data directory, and the keys they are signed with.

use std::path::Path;

use merkle::hash::Hash;
use merkle::{Checkpoint, KeyName, LogSigner, Note, VerifierKey};

use super::{Finding, Findings, Subject};
use crate::log::{CHECKPOINT, MARKER, PUBLISHED};

/// A size that was signed, and its root.
pub(super) struct Anchor {
    /// The file it stands in.
    pub(super) file: String,
    pub(super) size: u64,
    pub(super) root: Hash,
    /// Whether the entries as they are now have that root.
    pub(super) found: bool,
    /// Whether the hashes kept have it.
    pub(super) kept: bool,
    /// Whether the hashes kept elsewhere have it.
    pub(super) reference: bool,
}

impl Anchor {
    pub(super) fn new(file: String, size: u64, root: Hash) -> Self {
        Self { file, size, root, found: false, kept: false, reference: false }
    }
}

/// Reads the checkpoints there are; what cannot be believed is a finding.
pub(super) fn read(subject: &Subject<'_>, findings: &mut Findings<'_>) -> Vec<Anchor> {
    let Some(dir) = subject.dir else { return Vec::new() };
    let mut anchors = Vec::new();
    for file in [CHECKPOINT, PUBLISHED] {
        let bytes = match std::fs::read(dir.join(file)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let entries = subject.journal.head().map_or(0, |head| head.events());
                if file == CHECKPOINT && 0 < entries && dir.join(MARKER).exists() {
                    findings.add(missing(entries));
                }
                continue;
            }
            Err(error) => {
                findings.add(super::tree::unreadable(file, &error));
                continue;
            }
        };
        match believed(&bytes, &subject.keys) {
            Ok(signed) => {
                anchors.push(Anchor::new(file.to_owned(), signed.size(), signed.root()));
            }
            Err((zh, en)) => findings.add(Finding::of(
                file,
                "CHECKPOINT_SIGNATURE",
                format!("{file} 不可信：{zh}；请从备份恢复该文件，并核对签名密钥"),
                format!("{file} cannot be believed: {en}; restore it from a backup, and see whether the keys are the right ones"),
            )),
        }
    }
    anchors
}

/// A checkpoint was signed once and is gone.
fn missing(entries: u64) -> Finding {
    Finding::of(
        CHECKPOINT,
        "CHECKPOINT_MISSING",
        format!(
            "日志有 {entries} 条且曾签署检查点，但 CHECKPOINT 缺失；请从备份恢复该文件或整个台账"
        ),
        format!(
            "CHECKPOINT is missing beside a journal of {entries} entries that was signed before; \
             restore it from a backup or the published checkpoint, or restore the ledger"
        ),
    )
}

/// The checkpoint in a note that one of the keys has signed. Without keys the signature is not
/// checked: the root still is.
pub(super) fn believed(bytes: &[u8], keys: &[VerifierKey]) -> Result<Checkpoint, (String, String)> {
    let note = Note::parse(bytes).map_err(|error| (error.zh(), error.to_string()))?;
    let checkpoint =
        Checkpoint::parse(note.text()).map_err(|error| (error.zh(), error.to_string()))?;
    if !keys.is_empty() {
        Checkpoint::open(bytes, checkpoint.origin(), keys)
            .map_err(|error| (error.zh(), error.to_string()))?;
    }
    Ok(checkpoint)
}

/// The public keys to the private ones in a data directory; none when they are kept elsewhere.
pub(crate) fn keys_in(dir: &Path) -> Vec<VerifierKey> {
    let read = |name: &str| std::fs::read_to_string(dir.join("keys").join(name)).ok();
    let ed25519 =
        read("log.ed25519").and_then(|text| LogSigner::from_private_text(text.trim_end()).ok());
    let name = ed25519.as_ref().map(|signer| signer.verifier().name().as_str().to_owned());
    let sm2 = read("log.sm2")
        .zip(name)
        .and_then(|(pem, name)| LogSigner::sm2_from_pem(KeyName::new(&name).ok()?, &pem).ok());
    ed25519.iter().chain(&sm2).map(|signer| signer.verifier().clone()).collect()
}
