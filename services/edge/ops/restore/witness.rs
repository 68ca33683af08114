//! Asking a witness what it has cosigned of a log, before an older state of it is brought back.
//!
//! Our own witness shows its last checkpoint. Any other one (C2SP tlog-witness) is sent the signed
//! checkpoint of the backup as if it had just cosigned that: it answers 409 with the size it holds,
//! or, where it holds that very tree, cosigns the same once more. Neither changes what it holds.
//! One that holds a smaller tree is proven that the backup continues it, which makes it cosign:
//! that is the last thing before the ledger is put into its place, and never done in a dry run.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::convert::Infallible;

use jiff::Timestamp;
use merkle::tree::{Hashes, consistency_proof};
use merkle::witness::{Reply, ReplyError, Request, read_reply};
use merkle::{Checkpoint, Hash, Note};

use super::build::Claim;
use super::{RestoreError, Wanted, Witnessed, site};
use crate::clock::{Clock as _, SystemClock};
use crate::log::http_client::{self, Answer, Getter, Target};

/// Longest note that is read.
const NOTE_BYTES_MAX: usize = 1 << 20;

/// Oldest cosignature that is taken for an answer of now, in seconds. A witness cosigns when it is
/// asked, so an older one was kept by somebody in between, or the clocks differ.
const FRESH_SECONDS: i64 = 600;

/// What a witness answers.
pub(super) enum Asked {
    /// This checkpoint.
    Saw(Witnessed),
    /// A size, without the root.
    Holds(Held),
    /// It has seen nothing of the log.
    Nothing,
}

/// A witness that holds a tree of some size.
pub(super) struct Held {
    url: String,
    size: u64,
}

/// What a witness said, for whoever restores.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Heard {
    /// Its address.
    pub url: String,
    /// How many entries it has cosigned.
    pub size: u64,
    /// How old its cosignature is, in seconds; absent where there is none that could be checked.
    pub age_seconds: Option<i64>,
    /// Whether what it has seen is known to be in it: not so where it only told its size, as it
    /// does in a dry run.
    pub checked: bool,
}

/// Asks the witness at an address.
pub(super) fn ask(
    url: &str,
    claim: &Claim,
    wanted: &Wanted,
) -> Result<(Asked, Heard), RestoreError> {
    let heard = |size, age_seconds, checked| {
        let url = url.to_owned();
        Heard { url, size, age_seconds, checked }
    };
    if let Some(note) = shown(url, &claim.origin)? {
        let (saw, time) = believed(url, &note, claim, wanted)?;
        let age = fresh(url, time)?;
        let size = saw.checkpoint.size();
        return Ok((Asked::Saw(saw), heard(size, age, true)));
    }
    let Some((signed, text)) = &claim.checkpoint else {
        return Err(failed(
            url,
            "备份中没有已签名的检查点，无从询问；请用 --witnessed 指定它见过的检查点",
            "there is no signed checkpoint in the backup to ask with: pass one it has seen with \
             --witnessed",
        ));
    };
    let note =
        Note::parse(text.as_bytes()).map_err(|error| RestoreError::Checkpoint(error.into()))?;
    let mine = signed.size();
    match add(url, mine, Vec::new(), note, wanted)? {
        Added::Cosigned(time) => {
            let age = fresh(url, time)?;
            let (checkpoint, note) = (signed.clone(), text.clone());
            let saw = Witnessed { source: url.to_owned(), checkpoint, note };
            Ok((Asked::Saw(saw), heard(mine, age, true)))
        }
        Added::Holds(0) => Ok((Asked::Nothing, heard(0, None, true))),
        // tlog-witness: this is also how it says that its tree of that size is another one.
        Added::Holds(size) if size == mine => Err(another(url, size)),
        Added::Holds(size) => {
            let held = Held { url: url.to_owned(), size };
            Ok((Asked::Holds(held), heard(size, None, false)))
        }
    }
}

fn another(url: &str, witnessed: u64) -> RestoreError {
    let source_name = url.to_owned();
    RestoreError::Inconsistent { witnessed, source_name, checked: true }
}

