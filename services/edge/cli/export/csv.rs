//! Tables as CSV (RFC 4180): UTF-8 with byte order mark, safe to open in a spreadsheet.

use super::sheets::{Document, Table, Value};
use crate::cli::FAILED;
use crate::cli::client::Failure;

/// What spreadsheets take for UTF-8.
pub(in crate::cli) const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The tables one after the other in one file.
pub(super) fn files(document: &Document) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    for (index, table) in document.tables.iter().enumerate() {
        let file = file(table, document)?;
        // One mark is at the beginning of a file.
        let skipped = if index == 0 { 0 } else { BYTE_ORDER_MARK.len() };
        bytes.extend_from_slice(file.get(skipped..).unwrap_or_default());
    }
    Ok(bytes)
}

/// One table as a file, with what it reflects at its foot.
pub(super) fn file(table: &Table, document: &Document) -> Result<Vec<u8>, Failure> {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(BYTE_ORDER_MARK.to_vec());
    let broken = |error: csv::Error| Failure::new(FAILED, crate::chain(&error));
    writer.write_record(table.columns.iter().map(|column| column.zh)).map_err(broken)?;
    for row in &table.rows {
        writer.write_record(row.iter().map(cell)).map_err(broken)?;
    }
    for (name, value) in &document.provenance {
        writer.write_record([format!("# {name}"), safe(value)]).map_err(broken)?;
    }
    writer.into_inner().map_err(|error| Failure::new(FAILED, error.to_string()))
}

fn cell(value: &Value) -> String {
    match value {
        Value::Empty => String::new(),
        Value::Text(text) => safe(text),
        Value::Number(number) => number.to_string(),
        Value::Date(date) => date.to_string(),
    }
}

/// A text that no spreadsheet takes for a formula.
pub(in crate::cli) fn safe(text: &str) -> String {
    let is_formula =
        text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if is_formula { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::safe;

    #[test]
    fn no_text_is_a_formula() {
        for (text, written) in [
            ("=1+1", "'=1+1"),
            ("+86", "'+86"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("＝1", "'＝1"),
            ("讲座=2次", "讲座=2次"),
            ("", ""),
        ] {
            assert_eq!(safe(text), written);
        }
    }
}
