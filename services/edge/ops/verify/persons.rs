//! The keys of persons against the journal: whoever has a name recorded has a key that opens it,
//! and whoever was erased has none.
//!
//! Names are opened to see that they open; none is kept, told or shown.

use std::collections::BTreeSet;
use std::path::Path;

use duty::Position;
use duty::entry::Entry;
use duty::id::PersonId;
use duty::registry::{Person, PersonRecord, Sealed};
use journal::ReadLimit;
use projection::State;

use super::{Compared, Finding, Findings, Subject, Unchecked};
use crate::codec;
use crate::persons::{DIRECTORY, Look, PersonsError};

/// Looks at the record of the key of keys, at every key, and, with the key of keys, at every sealed
/// text; what that left out. A running service makes and destroys keys in a moment, so only what
/// is still so by its registry is a fault.
pub(super) fn compare(
    subject: &Subject<'_>,
    state: &State,
    findings: &mut Findings<'_>,
    compared: &mut Vec<Compared>,
) -> Option<Unchecked> {
    let dir = subject.dir?;
    let mut look = Look::at(dir, &subject.ledger, subject.given.kek.as_ref());
    let kept: BTreeSet<PersonId> = match look.persons() {
        Ok(kept) => kept.into_iter().collect(),
        Err(error) => {
            findings.add(unusable(DIRECTORY, "PERSON_KEY_DAMAGED", &error));
            return None;
        }
    };
    let registry = state.registry();
    let record_of = |person: &PersonId| registry.person(person);
    let is_named = |record: &&PersonRecord| record.erased_at.is_none() && !record.texts.is_empty();
    let named: Vec<(&PersonId, &PersonRecord)> = registry
        .persons(Position::MAX)
        .filter_map(|person| Some((person, record_of(person).filter(is_named)?)))
        .collect();
    let record = format!("{DIRECTORY}/KEK");
    match look.record() {
        Ok(true) => {}
        Ok(false) if kept.is_empty() && named.is_empty() => return None,
        Ok(false) => findings.add(record_missing(&record)),
        Err(error) => findings.add(unusable(&record, kek_word(&error), &error)),
    }
    compared.push(Compared { what: DIRECTORY.to_owned(), position: state.head().get() });
    let names: BTreeSet<&PersonId> = named.iter().map(|(person, _)| *person).collect();
    // A key that nobody uses yet: it was made for an entry that was not written.
    for person in kept.iter().filter(|person| !names.contains(*person)) {
        let is_erased = record_of(person).is_some_and(|record| record.erased_at.is_some());
        match look.key(person) {
            _ if is_erased && subject.live.is_none() => findings.add(of_erased(person)),
            _ if is_erased => {}
            Err(error) if !is_erased_by_now(subject, person) => {
                findings.add(unusable(&file_of(person), "PERSON_KEY_DAMAGED", &error));
            }
            Ok(_) | Err(_) => {}
        }
    }
    for (person, record) in &named {
        if findings.stopped {
            break;
        }
        let wrong = texts(subject, &look, person, record);
        if !wrong.is_empty() && !is_erased_by_now(subject, person) {
            findings.extend(wrong);
        }
    }
    (!named.is_empty() && !look.unwraps()).then(|| not_unwrapped(dir))
}

/// What is wrong with the key of somebody whose name is recorded, and with the name.
fn texts(
    subject: &Subject<'_>,
    look: &Look<'_>,
    person: &PersonId,
    record: &PersonRecord,
) -> Vec<Finding> {
    let file = file_of(person);
    let key = match look.key(person) {
        Ok(key) => key,
        Err(PersonsError::KeyMissing { .. }) => return vec![key_missing(&file, person)],
        Err(error) => return vec![unusable(&file, "PERSON_KEY_DAMAGED", &error)],
    };
    let mut wrong = Vec::new();
    for at in record.texts.iter().filter(|_| look.unwraps()) {
        // What cannot be read or decoded is told already.
        let Some(sealed) = sealed_at(subject, *at) else { continue };
        if let Err(error) = key.opens(&sealed) {
            wrong.push(does_not_open(*at, person, &error));
        }
    }
    wrong
}

/// The sealed text in the entry at a position.
fn sealed_at(subject: &Subject<'_>, at: Position) -> Option<Sealed> {
    let position = journal::Position::new(at.get())?;
    let one = ReadLimit { events: 1, bytes: usize::MAX };
    let entries = subject.journal.read(position, one).ok()?;
    match codec::decode(&entries.first()?.bytes).ok()?.entry {
        Entry::Person(Person { sealed, .. }) => sealed,
        _ => None,
    }
}

/// Whether a running service has erased the person since the check began.
fn is_erased_by_now(subject: &Subject<'_>, person: &PersonId) -> bool {
    subject.live.is_some_and(|live| {
        let registry = live.ledger.registry();
        registry.person(person).is_some_and(|record| record.erased_at.is_some())
    })
}

