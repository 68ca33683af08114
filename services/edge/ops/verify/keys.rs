//! The log's own keys: which of them count, and the files the service signs with.
//!
//! A private key is read to see whether it is there, whole, and the one that signed; of it nothing
//! but the public key leaves this module.

use std::path::Path;

use merkle::{Checkpoint, KeyName, Note, VerifierKey};

use super::{Finding, Findings, SigningKeys, Subject};
use crate::log::keys::{DIRECTORY, public_ed25519, public_sm2};
use crate::log::{CHECKPOINT, KeyFiles, LogKeyError, guard_of, origin_of, sign_of_signing};

/// A key that must have signed every checkpoint.
pub(super) struct Own {
    pub(super) key: VerifierKey,
    /// The file it was read from; none for one that was only named.
    pub(super) file: Option<String>,
    /// Whether a checkpoint is believed by its signature.
    pub(super) counts: bool,
}

/// The keys named, and those in the files; what is wrong with the files is a finding.
pub(super) fn own(subject: &Subject<'_>, findings: &mut Findings<'_>) -> Vec<Own> {
    let given = &subject.given;
    let named = given.keys.iter().cloned();
    let mut own: Vec<_> = named.map(|key| Own { key, file: None, counts: true }).collect();
    let Some(dir) = subject.dir else { return own };
    let files = KeyFiles { data_dir: Some(dir.to_path_buf()), ..given.key_files.clone() };
    let believe_files = own.is_empty();
    let mut take = |path: &Path, read: Result<VerifierKey, LogKeyError>| match read {
        Ok(key) => {
            let file = Some(shown(dir, path));
            match own.iter_mut().find(|own| own.key == key) {
                Some(own) => own.file = file,
                None => own.push(Own { key, file, counts: believe_files }),
            }
        }
        Err(error) => findings.extend(unusable(subject, dir, path, &error)),
    };
    let mut name = None;
    if let Some(path) = files.ed25519_file() {
        let read = public_ed25519(&path);
        name = read.as_ref().ok().map(|key| key.name().clone());
        take(&path, read);
    }
    let name_of_log = name.clone().or_else(|| named_otherwise(subject, dir));
    if let Some((path, name)) = files.sm2_file().zip(name_of_log) {
        take(&path, public_sm2(&path, &name));
    }
    if let (Some(expected), Some(found), Some(path)) = (&given.origin, name, files.ed25519_file())
        && given.signing_keys != SigningKeys::Ignored
        && found.as_str() != expected
    {
        findings.add(of_another_log(&shown(dir, &path), found.as_str(), expected));
    }
    if own.is_empty() {
        let public = public_in(dir).into_iter();
        own.extend(public.map(|key| Own { key, file: None, counts: true }));
    }
    own
}

/// The public keys that a backup without private ones has brought.
fn public_in(dir: &Path) -> Vec<VerifierKey> {
    let Ok(files) = std::fs::read_dir(dir.join(DIRECTORY)) else { return Vec::new() };
    let paths = files.flatten().map(|entry| entry.path());
    let public = paths.filter(|path| path.extension().is_some_and(|ending| ending == "pub"));
    public.filter_map(|path| std::fs::read_to_string(path).ok()?.trim().parse().ok()).collect()
}

/// What the log is called, where its Ed25519 key does not say.
fn named_otherwise(subject: &Subject<'_>, dir: &Path) -> Option<KeyName> {
    let named = subject.given.keys.first().map(|key| key.name().to_string());
    let signed = || {
        let note = Note::parse(&std::fs::read(dir.join(CHECKPOINT)).ok()?).ok()?;
        Some(Checkpoint::parse(note.text()).ok()?.origin().to_owned())
    };
    let origin = named.or_else(|| subject.given.origin.clone()).or_else(signed);
    KeyName::new(&origin.unwrap_or_else(|| origin_of("", &subject.ledger))).ok()
}

