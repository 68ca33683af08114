//! Nothing from outside can make the readers panic, and what they take they write again.

use proptest::prelude::*;

use super::vectors::vectors;
use crate::checkpoint::Checkpoint;
use crate::hash::Hash;
use crate::key::{KeyName, VerifierKey};
use crate::note::Note;
use crate::policy::Policy;
use crate::proof::{verify_consistency, verify_inclusion};
use crate::receipt::Receipt;
use crate::signer::{Cosigner, LogSigner};
use crate::tile::{Kind, Tile, decode_bundle, encode_bundle};
use crate::witness::{Request, read_reply};

/// Gives the bytes to every reader.
fn read_all(bytes: &[u8]) {
    if let Ok(note) = Note::parse(bytes) {
        assert_eq!(note.to_string().as_bytes(), bytes);
        if let Ok(checkpoint) = Checkpoint::parse(note.text()) {
            assert_eq!(checkpoint.to_string(), note.text());
        }
        let _ = read_reply(200, None, bytes, &note, []);
    }
    if let Ok(receipt) = Receipt::parse(bytes) {
        assert_eq!(receipt.to_string().as_bytes(), bytes);
    }
    if let Ok(request) = Request::parse(bytes) {
        assert_eq!(request.to_string().as_bytes(), bytes);
    }
    if let Ok(policy) = Policy::parse(bytes) {
        let written = policy.to_bytes();
        assert_eq!(Policy::parse(&written).expect("a policy").to_bytes(), written);
    }
    let _ = decode_bundle(bytes, 3);
    if let Ok(text) = str::from_utf8(bytes) {
        if let Ok(key) = text.parse::<VerifierKey>() {
            assert_eq!(key.to_string(), text);
            let _ = key.verify(text, bytes);
        }
        if let Ok(tile) = Tile::parse(text) {
            assert_eq!(tile.to_string(), text.strip_prefix('/').unwrap_or(text));
        }
        let _ = (LogSigner::from_private_text(text), Cosigner::from_private_text(text));
        let name = KeyName::new("log").expect("a name");
        let _ = (VerifierKey::sm2_pem(name.clone(), text), LogSigner::sm2_from_pem(name, text));
        let _ = (text.parse::<Hash>(), Hash::from_base64(text));
    }
}

/// Good texts of every kind, for spoiling.
fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = vec![
        b"tile/0/x001/x234/067.p/12".to_vec(),
        b"old 0\n\n".to_vec(),
        b"PRIVATE+KEY+log+00000000+AQ==".to_vec(),
    ];
    let take = |from: &str, field: &str| -> Vec<Vec<u8>> {
        vectors(from).iter().map(|vector| vector.bytes(field)).collect()
    };
    seeds.extend(take("notes", "note_b64"));
    seeds.extend(take("notes/malformed", "note_b64"));
    seeds.extend(take("policies", "policy_b64"));
    seeds.extend(take("witness/requests", "body_b64"));
    seeds.extend(take("bundles", "bundle_b64"));
    seeds.extend(vectors("keys").iter().map(|vector| vector.field("vkey").as_bytes().to_vec()));
    seeds.retain(|seed| seed.len() < 10_000);
    seeds
}

#[derive(Debug, Clone)]
enum Spoil {
    Flip(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Drop(prop::sample::Index),
    Insert(prop::sample::Index, Vec<u8>),
    Repeat(prop::sample::Index, prop::sample::Index),
}

fn spoil() -> impl Strategy<Value = Spoil> {
    let at = any::<prop::sample::Index>;
    let pieces = prop::sample::select(vec![
        &b"\n"[..],
        b"\n\n",
        b" ",
        b"+",
        b"=",
        b"\xe2\x80\x94 ",
        b"old ",
        b"\xff",
        b"0",
        b"\r\n",
    ]);
    prop_oneof![
        (at(), 0_u8..8).prop_map(|(at, bit)| Spoil::Flip(at, bit)),
        at().prop_map(Spoil::Cut),
        at().prop_map(Spoil::Drop),
        (at(), pieces).prop_map(|(at, piece)| Spoil::Insert(at, piece.to_vec())),
        (at(), at()).prop_map(|(from, to)| Spoil::Repeat(from, to)),
    ]
}

fn apply(bytes: &mut Vec<u8>, spoil: Spoil) {
    if bytes.is_empty() {
        return;
    }
    let length = bytes.len();
    match spoil {
        Spoil::Flip(at, bit) => bytes[at.index(length)] ^= 1 << bit,
        Spoil::Cut(at) => bytes.truncate(at.index(length)),
        Spoil::Drop(at) => drop(bytes.remove(at.index(length))),
        Spoil::Insert(at, piece) => {
            let at = at.index(length);
            bytes.splice(at..at, piece);
        }
        Spoil::Repeat(from, to) => {
            let (from, to) = (from.index(length), to.index(length));
            bytes.extend_from_within(from.min(to)..from.max(to));
        }
    }
}

proptest! {
    #[test]
    fn random_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        read_all(&bytes);
    }

