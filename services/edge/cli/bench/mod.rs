//! `duty-ledger bench`: what the ledger does on this machine, each figure beside its limit.
//!
//! One run, one machine: a figure and its limit are measured in turn, slice by slice, so that what
//! else the machine does falls on both, and their ratio is taken pair by pair. The service runs in
//! a process of its own; the load comes from this one over gRPC. Nothing here is a test: a run
//! says what it found, and only `--require` makes a missed target a failure.
//!
//! What the lines mean and what they must reach stands at each of them: [`writes`], [`reads`],
//! [`opening`].

mod bare;
mod child;
mod empty;
mod events;
mod limits;
mod load;
mod machine;
mod opening;
mod reads;
mod report;
pub(super) mod server;
mod writes;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use tonic::transport::Channel;

use self::child::Server;
use self::events::Generator;
use self::machine::Machine;
use self::report::{Line, Report};
use super::client::Failure;
use super::{FAILED, Output, OutputArgs, output, serve, shown};

/// How to measure.
#[derive(Debug, Args)]
pub(super) struct BenchArgs {
    /// A directory on the disk to measure; the run works in a new one inside it and removes that.
    #[arg(long, default_value = ".")]
    dir: PathBuf,
    /// How many events the ledger holds, at least, when it is read, opened and replayed: the lines
    /// of writes come first, and what they wrote stays.
    #[arg(long, default_value_t = 500_000, value_parser = clap::value_parser!(u64).range(100..))]
    events: u64,
    /// Organizations the events are spread over.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=99_999))]
    organizations: u32,
    /// Which lines; by default all.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Part>,
    /// Length of a slice, in seconds: each figure and each limit is measured for so long a round.
    #[arg(long, default_value_t = 1.0, value_parser = slice_seconds)]
    seconds: f64,
    /// Rounds of each line.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rounds: u32,
    /// Connections the callers share, for a figure and its limit alike.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=1_024))]
    connections: u32,
    /// Configuration file of the measured service; addresses and directory are the run's own.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Ends with 1 when a target is not reached.
    #[arg(long)]
    require: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// A part of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// One event a call, 64 and 256 callers.
    Append,
    /// 100 events a call, 1 and 8 callers.
    Batch,
    /// One caller, one event.
    Single,
    /// The rate of appends with all events there, and with few.
    Growth,
    /// One organization, and the matrix of all.
    Views,
    /// Bulk reads.
    Read,
    /// Opening with nothing new, and with a tail.
    Open,
    /// Rebuilding the state from the journal.
    Rebuild,
}

fn slice_seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "0.01 … 600")?;
    if (0.01..=600.0).contains(&seconds) { Ok(seconds) } else { Err("0.01 … 600".to_owned()) }
}

pub(super) fn run(args: &BenchArgs) -> ExitCode {
    let runtime = match serve::runtime() {
        Ok(runtime) => runtime,
        Err(code) => return code,
    };
    let measured = Workspace::create(&args.dir).and_then(|workspace| {
        // A run that is broken off leaves nothing behind; the child ends when its pipe does.
        let path = workspace.0.clone();
        let interrupted = async move {
            serve::asked_to_stop().await;
            remove(&path);
            std::process::exit(i32::from(FAILED));
        };
        drop(runtime.spawn(interrupted));
        // This thread is none of the runtime's: it may well wait for disk and child.
        runtime.block_on(measure(args, &workspace.0))
    });
    let report = match measured {
        Ok(report) => report,
        Err(failure) => {
            output::complain(&failure.text);
            return ExitCode::from(failure.code);
        }
    };
    match args.output.output {
        Output::Table => output::say(&report.text(args.output.lang)),
        Output::Json => match serde_json::to_string_pretty(&report) {
            Ok(text) => output::say(&text),
            Err(error) => {
                output::complain(&error.to_string());
                return ExitCode::from(FAILED);
            }
        },
    }
    if args.require && report.misses() { ExitCode::from(FAILED) } else { ExitCode::SUCCESS }
}

/// The directory of a run; goes with the value.
struct Workspace(PathBuf);

impl Workspace {
    fn create(within: &Path) -> Result<Self, Failure> {
        let path = within.join(format!("duty-ledger-bench-{}", uuid::Uuid::now_v7().simple()));
        let created = std::fs::create_dir_all(&path);
        created.map_err(|error| {
            let path = shown(&path);
            let text =
                format!("无法创建目录，请用 --dir 另选 / cannot create {path}, choose another --dir: {error}");
            Failure::new(FAILED, text)
        })?;
        Ok(Self(path))
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        remove(&self.0);
    }
}

fn remove(path: &Path) {
    if let Err(error) = std::fs::remove_dir_all(path)
        && path.exists()
    {
        let path = shown(path);
        output::complain(&format!("目录未能删除 / was not removed: {path}: {error}"));
    }
}

