//! Opens the log: keys, the checkpoints signed before, the tree they anchor.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use journal::Journal;
use merkle::VerifierKey;
use merkle::checkpoint::{Checkpoint, CheckpointError};

use super::files::{self, FileError};
use super::keys::{KeyFiles, Keys, LogKeyError, Missing};
use super::{CHECKPOINT, Log, MARKER, PUBLISHED, PolicyFileError, UNSIGNED_TEXT};
use super::{Published, SignError, Signed, Witnesses};
use crate::clock::Clock;
use crate::config::WitnessMode;
use crate::tree::{self, Anchor, OpenTreeError, Rebuilding};

/// Why the log could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The keys cannot be used.
    #[error("签名密钥不可用 / the signing keys cannot be used")]
    Keys(#[from] LogKeyError),
    /// A file could not be read.
    #[error("检查点文件无法读取 / a checkpoint file could not be read")]
    File(#[from] FileError),
    /// What was signed before cannot be believed.
    #[error(
        "{path} 不是本台账密钥签署的检查点：{zh}。请恢复该文件与密钥；确知其无效时才可移走 / \
         {path} is no checkpoint signed with the key of this ledger: put the file and the key back; move it away only if you know why it is wrong",
        path = path.display(), zh = source.zh()
    )]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: CheckpointError,
    },
    /// A checkpoint was signed and is gone.
    #[error(
        "{path} 缺失，而日志有 {entries} 条，且由 {sign} 可知曾签署过检查点：请从备份或已公布的检查点恢复该文件，\
         或恢复整个台账（duty-ledger restore）；确知从未签署过时，才可移走 {sign} / \
         {path} is missing beside a journal of {entries} entries that was signed before, as {sign} \
         tells: put the file back from a backup or from the published checkpoint, or restore the \
         ledger (duty-ledger restore); move {sign} away only if you know that nothing was ever signed",
        path = path.display()
    )]
    CheckpointMissing {
        /// The file.
        path: PathBuf,
        /// Entries of the journal.
        entries: u64,
        /// What says that one was signed.
        sign: String,
    },
    /// The checkpoint could not be signed again.
    #[error("检查点无法补签 / the checkpoint could not be signed again")]
    Mend(#[source] Box<SignError>),
    /// The witness policy cannot be used.
    #[error("见证策略不可用 / the witness policy cannot be used")]
    Policy(#[from] PolicyFileError),
    /// The tree cannot be opened.
    #[error("哈希树无法打开 / the tree could not be opened")]
    Tree(#[from] OpenTreeError),
}

/// How to open a log.
#[derive(Clone)]
pub struct LogOptions {
    /// Name of the log.
    pub origin: String,
    /// Where its keys are; the data directory among them.
    pub keys: KeyFiles,
    /// Witnesses and the quorum among them.
    pub witness_policy: Option<PathBuf>,
    /// What counts as published.
    pub witness_mode: WitnessMode,
    /// Says when something was published.
    pub clock: Arc<dyn Clock>,
}

/// The origin of a log: the one configured, or the default for its ledger.
#[must_use]
pub fn origin_of(configured: &str, ledger: &str) -> String {
    if configured.is_empty() { format!("duty-ledger/{ledger}") } else { configured.to_owned() }
}

/// Reads a signed checkpoint file; `None` when there is none.
///
/// # Errors
/// [`LogError`] when it is there and cannot be believed.
pub(super) fn read_checkpoint(
    path: &Path,
    origin: &str,
    key: &VerifierKey,
) -> Result<Option<Signed>, LogError> {
    let Some(bytes) = files::read_bytes(path)? else { return Ok(None) };
    let opened = Checkpoint::open(&bytes, origin, [key]);
    let (checkpoint, note, _) =
        opened.map_err(|source| LogError::Checkpoint { path: path.into(), source })?;
    Ok(Some(Signed { checkpoint, note }))
}

/// What a checkpoint file anchors; `None` when there is none.
///
/// # Errors
/// [`LogError`] when it is there and cannot be believed.
pub fn anchor(path: &Path, origin: &str, key: &VerifierKey) -> Result<Option<Anchor>, LogError> {
    let signed = read_checkpoint(path, origin, key)?;
    Ok(signed.map(|signed| anchor_of(&signed, path)))
}

fn anchor_of(signed: &Signed, path: &Path) -> Anchor {
    let Signed { checkpoint, .. } = signed;
    Anchor { size: checkpoint.size(), root: checkpoint.root(), source: path.to_path_buf() }
}

/// Opens the log of a journal.
///
/// # Errors
/// [`LogError`]; nothing is signed then.
pub fn open(
    journal: &dyn Journal,
    options: &LogOptions,
    report: impl FnMut(Rebuilding),
) -> Result<Log, LogError> {
    let dir = options.keys.data_dir.clone();
    let at = |name: &str| dir.as_ref().map(|dir| dir.join(name));
    let signed_before = at(CHECKPOINT).is_some_and(|path| path.exists());
    if let Some(dir) = dir.as_deref().filter(|_| !signed_before) {
        nothing_is_lost(journal, dir, options.keys.ed25519.as_deref())?;
    }
    let missing = if signed_before { Missing::Refuse } else { Missing::Make };
    let keys = Keys::load(&options.keys, &options.origin, missing)?;
    let key = keys.ed25519.verifier().clone();
    let witnesses = options.witness_policy.as_ref().map(|path| Witnesses::load(path, &key));
    let witnesses = witnesses.transpose()?;
    let signed = match at(CHECKPOINT) {
        Some(path) => read_checkpoint(&path, &options.origin, &key)?.map(|signed| (path, signed)),
        None => None,
    };
    let mut anchors = Vec::new();
    if let Some((path, signed)) = &signed {
        anchors.push(anchor_of(signed, path));
    }
    let mut before = match at(PUBLISHED) {
        Some(path) => read_checkpoint(&path, &options.origin, &key)?.map(|signed| (path, signed)),
        None => None,
    };
    if let Some((path, before)) = &before {
        anchors.push(anchor_of(before, path));
    }
    let guard = keys.configured.as_deref().map(super::guard_of);
    if let Some(guard) = &guard {
        anchors.extend(anchor(guard, &options.origin, &key)?);
    }
    let tree = tree::open(journal, dir.as_deref(), &anchors, report)?;
    let clock = Arc::clone(&options.clock);
    let log = Log::over(keys, tree, dir.clone(), witnesses, options.witness_mode, clock);
    if let Some((path, before)) = &mut before {
        mend(&log, path, before)?;
    }
    if let Some((path, mut signed)) = signed {
        mend(&log, &path, &mut signed)?;
        log.mark()?;
        let same = |before: &(_, Signed)| before.1.checkpoint == signed.checkpoint;
        let seen = match options.witness_mode {
            WitnessMode::Required => before.filter(|(_, before)| log.is_met(&before.note)),
            // With the cosignatures it had, when it is the same.
            WitnessMode::Open => before.filter(same).or_else(|| Some((path, signed.clone()))),
        };
        log.0.signed.send_replace(Some(signed));
        if let Some((path, Signed { checkpoint, note })) = seen {
            let (at, quorum_met) = (modified(&path), log.is_met(&note));
            let published = Published { checkpoint, note, at, quorum_met };
            log.0.published.send_replace(Some(Arc::new(published)));
        }
    }
    Ok(log)
}

/// Refuses to go on where a checkpoint was signed and is gone; notes for the next time where none
/// was.
fn nothing_is_lost(
    journal: &dyn Journal,
    dir: &Path,
    key_file: Option<&Path>,
) -> Result<(), LogError> {
    let guard = key_file.map(super::guard_of);
    let sign = super::sign_of_signing(dir, guard.as_deref());
    let entries = journal.head().map_or(0, |head| head.events());
    match sign {
        Some(sign) if 0 < entries => {
            Err(LogError::CheckpointMissing { path: dir.join(CHECKPOINT), entries, sign })
        }
        Some(_) => Ok(()),
        // Before there are keys and a tree, which would be taken for signs.
        None if !dir.join(MARKER).exists() => {
            Ok(files::replace(&dir.join(MARKER), UNSIGNED_TEXT, files::Access::Public)?)
        }
        None => Ok(()),
    }
}

/// Signs a checkpoint again where its SM2 line is damaged or missing. Cosignatures stay: they are
/// over the same text. The tree is known to have this checkpoint by now.
fn mend(log: &Log, path: &Path, signed: &mut Signed) -> Result<(), LogError> {
    let text = signed.note.to_string();
    let sm2 = [log.keys().sm2.verifier()];
    if Checkpoint::open(text.as_bytes(), log.origin(), sm2).is_ok() {
        return Ok(());
    }
    tracing::warn!(
        file = %path.display(),
        "the SM2 signature is damaged or missing: the same checkpoint is signed again"
    );
    let again = signed.checkpoint.sign([&log.keys().ed25519, &log.keys().sm2]);
    let mut again = again.map_err(|error| LogError::Mend(Box::new(error.into())))?;
    let others =
        signed.note.signatures().iter().filter(|line| line.name().as_str() != log.origin());
    others.for_each(|line| again.add(line.clone()));
    signed.note = again;
    // Not the guard: after a cut it may be ahead of this file.
    Ok(files::replace(path, &signed.note.to_string(), files::Access::Public)?)
}

/// When a file was last written.
fn modified(path: &Path) -> Timestamp {
    let modified = std::fs::metadata(path).and_then(|metadata| metadata.modified());
    let modified = modified.ok().and_then(|time| Timestamp::try_from(time).ok());
    modified.unwrap_or(Timestamp::UNIX_EPOCH)
}