/// How old an answer is, in seconds.
fn fresh(url: &str, time: Option<u64>) -> Result<Option<i64>, RestoreError> {
    let Some(time) = time else { return Ok(None) };
    let now = SystemClock.now().as_second();
    let age = now.saturating_sub(i64::try_from(time).unwrap_or(i64::MAX));
    if (-FRESH_SECONDS..=FRESH_SECONDS).contains(&age) {
        return Ok(Some(age));
    }
    let at = i64::try_from(time).ok().and_then(|time| Timestamp::from_second(time).ok());
    let at = at.map_or_else(|| time.to_string(), |at| at.to_string());
    Err(failed(
        url,
        &format!(
            "其联署时间为 {at}，距本机时间 {age} 秒：不是此刻的答复，可能是他人留存的旧答复；请核对本机时钟，或直接向见证方索取检查点并用 --witnessed 指定"
        ),
        &format!(
            "it cosigned at {at}, {age} seconds before the time of this machine: that is no answer \
             of now, somebody in between may have kept it; check the clock of this machine, or get \
             the checkpoint from the witness in another way and pass it with --witnessed"
        ),
    ))
}

/// The last checkpoint that the witness shows, where it shows any.
fn shown(url: &str, origin: &str) -> Result<Option<Vec<u8>>, RestoreError> {
    let call = format!("checkpoint/{}", Hash::of(origin.as_bytes()));
    let answer = call_witness(url, &call, async |target| {
        Getter::default().get(target, NOTE_BYTES_MAX).await
    })?;
    // The protocol knows no such call: whatever else comes means that it is another program's.
    Ok((answer.status == 200).then(|| answer.body.into()))
}

fn believed(
    url: &str,
    note: &[u8],
    claim: &Claim,
    wanted: &Wanted,
) -> Result<(Witnessed, Option<u64>), RestoreError> {
    let bad = |source| RestoreError::Witnessed { source_name: url.to_owned(), source };
    let note = Note::parse(note).map_err(|error| bad(error.into()))?;
    let checkpoint = Checkpoint::parse(note.text()).map_err(bad)?;
    let mut time = None;
    if !wanted.witness_keys.is_empty() {
        let verified = note.verify(&wanted.witness_keys).map_err(|error| bad(error.into()))?;
        time = verified.iter().filter_map(|one| one.time).max();
    }
    if !wanted.keys.is_empty() {
        Checkpoint::open(note.to_string().as_bytes(), &claim.origin, &wanted.keys).map_err(bad)?;
    }
    Ok((Witnessed { source: url.to_owned(), checkpoint, note: note.to_string() }, time))
}

/// What a witness answers to a checkpoint.
enum Added {
    /// It cosigned, at this time where its key is known.
    Cosigned(Option<u64>),
    /// It holds a tree of this size.
    Holds(u64),
}

/// Sends a checkpoint to a witness that is taken to hold `old` entries.
fn add(
    url: &str,
    old: u64,
    proof: Vec<Hash>,
    note: Note,
    wanted: &Wanted,
) -> Result<Added, RestoreError> {
    let request = Request::new(old, proof, note.clone()).map_err(RestoreError::Checkpoint)?;
    let body = request.to_string();
    let answer =
        call_witness(url, "add-checkpoint", async |target| http_client::post(target, body).await)?;
    let keys = &wanted.witness_keys;
    let media_type = answer.media_type.as_deref();
    match read_reply(answer.status, media_type, &answer.body, &note, keys) {
        Ok(Reply::Cosigned(lines)) => {
            let times = lines.iter().filter_map(|line| {
                let key = keys.iter().find(|key| line.is_of(key))?;
                key.verify(note.text(), line.bytes()).ok().flatten()
            });
            Ok(Added::Cosigned(times.max()))
        }
        // Nobody said whose cosignature it should be.
        Err(ReplyError::NoCosignature) if keys.is_empty() => Ok(Added::Cosigned(None)),
        Ok(Reply::Conflict { size }) => Ok(Added::Holds(size)),
        Err(ReplyError::Status { status: 422 }) => Err(another(url, old)),
        Err(error) => Err(failed(url, &error.zh(), &error.to_string())),
    }
}

