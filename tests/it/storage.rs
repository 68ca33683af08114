//! Disks that are full or fail, under the real binary: what is refused, what goes on, and what
//! mends itself.
//!
//! Faults are put into system calls by `strace -e inject`; a file system that is really full
//! needs root, and the test says so where it cannot be made.

use std::fs;
use std::path::Path;

use duty_ledger::pb;
use tonic::{Code, Status};
use tonic_health::pb::health_check_response::ServingStatus;

use crate::faults::{becomes, health};
use crate::powercut::strace;
use crate::support::child::{Server, serve};
use crate::support::events::{batch, id, meeting};
use crate::support::mount::Mount;
use crate::support::refusal::check;
use crate::support::service::Clients;
use crate::support::{directory, entries, seed};

/// Most events a test appends until what it waits for happens.
const TRIES: u128 = 200;

async fn append(clients: &Clients, number: u128) -> Result<pb::AppendReceipt, Status> {
    let answer = clients.events.clone().append_events(batch(vec![meeting(number)])).await?;
    Ok(answer.into_inner().receipts.remove(0))
}

/// Appends from a number on until one is refused; what was acknowledged, and the refusal.
async fn append_until_refused(
    clients: &Clients,
    from: u128,
) -> (Vec<pb::AppendReceipt>, u128, Status) {
    let mut receipts = Vec::new();
    for number in from..from + TRIES {
        match append(clients, number).await {
            Ok(receipt) => receipts.push(receipt),
            Err(status) => return (receipts, number, status),
        }
    }
    panic!("{TRIES} events were accepted and none refused");
}

/// Checks that the journal holds what was acknowledged, where it was acknowledged.
async fn assert_holds(clients: &Clients, receipts: &[pb::AppendReceipt]) {
    let held = entries(clients).await;
    for receipt in receipts {
        let at = usize::try_from(receipt.position - 1).expect("a position");
        let entry = held[at].entry.as_ref().expect("FULL");
        assert_eq!(entry.event_id, receipt.event_id, "{receipt:?}");
    }
}

/// A service over a directory with who is who in it, a fault injected into its system calls.
fn with_fault(data: &Path, fault: &str) -> Server {
    let server = Server::start(data);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async { seed::registry(&Clients::connect(&server.api).await).await });
    drop(runtime);
    server.terminate();
    let log = data.join("sled").join("db");
    // sled itself logs what it met.
    Server::traced(strace::inject(fault, Some(&log), &serve(data)), data).troubled()
}

/// Room runs out in the middle of writes, again and again: sled fails until it is opened again.
#[tokio::test(flavor = "multi_thread")]
async fn no_room_in_the_middle_of_a_write_is_recovered_from() {
    for error in ["ENOSPC", "EDQUOT"] {
        let place = directory();
        let data = place.path().join("data");
        // Counted for each of sled's threads.
        let fault = format!("pwrite64:error={error}:when=5..6");
        let server = tokio::task::block_in_place(|| with_fault(&data, &fault));
        let clients = Clients::connect(&server.api).await;
        let (mut receipts, refused, status) = append_until_refused(&clients, 1).await;
        let (code, reason) = (Code::ResourceExhausted, "STORAGE_FULL");
        check("the write", Err::<(), _>(status), code, reason, "");
        assert_holds(&clients, &receipts).await;
        assert_eq!(health(&server.api, "readiness").await, ServingStatus::Serving);
        // There is room, so the next writes mend it, as often as the fault comes back.
        let mut refusals = 1;
        for number in refused..refused + TRIES {
            match append(&clients, number).await {
                Ok(receipt) => receipts.push(receipt),
                Err(status) => {
                    check("a write", Err::<(), _>(status), code, reason, "");
                    refusals += 1;
                }
            }
        }
        // Every fault hit one write; what was refused and written all the same is a duplicate.
        assert!(refusals < 100, "{refusals} of {TRIES} were refused");
        for number in 1..refused + TRIES {
            receipts.push(append(&clients, number).await.expect("room again"));
        }
        assert_holds(&clients, &receipts).await;
        drop(clients);
        tokio::task::block_in_place(|| server.terminate());
        let server = tokio::task::block_in_place(|| Server::start(&data));
        let clients = Clients::connect(&server.api).await;
        assert_holds(&clients, &receipts).await;
        println!("{error}: {refusals} refused, {} receipts", receipts.len());
    }
}

