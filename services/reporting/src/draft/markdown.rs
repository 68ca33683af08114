//! A draft as Markdown: headings, footnotes, the table of figures and entries, the provenance.

use std::fmt::Write as _;

use super::{Draft, Note, Run};

/// What a document rests on, for its foot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// Lines such as `规则集：CN-450200-2022.default（sha256 …）`.
    pub lines: Vec<String>,
}

/// The draft as Markdown.
#[must_use]
pub fn render(draft: &Draft, provenance: &Provenance) -> String {
    let mut out = String::new();
    // Writing into a string cannot fail.
    let _ = write(draft, provenance, &mut out);
    out
}

fn write(draft: &Draft, provenance: &Provenance, out: &mut String) -> std::fmt::Result {
    writeln!(out, "# {}\n", plain(&draft.title))?;
    for section in &draft.sections {
        writeln!(out, "## {}\n", plain(&section.heading))?;
        for paragraph in &section.paragraphs {
            for run in paragraph {
                match run {
                    Run::Text(words) => out.push_str(&plain(words)),
                    Run::Filled(words, note) => write!(out, "{}[^{note}]", plain(words))?,
                    Run::Missing(slot) => write!(out, "**［待补充：{}］**", plain(slot))?,
                }
            }
            out.push_str("\n\n");
        }
    }
    out.push_str("## 附：数据与台账条目对照表\n\n| 注 | 内容 | 数据 | 台账序号 | 来源编号 |\n");
    out.push_str("|---:|---|---|---|---|\n");
    for (index, note) in draft.notes.iter().enumerate() {
        let (what, printed) = (cell(&note.what), cell(&note.printed));
        let (positions, numbers) = (positions(note), cell(&note.numbers.join("、")));
        writeln!(out, "| {} | {what} | {printed} | {positions} | {numbers} |", index + 1)?;
    }
    out.push_str("\n---\n\n");
    for line in &provenance.lines {
        writeln!(out, "{}  ", plain(line))?;
    }
    out.push('\n');
    for (index, note) in draft.notes.iter().enumerate() {
        writeln!(out, "[^{}]: 台账第 {} 条", index + 1, positions(note))?;
    }
    Ok(())
}

/// The entries of a note, by position.
#[must_use]
pub fn positions(note: &Note) -> String {
    let numbers: Vec<_> =
        note.positions.iter().map(|position| position.get().to_string()).collect();
    numbers.join("、")
}

/// Words that Markdown leaves as they are.
fn plain(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    for c in words.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' => out.extend(['\\', c]),
            '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

fn cell(words: &str) -> String {
    plain(words)
}
