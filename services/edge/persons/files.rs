//! The files of `persons/`: one wrapped key a person, and the record of what they are wrapped by.
//!
//! Small texts, replaced as a whole: new file, sync, rename, sync of the directory, so that a power
//! cut leaves the old one or the new one. A destroyed file is overwritten and synced before it is
//! unlinked. On media that keep old blocks (flash, copy-on-write) overwriting proves nothing: what
//! is left there is a key wrapped by the KEK, which changing the KEK makes worthless.
//!
//! The last line of each is a SHA-256 of those above it, so that damage is never taken for another
//! KEK or another ledger. Files made before there was that line are read all the same.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use duty::id::PersonId;
use duty::registry::NONCE_BYTES;
use sha2::{Digest as _, Sha256};

use super::error::PersonsError;
use super::kek::{FINGERPRINT_BYTES, KEY_BYTES, Kek};
use super::seal::{self, DataKey, KEY_ID_BYTES};

/// Where the keys are, below the data directory.
pub const DIRECTORY: &str = "persons";
/// The record's name; no id ends in what keys end in without a dot before it.
pub(super) const RECORD: &str = "KEK";
const KEY_ENDING: &str = ".key";
/// What a file is called until it is complete.
const NEW_ENDING: &str = ".new";
const KEY_TITLE: &str = "duty-ledger person key 1";
const RECORD_TITLE: &str = "duty-ledger person kek 1";
/// What the line with the sum begins with.
const SUM: &str = "sha256 ";
/// Length of a ledger's id, in bytes.
const LEDGER_BYTES: usize = 16;
/// Domain of the additional data of a wrapped key.
const PURPOSE: &str = "person-key/1";
/// Length of a wrapped key: the key and the tag, in bytes.
const WRAPPED_BYTES: usize = KEY_BYTES + 16;

/// `persons/` in a data directory.
#[derive(Debug, Clone)]
pub(super) struct Directory {
    data_dir: PathBuf,
    path: PathBuf,
}

impl Directory {
    pub(super) fn of(data_dir: &Path) -> Self {
        Self { data_dir: data_dir.to_path_buf(), path: data_dir.join(DIRECTORY) }
    }

    pub(super) fn kek_path(&self) -> PathBuf {
        self.path.join(RECORD)
    }

    pub(super) fn key_path(&self, person: &PersonId) -> PathBuf {
        self.path.join(format!("{person}{KEY_ENDING}"))
    }

