//! Killed in the middle of concurrent appends, the service comes back with everything it had
//! acknowledged, in order, and nothing by halves.
//!
//! `DUTY_LEDGER_KILLS` sets how often it is killed, `DUTY_LEDGER_SEED` repeats a run: when to kill
//! is drawn from the seed, which is printed. What the machine does at that moment is not.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use duty_ledger::pb;
use parking_lot::Mutex;
use tokio_stream::StreamExt as _;

use crate::support::child::Server;
use crate::support::events::{batch, dated_meeting, id};
use crate::support::random::Random;
use crate::support::seed;
use crate::support::service::Clients;
use crate::support::{directory, within};

/// Writers at once.
const WRITERS: u64 = 8;

/// What the writers know: batches sent, by their first id, and receipts got.
#[derive(Default)]
struct Known {
    next: u128,
    sent: Vec<Vec<u128>>,
    acknowledged: BTreeMap<u64, String>,
}

#[test]
fn what_was_acknowledged_survives_kill_9() {
    let kills =
        std::env::var("DUTY_LEDGER_KILLS").map_or(5, |text| text.parse().expect("a number"));
    let mut random = Random::from_environment();
    println!("DUTY_LEDGER_SEED={} DUTY_LEDGER_KILLS={kills}", random.seed());
    let directory = directory();
    let known = Arc::new(Mutex::new(Known { next: 1, ..Known::default() }));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    for kill in 0..kills {
        let server = Server::start(directory.path());
        let clients = runtime.block_on(Clients::connect(&server.api));
        if kill == 0 {
            runtime.block_on(seed::registry(&clients));
        } else {
            runtime.block_on(check(&clients, &known.lock()));
        }
        let enough = known.lock().acknowledged.len() + 20 + random.below(300);
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..WRITERS {
            let batch = 1 + (writer % 3) as u128;
            writers.spawn_on(write(clients.clone(), Arc::clone(&known), batch), runtime.handle());
        }
        crate::support::wait_for("enough receipts", || {
            (enough <= known.lock().acknowledged.len()).then_some(())
        });
        server.kill();
        runtime.block_on(within("the writers", writers.join_all()));
    }
    runtime.block_on(finish(directory.path(), &known));
}

/// Appends batch after batch until the service is gone.
async fn write(clients: Clients, known: Arc<Mutex<Known>>, size: u128) {
    let mut client = clients.events;
    loop {
        let numbers: Vec<u128> = {
            let mut known = known.lock();
            let first = known.next;
            known.next += size;
            let numbers: Vec<_> = (first..first + size).collect();
            known.sent.push(numbers.clone());
            numbers
        };
        let events = numbers.iter().copied().map(dated_meeting).collect();
        let Ok(answer) = client.append_events(batch(events)).await else { return };
        let mut known = known.lock();
        for receipt in answer.into_inner().receipts {
            let before = known.acknowledged.insert(receipt.position, receipt.event_id);
            assert_eq!(before, None, "two receipts for one position");
        }
    }
}

/// Compares the journal with what the writers know.
async fn check(clients: &Clients, known: &Known) {
    let answer = clients.events.clone().read_events(pb::ReadEventsRequest::default()).await;
    let parts: Vec<_> =
        within("the journal", answer.expect("a stream").into_inner().collect()).await;
    let entries: Vec<_> =
        parts.into_iter().flat_map(|part| part.expect("entries").entries).collect();
    let mut stored = BTreeMap::new();
    for (entry, position) in entries.iter().zip(1..) {
        assert_eq!(entry.position, position, "no gap");
        let event_id = entry.entry.as_ref().expect("FULL").event_id.clone();
        assert_eq!(stored.insert(event_id, position), None, "nothing stands there twice");
    }
    for (position, event_id) in &known.acknowledged {
        assert_eq!(stored.get(event_id), Some(position), "acknowledged and not there");
    }
    for numbers in &known.sent {
        let places: Vec<_> =
            numbers.iter().filter_map(|number| stored.get(&id(*number)).copied()).collect();
        assert!(places.is_empty() || places.len() == numbers.len(), "half a batch: {numbers:?}");
        assert!(places.windows(2).all(|pair| pair[0] + 1 == pair[1]), "a batch stands together");
    }
}

/// After the last kill: what was sent and never answered is sent again, and then all is there.
async fn finish(directory: &Path, known: &Mutex<Known>) {
    let server = Server::start(directory);
    let clients = Clients::connect(&server.api).await;
    let known = std::mem::take(&mut *known.lock());
    check(&clients, &known).await;
    let mut client = clients.events.clone();
    for numbers in &known.sent {
        let events = numbers.iter().copied().map(dated_meeting).collect();
        let answer = client.append_events(batch(events)).await.expect("accepted").into_inner();
        for receipt in answer.receipts {
            if known.acknowledged.contains_key(&receipt.position) {
                assert!(receipt.duplicate);
                assert_eq!(known.acknowledged[&receipt.position], receipt.event_id);
            }
        }
    }
    let everything =
        Known { next: known.next, sent: known.sent.clone(), acknowledged: BTreeMap::new() };
    check(&clients, &everything).await;
    drop((client, clients));
    server.terminate();
}
