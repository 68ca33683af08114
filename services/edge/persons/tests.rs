//! Keys and sealed texts without a service: what opens, what does not, and what lies on the disk.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use duty::Position;
use duty::id::PersonId;
use duty::registry::{Registry, Sealed};
use proptest::prelude::*;

use super::files::{KekRecord, WrappedKey, from_hex};
use super::seal::DataKey;
use super::{Kek, KeptFile, Persons, PersonsError, Place, rewrap, to_back_up, to_restore};
use crate::pb;

const LEDGER: &str = "07070707070707070707070707070707";
const OTHER_LEDGER: &str = "08080808080808080808080808080808";

fn kek(byte: u8) -> Kek {
    Kek::from_bytes([byte; 32])
}

fn person(text: &str) -> PersonId {
    PersonId::parse(text).expect("an id")
}

fn text(name: &str) -> pb::PersonalText {
    pb::PersonalText { name_zh: name.to_owned(), ..Default::default() }
}

fn open(dir: &Path, kek: Option<Kek>) -> Result<Persons, PersonsError> {
    Persons::open(place(dir, LEDGER, kek))
}

fn place(dir: &Path, ledger: &str, kek: Option<Kek>) -> Place {
    Place { data_dir: Some(dir.to_path_buf()), ledger: ledger.to_owned(), kek }
}

fn erased(ids: &[&str]) -> Registry {
    let mut registry = Registry::default();
    for (at, id) in (1..).zip(ids) {
        registry.put_person(Position::new(at), person(id).into());
        registry.put_erasure(Position::new(at + 100), &person(id));
    }
    registry
}

/// The files of `persons/`, and whether any of them has these bytes.
fn files(dir: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(dir.join("persons")) else { return Vec::new() };
    let mut names: Vec<_> = entries
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect();
    names.sort();
    names
}

proptest! {
    #[test]
    fn what_is_sealed_opens_again_and_shows_nothing(
        name in "\\PC{1,50}", other in "\\PC{0,100}", note in "\\PC{0,200}",
    ) {
        let key = DataKey::generate().expect("randomness");
        let given = pb::PersonalText { name_zh: name, name_other: other, note };
        let sealed = key.seal(LEDGER, &person("p-1"), &given).expect("sealed");
        prop_assert_eq!(&key.open(LEDGER, &person("p-1"), &sealed).expect("opens"), &given);
        // The length tells nothing of the name: it goes in steps.
        prop_assert_eq!((sealed.ciphertext.len() - 16) % 256, 0);
        for clear in [&given.name_zh, &given.name_other, &given.note] {
            // Short ones stand there by chance.
            if 6 <= clear.len() {
                let found = sealed.ciphertext.windows(clear.len()).any(|w| w == clear.as_bytes());
                prop_assert!(!found);
            }
        }
    }

    #[test]
    fn any_flipped_bit_is_rejected(at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let key = DataKey::generate().expect("randomness");
        let sealed = key.seal(LEDGER, &person("p-1"), &text("某某")).expect("sealed");
        let mut bytes = [&sealed.nonce[..], &sealed.ciphertext].concat();
        bytes[at.index(sealed.nonce.len() + sealed.ciphertext.len())] ^= 1 << bit;
        let (nonce, ciphertext) = bytes.split_at(12);
        let flipped = Sealed {
            nonce: nonce.try_into().expect("12 bytes"),
            ciphertext: ciphertext.into(),
            ..sealed
        };
        let opened = key.open(LEDGER, &person("p-1"), &flipped);
        prop_assert!(matches!(opened, Err(PersonsError::DoesNotOpen { .. })), "{opened:?}");
    }

    #[test]
    fn any_changed_character_of_a_file_is_damage(
        at in any::<prop::sample::Index>(), bit in 0u8..7,
    ) {
        let (key, id) = (DataKey::generate().expect("randomness"), person("p-1"));
        let record = KekRecord::new(LEDGER, &kek(1)).to_text();
        let whole = WrappedKey::new(LEDGER, &id, &key, &kek(1)).expect("wrapped").to_text();
        for text in [&record, &whole] {
            let mut bytes = text.clone().into_bytes();
            let place = at.index(bytes.len());
            bytes[place] ^= 1 << bit;
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            prop_assert!(KekRecord::parse(&changed).is_none(), "{changed}");
            prop_assert!(WrappedKey::parse(&changed).is_none(), "{changed}");
        }
    }
}

