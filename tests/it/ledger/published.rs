//! What is published can be checked, and nothing else is given out.

use duty_ledger::pb;
use merkle::hash::{self, Hash};
use merkle::policy::Policy;
use merkle::proof::{verify_consistency, verify_inclusion};
use merkle::receipt::Receipt;
use merkle::tile::decode_bundle;
use merkle::tree::Frontier;
use tokio_stream::StreamExt as _;
use tonic::Code;

use super::*;
use crate::support::events::id;
use crate::support::http::get;
use crate::support::seed::{selector, view};

async fn entries(clients: &Clients) -> Vec<pb::RecordedEntry> {
    let request =
        pb::ReadEventsRequest { view: pb::EntryView::Stored.into(), ..Default::default() };
    let answer = clients.events.clone().read_events(request).await.expect("a stream");
    let parts: Vec<_> = within("the journal", answer.into_inner().collect()).await;
    parts.into_iter().flat_map(|part| part.expect("entries").entries).collect()
}

fn root(entries: &[pb::RecordedEntry], size: u64) -> Hash {
    let mut frontier = Frontier::new();
    for entry in entries.iter().take(size as usize) {
        frontier.push(hash::leaf(&entry.stored), &mut |_, _, _| ());
    }
    frontier.root()
}

fn hashes(bytes: &[prost::bytes::Bytes]) -> Vec<Hash> {
    bytes.iter().map(|hash| Hash(hash.as_ref().try_into().expect("32 bytes"))).collect()
}

