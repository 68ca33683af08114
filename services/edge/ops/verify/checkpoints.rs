//! The signed checkpoints of a ledger: every key of the log must have signed each of them.

use merkle::hash::Hash;
use merkle::key::Algorithm;
use merkle::{Checkpoint, Note, VerifierKey};

use super::keys::{Own, did_not_sign};
use super::{Finding, Findings, Subject, Unchecked};
use crate::log::{CHECKPOINT, PUBLISHED, guard_of, sign_of_signing};

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
pub(super) fn read(
    subject: &Subject<'_>,
    own: &[Own],
    findings: &mut Findings<'_>,
    unchecked: &mut Vec<Unchecked>,
) -> Vec<Anchor> {
    let Some(dir) = subject.dir else { return Vec::new() };
    let guard = subject.given.key_files.ed25519.as_deref().map(guard_of);
    if !own.iter().any(|own| own.counts) {
        unchecked.push(signatures_unchecked());
    }
    let mut anchors = Vec::new();
    let mut told = Vec::new();
    let kept = [CHECKPOINT, PUBLISHED].map(|name| (name.to_owned(), dir.join(name)));
    let beside = guard.clone().map(|path| (path.display().to_string(), path));
    for (file, path) in kept.into_iter().chain(beside) {
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let entries = subject.journal.head().map_or(0, |head| head.events());
                if file == CHECKPOINT
                    && 0 < entries
                    && let Some(sign) = sign_of_signing(dir, guard.as_deref())
                {
                    findings.add(missing(entries, &sign));
                }
                continue;
            }
            Err(error) => {
                findings.add(super::tree::unreadable(&file, &error));
                continue;
            }
        };
        let signed = match parsed(&bytes) {
            Ok(signed) => signed,
            Err((zh, en)) => {
                findings.add(not_believed(&file, &zh, &en));
                continue;
            }
        };
        // Nobody is shown the guard record, and the service goes by the first key only.
        let is_guard = guard.as_ref() == Some(&path);
        let asked = |own: &&Own| !is_guard || own.key.algorithm() == Algorithm::Ed25519;
        let own: Vec<&Own> = own.iter().filter(asked).collect();
        if judge(&file, &signed, &own, &mut told, findings) {
            let checkpoint = &signed.1;
            anchors.push(Anchor::new(file, checkpoint.size(), checkpoint.root()));
        }
    }
    anchors
}

type Parsed = (Note, Checkpoint);

fn parsed(bytes: &[u8]) -> Result<Parsed, (String, String)> {
    let note = Note::parse(bytes).map_err(|error| (error.zh(), error.to_string()))?;
    let checkpoint =
        Checkpoint::parse(note.text()).map_err(|error| (error.zh(), error.to_string()))?;
    Ok((note, checkpoint))
}

/// What there is of a key's signature below a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Good,
    Bad,
    Missing,
}

fn line(note: &Note, key: &VerifierKey) -> Line {
    match note.verify_any([key]) {
        Ok(verified) if verified.is_empty() => Line::Missing,
        Ok(_) => Line::Good,
        Err(_) => Line::Bad,
    }
}

