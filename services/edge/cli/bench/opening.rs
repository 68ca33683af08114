//! The lines of opening: nothing new since the last time, a tail since then, and the state rebuilt
//! from nothing but the journal.

use std::time::{Duration, Instant};

use journal::Journal as _;
use journal_sled::{Check, LedgerId, Options, SledJournal};

use super::child::Server;
use super::report::{Bound, Line, Of, Rounds, Target};
use super::{Bench, limits, writes};
use crate::cli::FAILED;
use crate::cli::client::Failure;
use crate::replay;

/// The size the targets are stated for.
const LARGE: u64 = 10_000_000;
/// Most seconds an opening may take at that size.
const OPEN_SECONDS: f64 = 3.0;
/// Most memory it may take.
const MEMORY_BYTES: u64 = 1 << 30;
/// Most seconds a million events more may cost.
const TAIL_SECONDS: f64 = 1.0;
/// Most events of a tail.
const TAIL_MOST: u64 = 1_000_000;
/// Fewest events of a tail whose cost can be told from chance.
const TAIL_TELLING: u64 = 50_000;
/// A rebuild is not begun again after this long: with many events one round takes minutes.
const REBUILD_MOST: Duration = Duration::from_secs(30);

/// Opens a ledger with nothing new, then one with a tail that no orderly end has followed.
pub(super) async fn open(bench: &Bench<'_>) -> Result<Vec<Line>, Failure> {
    bench.now("打开", "opening");
    let mut running = bench.start().await?;
    let head = running.server.head()?;
    let clean = running.server.ready.open_seconds;
    let what = (
        format!("打开 {head} 条的台账，上次之后无新增"),
        format!("opening at {head} events, nothing new since"),
    );
    let line = opened(Line::new("open", what, "s", clean), &running.server).with(at_size(
        head,
        Of::Measured,
        clean,
        OPEN_SECONDS,
    ));
    let memory = running.server.memory().peak as f64;
    let line = line.with(at_size(head, Of::Memory, memory, MEMORY_BYTES as f64));

    let tail = (bench.args.events / 10).clamp(1, TAIL_MOST);
    writes::fill(bench, &mut running, head + tail).await?;
    let tail = running.server.head()? - head;
    running.kill()?;
    bench.now("打开", "opening");
    let server = Server::start(&bench.journal(), bench.args.config.as_deref())?;
    let with_tail = server.ready.open_seconds;
    let more = (with_tail - clean).max(0.0);
    let per_million = more * 1e6 / tail as f64;
    let what = (
        format!("崩溃后打开，多出 {tail} 条：每百万条增加"),
        format!("opening after a crash with {tail} events more: each million adds"),
    );
    // A few events cost less than what one opening takes more or less than the next.
    let reached = (TAIL_TELLING <= tail).then_some(per_million <= TAIL_SECONDS);
    let target = Target { of: Of::Measured, bound: Bound::AtMost, value: TAIL_SECONDS, reached };
    let tail = opened(Line::new("open-tail", what, "s", per_million), &server)
        .with(target)
        .detail("tail_events", tail)
        .detail("opened_in_seconds", with_tail);
    server.stop()?;
    Ok(vec![line, tail])
}

fn opened(line: Line, server: &Server) -> Line {
    let memory = server.memory();
    line.detail("events", server.ready.head)
        .detail("process_start_to_ready_seconds", server.start.as_secs_f64())
        .detail("resident_bytes", memory.now)
        .detail("resident_peak_bytes", memory.peak)
}

/// A bound at the full size: more is missed at any size, less says nothing at a smaller one.
fn at_size(head: u64, of: Of, measured: f64, value: f64) -> Target {
    let reached = if measured <= value { (LARGE <= head).then_some(true) } else { Some(false) };
    Target { of, bound: Bound::AtMost, value, reached }
}

/// Folds the whole journal on one thread, and reads it without folding, in turn.
pub(super) fn rebuild(bench: &Bench<'_>) -> Result<Line, Failure> {
    bench.now("重建", "rebuilding");
    let failed = |error: &dyn std::error::Error| Failure::new(FAILED, crate::chain(error));
    // The id is that of a new ledger, which this is not.
    let options = Options { check: Check::Tail, ..Options::new(LedgerId::from_bytes([0; 16])) };
    let journal = SledJournal::open(&bench.journal(), options).map_err(|error| failed(&error))?;
    let events = limits::scan(&journal)?;
    let rate = |took: Duration| events as f64 / took.as_secs_f64();
    let mut rounds = Rounds::default();
    let begun = Instant::now();
    while rounds.pairs.len() < usize::try_from(bench.args.rounds).unwrap_or(1)
        && (rounds.pairs.is_empty() || begun.elapsed() < REBUILD_MOST)
    {
        let started = Instant::now();
        let state = replay::replay(&journal, projection::State::new(), |_| {})
            .map_err(|error| failed(&error))?;
        let rebuilt = started.elapsed();
        drop(state);
        let started = Instant::now();
        limits::scan(&journal)?;
        let scanned = started.elapsed();
        rounds.pairs.push((rate(rebuilt), rate(scanned)));
    }
    journal.close().map_err(|error| failed(&error))?;
    let what = ("由台账重建全部状态（单线程）", "state rebuilt from the journal (one thread)");
    Ok(rounds
        .line("rebuild", what, "events/s", ("只读一遍", "a bare scan"))
        .target(Of::Ratio, Bound::AtLeast, 0.5)
        .target(Of::Measured, Bound::AtLeast, 5e5)
        .detail("events", events))
}