/// A key file and a record as they were made before the line with the sum, and a text sealed then.
const OLD_KEY: &str = "duty-ledger person key 1
ledger 07070707070707070707070707070707
person p-1
key 68870ecd6d696828
kek 91a6179ab91f5fbeee92e82a6bac345f
nonce 8041f86ed2682c9e63b8f135
wrapped 704e8d075b5300af38c0213343aba4c0fea2a09538903404f47dd3b3be6653e135286b408e8cf0b41b2c485e24357422
";
const OLD_RECORD: &str = "duty-ledger person kek 1
ledger 07070707070707070707070707070707
kek 91a6179ab91f5fbeee92e82a6bac345f
";
const OLD_NONCE: &str = "a9b6c5cfc0096bb19f36e39b";
const OLD_CIPHERTEXT: &str = "5bc93f6d1f819150180248ea7c6effaf497d98dbd82fa47cee6bcdfe7b004b6eda6b5786c0189b77230f59c304331998aff09524069342a4cc14eed52f74730bb596b5a34d5a95ede0d871a06de19032bd4d24289f9946ac5d2f8ee5e84519466e9579b937b0aae56caed9d0f1389621bd438a890e3865b836ad14c3b3eaf9460d9fb124bd19a1418e50a55522f3a0fb64818414849b68e04d561ec27629b325906c827af320e7cb3ea12c86bd271b83b2cd523afd81eac5b4f8e1a50e7459fc3c4d7179a35701300efd354c25bb02ce112744d8ca5e08489d333cd660b756011f8051eed27ad058e006aca40aa7b29e97d59a0512889ed4d324e41473eeb0ef83b14c1914c37f02f63b48f1e4a32213";

/// A directory with the files of before.
fn old() -> (tempfile::TempDir, Sealed) {
    let dir = tempfile::tempdir().expect("a directory");
    fs::create_dir(dir.path().join("persons")).expect("a directory");
    fs::write(dir.path().join("persons/KEK"), OLD_RECORD).expect("written");
    fs::write(dir.path().join("persons/p-1.key"), OLD_KEY).expect("written");
    let (mut nonce, mut ciphertext) = ([0; 12], vec![0; OLD_CIPHERTEXT.len() / 2]);
    from_hex(OLD_NONCE, &mut nonce).expect("digits");
    from_hex(OLD_CIPHERTEXT, &mut ciphertext).expect("digits");
    let sealed = Sealed { key: "68870ecd6d696828".into(), nonce, ciphertext: ciphertext.into() };
    (dir, sealed)
}

#[test]
fn files_of_before_the_sum_are_read_and_get_it_when_they_are_written() {
    let (dir, sealed) = old();
    let persons = open(dir.path(), Some(kek(1))).expect("opens");
    let shown = persons.open_text(&person("p-1"), &sealed).expect("opens");
    assert_eq!(shown.name_zh, "示例");
    let again = persons.seal(&person("p-1"), &text("示例")).expect("sealed");
    assert_eq!(again.key, sealed.key, "the same key");
    rewrap(dir.path(), LEDGER, &kek(1), &kek(2)).expect("wrapped anew");
    for name in ["KEK", "p-1.key"] {
        let text = fs::read_to_string(dir.path().join("persons").join(name)).expect("a file");
        let last = text.lines().last().expect("a line");
        assert!(last.starts_with("sha256 ") && last.len() == 7 + 64, "{text}");
    }
    let persons = open(dir.path(), Some(kek(2))).expect("opens");
    assert_eq!(persons.open_text(&person("p-1"), &sealed).expect("opens"), shown);
}

