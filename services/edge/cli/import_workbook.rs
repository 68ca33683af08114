//! `duty-ledger import FILE.xlsx`: a workbook as one batch, all or nothing.
//!
//! Nothing is sent to be written while a single cell is bad. What the service would refuse is asked
//! of it beforehand, so that one run names every bad cell, those of the file and of the ledger.

use std::collections::BTreeMap;

use serde::Serialize;
use tonic::Status;
use tonic::transport::Channel;
use tonic_types::StatusExt as _;

use super::client::{self, Failure};
use super::import::ImportArgs;
use super::{BAD_DATA, FAILED, Output, output, shown};
use crate::pb;
use crate::pb::duty_event_service_client::DutyEventServiceClient;
use crate::workbook::{self, Fault, Row, Sheets};

/// Most events of one call.
const EVENTS_MAX: usize = duty::decide::ENTRIES_PER_COMMAND_MAX;

/// What became of an import.
#[derive(Debug, Default, Serialize)]
struct Summary {
    /// Rows that are in the ledger now and were not before; with --check, that would be.
    appended: usize,
    /// Rows that were in the ledger before.
    duplicates: usize,
    /// Rows of the workbook that hold an event.
    rows: usize,
    /// Whether nothing was written because nothing was to be.
    check: bool,
    /// Position of the journal afterwards.
    position: u64,
    /// What is worth a look in accepted rows.
    flags: Vec<Place>,
    /// The bad cells, and nothing was written.
    faults: Vec<Place>,
}

/// Something about a cell.
#[derive(Debug, Serialize)]
struct Place {
    sheet: String,
    cell: String,
    zh: String,
    en: String,
}

impl From<&Fault> for Place {
    fn from(fault: &Fault) -> Self {
        let Fault { sheet, cell, zh, en, .. } = fault.clone();
        Self { sheet, cell, zh, en }
    }
}

