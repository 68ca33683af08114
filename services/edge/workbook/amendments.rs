//! Workbooks of corrections and withdrawals: a row names an event, says why, and what is otherwise.
//!
//! A cell left empty keeps what the event says; 「（清空）」 takes it away. So a correction needs the
//! event as it stands, which the caller fetches; lists count as the event has them, from 1 in a
//! heading and from 0 in a path.

use std::collections::BTreeMap;

use duty::event::EventType;
use duty::id::EventId;
use prost::Message as _;
use prost_reflect::{DynamicMessage, Value};
use uuid::Uuid;

use super::cell::{Fault, Said};
use super::column::{Column, columns_of, correction_columns};
use super::read::event_type;
use super::sheet::{self, Cells, Faults, Origin, Raw};
use super::{contract, row};
use crate::pb;
use crate::pb::amendment::Amended;

/// How the sheet of corrections of a type begins.
const CORRECTIONS: &str = "更正·";
/// The sheet of withdrawals.
const WITHDRAWALS: &str = "撤回";
/// Namespace of the idempotency keys of rows, a fixed random UUID.
const ROW_NAMESPACE: Uuid = Uuid::from_u128(0x27e5_b8d1_43f0_4c96_a1d7_66c0_3f28_e94b);

/// Whether a sheet is one of corrections or withdrawals.
pub(super) fn is_sheet(sheet: &str) -> bool {
    sheet.starts_with(CORRECTIONS) || is_withdrawals(sheet)
}

fn is_withdrawals(sheet: &str) -> bool {
    let rest = sheet.strip_prefix(WITHDRAWALS);
    rest.is_some_and(|rest| !rest.starts_with(char::is_alphabetic))
}

/// The sheets of a template for these types, with their columns.
///
/// # Errors
/// When our own descriptors cannot be read.
pub fn amendment_columns(types: &[EventType]) -> Result<Vec<(String, Vec<Column>)>, String> {
    let mut sheets = Vec::with_capacity(types.len() + 1);
    for of in types {
        sheets.push((format!("{CORRECTIONS}{}", of.name_zh()), correction_columns(*of)?));
    }
    let root = contract::message("Withdrawal");
    let columns = root.map(|root| columns_of(&root, &[])).unwrap_or_default();
    sheets.push((WITHDRAWALS.to_owned(), columns));
    Ok(sheets)
}

/// A correction or withdrawal with the cells it comes from.
#[derive(Debug)]
pub struct AmendmentRow {
    /// Id of the event it is about.
    pub target: String,
    /// The type of the event it corrects; none for a withdrawal.
    pub corrects: Option<EventType>,
    /// Whether a cell of it cannot be read: what it changes is not known then.
    is_bad: bool,
    raw: Raw,
    origin: Origin,
}

/// What a workbook of corrections and withdrawals holds.
#[derive(Debug, Default)]
pub struct Amendments {
    /// One for each row that holds something.
    pub rows: Vec<AmendmentRow>,
    /// Everything that cannot be read.
    pub faults: Vec<Fault>,
}

impl AmendmentRow {
    /// The sheet.
    #[must_use]
    pub fn sheet(&self) -> &str {
        &self.origin.sheet
    }

