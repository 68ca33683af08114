//! `duty-ledger generate`: realistic years from a seed, into a file or into a service.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use duty::ruleset::RuleSet;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::civil::Date;
use serde::Serialize;
use tokio::task::{JoinError, JoinSet};
use tonic::transport::Channel;

use super::client::{self, Failure};
use super::{BAD_DATA, FAILED, Output, OutputArgs, USAGE, demo, output, shown};
use crate::generate::{Call, Lane, Plan};
use crate::pb;
use crate::pb::duty_event_service_client::DutyEventServiceClient;
use crate::pb::registry_service_client::RegistryServiceClient;
use crate::pb::review_service_client::ReviewServiceClient;

/// What to generate.
#[derive(Debug, Args)]
pub(super) struct GenerateArgs {
    /// The same seed gives the same bytes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many organizations: the city, its counties, their departments.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    organizations: u32,
    /// Accounting years, such as 2022 or 2022-2024.
    #[arg(long)]
    years: String,
    /// Nothing happens after this day; by default 31 July of the year after the last.
    #[arg(long, default_value = "")]
    until: String,
    /// The rule set that says what is owed; by default that of the demo.
    #[arg(long)]
    rules: Option<PathBuf>,
    /// Writes the calls as JSON Lines: {"call": METHOD, "request": protobuf JSON}.
    #[arg(long, required_unless_present = "server", conflicts_with = "server")]
    out: Option<PathBuf>,
    /// Only the events, one a line, as `import` reads them; what they refer to must be there.
    #[arg(long, requires = "out")]
    events: bool,
    /// Sends the calls to a service.
    #[arg(long)]
    server: Option<String>,
    /// How many organizations are sent at once. With 1 the entries have the same order every
    /// time; with more each organization has its own order, and they mix.
    #[arg(long, default_value_t = 16, requires = "server")]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=256))]
    callers: u16,
    #[command(flatten)]
    output: OutputArgs,
}

/// What was generated.
#[derive(Debug, Default, Serialize)]
pub(super) struct Summary {
    calls: u64,
    organizations: u64,
    events: u64,
    corrections: u64,
    withdrawals: u64,
    reviews: u64,
}

impl Summary {
    fn count(&mut self, call: &Call) {
        self.calls += 1;
        match call.name {
            "RegisterOrganization" => self.organizations += 1,
            "AppendEvents" => {
                let events = call.request["events"].as_array().map_or(0, Vec::len);
                self.events += events as u64;
            }
            "CorrectEvent" => self.corrections += 1,
            "WithdrawEvent" => self.withdrawals += 1,
            "ReviewEvent" => self.reviews += 1,
            _ => {}
        }
    }

    fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.organizations += other.organizations;
        self.events += other.events;
        self.corrections += other.corrections;
        self.withdrawals += other.withdrawals;
        self.reviews += other.reviews;
    }
}

