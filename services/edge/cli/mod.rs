//! The command line: one binary, one file per subcommand.
//!
//! Exit codes: 0 done; 1 the ledger refused or failed; 2 wrong usage; 64 wrong configuration;
//! 65 some input was not accepted; 66 a file that was named on the command line cannot be read,
//! whichever it is; 69 the service cannot be reached.

mod backup;
mod bench;
mod changes;
mod client;
mod compliance;
mod demo;
mod docx;
mod entries;
mod exempt;
mod explain;
mod export;
mod export_tiles;
mod generate;
mod import;
mod import_amendments;
mod import_check;
mod import_file;
mod import_registry;
mod import_workbook;
mod keys;
mod output;
mod pages;
mod person;
mod persons;
mod receipt;
mod rectify;
mod registry;
mod replay;
mod report;
mod restore;
mod review;
mod rules;
mod serve;
mod sheet;
mod sheets;
mod status;
mod step;
mod supervision;
mod table;
mod template;
mod verify;
mod verify_receipt;
mod witness;
mod year;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// The ledger refused or failed.
const FAILED: u8 = 1;
/// The arguments do not fit together, as the parser of arguments says it too.
const USAGE: u8 = 2;
/// `EX_USAGE` of sysexits: the configuration is wrong.
const BAD_CONFIG: u8 = 64;
/// `EX_DATAERR`: some input was not accepted.
const BAD_DATA: u8 = 65;
/// `EX_NOINPUT`: a file that was named cannot be read, so nothing is said about its content.
const NO_INPUT: u8 = 66;
/// `EX_UNAVAILABLE`: the service cannot be reached.
const UNREACHABLE: u8 = 69;

/// 责任台账 Duty Ledger — who owes which rule-of-law duty, by when, done or not, on what evidence.
#[derive(Debug, Parser)]
#[command(name = "duty-ledger", version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the service (运行服务).
    Serve(serve::ServeArgs),
    /// Runs the service on a new ledger with a real report in it, and shows the outcome (演示).
    Demo(demo::DemoArgs),
    /// Appends duty events from a workbook, JSON Lines or a report document (导入).
    Import(import::ImportArgs),
    /// Writes a workbook to be filled in and imported (导入模板).
    Template(template::TemplateArgs),
    /// Generates realistic years from a seed, for tests and benchmarks (生成数据).
    Generate(generate::GenerateArgs),
    /// Shows the compliance of an organization or a leader (履职情况).
    Compliance(compliance::ComplianceArgs),
    /// Says why an obligation stands as it does, and what would mend it (说明).
    Explain(explain::ExplainArgs),
    /// Shows the score sheet of an organization (评分表).
    Sheet(sheet::SheetArgs),
    /// Exports the score sheets of all organizations, to a stated end (评分表导出).
    Sheets(sheets::SheetsArgs),
    /// Shows who debriefed and who did not (述法覆盖，应述尽述).
    Coverage(supervision::CoverageArgs),
    /// Lists what is still open, by when (到期清单).
    Deadlines(supervision::DeadlinesArgs),
    /// Takes a year from notice through appeal and review to its seal (公示、申诉、复核、封存).
    Year(year::YearArgs),
    /// Accepts or returns a duty event, or takes an acceptance back (审核).
    Review(review::ReviewArgs),
    /// Exempts from a duty by a document, and lists who is (免除).
    Exempt(exempt::ExemptArgs),
    /// Orders, answers and closes what supervisors found, and lists it (整改).
    Rectify(rectify::RectifyArgs),
    /// Follows every change of the state of an obligation (变化跟踪).
    Changes(changes::ChangesArgs),
    /// Lists what in a year's entries deserves a look (异常).
    Exceptions(supervision::ExceptionsArgs),
    /// Shows a year of an organization as one dated line (单位档案).
    Profile(supervision::ProfileArgs),
    /// Ranks organizations inside their class (排名).
    Rank(supervision::RankArgs),
    /// Rolls figures up over the tree of organizations (逐级汇总).
    Rollup(supervision::RollUpArgs),
    /// Shows a scope month by month (逐月趋势).
    Trend(supervision::TrendArgs),
    /// Holds a printed annual report against the ledger, or drafts one (年度报告).
    Report(report::ReportArgs),
    /// Works with rule sets (规则集).
    Rules(rules::RulesArgs),
    /// Checks a ledger from end to end: entries, tree, checkpoint, views (核验).
    Verify(verify::VerifyArgs),
    /// Saves a ledger into one file, while it is served or not (备份).
    Backup(backup::BackupArgs),
    /// Brings a ledger back from a backup or from exported tiles (恢复).
    Restore(restore::RestoreArgs),
    /// Writes matrix, score sheet and events as XLSX, CSV, JSON, Markdown or OSCAL (导出).
    Export(export::ExportArgs),
    /// Writes a static C2SP log, entries included, for whoever keeps a copy (导出瓦片).
    ExportTiles(export_tiles::ExportTilesArgs),
    /// Recomputes a compliance view from exported entries alone and compares (重算).
    Replay(replay::ReplayArgs),
    /// Says how a running service is (状态).
    Status(status::StatusArgs),
    /// Measures this machine: each figure beside its limit in the same run (性能测量).
    Bench(bench::BenchArgs),
    /// The measured service: what `bench` runs as its child.
    #[command(hide = true)]
    BenchServer(bench::server::ServerArgs),
    /// Registers, shows and erases persons (人员).
    Person(person::PersonArgs),
    /// Registers, changes and shows organizations: names, parents, who held their posts (单位).
    Organization(registry::organization::OrganizationArgs),
    /// Registers posts (职务).
    Post(registry::post::PostArgs),
    /// Registers who holds a post, acting or not, and hands posts over (任期、交接).
    Tenure(registry::tenure::TenureArgs),
    /// Registers that the holder of a post is excused by a document (离岗).
    Absence(registry::absence::AbsenceArgs),
    /// Registers and shows leading groups, a version a document (领导小组).
    Group(registry::group::GroupArgs),
    /// Makes and changes the key of keys, offline (主密钥).
    Persons(persons::PersonsArgs),
    /// Fetches the receipt of an entry, to be checked by anybody (凭证).
    Receipt(receipt::ReceiptArgs),
    /// Checks a receipt offline, without any service (核验凭证).
    VerifyReceipt(verify_receipt::VerifyReceiptArgs),
    /// Runs a witness for the ledgers of others (见证方).
    Witness(witness::WitnessArgs),
    /// Prints the public keys of a ledger's log (公钥).
    Keys(keys::KeysArgs),
}