    /// The names in the directory, sorted; none when there is no directory.
    pub(super) fn names(&self) -> Result<Vec<String>, PersonsError> {
        let failed = || PersonsError::io("列出目录", "list the directory", &self.path);
        let entries = match fs::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed()(error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            names.push(entry.map_err(failed())?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }

    /// Whose keys there are.
    pub(super) fn persons(&self) -> Result<Vec<PersonId>, PersonsError> {
        Ok(self.names()?.iter().filter_map(|name| person_of(name)).collect())
    }

    pub(super) fn has_keys(&self) -> Result<bool, PersonsError> {
        Ok(!self.persons()?.is_empty())
    }

    /// Destroys what a crash left half written: it may hold a wrapped key.
    pub(super) fn remove_leftovers(&self) -> Result<(), PersonsError> {
        for name in self.names()?.iter().filter(|name| name.ends_with(NEW_ENDING)) {
            self.destroy_file(&self.path.join(name))?;
        }
        Ok(())
    }

    /// Makes the directory and the record, durably, unless they are there.
    pub(super) fn prepare(&self, record: &KekRecord) -> Result<(), PersonsError> {
        let failed = || PersonsError::io("创建目录", "create the directory", &self.path);
        match fs::DirBuilder::new().mode(0o700).create(&self.path) {
            Ok(()) => sync_dir(&self.data_dir)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed()(error)),
        }
        if self.kek_record()?.is_some() { Ok(()) } else { self.put_record(record) }
    }

    pub(super) fn put_record(&self, record: &KekRecord) -> Result<(), PersonsError> {
        self.replace(RECORD, record.to_text().as_bytes())
    }

    pub(super) fn kek_record(&self) -> Result<Option<KekRecord>, PersonsError> {
        let path = self.kek_path();
        let Some(text) = read_small(&path)? else { return Ok(None) };
        KekRecord::parse(&text).map(Some).ok_or(PersonsError::KeyDamaged { path })
    }

    pub(super) fn put(&self, key: &WrappedKey) -> Result<(), PersonsError> {
        self.replace(&format!("{}{KEY_ENDING}", key.person), key.to_text().as_bytes())
    }

    pub(super) fn key(&self, person: &PersonId) -> Result<Option<WrappedKey>, PersonsError> {
        let path = self.key_path(person);
        let Some(text) = read_small(&path)? else { return Ok(None) };
        WrappedKey::parse(&text).map(Some).ok_or(PersonsError::KeyDamaged { path })
    }

    /// Destroys a person's key; whether there was one.
    pub(super) fn destroy(&self, person: &PersonId) -> Result<bool, PersonsError> {
        let path = self.key_path(person);
        let half_written = self.path.join(format!("{person}{KEY_ENDING}{NEW_ENDING}"));
        let new_too = self.destroy_file(&half_written)?;
        Ok(self.destroy_file(&path)? || new_too)
    }

    fn destroy_file(&self, path: &Path) -> Result<bool, PersonsError> {
        let failed = || PersonsError::io("销毁密钥", "destroy the key", path);
        let mut file = match OpenOptions::new().write(true).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(failed()(error)),
        };
        let length = file.metadata().map_err(failed())?.len();
        // Ours are a few hundred bytes; something larger is not zeroed in one piece of memory.
        let mut left = length;
        while 0 < left {
            let piece = usize::try_from(left).unwrap_or(usize::MAX).min(4_096);
            file.write_all(&[0; 4_096][..piece]).map_err(failed())?;
            left -= piece as u64;
        }
        file.sync_all().map_err(failed())?;
        fs::remove_file(path).map_err(failed())?;
        sync_dir(&self.path)?;
        Ok(true)
    }

    /// Replaces a file as a whole, durably.
    pub(super) fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), PersonsError> {
        let path = self.path.join(name);
        let new = self.path.join(format!("{name}{NEW_ENDING}"));
        let write = || -> io::Result<()> {
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(true).mode(0o600);
            let mut file = options.open(&new)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&new, &path)
        };
        write().map_err(PersonsError::io("写入", "write", &path))?;
        sync_dir(&self.path)
    }
}

/// Whose key a file name names.
pub(super) fn person_of(name: &str) -> Option<PersonId> {
    PersonId::parse(name.strip_suffix(KEY_ENDING)?)
}

fn sync_dir(path: &Path) -> Result<(), PersonsError> {
    File::open(path).and_then(|dir| dir.sync_all()).map_err(PersonsError::io(
        "同步目录",
        "sync the directory",
        path,
    ))
}

pub(super) fn read_small(path: &Path) -> Result<Option<String>, PersonsError> {
    match fs::read(path) {
        // Bytes that are no text are damage, and parse as such.
        Ok(bytes) => Ok(Some(String::from_utf8(bytes).unwrap_or_default())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(PersonsError::io("读取", "read", path)(error)),
    }
}

/// The record of what the keys are wrapped by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KekRecord {
    pub(super) ledger: String,
    /// Fingerprint of the KEK.
    pub(super) kek: String,
    /// Fingerprint of the next one, while keys are being wrapped anew.
    pub(super) next: Option<String>,
}

impl KekRecord {
    pub(super) fn new(ledger: &str, kek: &Kek) -> Self {
        Self { ledger: ledger.to_owned(), kek: kek.fingerprint(), next: None }
    }

