//! Signing keys: those of a log, and those of a witness.
//!
//! Holds secrets, and shows them only where asked for the private text. Randomness is an
//! argument: Ed25519 needs none for signing (RFC 8032), SM2 draws its nonce from key and text
//! (RFC 6979 with SM3). Invariant: a signer's verifier key verifies what it signs.

use std::fmt;

use base64ct::{Base64, Encoding};
use ed25519_dalek::Signer as _; // The trait that the SM2 key signs by, too.
use sm2::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey, LineEnding};

use crate::key::{
    KeyError, KeyName, SM2_DISTINGUISHING_ID, TYPE_COSIGNATURE, TYPE_ED25519, VerifierKey,
    cosigned_message, split_key,
};
use crate::note::NoteSignature;

const PRIVATE_PREFIX: &str = "PRIVATE+KEY+";

/// A key that signs the text of notes: Ed25519 (0x01) or SM2 (0xff).
pub struct LogSigner {
    verifier: VerifierKey,
    secret: Secret,
}

enum Secret {
    Ed25519(Box<ed25519_dalek::SigningKey>),
    Sm2(Box<sm2::dsa::SigningKey>),
}

/// The text could not be signed; the SM2 nonce was one of the few that are no use. Another text
/// gives another nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text could not be signed with the SM2 key")]
pub struct NotSigned;

impl NotSigned {
    /// The same in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        "无法用 SM2 密钥签署该文本".to_owned()
    }
}

impl LogSigner {
    /// The Ed25519 key made from 32 random bytes.
    ///
    /// # Errors
    /// Never for bytes drawn at random.
    pub fn ed25519(name: KeyName, seed: &[u8; 32]) -> Result<Self, KeyError> {
        let secret = ed25519_dalek::SigningKey::from_bytes(seed);
        let verifier = VerifierKey::ed25519(name, secret.verifying_key().as_bytes())?;
        Ok(Self { verifier, secret: Secret::Ed25519(Box::new(secret)) })
    }

    /// Reads `PRIVATE+KEY+<name>+<identifier>+<base64>`, type 0x01.
    ///
    /// # Errors
    /// When it is not that, or its identifier does not follow from the key.
    pub fn from_private_text(text: &str) -> Result<Self, KeyError> {
        let (name, seed, id) = private_parts(text, TYPE_ED25519)?;
        let signer = Self::ed25519(name, &seed)?;
        same_id(signer.verifier, id).map(|verifier| Self { verifier, ..signer })
    }

    /// The SM2 key with these 32 random bytes as its secret number.
    ///
    /// # Errors
    /// When they are not below the order of the curve less one, as one draw in four thousand
    /// million is: draw again.
    pub fn sm2(name: KeyName, secret: &[u8; 32]) -> Result<Self, KeyError> {
        let secret = sm2::SecretKey::from_slice(secret).map_err(|_| KeyError::Bytes(0xff))?;
        Self::from_sm2(name, &secret)
    }

    /// Reads an SM2 key in PKCS#8 PEM, as `openssl genpkey -algorithm SM2` writes it.
    ///
    /// # Errors
    /// When the text is not that.
    pub fn sm2_from_pem(name: KeyName, pem: &str) -> Result<Self, KeyError> {
        let secret = sm2::SecretKey::from_pkcs8_pem(pem).map_err(|_| KeyError::Pem)?;
        Self::from_sm2(name, &secret)
    }

    fn from_sm2(name: KeyName, secret: &sm2::SecretKey) -> Result<Self, KeyError> {
        let spki = secret.public_key().to_public_key_der().map_err(|_| KeyError::Bytes(0xff))?;
        let verifier = VerifierKey::sm2(name, spki.as_bytes())?;
        let secret = sm2::dsa::SigningKey::new(SM2_DISTINGUISHING_ID, secret)
            .map_err(|_| KeyError::Bytes(0xff))?;
        Ok(Self { verifier, secret: Secret::Sm2(Box::new(secret)) })
    }

    /// The key that checks what this one signs.
    #[must_use]
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// The secret as text, to be kept where nobody else reads: the form of
    /// [`LogSigner::from_private_text`] for Ed25519, of [`LogSigner::sm2_from_pem`] for SM2.
    #[must_use]
    pub fn to_private_text(&self) -> String {
        match &self.secret {
            Secret::Ed25519(secret) => {
                private_text(&self.verifier, TYPE_ED25519, secret.as_bytes())
            }
            Secret::Sm2(secret) => {
                let secret = sm2::SecretKey::from(secret.as_nonzero_scalar());
                let pem = secret.to_pkcs8_pem(LineEnding::LF);
                pem.map(|pem| pem.as_str().to_owned()).expect("a valid key has a PKCS#8 form")
            }
        }
    }

