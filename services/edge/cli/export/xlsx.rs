//! Tables as a workbook: one sheet each, and one that says what they reflect. Dates and numbers are
//! typed; the header stays in sight and is repeated on paper (A3, landscape).

use rust_decimal::prelude::ToPrimitive as _;
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatBorder, Workbook, Worksheet, XlsxError,
};

use super::sheets::{Document, Table, Value};
use crate::cli::FAILED;
use crate::cli::client::Failure;

/// Paper A3, as the format numbers it.
const A3: u8 = 8;
/// Name of the sheet that says what the others reflect.
const PROVENANCE: &str = "依据";

/// The workbook, in bytes. The same tables give the same bytes.
pub(super) fn workbook(document: &Document) -> Result<Vec<u8>, Failure> {
    write(document).map_err(|error| Failure::new(FAILED, crate::chain(&error)))
}

fn write(document: &Document) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    // The day the answer is of, not that of the export: the same question gives the same file.
    let properties = DocProperties::new().set_title("责任台账导出");
    let made = document.basis.as_of_date.parse().ok().and_then(excel_date);
    workbook.set_properties(&match made {
        Some(made) => properties.set_creation_datetime(&made),
        None => properties,
    });
    for table in &document.tables {
        sheet(table, workbook.add_worksheet())?;
    }
    let foot = workbook.add_worksheet().set_name(PROVENANCE)?;
    foot.set_column_width(0, 16)?.set_column_width(1, 80)?;
    for (row, (name, value)) in (0_u32..).zip(&document.provenance) {
        foot.write_string(row, 0, *name)?.write_string(row, 1, value)?;
    }
    workbook.save_to_buffer()
}

fn sheet(table: &Table, sheet: &mut Worksheet) -> Result<(), XlsxError> {
    let head = Format::new().set_bold().set_border(FormatBorder::Thin).set_text_wrap();
    let date = Format::new().set_num_format("yyyy-mm-dd");
    sheet.set_name(table.name_zh)?;
    sheet.set_freeze_panes(1, 0)?.set_landscape().set_paper_size(A3);
    sheet.set_print_fit_to_pages(1, 0).set_repeat_rows(0, 0)?;
    for (column, heading) in (0_u16..).zip(&table.columns) {
        sheet.write_string_with_format(0, column, heading.zh, &head)?;
        sheet.set_column_width(column, heading.width)?;
    }
    for (row, cells) in (1_u32..).zip(&table.rows) {
        for (column, value) in (0_u16..).zip(cells) {
            match value {
                Value::Empty => {}
                Value::Text(text) => {
                    sheet.write_string(row, column, text)?;
                }
                Value::Number(number) => {
                    // Scores and counts: far within what a double holds exactly enough to print.
                    sheet.write_number(row, column, number.to_f64().unwrap_or_default())?;
                }
                Value::Date(day) => match excel_date(*day) {
                    Some(typed) => {
                        sheet.write_datetime_with_format(row, column, &typed, &date)?;
                    }
                    // Before 1900 a workbook has no dates.
                    None => {
                        sheet.write_string(row, column, day.to_string())?;
                    }
                },
            }
        }
    }
    if let (Ok(last_row), Ok(last_column)) =
        (u32::try_from(table.rows.len()), u16::try_from(table.columns.len()))
        && 0 < last_column
    {
        sheet.autofilter(0, 0, last_row, last_column - 1)?;
    }
    Ok(())
}

fn excel_date(day: jiff::civil::Date) -> Option<ExcelDateTime> {
    let year = u16::try_from(day.year()).ok()?;
    ExcelDateTime::from_ymd(year, u8::try_from(day.month()).ok()?, u8::try_from(day.day()).ok()?)
        .ok()
}
