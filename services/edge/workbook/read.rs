//! A workbook as events, or as the list of everything that is wrong with it.
//!
//! Cells are read one by one and only where something stands: a cell at the far end of a sheet
//! costs no memory for those before it. Nothing is skipped in silence: what is no template sheet,
//! no column or no value is a fault.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use std::rc::Rc;

use calamine::{Data, Reader as _, Xlsx};
use duty::event::EventType;
use duty::id::EventId;
use prost_reflect::{DynamicMessage, Value};
use uuid::Uuid;

use super::cell::Said;
use super::cell::{self, Fault};
use super::column::Column;
use super::row::{self, Dense, Filled};
use super::{GUIDE_SHEET, HEAD_ROWS, PLACES_SHEET, WORDS_SHEET, contract};
use crate::pb;

/// Most cells of a workbook: 1,000 events of 100 fields are a fiftieth of it.
const CELLS_MAX: usize = 5_000_000;
/// Namespace of the ids of rows that have none, a fixed random UUID.
const ROW_NAMESPACE: Uuid = Uuid::from_u128(0x3b0e_77c9_51d4_4f6a_8f0d_90e2_64ab_7713);

/// What a workbook holds.
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
    /// Field paths of the event as it is, with their columns.
    places: Vec<(String, u32)>,
    /// Field paths of the sheet.
    head: Rc<[(String, u32)]>,
    /// Elements of lists as they are numbered in the event, and as in the sheet.
    groups: BTreeMap<String, String>,
}

impl Row {
    /// The cell of a field path of the event, or the one nearest to it.
    #[must_use]
    pub fn cell_of(&self, path: &str) -> String {
        let of_sheet = self.in_sheet(path);
        let mut path = path;
        let mut of_sheet = of_sheet.as_str();
        loop {
            let found = find(&self.places, path).or_else(|| find(&self.head, of_sheet));
            if let Some(column) = found {
                return name(self.number, column);
            }
            match (path.rfind(['.', '[']), of_sheet.rfind(['.', '['])) {
                (Some(end), Some(of_sheet_end)) => {
                    (path, of_sheet) = (&path[..end], &of_sheet[..of_sheet_end]);
                }
                _ => return name(self.number, 0),
            }
        }
    }

    /// A path of the event as the sheet numbers it.
    fn in_sheet(&self, path: &str) -> String {
        let ends = path.match_indices(']').map(|(at, _)| at + 1).collect::<Vec<_>>();
        let known = ends.iter().rev().find_map(|end| {
            self.groups.get(&path[..*end]).map(|group| format!("{group}{}", &path[*end..]))
        });
        known.unwrap_or_else(|| path.to_owned())
    }
}

/// The column of a path, or the first below it.
fn find(places: &[(String, u32)], path: &str) -> Option<u32> {
    let below =
        |place: &str| place.strip_prefix(path).is_some_and(|rest| rest.starts_with(['.', '[']));
    let exact = places.iter().find(|(place, _)| place == path);
    let found = exact.or_else(|| places.iter().find(|(place, _)| below(place)));
    found.map(|(_, column)| *column)
}

/// Spreadsheet name of a cell; row from 1, column from 0.
fn name(row: u32, column: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = column;
    loop {
        letters.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or(0)));
        if rest < 26 {
            break;
        }
        rest = rest / 26 - 1;
    }
    let letters: String = letters.iter().rev().collect();
    format!("{letters}{row}")
}

/// A stored cell, with whether it shows as a percentage.
struct Cell {
    data: Data,
    is_percent: bool,
}

/// Cells by row and column, both from 0.
type Cells = BTreeMap<u32, BTreeMap<u32, Cell>>;