pub(super) async fn run(args: GenerateArgs) -> Result<(), Failure> {
    let plan = plan(&args)?;
    let summary = match (&args.server, &args.out) {
        (Some(server), _) => {
            let bar = ProgressBar::new(plan.lane_count());
            let style = ProgressStyle::with_template("{elapsed} {wide_bar} {percent} % {eta}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            let sent = send(plan, client::connect(server).await?, args.callers, &bar).await;
            bar.finish_and_clear();
            sent?
        }
        (None, Some(path)) => write(&plan, path, args.events)?,
        (None, None) => Summary::default(),
    };
    tell(&args, &summary)
}

/// Writes every call, or only the events, one a line.
fn write(plan: &Plan, path: &Path, only_events: bool) -> Result<Summary, Failure> {
    let file = shown(path);
    let failed = |error: std::io::Error| {
        Failure::new(FAILED, format!("无法写入 {file} / cannot write {file}: {error}"))
    };
    let mut summary = Summary::default();
    let mut out = std::io::BufWriter::new(std::fs::File::create(path).map_err(failed)?);
    for call in plan.calls(demo::CALENDARS) {
        if only_events {
            if call.name != "AppendEvents" {
                continue;
            }
            for event in call.request["events"].as_array().into_iter().flatten() {
                writeln!(out, "{event}").map_err(failed)?;
            }
        } else {
            writeln!(out, "{}", call.line()).map_err(failed)?;
        }
        summary.count(&call);
    }
    out.flush().map_err(failed)?;
    Ok(summary)
}

/// Sends every lane, so many at once at most. The first failure ends it; what was sent before is
/// in the ledger, and sending all again adds what is missing.
pub(super) async fn send(
    plan: Plan,
    channel: Channel,
    callers: u16,
    bar: &ProgressBar,
) -> Result<Summary, Failure> {
    let clients = Clients::over(channel);
    let (plan, mut summary) = (Arc::new(plan), Summary::default());
    let mut sending = JoinSet::new();
    for lane in plan.lanes() {
        let most = if lane.alone() { 0 } else { usize::from(callers) - 1 };
        drain(&mut sending, most, &mut summary, bar).await?;
        let (plan, clients) = (Arc::clone(&plan), clients.clone());
        sending.spawn(async move { send_lane(&plan, lane, clients).await });
        if lane.alone() {
            drain(&mut sending, 0, &mut summary, bar).await?;
        }
    }
    drain(&mut sending, 0, &mut summary, bar).await?;
    Ok(summary)
}

/// Waits until no more than so many lanes are being sent.
async fn drain(
    sending: &mut JoinSet<Result<Summary, Failure>>,
    most: usize,
    summary: &mut Summary,
    bar: &ProgressBar,
) -> Result<(), Failure> {
    while most < sending.len() {
        let Some(sent) = sending.join_next().await else { return Ok(()) };
        let broken = |error: JoinError| Failure::new(FAILED, crate::chain(&error));
        summary.add(&sent.map_err(broken)??);
        bar.inc(1);
    }
    Ok(())
}

async fn send_lane(plan: &Plan, lane: Lane, mut clients: Clients) -> Result<Summary, Failure> {
    let mut summary = Summary::default();
    for call in plan.lane(lane, demo::CALENDARS) {
        clients.send(&call).await?;
        summary.count(&call);
    }
    Ok(summary)
}

fn tell(args: &GenerateArgs, summary: &Summary) -> Result<(), Failure> {
    if args.output.output == Output::Json {
        let text = serde_json::to_string_pretty(summary)
            .map_err(|error| Failure::new(FAILED, error.to_string()))?;
        output::say(&text);
        return Ok(());
    }
    let Summary { calls, organizations, events, corrections, withdrawals, reviews } = summary;
    output::say(&format!(
        "{organizations} 个单位，{events} 件事件，更正 {corrections}，撤回 {withdrawals}，审核 {reviews}；共 {calls} 次调用\n\
         {organizations} organizations, {events} events, {corrections} corrections, {withdrawals} withdrawals, {reviews} reviews; {calls} calls"
    ));
    Ok(())
}

fn plan(args: &GenerateArgs) -> Result<Plan, Failure> {
    let usage = |zh: &str, en: &str| Failure::new(USAGE, format!("{zh} / {en}"));
    let (first, last) = args.years.split_once('-').unwrap_or((&args.years, &args.years));
    let years = first.parse::<i16>().ok().zip(last.parse::<i16>().ok());
    let years = years.filter(|(first, last)| 2016 <= *first && first <= last && *last <= 2100);
    let Some((first_year, last_year)) = years else {
        return Err(usage(
            "--years 应为 2016 年起的年度，如 2022 或 2022-2024",
            "--years are accounting years from 2016 on, such as 2022 or 2022-2024",
        ));
    };
    let until = if args.until.is_empty() {
        Date::new(last_year + 1, 7, 31).ok()
    } else {
        args.until.parse().ok()
    };
    let Some(until) = until else {
        return Err(usage("--until 应为 YYYY-MM-DD", "--until is a day, YYYY-MM-DD"));
    };
    let text = match &args.rules {
        None => demo::RULES.to_owned(),
        Some(path) => super::read_text(path)?,
    };
    let (rules, _) = RuleSet::parse(&text).map_err(|errors| {
        let lines: Vec<_> = errors
            .iter()
            .map(|e| format!("{}:{}: {} / {}", e.line, e.column, e.problem.zh, e.problem.en))
            .collect();
        Failure::new(BAD_DATA, lines.join("\n"))
    })?;
    let GenerateArgs { seed, organizations, .. } = *args;
    Ok(Plan { seed, organizations, first_year, last_year, until, rules })
}

#[derive(Clone)]
struct Clients {
    events: DutyEventServiceClient<Channel>,
    registry: RegistryServiceClient<Channel>,
    review: ReviewServiceClient<Channel>,
}

impl Clients {
    fn over(channel: Channel) -> Self {
        Self {
            events: DutyEventServiceClient::new(channel.clone()),
            registry: RegistryServiceClient::new(channel.clone()),
            review: ReviewServiceClient::new(channel),
        }
    }

    async fn send(&mut self, call: &Call) -> Result<(), Failure> {
        macro_rules! send {
            ($($name:literal: $message:ident => $client:ident.$method:ident,)*) => {
                match call.name {
                    $($name => {
                        let request: pb::$message = read(stringify!($message), call)?;
                        self.$client.$method(request).await.map(|_| ())
                    })*
                    other => {
                        let text = format!("没有 {other} / there is no call {other}");
                        return Err(Failure::new(FAILED, text));
                    }
                }
            };
        }
        let sent = send! {
            "RegisterOrganization": RegisterOrganizationRequest => registry.register_organization,
            "RegisterPost": RegisterPostRequest => registry.register_post,
            "RegisterPerson": RegisterPersonRequest => registry.register_person,
            "RegisterTenure": RegisterTenureRequest => registry.register_tenure,
            "PublishRuleSet": PublishRuleSetRequest => registry.publish_rule_set,
            "PublishWorkCalendar": PublishWorkCalendarRequest => registry.publish_work_calendar,
            "AppendEvents": AppendEventsRequest => events.append_events,
            "CorrectEvent": CorrectEventRequest => events.correct_event,
            "WithdrawEvent": WithdrawEventRequest => events.withdraw_event,
            "ReviewEvent": ReviewEventRequest => review.review_event,
        };
        sent.map_err(|status| {
            let Failure { code, text } = Failure::from(status);
            Failure::new(code, format!("{text}\n{}", call.line()))
        })
    }
}

fn read<M: prost::Message + Default>(name: &str, call: &Call) -> Result<M, Failure> {
    output::from_json(name, call.request.clone())
        .map_err(|error| Failure::new(FAILED, crate::chain(&error)))
}
