//! Between the bytes in the journal and the entries of the domain.
//!
//! The bytes are a serialized `LedgerEntry`, written once by [`encode`] and from then on hashed and
//! served as they are. [`decode`] reads them for the fold; it must read every entry any released
//! version has written.

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

/// The bytes to store for an entry.
#[must_use]
pub fn encode(
    event_id: EventId,
    recorded_at: Timestamp,
    recorder: &str,
    payload: pb::ledger_entry::Payload,
) -> Bytes {
    let entry = pb::LedgerEntry {
        event_id: event_id.to_string(),
        recorded_time: Some(scalar::timestamp(recorded_at)),
        recorder: recorder.to_owned(),
        payload: Some(payload),
    };
    entry.encode_to_vec().into()
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
