//! The lines of writes: many callers, batches, one caller, and how a full ledger compares.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::task::JoinSet;
use tonic::transport::Channel;

use super::empty::EmptyClient;
use super::limits::RawFile;
use super::load::{self, Append, Bare, Caller as _, Carry, Empty, Outcome};
use super::report::{Bound, Line, Of, Rounds, Target, median};
use super::server::Group;
use super::{Bench, Running};
use crate::cli::FAILED;
use crate::cli::client::Failure;
use crate::pb::duty_event_service_client::DutyEventServiceClient;

/// What counts as a small ledger.
pub(super) const SMALL: u64 = 10_000;
/// Callers of one event a call.
pub(super) const CALLERS: [usize; 2] = [64, 256];
/// Callers of batches: one, which is the line of the design, and several.
pub(super) const BATCH_CALLERS: [usize; 2] = [1, 8];
/// Events in a batch.
const BATCH: u64 = 100;
/// The size at which the rate is compared with that of a small ledger.
const LARGE: u64 = 10_000_000;

fn appenders(bench: &Bench<'_>, channels: &[Channel], callers: usize, batch: u64) -> Vec<Append> {
    let caller = |channel: &Channel| Append {
        client: DutyEventServiceClient::new(channel.clone()),
        events: bench.generator.clone(),
        batch,
    };
    channels.iter().cycle().take(callers).map(caller).collect()
}

fn empties(channels: &[Channel], callers: usize) -> Vec<Empty> {
    let caller = |channel: &Channel| Empty(EmptyClient::new(channel.clone()));
    channels.iter().cycle().take(callers).map(caller).collect()
}

async fn append(
    bench: &Bench<'_>,
    running: &Running,
    callers: usize,
    batch: u64,
) -> Result<Outcome, Failure> {
    load::closed_loop(appenders(bench, &running.api, callers, batch), bench.slice()).await
}

async fn empty(bench: &Bench<'_>, running: &Running, callers: usize) -> Result<Outcome, Failure> {
    load::closed_loop(empties(&running.empty, callers), bench.slice()).await
}

fn carriers(bench: &Bench<'_>, channels: &[Channel], callers: usize, batch: u64) -> Vec<Carry> {
    let caller = |channel: &Channel| Carry {
        client: EmptyClient::new(channel.clone()),
        events: bench.generator.clone(),
        batch,
    };
    channels.iter().cycle().take(callers).map(caller).collect()
}

/// Calls that carry `batch` events each and do nothing.
async fn carry(
    bench: &Bench<'_>,
    running: &Running,
    callers: usize,
    batch: u64,
) -> Result<Outcome, Failure> {
    load::closed_loop(carriers(bench, &running.empty, callers, batch), bench.slice()).await
}

/// Appends of `batch` events each, without a ledger.
async fn bare(
    bench: &Bench<'_>,
    running: &Running,
    callers: usize,
    batch: u64,
) -> Result<Outcome, Failure> {
    let callers = carriers(bench, &running.empty, callers, batch).into_iter().map(Bare);
    load::closed_loop(callers.collect(), bench.slice()).await
}

/// Appends batches until the ledger holds so many entries.
pub(super) async fn fill(
    bench: &Bench<'_>,
    running: &mut Running,
    until: u64,
) -> Result<(), Failure> {
    bench.now("写入", "filling");
    let claimed = Arc::new(AtomicU64::new(running.server.head()?));
    let mut tasks = JoinSet::new();
    for mut caller in appenders(bench, &running.api, 8, BATCH) {
        let (claimed, progress) = (Arc::clone(&claimed), bench.progress.clone());
        tasks.spawn(async move {
            while claimed.fetch_add(BATCH, Ordering::Relaxed) < until {
                caller.call().await?;
                progress.set_position(claimed.load(Ordering::Relaxed).min(until));
            }
            Ok::<_, Failure>(())
        });
    }
    while let Some(joined) = tasks.join_next().await {
        joined.map_err(|error| Failure::new(FAILED, error.to_string()))??;
    }
    // What was committed here belongs to no round.
    running.server.groups()?;
    Ok(())
}