/// Where the service is.
#[derive(Debug, Clone, Args)]
struct ServerArg {
    /// Address of the service.
    #[arg(long, env = "DUTY_LEDGER_SERVER", default_value = "http://127.0.0.1:50051")]
    server: String,
}

/// How to answer.
#[derive(Debug, Clone, Args)]
struct OutputArgs {
    /// Tables for people, canonical protobuf JSON for programs.
    #[arg(long, value_enum, default_value_t = Output::Table)]
    output: Output,
    /// Language of tables.
    #[arg(long, value_enum, default_value_t = Language::Zh)]
    lang: Language,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    /// Tables for people.
    Table,
    /// Canonical protobuf JSON for programs.
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Language {
    /// 中文.
    Zh,
    /// English.
    En,
}

impl Language {
    /// The text in this language.
    fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}

impl OutputArgs {
    /// Prints an answer of this name: as its message, or as `show` writes it for people.
    fn answer<M: prost::Message>(
        &self,
        name: &str,
        answer: &M,
        show: impl FnOnce(&M, Language),
    ) -> Result<(), client::Failure> {
        match self.output {
            Output::Json => compliance::json(name, answer),
            Output::Table => {
                show(answer, self.lang);
                Ok(())
            }
        }
    }
}

/// Which question a view answers.
#[derive(Debug, Clone, Args)]
struct SelectorArgs {
    /// Accounting year (考核年度).
    #[arg(long)]
    year: i32,
    /// The day whose deadlines count, YYYY-MM-DD; by default the day now running by the ledger.
    #[arg(long, default_value = "")]
    as_of: String,
    /// Only entries up to this position are known; by default all.
    #[arg(long, default_value_t = 0)]
    known: u64,
}

impl SelectorArgs {
    fn message(&self) -> crate::pb::ViewSelector {
        crate::pb::ViewSelector {
            year: self.year,
            as_of_date: self.as_of.clone(),
            known_position: self.known,
            ..Default::default()
        }
    }
}

/// Parses the arguments and runs the command. `--help` never starts a runtime.
#[must_use]
pub fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Serve(args) => serve::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Import(args) => on_runtime(import::run(args)),
        Command::Template(args) => on_runtime(template::run(args)),
        Command::Generate(args) => on_runtime(generate::run(args)),
        Command::Compliance(args) => on_runtime(compliance::run(args)),
        Command::Explain(args) => on_runtime(explain::run(args)),
        Command::Sheet(args) => on_runtime(sheet::run(args)),
        Command::Sheets(args) => on_runtime(sheets::run(args)),
        Command::Coverage(args) => on_runtime(supervision::coverage(args)),
        Command::Deadlines(args) => on_runtime(supervision::deadlines(args)),
        Command::Year(args) => on_runtime(year::run(args)),
        Command::Review(args) => on_runtime(review::run(args)),
        Command::Exempt(args) => on_runtime(exempt::run(args)),
        Command::Rectify(args) => on_runtime(rectify::run(args)),
        Command::Changes(args) => on_runtime(changes::run(args)),
        Command::Exceptions(args) => on_runtime(supervision::exceptions(args)),
        Command::Profile(args) => on_runtime(supervision::profile(args)),
        Command::Rank(args) => on_runtime(supervision::rank(args)),
        Command::Rollup(args) => on_runtime(supervision::rollup(args)),
        Command::Trend(args) => on_runtime(supervision::trend(args)),
        Command::Report(args) => on_runtime(report::run(args)),
        Command::Rules(args) => rules::run(&args),
        Command::Verify(args) => ended(verify::run(&args)),
        Command::Backup(args) => on_runtime(backup::run(args)),
        Command::Restore(args) => ended(restore::run(&args)),
        Command::Export(args) => on_runtime(export::run(args)),
        Command::ExportTiles(args) => on_runtime(export_tiles::run(args)),
        Command::Replay(args) => ended(replay::run(&args)),
        Command::Status(args) => on_runtime(status::run(args)),
        Command::Bench(args) => bench::run(&args),
        Command::BenchServer(args) => bench::server::run(&args),
        Command::Person(args) => on_runtime(person::run(args)),
        Command::Organization(args) => on_runtime(registry::organization::run(args)),
        Command::Post(args) => on_runtime(registry::post::run(args)),
        Command::Tenure(args) => on_runtime(registry::tenure::run(args)),
        Command::Absence(args) => on_runtime(registry::absence::run(args)),
        Command::Group(args) => on_runtime(registry::group::run(args)),
        Command::Persons(args) => persons::run(&args),
        Command::Receipt(args) => on_runtime(receipt::run(args)),
        Command::VerifyReceipt(args) => ended(verify_receipt::run(&args)),
        Command::Witness(args) => on_runtime(witness::run(args)),
        Command::Keys(args) => ended(keys::run(&args)),
    }
}

