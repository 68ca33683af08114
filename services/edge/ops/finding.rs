//! What a check found: where, what, and how to mend it, in both languages.
//!
//! A finding is a value. Its words are made here and nowhere else, so that the command line, the
//! admin port and the tests say the same.

use std::borrow::Cow;
use std::path::Path;

use journal::{Corruption, ReadError};
use journal_sled::{OpenError, Salvage};
use serde::Serialize;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What, for programs: a stable word such as `EVENT_DAMAGED`.
    pub what: Cow<'static, str>,
    /// The position concerned, the first of them where it is a run; none for a file.
    pub position: Option<u64>,
    /// The last position of a run; absent for a single one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_position: Option<u64>,
    /// The file concerned, below the data directory; absent for an entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// What and how to mend it, in Chinese.
    pub zh: String,
    /// What and how to mend it, in English.
    pub en: String,
}

impl Finding {
    /// A finding about one entry.
    #[must_use]
    pub fn at(position: u64, what: &'static str, zh: String, en: String) -> Self {
        let what = what.into();
        Self { what, position: Some(position), last_position: None, file: None, zh, en }
    }

    /// A finding about a file.
    #[must_use]
    pub fn of(file: &str, what: &'static str, zh: String, en: String) -> Self {
        let (what, file) = (what.into(), Some(file.to_owned()));
        Self { what, position: None, last_position: None, file, zh, en }
    }

    /// Positions that cannot be read.
    #[must_use]
    pub fn damaged(first: u64, last: u64, error: &ReadError) -> Self {
        let (zh, en) = match error {
            ReadError::Corrupt { what, .. } => (corruption_zh(*what), what.to_string()),
            ReadError::Engine(_) => {
                ("存储引擎无法读取".to_owned(), "the storage engine cannot read it".to_owned())
            }
        };
        let which = if first == last {
            (format!("第 {first} 条"), format!("position {first}"))
        } else {
            (format!("第 {first} 至 {last} 条"), format!("positions {first} to {last}"))
        };
        Self {
            what: word(error).into(),
            position: Some(first),
            last_position: (first < last).then_some(last),
            file: None,
            zh: format!("{}：{zh}；请保留目录原样，从覆盖至第 {last} 条的备份恢复", which.0),
            en: format!(
                "{}: {en}; keep the directory as it is and restore a backup that reaches {last}",
                which.1
            ),
        }
    }
}

fn word(error: &ReadError) -> &'static str {
    let ReadError::Corrupt { what, .. } = error else { return "ENGINE" };
    match what {
        Corruption::Missing => "EVENT_MISSING",
        Corruption::Gap { .. } => "GAP",
        Corruption::Key => "KEY",
        Corruption::Truncated | Corruption::Trailing | Corruption::Length => "FRAME_LENGTH",
        Corruption::Version { .. } => "FRAME_VERSION",
        Corruption::Header | Corruption::HeaderChecksum => "FRAME_HEADER",
        Corruption::EventChecksum => "EVENT_CHECKSUM",
    }
}

fn corruption_zh(what: Corruption) -> String {
    match what {
        Corruption::Missing => "记录缺失".to_owned(),
        Corruption::Gap { found } => format!("记录缺失，下一段从第 {found} 条开始"),
        Corruption::Key => "存储键不是序号".to_owned(),
        Corruption::Truncated => "数据段不完整".to_owned(),
        Corruption::Trailing => "数据段末尾有多余字节".to_owned(),
        Corruption::Version { version } => format!("数据段的格式版本 {version} 未知"),
        Corruption::Header => "数据段头自相矛盾".to_owned(),
        Corruption::HeaderChecksum => "数据段头与校验和不符".to_owned(),
        Corruption::Length => "记录长度不可能".to_owned(),
        Corruption::EventChecksum => "记录与校验和不符".to_owned(),
    }
}

/// Why a directory could not be opened, as a finding. Where the engine cannot read its own log,
/// that is looked through without it, so that a position can be named.
#[must_use]
pub fn unopened_at(dir: &Path, error: &OpenError) -> Finding {
    let finding = unopened(error);
    if !matches!(error, OpenError::Corrupt { .. } | OpenError::Engine { .. }) {
        return finding;
    }
    let (position, zh, en) = match journal_sled::salvage(dir) {
        Ok(found) => salvaged(found),
        Err(error) => {
            let other = unopened(&error);
            (
                None,
                format!("也无法绕过引擎读取：{}", other.zh),
                format!("Nor can it be read past the engine: {}", other.en),
            )
        }
    };
    Finding {
        position,
        file: Some("sled/db".to_owned()),
        zh: format!("{}。{zh}", finding.zh),
        en: format!("{}. {en}", finding.en),
        ..finding
    }
}