fn hash_of(bytes: &[u8]) -> Hash {
    Hash(bytes.try_into().expect("32 bytes"))
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_and_proofs_verify() {
    let service = Service::new().await;
    seed::all(&service.clients).await;
    filled(&service, 1..=300).await;
    let checkpoint = all_published(&service.clients).await;
    let key = key_of(&service);
    let signed = opened(&checkpoint.note, &key);
    let all = entries(&service.clients).await;
    assert_eq!(signed.size(), all.len() as u64);
    assert_eq!(signed.root(), root(&all, signed.size()));
    assert_eq!(checkpoint.root_hash, signed.root().to_string());
    assert!(signed.origin().starts_with("duty-ledger/"));

    let mut ledger = service.clients.ledger.clone();
    let policy = Policy::log_only(key.clone());
    let by_id = ledger.get_receipt(receipt_by_id(id(17))).await.expect("a receipt").into_inner();
    let by_position = ledger.get_receipt(receipt_by_position(by_id.position)).await;
    assert_eq!(by_position.expect("a receipt").into_inner(), by_id);
    let receipt = Receipt::parse(by_id.receipt.as_bytes()).expect("a receipt");
    receipt.verify(&by_id.stored, &policy).expect("the entry is in the log");
    assert_eq!(receipt.index() + 1, by_id.position);
    receipt.verify(b"another entry", &policy).expect_err("not that one");

    for (position, size) in [(1, 1), (1, 0), (77, 200), (256, 256), (257, 0)] {
        let request = pb::GetInclusionProofRequest { position, tree_size: size };
        let proof = ledger.get_inclusion_proof(request).await.expect("a proof").into_inner();
        let (size, leaf) = (proof.tree_size, hash_of(&proof.leaf_hash));
        assert_eq!(leaf, hash::leaf(&all[position as usize - 1].stored));
        let proof = proof.proof.into_iter().map(Into::into).collect::<Vec<_>>();
        verify_inclusion(position - 1, size, &leaf, &hashes(&proof), &root(&all, size))
            .expect("it is in there");
    }
    let request = pb::GetConsistencyProofRequest { first_tree_size: 100, second_tree_size: 0 };
    let proof = ledger.get_consistency_proof(request).await.expect("a proof").into_inner();
    let hashes = hashes(&proof.proof.into_iter().map(Into::into).collect::<Vec<_>>());
    verify_consistency(100, signed.size(), &root(&all, 100), &signed.root(), &hashes)
        .expect("it only grew");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_about_what_is_not_there_are_refused() {
    let service = Service::new().await;
    seed::all(&service.clients).await;
    let size = all_published(&service.clients).await.tree_size;
    let mut ledger = service.clients.ledger.clone();
    let code = |status: tonic::Status| status.code();
    for (position, expected) in [(0, Code::OutOfRange), (size + 1, Code::OutOfRange)] {
        let refused = ledger.get_receipt(receipt_by_position(position)).await.expect_err("none");
        assert_eq!(code(refused), expected, "{position}");
    }
    let refused = ledger.get_receipt(receipt_by_id(id(9))).await.expect_err("none");
    assert_eq!(code(refused), Code::NotFound);
    let refused = ledger.get_receipt(receipt_by_id("?".to_owned())).await.expect_err("no id");
    assert_eq!(code(refused), Code::InvalidArgument);
    let refused = ledger.get_receipt(pb::GetReceiptRequest::default()).await.expect_err("nothing");
    assert_eq!(code(refused), Code::InvalidArgument);
    for (first, second) in [(0, 0), (size + 1, 0), (1, size + 1), (3, 2)] {
        let request =
            pb::GetConsistencyProofRequest { first_tree_size: first, second_tree_size: second };
        let refused = ledger.get_consistency_proof(request).await.expect_err("no such trees");
        assert_eq!(code(refused), Code::OutOfRange, "{first} {second}");
    }
    let request = pb::GetInclusionProofRequest { position: 2, tree_size: 1 };
    let refused = ledger.get_inclusion_proof(request).await.expect_err("not in it");
    assert_eq!(code(refused), Code::OutOfRange);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_published_yet_is_said_to_wait() {
    let slow = Config { checkpoint_interval_ms: 600_000, ..config() };
    let directory = crate::support::directory();
    let clock = Arc::new(SystemClock);
    let service = Service::kept(&slow, directory.path(), clock.clone()).await;
    seed::all(&service.clients).await;
    let mut ledger = service.clients.ledger.clone();
    let head = entries(&service.clients).await.len() as u64;
    let request = pb::GetReceiptRequest { wait: None, ..receipt_by_position(head) };
    let status = ledger.get_receipt(request).await.expect_err("not yet");
    assert_eq!(status.code(), Code::FailedPrecondition);
    let details = tonic_types::StatusExt::get_error_details(&status);
    assert_eq!(details.error_info().expect("info").reason, "NOT_PUBLISHED");
    assert!(details.retry_info().is_some());
    let status = ledger.get_ledger_status(pb::GetLedgerStatusRequest {}).await;
    let status = status.expect("a status").into_inner();
    assert_eq!((status.sequenced_size, status.integrated_size), (head, head));
    assert!(status.published_size < head);
    // Stopping publishes the rest.
    service.stop().await;
    let service = Service::kept(&slow, directory.path(), clock).await;
    let checkpoint =
        service.clients.ledger.clone().get_checkpoint(pb::GetCheckpointRequest::default()).await;
    assert!(head <= checkpoint.expect("a checkpoint").into_inner().tree_size);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tiles_are_served_as_far_as_they_are_published() {
    let open = Config { serve_entries: true, ..config() };
    let directory = crate::support::directory();
    let service = Service::kept(&open, directory.path(), Arc::new(SystemClock)).await;
    seed::all(&service.clients).await;
    filled(&service, 1..=300).await;
    let size = all_published(&service.clients).await.tree_size;
    let all = entries(&service.clients).await;
    let leaves: Vec<u8> = all.iter().flat_map(|entry| hash::leaf(&entry.stored).0).collect();
    let http = service.http();

    let full = get(&http, "/tile/0/000");
    assert_eq!((full.status, &full.body[..]), (200, &leaves[..256 * 32]));
    assert!(full.has("cache-control: public, max-age=31536000, immutable"), "{}", full.head);
    assert!(full.has("content-type: application/octet-stream"), "{}", full.head);
    let partial = size - 256;
    let part = get(&http, &format!("/tile/0/001.p/{partial}"));
    assert_eq!((part.status, &part.body[..]), (200, &leaves[256 * 32..]));
    assert_eq!(get(&http, "/tile/1/000.p/1").body, root(&all, 256).0);
    let bundle = get(&http, &format!("/tile/entries/001.p/{partial}"));
    let entries = decode_bundle(&bundle.body, partial as u16).expect("a bundle");
    assert!(entries.iter().zip(&all[256..]).all(|(read, entry)| *read == &entry.stored[..]));
    let missing = [
        format!("/tile/0/001.p/{}", partial + 1),
        "/tile/0/001".to_owned(),
        "/tile/0/002.p/1".to_owned(),
        "/tile/1/000".to_owned(),
        "/tile/2/000.p/1".to_owned(),
        "/tile/0/000.p/0".to_owned(),
        "/tile/0/000.p/256".to_owned(),
        "/tile/0/0".to_owned(),
        "/tile/64/000".to_owned(),
        "/tile/data/000".to_owned(),
        "/".to_owned(),
        "/CHECKPOINT".to_owned(),
        "/keys/log.ed25519".to_owned(),
    ];
    for path in missing {
        assert_eq!(get(&http, &path).status, 404, "{path}");
    }
    let checkpoint = get(&http, "/checkpoint");
    assert!(checkpoint.has("cache-control: no-cache"), "{}", checkpoint.head);
    assert_eq!(opened(&checkpoint.text(), &key_of(&service)).size(), size);
    let page = get(&http, "/verification").text();
    assert!(page.contains(&key_of(&service).to_string()), "{page}");
    assert!(get(&http, "/sm2.pem").text().starts_with("-----BEGIN PUBLIC KEY-----"));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_take_a_right_to_read_them() {
    let service = Service::new().await;
    seed::all(&service.clients).await;
    all_published(&service.clients).await;
    let refused = get(&service.http(), "/tile/entries/000.p/1");
    assert_eq!(refused.status, 403);
    assert!(refused.text().contains("serve_entries"), "{}", refused.text());
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn views_name_the_tree_they_rest_on() {
    let service = Service::new().await;
    seed::all(&service.clients).await;
    filled(&service, 1..=3).await;
    let all = entries(&service.clients).await;
    for known in [0, all.len() as u64 - 1] {
        let asked = pb::ViewSelector { known_position: known, ..selector("2023-02-01") };
        let basis = view(&service.clients, asked).await.basis.expect("a basis");
        assert_eq!(basis.tree_size, basis.known_position);
        assert_eq!(basis.root_hash, root(&all, basis.tree_size).to_string());
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_admin_port_has_metrics() {
    let service = Service::new().await;
    seed::all(&service.clients).await;
    let size = all_published(&service.clients).await.tree_size;
    let page = get(&service.admin(), "/metrics");
    assert!(page.has("content-type: text/plain; version=0.0.4; charset=utf-8"), "{}", page.head);
    let page = page.text();
    for line in [
        format!("duty_ledger_sequenced_entries {size}"),
        format!("duty_ledger_integrated_entries {size}"),
        format!("duty_ledger_published_entries {size}"),
        "duty_ledger_publish_lag_seconds 0".to_owned(),
        "duty_ledger_witness_quorum_met 1".to_owned(),
        "duty_ledger_journal_poisoned 0".to_owned(),
        "duty_ledger_storage_full_refusals_total 0".to_owned(),
        "# TYPE duty_ledger_witness_failures_total counter".to_owned(),
    ] {
        assert!(page.lines().any(|found| found == line), "{line} is not in {page}");
    }
    service.stop().await;
}
