//! Properties of the frame codec: nothing is lost, and no damage goes unseen.

use proptest::prelude::*;

use super::*;

fn events() -> impl Strategy<Value = Vec<Bytes>> {
    let small = prop::collection::vec(any::<u8>(), 0..700);
    let large = (any::<u8>(), 4_000..=EVENT_BYTES_MAX).prop_map(|(byte, len)| vec![byte; len]);
    let event = prop_oneof![20 => small, 1 => large].prop_map(Bytes::from);
    prop::collection::vec(event, 1..40)
}

fn small_events() -> impl Strategy<Value = Vec<Bytes>> {
    let event = prop::collection::vec(any::<u8>(), 0..60).prop_map(Bytes::from);
    prop::collection::vec(event, 1..6)
}

fn position() -> impl Strategy<Value = Position> {
    (1..u64::MAX / 2).prop_map(|number| Position::new(number).unwrap())
}

fn only_frame(first: Position, events: &[Bytes]) -> Vec<u8> {
    let mut frames = encode_commit(first, events).unwrap();
    assert_eq!(frames.len(), 1);
    frames.remove(0).value
}

proptest! {
    #[test]
    fn commit_comes_back_as_it_went_in(first in position(), events in events()) {
        let frames = encode_commit(first, &events).unwrap();
        let mut next = first;
        let mut read = Vec::new();
        for (index, frame) in frames.iter().enumerate() {
            prop_assert_eq!(position_of(&frame.key), Some(next));
            let (header, entries) = decode(next, &Bytes::from(frame.value.clone())).unwrap();
            prop_assert_eq!(header.last_of_commit, index + 1 == frames.len());
            prop_assert_eq!(header.last, entries.last().unwrap().position);
            prop_assert!(entries.len() == 1 || frame.value.len() <= FRAME_BYTES_MAX);
            prop_assert!(frame.value.len() <= VALUE_BYTES_MAX);
            next = header.last.next().unwrap();
            read.extend(entries);
        }
        let positions: Vec<u64> = read.iter().map(|entry| entry.position.get()).collect();
        let expected: Vec<u64> = (first.get()..).take(events.len()).collect();
        prop_assert_eq!(positions, expected);
        let bytes: Vec<Bytes> = read.into_iter().map(|entry| entry.bytes).collect();
        prop_assert_eq!(bytes, events);
    }

    #[test]
    fn every_flipped_bit_is_detected(first in position(), events in small_events()) {
        let value = only_frame(first, &events);
        for bit in 0..value.len() * 8 {
            let mut damaged = value.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(decode(first, &Bytes::from(damaged)).is_err(), "bit {}", bit);
        }
    }

    #[test]
    fn every_truncation_is_detected(first in position(), events in small_events()) {
        let value = Bytes::from(only_frame(first, &events));
        for len in 0..value.len() {
            prop_assert!(decode(first, &value.slice(..len)).is_err(), "cut to {}", len);
        }
    }

    #[test]
    fn every_other_key_is_detected(first in position(), events in small_events(), bit in 0..64) {
        let value = Bytes::from(only_frame(first, &events));
        if let Some(other) = Position::new(first.get() ^ (1_u64 << bit)) {
            prop_assert!(decode(other, &value).is_err());
        }
    }

    #[test]
    fn any_bytes_decode_without_a_panic(first in position(), value: Vec<u8>) {
        let _ = decode(first, &Bytes::from(value));
    }
}

fn what(value: Vec<u8>) -> (u64, Corruption) {
    match decode(Position::FIRST, &Bytes::from(value)) {
        Err(Damage { position, what }) => (position.get(), what),
        other => panic!("not corrupt: {other:?}"),
    }
}

#[test]
fn damage_is_named_and_placed() {
    let events = [Bytes::from_static(b"one"), Bytes::from_static(b"two")];
    let good = only_frame(Position::FIRST, &events);
    let flip = |at: usize| {
        let mut value = good.clone();
        value[at] ^= 0x80;
        value
    };
    let second = HEADER_BYTES + EVENT_HEADER_BYTES + 3;
    assert_eq!(what(flip(0)), (1, Corruption::Version { version: 0x81 }));
    assert_eq!(what(flip(1)), (1, Corruption::HeaderChecksum));
    assert_eq!(what(flip(7)), (1, Corruption::HeaderChecksum));
    assert_eq!(what(flip(HEADER_BYTES)), (1, Corruption::Length));
    assert_eq!(what(flip(second + 4)), (2, Corruption::EventChecksum));
    assert_eq!(what(flip(second + 8)), (2, Corruption::EventChecksum));
    assert_eq!(what(good[..good.len() - 1].to_vec()), (2, Corruption::Truncated));
    assert_eq!(what([good.clone(), vec![0]].concat()), (2, Corruption::Trailing));
    assert_eq!(what(Vec::new()), (1, Corruption::Truncated));
}

#[test]
fn header_with_a_right_checksum_can_still_be_wrong() {
    for start in [[FRAME_VERSION, FLAG_LAST, 0, 0], [FRAME_VERSION, 0b10, 0, 1]] {
        let crc = header_crc(Position::FIRST, &start).to_be_bytes();
        assert_eq!(what([start, crc].concat()), (1, Corruption::Header));
    }
}

/// The stored form is a promise: journals written by this version must open for ever.
#[test]
fn stored_form_does_not_change() {
    let value = only_frame(Position::FIRST, &[Bytes::from_static(b"ab")]);
    let hex: String = value.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, "01010001991e61340000000242c417d06162");
}

#[test]
fn frames_are_cut_where_the_arithmetic_says() {
    let sizes = |lens: &[usize]| -> Vec<usize> {
        let events: Vec<Bytes> = lens.iter().map(|len| Bytes::from(vec![7; *len])).collect();
        let frames = encode_commit(Position::FIRST, &events).unwrap();
        frames.iter().map(|frame| frame.value.len()).collect()
    };
    // 8 + n * (8 + 256) reaches 2,048 at n = 8.
    assert_eq!(sizes(&[256; 20]), [2_120, 2_120, 1_064]);
    // The second event would bring the frame to 4,097 bytes.
    assert_eq!(sizes(&[1_000, 3_073]), [1_016, 3_089]);
    assert_eq!(sizes(&[1_000, 3_072]), [4_096]);
    assert_eq!(sizes(&[10, EVENT_BYTES_MAX, 10]), [26, VALUE_BYTES_MAX, 26]);
}