/// What a line is measured as, and what other calls came to in the same rounds.
pub(super) struct Appends {
    pub(super) rounds: Rounds,
    /// Calls that carry the same and do nothing.
    carried: Vec<f64>,
    /// Appends without a ledger.
    bare: Vec<f64>,
}

/// One event a call, the empty call, the one that carries the same and the append without a
/// ledger, with the same callers, in turn.
pub(super) async fn one_a_call(
    bench: &Bench<'_>,
    running: &mut Running,
    callers: usize,
) -> Result<Appends, Failure> {
    bench.now("逐条写入", "one event a call");
    // No side pays for its first calls.
    append(bench, running, callers, 1).await?;
    empty(bench, running, callers).await?;
    carry(bench, running, callers, 1).await?;
    bare(bench, running, callers, 1).await?;
    let mut rounds = Rounds::default();
    let (mut carried, mut bared) = (Vec::new(), Vec::new());
    for _ in 0..bench.args.rounds {
        let figure = append(bench, running, callers, 1).await?;
        let limit = empty(bench, running, callers).await?;
        rounds.pairs.push((figure.rate(), limit.rate()));
        rounds.add(&figure.latency, &limit.latency);
        bared.push(bare(bench, running, callers, 1).await?.rate());
        carried.push(carry(bench, running, callers, 1).await?.rate());
    }
    running.server.groups()?;
    Ok(Appends { rounds, carried, bare: bared })
}

/// The line of one event a call.
pub(super) fn append_line(appends: &Appends, callers: usize) -> Line {
    let what = (
        format!("持久写入，每次 1 条，{callers} 个调用方"),
        format!("durable appends, one event a call, {callers} callers"),
    );
    let limit = ("空调用，调用方相同", "empty call, same callers");
    let line = appends.rounds.line(format!("append-{callers}"), what, "events/s", limit);
    let line = line.target(Of::Ratio, Bound::AtLeast, 0.6).detail("callers", callers);
    let line = beside(line, &appends.rounds, "carried", &appends.carried);
    beside(line, &appends.rounds, "bare", &appends.bare)
}

/// Adds what other calls came to, over the limit and under the figure, pair by pair.
fn beside(line: Line, rounds: &Rounds, name: &str, others: &[f64]) -> Line {
    let pairs = || rounds.pairs.iter().zip(others);
    line.detail(name, median(others.iter().copied()))
        .detail(
            &format!("{name}_over_limit"),
            median(pairs().map(|((_, limit), other)| other / limit)),
        )
        .detail(
            &format!("ratio_to_{name}"),
            median(pairs().map(|((figure, _), other)| figure / other)),
        )
}

/// 100 events a call, and the groups this made, appended to a file and synced one by one.
pub(super) async fn batch(
    bench: &Bench<'_>,
    running: &mut Running,
    callers: usize,
) -> Result<Line, Failure> {
    bench.now("批量写入", "batches");
    let mut file = RawFile::create(bench.directory)?;
    append(bench, running, callers, BATCH).await?;
    bare(bench, running, callers, BATCH).await?;
    file.replay(&running.server.groups()?, bench.slice())?;
    let mut rounds = Rounds::default();
    let mut bared = Vec::new();
    let mut all: Vec<Group> = Vec::new();
    for _ in 0..bench.args.rounds {
        let figure = append(bench, running, callers, BATCH).await?;
        let groups = running.server.groups()?;
        let limit = file.replay(&groups, bench.slice())?;
        rounds.pairs.push((figure.rate(), limit));
        bared.push(bare(bench, running, callers, BATCH).await?.rate());
        match &mut rounds.latency {
            Some(all) => all.add(&figure.latency),
            none => *none = Some(figure.latency),
        }
        all.extend(groups);
    }
    let what = (
        format!("持久写入，每次 100 条，{callers} 个调用方"),
        match callers {
            1 => "durable appends, 100 events a call, one caller".to_owned(),
            _ => format!("durable appends, 100 events a call, {callers} callers"),
        },
    );
    let limit =
        ("同样字节同样分组的裸追加与 fdatasync", "raw append + fdatasync, same bytes and groups");
    let line = rounds.line(format!("batch-{callers}"), what, "events/s", limit);
    // The design names the batch, not the callers; the line of one caller is the one judged.
    let line = match callers {
        1 => line.target(Of::Ratio, Bound::AtLeast, 0.4),
        _ => line,
    };
    let (events, bytes) = all.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let mean = |of: u64, over: u64| of as f64 / over.max(1) as f64;
    Ok(beside(line, &rounds, "bare", &bared)
        .detail("callers", callers)
        .detail("groups", all.len())
        .detail("events_per_group", mean(events, all.len() as u64))
        .detail("bytes_per_event", mean(bytes, events)))
}