#[test]
fn damage_is_not_taken_for_another_key_of_keys_or_another_ledger() {
    // Damage that shows without a sum: the file, what is in it, what it becomes.
    for (name, was, is) in [
        ("KEK", "kek 91", "kek x1"),
        ("KEK", "kek 91", "kek A1"),
        ("KEK", "ledger 07", "ledger 0g"),
        ("p-1.key", "kek 91", "kek 9-"),
        ("p-1.key", "ledger 07", "ledger  7"),
        ("p-1.key", "key 68", "key 6 "),
        ("p-1.key", "wrapped 7", "wrapped 8"),
    ] {
        let (dir, sealed) = old();
        let path = dir.path().join("persons").join(name);
        let text = fs::read_to_string(&path).expect("a file");
        assert!(text.contains(was));
        fs::write(&path, text.replacen(was, is, 1)).expect("written");
        let opened = open(dir.path(), Some(kek(1)));
        let told = match opened {
            Ok(persons) => persons.open_text(&person("p-1"), &sealed).map(drop),
            Err(error) => Err(error),
        };
        assert!(matches!(told, Err(PersonsError::KeyDamaged { .. })), "{was}: {told:?}");
    }
    // Another good digit: with the sum it is damage, and a whole file says what it is.
    let dir = tempfile::tempdir().expect("a directory");
    let persons = open(dir.path(), Some(kek(1))).expect("opens");
    let sealed = persons.seal(&person("p-1"), &text("某某")).expect("sealed");
    let path = dir.path().join("persons/p-1.key");
    let whole = fs::read_to_string(&path).expect("a key");
    fs::write(&path, whole.replacen("kek 9", "kek 8", 1)).expect("written");
    let told = persons.open_text(&person("p-1"), &sealed);
    assert!(matches!(told, Err(PersonsError::KeyDamaged { .. })), "{told:?}");
    let key = DataKey::generate().expect("randomness");
    let write = |ledger, kek: &Kek| {
        let wrapped = WrappedKey::new(ledger, &person("p-1"), &key, kek).expect("wrapped");
        fs::write(&path, wrapped.to_text()).expect("written");
        persons.open_text(&person("p-1"), &sealed)
    };
    let told = write(LEDGER, &kek(2));
    assert!(matches!(told, Err(PersonsError::WrongKek { .. })), "{told:?}");
    let told = write(OTHER_LEDGER, &kek(1));
    assert!(matches!(told, Err(PersonsError::OtherLedger { .. })), "{told:?}");
}

#[test]
fn a_text_opens_for_its_person_and_its_ledger_alone() {
    let key = DataKey::generate().expect("randomness");
    let sealed = key.seal(LEDGER, &person("p-1"), &text("某某")).expect("sealed");
    for (ledger, id) in [(LEDGER, "p-2"), (OTHER_LEDGER, "p-1"), (LEDGER, "p-11")] {
        let opened = key.open(ledger, &person(id), &sealed);
        assert!(matches!(opened, Err(PersonsError::DoesNotOpen { .. })), "{ledger} {id}");
    }
    let other = DataKey::generate().expect("randomness");
    let opened = other.open(LEDGER, &person("p-1"), &sealed);
    assert!(matches!(opened, Err(PersonsError::OtherKey { .. })), "{opened:?}");
}

#[test]
fn swapped_ciphertexts_and_swapped_key_files_are_rejected() {
    let dir = tempfile::tempdir().expect("a directory");
    let persons = open(dir.path(), Some(kek(1))).expect("opens");
    let (one, two) = (person("p-1"), person("p-2"));
    let first = persons.seal(&one, &text("某甲")).expect("sealed");
    let second = persons.seal(&two, &text("某乙")).expect("sealed");
    assert!(persons.open_text(&one, &second).is_err());
    assert!(persons.open_text(&two, &first).is_err());
    let at = |id: &str| dir.path().join("persons").join(format!("{id}.key"));
    fs::copy(at("p-1"), at("p-2")).expect("copied");
    let opened = persons.open_text(&two, &first);
    assert!(matches!(opened, Err(PersonsError::KeyDamaged { .. })), "{opened:?}");
    assert!(persons.open_text(&one, &first).is_ok(), "whoever was left alone still opens");
}

#[test]
fn a_person_keeps_one_key_and_its_file_is_private() {
    let dir = tempfile::tempdir().expect("a directory");
    let persons = open(dir.path(), Some(kek(1))).expect("opens");
    assert_eq!(files(dir.path()), [""; 0], "nothing is made before there is something to keep");
    let id = person("p-1");
    let first = persons.seal(&id, &text("旧名")).expect("sealed");
    let second = persons.seal(&id, &text("新名")).expect("sealed");
    assert_eq!(first.key, second.key);
    assert_ne!(first.nonce, second.nonce);
    assert_eq!(files(dir.path()), ["KEK", "p-1.key"]);
    for (path, mode) in [("persons", 0o700), ("persons/p-1.key", 0o600), ("persons/KEK", 0o600)] {
        let found = fs::metadata(dir.path().join(path)).expect("there").permissions().mode();
        assert_eq!(found & 0o777, mode, "{path}");
    }
    let again = open(dir.path(), Some(kek(1))).expect("opens again");
    assert_eq!(again.open_text(&id, &first).expect("opens").name_zh, "旧名");
}

