//! A backup is read as it was written, or not at all.

use bytes::Bytes;
use proptest::prelude::*;

use super::read::{BadBackup, Part, Reader};
use super::write::Writer;
use super::{Kept, Manifest};

fn manifest(size: u64) -> Manifest {
    Manifest {
        format: super::FORMAT,
        ledger: "0".repeat(32),
        origin: "duty-ledger/0".to_owned(),
        size,
        root: "0".repeat(64),
        checkpoint: None,
        created: "2026-01-01T00:00:00Z".to_owned(),
        program: "0.0.0".to_owned(),
        signing_keys: false,
    }
}

fn write(entries: &[Bytes], files: &[Kept]) -> Vec<u8> {
    let manifest = manifest(entries.len() as u64);
    let mut writer = Writer::new(Vec::new(), &manifest).expect("memory");
    entries.iter().for_each(|entry| writer.entry(entry).expect("memory"));
    files.iter().for_each(|file| writer.file(file).expect("memory"));
    let (finished, bytes) = writer.finish().expect("memory");
    assert_eq!(finished.bytes, bytes.len() as u64);
    bytes
}

fn read(bytes: &[u8]) -> Result<(Vec<Bytes>, Vec<Kept>), BadBackup> {
    let mut reader = Reader::new(bytes)?;
    let (mut entries, mut files) = (Vec::new(), Vec::new());
    loop {
        match reader.next_part()? {
            Part::Entry(entry) => entries.push(entry),
            Part::File(file) => files.push(file),
            Part::End => return Ok((entries, files)),
        }
    }
}

fn small() -> Vec<u8> {
    let file = Kept { name: "persons/p-1".to_owned(), content: b"wrapped".to_vec() };
    write(&[Bytes::from_static(b"one"), Bytes::from_static(b""), Bytes::from_static(b"3")], &[file])
}

proptest! {
    #[test]
    fn what_was_written_is_read(
        entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..2_000), 0..40),
        contents in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..4),
        repeat in 1_usize..60,
    ) {
        // Repeated, so that some backups have several chunks.
        let entries: Vec<Bytes> = entries.into_iter().map(Bytes::from).collect();
        let entries: Vec<Bytes> = std::iter::repeat_n(entries, repeat).flatten().collect();
        let files: Vec<Kept> = contents
            .into_iter()
            .enumerate()
            .map(|(n, content)| Kept { name: format!("persons/p-{n}"), content })
            .collect();
        let read = read(&write(&entries, &files)).expect("whole");
        prop_assert_eq!(read, (entries, files));
    }

    #[test]
    fn any_bytes_are_refused_without_a_panic(bytes: Vec<u8>) {
        prop_assert!(read(&bytes).is_err());
        let behind_the_head = [&small()[..12], &bytes].concat();
        prop_assert!(read(&behind_the_head).is_err());
    }
}

#[test]
fn every_truncation_and_every_flipped_bit_is_refused() {
    let whole = small();
    read(&whole).expect("whole");
    for length in 0..whole.len() {
        let cut = read(&whole[..length]);
        let named = matches!(cut, Err(BadBackup::Truncated { .. } | BadBackup::Foreign));
        assert!(named, "{length} bytes: {cut:?}");
    }
    for bit in 0..whole.len() * 8 {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(read(&flipped).is_err(), "bit {bit}");
    }
    let more = [whole.as_slice(), b"x"].concat();
    assert!(matches!(read(&more), Err(BadBackup::Damaged { .. })));
}

#[test]
fn a_newer_format_and_a_foreign_file_are_named() {
    let mut newer = small();
    newer[11] = 2;
    assert!(matches!(read(&newer), Err(BadBackup::Newer { found: 2 })));
    for foreign in [&b""[..], b"DLB", b"PK\x03\x04 and so on, a zip file", b"{\"events\": []}"] {
        assert!(matches!(read(foreign), Err(BadBackup::Foreign)), "{foreign:?}");
    }
}

#[test]
fn a_file_cannot_leave_the_data_directory() {
    for name in ["../x", "keys/../x", "keys/a/b", "/etc/passwd", "keys/", "FORMAT", "keys/.x", ""] {
        let kept = Kept { name: name.to_owned(), content: Vec::new() };
        assert!(matches!(read(&write(&[], &[kept])), Err(BadBackup::Damaged { .. })), "{name}");
    }
}
