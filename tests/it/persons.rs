//! Names: sealed in the journal, shown while their key exists, gone for good once it is destroyed.

mod process;
mod refusals;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use duty_ledger::config::Config;
use duty_ledger::pb;
use duty_ledger::persons::Kek;
use journal::{Journal as _, MemoryJournal};
use pb::ledger_entry::Payload;
use prost::Message as _;
use tokio_stream::StreamExt as _;

use crate::support::clock::TestClock;
use crate::support::events::{batch, id, meeting};
use crate::support::seed::{self, LEADER, RECORDER, VERIFIER, key, selector};
use crate::support::service::{Clients, Service, config, open};
use crate::support::{directory, within};

/// Nobody's name, in the forms a person has one.
const NAME: &str = "示例人员甲";
const NAME_OTHER: &str = "Shili Renyuan Jia";
const NOTE: &str = "曾用示例名乙";
/// Another one, after a change of name.
const NEW_NAME: &str = "示例人员丙";
const CLEAR: [&str; 4] = [NAME, NAME_OTHER, NOTE, NEW_NAME];

fn text(name: &str) -> pb::PersonalText {
    pb::PersonalText {
        name_zh: name.to_owned(),
        name_other: NAME_OTHER.to_owned(),
        note: NOTE.to_owned(),
    }
}

/// The registration of a person with a name, under a key derived from both.
fn named(person: &str, name: &str) -> pb::RegisterPersonRequest {
    pb::RegisterPersonRequest {
        event_id: key(&format!("text/{person}/{name}")),
        text: Some(text(name)),
        ..seed::person(person)
    }
}

/// A new name for somebody who is registered.
fn renamed(person: &str, name: &str) -> pb::RegisterPersonRequest {
    pb::RegisterPersonRequest { amend: true, ..named(person, name) }
}

fn erasure(person: &str) -> pb::ErasePersonRequest {
    pb::ErasePersonRequest {
        recorder: RECORDER.to_owned(),
        event_id: key(&format!("erasure/{person}")),
        person_id: person.to_owned(),
        document_number: "柳科发〔2026〕12号".to_owned(),
        reason: "本人依法申请删除个人信息".to_owned(),
        approver: VERIFIER.to_owned(),
    }
}

fn clock() -> Arc<TestClock> {
    Arc::new(TestClock::at("2023-04-01T04:00:00Z"))
}

/// A service over a directory, with a key of keys or without.
async fn start(directory: &Path, kek: Option<u8>) -> Service {
    let person_kek = kek.map(|byte| Kek::from_bytes([byte; 32]));
    Service::configured(&Config { person_kek, ..config() }, directory, clock()).await
}

async fn person(clients: &Clients, id: &str, known: u64) -> pb::GetPersonResponse {
    let request = pb::GetPersonRequest { person_id: id.to_owned(), known_position: known };
    clients.registry.clone().get_person(request).await.expect("a person").into_inner()
}

async fn card(clients: &Clients) -> pb::GetLeaderComplianceResponse {
    let request = pb::GetLeaderComplianceRequest {
        person_id: LEADER.to_owned(),
        selector: Some(selector("2023-04-01")),
    };
    clients.compliance.clone().get_leader_compliance(request).await.expect("a card").into_inner()
}

/// Every entry as it is stored, by position.
async fn stored(clients: &Clients) -> Vec<Vec<u8>> {
    let request = pb::ReadEventsRequest::default();
    let answer = clients.events.clone().read_events(request).await.expect("a stream");
    let parts: Vec<_> = within("the journal", answer.into_inner().collect()).await;
    let entries = parts.into_iter().flat_map(|part| part.expect("entries").entries);
    entries.map(|entry| entry.stored.to_vec()).collect()
}