/// A sync that fails: nothing is acknowledged after it, reads go on, a restart recovers.
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_sync_ends_writing_until_a_restart() {
    let place = directory();
    let data = place.path().join("data");
    let fault = "fdatasync:error=EIO:when=9";
    let server = tokio::task::block_in_place(|| with_fault(&data, fault));
    let clients = Clients::connect(&server.api).await;
    let (receipts, refused, status) = append_until_refused(&clients, 1).await;
    let (code, reason) = (Code::Unavailable, "JOURNAL_POISONED");
    check("the write", Err::<(), _>(status), code, reason, "");
    for number in refused..refused + 5 {
        check("a later write", append(&clients, number).await, code, reason, "");
    }
    becomes(&server.api, "readiness", ServingStatus::NotServing).await;
    assert_eq!(health(&server.api, "liveness").await, ServingStatus::Serving);
    assert_holds(&clients, &receipts).await;
    let request = pb::GetEventRequest { event_id: id(refused), ..Default::default() };
    let shown = clients.events.clone().get_event(request).await;
    assert!(shown.is_err(), "nothing is shown that may not be on the device");
    drop((clients, server));

    let server = tokio::task::block_in_place(|| Server::start(&data));
    let clients = Clients::connect(&server.api).await;
    assert_holds(&clients, &receipts).await;
    let last = receipts.last().expect("some").position;
    let receipt = append(&clients, refused).await.expect("it writes again");
    assert_eq!(receipt.position, last + 1, "there or not, it gets the next place");
}

/// A file system that fills up: refused before anything is written, and again and again.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_file_system_refuses_writes_until_there_is_room() {
    let mount = match Mount::tmpfs("128m") {
        Ok(mount) => mount,
        Err(reason) => {
            println!("skipped, as no file system can be mounted here: {reason}");
            return;
        }
    };
    let data = mount.path().join("data");
    let mut command = serve(&data);
    command.env("DUTY_LEDGER_DISK_RESERVE_MIB", "16");
    let server = tokio::task::block_in_place(|| Server::of(command));
    let clients = Clients::connect(&server.api).await;
    seed::registry(&clients).await;
    let mut receipts = vec![append(&clients, 1).await.expect("accepted")];
    let ballast = mount.path().join("ballast");
    for round in 0..3_u128 {
        // All of it: what others write does not keep our reserve free.
        fill(&ballast);
        let first = 10 + 10 * round;
        for number in first..first + 3 {
            let answer = append(&clients, number).await;
            check("a write", answer, Code::ResourceExhausted, "STORAGE_FULL", "");
        }
        assert_eq!(health(&server.api, "readiness").await, ServingStatus::Serving);
        assert_holds(&clients, &receipts).await;
        fs::remove_file(&ballast).expect("the ballast");
        let receipt = append(&clients, first).await.expect("room again");
        assert!(!receipt.duplicate);
        receipts.push(receipt);
    }
    // Killed while it is full, it opens again when there is room, with everything.
    fill(&ballast);
    tokio::task::block_in_place(|| server.kill());
    fs::remove_file(&ballast).expect("the ballast");
    let server = tokio::task::block_in_place(|| Server::start(&data));
    let clients = Clients::connect(&server.api).await;
    assert_holds(&clients, &receipts).await;
}

/// Writes until there is no room left.
fn fill(ballast: &Path) {
    use std::io::Write as _;
    let mut file = fs::File::create(ballast).expect("a file");
    let block = vec![7; 1 << 20];
    while file.write_all(&block).is_ok() {}
    while file.write_all(&block[..512]).is_ok() {}
}
