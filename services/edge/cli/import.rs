//! `duty-ledger import`: JSON Lines or a report document, with progress, resumable, nothing lost.
//! Workbooks are `import_workbook`'s.
//!
//! A line is a `DutyEvent` in protobuf JSON, or a report record ([`crate::report`]). Batches are
//! atomic, so the lines a batch is refused for are set aside, each with its reason, and the rest of
//! the batch is sent again. How far the file is imported stands in a file beside it, so that an
//! interrupted import goes on where it stopped; sending a line twice would do no harm either,
//! because its event id is its idempotency key.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::client::{self, Failure};
use super::import_check::{Met, Seen};
use super::import_file::{self, Kind};
use super::{
    BAD_DATA, FAILED, Output, OutputArgs, ServerArg, USAGE, beside, import_workbook, output, shown,
};
use crate::pb;
use crate::pb::duty_event_service_client::DutyEventServiceClient;
use crate::report::{Record, Report};

/// What to import.
#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// A workbook (XLSX) as `template` writes it, JSON Lines, or a report document with an "events"
    /// list.
    pub(super) file: PathBuf,
    /// Organization of report records and of rows that name none; lines in protobuf JSON name
    /// their own.
    #[arg(long)]
    pub(super) organization: Option<String>,
    /// Id of the importing system or person.
    #[arg(long, default_value = "import")]
    pub(super) recorder: String,
    /// Registers new versions of what is registered otherwise; of a workbook of the registry alone.
    #[arg(long)]
    pub(super) amend: bool,
    /// Only says what would happen; nothing is written, beside the file neither.
    #[arg(long)]
    pub(super) check: bool,
    /// Lines per call. Those of a call that are not accepted are set aside with the reasons, and
    /// the others go in. A workbook is one call, all or nothing.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1000))]
    batch: u16,
    /// Start over, even where an earlier import of the file stopped half way.
    #[arg(long)]
    restart: bool,
    #[command(flatten)]
    pub(super) server: ServerArg,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// What became of an import.
#[derive(Debug, Default, Serialize)]
struct Summary {
    /// Lines that are in the ledger now and were not before; with --check, that would be.
    appended: usize,
    /// Lines that were in the ledger before.
    duplicates: usize,
    /// Lines skipped because an earlier run of this import had done them.
    resumed_after: usize,
    /// Lines that were not accepted.
    rejected: usize,
    /// Where the rejected lines are, with their reasons.
    rejects: Option<String>,
    /// Whether nothing was written because nothing was to be.
    check: bool,
    /// Position of the journal after the last line.
    position: u64,
}

/// How far an earlier run came.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Progress {
    /// Lines done.
    lines: usize,
    /// SHA-256 of those lines: another file under the same name starts over.
    sha256: String,
    /// The server they went to, and the last event it took: another ledger starts over.
    #[serde(default)]
    server: String,
    #[serde(default)]
    last_event_id: String,
    /// How many of those lines were not accepted; they are in the file of rejects.
    #[serde(default)]
    rejected: usize,
}

/// A line that can be sent.
struct Line {
    /// Its number in the file, from 1.
    number: usize,
    text: String,
    event: pb::DutyEvent,
}