/// Looks at the signature of every key of the log; whether the checkpoint is believed. `told` are
/// key files of which it was said already that they are not the ones that signed.
fn judge(
    file: &str,
    (note, checkpoint): &Parsed,
    own: &[&Own],
    told: &mut Vec<String>,
    findings: &mut Findings<'_>,
) -> bool {
    let lines: Vec<(&Own, Line)> = own.iter().map(|own| (*own, line(note, &own.key))).collect();
    // A line in the name of the log by a key that nobody knows.
    let has_stranger = note.signatures().iter().any(|line| {
        line.name().as_str() == checkpoint.origin() && !own.iter().any(|own| line.is_of(&own.key))
    });
    let (mut zh, mut en) = (Vec::new(), Vec::new());
    for (own, state) in &lines {
        let name = algorithm(&own.key);
        let is_signed_otherwise = || {
            let same = |other: &Own| other.key.algorithm() == own.key.algorithm();
            has_stranger || lines.iter().any(|(other, line)| same(other) && *line == Line::Good)
        };
        match (state, &own.file) {
            (Line::Good, _) => {}
            (Line::Bad, _) => {
                zh.push(format!("{name} 签名验证不通过"));
                en.push(format!("the {name} signature does not verify"));
            }
            (Line::Missing, Some(key_file)) if is_signed_otherwise() => {
                if !told.contains(key_file) {
                    told.push(key_file.clone());
                    findings.add(did_not_sign(key_file, &own.key, file));
                }
            }
            (Line::Missing, _) => {
                zh.push(format!("没有密钥 {} 的 {name} 签名", own.key.id()));
                en.push(format!("there is no {name} signature of the key {}", own.key.id()));
            }
        }
    }
    let counts = lines.iter().any(|(own, _)| own.counts);
    let is_believed = !counts || lines.iter().any(|(own, line)| own.counts && *line == Line::Good);
    if !is_believed && en.is_empty() {
        zh.push("没有任何受信任密钥的签名".to_owned());
        en.push("it is not signed by any of the keys of this log".to_owned());
    }
    let by_ed25519 = |(own, line): &(&Own, Line)| {
        own.key.algorithm() == Algorithm::Ed25519 && *line == Line::Good
    };
    if !en.is_empty() {
        let (zh, en) = (zh.join("；"), en.join("; "));
        findings.add(if is_believed && lines.iter().any(by_ed25519) {
            half_signed(file, &zh, &en)
        } else {
            not_believed(file, &zh, &en)
        });
    }
    is_believed
}

fn algorithm(key: &VerifierKey) -> &'static str {
    match key.algorithm() {
        Algorithm::Ed25519 => "Ed25519",
        Algorithm::Sm2 => "SM2",
        Algorithm::CosignatureEd25519 | Algorithm::CosignatureMlDsa44 => "cosignature",
    }
}

fn not_believed(file: &str, zh: &str, en: &str) -> Finding {
    Finding::of(
        file,
        "CHECKPOINT_SIGNATURE",
        format!("{file} 不可信：{zh}；请从备份恢复该文件，并核对签名密钥"),
        format!(
            "{file} cannot be believed: {en}; restore it from a backup, and see whether the keys \
             are the right ones"
        ),
    )
}

/// One of the two signatures is good: the service makes the other again.
fn half_signed(file: &str, zh: &str, en: &str) -> Finding {
    Finding::of(
        file,
        "CHECKPOINT_SIGNATURE",
        format!("{file}：{zh}，Ed25519 签名完好；请重新启动服务，它会补签同一检查点"),
        format!(
            "{file}: {en}, while the Ed25519 signature is good; start the service again, it signs \
             the same checkpoint anew"
        ),
    )
}

fn signatures_unchecked() -> Unchecked {
    Unchecked::new(
        "CHECKPOINT_SIGNATURES",
        "检查点的签名未核对：没有可用的公钥；请用 --vkey 给出，或用 --config 指明服务的配置",
        "the signatures of the checkpoints were not checked: there is no public key; give one with \
         --vkey, or name the configuration of the service with --config",
    )
}

/// A checkpoint was signed once and is gone.
fn missing(entries: u64, sign: &str) -> Finding {
    Finding::of(
        CHECKPOINT,
        "CHECKPOINT_MISSING",
        format!(
            "日志有 {entries} 条，且由 {sign} 可知曾签署检查点，但 CHECKPOINT 缺失；请从备份恢复该文件或整个台账"
        ),
        format!(
            "CHECKPOINT is missing beside a journal of {entries} entries that was signed before, \
             as {sign} tells; restore it from a backup or the published checkpoint, or restore the \
             ledger"
        ),
    )
}

/// The checkpoint in a note that one of the keys has signed. Without keys the signature is not
/// checked: the root still is.
pub(super) fn believed(bytes: &[u8], keys: &[VerifierKey]) -> Result<Checkpoint, (String, String)> {
    let (_, checkpoint) = parsed(bytes)?;
    if !keys.is_empty() {
        Checkpoint::open(bytes, checkpoint.origin(), keys)
            .map_err(|error| (error.zh(), error.to_string()))?;
    }
    Ok(checkpoint)
}