#[test]
fn the_keys_of_the_erased_go_and_nobody_elses() {
    let dir = tempfile::tempdir().expect("a directory");
    let persons = open(dir.path(), Some(kek(1))).expect("opens");
    for id in ["p-1", "p-2", "p-1.key"] {
        persons.seal(&person(id), &text("某某")).expect("sealed");
    }
    let sealed = persons.seal(&person("p-1"), &text("某某")).expect("sealed");
    // A crash while a key was written, or while it was destroyed.
    fs::write(dir.path().join("persons/p-1.key.new"), "half").expect("written");
    // Neither needs the key of keys.
    let keyless = open(dir.path(), None).expect("opens");
    assert_eq!(files(dir.path()), ["KEK", "p-1.key", "p-1.key.key", "p-2.key"]);
    fs::write(dir.path().join("persons/p-1.key.new"), "half").expect("written");
    assert_eq!(keyless.destroy_erased(&erased(&["p-1", "p-3"])).expect("destroyed"), 1);
    assert_eq!(files(dir.path()), ["KEK", "p-1.key.key", "p-2.key"]);
    assert_eq!(keyless.destroy_erased(&erased(&["p-1", "p-3"])).expect("again"), 0);
    let opened = persons.open_text(&person("p-1"), &sealed);
    assert!(matches!(opened, Err(PersonsError::KeyMissing { .. })), "{opened:?}");
}

#[test]
fn what_does_not_fit_is_refused_at_the_start() {
    let dir = tempfile::tempdir().expect("a directory");
    let persons = open(dir.path(), Some(kek(1))).expect("opens");
    persons.seal(&person("p-1"), &text("某某")).expect("sealed");

    let wrong = open(dir.path(), Some(kek(2))).expect_err("the wrong key of keys");
    assert!(matches!(wrong, PersonsError::WrongKek { .. }), "{wrong:?}");
    let said = wrong.to_string();
    for word in [kek(1).fingerprint(), kek(2).fingerprint(), "rewrap".into(), "主密钥".into()] {
        assert!(said.contains(&word), "{word} is not in {said}");
    }
    let foreign = Persons::open(place(dir.path(), OTHER_LEDGER, Some(kek(1))));
    assert!(matches!(foreign, Err(PersonsError::OtherLedger { .. })), "{foreign:?}");
    let keyless = open(dir.path(), None).expect("everything but names works");
    let refused = keyless.seal(&person("p-2"), &text("某某"));
    assert!(matches!(refused, Err(PersonsError::NoKek)), "{refused:?}");

    let record = dir.path().join("persons/KEK");
    let kept = fs::read(&record).expect("the record");
    fs::write(&record, "nothing of ours").expect("written");
    let damaged = open(dir.path(), Some(kek(1)));
    assert!(matches!(damaged, Err(PersonsError::KeyDamaged { .. })), "{damaged:?}");
    fs::remove_file(&record).expect("removed");
    let missing = open(dir.path(), Some(kek(1)));
    assert!(matches!(missing, Err(PersonsError::RecordMissing { .. })), "{missing:?}");
    fs::write(&record, kept).expect("written");
    open(dir.path(), Some(kek(1))).expect("mended");
}

#[test]
fn a_change_of_the_key_of_keys_can_be_cut_short_and_run_again() {
    let dir = tempfile::tempdir().expect("a directory");
    let persons = open(dir.path(), Some(kek(1))).expect("opens");
    let ids = ["p-1", "p-2", "p-3"].map(person);
    let sealed = ids.clone().map(|id| persons.seal(&id, &text(id.as_str())).expect("sealed"));
    let change = || rewrap(dir.path(), LEDGER, &kek(1), &kek(2));

    let wrong = rewrap(dir.path(), LEDGER, &kek(3), &kek(2));
    assert!(matches!(wrong, Err(PersonsError::WrongKek { .. })), "{wrong:?}");
    let foreign = rewrap(dir.path(), OTHER_LEDGER, &kek(1), &kek(2));
    assert!(matches!(foreign, Err(PersonsError::OtherLedger { .. })), "{foreign:?}");

    // Cut short after the first of three: a damaged second key stops it there.
    let second = dir.path().join("persons/p-2.key");
    let kept = fs::read(&second).expect("a key");
    fs::write(&second, "damaged").expect("written");
    assert!(change().is_err());
    for kek in [kek(1), kek(2)] {
        let half = open(dir.path(), Some(kek));
        assert!(matches!(half, Err(PersonsError::RewrapUnfinished { .. })), "{half:?}");
    }
    let elsewhere = rewrap(dir.path(), LEDGER, &kek(1), &kek(3));
    assert!(matches!(elsewhere, Err(PersonsError::WrongKek { .. })), "{elsewhere:?}");
    fs::write(&second, kept).expect("written");
    let done = change().expect("the rest");
    assert_eq!((done.changed, done.done_before), (2, 1));
    let done = change().expect("nothing is left to do");
    assert_eq!((done.changed, done.done_before), (0, 3));

    assert!(matches!(open(dir.path(), Some(kek(1))), Err(PersonsError::WrongKek { .. })));
    let persons = open(dir.path(), Some(kek(2))).expect("opens with the new one");
    for (id, sealed) in ids.iter().zip(&sealed) {
        assert_eq!(persons.open_text(id, sealed).expect("opens").name_zh, id.as_str());
    }
}

