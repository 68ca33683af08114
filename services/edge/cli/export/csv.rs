//! Tables as CSV (RFC 4180): UTF-8 with byte order mark, safe to open in a spreadsheet.
//!
//! A file holds one table and nothing else, so that whoever counts its rows counts right; what it
//! reflects is in a file beside it.

use sha2::{Digest as _, Sha256};

use super::sheets::{Document, Table, Value};
use crate::cli::FAILED;
use crate::cli::client::Failure;

/// What spreadsheets take for UTF-8.
pub(in crate::cli) const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// One table as a file.
pub(super) fn file(table: &Table) -> Result<Vec<u8>, Failure> {
    let heads = table.columns.iter().map(|column| column.zh.to_owned()).collect();
    let rows = table.rows.iter().map(|row| row.iter().map(cell).collect());
    written(std::iter::once(heads).chain(rows))
}

/// What the table in the file `name` reflects, and which bytes that file has.
pub(super) fn basis(name: &str, file: &[u8], document: &Document) -> Result<Vec<u8>, Failure> {
    let head = vec!["项目".to_owned(), "内容".to_owned()];
    let of_file = vec!["文件".to_owned(), safe(name)];
    let digest = Sha256::digest(file).iter().map(|byte| format!("{byte:02x}")).collect();
    let digest = vec!["文件摘要（SHA-256）".to_owned(), digest];
    let reflected = document.provenance.iter();
    let reflected = reflected.map(|(name, value)| vec![(*name).to_owned(), safe(value)]);
    written([head, of_file, digest].into_iter().chain(reflected))
}

fn written(records: impl Iterator<Item = Vec<String>>) -> Result<Vec<u8>, Failure> {
    // Not flexible: a record of another length is a fault of ours, and no file.
    let mut writer = csv::Writer::from_writer(BYTE_ORDER_MARK.to_vec());
    for record in records {
        let done = writer.write_record(record);
        done.map_err(|error| Failure::new(FAILED, crate::chain(&error)))?;
    }
    writer.into_inner().map_err(|error| Failure::new(FAILED, error.to_string()))
}

fn cell(value: &Value) -> String {
    match value {
        Value::Text(text) => safe(text),
        Value::Empty | Value::Number(_) | Value::Date(_) => value.text(),
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
