//! The real services in a simulated network: clients that retry with the same event ids across
//! partitions and held messages append each event exactly once.
//!
//! `DUTY_LEDGER_SEED` repeats the network's mischief. The writer is a real thread beside the
//! simulation, so a repeated run need not take every turn the same way.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use duty_ledger::clock::SystemClock;
use duty_ledger::config::WitnessMode;
use duty_ledger::persons::{Persons, PersonsError, Place};
use duty_ledger::{app, log, opening, pb};
use hyper_util::rt::TokioIo;
use journal::{Journal as _, MemoryJournal, ReadLimit};
use parking_lot::Mutex;
use prost::Message as _;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tonic::transport::server::Connected;
use tonic::transport::{Channel, Endpoint, Server, Uri};
use turmoil::net::{TcpListener, TcpStream};

use crate::support::events::{batch, dated_meeting};
use crate::support::random::Random;
use crate::support::seed;
use crate::support::service::{Clients, config};

const PORT: u16 = 50051;
const CLIENTS: u128 = 4;
const BATCHES: u128 = 30;
/// Simulations in one test.
const RUNS: usize = 3;
/// Steps of a millisecond during which the network misbehaves.
const BAD_STEPS: usize = 20_000;

/// A simulated connection, as tonic wants it.
struct Connection(TcpStream);

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

/// The keys of a ledger that has no directory: none.
fn no_keys() -> Result<Arc<Persons>, PersonsError> {
    let place = Place { data_dir: None, ledger: "0".repeat(32), kek: None };
    Ok(Arc::new(Persons::open(place)?))
}

/// The log over a journal in memory. Its keys are new at every start; nothing here verifies them.
fn log_of(journal: &MemoryJournal) -> Result<log::Log, log::LogError> {
    let options = log::LogOptions {
        origin: "duty-ledger/simulation".to_owned(),
        keys: log::KeyFiles::default(),
        witness_policy: None,
        witness_mode: WitnessMode::Open,
        clock: Arc::new(SystemClock),
    };
    log::open(journal, &options, |_| ())
}

/// Serves the real routes over a memory journal.
async fn serve(journal: MemoryJournal) -> turmoil::Result {
    let log = log_of(&journal)?;
    let opened = opening::open(Arc::new(journal), log, None, Arc::new(SystemClock), |_| ()).await?;
    let (_stopping, stop) = tokio::sync::watch::channel(false);
    let routes = app::routes(&config(), opened.ledger.clone(), no_keys()?, stop)?;
    let listener = TcpListener::bind((IpAddr::from(Ipv4Addr::UNSPECIFIED), PORT)).await?;
    let (accepted, incoming) = tokio::sync::mpsc::channel(16);
    let accepting = async move {
        while let Ok((stream, _)) = listener.accept().await {
            if accepted.send(Ok::<_, io::Error>(Connection(stream))).await.is_err() {
                return;
            }
        }
    };
    let incoming = tokio_stream::wrappers::ReceiverStream::new(incoming);
    let serving = Server::builder().add_routes(routes).serve_with_incoming(incoming);
    tokio::select! {
        () = accepting => Err("the server accepts no more".into()),
        served = serving => Err(format!("the server ended: {served:?}").into()),
    }
}

async fn connect() -> Option<Channel> {
    let connector = tower::service_fn(|_: Uri| async {
        let stream = TcpStream::connect(("server", PORT)).await?;
        Ok::<_, io::Error>(TokioIo::new(stream))
    });
    let endpoint = Endpoint::from_static("http://server:50051");
    let connecting = endpoint.connect_with_connector(connector);
    tokio::time::timeout(Duration::from_secs(2), connecting).await.ok()?.ok()
}

/// What the clients of one run saw.
#[derive(Default)]
struct Seen {
    /// The registry is in the ledger; until then the network is good.
    is_registered: bool,
    receipts: BTreeMap<String, pb::AppendReceipt>,
    /// Calls that were never answered.
    unanswered: usize,
    /// Calls that had been carried out though their answer was lost.
    lost_answers: usize,
}

/// Sends a batch until it is answered; whatever goes wrong, the ids stay the same.
async fn insist(
    channel: &mut Option<Channel>,
    numbers: &[u128],
    seen: &Mutex<Seen>,
) -> Vec<pb::AppendReceipt> {
    loop {
        if channel.is_none() {
            *channel = connect().await;
        }
        let Some(open) = channel.clone() else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let events = numbers.iter().copied().map(dated_meeting).collect();
        let mut client = Clients::over(open).events;
        let call = client.append_events(batch(events));
        match tokio::time::timeout(Duration::from_secs(1), call).await {
            Ok(Ok(answer)) => return answer.into_inner().receipts,
            Ok(Err(status)) if status.code() == tonic::Code::InvalidArgument => {
                panic!("refused: {status:?}")
            }
            // No answer: it may or may not have been written. Try again on a new connection.
            Ok(Err(_)) | Err(_) => {
                seen.lock().unanswered += 1;
                *channel = None;
            }
        }
    }
}

