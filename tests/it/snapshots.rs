//! Snapshots of the views: opening from one, falling back when one cannot be used, and what a crash
//! leaves. Whatever is taken, the state is that of a replay.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use duty_ledger::clock::SystemClock;
use duty_ledger::config::{Config, WitnessMode};
use duty_ledger::opening::{self, Opened};
use duty_ledger::snapshots::{DIRECTORY, Snapshots};
use duty_ledger::storage::Storage;
use duty_ledger::{log, pb};
use projection::State;

use crate::support::events::{batch, id, meeting};
use crate::support::service::{Service, config, open};
use crate::support::{directory, seed, wait_for, within};

fn storage(directory: &Path) -> Storage {
    let journal = open(directory);
    Storage {
        ledger: journal.ledger().to_string(),
        dir: Some(directory.to_owned()),
        journal: Arc::new(journal),
    }
}

async fn serve(directory: &Path, config: &Config) -> Service {
    Service::stored(config, storage(directory), Arc::new(SystemClock)).await
}

/// Appends meetings, sends the first of them again, and stops: the stop writes a snapshot.
async fn append(directory: &Path, numbers: std::ops::Range<u128>) {
    let service = serve(directory, &config()).await;
    let events: Vec<_> = numbers.map(meeting).collect();
    let mut client = service.clients.events.clone();
    let first = client.append_events(batch(events.clone())).await.expect("accepted").into_inner();
    let again = client.append_events(batch(events)).await.expect("repeated").into_inner();
    let positions = |answer: &pb::AppendEventsResponse| -> Vec<(u64, bool)> {
        answer.receipts.iter().map(|receipt| (receipt.position, receipt.duplicate)).collect()
    };
    let repeated: Vec<_> = positions(&first).into_iter().map(|(at, _)| (at, true)).collect();
    assert_eq!(positions(&again), repeated);
    service.stop().await;
}

/// A ledger with two snapshots.
async fn with_two_snapshots() -> tempfile::TempDir {
    let directory = directory();
    let service = serve(directory.path(), &config()).await;
    seed::all(&service.clients).await;
    service.stop().await;
    append(directory.path(), 1..200).await;
    append(directory.path(), 200..300).await;
    directory
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let listed = fs::read_dir(directory.join(DIRECTORY)).expect("a directory of snapshots");
    let mut files: Vec<_> = listed.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

fn position(file: &Path) -> u64 {
    let name = file.file_name().expect("a name").to_string_lossy().into_owned();
    name.strip_prefix("state-").expect("a snapshot").parse().expect("a position")
}

/// Opens the ledger; from which position on it had to replay, and its state as bytes.
async fn resumed(directory: &Path) -> (u64, Vec<u8>) {
    let storage = storage(directory);
    let options = log::LogOptions {
        origin: log::origin_of("", &storage.ledger),
        keys: log::KeyFiles { data_dir: storage.dir.clone(), ..Default::default() },
        witness_policy: None,
        witness_mode: WitnessMode::Open,
        clock: Arc::new(SystemClock),
    };
    let log = log::open(&*storage.journal, &options, |_| ()).expect("the log opens");
    let kept = Snapshots::new(directory, &storage.ledger, 1_000, 0);
    let opening =
        opening::open(storage.journal, log, Some(kept), Arc::new(SystemClock), |_| ()).await;
    let opened: Opened = opening.expect("the ledger opens");
    let kept = opened.kept.get();
    let state = bytes(opened.ledger.with_state(State::clone));
    within("the ledger to close", opening::close(opened)).await;
    (kept, state)
}

fn bytes(state: State) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut sink = |part: &[u8]| {
        bytes.extend_from_slice(part);
        Ok::<(), std::convert::Infallible>(())
    };
    projection::saved::save(state, [0; 16], [0; 32], &mut sink).expect("memory takes it");
    bytes
}

