//! A sheet as rows of filled cells, whatever message its columns are fields of.
//!
//! Cells are read one by one and only where something stands: a cell at the far end of a sheet
//! costs no memory for those before it. Nothing is skipped in silence: what is no column or no
//! value is a fault.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use std::rc::Rc;

use calamine::{Data, DataRef, Reader as _, Xlsx};
use jiff::civil::Date;
use prost_reflect::{DynamicMessage, MessageDescriptor};

use super::cell::{self, Fault, Said};
use super::column::Column;
use super::places::Places;
use super::row::{self, Dense, Filled};
use super::{GUIDE_SHEET, HEAD_ROWS, PLACES_SHEET, WORDS_SHEET};
use crate::pb::DatePrecision;

/// Most cells of a workbook: 1,000 events of 100 fields are a fiftieth of it.
const CELLS_MAX: usize = 5_000_000;
const TOO_MANY_CELLS: &str = "单元格过多 / too many cells";

/// The cells a message comes from.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The sheet.
    pub(super) sheet: String,
    /// Row of the sheet, from 1.
    pub(super) number: u32,
    /// Field paths of the message as it is, with their columns.
    places: Vec<(String, u32)>,
    /// Field paths of the sheet.
    head: Rc<[(String, u32)]>,
    /// Elements of lists as they are numbered in the message, and as in the sheet.
    groups: BTreeMap<String, String>,
}

impl Origin {
    /// The cell of a field path of the message, or the one nearest to it.
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

    /// A path of the message as the sheet numbers it.
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

/// A stored cell.
pub(super) struct Cell {
    pub(super) data: Data,
    /// Whether it shows as a percentage.
    is_percent: bool,
    /// Whether it holds a formula and nobody worked it out: what it says is not known. A stored
    /// empty text is a result.
    is_unresolved: bool,
}

/// Cells by row and column, both from 0.
pub(super) type Cells = BTreeMap<u32, BTreeMap<u32, Cell>>;

/// The sheets of a workbook that hold something, but for those a template explains itself by.
pub(super) fn open(bytes: &[u8], faults: &mut Faults) -> Vec<(String, Cells)> {
    let opened: Result<Xlsx<_>, _> = calamine::open_workbook_from_rs(Cursor::new(bytes));
    let mut workbook = match opened {
        Ok(workbook) => workbook,
        Err(error) => {
            faults.whole(
                "",
                "不是可读的 XLSX 工作簿，请另存为 .xlsx（无密码）",
                "is no readable XLSX workbook; save it as .xlsx without a password",
                &error.to_string(),
            );
            return Vec::new();
        }
    };
    let mut budget = CELLS_MAX;
    let mut sheets = Vec::new();
    let mut places = Places::default();
    for sheet in workbook.sheet_names() {
        if [GUIDE_SHEET, WORDS_SHEET].contains(&sheet.as_str()) {
            continue;
        }
        match cells(&mut workbook, &sheet, &mut budget) {
            Ok(cells) if cells.is_empty() => {}
            Ok(cells) if sheet == PLACES_SHEET => places = Places::of(&cells),
            Ok(cells) => sheets.push((sheet, cells)),
            Err(error) => {
                faults.whole(&sheet, "工作表无法读取", "the sheet cannot be read", &error);
            }
        }
    }
    for (sheet, cells) in &sheets {
        places.check(sheet, cells, faults);
    }
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
        *budget = budget.checked_sub(1).ok_or(TOO_MANY_CELLS)?;
        let format = reader.styles().get(style).and_then(|style| style.number_format.as_ref());
        let is_percent = format.is_some_and(|format| {
            // 9 and 10 are the percentages every spreadsheet knows by number.
            format.format_code.contains('%') || matches!(format.format_id, Some(9 | 10))
        });
        let (row, column) = cell.get_position();
        let cell = Cell { data, is_percent, is_unresolved: false };
        cells.entry(row).or_default().insert(column, cell);
    }
    drop(reader);
    for (row, column) in unresolved(workbook, sheet)? {
        *budget = budget.checked_sub(1).ok_or(TOO_MANY_CELLS)?;
        let cell = Cell { data: Data::Empty, is_percent: false, is_unresolved: true };
        cells.entry(row).or_default().insert(column, cell);
    }
    Ok(cells)
}

