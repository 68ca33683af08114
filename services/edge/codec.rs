//! Between the bytes in the journal and the entries of the domain.
//!
//! The bytes are a serialized `LedgerEntry`, written once by [`encode`] and from then on hashed and
//! served as they are. What its sender says is serialized before it waits for the writer
//! ([`Body::new`]): it is the greater part, and the writer is one for all. [`decode`] reads the
//! bytes for the fold; it must read every entry any released version has written.

use bytes::Bytes;
use duty::entry::Recorded;
use duty::id::EventId;
use duty::{Problem, Problems};
use jiff::Timestamp;
use prost::Message as _;

use crate::grpc::convert::{self, scalar};
use crate::pb;

/// Why stored bytes could not be read.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// Not a serialized `LedgerEntry`.
    #[error("the stored bytes are not a ledger entry")]
    NotAnEntry(#[source] prost::DecodeError),
    /// An entry that this version does not understand, or that was never accepted.
    #[error("the stored entry does not make sense: {}", .0.first().map_or_else(String::new, ToString::to_string))]
    Senseless(Vec<Problem>),
}

/// What the sender of an entry says: recorder and payload, serialized. These fields come last in a
/// `LedgerEntry`.
#[derive(Debug, Clone)]
pub struct Body(Vec<u8>);

impl Body {
    /// Serializes it.
    #[must_use]
    pub fn new(recorder: &str, payload: pb::ledger_entry::Payload) -> Self {
        let body = pb::LedgerEntry {
            recorder: recorder.to_owned(),
            payload: Some(payload),
            ..Default::default()
        };
        Self(body.encode_to_vec())
    }
}

/// The bytes to store for an entry: what the ledger says of it, then what its sender says.
#[must_use]
pub fn encode(event_id: EventId, recorded_at: Timestamp, body: &Body) -> Bytes {
    let head = pb::LedgerEntry {
        event_id: event_id.to_string(),
        recorded_time: Some(scalar::timestamp(recorded_at)),
        ..Default::default()
    };
    let mut entry = Vec::with_capacity(head.encoded_len() + body.0.len());
    // Cannot fail: a vector grows.
    let _ = head.encode(&mut entry);
    entry.extend_from_slice(&body.0);
    entry.into()
}

/// The entry in stored bytes.
///
/// # Errors
/// [`CodecError`] when the bytes are damaged or newer than this version.
pub fn decode(stored: &Bytes) -> Result<Recorded, CodecError> {
    let entry = pb::LedgerEntry::decode(&stored[..]).map_err(CodecError::NotAnEntry)?;
    let mut problems = Problems::new();
    let event_id = EventId::parse(&entry.event_id);
    let recorded_at = entry.recorded_time.as_ref().and_then(scalar::instant);
    let payload = entry.payload.as_ref();
    let body = payload.and_then(|payload| convert::entry(payload, &mut problems));
    match (event_id, recorded_at, body) {
        (Some(event_id), Some(recorded_at), Some(body)) => {
            Ok(Recorded { event_id, recorded_at, recorder: entry.recorder.into(), entry: body })
        }
        _ => Err(CodecError::Senseless(problems.into_vec())),
    }
}