/// One caller, one event, and one small append with its fdatasync.
pub(super) async fn single(bench: &Bench<'_>, running: &mut Running) -> Result<Line, Failure> {
    bench.now("单个调用方", "one caller");
    let mut file = RawFile::create(bench.directory)?;
    append(bench, running, 1, 1).await?;
    bare(bench, running, 1, 1).await?;
    file.replay(&running.server.groups()?, bench.slice())?;
    let mut rounds = Rounds::default();
    let (mut sizes, mut bared) = (Vec::new(), Vec::new());
    for _ in 0..bench.args.rounds {
        let figure = append(bench, running, 1, 1).await?;
        let groups = running.server.groups()?;
        let size = median(groups.iter().map(|(_, bytes)| *bytes as f64));
        sizes.push(size);
        let limit = file.one_by_one(size as usize, bench.slice())?;
        rounds.pairs.push((figure.latency.median(), limit.median()));
        rounds.add(&figure.latency, &limit);
        bared.push(bare(bench, running, 1, 1).await?.latency.median());
    }
    let what = ("单个调用方，每次 1 条，中位时延", "one caller, one event, median latency");
    let limit = ("追加同样字节并 fdatasync 一次", "one append of the same bytes with fdatasync");
    let line = rounds.line("single", what, "µs", limit).target(Of::Ratio, Bound::AtMost, 2.5);
    Ok(beside(line, &rounds, "bare", &bared).detail("bytes_per_event", median(sizes)))
}

/// The rate with all events there against the rate with few; each over the empty call of its own
/// time, since minutes lie between them.
pub(super) async fn growth(
    bench: &Bench<'_>,
    running: &mut Running,
    small: &Rounds,
) -> Result<Line, Failure> {
    let head = running.server.head()?;
    let large = one_a_call(bench, running, CALLERS[0]).await?.rounds;
    let ratio = median(large.ratios()) / median(small.ratios()).max(f64::EPSILON);
    let rate = |rounds: &Rounds| median(rounds.pairs.iter().map(|(figure, _)| *figure));
    let what = (
        format!("{head} 条时与约 1 万条时的写入速率之比（各除以当时的空调用）"),
        format!("append rate at {head} events over that at 10 k (each over its empty call)"),
    );
    // A smaller ledger that does not keep up has missed it, one that does tells nothing of 10 M.
    let reached = if ratio < 0.9 { Some(false) } else { (LARGE <= head).then_some(true) };
    let target = Target { of: Of::Measured, bound: Bound::AtLeast, value: 0.9, reached };
    Ok(Line::new("growth", what, "×", ratio)
        .with(target)
        .detail("events", head)
        .detail("rate_small", rate(small))
        .detail("rate_large", rate(&large))
        .detail("rate_over_rate", rate(&large) / rate(small).max(f64::EPSILON)))
}

/// One caller's empty calls, for lines of latency.
pub(super) async fn empty_calls(bench: &Bench<'_>, running: &Running) -> Result<Outcome, Failure> {
    empty(bench, running, 1).await
}