/// What a replay of everything gives.
async fn replayed(directory: &Path) -> Vec<u8> {
    let aside = directory.join("aside");
    fs::rename(directory.join(DIRECTORY), &aside).expect("renamed");
    let (kept, state) = resumed(directory).await;
    assert_eq!(kept, 0);
    fs::rename(aside, directory.join(DIRECTORY)).expect("renamed back");
    state
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_opens_from_its_newest_snapshot_and_keeps_two() {
    let directory = with_two_snapshots().await;
    let files = files(directory.path());
    assert_eq!(files.len(), 2, "{files:?}");
    let expected = replayed(directory.path()).await;
    assert_eq!(resumed(directory.path()).await, (position(&files[1]), expected));

    // What is found again: the first receipt of the oldest event, from behind the snapshot.
    let service = serve(directory.path(), &config()).await;
    let mut client = service.clients.events.clone();
    let again = client.append_events(batch(vec![meeting(1)])).await.expect("repeated");
    assert!(again.into_inner().receipts[0].duplicate);
    let request = pb::GetEventRequest { event_id: id(1), ..Default::default() };
    client.get_event(request).await.expect("it is there");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_that_cannot_be_used_gives_way_to_an_older_one_or_a_replay() {
    let directory = with_two_snapshots().await;
    let files = files(directory.path());
    let expected = replayed(directory.path()).await;
    let damage = |file: &Path| {
        let mut bytes = fs::read(file).expect("a file");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 4;
        fs::write(file, bytes).expect("written");
    };
    damage(&files[1]);
    assert_eq!(resumed(directory.path()).await, (position(&files[0]), expected.clone()));
    let whole = fs::read(&files[0]).expect("a file");
    fs::write(&files[0], &whole[..whole.len() - 1]).expect("cut short");
    assert_eq!(resumed(directory.path()).await, (0, expected.clone()));
    // One that says it is of a later position than the journal has, or of an earlier one.
    fs::remove_file(&files[1]).expect("removed");
    fs::write(&files[1], &whole).expect("another name");
    assert_eq!(resumed(directory.path()).await, (position(&files[0]), expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_snapshot_of_another_past_is_not_used() {
    let directory = with_two_snapshots().await;
    let files = files(directory.path());
    // The same ledger id and, at these positions, other entries.
    let other = self::directory();
    let service = serve(other.path(), &config()).await;
    seed::all(&service.clients).await;
    service.stop().await;
    append(other.path(), 1_000..1_400).await;
    fs::remove_dir_all(other.path().join(DIRECTORY)).expect("removed");
    fs::create_dir(other.path().join(DIRECTORY)).expect("made");
    for file in &files {
        let name = file.file_name().expect("a name");
        fs::copy(file, other.path().join(DIRECTORY).join(name)).expect("copied");
    }
    assert_eq!(resumed(other.path()).await.0, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_crash_left_half_written_is_no_snapshot_and_goes() {
    let directory = with_two_snapshots().await;
    let files = files(directory.path());
    let expected = replayed(directory.path()).await;
    // As long as it has this name it may be anything, a whole snapshot included.
    let leftover = files[1].with_extension("new");
    fs::rename(&files[1], &leftover).expect("renamed");
    assert_eq!(resumed(directory.path()).await, (position(&files[0]), expected));
    assert!(!leftover.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn snapshots_are_written_while_the_service_runs() {
    let directory = directory();
    let often = Config { snapshot_every: 50, ..config() };
    let service = serve(directory.path(), &often).await;
    seed::all(&service.clients).await;
    let mut client = service.clients.events.clone();
    for first in (1..600).step_by(100) {
        let events = (first..first + 100).map(meeting).collect();
        client.append_events(batch(events)).await.expect("accepted");
    }
    let last = wait_for("a snapshot", || {
        let dir = directory.path().join(DIRECTORY);
        let listed = fs::read_dir(dir).ok()?;
        let names = listed.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        names.filter_map(|name| name.strip_prefix("state-")?.parse::<u64>().ok()).max()
    });
    assert!(50 <= last, "{last}");
    service.stop().await;
    let kept = files(directory.path());
    assert_eq!(kept.len(), 2, "{kept:?}");
    let expected = replayed(directory.path()).await;
    assert_eq!(resumed(directory.path()).await, (position(&kept[1]), expected));
}
