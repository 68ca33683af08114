//! A draft as a Word document in the customary layout of official papers (GB/T 9704-2012): A4, 仿宋
//! 三号, headings in 黑体, 28 points a line; a footnote at every slot an entry fills, a highlight at
//! every one that none does, the table of figures and entries behind.

use docx_rs::{Footnote, LineSpacing, LineSpacingType, Paragraph, Run, SpecialIndentType, Table};
use reporting::draft::markdown::{self, Provenance};
use reporting::draft::{self, Draft, Note};

use crate::cli::client::Failure;
use crate::cli::docx::{self, Paper};

/// Two characters of 三号, in twentieths of a point.
const INDENT: i32 = 640;
/// 28 points, in twentieths of a point.
const LINE: i32 = 560;

/// The document, in bytes.
pub(super) fn document(draft: &Draft, provenance: &Provenance) -> Result<Vec<u8>, Failure> {
    let mut docx = docx::blank(&Paper::OFFICIAL).add_paragraph(docx::title(&draft.title));
    for section in &draft.sections {
        docx = docx.add_paragraph(docx::heading(&section.heading));
        for runs in &section.paragraphs {
            docx = docx.add_paragraph(paragraph(runs, &draft.notes));
        }
    }
    docx = docx
        .add_paragraph(docx::heading("附：数据与台账条目对照表"))
        .add_table(table(&draft.notes));
    for line in &provenance.lines {
        docx = docx.add_paragraph(docx::plain().add_run(docx::small(line)));
    }
    docx::bytes(docx)
}

fn paragraph(runs: &[draft::Run], notes: &[Note]) -> Paragraph {
    let mut paragraph = docx::plain()
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
    footnote.add_content(docx::plain().add_run(docx::small(&text)))
}

fn table(notes: &[Note]) -> Table {
    let heads = ["注", "内容", "数据", "台账序号", "来源编号"].map(str::to_owned).to_vec();
    let rows = notes.iter().enumerate().map(|(index, note)| {
        vec![
            (index + 1).to_string(),
            note.what.clone(),
            note.printed.clone(),
            markdown::positions(note),
            note.numbers.join("、"),
        ]
    });
    docx::table(heads, rows, None, docx::SMALL)
}