/// Whether the bytes are those of a workbook: a ZIP archive.
pub(super) fn is_workbook(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

pub(super) async fn run(args: &ImportArgs, bytes: &[u8]) -> Result<(), Failure> {
    let Sheets { rows, mut faults } = workbook::read(bytes, args.organization.as_deref());
    if EVENTS_MAX < rows.len() {
        faults.push(too_many(&rows));
        return refused(args, rows.len(), faults);
    }
    if rows.is_empty() {
        if faults.is_empty() {
            let file = shown(&args.file);
            let text = format!("{file} 中没有填写任何事件 / there is no event in {file}");
            return Err(Failure::new(BAD_DATA, text));
        }
        return refused(args, 0, faults);
    }
    let mut client = DutyEventServiceClient::new(client::connect(&args.server.server).await?);
    let only_checked = args.check || !faults.is_empty();
    let answer = match send(&mut client, args, &rows, only_checked).await {
        Ok(answer) => answer,
        Err(status) => {
            let Some(found) = named(&status, &rows, &faults) else { return Err(status.into()) };
            faults.extend(found);
            // As a person goes through the workbook: sheet by sheet, down the rows.
            let order = |sheet: &str| rows.iter().position(|row| row.sheet == sheet);
            faults.sort_by_cached_key(|fault| (order(&fault.sheet), fault.row));
            return refused(args, rows.len(), faults);
        }
    };
    if !faults.is_empty() {
        return refused(args, rows.len(), faults);
    }
    let duplicates = answer.receipts.iter().filter(|receipt| receipt.duplicate).count();
    let flags = answer.receipts.iter().zip(&rows).flat_map(|(receipt, row)| {
        receipt.flags.iter().map(|flag| Place {
            sheet: row.sheet.clone(),
            cell: row.cell_of(&flag.field),
            zh: flag.text_zh.clone(),
            en: flag.text_en.clone(),
        })
    });
    let summary = Summary {
        appended: rows.len() - duplicates,
        duplicates,
        rows: rows.len(),
        check: args.check,
        position: answer.position,
        flags: flags.collect(),
        faults: Vec::new(),
    };
    tell(args, &summary)
}

async fn send(
    client: &mut DutyEventServiceClient<Channel>,
    args: &ImportArgs,
    rows: &[Row],
    validate_only: bool,
) -> Result<pb::AppendEventsResponse, Status> {
    let request = pb::AppendEventsRequest {
        recorder: args.recorder.clone(),
        events: rows.iter().map(|row| row.event.clone()).collect(),
        expected_revisions: Vec::new(),
        with_flags: true,
        validate_only,
    };
    Ok(client.append_events(request).await?.into_inner())
}

/// How to split a workbook that holds too many events.
fn too_many(rows: &[Row]) -> Fault {
    let mut sheets: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows {
        *sheets.entry(&row.sheet).or_default() += 1;
    }
    let counts: Vec<_> = sheets.iter().map(|(sheet, rows)| format!("{sheet} {rows}")).collect();
    let (counts, all) = (counts.join("、"), rows.len());
    Fault {
        sheet: String::new(),
        row: 0,
        cell: String::new(),
        zh: format!(
            "共 {all} 件（{counts}），超过一次 {EVENTS_MAX} 件的上限，未导入任何一件：请按工作表或年度拆成几个工作簿，各自导入（事件编号随行保留，不会重复）"
        ),
        en: format!(
            "{all} events are more than the {EVENTS_MAX} of one import; none was imported: split the workbook by sheet or year and import the parts; rows keep their ids"
        ),
    }
}

/// What a refusal says, by cell; `None` when it is not about the rows. A field of a cell that could
/// not be read is left out of what was sent, so what is said of it is no news.
fn named(status: &Status, rows: &[Row], known: &[Fault]) -> Option<Vec<Fault>> {
    let bad = status.get_details_bad_request()?;
    let mut faults = Vec::new();
    for violation in bad.field_violations {
        let rest = violation.field.strip_prefix("events[")?;
        let (index, field) = rest.split_once(']')?;
        let row = rows.get(index.parse::<usize>().ok()?)?;
        let field = field.trim_start_matches('.');
        let cell = row.cell_of(field);
        let unread = |fault: &&Fault| fault.sheet == row.sheet && fault.row == row.number;
        let of_time = |fault: &Fault| {
            let mut times = ["precision", "start_date", "end_date"].iter();
            times.any(|part| row.cell_of(&format!("occurred.{part}")) == fault.cell)
        };
        let is_time = field.starts_with("occurred");
        let mut unread = known.iter().filter(unread);
        if unread.any(|fault| fault.cell == cell || (is_time && of_time(fault))) {
            continue;
        }
        let reason = violation.reason;
        // Past the first few, violations come without texts.
        let (zh, en) = match violation.localized_message {
            Some(zh) => (zh.message, violation.description),
            None => (String::new(), violation.description),
        };
        faults.push(Fault {
            sheet: row.sheet.clone(),
            row: row.number,
            cell,
            zh: format!("[{reason}] {field} {zh}"),
            en,
        });
    }
    Some(faults)
}

/// Every bad cell, in the order of the workbook; nothing was written.
fn refused(args: &ImportArgs, rows: usize, mut faults: Vec<Fault>) -> Result<(), Failure> {
    faults.dedup();
    let summary = Summary {
        rows,
        check: args.check,
        faults: faults.iter().map(Place::from).collect(),
        ..Summary::default()
    };
    for fault in &faults {
        output::complain(&fault.to_string());
    }
    if args.output.output == Output::Json {
        say_json(&summary)?;
    }
    let count = faults.len();
    Err(Failure::new(
        BAD_DATA,
        format!(
            "{count} 处有误，未导入任何一件；改正后再次导入 / {count} faults, and nothing was imported: mend them and import again"
        ),
    ))
}

fn say_json(summary: &Summary) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(summary)
        .map_err(|error| Failure::new(FAILED, error.to_string()))?;
    output::say(&text);
    Ok(())
}

fn tell(args: &ImportArgs, summary: &Summary) -> Result<(), Failure> {
    if args.output.output == Output::Json {
        return say_json(summary);
    }
    for Place { sheet, cell, zh, en } in &summary.flags {
        let text = args.output.lang.pick(zh, en);
        output::say(&format!("{sheet}!{cell}: {text}"));
    }
    let Summary { appended, duplicates, position, flags, .. } = summary;
    let flags = flags.len();
    output::say(&if summary.check {
        format!(
            "检查通过，未写入：可导入 {appended} 条，已有 {duplicates} 条，提示 {flags} 处\n\
             checked, nothing written: {appended} to import, {duplicates} there already, {flags} worth a look"
        )
    } else {
        format!(
            "导入 {appended} 条，重复 {duplicates} 条，提示 {flags} 处；台账第 {position} 条\n\
             imported {appended}, duplicates {duplicates}, {flags} worth a look; position {position}"
        )
    });
    Ok(())
}