/// Reads a workbook. `organization` is the one of rows that name none.
#[must_use]
pub fn read(bytes: &[u8], organization: Option<&str>) -> Sheets {
    let mut sheets = Sheets::default();
    let opened: Result<Xlsx<_>, _> = calamine::open_workbook_from_rs(Cursor::new(bytes));
    let mut workbook = match opened {
        Ok(workbook) => workbook,
        Err(error) => {
            sheets.whole(
                "",
                "不是可读的 XLSX 工作簿，请另存为 .xlsx（无密码）",
                "is no readable XLSX workbook; save it as .xlsx without a password",
                &error.to_string(),
            );
            return sheets;
        }
    };
    let mut budget = CELLS_MAX;
    for sheet in workbook.sheet_names() {
        if [GUIDE_SHEET, WORDS_SHEET, PLACES_SHEET].contains(&sheet.as_str()) {
            continue;
        }
        match cells(&mut workbook, &sheet, &mut budget) {
            Ok(cells) if cells.is_empty() => {}
            Ok(cells) => sheets.read(&sheet, &cells, organization),
            Err(error) => {
                sheets.whole(&sheet, "工作表无法读取", "the sheet cannot be read", &error);
            }
        }
    }
    sheets.derive_ids();
    sheets.tell_twins();
    sheets
}

fn cells(
    workbook: &mut Xlsx<Cursor<&[u8]>>,
    sheet: &str,
    budget: &mut usize,
) -> Result<Cells, String> {
    let mut reader = workbook.worksheet_cells_reader(sheet).map_err(|error| error.to_string())?;
    let mut cells = Cells::new();
    while let Some((cell, style)) =
        reader.next_cell_with_style_id().map_err(|error| error.to_string())?
    {
        let data = Data::from(cell.get_value().clone());
        if matches!(data, Data::Empty) {
            continue;
        }
        *budget = budget.checked_sub(1).ok_or("单元格过多 / too many cells")?;
        let format = reader.styles().get(style).and_then(|style| style.number_format.as_ref());
        let is_percent = format.is_some_and(|format| {
            // 9 and 10 are the percentages every spreadsheet knows by number.
            format.format_code.contains('%') || matches!(format.format_id, Some(9 | 10))
        });
        let (row, column) = cell.get_position();
        cells.entry(row).or_default().insert(column, Cell { data, is_percent });
    }
    Ok(cells)
}

impl Sheets {
    fn whole(&mut self, sheet: &str, zh: &str, en: &str, why: &str) {
        let why = if why.is_empty() { String::new() } else { format!("（{why}）") };
        self.faults.push(Fault {
            sheet: sheet.to_owned(),
            row: 0,
            cell: String::new(),
            zh: format!("{zh}{why}"),
            en: en.to_owned(),
        });
    }

    fn bad(&mut self, sheet: &str, row: u32, column: u32, (zh, en): (String, String)) {
        let row = row + 1;
        self.faults.push(Fault { sheet: sheet.to_owned(), row, cell: name(row, column), zh, en });
    }

    fn read(&mut self, sheet: &str, cells: &Cells, organization: Option<&str>) {
        let columns = self.columns(sheet, cells);
        let Some(event_type) = self.event_type(sheet, &columns) else { return };
        let head: Rc<[_]> = columns.iter().map(|(at, column)| (column.path.clone(), *at)).collect();
        for (row, cells) in cells.range(HEAD_ROWS..) {
            let mut filled = Vec::new();
            let mut is_event = false;
            for (at, cell) in cells {
                let Some(column) = columns.get(at) else {
                    if !cell.data.to_string().trim().is_empty() {
                        let zh = "此列第2行没有字段路径，内容会丢失：请补上路径或移走内容";
                        let en = "row 2 of this column names no field, so this would be lost: name one or move it away";
                        self.bad(sheet, *row, *at, (zh.to_owned(), en.to_owned()));
                    }
                    continue;
                };
                match cell::read(&cell.data, cell.is_percent, column) {
                    Ok(None) => {}
                    Ok(Some(said)) => {
                        // An id alone is a row that waits to be filled.
                        is_event |= column.path != "event_id";
                        filled.push(Filled { at: *at, column, said });
                    }
                    Err(why) => {
                        is_event = true;
                        self.bad(sheet, *row, *at, why);
                    }
                }
            }
            if is_event {
                self.row(sheet, *row, event_type, filled, organization, &head);
            }
        }
    }