pub(super) async fn run(args: ImportArgs) -> Result<(), Failure> {
    let bytes = super::read(&args.file)?;
    if import_file::kind(&args.file, &bytes)? == Kind::Workbook {
        return import_workbook::run(&args, &bytes).await;
    }
    if args.amend {
        let text = "--amend 只用于工作簿（.xlsx）/ --amend is for workbooks (.xlsx) only";
        return Err(Failure::new(USAGE, text));
    }
    // Invalid UTF-8 becomes U+FFFD, which costs its own line and no other; a BOM is no content.
    let text = String::from_utf8_lossy(&bytes);
    let lines = split(text.trim_start_matches('\u{FEFF}'));
    if lines.iter().all(|line| line.trim().is_empty()) {
        let file = shown(&args.file);
        let text = format!("{file} 中没有任何事件 / there is no event in {file}");
        return Err(Failure::new(BAD_DATA, text));
    }
    let mut client = DutyEventServiceClient::new(client::connect(&args.server.server).await?);
    let progress_file = beside(&args.file, ".progress");
    let mut before = Progress::default();
    if !args.restart && !args.check {
        before = resume(&progress_file, &lines);
        if !is_of_this_ledger(&mut client, &args, &before).await? {
            before = Progress::default();
        }
    }
    let Progress { lines: done, rejected, .. } = before;
    let mut importer = Importer {
        args: &args,
        rejects: Rejects::new(beside(&args.file, ".rejected.jsonl"), rejected)?,
        summary: Summary { resumed_after: done, rejected, check: args.check, ..Summary::default() },
        last_event_id: before.last_event_id,
        seen: Seen::default(),
    };
    let bar = progress_bar(lines.len(), done);
    let mut hash = Sha256::new();
    lines[..done].iter().for_each(|line| hash_line(&mut hash, line));
    for (chunk_index, chunk) in lines[done..].chunks(args.batch.into()).enumerate() {
        let first = done + chunk_index * usize::from(args.batch) + 1;
        importer.import(&mut client, first, chunk).await?;
        chunk.iter().for_each(|line| hash_line(&mut hash, line));
        let lines_done = first - 1 + chunk.len();
        let so_far = Progress {
            lines: lines_done,
            sha256: hex(&hash.clone().finalize()),
            server: args.server.server.clone(),
            last_event_id: importer.last_event_id.clone(),
            rejected: importer.summary.rejected,
        };
        if !args.check {
            save(&progress_file, &so_far)?;
        }
        bar.set_position(u64::try_from(lines_done).unwrap_or(u64::MAX));
    }
    bar.finish_and_clear();
    if !args.check {
        // Done: the next import of the file is a new one.
        let _ = std::fs::remove_file(&progress_file);
    }
    importer.finish()
}

/// One line an event: JSON Lines as they are, a report document by its events.
fn split(text: &str) -> Vec<String> {
    if let Ok(report) = serde_json::from_str::<serde_json::Value>(text)
        && let Some(events) = report.get("events").and_then(serde_json::Value::as_array)
        && serde_json::from_value::<Report>(report.clone()).is_ok()
    {
        return events.iter().map(ToString::to_string).collect();
    }
    // Blank lines keep their numbers and are skipped when read.
    text.lines().map(str::to_owned).collect()
}

struct Importer<'a> {
    args: &'a ImportArgs,
    rejects: Rejects,
    summary: Summary,
    last_event_id: String,
    /// Only while nothing is written.
    seen: Seen,
}

