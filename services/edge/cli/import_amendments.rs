//! `duty-ledger import FILE.xlsx` for corrections and withdrawals: a workbook as one batch.
//!
//! Each event is fetched as it was recorded and the cells of its row are written over it. The
//! service is asked first what it has against each row, in full; nothing is sent to be written
//! while a single cell is bad. The same workbook again is no change.

use tonic::transport::Channel;
use tonic::{Code, Status};

use super::client::{self, Failure};
use super::import::ImportArgs;
use super::import_workbook::{EVENTS_MAX, Place, Summary, refused, tell, too_many};
use super::{BAD_DATA, shown};
use crate::pb;
use crate::pb::duty_event_service_client::DutyEventServiceClient;
use crate::pb::ledger_entry::Payload;
use crate::workbook::{AmendmentRow, Amendments, Fault};

type Client = DutyEventServiceClient<Channel>;

pub(super) async fn run(args: &ImportArgs, amendments: Amendments) -> Result<(), Failure> {
    let Amendments { rows, mut faults } = amendments;
    if EVENTS_MAX < rows.len() {
        faults.push(too_many(rows.iter().map(AmendmentRow::sheet)));
        return refused(args, rows.len(), faults);
    }
    if rows.is_empty() {
        if faults.is_empty() {
            let file = shown(&args.file);
            let text =
                format!("{file} 中没有填写任何更正或撤回 / there is nothing to amend in {file}");
            return Err(Failure::new(BAD_DATA, text));
        }
        return refused(args, 0, faults);
    }
    let channel = client::connect(&args.server.server).await?;
    let mut client = Client::new(channel).max_decoding_message_size(usize::MAX);
    let (mut sent, mut of_row) = (Vec::new(), Vec::new());
    for row in &rows {
        let event = if row.corrects.is_some() {
            match event(&mut client, row).await? {
                Ok(event) => Some(event),
                Err(fault) => {
                    // A cell that could not be read names no event, which is no news.
                    let is_known =
                        |known: &Fault| (&known.sheet, &known.cell) == (&fault.sheet, &fault.cell);
                    if !faults.iter().any(is_known) {
                        faults.push(fault);
                    }
                    continue;
                }
            }
        } else {
            None
        };
        match row.amendment(event.as_ref()) {
            Ok(amendment) => {
                sent.push(amendment);
                of_row.push(row);
            }
            Err(found) => faults.extend(found),
        }
    }
    let mut answer = pb::AmendEventsResponse::default();
    if !sent.is_empty() {
        answer = send(&mut client, args, &sent, true).await?;
        faults.extend(said_of(&answer.results, &of_row, &faults));
    }
    if !faults.is_empty() {
        let order = |sheet: &str| rows.iter().position(|row| row.sheet() == sheet);
        faults.sort_by_cached_key(|fault| (order(&fault.sheet), fault.row));
        return refused(args, rows.len(), faults);
    }
    if !args.check {
        answer = send(&mut client, args, &sent, false).await?;
    }
    let receipts = answer.results.iter().filter_map(|result| result.receipt.as_ref());
    let duplicates = receipts.clone().filter(|receipt| receipt.duplicate).count();
    let flags = receipts.zip(&of_row).flat_map(|(receipt, row)| {
        receipt.flags.iter().map(|flag| Place {
            sheet: row.sheet().to_owned(),
            cell: row.cell_of(&format!("correction.event.{}", flag.field)),
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
    client: &mut Client,
    args: &ImportArgs,
    amendments: &[pb::Amendment],
    validate_only: bool,
) -> Result<pb::AmendEventsResponse, Status> {
    let request = pb::AmendEventsRequest {
        recorder: args.recorder.clone(),
        amendments: amendments.to_vec(),
        validate_only,
    };
    Ok(client.amend_events(request).await?.into_inner())
}

/// The event a row corrects, in the version it names; or why the cell that names it is bad.
async fn event(
    client: &mut Client,
    row: &AmendmentRow,
) -> Result<Result<pb::DutyEvent, Fault>, Failure> {
    let unknown = || {
        let id = &row.target;
        row.fault(
            "target_event_id",
            format!("没有编号为“{id}”的履责事件：请填写现行版本的事件编号（UUID）"),
            format!("there is no duty event {id:?}: give the id of its current version, a UUID"),
        )
    };
    let request = pb::GetEventRequest {
        event_id: row.target.clone(),
        view: pb::EntryView::Full.into(),
        min_position: 0,
    };
    let answer = match client.get_event(request).await {
        Ok(answer) => answer.into_inner(),
        Err(status) if matches!(status.code(), Code::NotFound | Code::InvalidArgument) => {
            return Ok(Err(unknown()));
        }
        Err(status) => return Err(status.into()),
    };
    let payload = answer.entry.and_then(|recorded| recorded.entry?.payload);
    Ok(match payload {
        Some(Payload::DutyEvent(event)) => Ok(event),
        Some(Payload::Correction(pb::Correction { event: Some(event), .. })) => Ok(event),
        _ => Err(unknown()),
    })
}

/// What the service has against the rows, by cell; what is bad in a cell already is no news.
fn said_of(results: &[pb::AmendmentResult], rows: &[&AmendmentRow], known: &[Fault]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (result, row) in results.iter().zip(rows) {
        for found in &result.problems {
            let cell = row.cell_of(&found.field);
            let is_known = known.iter().any(|fault| {
                fault.sheet == row.sheet() && fault.row == row.number() && fault.cell == cell
            });
            if !is_known {
                let (reason, field) = (&found.reason, &found.field);
                let zh = format!("[{reason}] {field} {}", found.text_zh);
                faults.push(row.fault(field, zh, found.text_en.clone()));
            }
        }
    }
    faults
}