/// What all lines share.
struct Bench<'a> {
    args: &'a BenchArgs,
    /// The directory of the run.
    directory: &'a Path,
    generator: Generator,
    progress: ProgressBar,
}

/// A running service with connections to it.
struct Running {
    server: Server,
    /// To the API.
    api: Vec<Channel>,
    /// To the empty call.
    empty: Vec<Channel>,
}

impl Running {
    /// Stops the service in order.
    fn stop(self) -> Result<(), Failure> {
        let Self { server, api, empty } = self;
        drop((api, empty));
        server.stop()
    }

    /// Ends it as a crash would.
    fn kill(self) -> Result<(), Failure> {
        self.server.kill()
    }
}

impl Bench<'_> {
    fn wants(&self, part: Part) -> bool {
        self.args.only.is_empty() || self.args.only.contains(&part)
    }

    fn wants_any(&self, parts: &[Part]) -> bool {
        parts.iter().any(|part| self.wants(*part))
    }

    fn slice(&self) -> Duration {
        Duration::from_secs_f64(self.args.seconds)
    }

    /// Says what is being done now.
    fn now(&self, zh: &str, en: &str) {
        self.progress.set_message(self.args.output.lang.pick(zh, en).to_owned());
    }

    fn journal(&self) -> PathBuf {
        self.directory.join("ledger")
    }

    /// Starts the service on the journal of the run.
    async fn start(&self) -> Result<Running, Failure> {
        let server = Server::start(&self.journal(), self.args.config.as_deref())?;
        let count = usize::try_from(self.args.connections).unwrap_or(1);
        let api = load::connections(&server.ready.api, count).await?;
        let empty = load::connections(&server.ready.empty, count).await?;
        Ok(Running { server, api, empty })
    }
}

async fn measure(args: &BenchArgs, directory: &Path) -> Result<Report, Failure> {
    let started = Instant::now();
    let machine = Machine::look(directory);
    let organizations = usize::try_from(args.organizations).unwrap_or(1);
    let style = ProgressStyle::with_template("{spinner} {elapsed} {msg} {wide_bar} {pos}/{len}");
    let progress = ProgressBar::new(args.events);
    progress.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    progress.enable_steady_tick(Duration::from_millis(200));
    let bench = Bench { args, directory, generator: Generator::new(organizations)?, progress };

    let lines = lines(&bench, organizations).await?;
    bench.progress.finish_and_clear();
    Ok(Report {
        program: machine::PROGRAM,
        machine,
        parameters: json!({
            "events": args.events,
            "organizations": args.organizations,
            "seconds": args.seconds,
            "rounds": args.rounds,
            "connections": args.connections,
            "load": "closed loop, client and service on one machine",
        }),
        lines,
        seconds: started.elapsed().as_secs_f64(),
    })
}

/// Measures in the order in which the ledger grows: writes while it is small, the rest at its size.
async fn lines(bench: &Bench<'_>, organizations: usize) -> Result<Vec<Line>, Failure> {
    let mut lines = Vec::new();
    bench.now("准备", "preparing");
    let mut running = bench.start().await?;
    events::seed(&running.api[0], organizations).await?;
    writes::fill(bench, &mut running, writes::SMALL.min(bench.args.events)).await?;
    let mut small = None;
    if bench.wants_any(&[Part::Append, Part::Growth]) {
        let rounds = writes::one_a_call(bench, &mut running, writes::CALLERS[0]).await?;
        if bench.wants(Part::Append) {
            lines.push(writes::append_line(&rounds, writes::CALLERS[0]));
            let rounds = writes::one_a_call(bench, &mut running, writes::CALLERS[1]).await?;
            lines.push(writes::append_line(&rounds, writes::CALLERS[1]));
        }
        small = Some(rounds);
    }
    if bench.wants(Part::Batch) {
        for callers in writes::BATCH_CALLERS {
            lines.push(writes::batch(bench, &mut running, callers).await?);
        }
    }
    if bench.wants(Part::Single) {
        lines.push(writes::single(bench, &mut running).await?);
    }
    if bench.wants_any(&[Part::Growth, Part::Views, Part::Read, Part::Open, Part::Rebuild]) {
        writes::fill(bench, &mut running, bench.args.events).await?;
    }
    if let Some(small) = small.filter(|_| bench.wants(Part::Growth)) {
        lines.push(writes::growth(bench, &mut running, &small.rounds).await?);
    }
    if bench.wants(Part::Views) {
        lines.push(reads::organization(bench, &running).await?);
        lines.push(reads::matrix(bench, &running).await?);
    }
    if bench.wants(Part::Read) {
        lines.push(reads::bulk(bench, &mut running).await?);
    }
    running.stop()?;
    if bench.wants(Part::Open) {
        lines.extend(opening::open(bench).await?);
    }
    if bench.wants(Part::Rebuild) {
        lines.push(opening::rebuild(bench)?);
    }
    Ok(lines)
}
