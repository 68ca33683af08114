//! Frames among bytes of which nothing is known: what is left when the engine cannot read its own
//! files.
//!
//! The key of a frame stands elsewhere, shortened by the engine, but the checksum of the header is
//! over the key as well: of a key below 2^32 it is worked out of the checksum, and the checksums of
//! the events, which are over their positions, confirm it.

use super::{
    EVENT_HEADER_BYTES, FLAG_LAST, FRAME_BYTES_MAX, FRAME_VERSION, HEADER_BYTES, event_crc,
};
use crate::{EVENT_BYTES_MAX, Position};

/// The generator of CRC-32C, lowest bit first.
const POLYNOMIAL: u32 = 0x82f6_3b78;
/// Most events in a frame: each takes 8 bytes besides itself.
const EVENTS_MAX: u16 = ((FRAME_BYTES_MAX - HEADER_BYTES) / EVENT_HEADER_BYTES) as u16;

/// Events of one frame that match their checksums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// Position of the first event of the frame.
    pub first: Position,
    /// Position of the last event before one that does not match, or of the last one.
    pub last: Position,
    /// How many bytes that is from the beginning of the frame.
    pub length: usize,
}

/// The frame that `bytes` begin with, as far as its events match their checksums: the first one
/// at least. What is behind them may be cut off or damaged.
///
/// `None` when there is none, and for positions of 2^32 and above.
#[must_use]
pub fn at_start_of(bytes: &[u8]) -> Option<Run> {
    let (header, _) = bytes.split_first_chunk::<HEADER_BYTES>()?;
    let [version, flags, c0, c1, crc @ ..] = *header;
    let count = u16::from_be_bytes([c0, c1]);
    let is_header =
        version == FRAME_VERSION && flags & !FLAG_LAST == 0 && (1..=EVENTS_MAX).contains(&count);
    // Before the arithmetic: of what begins like a header most goes on unlike an event.
    let length = |bytes: &[u8]| {
        let (length, _) = bytes.split_first_chunk::<4>()?;
        Some(u32::from_be_bytes(*length) as usize).filter(|length| *length <= EVENT_BYTES_MAX)
    };
    length(bytes.get(HEADER_BYTES..).filter(|_| is_header)?)?;
    let first = key_under(u32::from_be_bytes(crc), [version, flags, c0, c1])?;
    let mut run = None;
    let (mut offset, mut next) = (HEADER_BYTES, Some(first));
    for _ in 0..count {
        let Some(position) = next else { break };
        let Some(end) = event_at(bytes, offset, position) else { break };
        run = Some(Run { first, last: position, length: end });
        (offset, next) = (end, position.next());
    }
    run
}

/// Where the event at `offset` ends, if it is that of a position.
fn event_at(bytes: &[u8], offset: usize, position: Position) -> Option<usize> {
    let (length, rest) = bytes.get(offset..)?.split_first_chunk::<4>()?;
    let (crc, rest) = rest.split_first_chunk::<4>()?;
    let len = u32::from_be_bytes(*length) as usize;
    let event = rest.get(..len).filter(|_| len <= EVENT_BYTES_MAX)?;
    let matches = u32::from_be_bytes(*crc) == event_crc(position, *length, event);
    matches.then_some(offset + EVENT_HEADER_BYTES + len)
}

/// The key, below 2^32, that has this checksum together with the start of a header.
fn key_under(crc: u32, start: [u8; 4]) -> Option<Position> {
    // Four bytes go into the register at once, which then takes 32 steps; each step can be undone.
    let behind_zeros = !crc32c::crc32c(&[0; 4]);
    let behind_key = undone(!crc) ^ u32::from_le_bytes(start);
    let low = undone(behind_key) ^ behind_zeros;
    Position::new(u64::from(u32::from_be_bytes(low.to_le_bytes())))
}

/// The register before its last 32 steps.
fn undone(register: u32) -> u32 {
    (0..u32::BITS).fold(register, |register, _| match register >> 31 {
        0 => register << 1,
        _ => (register ^ POLYNOMIAL) << 1 | 1,
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::super::encode_commit;
    use super::*;

    #[test]
    fn a_frame_is_known_without_its_key() {
        let events: Vec<Bytes> = (0..9_u8).map(|n| vec![n; usize::from(n) * 40].into()).collect();
        for position in [1, 2, 255, 256, 70_000, u64::from(u32::MAX) - 100] {
            let first = Position::new(position).expect("a position");
            for frame in encode_commit(first, &events).expect("a commit") {
                let length = frame.value.len();
                let expected = super::super::position_of(&frame.key);
                let bytes = [&frame.value[..], b"something else"].concat();
                let run = at_start_of(&bytes).expect("a frame");
                assert_eq!((Some(run.first), run.length), (expected, length));
                let header = super::super::decode_header(run.first, &frame.value);
                assert_eq!(header.map(|header| header.last), Ok(run.last));
                // Cut short or changed anywhere, only what is before that is whole.
                for at in 0..length {
                    let mut changed = frame.value.clone();
                    changed[at] ^= 0x10;
                    for damaged in [&bytes[..at], &changed] {
                        let left = at_start_of(damaged);
                        let is_before = |left: Run| left.first == run.first && left.length <= at;
                        assert!(left.is_none_or(is_before), "{at}: {left:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_no_frame_is_none() {
        for bytes in [&[][..], &[1], &[1, 0, 0, 1, 0, 0, 0, 0], &[0; 64], &[1; 64], &[0xff; 64]] {
            assert_eq!(at_start_of(bytes), None);
        }
    }
}