impl Importer<'_> {
    /// Imports lines `first..` as one batch, without those that are not accepted.
    async fn import(
        &mut self,
        client: &mut DutyEventServiceClient<Channel>,
        first: usize,
        chunk: &[String],
    ) -> Result<(), Failure> {
        let mut lines = Vec::with_capacity(chunk.len());
        for (offset, text) in chunk.iter().enumerate() {
            if text.trim().is_empty() {
                continue;
            }
            match parse(text, self.args.organization.as_deref()) {
                Ok(event) => {
                    let line = Line { number: first + offset, text: text.clone(), event };
                    if self.is_another(&line, first)? {
                        lines.push(line);
                    }
                }
                Err(reason) => self.reject(first + offset, text, &reason)?,
            }
        }
        // Lines that go with those of an earlier batch, which a check has not written.
        let mut alone = Vec::new();
        while !lines.is_empty() {
            let request = pb::AppendEventsRequest {
                recorder: self.args.recorder.clone(),
                events: lines.iter().map(|line| line.event.clone()).collect(),
                expected_revisions: Vec::new(),
                with_flags: false,
                validate_only: self.args.check,
            };
            let refused = match client.append_events(request).await {
                Ok(answer) => {
                    let answer = answer.into_inner();
                    let duplicates = answer.receipts.iter().filter(|r| r.duplicate).count();
                    self.summary.duplicates += duplicates;
                    self.summary.appended += answer.receipts.len() - duplicates;
                    self.summary.position = answer.position;
                    if let Some(last) = answer.receipts.last() {
                        self.last_event_id.clone_from(&last.event_id);
                    }
                    lines.clear();
                    lines.extend(alone.pop());
                    continue;
                }
                Err(status) => status,
            };
            let follows = |index: usize, field: &str, reason: &str| {
                let line = lines.get(index).filter(|_| self.args.check);
                line.is_some_and(|line| self.seen.explains(&line.event, field, reason))
            };
            let bad = named_events(&refused, follows);
            if bad.is_empty() {
                return Err(refused.into());
            }
            let kept = lines.len();
            for (index, line) in std::mem::take(&mut lines).into_iter().enumerate() {
                match bad.get(&index) {
                    // Alone, so that nothing else against it was cut short.
                    Some(reason) if reason.is_empty() && kept == 1 => self.summary.appended += 1,
                    Some(reason) if reason.is_empty() => alone.push(line),
                    Some(reason) => self.reject(line.number, &line.text, reason)?,
                    None => lines.push(line),
                }
            }
            if lines.len() == kept {
                return Err(refused.into());
            }
            if lines.is_empty() {
                lines.extend(alone.pop());
            }
        }
        Ok(())
    }

    /// Whether a line is to be sent: while nothing is written, one that repeats a line of an
    /// earlier batch is judged here.
    fn is_another(&mut self, line: &Line, first: usize) -> Result<bool, Failure> {
        if !self.args.check {
            return Ok(true);
        }
        match self.seen.meet(line.number, first, &line.event) {
            Met::New => return Ok(true),
            Met::Same => self.summary.duplicates += 1,
            Met::Other(earlier) => {
                let reason = format!(
                    "event_id 与第 {earlier} 行相同而内容不同：另一事件请换新编号 / the event id is that of line {earlier}, which says otherwise: another event takes a new id"
                );
                self.reject(line.number, &line.text, &reason)?;
            }
        }
        Ok(false)
    }

    fn reject(&mut self, number: usize, text: &str, reason: &str) -> Result<(), Failure> {
        self.summary.rejected += 1;
        output::complain(&format!("第 {number} 行未接受 / line {number} not accepted: {reason}"));
        if self.args.check {
            self.seen.forget(number);
            return Ok(());
        }
        self.rejects.add(number, text, reason)
    }

    fn finish(mut self) -> Result<(), Failure> {
        self.summary.rejects = self.rejects.path();
        match self.args.output.output {
            Output::Json => {
                let text = serde_json::to_string_pretty(&self.summary)
                    .map_err(|error| Failure::new(FAILED, error.to_string()))?;
                output::say(&text);
            }
            Output::Table => {
                let Summary { appended, duplicates, resumed_after, rejected, position, .. } =
                    &self.summary;
                output::say(&if self.args.check {
                    format!(
                        "检查完毕，未写入：可导入 {appended} 条，已有 {duplicates} 条，不能接受 {rejected} 行\n\
                         checked, nothing written: {appended} to import, {duplicates} there already, {rejected} not acceptable"
                    )
                } else {
                    format!(
                        "导入 {appended} 条，重复 {duplicates} 条，跳过前次已导入的 {resumed_after} 行，未接受 {rejected} 条；台账第 {position} 条\n\
                     imported {appended}, duplicates {duplicates}, done before {resumed_after}, not accepted {rejected}; position {position}"
                    )
                });
            }
        }
        match (&self.summary.rejects, self.summary.rejected) {
            (Some(path), 1..) => Err(Failure::new(
                BAD_DATA,
                format!(
                    "未接受的行及理由见 {path}，改正后可再次导入 / the lines not accepted and their reasons are in {path}"
                ),
            )),
            (None, 1..) => Err(Failure::new(
                BAD_DATA,
                "有不能接受的行，未写入任何内容 / some lines are not acceptable; nothing was written",
            )),
            _ => Ok(()),
        }
    }
}

/// A line as an event, or why it is none.
fn parse(text: &str, organization: Option<&str>) -> Result<pb::DutyEvent, String> {
    if text.contains(char::REPLACEMENT_CHARACTER) {
        return Err("不是 UTF-8 编码（是否为 GBK？请转换后导入）/ is not UTF-8".to_owned());
    }
    let value: serde_json::Value =
        serde_json::from_str(text).map_err(|error| format!("不是 JSON / is not JSON: {error}"))?;
    if value.get("type").is_none() {
        return output::from_json("DutyEvent", value).map_err(|error| {
            format!("不是 DutyEvent / is no DutyEvent: {}", crate::chain(&error))
        });
    }
    let organization = organization.ok_or_else(|| {
        "报告记录须用 --organization 指明单位 / a report record needs --organization".to_owned()
    })?;
    let record: Record = serde_json::from_value(value)
        .map_err(|error| format!("不是报告记录 / is no report record: {error}"))?;
    record
        .into_event(organization)
        .map_err(|fault| format!("{}: {} / {}", fault.field, fault.zh, fault.en))
}