    /// Signs the text of a note.
    ///
    /// # Errors
    /// Only with SM2, when the nonce is of no use: about once in 2^256 texts.
    pub fn sign(&self, text: &str) -> Result<NoteSignature, NotSigned> {
        let signature = match &self.secret {
            Secret::Ed25519(secret) => secret.sign(text.as_bytes()).to_bytes().to_vec(),
            Secret::Sm2(secret) => {
                let signature = secret.try_sign(text.as_bytes()).map_err(|_| NotSigned)?;
                signature.to_der().as_bytes().to_vec()
            }
        };
        Ok(NoteSignature::new(self.verifier.name().clone(), self.verifier.id(), signature))
    }
}

/// Shows the public half only.
impl fmt::Debug for LogSigner {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "LogSigner({})", self.verifier)
    }
}

/// The key of a witness: signs checkpoints it has checked, with the instant (type 0x04).
pub struct Cosigner {
    verifier: VerifierKey,
    secret: ed25519_dalek::SigningKey,
}

impl Cosigner {
    /// The key made from 32 random bytes.
    ///
    /// # Errors
    /// Never for bytes drawn at random.
    pub fn new(name: KeyName, seed: &[u8; 32]) -> Result<Self, KeyError> {
        let secret = ed25519_dalek::SigningKey::from_bytes(seed);
        let verifier = VerifierKey::cosignature(name, secret.verifying_key().as_bytes())?;
        Ok(Self { verifier, secret })
    }

    /// Reads `PRIVATE+KEY+<name>+<identifier>+<base64>`, type 0x04.
    ///
    /// # Errors
    /// When it is not that, or its identifier does not follow from the key.
    pub fn from_private_text(text: &str) -> Result<Self, KeyError> {
        let (name, seed, id) = private_parts(text, TYPE_COSIGNATURE)?;
        let cosigner = Self::new(name, &seed)?;
        same_id(cosigner.verifier, id).map(|verifier| Self { verifier, ..cosigner })
    }

    /// The key that checks what this one signs.
    #[must_use]
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// The secret as text, to be kept where nobody else reads.
    #[must_use]
    pub fn to_private_text(&self) -> String {
        private_text(&self.verifier, TYPE_COSIGNATURE, self.secret.as_bytes())
    }

    /// Cosigns the text of a checkpoint at an instant, in seconds since 1970. The signature
    /// says: this is the largest tree of this log that I have seen, and it continues all
    /// that I saw before.
    #[must_use]
    pub fn cosign(&self, text: &str, time: u64) -> NoteSignature {
        // tlog-cosignature, "Format": not more than 2^63 - 1.
        let time = time.min(i64::MAX as u64);
        let signature = self.secret.sign(cosigned_message(time, text).as_bytes());
        let signature = [&time.to_be_bytes()[..], &signature.to_bytes()[..]].concat();
        NoteSignature::new(self.verifier.name().clone(), self.verifier.id(), signature)
    }
}

/// Shows the public half only.
impl fmt::Debug for Cosigner {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Cosigner({})", self.verifier)
    }
}

fn private_text(verifier: &VerifierKey, kind: u8, seed: &[u8; 32]) -> String {
    let typed = [&[kind], &seed[..]].concat();
    let (name, id) = (verifier.name(), verifier.id());
    format!("{PRIVATE_PREFIX}{name}+{id}+{}", Base64::encode_string(&typed))
}

fn private_parts(
    text: &str,
    expected: u8,
) -> Result<(KeyName, [u8; 32], crate::key::KeyId), KeyError> {
    // A file of one line ends in a line break.
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_prefix(PRIVATE_PREFIX).ok_or(KeyError::PrivateForm)?;
    let (name, id, typed) = split_key(text).ok_or(KeyError::PrivateForm)?;
    let name = KeyName::new(name)?;
    let (kind, seed) = typed.split_first().ok_or(KeyError::PrivateForm)?;
    if *kind != expected {
        return Err(KeyError::Type(*kind));
    }
    let seed = seed.try_into().map_err(|_| KeyError::Bytes(*kind))?;
    Ok((name, seed, id))
}

fn same_id(verifier: VerifierKey, found: crate::key::KeyId) -> Result<VerifierKey, KeyError> {
    let expected = verifier.id();
    if found == expected {
        return Ok(verifier);
    }
    Err(KeyError::Id { name: verifier.name().to_string(), found, expected })
}
