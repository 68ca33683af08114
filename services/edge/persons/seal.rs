//! A person's own key, and what is sealed under it.
//!
//! The format is public: `SealAlgorithm` in `registry.proto` says it in full.

use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use duty::id::PersonId;
use duty::registry::{NONCE_BYTES, Sealed};
use prost::Message as _;
use zeroize::{Zeroize as _, Zeroizing};

use super::error::PersonsError;
use super::files::hex;
use super::kek::KEY_BYTES;
use crate::pb;

/// Domain of the additional data.
const PURPOSE: &str = "personal-text/1";
/// The plaintext is padded to a multiple of this, so that its length tells nothing of the name.
const PADDED_TO: usize = 256;
/// Length of a key id, in bytes.
pub(super) const KEY_ID_BYTES: usize = 8;

/// A person's key.
pub(super) struct DataKey {
    /// Its id: random, and not the key.
    pub(super) id: String,
    pub(super) bytes: Zeroizing<[u8; KEY_BYTES]>,
}

/// Random bytes.
pub(super) fn random<const N: usize>() -> Result<[u8; N], PersonsError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(PersonsError::Randomness)?;
    Ok(bytes)
}

/// Additional data: every part followed by a zero byte, which no part contains.
pub(super) fn bound_to(parts: &[&str]) -> Vec<u8> {
    parts.iter().flat_map(|part| part.bytes().chain([0])).collect()
}

impl DataKey {
    /// A new key from the system's random source.
    pub(super) fn generate() -> Result<Self, PersonsError> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        getrandom::fill(&mut *bytes).map_err(PersonsError::Randomness)?;
        Ok(Self { id: hex(&random::<KEY_ID_BYTES>()?), bytes })
    }

    /// Seals a text.
    pub(super) fn seal(
        &self,
        ledger: &str,
        person: &PersonId,
        text: &pb::PersonalText,
    ) -> Result<Sealed, PersonsError> {
        let nonce: [u8; NONCE_BYTES] = random()?;
        let length = text.encoded_len();
        let prefix = u16::try_from(length).map_err(|_| PersonsError::Seal)?.to_be_bytes();
        let padded = (prefix.len() + length).next_multiple_of(PADDED_TO);
        // All of it at once: a buffer that grows would leave copies behind.
        let mut plain = Zeroizing::new(Vec::with_capacity(padded));
        plain.extend_from_slice(&prefix);
        text.encode(&mut *plain).map_err(|_| PersonsError::Seal)?;
        plain.resize(padded, 0);
        let aad = bound_to(&[PURPOSE, ledger, person.as_str()]);
        let payload = Payload { msg: &plain, aad: &aad };
        let ciphertext =
            self.cipher()?.encrypt(&Nonce::from(nonce), payload).map_err(|_| PersonsError::Seal)?;
        Ok(Sealed { key: self.id.as_str().into(), nonce, ciphertext: ciphertext.into() })
    }

    /// Opens a sealed text.
    pub(super) fn open(
        &self,
        ledger: &str,
        person: &PersonId,
        sealed: &Sealed,
    ) -> Result<pb::PersonalText, PersonsError> {
        if *sealed.key != *self.id {
            let key = sealed.key.to_string();
            return Err(PersonsError::OtherKey { person: person.clone(), key });
        }
        let does_not_open = || PersonsError::DoesNotOpen { person: person.clone() };
        let aad = bound_to(&[PURPOSE, ledger, person.as_str()]);
        let payload = Payload { msg: &sealed.ciphertext, aad: &aad };
        let plain = self.cipher()?.decrypt(&Nonce::from(sealed.nonce), payload);
        let mut plain = plain.map_err(|_| does_not_open())?;
        let text = unpadded(&plain).and_then(|message| pb::PersonalText::decode(message).ok());
        plain.zeroize();
        text.ok_or_else(does_not_open)
    }

    fn cipher(&self) -> Result<Aes256Gcm, PersonsError> {
        Aes256Gcm::new_from_slice(&*self.bytes).map_err(|_| PersonsError::Seal)
    }
}

fn unpadded(plain: &[u8]) -> Option<&[u8]> {
    let (prefix, rest) = plain.split_first_chunk::<2>()?;
    rest.get(..usize::from(u16::from_be_bytes(*prefix)))
}
