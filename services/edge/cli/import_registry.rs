//! `duty-ledger import FILE.xlsx` for the registry: a workbook as one batch, all or nothing.
//!
//! The service is asked first what it has against each row, in full; nothing is sent to be written
//! while a single cell is bad. What is registered just so is left alone, so the same workbook again
//! is no change. A row gets its idempotency key from what it says and from the version it replaces:
//! a call that is repeated is the same call, and going back to an earlier version is another one.

use duty::id::EventId;
use prost::Message as _;
use tonic::Status;
use tonic::transport::Channel;
use uuid::Uuid;

use super::client::{self, Failure};
use super::import::ImportArgs;
use super::import_workbook::{EVENTS_MAX, Place, Summary, refused, tell, too_many};
use super::{BAD_DATA, shown};
use crate::pb;
use crate::pb::registry_service_client::RegistryServiceClient;
use crate::workbook::{Fault, Registry, RegistryRow};

/// Namespace of the idempotency keys of rows, a fixed random UUID.
const ROW_NAMESPACE: Uuid = Uuid::from_u128(0x9c41_02d7_6a55_4e0b_b1f3_27d8_90ae_5c16);

type Client = RegistryServiceClient<Channel>;

pub(super) async fn run(args: &ImportArgs, registry: Registry) -> Result<(), Failure> {
    let mut faults = registry.faults.clone();
    let rows = &registry.rows;
    if EVENTS_MAX < rows.len() {
        faults.push(too_many(rows.iter().map(RegistryRow::sheet)));
        return refused(args, rows.len(), faults);
    }
    if rows.is_empty() {
        if faults.is_empty() {
            let file = shown(&args.file);
            let text =
                format!("{file} 中没有填写任何登记 / there is nothing to register in {file}");
            return Err(Failure::new(BAD_DATA, text));
        }
        return refused(args, 0, faults);
    }
    let channel = client::connect(&args.server.server).await?;
    let mut client = Client::new(channel).max_decoding_message_size(usize::MAX);
    let asked = send(&mut client, args, rows, &vec![0; rows.len()], true).await?;
    faults.extend(said_of(&asked.results, &registry, &faults));
    if !faults.is_empty() {
        let order = |sheet: &str| rows.iter().position(|row| row.sheet() == sheet);
        faults.sort_by_cached_key(|fault| (order(&fault.sheet), fault.row));
        return refused(args, rows.len(), faults);
    }
    let answer = if args.check {
        asked
    } else {
        let before: Vec<_> = asked.results.iter().map(|result| result.before_position).collect();
        send(&mut client, args, rows, &before, false).await?
    };
    let duplicate = |result: &&pb::RegistrationResult| {
        result.unchanged || result.receipt.as_ref().is_some_and(|receipt| receipt.duplicate)
    };
    let duplicates = answer.results.iter().filter(duplicate).count();
    let flags = answer.results.iter().zip(rows).flat_map(|(result, row)| {
        result.findings.iter().map(|found| Place {
            sheet: row.sheet().to_owned(),
            cell: row.cell_of(&found.field),
            zh: found.text_zh.clone(),
            en: found.text_en.clone(),
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
    rows: &[RegistryRow],
    before: &[u64],
    validate_only: bool,
) -> Result<pb::RegisterBatchResponse, Status> {
    let registrations = rows.iter().zip(before).map(|(row, before)| {
        let registered = Some(row.registered.clone());
        let said = pb::Registration { event_id: String::new(), registered };
        let hex: String = said.encode_to_vec().iter().map(|byte| format!("{byte:02x}")).collect();
        let event_id = EventId::derived(&ROW_NAMESPACE, &format!("{hex}/{before}"));
        pb::Registration { event_id: event_id.to_string(), ..said }
    });
    let request = pb::RegisterBatchRequest {
        recorder: args.recorder.clone(),
        registrations: registrations.collect(),
        amend: args.amend,
        validate_only,
    };
    Ok(client.register_batch(request).await?.into_inner())
}

/// What the service has against the rows, by cell. What follows from another bad cell is no news:
/// a field that could not be read and was left out, a thing whose own row is bad.
fn said_of(results: &[pb::RegistrationResult], registry: &Registry, known: &[Fault]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (result, row) in results.iter().zip(&registry.rows) {
        for found in &result.problems {
            let cell = row.cell_of(&found.field);
            let is_known = known.iter().any(|fault| {
                fault.sheet == row.sheet() && fault.row == row.number() && fault.cell == cell
            });
            let follows =
                found.reason == "REFERENCE_UNKNOWN" && registry.names_own(row, &found.field);
            if is_known || follows {
                continue;
            }
            let (reason, field) = (&found.reason, &found.field);
            faults.push(Fault {
                sheet: row.sheet().to_owned(),
                row: row.number(),
                cell,
                zh: format!("[{reason}] {field} {}", found.text_zh),
                en: found.text_en.clone(),
            });
        }
    }
    faults
}
