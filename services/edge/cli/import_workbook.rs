//! `duty-ledger import FILE.xlsx`: a workbook as one batch, all or nothing.
//!
//! Nothing is sent to be written while a single cell is bad. What the service would refuse is asked
//! of it beforehand, so that one run names every bad cell, those of the file and of the ledger.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use tonic::Status;
use tonic::transport::Channel;
use tonic_types::StatusExt as _;

use super::client::{self, Failure};
use super::import::ImportArgs;
use super::{
    BAD_DATA, FAILED, Output, USAGE, import_amendments, import_check, import_registry, output,
    shown,
};
use crate::pb;
use crate::pb::duty_event_service_client::DutyEventServiceClient;
use crate::workbook::{self, Book, Fault, Row, Sheets};

/// Most events of one call.
pub(super) const EVENTS_MAX: usize = duty::decide::ENTRIES_PER_COMMAND_MAX;

/// What became of an import.
#[derive(Debug, Default, Serialize)]
pub(super) struct Summary {
    /// Rows that are in the ledger now and were not before; with --check, that would be.
    pub(super) appended: usize,
    /// Rows that were in the ledger before.
    pub(super) duplicates: usize,
    /// Rows of the workbook that hold an event.
    pub(super) rows: usize,
    /// Whether nothing was written because nothing was to be.
    pub(super) check: bool,
    /// Position of the journal afterwards.
    pub(super) position: u64,
    /// What is worth a look in accepted rows.
    pub(super) flags: Vec<Place>,
    /// The bad cells, and nothing was written.
    pub(super) faults: Vec<Place>,
}

/// Something about a cell.
#[derive(Debug, Serialize)]
pub(super) struct Place {
    pub(super) sheet: String,
    pub(super) cell: String,
    pub(super) zh: String,
    pub(super) en: String,
}

impl From<&Fault> for Place {
    fn from(fault: &Fault) -> Self {
        let Fault { sheet, cell, zh, en, .. } = fault.clone();
        Self { sheet, cell, zh, en }
    }
}

