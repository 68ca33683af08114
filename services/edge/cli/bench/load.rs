//! The load: callers in a closed loop, each sending its next call when the last is answered.
//!
//! A closed loop says how much a service does for so many callers. Its latencies are those the
//! callers saw; since a slow answer delays the next call, they are not those of calls arriving at a
//! given rate (coordinated omission): compare them with the limit's, measured the same way.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde::Serialize;
use tokio::task::JoinSet;
use tonic::transport::{Channel, Endpoint};

use super::empty::EmptyClient;
use super::events::Generator;
use crate::cli::client::Failure;
use crate::cli::{FAILED, UNREACHABLE};
use crate::pb;
use crate::pb::duty_event_service_client::DutyEventServiceClient;

/// Latencies in microseconds, up to a minute, to three digits.
const MICROSECONDS_MAX: u64 = 60_000_000;

/// One who calls again and again.
pub(super) trait Caller: Send + 'static {
    /// Calls once; how many events were taken in.
    fn call(&mut self) -> impl Future<Output = Result<u64, Failure>> + Send;
}

/// Calls the empty call.
pub(super) struct Empty(pub(super) EmptyClient);

impl Caller for Empty {
    async fn call(&mut self) -> Result<u64, Failure> {
        self.0.call().await?;
        Ok(1)
    }
}

/// Sends what [`Append`] sends to a service that does nothing with it.
pub(super) struct Carry {
    pub(super) client: EmptyClient,
    pub(super) events: Generator,
    pub(super) batch: u64,
}

impl Caller for Carry {
    async fn call(&mut self) -> Result<u64, Failure> {
        self.client.carry(batch(&self.events, self.batch)).await?;
        Ok(self.batch)
    }
}

/// Sends what [`Append`] sends to the append without a ledger.
pub(super) struct Bare(pub(super) Carry);

impl Caller for Bare {
    async fn call(&mut self) -> Result<u64, Failure> {
        let Carry { client, events, batch: count } = &mut self.0;
        client.bare(batch(events, *count)).await?;
        Ok(*count)
    }
}

fn batch(events: &Generator, count: u64) -> pb::AppendEventsRequest {
    pb::AppendEventsRequest {
        recorder: super::events::RECORDER.to_owned(),
        events: (0..count).map(|_| events.next()).collect(),
        expected_revisions: Vec::new(),
        with_flags: false,
        validate_only: false,
    }
}

/// Appends batches of new events.
pub(super) struct Append {
    pub(super) client: DutyEventServiceClient<Channel>,
    pub(super) events: Generator,
    pub(super) batch: u64,
}

impl Caller for Append {
    async fn call(&mut self) -> Result<u64, Failure> {
        self.client.append_events(batch(&self.events, self.batch)).await?;
        Ok(self.batch)
    }
}

/// What a slice of load came to.
pub(super) struct Outcome {
    /// Events taken in, or empty calls answered.
    pub(super) events: u64,
    /// From the common start to the end of the last call.
    pub(super) elapsed: Duration,
    /// One value a call, in microseconds.
    pub(super) latency: Latencies,
}

impl Outcome {
    /// Events a second.
    pub(super) fn rate(&self) -> f64 {
        self.events as f64 / self.elapsed.as_secs_f64().max(f64::EPSILON)
    }
}

/// Lets every caller call until the time is over; calls then under way are finished and counted.
///
/// # Errors
/// The first failure of any caller.
pub(super) async fn closed_loop<C: Caller>(
    callers: Vec<C>,
    time: Duration,
) -> Result<Outcome, Failure> {
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for mut caller in callers {
        tasks.spawn(async move {
            let mut latency = Latencies::new()?;
            let mut events = 0;
            let mut before = Instant::now();
            while before.duration_since(started) < time {
                events += caller.call().await?;
                let after = Instant::now();
                latency.record(after.duration_since(before));
                before = after;
            }
            Ok::<_, Failure>((events, before.duration_since(started), latency))
        });
    }
    let mut whole = Outcome { events: 0, elapsed: Duration::ZERO, latency: Latencies::new()? };
    while let Some(joined) = tasks.join_next().await {
        let (events, elapsed, latency) =
            joined.map_err(|error| Failure::new(FAILED, error.to_string()))??;
        whole.events += events;
        whole.elapsed = whole.elapsed.max(elapsed);
        whole.latency.add(&latency);
    }
    Ok(whole)
}

/// Connections to one port.
pub(super) async fn connections(address: &str, count: usize) -> Result<Vec<Channel>, Failure> {
    let mut channels = Vec::with_capacity(count);
    for _ in 0..count {
        let endpoint = Endpoint::from_shared(format!("http://{address}"))
            .map_err(|error| Failure::new(FAILED, error.to_string()))?
            .tcp_nodelay(true);
        let connected = endpoint.connect().await.map_err(|error| {
            let text = format!("无法连接 / cannot reach {address}: {}", crate::chain(&error));
            Failure::new(UNREACHABLE, text)
        });
        channels.push(connected?);
    }
    Ok(channels)
}

/// Latencies of calls.
#[derive(Debug, Clone)]
pub(super) struct Latencies(Histogram<u64>);

/// Latencies in microseconds, as a report shows them.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Percentiles {
    /// How many calls were measured.
    pub(super) calls: u64,
    /// Half the calls were no slower.
    pub(super) p50: u64,
    /// Nine of ten were no slower.
    pub(super) p90: u64,
    /// 99 of 100 were no slower.
    pub(super) p99: u64,
    /// 999 of 1,000 were no slower.
    #[serde(rename = "p99_9")]
    pub(super) p999: u64,
    /// The slowest.
    pub(super) max: u64,
}

impl Latencies {
    pub(super) fn new() -> Result<Self, Failure> {
        let histogram = Histogram::new_with_bounds(1, MICROSECONDS_MAX, 3);
        histogram.map(Self).map_err(|error| Failure::new(FAILED, error.to_string()))
    }

    /// Adds one; whatever takes longer than a minute counts as a minute.
    pub(super) fn record(&mut self, latency: Duration) {
        let microseconds = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        self.0.saturating_record(microseconds.max(1));
    }

    /// Adds all of another slice.
    pub(super) fn add(&mut self, other: &Self) {
        // Cannot fail: all have the same bounds.
        let _ = self.0.add(&other.0);
    }

    /// The middle one, in microseconds.
    pub(super) fn median(&self) -> f64 {
        self.0.value_at_quantile(0.5) as f64
    }

    pub(super) fn percentiles(&self) -> Percentiles {
        let at = |quantile| self.0.value_at_quantile(quantile);
        Percentiles {
            calls: self.0.len(),
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: self.0.max(),
        }
    }
}
