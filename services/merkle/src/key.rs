//! Verifier keys: their names, identifiers and text form, and what each checks (C2SP signed-note,
//! tlog-cosignature).
//!
//! Holds public keys only. Invariants: name and identifier of a key agree with its bytes; a key
//! of small order is never accepted; a key writes the text it was read from.

use std::fmt;
use std::str::FromStr;

use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha256};
use sm2::dsa::signature::Verifier;
use sm2::pkcs8::{DecodePublicKey, EncodePublicKey, LineEnding};

use crate::checkpoint::Checkpoint;
use crate::hash::nibble;

/// The name of a key: not empty, without spaces of any script, plus signs or control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyName(String);

/// Why a key or its text is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The name of the key breaks the rule.
    #[error(
        "{0:?} is not the name of a key: it must not be empty nor hold spaces, plus signs or control characters"
    )]
    Name(String),
    /// Not the three parts with the right alphabet.
    #[error("a verifier key is written <name>+<8 hexadecimal digits>+<base64>")]
    Form,
    /// Not the parts of a private key.
    #[error("a private key is written PRIVATE+KEY+<name>+<8 hexadecimal digits>+<base64>")]
    PrivateForm,
    /// The identifier does not follow from name and key.
    #[error("the key of {name} has the identifier {found}, but {expected} follows from its bytes")]
    Id {
        /// The name of the key.
        name: String,
        /// What stands in the text.
        found: KeyId,
        /// What should.
        expected: KeyId,
    },
    /// A kind of key that is not known here.
    #[error("keys of type 0x{0:02x} are not known here")]
    Type(u8),
    /// The bytes are not a key of their kind, or a weak one.
    #[error("the bytes of the key are not a usable key of type 0x{0:02x}")]
    Bytes(u8),
    /// The PEM text is not an SM2 key.
    #[error("the PEM text is not an SM2 key (PKCS#8 or SPKI)")]
    Pem,
}

impl KeyError {
    /// The same in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Name(name) => {
                format!("{name:?} 不是合法的密钥名称：不得为空，不得含空格、加号或控制字符")
            }
            Self::Form => "验证公钥应写作 <名称>+<8 位十六进制>+<base64>".to_owned(),
            Self::PrivateForm => "私钥应写作 PRIVATE+KEY+<名称>+<8 位十六进制>+<base64>".to_owned(),
            Self::Id { name, found, expected } => {
                format!("密钥 {name} 的标识为 {found}，按其内容应为 {expected}")
            }
            Self::Type(byte) => format!("不支持类型为 0x{byte:02x} 的密钥"),
            Self::Bytes(byte) => format!("密钥内容不是可用的 0x{byte:02x} 类型密钥"),
            Self::Pem => "PEM 文本不是 SM2 密钥（PKCS#8 或 SPKI）".to_owned(),
        }
    }
}