fn file_of(person: &PersonId) -> String {
    format!("{DIRECTORY}/{person}.key")
}

fn of_erased(person: &PersonId) -> Finding {
    let file = file_of(person);
    Finding::of(
        &file,
        "PERSON_KEY_OF_ERASED",
        format!("{file} 属于已注销个人信息的人员，本应销毁；启动服务即会销毁，或删除该文件"),
        format!(
            "{file} is the key of an erased person and should be destroyed: starting the service \
             does it, or delete the file"
        ),
    )
}

fn record_missing(file: &str) -> Finding {
    Finding::of(
        file,
        "PERSON_KEK_MISSING",
        format!("{file} 缺失而人员信息尚在，服务无法使用人员密钥；请从备份恢复该文件"),
        format!(
            "{file} is missing although names are recorded, so the keys of persons cannot be used; \
             restore it from a backup"
        ),
    )
}

fn key_missing(file: &str, person: &PersonId) -> Finding {
    Finding::of(
        file,
        "PERSON_KEY_MISSING",
        format!(
            "人员 {person} 登记有个人信息且未注销，但密钥 {file} 缺失，该信息无法显示；请从备份恢复该文件；若任何备份中都没有，请用 person erase 登记删除"
        ),
        format!(
            "{person} has a name recorded and was not erased, but the key {file} is missing, so it \
             cannot be shown; restore the file from a backup, or, when no backup has it, record the \
             loss with person erase"
        ),
    )
}

/// What an error about the record is called.
fn kek_word(error: &PersonsError) -> &'static str {
    match error {
        PersonsError::OtherLedger { .. } => "PERSON_KEK_OTHER_LEDGER",
        PersonsError::RewrapUnfinished { .. } => "PERSON_KEK_CHANGING",
        PersonsError::WrongKek { .. } => "PERSON_KEK_OTHER",
        _ => "PERSON_KEK_DAMAGED",
    }
}

/// A file that is there and cannot be used.
fn unusable(file: &str, what: &'static str, error: &PersonsError) -> Finding {
    let (zh, en) = match error {
        PersonsError::KeyDamaged { .. } => (
            format!("{file} 已损坏，或与其文件名不符；请从备份恢复该文件"),
            format!("{file} is damaged, or not what its name says; restore it from a backup"),
        ),
        PersonsError::OtherLedger { found, expected, .. } => (
            format!("{file} 属于另一台账 {found}，本台账为 {expected}；请放回本台账的文件"),
            format!(
                "{file} belongs to ledger {found}, this one is {expected}: put back the file of \
                 this ledger"
            ),
        ),
        PersonsError::RewrapUnfinished { .. } => (
            format!(
                "更换主密钥未完成（见 {file}）；请以相同参数再次运行 duty-ledger persons rewrap"
            ),
            format!(
                "a change of the key of keys was cut short (see {file}): run duty-ledger persons \
                 rewrap again with the same two files"
            ),
        ),
        PersonsError::WrongKek { expected, found, .. } => (
            format!(
                "主密钥不符：{file} 记录的指纹为 {expected}，所用的为 {found}；请改用原主密钥，或从备份恢复该文件"
            ),
            format!(
                "the wrong key of keys: {file} names fingerprint {expected}, the one in use has \
                 {found}; use the former, or restore the file from a backup"
            ),
        ),
        other => (
            format!("{file} 无法读取：{}", crate::chain(other)),
            format!("{file} cannot be read: {}", crate::chain(other)),
        ),
    };
    Finding::of(file, what, zh, en)
}

fn does_not_open(at: Position, person: &PersonId, error: &PersonsError) -> Finding {
    let file = file_of(person);
    let (zh, en) = match error {
        PersonsError::OtherKey { key, .. } => (
            format!("由另一密钥 {key} 加密，不是 {file} 中的密钥"),
            format!("is sealed under another key, {key}, than the one in {file}"),
        ),
        _ => (format!("用 {file} 校验不通过"), format!("does not open with {file}")),
    };
    Finding {
        file: Some(file.clone()),
        ..Finding::at(
            at.get(),
            "PERSON_TEXT",
            format!("第 {at} 条中人员 {person} 的密文{zh}；请从备份恢复 {file}"),
            format!(
                "the sealed text of {person} at position {at} {en}; restore {file} from a backup"
            ),
        )
    }
}

fn not_unwrapped(dir: &Path) -> Unchecked {
    let dir = dir.display();
    Unchecked::new(
        "PERSON_KEYS_UNWRAPPED",
        &format!(
            "{dir} 的人员密钥未试解：没有可用的主密钥；请用 --config 指明服务的配置，或设置环境变量 DUTY_LEDGER_PERSON_KEK"
        ),
        &format!(
            "the keys of persons in {dir} were not unwrapped and no name was opened: there is no key \
             of keys to do it with; name the configuration of the service with --config, or set \
             DUTY_LEDGER_PERSON_KEK"
        ),
    )
}