impl Held {
    /// Refuses what is older than what the witness holds, and notes what the proof will need.
    pub(super) fn admit(&self, claim: &Claim, proofs: &mut Proofs) -> Result<(), RestoreError> {
        let Self { url, size: witnessed } = self;
        let (witnessed, size) = (*witnessed, claim.size);
        if size < witnessed {
            let source_name = url.clone();
            return Err(RestoreError::Older { size, witnessed, source_name, checked: true });
        }
        let signed = claim.checkpoint.as_ref().map_or(0, |(signed, _)| signed.size());
        if signed < witnessed {
            return Err(failed(
                url,
                &format!(
                    "它持有 {witnessed} 条，而备份中已签名的检查点只有 {signed} 条，无法证明两者一致；请恢复更新的备份，或用 --witnessed 指定它联署的检查点并不再询问它"
                ),
                &format!(
                    "it holds {witnessed} entries, the signed checkpoint of the backup only \
                     {signed}, so it cannot be told whether they are the same: restore a newer \
                     backup, or pass the checkpoint it cosigned with --witnessed instead of asking"
                ),
            ));
        }
        proofs.prepare(witnessed, signed);
        Ok(())
    }

    /// Proves to the witness that what was built continues what it holds. It cosigns that.
    pub(super) fn prove(
        &self,
        claim: &Claim,
        proofs: &Proofs,
        wanted: &Wanted,
    ) -> Result<(), RestoreError> {
        let Some((signed, note)) = &claim.checkpoint else { return Ok(()) };
        let note =
            Note::parse(note.as_bytes()).map_err(|error| RestoreError::Checkpoint(error.into()))?;
        let proof = proofs.consistency(self.size, signed.size());
        match add(&self.url, self.size, proof, note, wanted)? {
            Added::Cosigned(time) => fresh(&self.url, time).map(drop),
            Added::Holds(size) => Err(failed(
                &self.url,
                &format!(
                    "它持有的条数从 {} 变为 {size}：另有服务仍在以此来源签署；请先停止那个服务",
                    self.size
                ),
                &format!(
                    "it held {} entries and now holds {size}: another service still signs under \
                     this origin, stop that one first",
                    self.size
                ),
            )),
        }
    }
}

/// The few hashes that proofs need, picked out while the tree grows.
#[derive(Default)]
pub(super) struct Proofs {
    hashes: RefCell<BTreeMap<(u8, u64), Hash>>,
}

impl Proofs {
    /// Notes what a proof reads; what it gives now is of no use.
    fn prepare(&mut self, old: u64, new: u64) {
        self.consistency(old, new);
    }

    fn consistency(&self, old: u64, new: u64) -> Vec<Hash> {
        match consistency_proof(self, old, new) {
            Ok(proof) => proof,
            Err(never) => match never {},
        }
    }

    /// Takes a hash of the tree, if it is one that was noted.
    pub(super) fn keep(&mut self, level: u8, index: u64, hash: Hash) {
        if let Some(kept) = self.hashes.get_mut().get_mut(&(level, index)) {
            *kept = hash;
        }
    }
}

impl Hashes for Proofs {
    type Error = Infallible;

    fn read(&self, level: u8, first: u64, count: usize) -> Result<Vec<Hash>, Infallible> {
        let mut hashes = self.hashes.borrow_mut();
        Ok((first..).take(count).map(|index| *hashes.entry((level, index)).or_default()).collect())
    }
}

fn call_witness(
    url: &str,
    call: &str,
    exchange: impl AsyncFnOnce(&Target) -> Result<Answer, http_client::CallError>,
) -> Result<Answer, RestoreError> {
    let target = Target::parse(url, call);
    let target = target.map_err(|error| failed(url, &error.to_string(), &error.to_string()))?;
    let runtime = site::runtime();
    let runtime = runtime.map_err(|error| failed(url, &error.to_string(), &error.to_string()))?;
    runtime.block_on(exchange(&target)).map_err(|error| {
        failed(
            url,
            &format!("{}；不知其见过什么，不予恢复。请稍后再试，或不再询问它", error.zh()),
            &format!(
                "{}: what it has seen is not known, so nothing is restored; try later, or do not \
                 ask it",
                crate::chain(&error)
            ),
        )
    })
}

fn failed(url: &str, zh: &str, en: &str) -> RestoreError {
    RestoreError::Witness { url: url.to_owned(), zh: zh.to_owned(), en: en.to_owned() }
}
