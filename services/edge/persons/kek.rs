//! The key of keys: where it comes from, and the one thing it does, wrapping keys.
//!
//! 256 bits, from a file or the environment. Its fingerprint names it; nothing prints it.

use std::fmt;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64ct::{Base64, Encoding as _};
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize as _, Zeroizing};

use super::error::PersonsError;
use super::files::from_hex;

/// Length of keys, in bytes.
pub(super) const KEY_BYTES: usize = 32;
/// Length of a fingerprint, in bytes.
pub(super) const FINGERPRINT_BYTES: usize = 16;
/// Longest file of a KEK: 64 digits, and white space around them.
const FILE_BYTES_MAX: u64 = 256;
/// Permissions it must not have: anything for others, writing for the group. A group may read,
/// because that is how secrets are mounted for a service that is not root.
const MODE_FORBIDDEN: u32 = 0o027;

/// The key of keys (主密钥).
#[derive(Clone, PartialEq, Eq)]
pub struct Kek(Zeroizing<[u8; KEY_BYTES]>);

impl fmt::Debug for Kek {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kek(hidden)")
    }
}

/// Why there is no key of keys, in both languages. Never holds what was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KekError {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl KekError {
    fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }
}

impl Kek {
    /// The key with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A new key from the system's random source.
    ///
    /// # Errors
    /// When the system has none.
    pub fn generate() -> Result<Self, PersonsError> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        getrandom::fill(&mut *bytes).map_err(PersonsError::Randomness)?;
        Ok(Self(bytes))
    }

    /// Reads 64 hexadecimal digits, or base64 of 32 bytes.
    ///
    /// # Errors
    /// What the text should be.
    pub fn parse(text: &str) -> Result<Self, KekError> {
        let text = text.trim();
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        if text.len() == 2 * KEY_BYTES && from_hex(text, &mut *bytes).is_some() {
            return Ok(Self(bytes));
        }
        let decoded = Base64::decode_vec(text).map(Zeroizing::new);
        match decoded {
            Ok(decoded) if decoded.len() == KEY_BYTES => {
                bytes.copy_from_slice(&decoded);
                Ok(Self(bytes))
            }
            _ => Err(KekError::new(
                "应为 32 字节：64 位十六进制数字，或带填充的 base64；可用 `duty-ledger persons new-kek` 生成",
                "must be 32 bytes: 64 hexadecimal digits, or base64 with padding; `duty-ledger \
                 persons new-kek` makes one",
            )),
        }
    }

    /// Reads the key from a file that only its owner, and at most a group, can read.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn read(path: &Path) -> Result<Self, KekError> {
        let unreadable = |error: std::io::Error| {
            KekError::new(format!("无法读取：{error}"), format!("cannot be read: {error}"))
        };
        let file = std::fs::File::open(path).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        let mode = metadata.permissions().mode() & 0o777;
        if !metadata.is_file() || FILE_BYTES_MAX < metadata.len() {
            return Err(KekError::new(
                "不是主密钥文件（应只含一行密钥）",
                "is no file of a key: it holds one line with the key and nothing else",
            ));
        }
        if mode & MODE_FORBIDDEN != 0 {
            return Err(KekError::new(
                format!("权限 {mode:03o} 过宽：请执行 chmod 600"),
                format!("its permissions {mode:03o} let others in: chmod 600 it"),
            ));
        }
        let mut text = Zeroizing::new(String::new());
        file.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(unreadable)?;
        Self::parse(&text)
    }

    /// The key as 64 hexadecimal digits, for its file.
    pub(crate) fn to_file_text(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{}\n", super::files::hex(&*self.0)))
    }

    /// A name for the key: a hash of it, from which it cannot be had, since it is random.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let hash = Sha256::new().chain_update(b"duty-ledger/person-kek/1\0").chain_update(*self.0);
        super::files::hex(&hash.finalize()[..FINGERPRINT_BYTES])
    }

    /// Wraps a key.
    pub(super) fn wrap(
        &self,
        nonce: &[u8; 12],
        key: &[u8; KEY_BYTES],
        aad: &[u8],
    ) -> Result<Vec<u8>, PersonsError> {
        let cipher = Aes256Gcm::new_from_slice(&*self.0).map_err(|_| PersonsError::Seal)?;
        let payload = Payload { msg: key, aad };
        cipher.encrypt(&Nonce::from(*nonce), payload).map_err(|_| PersonsError::Seal)
    }

    /// Unwraps a key; `None` when it was wrapped by another KEK, for another use, or changed.
    pub(super) fn unwrap(
        &self,
        nonce: &[u8; 12],
        wrapped: &[u8],
        aad: &[u8],
    ) -> Option<Zeroizing<[u8; KEY_BYTES]>> {
        let cipher = Aes256Gcm::new_from_slice(&*self.0).ok()?;
        let payload = Payload { msg: wrapped, aad };
        let mut plain = cipher.decrypt(&Nonce::from(*nonce), payload).ok()?;
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        let fits = plain.len() == KEY_BYTES;
        if fits {
            key.copy_from_slice(&plain);
        }
        plain.zeroize();
        fits.then_some(key)
    }
}
