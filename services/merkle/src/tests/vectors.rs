//! The vectors of the Go references: notes, keys, trees, tiles.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use base64ct::{Base64, Encoding};

use super::tree::{Store, numbered};
use crate::checkpoint::Checkpoint;
use crate::hash::Hash;
use crate::key::{Algorithm, KeyError, KeyName, VerifierKey};
use crate::note::{Note, NoteError};
use crate::proof::{verify_consistency, verify_inclusion};
use crate::signer::LogSigner;
use crate::tile::{Kind, Tile, decode_bundle, encode_bundle};
use crate::tree::{Frontier, Hashes, consistency_proof, inclusion_proof, root};

/// A vector file: its fields in order.
pub(super) struct Vector {
    pub(super) name: String,
    fields: Vec<(String, String)>,
}

impl Vector {
    #[track_caller]
    pub(super) fn field(&self, key: &str) -> &str {
        let found = self.fields.iter().find(|(known, _)| known == key);
        found.map(|(_, value)| value.as_str()).unwrap_or_else(|| panic!("{}: {key}", self.name))
    }

    pub(super) fn fields(&self, key: &str) -> impl Iterator<Item = &str> {
        self.fields.iter().filter(move |(known, _)| known == key).map(|(_, it)| it.as_str())
    }

    #[track_caller]
    pub(super) fn bytes(&self, key: &str) -> Vec<u8> {
        Base64::decode_vec(self.field(key)).expect("base64")
    }

    #[track_caller]
    pub(super) fn note(&self, key: &str) -> Note {
        Note::parse(&self.bytes(key)).expect("a note")
    }

    #[track_caller]
    pub(super) fn key(&self, key: &str) -> VerifierKey {
        self.field(key).parse().expect("a key")
    }
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/c2sp")
}

#[expect(clippy::disallowed_methods, reason = "vectors are files")]
fn read(path: &Path) -> Vec<u8> {
    fs::read(path).expect("a readable file")
}

/// The vectors of a directory.
pub(super) fn vectors(below: &str) -> Vec<Vector> {
    let files = fs::read_dir(directory().join(below)).expect("a directory");
    let mut paths: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    paths.retain(|path| path.is_file());
    paths.sort();
    paths.iter().map(|path| vector(path)).collect()
}

fn vector(path: &Path) -> Vector {
    let text = String::from_utf8(read(path)).expect("UTF-8");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let split = |line: &str| {
        let (key, value) = line.split_once(':').expect("key: value");
        (key.to_owned(), value.strip_prefix(' ').unwrap_or(value).to_owned())
    };
    let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
    Vector { name, fields: lines.map(split).collect() }
}

