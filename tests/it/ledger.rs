//! The transparency log through its ports: receipts, proofs, tiles, restarts.

mod lost;
mod outside;
mod published;
mod receipts;
mod restarts;
pub(crate) mod witnesses;

use std::sync::Arc;
use std::time::Duration;

use duty_ledger::clock::SystemClock;
use duty_ledger::config::Config;
use duty_ledger::pb;
use merkle::{Checkpoint, VerifierKey};

use crate::support::events::{batch, meeting};
use crate::support::service::{Clients, Service, config};
use crate::support::{seed, within};

/// A log with entries in it: registry, rules, and events of numbers in a range.
async fn filled(service: &Service, numbers: std::ops::RangeInclusive<u128>) {
    let events = numbers.map(meeting).collect();
    let appended = service.clients.events.clone().append_events(batch(events)).await;
    appended.expect("accepted");
}

/// The published checkpoint once it covers everything that is on the disk.
async fn all_published(clients: &Clients) -> pb::GetCheckpointResponse {
    let mut ledger = clients.ledger.clone();
    let published = async {
        loop {
            let status = ledger.get_ledger_status(pb::GetLedgerStatusRequest {}).await;
            let status = status.expect("a status").into_inner();
            if status.published_time.is_some() && status.published_size == status.sequenced_size {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        ledger.get_checkpoint(pb::GetCheckpointRequest::default()).await.expect("a checkpoint")
    };
    within("everything to be published", published).await.into_inner()
}

/// The Ed25519 key of the log, as its HTTP port gives it.
fn key_of(service: &Service) -> VerifierKey {
    let key = crate::support::http::get(&service.http(), "/log.vkey").text();
    key.trim_end().parse().expect("a key")
}

/// A checkpoint that the key has signed.
#[track_caller]
fn opened(note: &str, key: &VerifierKey) -> Checkpoint {
    let opened = Checkpoint::open(note.as_bytes(), key.name().as_str(), [key]);
    opened.expect("a checkpoint of this log").0
}

fn receipt_by_position(position: u64) -> pb::GetReceiptRequest {
    receipt(pb::get_receipt_request::Entry::Position(position))
}

fn receipt_by_id(event_id: String) -> pb::GetReceiptRequest {
    receipt(pb::get_receipt_request::Entry::EventId(event_id))
}

/// Waits for the entry to be published, as most callers would.
fn receipt(entry: pb::get_receipt_request::Entry) -> pb::GetReceiptRequest {
    let wait = prost_types::Duration { seconds: 60, nanos: 0 };
    pb::GetReceiptRequest { entry: Some(entry), wait: Some(wait) }
}