impl KeyName {
    /// Takes a name.
    ///
    /// # Errors
    /// When it breaks the rule of signed-note, "Format".
    pub fn new(name: &str) -> Result<Self, KeyError> {
        let is_bad = |c: char| c.is_whitespace() || c == '+' || c < ' ';
        if name.is_empty() || name.contains(is_bad) {
            return Err(KeyError::Name(name.to_owned()));
        }
        Ok(Self(name.to_owned()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// The four bytes that tell keys of one name apart. Not a fingerprint: collisions can be made.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyId(pub [u8; 4]);

impl KeyId {
    /// SHA-256(name || 0x0A || type || public key), its first four bytes.
    fn of(name: &KeyName, typed_key: &[u8]) -> Self {
        let mut state = Sha256::new_with_prefix(name.as_str());
        state.update(b"\n");
        state.update(typed_key);
        let digest: [u8; 32] = state.finalize().into();
        Self([digest[0], digest[1], digest[2], digest[3]])
    }

    fn parse(text: &str) -> Option<Self> {
        let digits: &[u8; 8] = text.as_bytes().try_into().ok()?;
        let mut id = [0; 4];
        for (byte, pair) in id.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
        }
        Some(Self(id))
    }
}

/// Eight lower-case hexadecimal digits.
impl fmt::Display for KeyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

pub(crate) const TYPE_ED25519: u8 = 0x01;
pub(crate) const TYPE_COSIGNATURE: u8 = 0x04;
pub(crate) const TYPE_ML_DSA_44: u8 = 0x06;
pub(crate) const TYPE_UNASSIGNED: u8 = 0xff;
/// Follows 0xff in SM2 keys: signed-note reserves 0xff for kinds it has not assigned, and asks
/// for a longer identifier behind it. The SubjectPublicKeyInfo in DER comes next.
pub(crate) const SM2_IDENTIFIER: &[u8] = b"duty-ledger/sm2-with-sm3/v1";
/// The identity of the signer that goes into an SM2 signature where none is agreed
/// (GB/T 35276-2017 §10).
pub const SM2_DISTINGUISHING_ID: &str = "1234567812345678";
/// tlog-cosignature, "ML-DSA-44 signed message": cosigner_name<1..2^8-1>.
const ML_DSA_44_NAME_MAX: usize = 255;

/// What a key checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// 0x01: Ed25519 over the text of the note.
    Ed25519,
    /// 0x04: a witness's Ed25519 over a checkpoint and an instant.
    CosignatureEd25519,
    /// 0x06: a witness's ML-DSA-44 over size and root of a checkpoint and an instant.
    CosignatureMlDsa44,
    /// 0xff: SM2 with SM3 over the text of the note, in DER.
    Sm2,
}

impl Algorithm {
    /// Is one of a witness, made with an instant.
    #[must_use]
    pub fn is_cosignature(self) -> bool {
        matches!(self, Self::CosignatureEd25519 | Self::CosignatureMlDsa44)
    }
}

#[derive(Debug, Clone)]
enum Public {
    Ed25519(ed25519_dalek::VerifyingKey),
    Cosignature(ed25519_dalek::VerifyingKey),
    MlDsa44(Box<ml_dsa::VerifyingKey<ml_dsa::MlDsa44>>),
    Sm2(Box<sm2::dsa::VerifyingKey>),
}

/// A public key with its name.
#[derive(Debug, Clone)]
pub struct VerifierKey {
    name: KeyName,
    id: KeyId,
    /// The type byte and the key, as in the text form.
    typed: Vec<u8>,
    public: Public,
}

impl PartialEq for VerifierKey {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.typed) == (&other.name, &other.typed)
    }
}

impl Eq for VerifierKey {}

/// The signature was not made with this key over this text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not verify")]
pub struct BadSignature;

impl VerifierKey {
    /// The Ed25519 key of a log (type 0x01).
    ///
    /// # Errors
    /// When the bytes are not a usable key.
    pub fn ed25519(name: KeyName, key: &[u8; 32]) -> Result<Self, KeyError> {
        Self::typed(name, TYPE_ED25519, key)
    }

    /// The Ed25519 key of a witness (type 0x04).
    ///
    /// # Errors
    /// When the bytes are not a usable key.
    pub fn cosignature(name: KeyName, key: &[u8; 32]) -> Result<Self, KeyError> {
        Self::typed(name, TYPE_COSIGNATURE, key)
    }

    /// The SM2 key of a log, from a SubjectPublicKeyInfo in DER.
    ///
    /// # Errors
    /// When the bytes are not a point on the curve.
    pub fn sm2(name: KeyName, spki: &[u8]) -> Result<Self, KeyError> {
        Self::typed(name, TYPE_UNASSIGNED, &[SM2_IDENTIFIER, spki].concat())
    }

    /// The SM2 key of a log, from the PEM text that OpenSSL writes with `-pubout`.
    ///
    /// # Errors
    /// When the text is not that of an SM2 key.
    pub fn sm2_pem(name: KeyName, pem: &str) -> Result<Self, KeyError> {
        let key = sm2::PublicKey::from_public_key_pem(pem).map_err(|_| KeyError::Pem)?;
        Self::sm2(name, key.to_public_key_der().map_err(|_| KeyError::Pem)?.as_bytes())
    }

