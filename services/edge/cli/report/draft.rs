//! `duty-ledger report draft`: the annual report as far as the ledger can write it.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use duty::Position;
use duty::ruleset::Rung;
use reporting::draft::markdown::{self, Provenance};
use reporting::draft::{Draft, Order, Run};
use serde_json::{Value, json};

use super::{docx, supervised};
use crate::cli::client::{self, Failure};
use crate::cli::{FAILED, SelectorArgs, ServerArg, USAGE, entries, output, shown};
use crate::pb;

/// What to draft, and how.
#[derive(Debug, Args)]
pub(super) struct DraftArgs {
    /// Id of the organization that reports.
    #[arg(long)]
    organization: String,
    /// Only entries on this rung of the evidence ladder or above fill the draft: verified ones have
    /// been accepted by a supervisor.
    #[arg(long, value_enum, default_value_t = RungArg::Verified)]
    rung: RungArg,
    /// Format of the draft.
    #[arg(long, value_enum, default_value_t = Format::Md)]
    format: Format,
    /// File to write; standard output without it.
    #[arg(long)]
    out: Option<PathBuf>,
    #[command(flatten)]
    selector: SelectorArgs,
    #[command(flatten)]
    server: ServerArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RungArg {
    /// 自述.
    Claimed,
    /// 有日期.
    Dated,
    /// 有佐证.
    Documented,
    /// 已核定.
    Verified,
}

impl RungArg {
    const fn rung(self) -> Rung {
        match self {
            Self::Claimed => Rung::Claimed,
            Self::Dated => Rung::Dated,
            Self::Documented => Rung::Documented,
            Self::Verified => Rung::Verified,
        }
    }

    const fn zh(self) -> &'static str {
        match self {
            Self::Claimed => "自述",
            Self::Dated => "有日期",
            Self::Documented => "有佐证",
            Self::Verified => "已核定",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Markdown.
    Md,
    /// A Word document; needs `--out`.
    Docx,
    /// JSON.
    Json,
}

pub(super) async fn run(args: DraftArgs) -> Result<(), Failure> {
    if args.format == Format::Docx && args.out.is_none() {
        let words = "DOCX 须用 --out 指定文件 / a DOCX needs --out, a file to write";
        return Err(Failure::new(USAGE, words));
    }
    let channel = client::connect(&args.server.server).await?;
    let on_record = entries::of(&channel, &args.organization, args.selector.message()).await?;
    let basis = &on_record.basis;
    let as_of = basis.as_of_date.parse().map_err(|error| {
        Failure::new(FAILED, format!("截止日期无法理解 / as_of_date makes no sense: {error}"))
    })?;
    let name_zh = on_record.view.organization.as_ref().map_or("", |found| &found.name_zh);
    let order = Order {
        name_zh,
        year: entries::year(basis)?,
        rung: args.rung.rung(),
        as_of,
        known: Position::new(basis.known_position),
    };
    let organization = &args.organization;
    let supervised = supervised::of(&channel, organization, order.year, basis).await?;
    let draft = reporting::draft::draft(&order, &on_record.entries, &supervised);
    let provenance = provenance(basis, args.rung);
    let bytes = match args.format {
        Format::Md => markdown::render(&draft, &provenance).into_bytes(),
        Format::Docx => docx::document(&draft, &provenance)?,
        Format::Json => json(&draft, args.rung, basis)?.into_bytes(),
    };
    deliver(args.out.as_deref(), &bytes)
}

/// Writes a document to a file, or says it.
fn deliver(out: Option<&Path>, bytes: &[u8]) -> Result<(), Failure> {
    let Some(path) = out else {
        output::say(String::from_utf8_lossy(bytes).trim_end());
        return Ok(());
    };
    std::fs::write(path, bytes).map_err(|error| {
        let file = shown(path);
        Failure::new(FAILED, format!("{file}: 无法写入 / cannot be written: {error}"))
    })
}

/// What the draft rests on.
fn provenance(basis: &pb::ViewBasis, rung: RungArg) -> Provenance {
    let pb::ViewBasis { year, as_of_date, known_position, tree_size, root_hash, .. } = basis;
    let mut lines = vec![
        format!("口径：{}（{}）及以上的台账条目", rung.zh(), rung.rung().as_str()),
        format!("考核年度：{year}；截至：{as_of_date}；已知至第 {known_position} 条"),
    ];
    for rules in &basis.rule_sets {
        lines.push(format!("规则集：{}（sha256 {}）", rules.rule_set_id, rules.digest));
    }
    lines.push(format!("台账树：{tree_size} 条，根 {root_hash}"));
    Provenance { lines }
}

fn json(draft: &Draft, rung: RungArg, basis: &pb::ViewBasis) -> Result<String, Failure> {
    let run = |run: &Run| match run {
        Run::Text(words) => json!({ "text": words }),
        Run::Filled(words, note) => json!({ "text": words, "note": note }),
        Run::Missing(slot) => json!({ "missing": slot }),
    };
    let sections: Vec<Value> = draft
        .sections
        .iter()
        .map(|section| {
            let paragraphs: Vec<Vec<Value>> = section
                .paragraphs
                .iter()
                .map(|paragraph| paragraph.iter().map(run).collect())
                .collect();
            json!({ "heading": section.heading, "paragraphs": paragraphs })
        })
        .collect();
    let notes: Vec<Value> = draft
        .notes
        .iter()
        .enumerate()
        .map(|(index, note)| {
            let entries: Vec<u64> = note.positions.iter().map(|position| position.get()).collect();
            json!({
                "note": index + 1,
                "what": note.what,
                "printed": note.printed,
                "entries": entries,
                "source_numbers": note.numbers,
            })
        })
        .collect();
    let whole = json!({
        "basis": entries::basis_json(basis)?,
        "rung": rung.rung().as_str(),
        "title": draft.title,
        "sections": sections,
        "notes": notes,
    });
    Ok(format!("{whole:#}"))
}
