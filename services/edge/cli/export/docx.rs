//! Tables as a Word document on A3, lying: a heading and a table each, heads on every page, and a
//! last one that says what they reflect. Whole or not at all: what is too long for Word is refused.

use super::sheets::{Document, Table, Value};
use crate::cli::client::Failure;
use crate::cli::docx::{self, Paper};
use crate::cli::{BAD_DATA, FAILED};

/// Most rows of a table: hundreds of pages, which nobody reads on paper, and the document is built
/// in memory.
const ROWS_MAX: usize = 10_000;
/// Narrowest column, in characters of the digit 0: two characters in a line.
const WIDTH_MIN: f64 = 9.0;

/// The document, in bytes. The same tables give the same bytes.
pub(super) fn document(document: &Document) -> Result<Vec<u8>, Failure> {
    let too_long = document.tables.iter().find(|table| ROWS_MAX < table.rows.len());
    if let Some(Table { name_zh, rows, .. }) = too_long {
        let count = rows.len();
        return Err(Failure::new(
            BAD_DATA,
            format!(
                "{name_zh}有 {count} 行，Word 文档每表至多 {ROWS_MAX} 行：请改用 --format xlsx 或 \
                 csv，或缩小范围 / the table has {count} rows, a Word document takes {ROWS_MAX} of \
                 each: use --format xlsx or csv, or ask for less"
            ),
        ));
    }
    let mut docx = docx::blank(&Paper::TABLES).add_paragraph(docx::title("责任台账"));
    for table in &document.tables {
        let heads = table.columns.iter().map(|column| column.zh.to_owned()).collect();
        let rows = table.rows.iter().map(|row| row.iter().map(Value::text).collect());
        let asked: Vec<f64> = table.columns.iter().map(|column| column.width).collect();
        let written = docx::table(heads, rows, Some(&widths(&asked)?), docx::TINY);
        docx = docx.add_paragraph(docx::heading(table.name_zh)).add_table(written);
    }
    let heads = vec!["项目".to_owned(), "内容".to_owned()];
    let rows =
        document.provenance.iter().map(|(name, value)| vec![(*name).to_owned(), value.clone()]);
    let foot = docx::table(heads, rows, Some(&widths(&[16.0, 120.0])?), docx::SMALL);
    docx::bytes(docx.add_paragraph(docx::heading("依据")).add_table(foot))
}

/// The line shared out among the columns as they ask, in twentieths of a point.
fn widths(asked: &[f64]) -> Result<Vec<usize>, Failure> {
    use rust_decimal::prelude::{Decimal, FromPrimitive as _, ToPrimitive as _};
    let asked: Option<Vec<Decimal>> =
        asked.iter().map(|width| Decimal::from_f64(width.max(WIDTH_MIN))).collect();
    let shared = asked.and_then(|asked| {
        let whole: Decimal = asked.iter().sum();
        let share = |width: Decimal| {
            (width * Decimal::from(Paper::TABLES_INNER)).checked_div(whole)?.to_usize()
        };
        asked.into_iter().map(share).collect()
    });
    shared.ok_or_else(|| Failure::new(FAILED, "a column has no width"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::export::sheets::Column;

    fn of(rows: usize) -> Document {
        let columns = vec![Column { id: "n", zh: "序号", width: 8.0 }];
        let rows = vec![vec![Value::Text("一\n二".to_owned())]; rows];
        let tables = vec![Table { id: "matrix", name_zh: "责任矩阵", columns, rows }];
        let provenance = vec![("树大小", "7".to_owned())];
        Document { tables, basis: crate::pb::ViewBasis::default(), provenance }
    }

    #[test]
    fn a_table_too_long_for_word_is_refused_and_not_cut() {
        let refused = document(&of(ROWS_MAX + 1)).expect_err("too long");
        assert_eq!(refused.code, BAD_DATA);
        for words in ["责任矩阵", "10001", "xlsx"] {
            assert!(refused.text.contains(words), "{words} is not in {}", refused.text);
        }
        assert_eq!(document(&of(3)).expect("a document"), document(&of(3)).expect("the same"));
    }

    #[test]
    fn columns_share_the_line() {
        let widths = widths(&[12.0, 4.0, 60.0]).expect("widths");
        assert!(widths[1] < widths[0] && widths[0] < widths[2], "{widths:?}");
        let whole: usize = widths.iter().sum();
        let line = usize::try_from(Paper::TABLES_INNER).expect("a few thousand");
        assert!(line - widths.len() <= whole && whole <= line, "{widths:?}");
    }
}