    fn typed(name: KeyName, kind: u8, key: &[u8]) -> Result<Self, KeyError> {
        let bad = KeyError::Bytes(kind);
        let public = match kind {
            TYPE_ED25519 => Public::Ed25519(ed25519_key(key).ok_or(bad)?),
            TYPE_COSIGNATURE => Public::Cosignature(ed25519_key(key).ok_or(bad)?),
            TYPE_ML_DSA_44 if ML_DSA_44_NAME_MAX < name.as_str().len() => {
                return Err(KeyError::Name(name.0));
            }
            TYPE_ML_DSA_44 => Public::MlDsa44(Box::new(ml_dsa_key(key).ok_or(bad)?)),
            TYPE_UNASSIGNED => {
                let spki = key.strip_prefix(SM2_IDENTIFIER).ok_or(KeyError::Type(kind))?;
                Public::Sm2(Box::new(sm2_key(spki).ok_or(bad)?))
            }
            _ => return Err(KeyError::Type(kind)),
        };
        let typed = [&[kind], key].concat();
        let id = KeyId::of(&name, &typed);
        Ok(Self { name, id, typed, public })
    }

    /// The name of the key.
    #[must_use]
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// The identifier of the key.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// What it checks.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        match self.public {
            Public::Ed25519(_) => Algorithm::Ed25519,
            Public::Cosignature(_) => Algorithm::CosignatureEd25519,
            Public::MlDsa44(_) => Algorithm::CosignatureMlDsa44,
            Public::Sm2(_) => Algorithm::Sm2,
        }
    }

    /// The bytes of the key without name and type: two keys with the same bytes are the same
    /// key, whatever they are called (tlog-policy, "Public key representation").
    #[must_use]
    pub fn material(&self) -> &[u8] {
        &self.typed[1..]
    }

    /// The SM2 public key as a SubjectPublicKeyInfo in PEM, for `openssl pkeyutl -pubin`;
    /// `None` for keys of another kind.
    #[must_use]
    pub fn sm2_to_pem(&self) -> Option<String> {
        let Public::Sm2(key) = &self.public else { return None };
        key.to_public_key_pem(LineEnding::LF).ok()
    }

    /// Checks a signature, without the identifier before it, over the text of a note. Answers
    /// with the instant of a cosignature in seconds since 1970, `None` for other kinds.
    ///
    /// # Errors
    /// When it does not verify; for ML-DSA-44 also when the text is no checkpoint.
    pub fn verify(&self, text: &str, signature: &[u8]) -> Result<Option<u64>, BadSignature> {
        match &self.public {
            Public::Ed25519(key) => {
                verify_ed25519(key, text.as_bytes(), signature)?;
                Ok(None)
            }
            Public::Cosignature(key) => {
                let (time, signature) = timed(signature)?;
                verify_ed25519(key, cosigned_message(time, text).as_bytes(), signature)?;
                Ok(Some(time))
            }
            Public::Sm2(key) => {
                let signature =
                    sm2::dsa::Signature::from_der(signature).map_err(|_| BadSignature)?;
                key.verify(text.as_bytes(), &signature).map_err(|_| BadSignature)?;
                Ok(None)
            }
            Public::MlDsa44(key) => {
                let (time, signature) = timed(signature)?;
                let message = cosigned_tree(&self.name, time, text).ok_or(BadSignature)?;
                let signature = ml_dsa::Signature::try_from(signature).map_err(|_| BadSignature)?;
                key.verify(&message, &signature).map_err(|_| BadSignature)?;
                Ok(Some(time))
            }
        }
    }
}

