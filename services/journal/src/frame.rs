//! The stored form of a commit: frames of a few events each, for key-value engines.
//!
//! Pure: bytes in, bytes out. Not for engines that store a commit as one row, and
//! not what is hashed or served (that is the event's own bytes, which are copied
//! through here untouched).
//!
//! The key of a frame is the position of its first event, a big-endian `u64`, so that
//! byte order is journal order. The value, all integers big-endian:
//!
//! | offset | bytes | field                                                          |
//! |-------:|------:|----------------------------------------------------------------|
//! |      0 |     1 | format version, 1                                              |
//! |      1 |     1 | flags; bit 0: last frame of its commit; the others are 0       |
//! |      2 |     2 | number of events, 1 or more                                    |
//! |      4 |     4 | CRC-32C of the key (8 bytes), then bytes 0 to 3                |
//!
//! and for each event, right after one another:
//!
//! | offset | bytes | field                                                          |
//! |-------:|------:|----------------------------------------------------------------|
//! |      0 |     4 | length of the event, 0 to 65,535                               |
//! |      4 |     4 | CRC-32C of the event's position (8 bytes), its length, its bytes |
//! |      8 |     n | the event                                                      |
//!
//! Invariants: every byte is under a checksum or is one; the checksums take in the
//! position, so a frame that turns up under another key is found out as well.
//!
//! A frame is closed once it holds [`FRAME_BYTES_AIM`] bytes and never grows beyond
//! [`FRAME_BYTES_MAX`] unless a single event is longer than that. Measured with sled 0.34.7:
//! frames of this size append 3 to 4 times as fast as a key per event, in a third of
//! the memory; bigger ones read faster but make the page cache overshoot.

pub mod search;

use bytes::Bytes;

use crate::{AppendError, Corruption, Damage, EVENT_BYTES_MAX, Entry, Position, check_commit};

/// Format version this codec writes, and the only one it reads.
pub const FRAME_VERSION: u8 = 1;
/// A frame that has reached this many bytes takes no further event.
pub const FRAME_BYTES_AIM: usize = 2 * 1024;
/// A frame of two or more events is never longer than this.
pub const FRAME_BYTES_MAX: usize = 4 * 1024;
/// Longest value there can be: one event of the longest kind in a frame of its own.
pub const VALUE_BYTES_MAX: usize = HEADER_BYTES + EVENT_HEADER_BYTES + EVENT_BYTES_MAX;

const FLAG_LAST: u8 = 0b0000_0001;
const HEADER_BYTES: usize = 8;
const EVENT_HEADER_BYTES: usize = 8;

/// One key and value to store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The key: position of the first event.
    pub key: [u8; 8],
    /// The value, see the table above.
    pub value: Vec<u8>,
}

/// What a frame says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Position of the first event.
    pub first: Position,
    /// Position of the last event.
    pub last: Position,
    /// Whether the commit ends with this frame.
    pub last_of_commit: bool,
}

/// The key of a frame that starts at `first`.
#[must_use]
pub fn key(first: Position) -> [u8; 8] {
    first.get().to_be_bytes()
}

/// The position a key stands for; `None` if it is not a key of ours.
#[must_use]
pub fn position_of(key: &[u8]) -> Option<Position> {
    let bytes: [u8; 8] = key.try_into().ok()?;
    Position::new(u64::from_be_bytes(bytes))
}

/// Cuts a commit into frames. Refuses what breaks a limit of the contract.
pub fn encode_commit(first: Position, events: &[Bytes]) -> Result<Vec<Frame>, AppendError> {
    check_commit(events)?;
    let mut frames = Vec::new();
    let mut position = first;
    let mut rest = events;
    while !rest.is_empty() {
        let (inside, after) = rest.split_at(frame_events(rest));
        frames.push(encode_frame(position, inside, after.is_empty()));
        // Only a commit at the very end of the numbers saturates, and there is never
        // a free position there to append it to.
        position = position.checked_add(inside.len() as u64).unwrap_or(position);
        rest = after;
    }
    Ok(frames)
}

/// Reads and checks the header only: enough to walk a journal and find gaps.
pub fn decode_header(first: Position, value: &[u8]) -> Result<Header, Damage> {
    let corrupt = |what| Damage { position: first, what };
    let Some((header, _)) = value.split_first_chunk::<HEADER_BYTES>() else {
        return Err(corrupt(Corruption::Truncated));
    };
    let [version, flags, c0, c1, crc @ ..] = *header;
    // Before the checksum: of another format we do not know what its checksum covers.
    if version != FRAME_VERSION {
        return Err(corrupt(Corruption::Version { version }));
    }
    if u32::from_be_bytes(crc) != header_crc(first, &[version, flags, c0, c1]) {
        return Err(corrupt(Corruption::HeaderChecksum));
    }
    let count = u64::from(u16::from_be_bytes([c0, c1]));
    let known_flags = flags & !FLAG_LAST == 0;
    let last = count.checked_sub(1).and_then(|more| first.checked_add(more));
    let (true, Some(last)) = (known_flags, last) else {
        return Err(corrupt(Corruption::Header));
    };
    Ok(Header { first, last, last_of_commit: flags & FLAG_LAST != 0 })
}

