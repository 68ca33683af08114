//! The hashes of the tree: RFC 6962 §2.1 over SHA-256.
//!
//! Not a general hash type: it holds what the tree holds, 32 bytes. Invariants: a leaf and an
//! inner node can never have the same preimage, because the first byte differs (0x00, 0x01);
//! hashing allocates nothing.

use std::fmt;
use std::str::FromStr;

use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha256};

/// The hash of a leaf, of an inner node or of a whole tree: 32 bytes of SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Hash(pub [u8; 32]);

/// The root of the tree without leaves: SHA-256 of nothing (RFC 6962 §2.1).
pub const EMPTY_ROOT: Hash = Hash([
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
]);

/// The length of a hash in bytes.
pub const HASH_LENGTH: usize = 32;
/// The length of a hash in base64, padding included.
pub(crate) const HASH_BASE64_LENGTH: usize = 44;

const LEAF: [u8; 1] = [0];
const NODE: [u8; 1] = [1];

/// The hash of a leaf with these bytes (RFC 6962 §2.1): SHA-256(0x00 || bytes).
#[must_use]
pub fn leaf(bytes: &[u8]) -> Hash {
    let mut state = Sha256::new_with_prefix(LEAF);
    state.update(bytes);
    Hash(state.finalize().into())
}

/// The hash of the inner node over two subtrees (RFC 6962 §2.1): SHA-256(0x01 || left || right).
#[must_use]
pub fn node(left: &Hash, right: &Hash) -> Hash {
    let mut state = Sha256::new_with_prefix(NODE);
    state.update(left.0);
    state.update(right.0);
    Hash(state.finalize().into())
}

impl Hash {
    /// The hash as C2SP texts carry it: standard base64 with padding, 44 characters.
    #[must_use]
    pub fn to_base64(self) -> String {
        Base64::encode_string(&self.0)
    }

    /// Reads what [`Hash::to_base64`] wrote; `None` for any other text, unpadded or with
    /// trailing bits set included.
    #[must_use]
    pub fn from_base64(text: &str) -> Option<Self> {
        if text.len() != HASH_BASE64_LENGTH {
            return None;
        }
        let mut bytes = [0; HASH_LENGTH + 1];
        let decoded = Base64::decode(text, &mut bytes).ok()?;
        Some(Self(decoded.try_into().ok()?))
    }

    /// The hash of the file or blob with these bytes, without any prefix: SHA-256(bytes).
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

/// 64 lower-case hexadecimal digits.
impl fmt::Display for Hash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// The text is not 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a hash is written as 64 lower-case hexadecimal digits")]
pub struct NotAHash;

impl NotAHash {
    /// The same in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        "哈希应写作 64 位小写十六进制".to_owned()
    }
}

impl FromStr for Hash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let digits = text.as_bytes();
        if digits.len() != 2 * HASH_LENGTH {
            return Err(NotAHash);
        }
        let mut bytes = [0; HASH_LENGTH];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = nibble(pair[0]).ok_or(NotAHash)? << 4 | nibble(pair[1]).ok_or(NotAHash)?;
        }
        Ok(Self(bytes))
    }
}

/// The value of a lower-case hexadecimal digit.
pub(crate) fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}
