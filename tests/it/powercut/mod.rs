//! A power cut at any moment loses nothing acknowledged and leaves nothing by halves.
//!
//! The real service runs under `strace`; from what it wrote and synced, directories are built as
//! a power cut could have left them, and the real binary opens each. `DUTY_LEDGER_CUTS` sets how
//! many, `DUTY_LEDGER_SEED` repeats a run (of the cuts; what the machine does while recording
//! is its own). A cut that fails leaves its directory and says where.

mod check;
mod device;
mod disk;
mod image;
mod record;
pub(crate) mod strace;
mod workload;

use std::path::Path;
use std::sync::OnceLock;

use check::Found;
use disk::Disk;
use record::{Event, Step};
use strace::Edge;
use workload::{Ack, DATA, Run};

use crate::support::random::Random;
use crate::support::{environment_number, fast_directory};

/// Cut points in a normal run.
const CUTS: usize = 1_000;
/// Directories opened at once.
const WORKERS: usize = 2;
/// One in so many is also served.
const SERVED_EVERY: usize = 50;

/// The recorded run: made once, whoever asks first.
fn recorded() -> &'static Run {
    static RUN: OnceLock<Run> = OnceLock::new();
    RUN.get_or_init(|| workload::record(&mut Random::from_environment()))
}

/// What is true about a run, worked out once.
struct Truth<'a> {
    run: &'a Run,
    roots: Vec<String>,
    inside: Vec<bool>,
}

impl<'a> Truth<'a> {
    fn of(run: &'a Run) -> Self {
        Self { run, roots: run.roots(), inside: run.inside_batches() }
    }

    /// The highest position owed at a cut before an event: answers received before it began.
    fn owed(&self, cut: usize) -> u64 {
        let events = &self.run.recording.events;
        let until = events.get(cut).map_or(u64::MAX, |event| event.at);
        let owed = self.run.acks.iter().take_while(|ack| ack.at < until);
        owed.map(|ack| ack.position).max().unwrap_or(0)
    }

    /// What is wrong with what was found after a cut.
    fn objection(&self, cut: usize, found: &Found) -> Option<String> {
        let owed = self.owed(cut);
        match found {
            Found::Bad(what) => Some(format!("it does not open by itself: {what}")),
            Found::Sound { size, .. } if (*size as u64) < owed => {
                Some(format!("{owed} events were acknowledged, {size} are there"))
            }
            Found::Sound { size, root } => match self.roots.get(*size) {
                None => Some(format!("{size} events are there, more than were ever stored")),
                Some(expected) if expected != root => {
                    Some(format!("the {size} events are not those that were stored: {root}"))
                }
                Some(_) if self.inside[*size] => Some(format!("half a batch ends at {size}")),
                Some(_) => None,
            },
        }
    }
}

/// Cut points in order: half of them spread evenly, a quarter beside what happens to names, lengths
/// and syncs, the rest anywhere.
fn cuts(run: &Run, count: usize, random: &mut Random) -> Vec<usize> {
    let (events, steps) = (&run.recording.events, &run.recording.steps);
    let special = |event: &Event| !matches!(steps[event.step], Step::Write { .. });
    let beside: Vec<usize> =
        events.iter().enumerate().filter(|(_, event)| special(event)).map(|(at, _)| at).collect();
    let mut cuts: Vec<usize> = (0..count)
        .map(|cut| match cut % 4 {
            0 | 1 => (events.len() + 1) * cut / count,
            2 => beside[random.below(beside.len())] + random.below(2),
            _ => random.below(events.len() + 1),
        })
        .collect();
    cuts.sort_unstable();
    cuts
}

/// Opens every directory of a worker's share and returns what is wrong, first things first.
fn work(truth: &Truth<'_>, cuts: &[(usize, u64)], worker: usize) -> Vec<String> {
    let recording = &truth.run.recording;
    let mut disk = Disk::default();
    let (mut at, mut wrong) = (0, Vec::new());
    for (index, (cut, seed)) in cuts.iter().enumerate().filter(|(at, _)| at % WORKERS == worker) {
        while at < *cut {
            disk.apply(recording, recording.events[at]);
            at += 1;
        }
        let place = fast_directory();
        let mut random = Random::new(*seed);
        let state = image::draw(&disk, &mut random);
        state.lay_out(place.path());
        let data = place.path().join(DATA);
        let mut objection = None;
        // Before there is a journal there is nothing to verify, only something to start on.
        let is_journal = state.holds(&format!("{DATA}/FORMAT"));
        if is_journal {
            objection = truth.objection(*cut, &check::verify(&data));
        }
        if objection.is_none() && (!is_journal || index % SERVED_EVERY == 0) {
            let served = check::start(&data) as u64;
            let owed = truth.owed(*cut);
            objection = (served < owed).then(|| format!("{owed} owed, {served} served"));
        }
        if let Some(objection) = objection {
            let kept = place.keep();
            wrong.push(format!(
                "cut {index} before event {cut} of {}, seed {seed}: {objection}\n{}\nkept in {}",
                recording.events.len(),
                around(truth.run, *cut),
                kept.display()
            ));
            if 5 <= wrong.len() {
                break;
            }
        }
    }
    wrong
}

