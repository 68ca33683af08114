//! What can go wrong with the keys, in words for whoever operates the service.
//!
//! No variant holds text of a person or bytes of a key.

use std::path::PathBuf;

use duty::id::PersonId;

/// Why the keys of persons could not be used.
#[derive(Debug, thiserror::Error)]
pub enum PersonsError {
    /// No key of keys is configured.
    #[error(
        "未配置主密钥：请设置 person_kek_file 或环境变量 DUTY_LEDGER_PERSON_KEK（可用 `duty-ledger \
         persons new-kek` 生成）/ no key of keys is configured: set person_kek_file or \
         DUTY_LEDGER_PERSON_KEK (`duty-ledger persons new-kek` makes one)"
    )]
    NoKek,
    /// The configured key of keys is not the one the keys are wrapped by.
    #[error(
        "主密钥不符：{path} 记录的指纹为 {expected}，所配置的为 {found}；请改回原主密钥，或先用 \
         `duty-ledger persons rewrap` 更换 / the wrong key of keys: {path} names fingerprint \
         {expected}, the configured one has {found}; configure the former, or change it by \
         `duty-ledger persons rewrap` first"
    )]
    WrongKek {
        /// The record.
        path: PathBuf,
        /// The fingerprint it names.
        expected: String,
        /// The fingerprint of what is configured.
        found: String,
    },
    /// A change of the key of keys did not finish.
    #[error(
        "更换主密钥未完成（见 {path}）：请以相同参数再次运行 `duty-ledger persons rewrap` / a change \
         of the key of keys was cut short (see {path}): run `duty-ledger persons rewrap` again with \
         the same two files"
    )]
    RewrapUnfinished {
        /// The record.
        path: PathBuf,
    },
    /// Keys without the record of what they are wrapped by.
    #[error(
        "{path} 缺失而密钥文件尚在：请从备份恢复该文件 / {path} is missing beside keys: restore it \
         from a backup"
    )]
    RecordMissing {
        /// The record.
        path: PathBuf,
    },
    /// The keys belong to another ledger.
    #[error(
        "{path} 属于另一台账 {found}，本台账为 {expected}：目录可能拷贝错误，请放回原处 / {path} \
         belongs to ledger {found}, this one is {expected}: it was copied to the wrong place"
    )]
    OtherLedger {
        /// The file.
        path: PathBuf,
        /// The ledger it names.
        found: String,
        /// This ledger.
        expected: String,
    },
    /// A file that is not as we write it.
    #[error(
        "{path} 已损坏：请从备份恢复 / {path} is damaged or not ours: restore it from a backup"
    )]
    KeyDamaged {
        /// The file.
        path: PathBuf,
    },
    /// The key of a person is not there.
    #[error(
        "人员 {person} 的密钥不存在：如未被删除，请从备份恢复 persons/ / the key of {person} is not \
         there: unless it was erased, restore persons/ from a backup"
    )]
    KeyMissing {
        /// Whose.
        person: PersonId,
    },
    /// The text is sealed under another key than the person's present one.
    #[error(
        "人员 {person} 的内容由另一密钥 {key} 加密：请从备份恢复 persons/ / what is sealed of {person} \
         takes another key, {key}: restore persons/ from a backup"
    )]
    OtherKey {
        /// Whose.
        person: PersonId,
        /// The id of the key it takes.
        key: String,
    },
    /// The ciphertext does not open: it was changed, or is another person's.
    #[error(
        "人员 {person} 的密文校验失败 / the sealed text of {person} was changed or is somebody else's"
    )]
    DoesNotOpen {
        /// Whose.
        person: PersonId,
    },
    /// Sealing failed, which its limits rule out.
    #[error("加密失败 / sealing failed")]
    Seal,
    /// The system gave no randomness.
    #[error("系统随机数不可用 / the system gave no randomness")]
    Randomness(#[source] getrandom::Error),
    /// The disk failed.
    #[error("{path}：无法{zh} / cannot {en}")]
    Io {
        /// What was tried, in Chinese.
        zh: &'static str,
        /// What was tried, in English.
        en: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

impl PersonsError {
    /// An error of the disk.
    pub(super) fn io(
        zh: &'static str,
        en: &'static str,
        path: &std::path::Path,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { zh, en, path, source }
    }

    /// Whether there is no room on the disk.
    #[must_use]
    pub fn is_storage_full(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == std::io::ErrorKind::StorageFull)
    }
}
