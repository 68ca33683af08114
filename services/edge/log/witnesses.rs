//! Witnesses: others who look at each checkpoint and cosign that the log only ever grows.
//!
//! One task a witness, so that one that hangs holds up none of the others. Invariants: what a
//! witness is sent is on the device; a cosignature is added only after it verified.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use merkle::policy::{Policy, Witness};
use merkle::witness::{Reply, ReplyError, Request, read_reply};
use merkle::{NoteSignature, VerifierKey};
use tokio::task::JoinSet;

use super::files::{self, FileError};
use super::http_client::{self, BadTarget, CallError, Target};
use super::{Log, Signed};
use crate::tree::TreeError;

/// How long to wait after a witness failed, before it is asked again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Why a policy cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PolicyFileError {
    /// The file could not be read.
    #[error("见证策略文件无法读取 / the witness policy could not be read")]
    File(#[from] FileError),
    /// There is no such file.
    #[error("{path} 不存在（配置项 witness_policy_file）/ there is no {path} (setting witness_policy_file)", path = .0.display())]
    Missing(PathBuf),
    /// The text is no policy.
    #[error("{path} 不是 C2SP tlog-policy：{what} / is no C2SP tlog-policy", path = path.display())]
    Policy {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The address of a witness cannot be used.
    #[error("见证方 {witness} 的地址 / the address of witness {witness}")]
    Target {
        /// The witness.
        witness: String,
        /// What is wrong.
        #[source]
        source: BadTarget,
    },
}

/// A policy, and its witnesses with what is known of them.
#[derive(Debug)]
pub(super) struct Witnesses {
    pub(super) policy: Policy,
    pub(super) all: Vec<Known>,
}

/// A witness and what is known of it.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) name: String,
    key: VerifierKey,
    /// Where to ask; a witness without an address brings its cosignatures itself.
    target: Option<Target>,
    /// The size it cosigned last, as far as is known.
    size: AtomicU64,
    pub(super) failures: AtomicU64,
}

impl Witnesses {
    /// Reads a policy file. The keys of the log are ours, whatever logs the file lists.
    pub(super) fn load(path: &Path, key: &VerifierKey) -> Result<Self, PolicyFileError> {
        let text = files::read(path)?.ok_or_else(|| PolicyFileError::Missing(path.into()))?;
        let wrong = |what: String| PolicyFileError::Policy { path: path.into(), what };
        let policy = Policy::parse(text.as_bytes())
            .map_err(|error| wrong(format!("{} / {error}", error.zh())))?;
        let policy = policy
            .with_logs([key.clone()])
            .map_err(|error| wrong(format!("{} / {error}", error.zh())))?;
        let known = |witness: &Witness| {
            let name = String::from_utf8_lossy(&witness.name).into_owned();
            let target = witness.url.as_ref().map(|url| Target::parse(url, "add-checkpoint"));
            let target = target.transpose();
            let target = target
                .map_err(|source| PolicyFileError::Target { witness: name.clone(), source })?;
            let (size, failures) = (AtomicU64::new(0), AtomicU64::new(0));
            Ok(Known { name, key: witness.key.clone(), target, size, failures })
        };
        let all = policy.witnesses().map(known).collect::<Result<_, PolicyFileError>>()?;
        Ok(Self { policy, all })
    }
}

/// Why a witness did not cosign.
#[derive(Debug, thiserror::Error)]
enum AskError {
    #[error("no answer")]
    Call(#[from] CallError),
    #[error("{0}")]
    Reply(#[from] ReplyError),
    #[error("the proof could not be made")]
    Tree(#[from] TreeError),
    #[error("the request could not be made")]
    Request(#[from] merkle::checkpoint::CheckpointError),
    /// It has seen a tree of this log that is not ours.
    #[error("the witness holds a tree of this log that ours does not continue ({0})")]
    Forked(String),
    #[error("the witness changes its mind about the size it holds")]
    Unsteady,
}

/// Asks every witness that has an address, each checkpoint, until the tasks are dropped.
pub(super) fn start(log: &Log) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    let Some(witnesses) = &log.0.witnesses else { return tasks };
    for (index, witness) in witnesses.all.iter().enumerate() {
        if witness.target.is_some() {
            tasks.spawn(keep_asking(log.clone(), index));
        }
    }
    tasks
}

async fn keep_asking(log: Log, index: usize) {
    let mut signed = log.0.signed.subscribe();
    let mut trouble: Option<String> = None;
    loop {
        let latest = signed.borrow_and_update().clone();
        let asked = match latest {
            Some(latest) => ask_once(&log, index, &latest, &mut trouble).await,
            None => true,
        };
        if asked {
            if signed.changed().await.is_err() {
                return;
            }
        } else {
            // The next checkpoint is no reason to ask a witness sooner that is down.
            tokio::time::sleep(RETRY_AFTER).await;
        }
    }
}

/// Asks for one checkpoint; whether the witness is done with it.
async fn ask_once(log: &Log, index: usize, latest: &Signed, trouble: &mut Option<String>) -> bool {
    let Some(known) = log.0.witnesses.as_ref().and_then(|all| all.all.get(index)) else {
        return true;
    };
    if latest.note.signatures().iter().any(|line| line.is_of(&known.key)) {
        return true;
    }
    match ask(log, known, latest).await {
        Ok(cosignatures) => {
            if trouble.take().is_some() {
                tracing::info!(witness = known.name, "the witness cosigns again");
            }
            // A checkpoint signed meanwhile makes these late; the next round asks again.
            log.cosigned(latest.checkpoint.size(), cosignatures);
            true
        }
        Err(AskError::Forked(how)) => {
            known.failures.fetch_add(1, Ordering::Relaxed);
            log.fork(&format!("witness {}: {how}", known.name));
            false
        }
        Err(error) => {
            known.failures.fetch_add(1, Ordering::Relaxed);
            let text = crate::chain(&error);
            if trouble.as_ref() != Some(&text) {
                tracing::warn!(witness = known.name, error = text, "a witness did not cosign");
                *trouble = Some(text);
            }
            false
        }
    }
}

async fn ask(log: &Log, known: &Known, signed: &Signed) -> Result<Vec<NoteSignature>, AskError> {
    let Some(target) = &known.target else { return Err(AskError::Unsteady) };
    let new = signed.checkpoint.size();
    // Twice: a witness that holds another size than was thought says so once.
    for _ in 0..2 {
        let old = known.size.load(Ordering::Relaxed).min(new);
        let proof = log.tree().consistency_proof(old, new)?;
        // The log's own lines alone: cosignatures of others are none of a witness's business.
        let request = Request::new(old, proof, signed.note.clone())?;
        let answer = http_client::post(target, request.to_string()).await?;
        let media_type = answer.media_type.as_deref();
        let reply = read_reply(answer.status, media_type, &answer.body, &signed.note, [&known.key]);
        match reply {
            Ok(Reply::Cosigned(cosignatures)) => {
                known.size.store(new, Ordering::Relaxed);
                return Ok(cosignatures);
            }
            Ok(Reply::Conflict { size }) if new < size => {
                return Err(AskError::Forked(format!("it holds {size} entries, {new} are signed")));
            }
            Ok(Reply::Conflict { size }) => known.size.store(size, Ordering::Relaxed),
            Err(ReplyError::Status { status: 422 }) => {
                let how = format!("its tree of {old} entries is not the beginning of ours");
                return Err(AskError::Forked(how));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(AskError::Unsteady)
}