/// Whether anything says that the log has signed: a key that is missing then is not made anew.
fn has_signed(subject: &Subject<'_>, dir: &Path) -> bool {
    let guard = subject.given.key_files.ed25519.as_deref().map(guard_of);
    dir.join(CHECKPOINT).exists() || sign_of_signing(dir, guard.as_deref()).is_some()
}

/// A file below the data directory by its name there, any other by its path.
fn shown(dir: &Path, path: &Path) -> String {
    path.strip_prefix(dir).unwrap_or(path).display().to_string()
}

fn unusable(
    subject: &Subject<'_>,
    dir: &Path,
    path: &Path,
    error: &LogKeyError,
) -> Option<Finding> {
    let file = shown(dir, path);
    let is_missing = matches!(error, LogKeyError::Missing(_));
    match subject.given.signing_keys {
        SigningKeys::Ignored => None,
        SigningKeys::MayLack if is_missing => None,
        SigningKeys::Needed if is_missing => has_signed(subject, dir).then(|| missing(&file)),
        SigningKeys::Needed | SigningKeys::MayLack => Some(damaged(&file, error)),
    }
}

fn missing(file: &str) -> Finding {
    Finding::of(
        file,
        "LOG_KEY_MISSING",
        format!(
            "签名密钥 {file} 缺失，而台账已签署过检查点，服务无法启动；请放回原文件（含密钥的备份中有）；若密钥另行保管，请用 --config 指明服务的配置，或用 --vkey 给出公钥"
        ),
        format!(
            "the signing key {file} is missing and the log has signed with it, so the service does \
             not start: put the file back (a backup with signing keys has it); when keys are kept \
             elsewhere, name the configuration of the service with --config, or the public keys \
             with --vkey"
        ),
    )
}

fn damaged(file: &str, error: &LogKeyError) -> Finding {
    let (zh, en) = match error {
        LogKeyError::Key { source, .. } => (source.zh(), source.to_string()),
        other => (crate::chain(other), crate::chain(other)),
    };
    Finding::of(
        file,
        "LOG_KEY_DAMAGED",
        format!("签名密钥 {file} 不可用：{zh}；请放回原文件（含密钥的备份中有）"),
        format!(
            "the signing key {file} cannot be used: {en}; put the file back (a backup with signing \
             keys has it)"
        ),
    )
}

fn of_another_log(file: &str, found: &str, expected: &str) -> Finding {
    Finding::of(
        file,
        "LOG_KEY_OTHER_LOG",
        format!(
            "签名密钥 {file} 属于 {found}，本台账为 {expected}；请放回本台账的密钥，或改正配置项 origin"
        ),
        format!(
            "the signing key {file} is that of {found}, this log is {expected}: put its own key \
             back, or mend the setting origin"
        ),
    )
}

/// The key in a file is not the one that signed.
pub(super) fn did_not_sign(file: &str, key: &VerifierKey, checkpoint: &str) -> Finding {
    let id = key.id();
    Finding::of(
        file,
        "LOG_KEY_OTHER",
        format!(
            "{checkpoint} 不是用 {file} 中的密钥（标识 {id}）签署的；请放回签署它的密钥，或从备份恢复 {checkpoint}"
        ),
        format!(
            "{checkpoint} was not signed with the key in {file} (id {id}): put the key back that \
             signed it, or restore {checkpoint} from a backup"
        ),
    )
}

/// The public keys to the private ones in a data directory; none when they are kept elsewhere.
pub(crate) fn keys_in(dir: &Path) -> Vec<VerifierKey> {
    let files = KeyFiles { data_dir: Some(dir.to_path_buf()), ..KeyFiles::default() };
    let ed25519 = files.ed25519_file().and_then(|path| public_ed25519(&path).ok());
    let name = ed25519.as_ref().map(|key| key.name().clone());
    let sm2 = files.sm2_file().zip(name).and_then(|(path, name)| public_sm2(&path, &name).ok());
    ed25519.into_iter().chain(sm2).collect()
}
