//! How a log asks a witness for its cosignature, and what the witness answers
//! (C2SP tlog-witness, `add-checkpoint`).
//!
//! Bodies and decisions only: who sends and who keeps the witness's record is elsewhere.
//! Invariants: a checkpoint is only cosigned if it continues the one the witness holds; the
//! caller must hold its record still from [`check`] until the new one is durable.

use std::fmt;

use crate::checkpoint::{Checkpoint, CheckpointError, decimal};
use crate::hash::{EMPTY_ROOT, Hash};
use crate::key::VerifierKey;
use crate::note::{Note, NoteError, NoteSignature, parse_signatures};
use crate::proof::{ProofError, verify_consistency};

/// tlog-witness: "The client MUST NOT send more than 63 consistency proof lines."
pub const PROOF_LINES_MAX: usize = 63;
/// The media type of an answer 409.
pub const SIZE_MEDIA_TYPE: &str = "text/x.tlog.size";

/// What a log sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    old: u64,
    proof: Vec<Hash>,
    note: Note,
    checkpoint: Checkpoint,
}

/// The body of a request is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The first line is not `old <size>`.
    #[error("the first line is old <size of the tree>")]
    Old,
    /// A line of the proof is no hash, or one too many.
    #[error("line {line} is not a hash in base64, or one of more than {PROOF_LINES_MAX}")]
    Hash {
        /// Counted from 1.
        line: usize,
    },
    /// No blank line before the checkpoint.
    #[error("there is no blank line with a checkpoint below it")]
    NoCheckpoint,
    /// The checkpoint is none.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

impl RequestError {
    /// The same in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Old => "首行应为 old <树的大小>".to_owned(),
            Self::Hash { line } => {
                format!("第 {line} 行不是 base64 书写的哈希，或哈希多于 {PROOF_LINES_MAX} 个")
            }
            Self::NoCheckpoint => "缺少空行及其后的检查点".to_owned(),
            Self::Checkpoint(error) => error.zh(),
        }
    }
}

impl Request {
    /// Puts a request together: the witness is taken to hold the tree of `old` leaves.
    ///
    /// # Errors
    /// When the note is not that of a signed checkpoint.
    pub fn new(old: u64, proof: Vec<Hash>, note: Note) -> Result<Self, CheckpointError> {
        let checkpoint = Checkpoint::parse(note.text())?;
        if note.signatures().is_empty() {
            return Err(NoteError::NoSignatures.into());
        }
        Ok(Self { old, proof, note, checkpoint })
    }

    /// Reads the body of a request.
    ///
    /// # Errors
    /// When it is none; the answer is 400.
    pub fn parse(bytes: &[u8]) -> Result<Self, RequestError> {
        let text = str::from_utf8(bytes).map_err(|_| NoteError::Characters);
        let text = text.map_err(CheckpointError::from)?;
        let (head, note) = text.split_once("\n\n").ok_or(RequestError::NoCheckpoint)?;
        let mut lines = head.split('\n').enumerate();
        let old = lines.next().and_then(|(_, line)| line.strip_prefix("old "));
        let old = old.and_then(decimal).ok_or(RequestError::Old)?;
        let mut proof = Vec::new();
        for (at, line) in lines {
            let error = RequestError::Hash { line: at + 1 };
            if PROOF_LINES_MAX <= proof.len() {
                return Err(error);
            }
            proof.push(Hash::from_base64(line).ok_or(error)?);
        }
        let note = Note::parse(note.as_bytes()).map_err(CheckpointError::from)?;
        // The root of a tree of size 0 is judged by `check`: it has an answer of its own.
        let checkpoint = Checkpoint::parse_any_root(note.text())?;
        Ok(Self { old, proof, note, checkpoint })
    }

    /// The size that the witness is taken to hold.
    #[must_use]
    pub fn old(&self) -> u64 {
        self.old
    }

    /// The proof that the new tree continues the old one.
    #[must_use]
    pub fn proof(&self) -> &[Hash] {
        &self.proof
    }

    /// The signed checkpoint.
    #[must_use]
    pub fn note(&self) -> &Note {
        &self.note
    }

    /// What the checkpoint says. Not to be trusted before [`check`].
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }
}

/// The body as it is sent.
impl fmt::Display for Request {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "old {}", self.old)?;
        self.proof.iter().try_for_each(|hash| writeln!(out, "{}", hash.to_base64()))?;
        write!(out, "\n{}", self.note)
    }
}

/// The last tree of a log that a witness has cosigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// The number of leaves.
    pub size: u64,
    /// The root hash.
    pub root: Hash,
}

/// A witness that has seen nothing holds the tree without leaves.
impl Default for Seen {
    fn default() -> Self {
        Self { size: 0, root: EMPTY_ROOT }
    }
}

/// Why a witness does not cosign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// 400: the old size is above the new one.
    #[error("the old size is larger than the checkpoint")]
    BadRequest,
    /// 403: no signature of a trusted key, or a wrong one.
    #[error("the checkpoint is not signed by a key that is trusted for this log")]
    Forbidden,
    /// 404: not a log that this witness watches.
    #[error("this witness does not know the log")]
    NotFound,
    /// 409: the witness holds another size.
    #[error("this witness holds a tree of {size} leaves")]
    Conflict {
        /// The size it holds.
        size: u64,
    },
    /// 422: the proof does not hold. If the signature is that of the log, it may show that the
    /// log has misbehaved, and should be kept.
    #[error("the checkpoint does not continue the tree that this witness holds: {0}")]
    Unprocessable(ProofError),
}

