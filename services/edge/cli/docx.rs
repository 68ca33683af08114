//! What our Word documents share: paper, fonts, headings, and tables whose heads stand on every
//! page. No content of its own. The same document gives the same bytes.

use std::io::Cursor;

use docx_rs::{
    AlignmentType, Docx, PageMargin, PageOrientationType, Paragraph, Run, RunFonts, Style,
    StyleType, Table, TableCell, TableCellMargins, TableLayoutType, TableRow, WidthType,
};

use super::FAILED;
use super::client::Failure;

/// 三号, in half-points.
pub(super) const BODY: usize = 32;
/// 二号, in half-points.
const TITLE: usize = 44;
/// 五号, in half-points: tables and the foot.
pub(super) const SMALL: usize = 21;
/// 六号, in half-points: tables of many columns.
pub(super) const TINY: usize = 15;
/// Style of headings, which tables of contents are made from.
const HEADING: &str = "Heading1";
/// Style of everything else; word processors look for one.
const NORMAL: &str = "Normal";
/// What the library writes of a row that does not break: the heads of [`table`], and they alone.
const HEAD_WRITTEN: &str = "<w:trPr><w:cantSplit /></w:trPr>";
/// The same, repeated on every page, which the library has no word for.
const HEAD_REPEATED: &str = "<w:trPr><w:cantSplit /><w:tblHeader /></w:trPr>";

/// The paper, in twentieths of a point.
pub(super) struct Paper {
    width: u32,
    height: u32,
    top: i32,
    bottom: i32,
    left: i32,
    right: i32,
}

impl Paper {
    /// A4 upright, 37 mm above, 35 below, 28 left and 26 right: official papers (GB/T 9704-2012).
    pub(super) const OFFICIAL: Self =
        Self { width: 11_906, height: 16_838, top: 2098, bottom: 1984, left: 1588, right: 1474 };
    /// A3 lying, 15 mm all round: wide tables.
    pub(super) const TABLES: Self =
        Self { width: 23_811, height: 16_838, top: 850, bottom: 850, left: 850, right: 850 };
    /// What a line of [`Paper::TABLES`] holds.
    pub(super) const TABLES_INNER: u32 = 23_811 - 2 * 850;
}

/// A document with nothing in it yet.
pub(super) fn blank(paper: &Paper) -> Docx {
    let Paper { width, height, top, bottom, left, right } = *paper;
    let orientation =
        if height < width { PageOrientationType::Landscape } else { PageOrientationType::Portrait };
    Docx::new()
        .page_size(width, height)
        .page_orient(orientation)
        .page_margin(PageMargin::new().top(top).bottom(bottom).left(left).right(right))
        .default_fonts(fonts("仿宋"))
        .default_size(BODY)
        .add_style(Style::new(NORMAL, StyleType::Paragraph).name("Normal"))
        .add_style(Style::new(HEADING, StyleType::Paragraph).name("heading 1"))
}

/// Packs a document.
///
/// # Errors
/// [`Failure`] should the archive not come together.
pub(super) fn bytes(docx: Docx) -> Result<Vec<u8>, Failure> {
    let broken = |error: &dyn std::error::Error| Failure::new(FAILED, format!("DOCX: {error}"));
    let mut built = docx.build();
    // What a text holds is escaped: nothing but our own rows reads like this.
    let written = std::str::from_utf8(&built.document).map_err(|error| broken(&error))?;
    built.document = written.replace(HEAD_WRITTEN, HEAD_REPEATED).into_bytes();
    let mut bytes = Cursor::new(Vec::new());
    built.pack(&mut bytes).map_err(|error| broken(&error))?;
    Ok(bytes.into_inner())
}

fn fonts(east_asia: &str) -> RunFonts {
    RunFonts::new().east_asia(east_asia).ascii("Times New Roman").hi_ansi("Times New Roman")
}

/// The title of a document.
pub(super) fn title(text: &str) -> Paragraph {
    let run = Run::new().add_text(text).fonts(fonts("方正小标宋简体")).size(TITLE);
    plain().align(AlignmentType::Center).add_run(run)
}

/// A heading of the first level.
pub(super) fn heading(text: &str) -> Paragraph {
    let run = Run::new().add_text(text).fonts(fonts("黑体")).size(BODY);
    Paragraph::new().style(HEADING).add_run(run)
}

/// A paragraph in the style of text.
pub(super) fn plain() -> Paragraph {
    Paragraph::new().style(NORMAL)
}

/// Words in the size of tables and of the foot.
pub(super) fn small(text: &str) -> Run {
    Run::new().add_text(text).size(SMALL)
}

/// A table under its heads, in a font of `size` half-points. With `widths`, in twentieths of a
/// point, columns are that wide; without, as their words need.
pub(super) fn table(
    heads: Vec<String>,
    rows: impl Iterator<Item = Vec<String>>,
    widths: Option<&[usize]>,
    size: usize,
) -> Table {
    let row = |cells: Vec<String>| {
        let cells = cells.iter().enumerate().map(|(index, text)| {
            let cell = cell(text, size);
            match widths.and_then(|widths| widths.get(index)) {
                Some(width) => cell.width(*width, WidthType::Dxa),
                None => cell,
            }
        });
        TableRow::new(cells.collect())
    };
    let mut all = vec![row(heads).cant_split()];
    all.extend(rows.map(row));
    let table = Table::new(all);
    match widths {
        Some(widths) => table
            .set_grid(widths.to_vec())
            .layout(TableLayoutType::Fixed)
            .margins(TableCellMargins::new().margin(0, 40, 0, 40)),
        None => table,
    }
}

/// A cell, a paragraph for each line: the library would run lines together.
fn cell(text: &str, size: usize) -> TableCell {
    let printable = |c: char| !c.is_control() && !matches!(c, '\u{FFFE}' | '\u{FFFF}');
    let mut cell = TableCell::new();
    for line in text.split('\n') {
        // XML has no place for the others, and a document with one does not open.
        let line: String = line.chars().filter(|c| printable(*c)).collect();
        cell = cell.add_paragraph(plain().add_run(Run::new().add_text(line).size(size)));
    }
    cell
}
