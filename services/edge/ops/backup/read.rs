//! Reading a backup: record by record, nothing believed before the trailer.

use std::io::{self, Read};

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use super::{
    FORMAT, KIND_ENTRIES, KIND_FILE, KIND_MANIFEST, KIND_TRAILER, Kept, MAGIC, Manifest,
    RECORD_BYTES_MAX,
};

/// Why a file is no backup, or not a whole one.
#[derive(Debug, thiserror::Error)]
pub enum BadBackup {
    /// It could not be read.
    #[error("the backup cannot be read")]
    Io(#[source] io::Error),
    /// Something else.
    #[error("this is no backup of a duty ledger: it does not begin with DLBACKUP")]
    Foreign,
    /// Written by a later version.
    #[error(
        "the backup has format {found}, this program knows format {FORMAT} only; restore it with \
         the program version that wrote it, or a later one"
    )]
    Newer {
        /// The format found.
        found: u32,
    },
    /// It ends too early.
    #[error(
        "the backup is cut short: it ends at byte {at}, within {within}; copy it again from where \
         it was made and compare its .sha256"
    )]
    Truncated {
        /// Where.
        at: u64,
        /// Within what.
        within: &'static str,
    },
    /// Its content is not what was written.
    #[error("the backup is damaged: {en}; copy it again and compare its .sha256")]
    Damaged {
        /// What is wrong, in Chinese.
        zh: String,
        /// What is wrong, in English.
        en: String,
    },
}

impl BadBackup {
    /// The same in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Io(error) => format!("无法读取备份：{error}"),
            Self::Foreign => "这不是责任台账的备份：文件开头不是 DLBACKUP".to_owned(),
            Self::Newer { found } => format!(
                "备份为格式 {found}，本程序只识别到格式 {FORMAT}；请用写入它的版本或更新的版本恢复"
            ),
            Self::Truncated { at, .. } => {
                format!("备份不完整：在第 {at} 字节处中断；请从制作处重新复制，并核对 .sha256")
            }
            Self::Damaged { zh, .. } => {
                format!("备份已损坏（{zh}）；请重新复制，并核对 .sha256")
            }
        }
    }
}

/// One part of a backup.
#[derive(Debug)]
pub enum Part {
    /// An entry, in order.
    Entry(Bytes),
    /// A file kept beside the journal.
    File(Kept),
    /// The end: everything before it is whole.
    End,
}

/// Reads a backup in order.
pub struct Reader<R> {
    input: R,
    at: u64,
    hash: Sha256,
    manifest: Manifest,
    /// The position of the next entry.
    next: u64,
    /// Entries of the chunk at hand that were not given out yet.
    chunk: Bytes,
    left: u32,
}

impl<R: Read> Reader<R> {
    /// Reads head and manifest.
    ///
    /// # Errors
    /// [`BadBackup`] when it is none, or a newer one.
    pub fn new(input: R) -> Result<Self, BadBackup> {
        let manifest = Manifest {
            format: FORMAT,
            ledger: String::new(),
            origin: String::new(),
            size: 0,
            root: String::new(),
            checkpoint: None,
            created: String::new(),
            program: String::new(),
            signing_keys: false,
        };
        let (hash, chunk) = (Sha256::new(), Bytes::new());
        let mut reader = Self { input, at: 0, hash, manifest, next: 1, chunk, left: 0 };
        let mut magic = [0; 8];
        match reader.fill(&mut magic, "the head") {
            Ok(()) if magic == *MAGIC => {}
            Ok(()) | Err(BadBackup::Truncated { .. }) => return Err(BadBackup::Foreign),
            Err(error) => return Err(error),
        }
        let mut version = [0; 4];
        reader.fill(&mut version, "the head")?;
        match u32::from_be_bytes(version) {
            FORMAT => {}
            found if FORMAT < found => return Err(BadBackup::Newer { found }),
            found => {
                return Err(damaged(
                    format!("从未有过格式 {found}"),
                    format!("format {found} was never written"),
                ));
            }
        }
        let (kind, payload) = reader.record()?;
        if kind != KIND_MANIFEST {
            return Err(damaged("没有清单", "it has no manifest"));
        }
        reader.manifest = serde_json::from_slice(&payload).map_err(|error| {
            damaged(
                format!("清单无法读取，第 {} 行第 {} 列", error.line(), error.column()),
                format!("its manifest cannot be read: {error}"),
            )
        })?;
        Ok(reader)
    }

    /// What the backup says about itself. Not to be believed before [`Part::End`].
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Bytes read so far.
    #[must_use]
    pub fn read_so_far(&self) -> u64 {
        self.at
    }

