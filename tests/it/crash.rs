//! Killed in the middle of concurrent appends, the service comes back with everything it had
//! acknowledged, in order, and nothing by halves.
//!
//! `DUTY_LEDGER_KILLS` sets how often it is killed, `DUTY_LEDGER_SEED` repeats a run: when to kill
//! is drawn from the seed, which is printed. What the machine does at that moment is not.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use duty_ledger::pb;
use parking_lot::Mutex;

use crate::support::child::Server;
use crate::support::events::{batch, dated_meeting, id};
use crate::support::random::Random;
use crate::support::service::Clients;
use crate::support::{directory, entries, environment_number, seed, wait_for, within};

/// Writers at once.
const WRITERS: u64 = 32;
/// Kills in a normal run.
const KILLS: usize = 100;
/// Batches sent again after each restart.
const REPEATED: usize = 8;

/// A batch of events: its first number and how many.
type Batch = (u128, u128);

/// What the writers know: batches sent, and what was acknowledged of them.
#[derive(Default)]
struct Known {
    next: u128,
    sent: Vec<Batch>,
    /// By number of the event.
    acknowledged: BTreeMap<u128, pb::AppendReceipt>,
}

#[test]
fn what_was_acknowledged_survives_kill_9() {
    let kills = environment_number("DUTY_LEDGER_KILLS").unwrap_or(KILLS);
    let mut random = Random::from_environment();
    println!("DUTY_LEDGER_SEED={} DUTY_LEDGER_KILLS={kills}", random.seed());
    let directory = directory();
    let known = Arc::new(Mutex::new(Known { next: 1, ..Known::default() }));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut opening = 0;
    for kill in 0..kills {
        // One in four is killed while it opens what the one before left behind.
        if 0 < kill && random.below(4) == 0 {
            let moment = Duration::from_micros(random.next() % 120_000);
            let server = Server::starting(directory.path());
            let begun = Instant::now();
            wait_for("the moment", || (moment <= begun.elapsed()).then_some(()));
            server.kill();
            opening += 1;
            continue;
        }
        let server = Server::start(directory.path());
        let clients = runtime.block_on(Clients::connect(&server.api));
        if known.lock().sent.is_empty() {
            runtime.block_on(seed::registry(&clients));
        } else {
            let known = known.lock();
            runtime.block_on(check(&clients, &known));
            runtime.block_on(repeat(&clients, &known, &mut random));
        }
        // From the first answer on, also before there is any.
        let enough = known.lock().acknowledged.len() + random.below(90);
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..WRITERS {
            let size = 1 + u128::from(writer % 3);
            writers.spawn_on(write(clients.clone(), Arc::clone(&known), size), runtime.handle());
        }
        wait_for("enough receipts", || (enough <= known.lock().acknowledged.len()).then_some(()));
        server.kill();
        runtime.block_on(within("the writers", writers.join_all()));
    }
    let acknowledged = known.lock().acknowledged.len();
    println!("{kills} kills, {opening} of them while opening, {acknowledged} acknowledged");
    runtime.block_on(finish(directory.path(), &known));
}

/// Appends batch after batch until the service is gone.
async fn write(clients: Clients, known: Arc<Mutex<Known>>, size: u128) {
    let mut client = clients.events;
    loop {
        let sent: Batch = {
            let mut known = known.lock();
            let sent = (known.next, size);
            known.next += size;
            known.sent.push(sent);
            sent
        };
        let Ok(answer) = client.append_events(events_of(sent)).await else { return };
        let mut known = known.lock();
        for (number, receipt) in numbers(sent).zip(answer.into_inner().receipts) {
            assert_eq!(receipt.event_id, id(number), "receipts come in order");
            assert_eq!(known.acknowledged.insert(number, receipt), None);
        }
    }
}

fn numbers((first, size): Batch) -> std::ops::Range<u128> {
    first..first + size
}

/// The event with a number: its title tells it from any other.
fn event(number: u128) -> pb::DutyEvent {
    let title = format!("法治政府建设专题工作会（第{number}次）");
    pb::DutyEvent { title, ..dated_meeting(number) }
}

fn events_of(sent: Batch) -> pb::AppendEventsRequest {
    batch(numbers(sent).map(event).collect())
}

/// Compares the journal with what the writers know.
async fn check(clients: &Clients, known: &Known) {
    let mut stored = BTreeMap::new();
    for (recorded, position) in entries(clients).await.into_iter().zip(1..) {
        assert_eq!(recorded.position, position, "no gap");
        let entry = recorded.entry.expect("FULL");
        let before = stored.insert(entry.event_id.clone(), (position, entry));
        assert!(before.is_none(), "something stands there twice");
    }
    for (number, receipt) in &known.acknowledged {
        let Some((position, entry)) = stored.get(&id(*number)) else {
            panic!("acknowledged and not there: {receipt:?}");
        };
        assert_eq!(receipt.position, *position);
        assert_eq!(receipt.recorded_time, entry.recorded_time, "{receipt:?}");
    }
    for sent in &known.sent {
        let found: Vec<_> =
            numbers(*sent).filter_map(|number| Some((number, stored.get(&id(number))?))).collect();
        assert!(found.is_empty() || found.len() as u128 == sent.1, "half a batch: {sent:?}");
        let together = found.windows(2).all(|pair| pair[0].1.0 + 1 == pair[1].1.0);
        assert!(together, "a batch stands together: {sent:?}");
        for (number, (_, entry)) in found {
            let Some(pb::ledger_entry::Payload::DutyEvent(held)) = &entry.payload else {
                panic!("{number} is no duty event: {entry:?}");
            };
            assert_eq!(held, &event(number));
        }
    }
}

/// Sends some of what was acknowledged again: the first receipt comes back.
async fn repeat(clients: &Clients, known: &Known, random: &mut Random) {
    let whole = |sent: &Batch| known.acknowledged.contains_key(&sent.0);
    let acknowledged: Vec<Batch> = known.sent.iter().copied().filter(whole).collect();
    let mut chosen = BTreeSet::new();
    for _ in 0..REPEATED.min(acknowledged.len()) {
        chosen.insert(acknowledged[random.below(acknowledged.len())]);
    }
    for sent in chosen {
        send_again(clients, known, sent).await;
    }
}

async fn send_again(clients: &Clients, known: &Known, sent: Batch) {
    let answer = clients.events.clone().append_events(events_of(sent)).await.expect("accepted");
    for (number, receipt) in numbers(sent).zip(answer.into_inner().receipts) {
        if let Some(first) = known.acknowledged.get(&number) {
            let expected = pb::AppendReceipt { duplicate: true, ..first.clone() };
            assert_eq!(receipt, expected, "the first receipt comes back");
        }
    }
}

/// After the last kill: what was sent is sent again, and then all of it is there.
async fn finish(directory: &Path, known: &Mutex<Known>) {
    let server = Server::start(directory);
    let clients = Clients::connect(&server.api).await;
    let known = std::mem::take(&mut *known.lock());
    check(&clients, &known).await;
    for sent in &known.sent {
        send_again(&clients, &known, *sent).await;
    }
    check(&clients, &known).await;
    let sent: u128 = known.sent.iter().map(|(_, size)| size).sum();
    let duty_events = entries(&clients).await.into_iter().filter(|recorded| {
        let payload = recorded.entry.as_ref().and_then(|entry| entry.payload.as_ref());
        matches!(payload, Some(pb::ledger_entry::Payload::DutyEvent(_)))
    });
    assert_eq!(duty_events.count() as u128, sent, "once each");
    drop(clients);
    server.terminate();
}