/// The events of a batch a refusal names, with the reasons; those that `follow` from something else
/// are none, of which an event may have no other.
fn named_events(
    status: &Status,
    follows: impl Fn(usize, &str, &str) -> bool,
) -> BTreeMap<usize, String> {
    let mut named: BTreeMap<usize, String> = BTreeMap::new();
    if matches!(status.code(), Code::Unavailable | Code::ResourceExhausted | Code::Aborted) {
        return named;
    }
    let Some(bad) = status.get_details_bad_request() else { return named };
    for violation in bad.field_violations {
        let inner = violation.field.strip_prefix("events[").and_then(|rest| rest.split_once(']'));
        let index = inner.and_then(|(index, _)| index.parse::<usize>().ok());
        if let (Some(index), Some((_, field))) = (index, inner) {
            if follows(index, field.trim_start_matches('.'), &violation.reason) {
                named.entry(index).or_default();
                continue;
            }
            let mut reason = format!("{} {}", violation.field, violation.reason);
            // Past the first few, violations come without texts.
            if let Some(zh) = violation.localized_message {
                reason.push_str(&format!(" {} / {}", zh.message, violation.description));
            }
            let reasons = named.entry(index).or_default();
            if !reasons.is_empty() {
                reasons.push_str("; ");
            }
            reasons.push_str(&reason);
        }
    }
    named
}

/// Lines that were not accepted, kept with their reasons in a file beside the imported one.
struct Rejects {
    path: PathBuf,
    file: Option<std::fs::File>,
}

impl Rejects {
    /// Those of an earlier run are kept: a resumed import adds to them.
    fn new(path: PathBuf, kept: usize) -> Result<Self, Failure> {
        let mut rejects = Self { path, file: None };
        if 0 < kept {
            let file = std::fs::File::options().create(true).append(true).open(&rejects.path);
            rejects.file = Some(file.map_err(|error| rejects.failed(&error))?);
        }
        Ok(rejects)
    }

    fn failed(&self, error: &std::io::Error) -> Failure {
        let path = shown(&self.path);
        Failure::new(FAILED, format!("无法写入 {path} / cannot write {path}: {error}"))
    }

    fn path(&self) -> Option<String> {
        self.file.as_ref().map(|_| shown(&self.path))
    }

    fn add(&mut self, line: usize, text: &str, reason: &str) -> Result<(), Failure> {
        let file = match self.file.take() {
            Some(file) => file,
            None => std::fs::File::create(&self.path).map_err(|error| self.failed(&error))?,
        };
        let file = self.file.insert(file);
        let entry = serde_json::json!({ "line": line, "reason": reason, "text": text });
        let written = writeln!(file, "{entry}");
        written.map_err(|error| self.failed(&error))
    }
}

/// How far an earlier run of this import came; not at all when its record is none of this file.
fn resume(path: &Path, lines: &[String]) -> Progress {
    let saved = std::fs::read_to_string(path).ok();
    let saved = saved.and_then(|text| serde_json::from_str::<Progress>(&text).ok());
    let is_of_this_file = |progress: &Progress| {
        let Some(done) = lines.get(..progress.lines) else { return false };
        let mut hash = Sha256::new();
        done.iter().for_each(|line| hash_line(&mut hash, line));
        hex(&hash.finalize()) == progress.sha256
    };
    saved.filter(is_of_this_file).unwrap_or_default()
}

/// Whether the ledger that answers is the one an earlier run wrote to: it has the last event. To
/// send a line twice does no harm, to leave one out does.
async fn is_of_this_ledger(
    client: &mut DutyEventServiceClient<Channel>,
    args: &ImportArgs,
    progress: &Progress,
) -> Result<bool, Failure> {
    if progress.server != args.server.server || progress.last_event_id.is_empty() {
        return Ok(false);
    }
    let request = pb::GetEventRequest {
        event_id: progress.last_event_id.clone(),
        view: pb::EntryView::Stored.into(),
        min_position: 0,
    };
    match client.get_event(request).await {
        Ok(_) => Ok(true),
        Err(status) if status.code() == Code::NotFound => Ok(false),
        Err(status) => Err(status.into()),
    }
}

fn save(path: &Path, progress: &Progress) -> Result<(), Failure> {
    let text =
        serde_json::to_string(progress).map_err(|error| Failure::new(FAILED, error.to_string()))?;
    std::fs::write(path, text).map_err(|error| {
        let path = shown(path);
        Failure::new(FAILED, format!("无法写入 {path} / cannot write {path}: {error}"))
    })
}

fn hash_line(hash: &mut Sha256, line: &str) {
    hash.update(line.as_bytes());
    hash.update(b"\n");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn progress_bar(lines: usize, done: usize) -> ProgressBar {
    let bar = ProgressBar::new(u64::try_from(lines).unwrap_or(u64::MAX));
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {per_sec} {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_position(u64::try_from(done).unwrap_or(0));
    bar
}