/// What was found in a log past the engine, in words, and the first position that is not there.
fn salvaged(found: Salvage) -> (Option<u64>, String, String) {
    let (whole, last) = (found.whole_to.events(), found.last.events());
    let known = found.high_water.map_or(last, |mark| mark.events().max(last));
    if known == 0 {
        return (
            None,
            "绕过引擎检查 sled/db，未见任何完整记录，无法指出序号；只能恢复备份，或从导出的瓦片恢复".to_owned(),
            "Looked through past the engine, sled/db holds no whole entry, so no position can be \
             told: restore a backup, or from exported tiles"
                .to_owned(),
        );
    }
    if known <= whole {
        return (
            None,
            format!(
                "绕过引擎检查 sled/db，第 1 至 {whole} 条均完整：受损的是引擎自身的数据，不涉及任何序号；请恢复覆盖至第 {whole} 条的备份"
            ),
            format!(
                "Looked through past the engine, sled/db holds positions 1 to {whole} whole: what \
                 is damaged is the engine's own, at no position; restore a backup that reaches \
                 {whole}"
            ),
        );
    }
    let first = whole + 1;
    let (zh, en) = match whole {
        0 => ("第 1 条即已损坏或缺失".to_owned(), "position 1 is damaged or missing".to_owned()),
        _ => (
            format!("第 1 至 {whole} 条完整，第 {first} 条损坏或缺失"),
            format!("positions 1 to {whole} are whole, {first} is damaged or missing"),
        ),
    };
    (
        Some(first),
        format!(
            "绕过引擎检查 sled/db：{zh}（台账至少曾到第 {known} 条）；请恢复覆盖至第 {known} 条的备份"
        ),
        format!(
            "Looked through past the engine, in sled/db {en} (there were entries up to {known} at \
             least); restore a backup that reaches {known}"
        ),
    )
}

/// Why a directory could not be opened, as a finding.
#[must_use]
pub fn unopened(error: &OpenError) -> Finding {
    let (what, zh) = match error {
        OpenError::Io { path, .. } => ("IO", format!("无法读写 {}", path.display())),
        OpenError::Locked { dir, holder } => (
            "IN_USE",
            format!(
                "{} 正被 {holder} 使用；请先停止该进程（锁随进程结束，无须删除 LOCK），或改用 --server 在线检查",
                dir.display()
            ),
        ),
        OpenError::Foreign { dir, found } => (
            "FOREIGN",
            format!(
                "{} 非空且不是台账目录（没有 FORMAT 文件，却有 {found}）；请选择空目录或正确的目录",
                dir.display()
            ),
        ),
        OpenError::NoJournal { dir } => (
            "NO_JOURNAL",
            format!("{} 中没有台账（缺少 FORMAT 文件）；请指定台账的数据目录", dir.display()),
        ),
        OpenError::NewerFormat { dir, found, known } => (
            "NEWER_FORMAT",
            format!(
                "{} 为格式 {found}，本程序只识别到格式 {known}；请使用写入它的版本或更新的版本",
                dir.display()
            ),
        ),
        OpenError::Malformed { path, .. } => {
            ("MALFORMED", format!("{} 的内容不是本程序所写；请从备份恢复该文件", path.display()))
        }
        OpenError::Missing { path, .. } => (
            "MISSING",
            format!(
                "{} 缺失，无法得知台账曾到第几条；请从备份恢复该文件，或恢复整个台账",
                path.display()
            ),
        ),
        OpenError::OtherLedger { dir, found, expected } => (
            "OTHER_LEDGER",
            format!("{} 属于台账 {found}，不是 {expected}；请选择正确的目录", dir.display()),
        ),
        OpenError::TailLost { dir, head, high_water } => (
            "TAIL_LOST",
            format!(
                "{} 的末尾丢失：止于第 {head} 条，但第 {high_water} 条曾经落盘；请保留该目录原样，并用 duty-ledger restore 恢复覆盖至第 {high_water} 条的备份",
                dir.display()
            ),
        ),
        OpenError::Corrupt { dir, .. } => (
            "CORRUPT",
            format!(
                "存储引擎无法打开 {}；请保留目录原样，用 duty-ledger restore 恢复最近的备份",
                dir.display()
            ),
        ),
        OpenError::Damaged { dir, position, what } => (
            "DAMAGED",
            format!(
                "{} 的第 {position} 条已损坏：{}；请保留目录原样，用 duty-ledger restore 恢复覆盖该条的备份",
                dir.display(),
                corruption_zh(*what)
            ),
        ),
        OpenError::StorageFull { dir, .. } => (
            "STORAGE_FULL",
            format!("{} 所在磁盘空间不足，无法打开；腾出空间后重试，数据没有丢失", dir.display()),
        ),
        OpenError::Engine { dir, .. } => ("ENGINE", format!("存储引擎无法打开 {}", dir.display())),
    };
    let position = match error {
        OpenError::TailLost { head, .. } => Some(head.events() + 1),
        OpenError::Damaged { position, .. } => Some(position.get()),
        _ => None,
    };
    let en = match error {
        // The source says what the others say in full.
        OpenError::Io { .. } | OpenError::Engine { .. } => crate::chain(error),
        _ => error.to_string(),
    };
    let file = match error {
        OpenError::Missing { path, .. } | OpenError::Malformed { path, .. } => {
            path.file_name().map(|name| name.to_string_lossy().into_owned())
        }
        _ => None,
    };
    Finding { what: what.into(), position, last_position: None, file, zh, en }
}
