//! A workbook of events, or the list of everything that is wrong with it.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use duty::event::EventType;
use duty::id::EventId;
use prost_reflect::{DynamicMessage, Value};
use uuid::Uuid;

use super::cell::Fault;
use super::column::Column;
use super::sheet::{self, Cells, Faults, Origin, Raw};
use super::{contract, row};
use crate::pb;

/// Namespace of the ids of rows that have none, a fixed random UUID.
const ROW_NAMESPACE: Uuid = Uuid::from_u128(0x3b0e_77c9_51d4_4f6a_8f0d_90e2_64ab_7713);

/// What a workbook of events holds.
#[derive(Debug, Default)]
pub struct Sheets {
    /// One for each row that holds an event, bad cells left out of it.
    pub rows: Vec<Row>,
    /// Everything that cannot be read.
    pub faults: Vec<Fault>,
}

/// One event with the cells it comes from.
#[derive(Debug)]
pub struct Row {
    /// The sheet.
    pub sheet: String,
    /// Row of the sheet, from 1.
    pub number: u32,
    /// The event.
    pub event: pb::DutyEvent,
    origin: Origin,
}

impl Row {
    /// The cell of a field path of the event, or the one nearest to it.
    #[must_use]
    pub fn cell_of(&self, path: &str) -> String {
        self.origin.cell_of(path)
    }
}

/// Reads a workbook of events. `organization` is the one of rows that name none.
#[must_use]
pub fn read(bytes: &[u8], organization: Option<&str>) -> Sheets {
    let mut faults = Faults::default();
    let sheets = sheet::open(bytes, &mut faults);
    events(&sheets, organization, faults)
}

/// The events of these sheets.
pub(super) fn events(
    opened: &[(String, Cells)],
    organization: Option<&str>,
    mut faults: Faults,
) -> Sheets {
    let mut sheets = Sheets::default();
    let Ok(root) = contract::event() else { return sheets };
    for (name, cells) in opened {
        let columns = sheet::columns(name, cells, &root, &mut faults);
        let Some(event_type) = event_type(name, &columns, &mut faults) else { continue };
        for raw in sheet::rows(name, cells, &columns, &["event_id"], &mut faults) {
            sheets.rows.extend(event(&raw, event_type, organization, &mut faults));
        }
    }
    sheets.faults = faults.0;
    sheets.derive_ids();
    sheets.tell_twins();
    sheets
}

/// The type of a sheet: that of its columns, or the one it is named after.
pub(super) fn event_type(
    sheet: &str,
    columns: &BTreeMap<u32, Rc<Column>>,
    faults: &mut Faults,
) -> Option<EventType> {
    let types: BTreeSet<_> = columns.values().filter_map(|column| column.event_type()).collect();
    let mut types = types.into_iter();
    match (types.next(), types.next()) {
        (Some(one), None) => Some(one),
        (Some(one), Some(other)) => {
            let zh = format!("混有两种事件的列：{}、{}，请分开", one.name_zh(), other.name_zh());
            let en = format!("it has columns of two types, {one:?} and {other:?}: part them");
            faults.whole(sheet, &zh, &en, "");
            None
        }
        (None, _) => {
            let named = |event_type: &&EventType| sheet.starts_with(event_type.name_zh());
            let found = EventType::ALL.iter().find(named).filter(|_| !columns.is_empty());
            if found.is_none() {
                faults.no_template(sheet);
            }
            found.copied()
        }
    }
}

fn event(
    raw: &Raw,
    event_type: EventType,
    organization: Option<&str>,
    faults: &mut Faults,
) -> Option<Row> {
    let descriptor = contract::event().ok()?;
    let mut message = DynamicMessage::new(descriptor.clone());
    // The details are there even when nothing of them is known: they are the type.
    if let Some(details) = descriptor.get_field_by_name(event_type.as_str()) {
        message.get_field_mut(&details);
    }
    if let (Some(organization), Some(field)) =
        (organization, descriptor.get_field_by_name("organization_id"))
    {
        message.set_field(&field, Value::String(organization.to_owned()));
    }
    let (span, origin) = raw.over(&mut message, true, faults);
    let Ok(mut event) = message.transcode_to::<pb::DutyEvent>() else {
        let why = ("此行无法转换".to_owned(), "the row cannot be converted".to_owned());
        faults.bad(&raw.sheet, raw.number - 1, 0, why);
        return None;
    };
    row::complete_time(&mut event, span);
    let (sheet, number) = (raw.sheet.clone(), raw.number);
    Some(Row { sheet, number, event, origin })
}

impl Sheets {
    /// Rows that carry the id of another: a row was copied with its id.
    fn tell_twins(&mut self) {
        let mut seen: BTreeMap<&str, &Row> = BTreeMap::new();
        let mut twins = Vec::new();
        for row in &self.rows {
            if let Some(first) = seen.get(row.event.event_id.as_str()) {
                let (sheet, row_number) = (&first.sheet, first.number);
                twins.push(Fault {
                    sheet: row.sheet.clone(),
                    row: row.number,
                    cell: row.cell_of("event_id"),
                    zh: format!(
                        "事件编号与“{sheet}”第 {row_number} 行相同：若是另一件事，请清空此格"
                    ),
                    en: format!(
                        "the event id is that of row {row_number} of {sheet}: if this is another event, empty this cell"
                    ),
                });
            } else {
                seen.insert(&row.event.event_id, row);
            }
        }
        self.faults.extend(twins);
    }

    /// Gives rows without an id one that follows from what they say: the same row is the same
    /// event however often it is imported, wherever it stands. Two equal rows are two events.
    fn derive_ids(&mut self) {
        use prost::Message as _;
        let mut seen: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
        for row in &mut self.rows {
            if row.event.event_id.is_empty() {
                let content = row.event.encode_to_vec();
                let before = seen.entry(content.clone()).or_default();
                let hex: String = content.iter().map(|byte| format!("{byte:02x}")).collect();
                let id = EventId::derived(&ROW_NAMESPACE, &format!("{hex}/{before}"));
                row.event.event_id = id.to_string();
                *before += 1;
            }
        }
    }
}