/// The instant before a cosignature, and the rest.
fn timed(signature: &[u8]) -> Result<(u64, &[u8]), BadSignature> {
    let (time, signature) = signature.split_first_chunk().ok_or(BadSignature)?;
    let time = u64::from_be_bytes(*time);
    // tlog-cosignature, "Format": not more than 2^63 - 1.
    if i64::try_from(time).is_err() { Err(BadSignature) } else { Ok((time, signature)) }
}

/// What an ML-DSA-44 cosignature signs: `cosigned_message` of tlog-cosignature, over the whole
/// tree of a checkpoint. `None` when the text is no checkpoint, or its origin too long.
fn cosigned_tree(name: &KeyName, time: u64, text: &str) -> Option<Vec<u8>> {
    let checkpoint = Checkpoint::parse(text).ok()?;
    let (name, origin) = (name.as_str(), checkpoint.origin());
    let mut message = b"subtree/v1\n\0".to_vec();
    message.push(u8::try_from(name.len()).ok()?);
    message.extend_from_slice(name.as_bytes());
    message.extend_from_slice(&time.to_be_bytes());
    message.push(u8::try_from(origin.len()).ok()?);
    message.extend_from_slice(origin.as_bytes());
    // From the first leaf to the last: the start is 0.
    message.extend_from_slice(&0_u64.to_be_bytes());
    message.extend_from_slice(&checkpoint.size().to_be_bytes());
    message.extend_from_slice(&checkpoint.root().0);
    Some(message)
}

/// What an Ed25519 cosignature signs (tlog-cosignature, "Ed25519 signed message").
pub(crate) fn cosigned_message(time: u64, text: &str) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

fn ed25519_key(bytes: &[u8]) -> Option<ed25519_dalek::VerifyingKey> {
    let key = ed25519_dalek::VerifyingKey::from_bytes(bytes.try_into().ok()?).ok()?;
    // With a key of small order a signature fits many texts.
    if key.is_weak() { None } else { Some(key) }
}

fn ml_dsa_key(bytes: &[u8]) -> Option<ml_dsa::VerifyingKey<ml_dsa::MlDsa44>> {
    let bytes = ml_dsa::EncodedVerifyingKey::<ml_dsa::MlDsa44>::try_from(bytes).ok()?;
    Some(ml_dsa::VerifyingKey::decode(&bytes))
}

fn sm2_key(spki: &[u8]) -> Option<sm2::dsa::VerifyingKey> {
    let key = sm2::PublicKey::from_public_key_der(spki).ok()?;
    // One key, one identifier: other encodings of the same point are refused.
    if key.to_public_key_der().ok()?.as_bytes() != spki {
        return None;
    }
    sm2::dsa::VerifyingKey::new(SM2_DISTINGUISHING_ID, key).ok()
}

fn verify_ed25519(
    key: &ed25519_dalek::VerifyingKey,
    message: &[u8],
    signature: &[u8],
) -> Result<(), BadSignature> {
    let signature = ed25519_dalek::Signature::from_slice(signature).map_err(|_| BadSignature)?;
    key.verify_strict(message, &signature).map_err(|_| BadSignature)
}

/// The text form: `<name>+<identifier>+<base64 of type and key>`.
impl fmt::Display for VerifierKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}+{}+{}", self.name, self.id, Base64::encode_string(&self.typed))
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let (name, id, typed) = split_key(text).ok_or(KeyError::Form)?;
        let name = KeyName::new(name)?;
        let (kind, key) = typed.split_first().ok_or(KeyError::Form)?;
        // The identifier first: it tells a mistyped key from one of a kind not known here.
        let expected = KeyId::of(&name, &typed);
        if id != expected {
            return Err(KeyError::Id { name: name.0, found: id, expected });
        }
        Self::typed(name, *kind, key)
    }
}

/// The three parts of a key's text.
pub(crate) fn split_key(text: &str) -> Option<(&str, KeyId, Vec<u8>)> {
    let (name, rest) = text.split_once('+')?;
    // Base64 may hold further plus signs.
    let (id, key) = rest.split_once('+')?;
    Some((name, KeyId::parse(id)?, Base64::decode_vec(key).ok()?))
}