/// Everything the ledger answers that could have a name in it, in bytes.
async fn answers(clients: &Clients, known: u64) -> Vec<Vec<u8>> {
    let mut compliance = clients.compliance.clone();
    let (mut registry, mut events) = (clients.registry.clone(), clients.events.clone());
    let selector = pb::ViewSelector { known_position: known, ..selector("2023-04-01") };
    let organization = pb::GetOrganizationRequest {
        organization_id: seed::BUREAU.to_owned(),
        known_position: known,
        ..Default::default()
    };
    let organization = registry.get_organization(organization).await.expect("an organization");
    let matrix =
        pb::QueryComplianceRequest { selector: Some(selector.clone()), ..Default::default() };
    let matrix = compliance.query_compliance(matrix).await.expect("a page");
    let sheet = pb::GetScoreSheetRequest {
        organization_id: seed::BUREAU.to_owned(),
        selector: Some(selector.clone()),
    };
    let sheet = clients.evaluation.clone().get_score_sheet(sheet).await.expect("a sheet");
    let listed =
        pb::ListEventsRequest { organization_id: seed::BUREAU.to_owned(), ..Default::default() };
    let mut listed = events.list_events(listed).await.expect("a list").into_inner();
    // How far the journal is, is no part of what stood there.
    listed.position = 0;
    listed.root_hash.clear();
    let mut all = vec![
        organization.into_inner().encode_to_vec(),
        matrix.into_inner().encode_to_vec(),
        sheet.into_inner().encode_to_vec(),
        listed.encode_to_vec(),
        seed::view(clients, selector).await.encode_to_vec(),
    ];
    all.extend(stored(clients).await);
    all
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// None of the names stands in any of these bytes.
#[track_caller]
fn none_in<'a>(what: &str, found: impl IntoIterator<Item = &'a [u8]>) {
    for (index, bytes) in found.into_iter().enumerate() {
        for text in CLEAR {
            assert!(!has(bytes, text), "{text} is in {what} {index}");
        }
    }
}

/// None of the names stands in any file below a directory.
#[track_caller]
fn none_on_disk(directory: &Path) {
    let mut left = vec![directory.to_path_buf()];
    let mut files = 0;
    while let Some(path) = left.pop() {
        for entry in fs::read_dir(path).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                left.push(path);
                continue;
            }
            files += 1;
            let bytes = fs::read(&path).expect("a file");
            none_in(&path.display().to_string(), [&bytes[..], path.as_os_str().as_encoded_bytes()]);
        }
    }
    assert!(4 < files, "only {files} files: is this a ledger?");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_shown_until_it_is_erased_and_nothing_else_changes() {
    let directory = directory();
    let service = start(directory.path(), Some(1)).await;
    seed::all(&service.clients).await;
    let events = vec![meeting(1), meeting(2)];
    service.clients.events.clone().append_events(batch(events)).await.expect("accepted");
    let mut client = service.clients.registry.clone();
    assert_eq!(person(&service.clients, LEADER, 0).await.text_state(), pb::PersonTextState::None);
    let first = client.register_person(renamed(LEADER, NAME)).await.expect("registered");
    let first = first.into_inner().receipt.expect("a receipt");
    client.register_person(renamed(LEADER, NEW_NAME)).await.expect("renamed");
    client.register_person(named("p-2", NAME)).await.expect("registered");

    // Each name as it was known then; an answer at a position before there was one has none.
    for (known, state, name) in [
        (first.position - 1, pb::PersonTextState::None, ""),
        (first.position, pb::PersonTextState::Shown, NAME),
        (0, pb::PersonTextState::Shown, NEW_NAME),
    ] {
        let answer = person(&service.clients, LEADER, known).await;
        assert_eq!(answer.text_state(), state, "{known}");
        assert_eq!(answer.text.clone().unwrap_or_default().name_zh, name, "{known}");
        assert_eq!(answer.person.expect("a person").sealed, None, "sealed bytes are no name");
        assert_eq!(answer.tenures.len(), 2);
    }
    let shown = card(&service.clients).await;
    assert_eq!(shown.person_name, NEW_NAME);
    let known = shown.basis.clone().expect("a basis").known_position;
    let before = answers(&service.clients, known).await;
    none_in("answer", before.iter().map(Vec::as_slice));
    let leaves = stored(&service.clients).await;
    none_on_disk(directory.path());

    let erased = client.erase_person(erasure(LEADER)).await.expect("erased").into_inner();
    assert!(erased.key_destroyed);
    assert!(!directory.path().join(format!("persons/{LEADER}.key")).exists());
    let position = erased.receipt.expect("a receipt").position;
    // Also after a restart, and for every position asked about.
    let mut service = service;
    for _ in 0..2 {
        for known in [0, first.position, first.position - 1] {
            let answer = person(&service.clients, LEADER, known).await;
            assert_eq!(answer.text_state(), pb::PersonTextState::Erased);
            assert_eq!((answer.text, answer.erasure_position), (None, position));
            let order = answer.erasure.expect("the order");
            assert_eq!(order.document_number, "柳科发〔2026〕12号");
            assert_eq!(order.approver, VERIFIER);
            assert_eq!(answer.tenures.len(), 2, "the person stays");
        }
        let other = person(&service.clients, "p-2", 0).await;
        assert_eq!(other.text.expect("shown").name_zh, NAME, "whoever was not erased stays");
        // The same figures for the same question, byte for byte; only the name is gone.
        let now = answers(&service.clients, known).await;
        let same = now.iter().zip(&before).filter(|(a, b)| a == b).count();
        assert_eq!(same, before.len(), "{same} of {} are the same", before.len());
        let bare = pb::GetLeaderComplianceResponse { person_name: String::new(), ..shown.clone() };
        let again = card_at(&service.clients, known).await;
        assert_eq!(again, pb::GetLeaderComplianceResponse { basis: again.basis.clone(), ..bare });
        assert_eq!(stored(&service.clients).await[..leaves.len()], leaves[..]);
        none_in("answer", now.iter().map(Vec::as_slice));
        let all = stored(&service.clients).await;
        service.stop().await;
        // What was signed at the end is the tree over these very leaves, ciphertext included.
        assert_eq!(signed(directory.path()), (all.len() as u64, root_of(&all)));
        none_on_disk(directory.path());
        service = start(directory.path(), Some(1)).await;
    }
    service.stop().await;
}