    /// Row of the sheet, from 1.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.origin.number
    }

    /// The cell of a field path of an `Amendment`, or the one nearest to it.
    #[must_use]
    pub fn cell_of(&self, path: &str) -> String {
        let of = if self.corrects.is_some() { "correction" } else { "withdrawal" };
        let inner = path.strip_prefix(of).unwrap_or(path);
        self.origin.cell_of(inner.trim_start_matches('.'))
    }

    /// Something about a field of the row.
    #[must_use]
    pub fn fault(&self, path: &str, zh: String, en: String) -> Fault {
        let (sheet, row) = (self.sheet().to_owned(), self.number());
        Fault { sheet, row, cell: self.cell_of(path), zh, en }
    }

    /// The amendment; `event` is the version a correction replaces.
    ///
    /// # Errors
    /// Every cell that does not fit the event.
    pub fn amendment(&self, event: Option<&pb::DutyEvent>) -> Result<pb::Amendment, Vec<Fault>> {
        let Some(of) = self.corrects else { return self.withdrawal() };
        let base = event.cloned().unwrap_or_default();
        self.of_type(of, &base)?;
        let mut start = base.clone();
        self.leave_the_time(&mut start);
        let Some(root) = contract::message("Correction") else {
            return Err(vec![self.unreadable()]);
        };
        let mut message = DynamicMessage::new(root);
        let said = pb::Correction { event: Some(start), ..Default::default() };
        let mut faults = Faults::default();
        if message.transcode_from(&said).is_err() {
            return Err(vec![self.unreadable()]);
        }
        let (span, _) = self.raw.over(&mut message, false, &mut faults);
        if !faults.0.is_empty() {
            return Err(faults.0);
        }
        let Ok(mut correction) = message.transcode_to::<pb::Correction>() else {
            return Err(vec![self.unreadable()]);
        };
        if let Some(event) = &mut correction.event {
            row::complete_time(event, span);
            if *event == base && !self.is_bad {
                return Err(vec![self.fault(
                    "target_event_id",
                    "此行没有更正任何内容：请在要更正的列填写新值，清除原值请填“（清空）”".to_owned(),
                    "the row changes nothing: fill in what is to read otherwise, （清空） to take \
                     something away"
                        .to_owned(),
                )]);
            }
            event.event_id = String::new();
        }
        let id = self.key(&correction.encode_to_vec());
        if let Some(event) = &mut correction.event {
            event.event_id = id;
        }
        let amended = Some(Amended::Correction(correction));
        Ok(pb::Amendment { event_id: String::new(), amended })
    }

    fn withdrawal(&self) -> Result<pb::Amendment, Vec<Fault>> {
        let Some(root) = contract::message("Withdrawal") else {
            return Err(vec![self.unreadable()]);
        };
        let mut message = DynamicMessage::new(root);
        let mut faults = Faults::default();
        self.raw.over(&mut message, true, &mut faults);
        let Ok(withdrawal) = message.transcode_to::<pb::Withdrawal>() else {
            return Err(vec![self.unreadable()]);
        };
        let event_id = self.key(&withdrawal.encode_to_vec());
        Ok(pb::Amendment { event_id, amended: Some(Amended::Withdrawal(withdrawal)) })
    }

    /// The same row is the same step, however often it is imported.
    fn key(&self, said: &[u8]) -> String {
        let hex: String = said.iter().map(|byte| format!("{byte:02x}")).collect();
        EventId::derived(&ROW_NAMESPACE, &hex).to_string()
    }

    /// A correction keeps the type of its event, and so stands in the sheet of that type.
    fn of_type(&self, of: EventType, event: &pb::DutyEvent) -> Result<(), Vec<Fault>> {
        let Some(root) = contract::event().ok().filter(|_| event.details.is_some()) else {
            return Ok(());
        };
        let mut message = DynamicMessage::new(root);
        if message.transcode_from(event).is_err() {
            return Err(vec![self.unreadable()]);
        }
        let mut details = message.fields().filter(|(field, _)| field.containing_oneof().is_some());
        let is = details.find_map(|(field, _)| EventType::parse(field.name()));
        let Some(is) = is.filter(|is| *is != of) else { return Ok(()) };
        Err(vec![self.fault(
            "target_event_id",
            format!("此事件是“{}”，应填在“{CORRECTIONS}{}”表中", is.name_zh(), is.name_zh()),
            format!("this event is a {}: correct it in the sheet of that type", is.as_str()),
        )])
    }

    /// How precisely a time is known follows from its days, unless the row says so itself or the
    /// time is a period of which one end stays.
    fn leave_the_time(&self, event: &mut pb::DutyEvent) {
        let filled = |path: &str| self.raw.filled.iter().any(|cell| cell.column.path == path);
        let is_span = self.raw.filled.iter().any(|cell| matches!(cell.said, Said::Span(..)));
        let (starts, ends) =
            (filled("event.occurred.start_date"), filled("event.occurred.end_date"));
        let Some(occurred) = &mut event.occurred else { return };
        let is_period = occurred.precision() == pb::DatePrecision::Period;
        let follows = is_span || !is_period;
        if (starts || ends) && follows && !filled("event.occurred.precision") {
            occurred.precision = 0;
            if starts && !ends {
                occurred.end_date.clear();
            }
        }
    }

    fn unreadable(&self) -> Fault {
        self.fault(
            "target_event_id",
            "此行无法转换".to_owned(),
            "the row cannot be converted".to_owned(),
        )
    }
}

/// The amendments of these sheets, which are all of that kind.
pub(super) fn read(opened: &[(String, Cells)], mut faults: Faults) -> Amendments {
    let mut rows = Vec::new();
    for (name, cells) in opened {
        let is_withdrawals = is_withdrawals(name);
        let message = if is_withdrawals { "Withdrawal" } else { "Correction" };
        let Some(root) = contract::message(message).filter(|_| is_sheet(name)) else {
            faults.no_template(name);
            continue;
        };
        let columns = sheet::columns(name, cells, &root, &mut faults);
        let corrects = if is_withdrawals {
            None
        } else {
            let of = name.strip_prefix(CORRECTIONS).unwrap_or(name);
            let Some(of) = event_type(of, &columns, &mut faults) else { continue };
            Some(of)
        };
        for raw in sheet::rows(name, cells, &columns, &[], &mut faults) {
            let mut message = DynamicMessage::new(root.clone());
            // Only for where things stand and what it is about; its faults come with the event.
            let (_, origin) = raw.over(&mut message, corrects.is_none(), &mut Faults::default());
            let target = root.get_field_by_name("target_event_id");
            let target = target.map(|field| message.get_field(&field).into_owned());
            let target = match target {
                Some(Value::String(target)) => target,
                _ => String::new(),
            };
            let is_bad =
                faults.0.iter().any(|fault| fault.sheet == *name && fault.row == raw.number);
            rows.push(AmendmentRow { target, corrects, is_bad, raw, origin });
        }
    }
    tell_twins(&rows, &mut faults);
    Amendments { rows, faults: faults.0 }
}

/// Rows about the event of another row: the second would be about a version that is no more.
fn tell_twins(rows: &[AmendmentRow], faults: &mut Faults) {
    let mut seen: BTreeMap<&str, &AmendmentRow> = BTreeMap::new();
    for row in rows.iter().filter(|row| !row.target.is_empty()) {
        let Some(first) = seen.get(row.target.as_str()) else {
            seen.insert(&row.target, row);
            continue;
        };
        let (sheet, number) = (first.sheet(), first.number());
        faults.0.push(row.fault(
            "target_event_id",
            format!("与“{sheet}”第 {number} 行针对同一事件：请合并为一行"),
            format!("row {number} of {sheet} is about the same event: make one row of them"),
        ));
    }
}