/// Where formulas stand without a result, as programs that do not calculate write them. A reader
/// of values alone takes them for empty cells.
fn unresolved(workbook: &mut Xlsx<Cursor<&[u8]>>, sheet: &str) -> Result<Vec<(u32, u32)>, String> {
    let mut reader = workbook.worksheet_cells_reader(sheet).map_err(|error| error.to_string())?;
    let mut places = Vec::new();
    while let Some(record) =
        reader.next_cell_with_formula_metadata().map_err(|error| error.to_string())?
    {
        if record.formula.is_some() && matches!(record.value, DataRef::Empty) {
            places.push(record.pos);
        }
        if CELLS_MAX < places.len() {
            return Err(TOO_MANY_CELLS.to_owned());
        }
    }
    Ok(places)
}

/// Everything that cannot be read.
#[derive(Debug, Default)]
pub(super) struct Faults(pub(super) Vec<Fault>);

impl Faults {
    /// A formula of which only its text is stored; row and column from 0.
    fn unresolved(&mut self, sheet: &str, row: u32, column: u32) {
        let zh = "公式没有保存计算结果：请用表格软件打开、重新计算并保存，或直接填写值";
        let en = "this formula is stored without its value: open the workbook in a spreadsheet program, recalculate and save it, or write the value itself";
        self.bad(sheet, row, column, (zh.to_owned(), en.to_owned()));
    }

    /// Something about a sheet as a whole, or about the workbook.
    pub(super) fn whole(&mut self, sheet: &str, zh: &str, en: &str, why: &str) {
        let why = if why.is_empty() { String::new() } else { format!("（{why}）") };
        self.0.push(Fault {
            sheet: sheet.to_owned(),
            row: 0,
            cell: String::new(),
            zh: format!("{zh}{why}"),
            en: en.to_owned(),
        });
    }

    /// Something about a cell; row and column from 0.
    pub(super) fn bad(&mut self, sheet: &str, row: u32, column: u32, (zh, en): (String, String)) {
        let row = row + 1;
        self.0.push(Fault { sheet: sheet.to_owned(), row, cell: name(row, column), zh, en });
    }

    /// A sheet that no template has.
    pub(super) fn no_template(&mut self, sheet: &str) {
        self.whole(
            sheet,
            "不是模板的工作表：请用 duty-ledger template 生成的表，或删去此表",
            "is no sheet of a template: use one that `duty-ledger template` writes, or remove it",
            "",
        );
    }
}

/// The columns of a sheet by the field paths in its second row, fields of `root`.
pub(super) fn columns(
    sheet: &str,
    cells: &Cells,
    root: &MessageDescriptor,
    faults: &mut Faults,
) -> BTreeMap<u32, Rc<Column>> {
    let mut columns = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let paths = HEAD_ROWS - 1;
    for (at, cell) in cells.get(&paths).into_iter().flatten() {
        if cell.is_unresolved {
            faults.unresolved(sheet, paths, *at);
            continue;
        }
        let path = cell.data.to_string();
        let path = path.trim();
        match Column::of_path(root, path) {
            Ok(column) if seen.insert(column.path.clone()) => {
                columns.insert(*at, Rc::new(column));
            }
            Ok(_) => {
                let zh = format!("字段“{path}”有两列：请删去一列");
                let en = format!("two columns are {path}: remove one");
                faults.bad(sheet, paths, *at, (zh, en));
            }
            Err(why) => {
                let (zh, en) = why.split_once(" / ").unwrap_or((&why, &why));
                faults.bad(sheet, paths, *at, (zh.to_owned(), en.to_owned()));
            }
        }
    }
    columns
}

