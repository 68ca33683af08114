//! The lines of reads: the journal in bulk, the view of one organization, the matrix of all.

use std::sync::atomic::{AtomicI16, Ordering};
use std::time::Instant;

use jiff::civil::Date;
use tonic::transport::Channel;

use super::load::{self, Caller};
use super::report::{Bound, Line, Of, Rounds, Target, median};
use super::{Bench, Running, writes};
use crate::cli::client::Failure;
use crate::cli::{FAILED, demo};
use crate::pb;
use crate::pb::compliance_service_client::ComplianceServiceClient;
use crate::pb::duty_event_service_client::DutyEventServiceClient;

/// Most events of one bulk read: what takes about a second.
const READ_MOST: u64 = 1_000_000;
/// Organizations of the matrix the design speaks of.
const MATRIX_ORGANIZATIONS: u32 = 1_000;
/// The year in which the first days lie that the matrix is asked for: all deadlines have passed.
const MATRIX_FIRST_YEAR: i16 = 2024;

/// The journal read over gRPC as stored bytes, and the same messages made in the process of the
/// service without gRPC. Both warm: neither counts its first pass.
pub(super) async fn bulk(bench: &Bench<'_>, running: &mut Running) -> Result<Line, Failure> {
    bench.now("批量读取", "bulk read");
    let events = running.server.head()?.min(READ_MOST);
    let mut client = DutyEventServiceClient::new(running.api[0].clone());
    read(&mut client, events).await?;
    running.server.frame(1, events)?;
    let mut rounds = Rounds::default();
    let mut bytes = 0;
    for _ in 0..bench.args.rounds {
        let started = Instant::now();
        read(&mut client, events).await?;
        let rate = events as f64 / started.elapsed().as_secs_f64();
        let framed = running.server.frame(1, events)?;
        bytes = framed.bytes;
        rounds.pairs.push((rate, framed.events as f64 / framed.seconds));
    }
    let what = ("经 gRPC 批量读取（STORED，热）", "bulk read over gRPC (STORED, warm)");
    let limit = ("读取并编码同样内容，不经 gRPC", "reading and framing the same without gRPC");
    Ok(rounds
        .line("read", what, "events/s", limit)
        .target(Of::Ratio, Bound::AtLeast, 0.3)
        .target(Of::Measured, Bound::AtLeast, 1e6)
        .detail("events", events)
        .detail("bytes", bytes))
}

async fn read(client: &mut DutyEventServiceClient<Channel>, events: u64) -> Result<(), Failure> {
    let request = pb::ReadEventsRequest {
        from_position: 1,
        limit: events,
        view: pb::EntryView::Stored.into(),
        min_position: 0,
    };
    let mut stream = client.read_events(request).await?.into_inner();
    let mut received = 0;
    while let Some(chunk) = stream.message().await? {
        received += chunk.entries.len() as u64;
    }
    if received == events {
        return Ok(());
    }
    let text = format!("读到 {received} 条，应为 {events} 条 / read {received} of {events} events");
    Err(Failure::new(FAILED, text))
}

fn selector() -> Option<pb::ViewSelector> {
    Some(pb::ViewSelector { year: demo::YEAR, ..Default::default() })
}

/// Asks for the view of one organization after another.
struct AskOrganization {
    client: ComplianceServiceClient<Channel>,
    organizations: usize,
    next: usize,
}

impl Caller for AskOrganization {
    async fn call(&mut self) -> Result<u64, Failure> {
        let request = pb::GetOrganizationComplianceRequest {
            organization_id: super::events::organization(self.next % self.organizations),
            selector: selector(),
        };
        self.next += 1;
        self.client.get_organization_compliance(request).await?;
        Ok(1)
    }
}

/// Asks for the first page of the matrix, again and again or for another day each time.
struct AskMatrix {
    client: ComplianceServiceClient<Channel>,
    cells: i32,
    /// The next day to ask for.
    day: Option<Date>,
}

impl Caller for AskMatrix {
    async fn call(&mut self) -> Result<u64, Failure> {
        let as_of_date = self.day.map_or_else(String::new, |day| day.to_string());
        self.day = self.day.and_then(|day| day.tomorrow().ok());
        let selector = selector().map(|selector| pb::ViewSelector { as_of_date, ..selector });
        let request = pb::QueryComplianceRequest { selector, ..Default::default() };
        self.cells = self.client.query_compliance(request).await?.into_inner().total_size;
        Ok(1)
    }
}