/// Reads and checks a whole frame; its events share the memory of `value`.
///
/// A bad event is reported by its own position, a bad header by the frame's first.
pub fn decode(first: Position, value: &Bytes) -> Result<(Header, Vec<Entry>), Damage> {
    let header = decode_header(first, value)?;
    let entries = Events::new(header, value.clone()).collect::<Result<_, _>>()?;
    Ok((header, entries))
}

/// The events of one frame in order, each checked when it is reached, so that a
/// reader who needs only the first ones is not stopped by a bad one behind them.
///
/// It goes on behind an event that does not match its checksum, for whoever looks at what is left
/// of a damaged journal: the checksums take in position and length, so a wrong length cannot make
/// a wrong event look right.
#[derive(Debug)]
pub struct Events {
    value: Bytes,
    offset: usize,
    /// `None` once all is read, or nothing behind what was wrong can be found.
    next: Option<Position>,
    last: Position,
}

impl Events {
    /// Walks `value`, whose header has been decoded.
    #[must_use]
    pub fn new(header: Header, value: Bytes) -> Events {
        Events { value, offset: HEADER_BYTES, next: Some(header.first), last: header.last }
    }

    fn event(&mut self, position: Position) -> Result<Entry, Corruption> {
        let rest = self.value.get(self.offset..).ok_or(Corruption::Truncated)?;
        let (length, rest) = rest.split_first_chunk::<4>().ok_or(Corruption::Truncated)?;
        let (crc, rest) = rest.split_first_chunk::<4>().ok_or(Corruption::Truncated)?;
        let len = u32::from_be_bytes(*length) as usize;
        if len > EVENT_BYTES_MAX {
            return Err(Corruption::Length);
        }
        let event = rest.get(..len).ok_or(Corruption::Truncated)?;
        let start = self.offset + EVENT_HEADER_BYTES;
        self.offset = start + len;
        if u32::from_be_bytes(*crc) != event_crc(position, *length, event) {
            return Err(Corruption::EventChecksum);
        }
        if position == self.last && rest.len() > len {
            return Err(Corruption::Trailing);
        }
        Ok(Entry { position, bytes: self.value.slice(start..self.offset) })
    }
}

impl Iterator for Events {
    type Item = Result<Entry, Damage>;

    fn next(&mut self) -> Option<Result<Entry, Damage>> {
        let position = self.next.take()?;
        let event = self.event(position);
        let goes_on = matches!(event, Ok(_) | Err(Corruption::EventChecksum));
        if goes_on && position < self.last {
            self.next = position.next();
        }
        Some(event.map_err(|what| Damage { position, what }))
    }
}

/// How many of `events` the next frame takes: at least one.
fn frame_events(events: &[Bytes]) -> usize {
    let mut bytes = HEADER_BYTES;
    let mut count = 0;
    for event in events {
        let grown = bytes + EVENT_HEADER_BYTES + event.len();
        let full = bytes >= FRAME_BYTES_AIM || grown > FRAME_BYTES_MAX;
        if count > 0 && full {
            break;
        }
        bytes = grown;
        count += 1;
    }
    count
}

fn encode_frame(first: Position, events: &[Bytes], last_of_commit: bool) -> Frame {
    // A frame of two or more events has at most 4,096 bytes and each event takes 8 of them.
    let count = u16::try_from(events.len()).expect("a frame holds at most 511 events");
    let payload: usize = events.iter().map(|event| EVENT_HEADER_BYTES + event.len()).sum();
    let mut value = Vec::with_capacity(HEADER_BYTES + payload);
    let [c0, c1] = count.to_be_bytes();
    let start = [FRAME_VERSION, if last_of_commit { FLAG_LAST } else { 0 }, c0, c1];
    value.extend_from_slice(&start);
    value.extend_from_slice(&header_crc(first, &start).to_be_bytes());
    for (index, event) in (0_u64..).zip(events) {
        let position = first.checked_add(index).unwrap_or(first);
        let len = u32::try_from(event.len()).expect("check_commit allows at most 65,535 bytes");
        let length = len.to_be_bytes();
        value.extend_from_slice(&length);
        value.extend_from_slice(&event_crc(position, length, event).to_be_bytes());
        value.extend_from_slice(event);
    }
    Frame { key: key(first), value }
}

fn header_crc(first: Position, start: &[u8; 4]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&key(first)), start)
}

fn event_crc(position: Position, length: [u8; 4], event: &[u8]) -> u32 {
    let crc = crc32c::crc32c(&key(position));
    crc32c::crc32c_append(crc32c::crc32c_append(crc, &length), event)
}

#[cfg(test)]
mod tests;