/// A row in which something stands, bad cells left out of it.
#[derive(Debug, Clone)]
pub(super) struct Raw {
    pub(super) sheet: String,
    /// Row of the sheet, from 1.
    pub(super) number: u32,
    pub(super) filled: Vec<Filled>,
    head: Rc<[(String, u32)]>,
}

/// The rows of a sheet in which more stands than what the template filled in itself.
pub(super) fn rows(
    sheet: &str,
    cells: &Cells,
    columns: &BTreeMap<u32, Rc<Column>>,
    filled_in: &[&str],
    faults: &mut Faults,
) -> Vec<Raw> {
    let head: Rc<[_]> = columns.iter().map(|(at, column)| (column.path.clone(), *at)).collect();
    let mut rows = Vec::new();
    for (row, cells) in cells.range(HEAD_ROWS..) {
        let mut filled = Vec::new();
        let mut is_filled = false;
        for (at, cell) in cells {
            if cell.is_unresolved {
                is_filled |= columns.contains_key(at);
                faults.unresolved(sheet, *row, *at);
                continue;
            }
            let Some(column) = columns.get(at) else {
                if !cell.data.to_string().trim().is_empty() {
                    let zh = "此列第2行没有字段路径，内容会丢失：请补上路径或移走内容";
                    let en = "row 2 of this column names no field, so this would be lost: name one or move it away";
                    faults.bad(sheet, *row, *at, (zh.to_owned(), en.to_owned()));
                }
                continue;
            };
            match cell::read(&cell.data, cell.is_percent, column) {
                Ok(None) => {}
                Ok(Some(said)) => {
                    is_filled |= !filled_in.contains(&column.path.as_str());
                    filled.push(Filled { at: *at, column: Rc::clone(column), said });
                }
                Err(why) => {
                    is_filled = true;
                    faults.bad(sheet, *row, *at, why);
                }
            }
        }
        if is_filled {
            let (sheet, number) = (sheet.to_owned(), row + 1);
            rows.push(Raw { sheet, number, filled, head: Rc::clone(&head) });
        }
    }
    rows
}

/// A time of a named precision, as one cell says it.
pub(super) type Span = (DatePrecision, Date, Date);

impl Raw {
    /// Writes the cells over a message. Elements of lists close up when they are `dense`: a gap
    /// between filled groups of columns is no element. Otherwise they count in what is written
    /// over.
    pub(super) fn over(
        &self,
        message: &mut DynamicMessage,
        dense: bool,
        faults: &mut Faults,
    ) -> (Option<Span>, Origin) {
        let closed_up = if dense { Dense::of(&self.filled) } else { Dense::open() };
        let (mut places, mut groups) = (Vec::new(), BTreeMap::new());
        let mut span = None;
        let (mut shares, mut cleared) = (Vec::new(), Vec::new());
        for Filled { at, column, said } in &self.filled {
            let (path, steps) = closed_up.steps(column);
            let ends = |path: &str| path.match_indices(']').map(|(at, _)| at + 1).collect();
            let (own, of_sheet): (Vec<usize>, Vec<usize>) = (ends(&path), ends(&column.path));
            for (own, of_sheet) in own.into_iter().zip(of_sheet) {
                groups.insert(path[..own].to_owned(), column.path[..of_sheet].to_owned());
            }
            places.push((path, *at));
            match said {
                Said::Value(value) => row::put(message, &steps, value.clone()),
                Said::Cleared => cleared.push(steps),
                Said::Percent(share) => shares.push((*at, steps, *share)),
                Said::Span(precision, first, last) => span = Some((*precision, *first, *last)),
            }
        }
        for (at, steps, share) in shares {
            if let Err(why) = row::put_share(message, &steps, share) {
                faults.bad(&self.sheet, self.number - 1, at, why);
            }
        }
        // Last, so that the numbers of elements are those of the message until then.
        row::clear(message, &cleared);
        let (sheet, number, head) = (self.sheet.clone(), self.number, Rc::clone(&self.head));
        (span, Origin { sheet, number, places, head, groups })
    }
}
