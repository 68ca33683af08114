//! Why a ledger was not restored, in both languages, with the way out.

use std::io;
use std::path::PathBuf;

use journal_sled::OpenError;
use merkle::checkpoint::CheckpointError;

use super::swap::Unfinished;
use crate::codec::CodecError;
use crate::log::LogKeyError;
use crate::ops::backup::read::BadBackup;
use crate::ops::finding::unopened;

/// Why a ledger was not restored. The target is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// A file could not be used.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The target holds something.
    #[error(
        "{} is not empty (it holds {found}); name another directory, or pass --replace, \
         which moves a ledger aside, and nothing else: nothing older than it has signed is \
         restored then",
        dir.display()
    )]
    NotEmpty {
        /// The target.
        dir: PathBuf,
        /// Something in it.
        found: String,
    },
    /// A restore into the same place is under way, or was cut short.
    #[error(
        "{} is there already: another restore is at work, or one was cut short; if none is at \
         work, delete it and start again",
        dir.display()
    )]
    Leftover {
        /// The directory it is built in.
        dir: PathBuf,
    },
    /// The backup is none, or not whole.
    #[error(transparent)]
    Backup(BadBackup),
    /// What the backup says about itself makes no sense; why, in Chinese and English.
    #[error("the manifest of the backup makes no sense: {1}")]
    Manifest(&'static str, &'static str),
    /// Another ledger than asked for.
    #[error("this is ledger {found}, not {expected}: choose the right backup")]
    OtherLedger {
        /// Whose it is.
        found: String,
        /// Whose it should be.
        expected: String,
    },
    /// A checkpoint of another log was given.
    #[error("{source_name} is a checkpoint of {expected}, this is {found}: choose the right one")]
    OtherLog {
        /// The origin of what is restored.
        found: String,
        /// The origin of the checkpoint.
        expected: String,
        /// Where the checkpoint is from.
        source_name: String,
    },
    /// Shorter than what somebody has seen.
    #[error(
        "this reaches position {size}, but {source_name} shows that {witnessed} entries were \
         published: it is too old, restore a newer backup, or from the exported tiles. If nothing \
         newer is left, the ledger can only go on as another log (--new-origin), never as this \
         one{}",
        unchecked(*checked).1
    )]
    Older {
        /// How many entries there are.
        size: u64,
        /// How many were seen.
        witnessed: u64,
        /// Who has seen them.
        source_name: String,
        /// Whether its signature was checked.
        checked: bool,
    },
    /// Entries would be lost that nobody has signed.
    #[error(
        "{} holds entries up to {}, this reaches {} only: {} entries were acknowledged there that \
         are not in it, positions {} to {}. No checkpoint covers them, so they can be given up: \
         pass --lose-unsigned, and their positions are given out anew; or restore a newer backup",
        .0.dir.display(), .0.head, .0.size, .0.count(), .0.size + 1, .0.head
    )]
    Tail(Tail),
    /// A replacement was cut short while the place was empty.
    #[error("{}", .0.en())]
    Unfinished(Unfinished),
    /// A checkpoint that was given is not signed by the keys that came with the backup.
    #[error(
        "{source_name} is not signed by a public key that came with the ledger (keys/*.pub): \
         {source}. It is forged, or the log has other keys now; find out which, leave it out or \
         pass the right key with --vkey"
    )]
    NotByItsKeys {
        /// Where it is from.
        source_name: String,
        /// Why.
        #[source]
        source: CheckpointError,
    },
    /// Not the entries somebody has seen.
    #[error(
        "the first {witnessed} entries are not those that {source_name} shows: this is another \
         history of the ledger, do not restore it{}",
        unchecked(*checked).1
    )]
    Inconsistent {
        /// How many were seen.
        witnessed: u64,
        /// Who has seen them.
        source_name: String,
        /// Whether its signature was checked.
        checked: bool,
    },
    /// A witness did not say what it has seen, or says what cannot be.
    #[error("the witness {url}: {en}")]
    Witness {
        /// Its address.
        url: String,
        /// What is wrong, in Chinese.
        zh: String,
        /// What is wrong, in English.
        en: String,
    },
    /// The keys of the new log could not be made.
    #[error("the keys of the new log could not be made")]
    Keys(#[source] LogKeyError),
    /// The new origin is the old one.
    #[error("--new-origin names {0}, which is the log that was lost: choose another name")]
    SameOrigin(String),
    /// The entries do not hash to what was signed, or claimed.
    #[error("the first {size} entries do not hash to the root in the {what}: restore another copy")]
    Root {
        /// How many entries.
        size: u64,
        /// Which root.
        what: &'static str,
    },
    /// The signed checkpoint is not to be believed.
    #[error("the signed checkpoint cannot be believed: {0}")]
    Checkpoint(#[source] CheckpointError),
    /// A checkpoint that was given is none.
    #[error("{source_name} is no signed checkpoint: {source}")]
    Witnessed {
        /// Where it is from.
        source_name: String,
        /// Why.
        #[source]
        source: CheckpointError,
    },
    /// An entry is none.
    #[error(
        "position {position} is no entry this program understands; use the program version that wrote it, or a later one"
    )]
    Entry {
        /// Which.
        position: u64,
        /// Why.
        #[source]
        source: Box<CodecError>,
    },
    /// Exported tiles that are not as they should be.
    #[error("{path}: {en}")]
    Tiles {
        /// Which file.
        path: String,
        /// What is wrong, in Chinese.
        zh: String,
        /// What is wrong, in English.
        en: String,
    },
    /// The new journal could not be made.
    #[error("the journal could not be written")]
    Open(#[source] OpenError),
    /// The new journal could not be written.
    #[error("the journal could not be written")]
    Append(#[source] journal::AppendError),
    /// The new journal could not be closed.
    #[error("the journal could not be closed")]
    Close(#[source] journal::CloseError),
}

/// Entries in the directory that is replaced which are not restored, and which nobody has signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tail {
    /// The directory.
    pub dir: PathBuf,
    /// How many entries are restored.
    pub size: u64,
    /// The last entry in the directory.
    pub head: u64,
}

impl Tail {
    /// How many they are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.head.saturating_sub(self.size)
    }

    /// Which they are, as they are listed when they were given up.
    pub(super) fn short(&self) -> String {
        let Self { dir, size, head } = self;
        format!("{}: {}–{head}", dir.display(), size + 1)
    }
}