    #[test]
    fn spoilt_texts_are_read_without_panic(
        seed in prop::sample::select(seeds()),
        spoils in prop::collection::vec(spoil(), 0..6),
    ) {
        let mut bytes = seed;
        spoils.into_iter().for_each(|spoil| apply(&mut bytes, spoil));
        read_all(&bytes);
    }

    #[test]
    fn any_proof_is_judged_without_panic(
        numbers in (any::<u64>(), any::<u64>()),
        hashes in prop::collection::vec(any::<[u8; 32]>(), 0..70),
    ) {
        let hashes: Vec<_> = hashes.into_iter().map(Hash).collect();
        let root = Hash::default();
        let (a, b) = numbers;
        for (a, b) in [(a, b), (a % 9, b % 9), (a, u64::MAX), (u64::MAX, b)] {
            prop_assert!(verify_inclusion(a, b, &root, &hashes, &root).is_err() || b == 1);
            if a != b {
                prop_assert!(verify_consistency(a, b, &root, &root, &hashes).is_err());
            }
        }
    }

    #[test]
    fn a_tile_has_one_path(
        index in prop_oneof![0_u64..3_000_000, any::<u64>()],
        level in prop::option::of(0_u8..=63),
        width in 1_u16..=256,
    ) {
        let kind = level.map_or(Kind::Entries, |level| Kind::Hashes { level });
        let tile = Tile::new(kind, index, width).expect("a tile");
        let path = tile.to_string();
        prop_assert_eq!(Tile::parse(&path), Ok(tile));
        prop_assert_eq!(Tile::parse(&format!("/{path}")), Ok(tile));
        let folder = level.map_or("tile/entries/".to_owned(), |level| format!("tile/{level}/"));
        for zeros in ["x000/", "0", "/", "x"] {
            let longer = path.replacen(&folder, &(folder.clone() + zeros), 1);
            prop_assert!(Tile::parse(&longer).is_err());
        }
        let size = tile.first().and_then(|first| first.checked_add(u64::from(width)));
        if let (Some(size), Kind::Entries) = (size, kind) {
            prop_assert!(tile.is_in(size));
            prop_assert!(!tile.is_in(size - 1));
            prop_assert_eq!(Tile::at_size(kind, index, size), Some(tile));
        }
    }

    #[test]
    fn bundles_give_back_their_entries(
        entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..20),
    ) {
        let width = entries.len() as u16;
        let bundle = encode_bundle(&entries).expect("short entries");
        let decoded = decode_bundle(&bundle, width).expect("a bundle");
        prop_assert!(decoded.into_iter().eq(entries.iter().map(Vec::as_slice)));
        prop_assert!(decode_bundle(&bundle, width - 1).is_err());
        prop_assert!(decode_bundle(&bundle, width + 1).is_err());
        prop_assert!(decode_bundle(&bundle[..bundle.len() - 1], width).is_err());
    }
}

#[test]
fn paths_are_those_of_the_text() {
    let path = |kind, index, width| Tile::new(kind, index, width).expect("a tile").to_string();
    assert_eq!(path(Kind::Hashes { level: 0 }, 1_234_067, 256), "tile/0/x001/x234/067");
    assert_eq!(path(Kind::Hashes { level: 1 }, 0, 17), "tile/1/000.p/17");
    assert_eq!(path(Kind::Entries, 273, 112), "tile/entries/273.p/112");
    for bad in [
        "tile/0/1",
        "tile/00/001",
        "tile/64/001",
        "tile/0/x000/001",
        "tile/0/001/x002",
        "tile/0/001.p/0",
        "tile/0/001.p/256",
        "tile/0/001.p/01",
        "tile/data/001",
        "0/001",
        "tile/0/",
        "tile/0",
        "tile/+1/001",
        "tile/0/x018/x446/x744/x073/x709/x551/616",
    ] {
        assert!(Tile::parse(bad).is_err(), "{bad}");
    }
    assert!(encode_bundle([vec![0; 65_535]]).is_ok());
    assert!(encode_bundle([vec![0; 65_536]]).is_err());
}