/// Runs a client command to its end.
fn on_runtime(command: impl Future<Output = Result<(), client::Failure>>) -> ExitCode {
    ended(block_on(command).flatten())
}

/// Runs calls to their end.
fn block_on<T>(calls: impl Future<Output = T>) -> Result<T, client::Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| {
        client::Failure::new(FAILED, format!("无法启动 / cannot start: {error}"))
    })?;
    Ok(runtime.block_on(calls))
}

/// The exit code of a command that has ended.
fn ended(result: Result<(), client::Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::complain(&failure.text);
            ExitCode::from(failure.code)
        }
    }
}

/// Reads a file that was named.
///
/// # Errors
/// [`NO_INPUT`] when it cannot be read.
fn read(file: &std::path::Path) -> Result<Vec<u8>, client::Failure> {
    std::fs::read(file).map_err(|error| unreadable(file, &error))
}

/// The same of a text.
///
/// # Errors
/// [`NO_INPUT`] when it cannot be read, or is not UTF-8.
fn read_text(file: &std::path::Path) -> Result<String, client::Failure> {
    std::fs::read_to_string(file).map_err(|error| unreadable(file, &error))
}

/// Whether a file that was named can be read, for those that others read.
///
/// # Errors
/// [`NO_INPUT`] when it cannot be opened or is a directory.
fn readable(file: &std::path::Path) -> Result<(), client::Failure> {
    use std::io::{Error, ErrorKind};
    let is_dir = std::fs::File::open(file).and_then(|file| Ok(file.metadata()?.is_dir()));
    match is_dir {
        Ok(false) => Ok(()),
        Ok(true) => Err(unreadable(file, &Error::from(ErrorKind::IsADirectory))),
        Err(error) => Err(unreadable(file, &error)),
    }
}

fn unreadable(file: &std::path::Path, error: &std::io::Error) -> client::Failure {
    let file = shown(file);
    client::Failure::new(NO_INPUT, format!("无法读取 {file} / cannot read {file}: {error}"))
}

/// Where a directory of data is, for messages.
fn shown(path: &std::path::Path) -> String {
    path.display().to_string()
}

/// The working directory's file beside `path` with another ending.
fn beside(path: &std::path::Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(ending);
    path.with_file_name(name)
}
