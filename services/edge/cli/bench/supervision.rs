//! The lines of supervision: a ledger of generated years of its own, each question a supervisor
//! asks of all its organizations, and the feed of changes from the first entry on.
//!
//! Every round asks for another day, so that no answer is kept from the round before. What is
//! measured is the whole call, the reading of its answer included, or its first page where there
//! are pages. The questions have no limits to be compared with; the figures stand for themselves.

use std::time::Instant;

use duty::ruleset::RuleSet;
use tonic::transport::Channel;

use super::Bench;
use super::child::Server;
use super::load::{self, Latencies};
use super::report::{Line, median};
use crate::cli::client::Failure;
use crate::cli::{BAD_DATA, demo, generate};
use crate::generate::Plan;
use crate::pb;
use crate::pb::compliance_service_client::ComplianceServiceClient;
use crate::pb::evaluation_service_client::EvaluationServiceClient;
use crate::pb::supervision_service_client::SupervisionServiceClient;

/// The last generated year, which is asked for.
const YEAR: i16 = 2024;
/// Seed of what is generated.
const SEED: u64 = 1;
/// Organizations sent at once.
const CALLERS: u16 = 16;
/// Rows of a page: the most there may be.
const PAGE: i32 = 10_000;

/// A question about all organizations.
#[derive(Debug, Clone, Copy)]
enum Question {
    Matrix,
    Rank,
    Coverage,
    RollUp,
    Deadlines,
    Exceptions,
    Trend,
}

impl Question {
    const ALL: [Self; 7] = [
        Self::Matrix,
        Self::Rank,
        Self::Coverage,
        Self::RollUp,
        Self::Deadlines,
        Self::Exceptions,
        Self::Trend,
    ];

    /// Name for programs, then for people in Chinese and English.
    const fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Matrix => ("matrix", "责任矩阵首页", "first page of the matrix"),
            Self::Rank => ("rank", "排名", "ranking"),
            Self::Coverage => ("coverage", "述法覆盖首页", "first page of debrief coverage"),
            Self::RollUp => ("rollup", "逐级汇总", "roll-up"),
            Self::Deadlines => ("deadlines", "到期清单首页", "first page of deadlines"),
            Self::Exceptions => ("exceptions", "异常首页", "first page of exceptions"),
            Self::Trend => ("trend", "逐月趋势（按现在所知）", "trend, as known now"),
        }
    }
}

/// Generates the years, asks every question, and follows all changes.
pub(super) async fn lines(bench: &Bench<'_>) -> Result<Vec<Line>, Failure> {
    bench.now("生成年度数据", "generating years");
    let mut server = Server::start(&bench.directory.join("years"), bench.args.config.as_deref())?;
    let channel = load::connections(&server.ready.api, 1).await?.remove(0);
    let plan = plan(bench)?;
    let started = Instant::now();
    bench.progress.set_length(plan.lane_count());
    generate::send(plan, channel.clone(), CALLERS, &bench.progress).await?;
    let seconds = started.elapsed().as_secs_f64();
    let entries = server.head()?;
    let what = ("生成并写入各年度数据", "years generated and appended");
    let rate = entries as f64 / seconds.max(f64::EPSILON);
    let generated = Line::new("supervision-generate", what, "entries/s", rate);
    let mut lines = vec![size(generated, bench, entries).detail("seconds", seconds)];
    for question in Question::ALL {
        lines.push(size(asked(bench, &channel, question).await?, bench, entries));
    }
    lines.push(size(feed(bench, &channel).await?, bench, entries));
    let memory = server.memory();
    let lines = lines.into_iter().map(|line| line.detail("resident_peak_bytes", memory.peak));
    let lines = lines.collect();
    drop(channel);
    server.stop()?;
    Ok(lines)
}

fn size(line: Line, bench: &Bench<'_>, entries: u64) -> Line {
    line.detail("organizations", bench.args.organizations)
        .detail("years", bench.args.years)
        .detail("entries", entries)
}

fn plan(bench: &Bench<'_>) -> Result<Plan, Failure> {
    let (rules, _) = RuleSet::parse(demo::RULES).map_err(|_| {
        Failure::new(BAD_DATA, "内置规则集有误 / the rule set of the demo has faults")
    })?;
    Ok(Plan {
        seed: SEED,
        organizations: bench.args.organizations,
        first_year: YEAR + 1 - i16::from(bench.args.years),
        last_year: YEAR,
        until: jiff::civil::date(YEAR + 1, 7, 31),
        rules,
    })
}