    /// SHA-256 of what was read so far, in hex; after [`Part::End`] that of the whole file.
    #[must_use]
    pub fn sha256(&self) -> String {
        self.hash.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The next part; after [`Part::End`] there is none.
    ///
    /// # Errors
    /// [`BadBackup`] as soon as something is wrong.
    pub fn next_part(&mut self) -> Result<Part, BadBackup> {
        loop {
            if 0 < self.left {
                return self.entry().map(Part::Entry);
            }
            if !self.chunk.is_empty() {
                return Err(damaged(
                    "数据段多于其所称条数",
                    "a chunk of entries holds more than it says",
                ));
            }
            let digest = self.hash.clone().finalize();
            let (kind, mut payload) = self.record()?;
            match kind {
                KIND_ENTRIES => {
                    let head = payload.split_off(payload.len().min(12));
                    let (head, rest) = (payload, head);
                    let Some((first, count)) = head.split_first_chunk::<8>() else {
                        return Err(damaged("数据段没有段头", "a chunk of entries has no head"));
                    };
                    let count: [u8; 4] = count
                        .try_into()
                        .map_err(|_| damaged("数据段没有段头", "a chunk has no head"))?;
                    if u64::from_be_bytes(*first) != self.next {
                        return Err(damaged(
                            format!("第 {} 条不在其位", self.next),
                            format!("entry {} is not where it belongs", self.next),
                        ));
                    }
                    self.left = u32::from_be_bytes(count);
                    self.chunk = rest.into();
                }
                KIND_FILE => return file(&payload).map(Part::File),
                KIND_TRAILER => {
                    if payload != digest.as_slice() {
                        return Err(damaged(
                            "内容与其 SHA-256 不符",
                            "its content does not match its SHA-256",
                        ));
                    }
                    if self.next - 1 != self.manifest.size {
                        let (held, size) = (self.next - 1, self.manifest.size);
                        return Err(damaged(
                            format!("含 {held} 条，应为 {size} 条"),
                            format!("it holds {held} entries, not {size}"),
                        ));
                    }
                    if self.input.read(&mut [0]).map_err(BadBackup::Io)? != 0 {
                        return Err(damaged("结尾之后另有内容", "something follows its end"));
                    }
                    return Ok(Part::End);
                }
                other => {
                    return Err(damaged(
                        format!("有未知种类 {other} 的记录"),
                        format!("it has a record of unknown kind {other}"),
                    ));
                }
            }
        }
    }

    fn entry(&mut self) -> Result<Bytes, BadBackup> {
        let cut = || damaged("数据段不完整", "a chunk of entries is cut short");
        let (length, _) = self.chunk.split_first_chunk::<4>().ok_or_else(cut)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| cut())?;
        let mut entry = self.chunk.split_off(4);
        if entry.len() < length {
            return Err(cut());
        }
        self.chunk = entry.split_off(length);
        self.left -= 1;
        self.next += 1;
        Ok(entry)
    }

    fn record(&mut self) -> Result<(u8, Vec<u8>), BadBackup> {
        let mut kind = [0];
        self.fill(&mut kind, "the list of records")?;
        let mut length = [0; 4];
        self.fill(&mut length, "the head of a record")?;
        let length = u32::from_be_bytes(length);
        if RECORD_BYTES_MAX < length {
            return Err(damaged(
                format!("记录不可能有 {length} 字节"),
                format!("a record of {length} bytes is impossible"),
            ));
        }
        let mut payload = vec![0; usize::try_from(length).unwrap_or(0)];
        self.fill(&mut payload, "a record")?;
        Ok((kind[0], payload))
    }

    fn fill(&mut self, buffer: &mut [u8], within: &'static str) -> Result<(), BadBackup> {
        let mut filled = 0;
        while filled < buffer.len() {
            let rest = buffer.get_mut(filled..).unwrap_or_default();
            match self.input.read(rest) {
                Ok(0) => {
                    let at = self.at + filled as u64;
                    return Err(BadBackup::Truncated { at, within });
                }
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(BadBackup::Io(error)),
            }
        }
        self.at += buffer.len() as u64;
        self.hash.update(&*buffer);
        Ok(())
    }
}

/// A file in a record. Its name must lead below the data directory and nowhere else.
fn file(payload: &[u8]) -> Result<Kept, BadBackup> {
    let cut = || damaged("其中一个文件不完整", "a file in it is cut short");
    let (length, rest) = payload.split_first_chunk::<2>().ok_or_else(cut)?;
    let length = usize::from(u16::from_be_bytes(*length));
    let (name, content) = rest.split_at_checked(length).ok_or_else(cut)?;
    let name = std::str::from_utf8(name)
        .map_err(|_| damaged("其中一个文件的名称无效", "a file has no proper name"))?;
    let parts: Vec<&str> = name.split('/').collect();
    let is_plain = |part: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-:@+%=".contains(c);
        !part.is_empty() && !part.starts_with('.') && part.chars().all(plain)
    };
    match parts[..] {
        ["keys" | "persons", file] if is_plain(file) => {
            Ok(Kept { name: name.to_owned(), content: content.to_vec() })
        }
        _ => Err(damaged(
            format!("其中一个文件会写到 {name:?}"),
            format!("a file of it would go to {name:?}"),
        )),
    }
}

fn damaged(zh: impl Into<String>, en: impl Into<String>) -> BadBackup {
    BadBackup::Damaged { zh: zh.into(), en: en.into() }
}