    fn columns(&mut self, sheet: &str, cells: &Cells) -> BTreeMap<u32, Column> {
        let mut columns = BTreeMap::new();
        let mut seen = BTreeSet::new();
        let paths = HEAD_ROWS - 1;
        for (at, cell) in cells.get(&paths).into_iter().flatten() {
            let path = cell.data.to_string();
            let path = path.trim();
            match Column::of_path(path) {
                Ok(column) if seen.insert(column.path.clone()) => {
                    columns.insert(*at, column);
                }
                Ok(_) => {
                    let zh = format!("字段“{path}”有两列：请删去一列");
                    let en = format!("two columns are {path}: remove one");
                    self.bad(sheet, paths, *at, (zh, en));
                }
                Err(why) => {
                    let (zh, en) = why.split_once(" / ").unwrap_or((&why, &why));
                    self.bad(sheet, paths, *at, (zh.to_owned(), en.to_owned()));
                }
            }
        }
        columns
    }

    /// The type of a sheet: that of its columns, or the one it is named after.
    fn event_type(&mut self, sheet: &str, columns: &BTreeMap<u32, Column>) -> Option<EventType> {
        let types: BTreeSet<_> = columns.values().filter_map(Column::event_type).collect();
        let mut types = types.into_iter();
        match (types.next(), types.next()) {
            (Some(one), None) => Some(one),
            (Some(one), Some(other)) => {
                let zh =
                    format!("混有两种事件的列：{}、{}，请分开", one.name_zh(), other.name_zh());
                let en = format!("it has columns of two types, {one:?} and {other:?}: part them");
                self.whole(sheet, &zh, &en, "");
                None
            }
            (None, _) => {
                let named = |event_type: &&EventType| sheet.starts_with(event_type.name_zh());
                let found = EventType::ALL.iter().find(named).filter(|_| !columns.is_empty());
                if found.is_none() {
                    self.whole(
                        sheet,
                        "不是模板的工作表：请用 duty-ledger template 生成的表，或删去此表",
                        "is no sheet of a template: use one that `duty-ledger template` writes, or remove it",
                        "",
                    );
                }
                found.copied()
            }
        }
    }

    fn row(
        &mut self,
        sheet: &str,
        row: u32,
        event_type: EventType,
        filled: Vec<Filled<'_>>,
        organization: Option<&str>,
        head: &Rc<[(String, u32)]>,
    ) {
        let Ok(descriptor) = contract::event() else { return };
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
        let dense = Dense::of(&filled);
        let (mut places, mut groups) = (Vec::new(), BTreeMap::new());
        let mut span = None;
        let mut shares = Vec::new();
        for Filled { at, column, said } in filled {
            let (path, steps) = dense.steps(column);
            let ends = |path: &str| path.match_indices(']').map(|(at, _)| at + 1).collect();
            let (own, of_sheet): (Vec<usize>, Vec<usize>) = (ends(&path), ends(&column.path));
            for (own, of_sheet) in own.into_iter().zip(of_sheet) {
                groups.insert(path[..own].to_owned(), column.path[..of_sheet].to_owned());
            }
            places.push((path, at));
            match said {
                Said::Value(value) => row::put(&mut message, &steps, value),
                Said::Percent(share) => shares.push((at, steps, share)),
                Said::Span(precision, first, last) => span = Some((precision, first, last)),
            }
        }
        for (at, steps, share) in shares {
            if let Err(why) = row::put_share(&mut message, &steps, share) {
                self.bad(sheet, row, at, why);
            }
        }
        let Ok(mut event) = message.transcode_to::<pb::DutyEvent>() else {
            self.bad(
                sheet,
                row,
                0,
                ("此行无法转换".to_owned(), "the row cannot be converted".to_owned()),
            );
            return;
        };
        row::complete_time(&mut event, span);
        self.rows.push(Row {
            sheet: sheet.to_owned(),
            number: row + 1,
            event,
            places,
            head: Rc::clone(head),
            groups,
        });
    }

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