fn client(running: &Running) -> ComplianceServiceClient<Channel> {
    ComplianceServiceClient::new(running.api[0].clone()).max_decoding_message_size(usize::MAX)
}

/// The view of one organization.
pub(super) async fn organization(bench: &Bench<'_>, running: &Running) -> Result<Line, Failure> {
    bench.now("单位视图", "view of an organization");
    let organizations = usize::try_from(bench.args.organizations).unwrap_or(1);
    let ask = || AskOrganization { client: client(running), organizations, next: 0 };
    let what = ("一个单位的履职视图，在服务内", "view of one organization, in the server");
    let rounds = in_server(bench, running, ask).await?;
    Ok(line("view-organization", what, &rounds).target(Of::Measured, Bound::AtMost, 1.0))
}

/// The first page of the matrix organization × duty, 1,000 cells of which travel: asked for again
/// while nothing is written, and for a day that nobody asked for before, all of it judged anew.
pub(super) async fn matrix(bench: &Bench<'_>, running: &Running) -> Result<Vec<Line>, Failure> {
    bench.now("矩阵", "matrix");
    let mut one = AskMatrix { client: client(running), cells: 0, day: None };
    one.call().await?;
    let again = (
        format!("单位×事项矩阵（{} 格）首页，在服务内", one.cells),
        format!("matrix of {} cells, its first page, in the server", one.cells),
    );
    let ask = || AskMatrix { client: client(running), cells: 0, day: None };
    let again = line("view-matrix", again, &in_server(bench, running, ask).await?);
    let first = (
        format!("同一矩阵，首次查询的日期（{} 格全部重新判定）", one.cells),
        format!("the same for a day not asked for before, {} cells judged", one.cells),
    );
    // A round begins where few before it have been; the service remembers a handful of days.
    let years = AtomicI16::new(MATRIX_FIRST_YEAR);
    let ask = || {
        let day = Date::new(years.fetch_add(1, Ordering::Relaxed), 1, 1).ok();
        AskMatrix { client: client(running), cells: 0, day }
    };
    let first = line("view-matrix-first", first, &in_server(bench, running, ask).await?);
    // What is too slow with fewer organizations is too slow; what is quick tells nothing.
    let is_full = MATRIX_ORGANIZATIONS <= bench.args.organizations;
    let lines = [again, first].map(|line| {
        let reached = if line.measured <= 20.0 { is_full.then_some(true) } else { Some(false) };
        let target = Target { of: Of::Measured, bound: Bound::AtMost, value: 20.0, reached };
        line.with(target).detail("cells", one.cells)
    });
    Ok(lines.into())
}

/// Medians of one caller's calls and of its empty calls, in milliseconds, in turn.
async fn in_server<C: Caller>(
    bench: &Bench<'_>,
    running: &Running,
    caller: impl Fn() -> C,
) -> Result<Rounds, Failure> {
    load::closed_loop(vec![caller()], bench.slice()).await?;
    let mut rounds = Rounds::default();
    for _ in 0..bench.args.rounds {
        let figure = load::closed_loop(vec![caller()], bench.slice()).await?;
        let limit = writes::empty_calls(bench, running).await?;
        let milliseconds = |outcome: &load::Outcome| outcome.latency.median() / 1_000.0;
        rounds.pairs.push((milliseconds(&figure), milliseconds(&limit)));
        rounds.add(&figure.latency, &limit.latency);
    }
    Ok(rounds)
}

/// What a call takes in the server: the whole of it, reading the answer included, less the empty
/// call of the same time.
fn line(id: &str, what: (impl Into<String>, impl Into<String>), rounds: &Rounds) -> Line {
    let at_caller = median(rounds.pairs.iter().map(|(figure, _)| *figure));
    let empty = median(rounds.pairs.iter().map(|(_, limit)| *limit));
    let less = median(rounds.pairs.iter().map(|(figure, limit)| (figure - limit).max(0.0)));
    let mut line = Line::new(id, what, "ms", less)
        .detail("at_caller_ms", at_caller)
        .detail("empty_call_ms", empty);
    line.latency_us = rounds.latency.as_ref().map(load::Latencies::percentiles);
    line.limit_latency_us = rounds.limit_latency.as_ref().map(load::Latencies::percentiles);
    line
}