/// Size and root of the last checkpoint.
fn signed(directory: &Path) -> (u64, merkle::hash::Hash) {
    let note = fs::read(directory.join("CHECKPOINT")).expect("a checkpoint");
    let note = merkle::note::Note::parse(&note).expect("a note");
    let checkpoint = merkle::checkpoint::Checkpoint::parse(note.text()).expect("a checkpoint");
    (checkpoint.size(), checkpoint.root())
}

/// The root of the tree over leaves, as anybody may compute it.
fn root_of(leaves: &[Vec<u8>]) -> merkle::hash::Hash {
    let mut tree = merkle::tree::Frontier::new();
    for leaf in leaves {
        tree.push(merkle::hash::leaf(leaf), &mut |_, _, _| {});
    }
    tree.root()
}

async fn card_at(clients: &Clients, known: u64) -> pb::GetLeaderComplianceResponse {
    let selector = pb::ViewSelector { known_position: known, ..selector("2023-04-01") };
    let request =
        pb::GetLeaderComplianceRequest { person_id: LEADER.to_owned(), selector: Some(selector) };
    clients.compliance.clone().get_leader_compliance(request).await.expect("a card").into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_call_gets_its_first_receipt() {
    let directory = directory();
    let service = start(directory.path(), Some(1)).await;
    let mut client = service.clients.registry.clone();
    let first = client.register_person(named("p-1", NAME)).await.expect("registered");
    let first = first.into_inner().receipt.expect("a receipt");
    assert!(!first.duplicate);
    let mut spaced = named("p-1", NAME);
    spaced.text = Some(pb::PersonalText { name_zh: format!(" {NAME} "), ..text(NAME) });
    for same in [named("p-1", NAME), spaced] {
        let again = client.register_person(same).await.expect("accepted").into_inner();
        let again = again.receipt.expect("a receipt");
        assert!(again.duplicate);
        assert_eq!(again.position, first.position);
    }
    // Two at once, both new: no two ciphertexts are the same, and yet the call is.
    for round in 0..8u128 {
        let call = pb::RegisterPersonRequest {
            event_id: id(500 + round),
            ..named(&format!("p-at-once-{round}"), NAME)
        };
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let (mut client, call) = (client.clone(), call.clone());
            calls.spawn(async move { client.register_person(call).await });
        }
        let mut positions = Vec::new();
        while let Some(answer) = calls.join_next().await {
            let answer = answer.expect("a task").expect("the same call").into_inner();
            positions.push(answer.receipt.expect("a receipt").position);
        }
        positions.dedup();
        assert_eq!(positions.len(), 1, "round {round}");
    }
    let erased = client.erase_person(erasure("p-1")).await.expect("erased").into_inner();
    let again = client.erase_person(erasure("p-1")).await.expect("the same call").into_inner();
    let (erased, again) = (erased.receipt.expect("one"), again.receipt.expect("one"));
    assert_eq!((again.position, again.duplicate), (erased.position, true));
    // The call that registered the text gets its first receipt still, whatever text it brings: that
    // nobody can compare any more. It takes no key of keys, and makes no key again.
    service.stop().await;
    let service = start(directory.path(), None).await;
    let mut client = service.clients.registry.clone();
    let other = pb::RegisterPersonRequest { text: Some(text(NEW_NAME)), ..named("p-1", NAME) };
    for same in [named("p-1", NAME), other] {
        let again = client.register_person(same).await.expect("the same call").into_inner();
        let again = again.receipt.expect("a receipt");
        assert_eq!((again.position, again.duplicate), (first.position, true));
    }
    let others = pb::RegisterPersonRequest { recorder: "oa-2".to_owned(), ..named("p-1", NAME) };
    let again = client.register_person(others).await.expect("by whomever it is repeated");
    assert!(again.into_inner().receipt.expect("a receipt").duplicate);
    assert!(!directory.path().join("persons/p-1.key").exists(), "no key was made again");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_between_the_order_and_the_destruction_heals_before_anything_is_served() {
    let directory = directory();
    let keys = directory.path().join("persons");
    let service = start(directory.path(), Some(1)).await;
    let mut client = service.clients.registry.clone();
    client.register_person(named("p-1", NAME)).await.expect("registered");
    client.register_person(named("p-2", NAME)).await.expect("registered");
    let kept = fs::read(keys.join("p-1.key")).expect("the key");
    client.erase_person(erasure("p-1")).await.expect("erased");
    service.stop().await;
    // As a crash right after the entry became durable leaves it, one while the key was being
    // overwritten, one while it was being written, and a backup that was put back.
    let half = [&kept[..100], &vec![0; kept.len() - 100]].concat();
    for (name, bytes) in
        [("p-1.key", &kept), ("p-1.key", &half), ("p-1.key.new", &half), ("p-1.key", &kept)]
    {
        fs::write(keys.join(name), bytes).expect("written");
        // Neither the key of keys nor anybody's call is needed for it.
        let service = start(directory.path(), None).await;
        assert!(!keys.join(name).exists(), "{name} is still there");
        let answer = person(&service.clients, "p-1", 0).await;
        assert_eq!(answer.text_state(), pb::PersonTextState::Erased);
        service.stop().await;
    }
    let service = start(directory.path(), Some(1)).await;
    assert_eq!(person(&service.clients, "p-2", 0).await.text.expect("shown").name_zh, NAME);
    service.stop().await;
}

/// An entry as the release before names wrote it: `Person { person_id: "p-old" }` and no more.
const OLD_ENTRY: &[u8] = b"\n$0192f0c4-5b7e-7c31-8f2a-4d6e9b1a7c55\x12\x06\x08\xc0\xd8\x9e\xa1\
    \x06\x1a\x03oa1\xb2\x01\x07\n\x05p-old";

#[tokio::test(flavor = "multi_thread")]
async fn a_person_of_the_release_before_is_still_understood() {
    let decoded = pb::LedgerEntry::decode(OLD_ENTRY).expect("an entry");
    assert!(matches!(&decoded.payload, Some(Payload::Person(p)) if p.sealed.is_none()));
    let directory = directory();
    let journal = open(directory.path());
    let first = journal::Position::FIRST;
    journal.append(first, &[OLD_ENTRY.into()]).expect("appended");
    journal.close().expect("closed");
    drop(journal);
    let service = start(directory.path(), Some(1)).await;
    let answer = person(&service.clients, "p-old", 1).await;
    assert_eq!(answer.text_state(), pb::PersonTextState::None);
    assert_eq!(stored(&service.clients).await[0], OLD_ENTRY, "served as it was stored");
    let mut client = service.clients.registry.clone();
    client.register_person(renamed("p-old", NAME)).await.expect("named at last");
    assert_eq!(person(&service.clients, "p-old", 0).await.text.expect("shown").name_zh, NAME);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_of_keys_everything_but_names_works() {
    let directory = directory();
    let service = start(directory.path(), None).await;
    seed::all(&service.clients).await;
    let mut client = service.clients.registry.clone();
    let refused = client.register_person(named("p-1", NAME)).await;
    let refusal = crate::support::refusal::check(
        "no key of keys",
        refused,
        tonic::Code::FailedPrecondition,
        "PERSON_KEY_UNAVAILABLE",
        "",
    );
    assert!(!directory.path().join("persons").exists());
    assert!(!format!("{refusal:?}").contains(NAME));
    service.stop().await;

    let service = start(directory.path(), Some(1)).await;
    service.clients.registry.clone().register_person(renamed(LEADER, NAME)).await.expect("named");
    service.stop().await;
    let service = start(directory.path(), None).await;
    let answer = person(&service.clients, LEADER, 0).await;
    assert_eq!(answer.text_state(), pb::PersonTextState::Unavailable);
    assert_eq!(card(&service.clients).await.person_name, "");
    // To erase takes no key.
    let mut client = service.clients.registry.clone();
    assert!(client.erase_person(erasure(LEADER)).await.expect("erased").into_inner().key_destroyed);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_without_a_directory_keeps_no_names() {
    let journal = Arc::new(MemoryJournal::new());
    let config = Config { person_kek: Some(Kek::from_bytes([1; 32])), ..config() };
    let service = Service::with(&config, journal, clock()).await;
    let mut client = service.clients.registry.clone();
    let status = client.register_person(named("p-1", NAME)).await.expect_err("nowhere to keep it");
    assert_eq!(status.code(), tonic::Code::FailedPrecondition);
    client.register_person(seed::person("p-1")).await.expect("registered by id");
    assert!(client.erase_person(erasure("p-1")).await.expect("erased").into_inner().key_destroyed);
}
