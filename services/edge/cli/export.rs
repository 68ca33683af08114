//! `duty-ledger export`: matrix, score sheet and events as files for other programs and for paper.
//!
//! Everything comes through the API, every page of it, at one known position; every file says which
//! rule set, day, position, tree and root it reflects; for CSV, which has no place for that, a file
//! beside it does. No figure is computed here.

pub(super) mod csv;
mod docx;
mod oscal;
mod sheets;
mod text;
mod xlsx;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::client::{self, Failure};
use super::{FAILED, SelectorArgs, ServerArg, USAGE, beside, output, shown};
use sheets::{Document, Export, Table};

/// What to export, and how.
#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// What to export.
    #[arg(value_enum)]
    what: What,
    /// Format of the file; OSCAL is JSON anyway.
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// File to write; for `all` as CSV a directory. Beside every CSV is a `.basis.csv` with what it
    /// reflects, beside that of a sheet a `.scores.csv`, beside those of sealed years a
    /// `.sealed.csv`. Standard output without it, but for XLSX, DOCX and what is several CSV; what
    /// a CSV reflects is then on standard error.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Id of the organization: whose sheet and events; of a matrix, the top.
    #[arg(long, required_unless_present = "whole")]
    organization: Option<String>,
    /// The matrix of every organization.
    #[arg(long, conflicts_with = "organization")]
    whole: bool,
    #[command(flatten)]
    selector: SelectorArgs,
    #[command(flatten)]
    server: ServerArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// 责任矩阵: organizations × duties.
    Matrix,
    /// 评分表: the score sheet of the organization.
    Sheet,
    /// 事件台账: every version of every event of the organization.
    Events,
    /// All three.
    All,
    /// The compliance of the organization as OSCAL assessment results.
    Oscal,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A workbook, one sheet a table.
    Xlsx,
    /// Comma-separated, UTF-8 with byte order mark.
    Csv,
    /// A Word document, a heading and a table each.
    Docx,
    /// JSON.
    Json,
    /// Markdown.
    Md,
}

pub(super) async fn run(args: ExportArgs) -> Result<(), Failure> {
    let wants = |what| args.what == what || args.what == What::All;
    let organization = args.organization.as_deref().unwrap_or_default();
    if organization.is_empty() && args.what != What::Matrix {
        let words =
            "评分表与事件台账须指定 --organization / a sheet and events need --organization";
        return Err(Failure::new(USAGE, words));
    }
    if args.what == What::Oscal {
        if args.format.is_some_and(|format| format != Format::Json) {
            let words = "OSCAL 只有 JSON 格式 / OSCAL is written as JSON only";
            return Err(Failure::new(USAGE, words));
        }
        let channel = client::connect(&args.server.server).await?;
        let text = oscal::document(&channel, organization, args.selector.message()).await?;
        return deliver(args.out.as_deref(), text.as_bytes());
    }
    let Some(format) = args.format else {
        let words = "须用 --format 指定格式 / --format is needed: xlsx, csv, docx, json or md";
        return Err(Failure::new(USAGE, words));
    };
    let is_binary = matches!(format, Format::Xlsx | Format::Docx);
    // A sheet has its scores beside it.
    let is_several = format == Format::Csv && matches!(args.what, What::All | What::Sheet);
    if args.out.is_none() && (is_binary || is_several) {
        let words = "此格式须用 --out 指定文件（全部 CSV 为目录；评分表 CSV 另有得分一表）/ this \
                     format needs --out, a file (all as CSV: a directory; a sheet as CSV is two \
                     tables)";
        return Err(Failure::new(USAGE, words));
    }
    let channel = client::connect(&args.server.server).await?;
    let mut export = Export::new(args.selector.message());
    if wants(What::Matrix) {
        export.matrix(&channel, organization).await?;
    }
    if wants(What::Sheet) {
        export.sheet(&channel, organization).await?;
    }
    if wants(What::Events) {
        export.events(&channel, organization).await?;
    }
    let document = export.finish()?;
    let out = args.out.as_deref();
    match (format, out) {
        (Format::Xlsx, Some(path)) => write(path, &xlsx::workbook(&document)?),
        (Format::Docx, Some(path)) => write(path, &docx::document(&document)?),
        (Format::Csv, Some(directory)) if args.what == What::All => {
            std::fs::create_dir_all(directory).map_err(|error| cannot_write(directory, &error))?;
            let path = |table: &Table| directory.join(format!("{}.csv", table.id));
            document.tables.iter().try_for_each(|table| csv_files(&path(table), table, &document))
        }
        (Format::Csv, Some(first)) => {
            let mut path = first.to_path_buf();
            document.tables.iter().enumerate().try_for_each(|(index, table)| {
                if 0 < index {
                    path = csv_beside(first, &format!(".{}.csv", table.id));
                }
                csv_files(&path, table, &document)
            })
        }
        (Format::Csv, None) => {
            // Standard output is the table; what stands beside it is no part of it.
            let (first, beside) = document.tables.split_at(document.tables.len().min(1));
            for table in first {
                deliver(None, &csv::file(table)?)?;
            }
            for table in beside {
                output::complain(table.name_zh);
                output::complain(String::from_utf8_lossy(&csv::file(table)?).trim_end());
            }
            for (name, value) in &document.provenance {
                output::complain(&format!("{name}: {value}"));
            }
            Ok(())
        }
        (Format::Json, _) => deliver(out, text::json(&document)?.as_bytes()),
        (Format::Md, _) => deliver(out, text::markdown(&document).as_bytes()),
        // Refused above.
        (Format::Xlsx | Format::Docx, None) => Ok(()),
    }
}

/// Writes a table, and what it reflects beside it.
fn csv_files(path: &Path, table: &Table, document: &Document) -> Result<(), Failure> {
    let bytes = csv::file(table)?;
    write(path, &bytes)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    write(&csv_beside(path, ".basis.csv"), &csv::basis(&name, &bytes, document)?)
}

/// The file beside `path` that is named like it, with another ending for `.csv`.
fn csv_beside(path: &Path, ending: &str) -> PathBuf {
    let is_csv = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    beside(&if is_csv { path.with_extension("") } else { path.to_path_buf() }, ending)
}

fn deliver(out: Option<&Path>, bytes: &[u8]) -> Result<(), Failure> {
    match out {
        Some(path) => write(path, bytes),
        None => {
            output::say(String::from_utf8_lossy(bytes).trim_end());
            Ok(())
        }
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, bytes).map_err(|error| cannot_write(path, &error))
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(FAILED, format!("{}: 无法写入 / cannot be written: {error}", shown(path)))
}
