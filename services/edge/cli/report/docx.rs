//! A draft as a Word document in the customary layout of official papers (GB/T 9704-2012): A4, 仿宋
//! 三号, headings in 黑体, 28 points a line; a footnote at every slot an entry fills, a highlight at
//! every one that none does, the table of figures and entries behind.

use std::io::Cursor;

use docx_rs::{
    AlignmentType, Docx, Footnote, LineSpacing, LineSpacingType, PageMargin, Paragraph, Run,
    RunFonts, SpecialIndentType, Style, StyleType, Table, TableCell, TableRow,
};
use reporting::draft::markdown::{self, Provenance};
use reporting::draft::{self, Draft, Note};

use crate::cli::FAILED;
use crate::cli::client::Failure;

/// 三号, in half-points.
const BODY: usize = 32;
/// 二号, in half-points.
const TITLE: usize = 44;
/// 五号, in half-points: tables and the foot.
const SMALL: usize = 21;
/// Two characters of 三号, in twentieths of a point.
const INDENT: i32 = 640;
/// 28 points, in twentieths of a point.
const LINE: i32 = 560;
/// Style of headings, which tables of contents are made from.
const HEADING: &str = "Heading1";
/// Style of everything else; word processors look for one.
const NORMAL: &str = "Normal";

/// The document, in bytes.
pub(super) fn document(draft: &Draft, provenance: &Provenance) -> Result<Vec<u8>, Failure> {
    // A4 with 37 mm above, 35 below, 28 left and 26 right, in twentieths of a point.
    let margin = PageMargin::new().top(2098).bottom(1984).left(1588).right(1474);
    let heading = Style::new(HEADING, StyleType::Paragraph).name("heading 1");
    let mut docx =
        Docx::new()
            .page_size(11_906, 16_838)
            .page_margin(margin)
            .default_fonts(fonts("仿宋"))
            .default_size(BODY)
            .add_style(Style::new(NORMAL, StyleType::Paragraph).name("Normal"))
            .add_style(heading)
            .add_paragraph(Paragraph::new().style(NORMAL).align(AlignmentType::Center).add_run(
                Run::new().add_text(&draft.title).fonts(fonts("方正小标宋简体")).size(TITLE),
            ));
    for section in &draft.sections {
        docx = docx.add_paragraph(titled(&section.heading));
        for runs in &section.paragraphs {
            docx = docx.add_paragraph(paragraph(runs, &draft.notes));
        }
    }
    docx = docx.add_paragraph(titled("附：数据与台账条目对照表")).add_table(table(&draft.notes));
    for line in &provenance.lines {
        docx = docx.add_paragraph(Paragraph::new().style(NORMAL).add_run(small(line)));
    }
    let mut bytes = Cursor::new(Vec::new());
    docx.build()
        .pack(&mut bytes)
        .map_err(|error| Failure::new(FAILED, format!("DOCX: {error}")))?;
    Ok(bytes.into_inner())
}

fn fonts(east_asia: &str) -> RunFonts {
    RunFonts::new().east_asia(east_asia).ascii("Times New Roman").hi_ansi("Times New Roman")
}

fn titled(heading: &str) -> Paragraph {
    let run = Run::new().add_text(heading).fonts(fonts("黑体")).size(BODY);
    Paragraph::new().style(HEADING).add_run(run)
}

fn small(text: &str) -> Run {
    Run::new().add_text(text).size(SMALL)
}

fn paragraph(runs: &[draft::Run], notes: &[Note]) -> Paragraph {
    let mut paragraph = Paragraph::new()
        .style(NORMAL)
        .indent(None, Some(SpecialIndentType::FirstLine(INDENT)), None, None)
        .line_spacing(LineSpacing::new().line_rule(LineSpacingType::Exact).line(LINE));
    for run in runs {
        let written = match run {
            draft::Run::Text(words) => Run::new().add_text(words),
            draft::Run::Filled(words, number) => {
                let run = Run::new().add_text(words);
                match number.checked_sub(1).and_then(|index| notes.get(index)) {
                    Some(note) => run.add_footnote_reference(footnote(note)),
                    None => run,
                }
            }
            draft::Run::Missing(slot) => {
                Run::new().add_text(format!("［待补充：{slot}］")).highlight("yellow")
            }
        };
        paragraph = paragraph.add_run(written);
    }
    paragraph
}

fn footnote(note: &Note) -> Footnote {
    let text = format!("台账第 {} 条", markdown::positions(note));
    let mut footnote = Footnote::new();
    footnote.add_content(Paragraph::new().style(NORMAL).add_run(small(&text)))
}

fn table(notes: &[Note]) -> Table {
    let head = ["注", "内容", "数据", "台账序号", "来源编号"].map(str::to_owned);
    let mut rows = vec![row(head)];
    for (index, note) in notes.iter().enumerate() {
        rows.push(row([
            (index + 1).to_string(),
            note.what.clone(),
            note.printed.clone(),
            markdown::positions(note),
            note.numbers.join("、"),
        ]));
    }
    Table::new(rows)
}

fn row(cells: [String; 5]) -> TableRow {
    let cell = |text: &String| {
        TableCell::new().add_paragraph(Paragraph::new().style(NORMAL).add_run(small(text)))
    };
    TableRow::new(cells.iter().map(cell).collect())
}