    pub(super) fn to_text(&self) -> String {
        let Self { ledger, kek, next } = self;
        let next = next.as_ref().map_or_else(String::new, |next| format!("next {next}\n"));
        summed(format!("{RECORD_TITLE}\nledger {ledger}\nkek {kek}\n{next}"))
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut lines = unsummed(text)?.strip_suffix('\n')?.split('\n');
        let title = lines.next() == Some(RECORD_TITLE);
        let ledger = digits(lines.next()?.strip_prefix("ledger ")?, LEDGER_BYTES)?;
        let kek = digits(lines.next()?.strip_prefix("kek ")?, FINGERPRINT_BYTES)?;
        let next = match lines.next() {
            Some(line) => Some(digits(line.strip_prefix("next ")?, FINGERPRINT_BYTES)?),
            None => None,
        };
        (title && lines.next().is_none()).then_some(Self { ledger, kek, next })
    }

    /// The keys are this ledger's, and no change of the KEK is half done.
    pub(super) fn check(&self, directory: &Directory, ledger: &str) -> Result<(), PersonsError> {
        let path = directory.kek_path();
        if self.ledger != ledger {
            let (found, expected) = (self.ledger.clone(), ledger.to_owned());
            return Err(PersonsError::OtherLedger { path, found, expected });
        }
        if self.next.is_some() {
            return Err(PersonsError::RewrapUnfinished { path });
        }
        Ok(())
    }

    /// A key is wrapped by the KEK recorded, or by the next one, by its own word.
    pub(super) fn check_wraps(
        &self,
        directory: &Directory,
        key: &WrappedKey,
    ) -> Result<(), PersonsError> {
        if key.kek == self.kek || self.next.as_ref() == Some(&key.kek) {
            return Ok(());
        }
        let (path, expected) = (directory.key_path(&key.person), key.kek.clone());
        Err(PersonsError::WrongKek { path, expected, found: self.kek.clone() })
    }

    /// The KEK is the one recorded.
    pub(super) fn check_kek(&self, directory: &Directory, kek: &Kek) -> Result<(), PersonsError> {
        let found = kek.fingerprint();
        if self.kek == found {
            return Ok(());
        }
        let (path, expected) = (directory.kek_path(), self.kek.clone());
        Err(PersonsError::WrongKek { path, expected, found })
    }
}

/// A person's key, wrapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WrappedKey {
    pub(super) ledger: String,
    pub(super) person: PersonId,
    /// Id of the key.
    pub(super) id: String,
    /// Fingerprint of the KEK.
    pub(super) kek: String,
    nonce: [u8; NONCE_BYTES],
    wrapped: [u8; WRAPPED_BYTES],
}

impl WrappedKey {
    pub(super) fn new(
        ledger: &str,
        person: &PersonId,
        key: &DataKey,
        kek: &Kek,
    ) -> Result<Self, PersonsError> {
        let nonce = seal::random()?;
        let aad = seal::bound_to(&[PURPOSE, ledger, person.as_str(), &key.id]);
        let wrapped = kek.wrap(&nonce, &key.bytes, &aad)?;
        let wrapped = wrapped.try_into().map_err(|_| PersonsError::Seal)?;
        let (ledger, person) = (ledger.to_owned(), person.clone());
        Ok(Self { ledger, person, id: key.id.clone(), kek: kek.fingerprint(), nonce, wrapped })
    }

    /// The file of this person in `directory` is that of this person, in this ledger.
    pub(super) fn check(
        &self,
        directory: &Directory,
        ledger: &str,
        person: &PersonId,
    ) -> Result<(), PersonsError> {
        let path = directory.key_path(person);
        if self.ledger != ledger {
            let (found, expected) = (self.ledger.clone(), ledger.to_owned());
            return Err(PersonsError::OtherLedger { path, found, expected });
        }
        if self.person != *person {
            return Err(PersonsError::KeyDamaged { path });
        }
        Ok(())
    }