/// What is said of a checkpoint whose signature could not be checked, in Chinese and English.
fn unchecked(checked: bool) -> (&'static str, &'static str) {
    if checked {
        return ("", "");
    }
    (
        "（未核对其签名：没有公钥，请用 --vkey 指定）",
        ". Its signature was not checked: no key came with the ledger, pass --vkey",
    )
}

impl RestoreError {
    /// The same in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Io { path, source, .. } => format!("无法读写 {}：{source}", path.display()),
            Self::NotEmpty { dir, found } => format!(
                "{} 非空（其中有 {found}）；请另选目录，或用 --replace 移走其中的台账（仅限台账目录）：此时不会恢复比它所签更旧的内容",
                dir.display()
            ),
            Self::Leftover { dir } => format!(
                "{} 已存在：另一恢复正在进行，或上次恢复中断；确认没有恢复在进行后删除它再试",
                dir.display()
            ),
            Self::Backup(error) => error.zh(),
            Self::Manifest(zh, _) => format!("备份清单不合理：{zh}"),
            Self::OtherLedger { found, expected } => {
                format!("这是台账 {found} 的备份，不是 {expected}；请选择正确的备份")
            }
            Self::OtherLog { found, expected, source_name } => {
                format!("{source_name} 是 {expected} 的检查点，而这是 {found}；请选择正确的文件")
            }
            Self::Older { size, witnessed, source_name, checked } => format!(
                "仅到第 {size} 条，而 {source_name} 表明已公布 {witnessed} 条：过旧，请恢复更新的备份，或从导出的瓦片恢复；若再无更新的，只能作为另一日志继续（--new-origin），不得沿用此来源{}",
                unchecked(*checked).0
            ),
            Self::Inconsistent { witnessed, source_name, checked } => format!(
                "前 {witnessed} 条与 {source_name} 所见不一致：这是另一段历史，不得恢复{}",
                unchecked(*checked).0
            ),
            Self::Tail(tail) => format!(
                "{} 中有至第 {} 条的记录，而这里仅到第 {} 条：其中已确认的 {} 条（第 {} 至 {} 条）不在内。它们未被任何检查点覆盖，可以放弃：请加 --lose-unsigned，其序号将重新分配；或恢复更新的备份",
                tail.dir.display(),
                tail.head,
                tail.size,
                tail.count(),
                tail.size + 1,
                tail.head
            ),
            Self::Unfinished(unfinished) => unfinished.zh(),
            Self::NotByItsKeys { source_name, source } => format!(
                "{source_name} 并非由台账所附公钥（keys/*.pub）签名：{}。它系伪造，或日志已更换密钥；请查明，并去掉它或用 --vkey 指定正确的公钥",
                source.zh()
            ),
            Self::Witness { url, zh, .. } => format!("见证方 {url}：{zh}"),
            Self::Keys(error) => format!("无法生成新日志的密钥：{error}"),
            Self::SameOrigin(origin) => {
                format!("--new-origin 指定的 {origin} 正是丢失内容的日志；请另取名称")
            }
            Self::Root { size, what } => {
                format!("前 {size} 条的根散列与 {what} 中的不符；请换一份副本恢复")
            }
            Self::Checkpoint(error) => format!("已签名的检查点不可信：{}", error.zh()),
            Self::Witnessed { source_name, source } => {
                format!("{source_name} 不是已签名的检查点：{}", source.zh())
            }
            Self::Entry { position, .. } => {
                format!("第 {position} 条不是本程序能理解的记录；请使用写入它的版本或更新的版本")
            }
            Self::Tiles { path, zh, .. } => format!("{path}：{zh}"),
            Self::Open(error) => unopened(error).zh,
            Self::Append(_) | Self::Close(_) => {
                "无法写入新的台账目录；请检查磁盘空间后重试".to_owned()
            }
        }
    }
}