#[test]
fn a_backup_takes_the_keys_along_and_never_those_of_the_erased() {
    let dir = tempfile::tempdir().expect("a directory");
    assert_eq!(to_back_up(dir.path(), |_| false).expect("nothing"), []);
    let persons = open(dir.path(), Some(kek(1))).expect("opens");
    let ids = ["p-1", "p-2"].map(person);
    let sealed = ids.clone().map(|id| persons.seal(&id, &text(id.as_str())).expect("sealed"));
    let kept = to_back_up(dir.path(), |id| *id == ids[0]).expect("a backup");
    let names: Vec<_> = kept.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["p-2.key", "KEK"]);

    let restored = tempfile::tempdir().expect("a directory");
    assert_eq!(to_restore(restored.path(), LEDGER, &kept).expect("restored"), 1);
    assert_eq!(to_restore(restored.path(), LEDGER, &kept).expect("again"), 1);
    let persons = open(restored.path(), Some(kek(1))).expect("opens");
    assert_eq!(persons.open_text(&ids[1], &sealed[1]).expect("opens").name_zh, "p-2");
    assert!(persons.open_text(&ids[0], &sealed[0]).is_err());

    let elsewhere = tempfile::tempdir().expect("a directory");
    let file = |name: &str, bytes: &[u8]| KeptFile { name: name.into(), bytes: bytes.to_vec() };
    let key = &kept[0].bytes;
    let record = KekRecord::new(LEDGER, &kek(1)).to_text();
    for (what, files) in [
        ("a way out", vec![file("../p-2.key", key)]),
        ("another's name", vec![file("p-3.key", key)]),
        ("no key", vec![file("p-2.key", b"nothing")]),
        ("no record", vec![file("p-2.key", key)]),
        ("something else", vec![file("KEK", record.as_bytes()), file("notes", b"")]),
    ] {
        assert!(to_restore(elsewhere.path(), LEDGER, &files).is_err(), "{what}");
        assert_eq!(files_of(&elsewhere), [""; 0], "{what}");
    }
    let foreign = to_restore(elsewhere.path(), OTHER_LEDGER, &kept);
    assert!(matches!(foreign, Err(PersonsError::OtherLedger { .. })), "{foreign:?}");
}

fn files_of(dir: &tempfile::TempDir) -> Vec<String> {
    files(dir.path())
}

#[test]
fn a_key_of_keys_is_read_from_digits_and_base64_and_never_shown() {
    let digits = "00".repeat(31) + "ff";
    let key = Kek::parse(&digits).expect("digits");
    assert_eq!(Kek::parse(&format!(" {} \n", digits.to_uppercase())).expect("digits"), key);
    let base64 = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAP8=";
    assert_eq!(Kek::parse(base64).expect("base64"), key);
    assert_eq!(Kek::parse(&key.to_file_text()).expect("as written"), key);
    assert_eq!(format!("{key:?}"), "Kek(hidden)");
    assert_eq!(key.fingerprint().len(), 32);
    for bad in ["", "00", &digits[1..], &base64[..43], "口令口令口令口令"] {
        let error = Kek::parse(bad).expect_err("no key");
        assert!(bad.is_empty() || !format!("{error:?}").contains(bad), "{error:?} repeats it");
    }
}

#[test]
fn a_file_that_others_can_read_is_no_place_for_a_key() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("kek");
    fs::write(&file, kek(1).to_file_text().as_bytes()).expect("written");
    for (mode, is_private) in [(0o600, true), (0o400, true), (0o440, true), (0o640, true)]
        .into_iter()
        .chain([(0o644, false), (0o660, false), (0o604, false), (0o602, false)])
    {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).expect("set");
        assert_eq!(Kek::read(&file).is_ok(), is_private, "{mode:o}");
    }
    assert!(Kek::read(&dir.path().join("none")).is_err());
    assert!(Kek::read(dir.path()).is_err(), "a directory");
}

#[test]
fn a_text_shows_nothing_when_it_is_printed() {
    let request = pb::RegisterPersonRequest { text: Some(text("示例")), ..Default::default() };
    assert!(!format!("{request:?}").contains("示例"));
}