impl Refusal {
    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::Conflict { .. } => 409,
            Self::Unprocessable(_) => 422,
        }
    }

    /// The same in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::BadRequest => "所称的旧大小大于检查点".to_owned(),
            Self::Forbidden => "检查点没有本日志受信任公钥的签名".to_owned(),
            Self::NotFound => "本见证方不认识该日志".to_owned(),
            Self::Conflict { size } => format!("本见证方持有 {size} 个叶子的树"),
            Self::Unprocessable(error) => {
                format!("检查点不是本见证方所持之树的延续：{}", error.zh())
            }
        }
    }

    /// The body of the answer: the size held for 409, else the reason in both languages. The media
    /// type of the former is [`SIZE_MEDIA_TYPE`].
    #[must_use]
    pub fn body(&self) -> String {
        match self {
            Self::Conflict { size } => format!("{size}\n"),
            other => format!("{}\n{other}\n", other.zh()),
        }
    }
}

/// Decides for a witness. `keys` are those it trusts for the origin of the checkpoint, none for
/// a log that it does not know; `seen` is its record. What it gives back is the new record, to
/// be made durable before the cosignature over `request.note()` leaves the house.
///
/// # Errors
/// What to answer instead.
pub fn check<'k>(
    request: &Request,
    keys: impl IntoIterator<Item = &'k VerifierKey>,
    seen: Seen,
) -> Result<Seen, Refusal> {
    let mut keys = keys.into_iter().peekable();
    if keys.peek().is_none() {
        return Err(Refusal::NotFound);
    }
    request.note.verify(keys).map_err(|_| Refusal::Forbidden)?;
    let new = Seen { size: request.checkpoint.size(), root: request.checkpoint.root() };
    if new.size < request.old {
        return Err(Refusal::BadRequest);
    }
    if request.old != seen.size {
        return Err(Refusal::Conflict { size: seen.size });
    }
    verify_consistency(seen.size, new.size, &seen.root, &new.root, &request.proof)
        .map_err(Refusal::Unprocessable)?;
    Ok(new)
}

/// What a log takes from an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// 200: cosignatures that verify, one at least.
    Cosigned(Vec<NoteSignature>),
    /// 409: the witness holds another size; ask again from there.
    Conflict {
        /// The size it holds.
        size: u64,
    },
}

/// Why an answer brings nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// The witness refuses.
    #[error("the witness answered {status}: {}", reason(*.status))]
    Status {
        /// The status of the answer.
        status: u16,
    },
    /// Not the body that belongs to the status.
    #[error("the witness answered {status} with a body that is none of the protocol")]
    Malformed {
        /// The status of the answer.
        status: u16,
    },
    /// The witness's signature does not verify over this checkpoint.
    #[error("the cosignature of {name} does not verify")]
    BadCosignature {
        /// The name of the key.
        name: String,
    },
    /// No line is of a key of this witness.
    #[error("the witness answered with no cosignature of its known key")]
    NoCosignature,
}

fn reason(status: u16) -> &'static str {
    match status {
        400 => "the request was malformed",
        403 => "it does not trust the key of this log",
        404 => "it does not know this log",
        422 => "the consistency proof does not verify",
        429 => "too many requests, try later",
        500..=599 => "it is out of order",
        _ => "a status that is none of the protocol",
    }
}

impl ReplyError {
    /// The same in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Status { status } => {
                let reason = match status {
                    400 => "请求格式不对",
                    403 => "它不信任本日志的密钥",
                    404 => "它不认识本日志",
                    422 => "一致性证明验证不通过",
                    429 => "请求过多，请稍后再试",
                    500..=599 => "它发生故障",
                    _ => "协议之外的状态码",
                };
                format!("见证方答复 {status}：{reason}")
            }
            Self::Malformed { status } => format!("见证方答复 {status}，内容不符合协议"),
            Self::BadCosignature { name } => format!("见证方 {name} 的联署验证不通过"),
            Self::NoCosignature => "见证方的答复中没有其已知密钥的联署".to_owned(),
        }
    }
}

/// Reads the answer to a request over the checkpoint in `note`, from the witness with these
/// keys. Lines of other keys are ignored.
///
/// # Errors
/// When it brings neither a cosignature nor a size.
pub fn read_reply<'k>(
    status: u16,
    media_type: Option<&str>,
    body: &[u8],
    note: &Note,
    keys: impl IntoIterator<Item = &'k VerifierKey>,
) -> Result<Reply, ReplyError> {
    let malformed = ReplyError::Malformed { status };
    match status {
        200 => {
            let body = str::from_utf8(body).map_err(|_| malformed.clone())?;
            let lines = parse_signatures(body).map_err(|_| malformed)?;
            let keys: Vec<_> = keys.into_iter().collect();
            let mut cosignatures = Vec::new();
            for line in lines {
                let Some(key) = keys.iter().find(|key| line.is_of(key)) else { continue };
                // tlog-witness: the timestamp must not be zero.
                let time = key.verify(note.text(), line.bytes());
                if !matches!(time, Ok(Some(1..))) {
                    return Err(ReplyError::BadCosignature { name: line.name().to_string() });
                }
                cosignatures.push(line);
            }
            if cosignatures.is_empty() {
                return Err(ReplyError::NoCosignature);
            }
            Ok(Reply::Cosigned(cosignatures))
        }
        409 => {
            let media_type = media_type.and_then(|it| it.split(';').next()).map(str::trim);
            if !media_type.is_some_and(|it| it.eq_ignore_ascii_case(SIZE_MEDIA_TYPE)) {
                return Err(malformed);
            }
            let size = str::from_utf8(body).ok().and_then(|body| body.strip_suffix('\n'));
            let size = size.and_then(decimal).ok_or(malformed)?;
            Ok(Reply::Conflict { size })
        }
        status => Err(ReplyError::Status { status }),
    }
}