pub(super) async fn run(args: &ImportArgs, bytes: &[u8]) -> Result<(), Failure> {
    let sheets = match workbook::open(bytes, args.organization.as_deref()) {
        Book::Registry(registry) => return import_registry::run(args, registry).await,
        _ if args.amend => {
            let text = "--amend 只用于登记的工作簿；事件请用更正的工作簿 / --amend is for workbooks of the registry: events are corrected by workbooks of their own";
            return Err(Failure::new(USAGE, text));
        }
        Book::Amendments(amendments) => return import_amendments::run(args, amendments).await,
        Book::Events(sheets) => sheets,
    };
    let Sheets { rows, mut faults } = sheets;
    if EVENTS_MAX < rows.len() {
        faults.push(too_many(rows.iter().map(|row| row.sheet.as_str())));
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
    let channel = client::connect(&args.server.server).await?;
    let mut client = DutyEventServiceClient::new(channel).max_decoding_message_size(usize::MAX);
    let only_checked = args.check || !faults.is_empty();
    let answer = match send(&mut client, args, &rows, only_checked).await {
        Ok(answer) => answer,
        Err(status) => {
            let found = all_found(&mut client, args, &rows, &status).await?;
            let Some(found) = found else { return Err(status.into()) };
            let found = by_cell(found, &rows, &faults);
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

/// How to split a workbook that holds too many rows, by the sheet of each.
pub(super) fn too_many<'a>(rows: impl Iterator<Item = &'a str>) -> Fault {
    let mut sheets: BTreeMap<&str, usize> = BTreeMap::new();
    let mut all = 0;
    for sheet in rows {
        *sheets.entry(sheet).or_default() += 1;
        all += 1;
    }
    let counts: Vec<_> = sheets.iter().map(|(sheet, rows)| format!("{sheet} {rows}")).collect();
    let counts = counts.join("、");
    Fault {
        sheet: String::new(),
        row: 0,
        cell: String::new(),
        zh: format!(
            "共 {all} 件（{counts}），超过一次 {EVENTS_MAX} 件的上限，未导入任何一件：请按工作表或年度拆成几个工作簿，各自导入（编号随行保留，不会重复）"
        ),
        en: format!(
            "{all} rows are more than the {EVENTS_MAX} of one import; none was imported: split the workbook by sheet or year and import the parts; rows keep their ids"
        ),
    }
}

/// One thing a refusal says.
struct Found {
    /// Which row, and where in its event.
    row: usize,
    field: String,
    reason: String,
    /// What and how to mend it, in both languages; what is past the first few comes without.
    texts: Option<(String, String)>,
}

/// What a refusal says of rows, and whether it says all; `None` when it is not about rows. Refusals
/// travel in a header and are cut short there.
fn found(status: &Status, first: usize) -> Option<(Vec<Found>, bool)> {
    let bad = status.get_details_bad_request()?;
    let info = status.get_details_error_info()?;
    let total = info.metadata.get("violations")?.parse::<usize>().ok()?;
    let mut all = Vec::new();
    for violation in bad.field_violations {
        let (index, field) = violation.field.strip_prefix("events[")?.split_once(']')?;
        all.push(Found {
            row: first + index.parse::<usize>().ok()?,
            field: field.trim_start_matches('.').to_owned(),
            reason: violation.reason,
            texts: violation.localized_message.map(|zh| (zh.message, violation.description)),
        });
    }
    let is_whole = all.len() == total && all.iter().all(|found| found.texts.is_some());
    Some((all, is_whole))
}

/// Everything the service has against the rows; `None` when what it said is not about rows. What it
/// cut short is asked again, row by row.
async fn all_found(
    client: &mut DutyEventServiceClient<Channel>,
    args: &ImportArgs,
    rows: &[Row],
    status: &Status,
) -> Result<Option<Vec<Found>>, Status> {
    let Some((mut all, is_whole)) = found(status, 0) else { return Ok(None) };
    if is_whole {
        return Ok(Some(all));
    }
    let ids: BTreeSet<_> = rows.iter().map(|row| row.event.event_id.as_str()).collect();
    for (index, row) in rows.iter().enumerate() {
        let Err(status) = send(client, args, std::slice::from_ref(row), true).await else {
            continue;
        };
        let Some((of_row, _)) = found(&status, index) else { return Err(status) };
        // A row by itself does not see its neighbours.
        let event = &row.event;
        let is_neighbour = |found: &Found| {
            let named = import_check::named(event, &found.field);
            found.reason == "REFERENCE_UNKNOWN" && named.is_some_and(|id| ids.contains(id))
        };
        for found in of_row.into_iter().filter(|found| !is_neighbour(found)) {
            let same = |other: &Found| {
                (other.row, &other.field, &other.reason) == (index, &found.field, &found.reason)
            };
            all.retain(|other| other.texts.is_some() || !same(other));
            if !all.iter().any(same) {
                all.push(found);
            }
        }
    }
    Ok(Some(all))
}

/// What was found, by cell. A field of a cell that could not be read is left out of what was sent,
/// so what is said of it is no news.
fn by_cell(all: Vec<Found>, rows: &[Row], known: &[Fault]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for Found { row, field, reason, texts } in all {
        let Some(row) = rows.get(row) else { continue };
        let cell = row.cell_of(&field);
        let times = ["precision", "start_date", "end_date"];
        let times = times.map(|part| row.cell_of(&format!("occurred.{part}")));
        let is_time = field.starts_with("occurred");
        let is_known = known.iter().any(|fault| {
            fault.sheet == row.sheet
                && fault.row == row.number
                && (fault.cell == cell || (is_time && times.contains(&fault.cell)))
        });
        if is_known {
            continue;
        }
        let (zh, en) = texts.unwrap_or_default();
        faults.push(Fault {
            sheet: row.sheet.clone(),
            row: row.number,
            cell,
            zh: format!("[{reason}] {field} {zh}"),
            en,
        });
    }
    faults
}

/// Every bad cell, in the order of the workbook; nothing was written.
pub(super) fn refused(
    args: &ImportArgs,
    rows: usize,
    mut faults: Vec<Fault>,
) -> Result<(), Failure> {
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

pub(super) fn tell(args: &ImportArgs, summary: &Summary) -> Result<(), Failure> {
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