/// One question, as often as there are rounds, each time for another day.
async fn asked(bench: &Bench<'_>, channel: &Channel, question: Question) -> Result<Line, Failure> {
    let (id, zh, en) = question.names();
    bench.now(zh, en);
    let (mut latency, mut rounds, mut rows) = (Latencies::new()?, Vec::new(), 0);
    // The first is not counted: it is the one that warms up what is read from the disk.
    for round in 0..=bench.args.rounds {
        let day = jiff::civil::date(YEAR + 1, 8, 1);
        let days = jiff::Span::new().days(i64::from(round % 100));
        let selector = pb::ViewSelector {
            year: YEAR.into(),
            as_of_date: day.saturating_add(days).to_string(),
            ..Default::default()
        };
        let started = Instant::now();
        rows = ask(channel, question, selector).await?;
        let taken = started.elapsed();
        if 0 < round {
            latency.record(taken);
            rounds.push(taken.as_secs_f64() * 1_000.0);
        }
    }
    let median = median(rounds.iter().copied());
    let mut line = Line::new(format!("supervision-{id}"), (zh, en), "ms", median);
    line.latency_us = Some(latency.percentiles());
    Ok(line.detail("rows", rows))
}

/// Asks once; how many rows the answer has.
async fn ask(
    channel: &Channel,
    question: Question,
    selector: pb::ViewSelector,
) -> Result<u64, Failure> {
    let selector = Some(selector);
    let mut client =
        SupervisionServiceClient::new(channel.clone()).max_decoding_message_size(usize::MAX);
    let rows = match question {
        Question::Matrix => {
            let mut client =
                ComplianceServiceClient::new(channel.clone()).max_decoding_message_size(usize::MAX);
            let request = pb::QueryComplianceRequest { selector, ..Default::default() };
            client.query_compliance(request).await?.into_inner().cells.len()
        }
        Question::Rank => {
            let request = pb::RankOrganizationsRequest { selector, ..Default::default() };
            let answer = client.rank_organizations(request).await?.into_inner();
            answer.classes.iter().map(|class| class.ranked.len()).sum()
        }
        Question::Coverage => {
            let request =
                pb::GetDebriefCoverageRequest { selector, page_size: PAGE, ..Default::default() };
            client.get_debrief_coverage(request).await?.into_inner().rows.len()
        }
        Question::RollUp => {
            let request = pb::RollUpRequest { selector, ..Default::default() };
            client.roll_up(request).await?.into_inner().nodes.len()
        }
        Question::Deadlines => {
            let request =
                pb::ListDeadlinesRequest { selector, page_size: PAGE, ..Default::default() };
            client.list_deadlines(request).await?.into_inner().deadlines.len()
        }
        Question::Exceptions => {
            let request =
                pb::ListExceptionsRequest { selector, page_size: PAGE, ..Default::default() };
            client.list_exceptions(request).await?.into_inner().exceptions.len()
        }
        Question::Trend => {
            let request = pb::GetTrendRequest {
                selector,
                knowledge: pb::TrendKnowledge::Now.into(),
                ..Default::default()
            };
            client.get_trend(request).await?.into_inner().points.len()
        }
    };
    Ok(rows as u64)
}

/// The feed of changes from the first entry to where the ledger stands.
async fn feed(bench: &Bench<'_>, channel: &Channel) -> Result<Line, Failure> {
    bench.now("变化跟踪", "feed of changes");
    let mut client = EvaluationServiceClient::new(channel.clone());
    let started = Instant::now();
    let mut stream = client.watch_changes(pb::WatchChangesRequest::default()).await?.into_inner();
    let (mut changes, mut entries, mut head) = (0, 0, None);
    while let Some(message) = stream.message().await? {
        changes += message.changes.len() as u64;
        entries = message.position;
        if *head.get_or_insert(message.head_position) <= entries {
            break;
        }
    }
    let rate = entries as f64 / started.elapsed().as_secs_f64().max(f64::EPSILON);
    let what = ("变化跟踪，从第一条起", "feed of changes, from the first entry on");
    Ok(Line::new("supervision-changes", what, "entries/s", rate).detail("changes", changes))
}