/// The steps next to a cut, for whoever looks into a failure.
fn around(run: &Run, cut: usize) -> String {
    let events = &run.recording.events;
    let shown = events[cut.saturating_sub(6)..(cut + 2).min(events.len())].iter();
    let line = |event: &Event| {
        let what = match &run.recording.steps[event.step] {
            Step::Write { inode, offset, data } => {
                format!("write {} at {offset}, {}", run.recording.names[*inode], data.len())
            }
            Step::Sync { inode } => format!("sync {}", run.recording.names[*inode]),
            other => format!("{other:?}"),
        };
        format!("  {:?} {what}", event.edge)
    };
    shown.map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_power_cut_loses_nothing_acknowledged() {
    let run = recorded();
    let count = environment_number("DUTY_LEDGER_CUTS").unwrap_or(CUTS);
    let mut random = Random::from_environment();
    println!("DUTY_LEDGER_SEED={} DUTY_LEDGER_CUTS={count}", random.seed());
    let truth = Truth::of(run);
    assert_acks(run);
    let cuts: Vec<(usize, u64)> =
        cuts(run, count, &mut random).into_iter().map(|cut| (cut, random.next())).collect();
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let (truth, cuts) = (&truth, &cuts);
        let workers: Vec<_> =
            (0..WORKERS).map(|worker| scope.spawn(move || work(truth, cuts, worker))).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a worker")).collect()
    });
    assert!(wrong.is_empty(), "{} cuts went wrong:\n{}", wrong.len(), wrong.join("\n\n"));
    println!(
        "{count} cuts among {} events of {} steps; {} entries, {} acknowledged",
        run.recording.events.len(),
        run.recording.steps.len(),
        run.entries.len(),
        run.acks.len()
    );
}

/// Every answer names the place where its event stands in the end.
fn assert_acks(run: &Run) {
    let positions = run.positions();
    for Ack { event_id, position, .. } in &run.acks {
        assert_eq!(positions.get(event_id), Some(&(*position as usize)), "{event_id}");
    }
}

/// The harness can fail: without the sync of sled's log, what was acknowledged is lost.
#[test]
fn without_the_sync_of_the_log_power_cuts_lose_what_was_acknowledged() {
    let run = recorded();
    let truth = Truth::of(run);
    let log = run.recording.names.iter().position(|name| is_log(name));
    let mut disk = Disk::default();
    disk.deaf = log;
    let events = &run.recording.events;
    // While the first life goes on, before a later opening syncs anything.
    let cut = events.iter().position(|event| run.acks[run.acks.len() / 8].at < event.at);
    let cut = cut.expect("something was written after that answer");
    events[..cut].iter().for_each(|event| disk.apply(&run.recording, *event));
    let mut random = Random::from_environment();
    let lost = (0..20).any(|_| {
        let place = fast_directory();
        image::draw(&disk, &mut random).lay_out(place.path());
        let found = truth.objection(cut, &check::verify(&place.path().join(DATA)));
        // Nothing else will do: what was acknowledged is missed, by its number or by the mark.
        found.is_some_and(|found| found.contains("TAIL_LOST") || found.contains("acknowledged"))
    });
    assert!(lost, "a log that was never synced survived 20 power cuts");
}

fn is_log(name: &str) -> bool {
    Path::new(name).file_name().is_some_and(|name| name == "db")
}

/// Records long enough for one of sled's blob files are never written: nobody would sync them.
#[test]
fn no_blob_file_is_ever_made() {
    let blob = |name: &&String| Path::new(name).parent().is_some_and(|dir| dir.ends_with("blobs"));
    let found = recorded().recording.names.iter().find(blob);
    assert_eq!(found, None);
}

/// Each answer was given after an `fdatasync` of the log that began after its write had ended.
#[test]
fn every_answer_waits_for_a_sync_of_the_log() {
    let run = recorded();
    let (steps, events) = (&run.recording.steps, &run.recording.events);
    let is_log = |inode: usize| is_log(&run.recording.names[inode]);
    let mark = b"01920000-0000-7000-8000-";
    let mut written = std::collections::BTreeMap::new();
    for (at, event) in events.iter().enumerate().filter(|(_, event)| event.edge == Edge::End) {
        let Step::Write { inode, data, .. } = &steps[event.step] else { continue };
        let windows = data.windows(36).filter(|_| is_log(*inode));
        for found in windows.filter(|window| window.starts_with(mark)) {
            let id = String::from_utf8_lossy(found).into_owned();
            written.entry(id).or_insert(at);
        }
    }
    let mut syncs = 0;
    for ack in &run.acks {
        let from = *written.get(&ack.event_id).expect("what was acknowledged was written");
        let began = |event: &&Event| {
            let of_log = matches!(steps[event.step], Step::Sync { inode } if is_log(inode));
            of_log && event.edge == Edge::Begin
        };
        let sync = events[from..].iter().find(began).expect("a sync after the write");
        let ended = |event: &&Event| event.step == sync.step && event.edge == Edge::End;
        let end = events[from..].iter().find(ended).expect("a sync that ended");
        assert!(end.at < ack.at, "{ack:?} was answered before its sync");
        syncs += 1;
    }
    println!("{syncs} answers, each after a sync of its write");
    assert!(100 <= syncs, "{syncs} answers prove little");
}