    /// The key is wrapped by this KEK, by its own word.
    pub(super) fn check_kek(&self, directory: &Directory, kek: &Kek) -> Result<(), PersonsError> {
        let found = kek.fingerprint();
        if self.kek == found {
            return Ok(());
        }
        let (path, expected) = (directory.key_path(&self.person), self.kek.clone());
        Err(PersonsError::WrongKek { path, expected, found })
    }

    /// The key, when it is this person's in this ledger and wrapped by `kek`.
    pub(super) fn unwrap(
        &self,
        ledger: &str,
        person: &PersonId,
        kek: &Kek,
    ) -> Result<DataKey, UnwrapError> {
        let aad = seal::bound_to(&[PURPOSE, ledger, person.as_str(), &self.id]);
        let bytes = kek.unwrap(&self.nonce, &self.wrapped, &aad).ok_or(UnwrapError)?;
        Ok(DataKey { id: self.id.clone(), bytes })
    }

    pub(super) fn to_text(&self) -> String {
        let Self { ledger, person, id, kek, .. } = self;
        let (nonce, wrapped) = (hex(&self.nonce), hex(&self.wrapped));
        summed(format!(
            "{KEY_TITLE}\nledger {ledger}\nperson {person}\nkey {id}\nkek {kek}\n\
             nonce {nonce}\nwrapped {wrapped}\n"
        ))
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut lines = unsummed(text)?.strip_suffix('\n')?.split('\n');
        let title = lines.next() == Some(KEY_TITLE);
        let mut field = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ');
        let ledger = digits(field("ledger")?, LEDGER_BYTES)?;
        let person = PersonId::parse(field("person")?)?;
        let id = digits(field("key")?, KEY_ID_BYTES)?;
        let kek = digits(field("kek")?, FINGERPRINT_BYTES)?;
        let (mut nonce, mut wrapped) = ([0; NONCE_BYTES], [0; WRAPPED_BYTES]);
        from_hex(field("nonce")?, &mut nonce)?;
        from_hex(field("wrapped")?, &mut wrapped)?;
        let complete = title && lines.next().is_none();
        complete.then_some(Self { ledger, person, id, kek, nonce, wrapped })
    }
}

/// A wrapped key does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct UnwrapError;

/// The text with the line below it that gives damage away.
fn summed(text: String) -> String {
    let sum = sum_of(&text);
    format!("{text}{SUM}{sum}\n")
}

/// The text above its sum, or all of one that has none; `None` when the sum is another one.
fn unsummed(text: &str) -> Option<&str> {
    let last = text.strip_suffix('\n')?.rfind('\n').map_or(0, |end| end + 1);
    let (above, line) = text.split_at(last);
    match line.strip_prefix(SUM) {
        Some(sum) => (sum.strip_suffix('\n')? == sum_of(above)).then_some(above),
        None => Some(text),
    }
}

fn sum_of(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

/// A text of exactly so many bytes in digits as we write them, which are compared as they stand.
fn digits(text: &str, bytes: usize) -> Option<String> {
    let is_ours = |digit: u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
    (text.len() == 2 * bytes && text.bytes().all(is_ours)).then(|| text.to_owned())
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        for half in [byte >> 4, byte & 15] {
            text.push(char::from_digit(half.into(), 16).unwrap_or('0'));
        }
    }
    text
}

/// Reads exactly as many bytes as `into` has, in digits of either case.
pub(super) fn from_hex(text: &str, into: &mut [u8]) -> Option<()> {
    let digits = text.as_bytes();
    if digits.len() != 2 * into.len() {
        return None;
    }
    for (byte, pair) in into.iter_mut().zip(digits.chunks_exact(2)) {
        let mut value = 0;
        for digit in pair {
            value = value << 4 | char::from(*digit).to_digit(16)?;
        }
        *byte = u8::try_from(value).ok()?;
    }
    Some(())
}