async fn write(client: u128, seen: Arc<Mutex<Seen>>) -> turmoil::Result {
    let mut channel = None;
    for number in 0..BATCHES {
        let first = 1_000 + client * 1_000 + number * 3;
        let numbers: Vec<_> = (first..=first + number % 3).collect();
        let answered = insist(&mut channel, &numbers, &seen).await;
        // The same call again, as a client whose answer was lost would make it.
        let again = insist(&mut channel, &numbers, &seen).await;
        for (one, other) in answered.iter().zip(&again) {
            assert!(other.duplicate);
            assert_eq!(pb::AppendReceipt { duplicate: one.duplicate, ..other.clone() }, *one);
        }
        assert_eq!(answered.len(), numbers.len());
        let mut seen = seen.lock();
        seen.lost_answers += usize::from(answered[0].duplicate);
        for receipt in answered {
            assert_eq!(seen.receipts.insert(receipt.event_id.clone(), receipt), None);
        }
    }
    Ok(())
}

#[test]
fn each_event_is_appended_exactly_once_whatever_the_network_does() {
    let mut random = Random::from_environment();
    println!("DUTY_LEDGER_SEED={}", random.seed());
    let (mut unanswered, mut lost_answers) = (0, 0);
    for _ in 0..RUNS {
        let seen = run(&mut random);
        unanswered += seen.unanswered;
        lost_answers += seen.lost_answers;
    }
    println!("{unanswered} calls were not answered, {lost_answers} of them had been carried out");
    assert!(0 < lost_answers, "the network was too kind to test anything");
}

/// One run: a server, clients, a bad network; checks that the journal is what the clients know.
fn run(random: &mut Random) -> Seen {
    let mut sim = turmoil::Builder::new()
        .simulation_duration(Duration::from_secs(300))
        .min_message_latency(Duration::from_millis(1))
        .max_message_latency(Duration::from_millis(20))
        .tcp_capacity(1 << 14)
        .rng_seed(random.below(usize::MAX) as u64)
        .build();
    let journal = MemoryJournal::new();
    let stored = journal.reopen();
    sim.host("server", move || serve(journal.reopen()));

    let registered = Arc::new(tokio::sync::Notify::new());
    let seen: Arc<Mutex<Seen>> = Arc::default();
    let names: Vec<_> = (0..CLIENTS).map(|client| format!("client-{client}")).collect();
    for (client, name) in (0..CLIENTS).zip(&names) {
        let (seen, registered) = (Arc::clone(&seen), Arc::clone(&registered));
        sim.client(name.as_str(), async move {
            if client == 0 {
                // The server may not listen yet.
                let channel = loop {
                    match connect().await {
                        Some(channel) => break channel,
                        None => tokio::time::sleep(Duration::from_millis(10)).await,
                    }
                };
                seed::registry(&Clients::over(channel)).await;
                seen.lock().is_registered = true;
            } else {
                registered.notified().await;
            }
            // One wakes the next.
            registered.notify_one();
            write(client, seen).await
        });
    }
    mischief(&mut sim, random, &names, &seen);
    sim.run().expect("every client ends");
    drop(sim);

    let limit = ReadLimit { events: usize::MAX, bytes: usize::MAX };
    let mut places = BTreeMap::new();
    for entry in stored.read(journal::Position::FIRST, limit).expect("memory") {
        let message = pb::LedgerEntry::decode(entry.bytes).expect("a LedgerEntry");
        if matches!(message.payload, Some(pb::ledger_entry::Payload::DutyEvent(_))) {
            let before = places.insert(message.event_id, entry.position.get());
            assert_eq!(before, None, "an event stands there twice");
        }
    }
    let seen = std::mem::take(&mut *seen.lock());
    let receipts = seen.receipts.iter();
    let answered: BTreeMap<_, _> =
        receipts.map(|(id, receipt)| (id.clone(), receipt.position)).collect();
    assert_eq!(places, answered);
    assert_eq!(places.len() as u128, CLIENTS * BATCHES * 2);
    seen
}

/// Cuts and holds links at random until enough steps have passed, then lets go of all.
fn mischief(
    sim: &mut turmoil::Sim<'_>,
    random: &mut Random,
    clients: &[String],
    seen: &Mutex<Seen>,
) {
    while !seen.lock().is_registered {
        sim.step().expect("the simulation goes on");
    }
    for step in 0..BAD_STEPS {
        if sim.step().expect("the simulation goes on") {
            return;
        }
        if step % 25 != 0 {
            continue;
        }
        let client = clients[random.below(clients.len())].as_str();
        match random.below(6) {
            0 => sim.partition(client, "server"),
            1 => sim.partition_oneway("server", client),
            2 => sim.hold(client, "server"),
            3 => sim.release(client, "server"),
            _ => sim.repair(client, "server"),
        }
    }
    for client in clients {
        sim.release(client.as_str(), "server");
        sim.repair(client.as_str(), "server");
    }
}