fn files(below: &Path, found: &mut Vec<PathBuf>) {
    for file in fs::read_dir(below).expect("a directory") {
        let path = file.expect("a file").path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

#[test]
fn the_vectors_are_those_that_were_written() {
    let manifest = String::from_utf8(read(&directory().join("MANIFEST"))).expect("UTF-8");
    let listed: BTreeMap<_, _> = manifest
        .lines()
        .map(|line| line.split_once("  ").expect("two"))
        .map(|(a, b)| (b, a))
        .collect();
    let mut found = vec![];
    files(&directory(), &mut found);
    found.retain(|path| !path.ends_with("MANIFEST"));
    assert_eq!((found.len(), listed.len()), (100, 100));
    for path in found {
        let name = path.strip_prefix(directory()).expect("below").to_string_lossy().into_owned();
        assert_eq!(Hash::of(&read(&path)).to_string(), listed[name.as_str()], "{name}");
    }
}

#[test]
fn notes_are_verified_and_signed_as_in_go() {
    for vector in vectors("notes") {
        let note = vector.note("note_b64");
        assert_eq!(note.to_string().into_bytes(), vector.bytes("note_b64"), "{}", vector.name);
        let key = vector.key("vkey");
        assert_eq!(note.verify([&key]).expect("signed").len(), 1, "{}", vector.name);
        if vector.name == "signed-note-example" {
            continue;
        }
        let checkpoint = Checkpoint::parse(note.text()).expect("a checkpoint");
        assert_eq!(checkpoint.to_string(), note.text(), "{}", vector.name);
        if vector.name == "checkpoint-extensions" {
            assert_eq!(checkpoint.extensions(), ["ext one", "ext two"]);
            continue;
        }
        let root = Hash::from_base64(vector.field("root")).expect("a hash");
        let size = vector.field("size").parse().expect("a size");
        let made = Checkpoint::new(vector.field("origin"), size, root).expect("a checkpoint");
        assert_eq!(made, checkpoint);
        let name = KeyName::new(vector.field("origin")).expect("a name");
        let signer = LogSigner::ed25519(name, &[7; 32]).expect("a key");
        assert_eq!(signer.verifier(), &key);
        assert_eq!(made.sign([&signer]), Ok(note), "{}", vector.name);
    }
}

#[test]
fn malformed_notes_are_refused_wherever_go_refuses_them() {
    // Where Go reads what the text forbids, or what could be written in one way only.
    let stricter =
        ["empty-extension-line", "non-canonical-base64", "root-31-bytes", "size-leading-zero"];
    let mut accepted = vec![];
    for vector in vectors("notes/malformed") {
        let key = vector.key("vkey");
        let origin = "example.com/ledgers/acme";
        let opened = Checkpoint::open(&vector.bytes("note_b64"), origin, [&key]);
        let is_stricter = stricter.contains(&vector.name.as_str());
        let expected = vector.field("go") == "accept" && !is_stricter;
        assert_eq!(opened.is_ok(), expected, "{}: {opened:?}", vector.name);
        if let Ok((_, note, verified)) = opened {
            // A key counts once, however often its line is repeated.
            assert_eq!(verified.len(), 1, "{}", vector.name);
            assert_eq!(note.to_string().into_bytes(), vector.bytes("note_b64"));
            accepted.push(vector.name);
        } else if is_stricter {
            assert_eq!(vector.field("go"), "accept", "{}: strike it off", vector.name);
        }
    }
    assert_eq!(accepted, ["16-signatures", "duplicate-signature"]);
}

#[test]
fn a_malformed_note_is_refused_for_its_own_fault() {
    let fault = |name: &str| {
        let vector = vectors("notes/malformed").into_iter().find(|it| it.name == name);
        Note::parse(&vector.expect("a vector").bytes("note_b64")).expect_err("refused")
    };
    assert_eq!(fault("101-signatures"), NoteError::TooManySignatures);
    assert_eq!(fault("invalid-utf8"), NoteError::Characters);
    assert_eq!(fault("control-character"), NoteError::Characters);
    assert_eq!(fault("no-separator"), NoteError::NoSignatures);
    assert_eq!(fault("zero-signatures"), NoteError::NoSignatures);
    assert_eq!(fault("blank-line-after-signatures"), NoteError::NoSignatures);
    assert_eq!(fault("missing-final-newline"), NoteError::NoSignatures);
    assert_eq!(fault("no-em-dash"), NoteError::Signature { line: 1 });
    assert_eq!(fault("short-signature"), NoteError::Signature { line: 1 });
    assert_eq!(fault("name-with-plus"), NoteError::Signature { line: 1 });
}

#[test]
fn keys_are_read_as_in_go() {
    for vector in vectors("keys") {
        let text = vector.field("vkey");
        let key = text.parse::<VerifierKey>();
        let found = key.as_ref().map(VerifierKey::algorithm);
        match vector.name.as_str() {
            "log-ed25519" | "signed-note-example" | "name-255-bytes" | "name-256-bytes" => {
                assert_eq!(found, Ok(Algorithm::Ed25519), "{}", vector.name);
            }
            "witness-cosignature" => assert_eq!(found, Ok(Algorithm::CosignatureEd25519)),
            "ml-dsa-44" => assert_eq!(found, Ok(Algorithm::CosignatureMlDsa44)),
            "bad-key-id" => assert!(matches!(found, Err(KeyError::Id { .. }))),
            "short-key" => assert_eq!(found, Err(&KeyError::Bytes(1))),
            "type-02" => assert_eq!(found, Err(&KeyError::Type(2))),
            "type-05" => assert_eq!(found, Err(&KeyError::Type(5))),
            "type-ff" => assert_eq!(found, Err(&KeyError::Type(0xff))),
            // Go takes these two; the first fits many texts, the second breaks "lowercase".
            "small-order" => assert_eq!(found, Err(&KeyError::Bytes(1))),
            "uppercase-key-id" => assert_eq!(found, Err(&KeyError::Form)),
            other => panic!("{other}: what should become of it?"),
        }
        if let Ok(key) = key {
            assert_eq!(key.to_string(), text);
        }
    }
}

/// A tree of leaves leaf-0, leaf-1, …
fn stored(size: u64) -> Store {
    let (mut store, mut frontier) = (Store::default(), Frontier::new());
    for index in 0..size {
        frontier.push(numbered(index), &mut |level, index, hash| store.put(level, index, hash));
    }
    store
}

fn numbers(line: &str) -> (u64, u64, Vec<Hash>) {
    let mut words = line.split(' ');
    let mut number = || words.next().expect("a number").parse().expect("a number");
    let (first, second) = (number(), number());
    (first, second, words.map(|word| Hash::from_base64(word).expect("a hash")).collect())
}

#[test]
fn roots_and_proofs_are_those_of_go() {
    let store = stored(70_000);
    let trees: BTreeMap<_, _> =
        vectors("trees").into_iter().map(|vector| (vector.name.clone(), vector)).collect();
    let mut roots = BTreeMap::new();
    for line in trees["roots"].fields("root") {
        let (size, hash) = line.split_once(' ').expect("two words");
        let size: u64 = size.parse().expect("a size");
        let found = root(&store, size).expect("stored");
        assert_eq!(found.to_base64(), hash, "size {size}");
        roots.insert(size, found);
    }
    assert!(64 < roots.len());
    let root_of = |size| root(&store, size).expect("stored");
    let mut count = 0;
    for line in trees["inclusion"].fields("proof") {
        let (index, size, proof) = numbers(line);
        let (leaf, root) = (numbered(index), root_of(size));
        assert_eq!(inclusion_proof(&store, index, size).as_ref(), Ok(&proof), "{index} {size}");
        assert_eq!(verify_inclusion(index, size, &leaf, &proof, &root), Ok(()));
        count += 1;
    }
    for line in trees["consistency"].fields("proof") {
        let (old, new, proof) = numbers(line);
        assert_eq!(consistency_proof(&store, old, new).as_ref(), Ok(&proof), "{old} {new}");
        let (old_root, new_root) = (root_of(old), root_of(new));
        assert_eq!(verify_consistency(old, new, &old_root, &new_root, &proof), Ok(()));
        count += 1;
    }
    assert!(4000 < count, "{count} proofs");
}

/// The tiles that a tree of `new` leaves has and one of `old` has not, in the order of Go.
fn changed(old: u64, new: u64) -> BTreeSet<Tile> {
    let mut tiles = BTreeSet::new();
    for level in 0..8 {
        let kind = Kind::Hashes { level };
        for index in 0.. {
            let Some(tile) = Tile::at_size(kind, index, new) else { break };
            if !tile.is_in(old) {
                tiles.insert(tile);
            }
        }
    }
    tiles
}

#[test]
fn tiles_are_those_of_go() {
    let store = stored(70_000);
    for vector in vectors("tiles") {
        let size: u64 = vector.field("size").parse().expect("a size");
        let expected = |field| -> BTreeSet<_> {
            let paths = vector.field(field).split_whitespace();
            paths.map(|path| Tile::parse(path).expect("a path")).collect()
        };
        assert_eq!(changed(0, size), expected("changed"));
        assert_eq!(changed(size / 2, size), expected("changed_half"));
        for line in vector.fields("tile") {
            let (path, digest) = line.split_once(' ').expect("two words");
            let tile = Tile::parse(path).expect("a path");
            assert_eq!(tile.to_string(), path);
            let Kind::Hashes { level } = tile.kind() else { panic!("{path}") };
            let first = tile.first().expect("a place");
            let Ok(hashes) = store.read(level, first, usize::from(tile.width()));
            let bytes: Vec<u8> = hashes.iter().flat_map(|hash| hash.0).collect();
            assert_eq!(Hash::of(&bytes).to_string(), digest, "{path} of {size}");
        }
        for line in vector.fields("entries") {
            let (path, digest) = line.split_once(' ').expect("two words");
            let tile = Tile::parse(path).expect("a path");
            assert_eq!((tile.to_string().as_str(), tile.kind()), (path, Kind::Entries));
            let first = tile.first().expect("a place");
            let entries = first..first + u64::from(tile.width());
            let entries: Vec<_> = entries.map(|index| format!("leaf-{index}")).collect();
            let bundle = encode_bundle(&entries).expect("short entries");
            assert_eq!(Hash::of(&bundle).to_string(), digest, "{path} of {size}");
            let decoded = decode_bundle(&bundle, tile.width()).expect("a bundle");
            assert!(decoded.into_iter().eq(entries.iter().map(String::as_bytes)));
        }
    }
}
