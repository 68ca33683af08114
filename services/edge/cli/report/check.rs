//! `duty-ledger report check`: the figures of a printed annual report against the ledger.
//!
//! Ends with 1 when a figure differs; what is ambiguous or not in the ledger is said, and no fault.

use std::path::PathBuf;

use clap::Args;
use duty::Position;
use reporting::check::{Checked, Compared, Verdict};
use serde_json::{Value, json};

use crate::cli::client::{self, Failure};
use crate::cli::{
    FAILED, Language, Output, OutputArgs, SelectorArgs, ServerArg, entries, output, table,
};
use crate::pb;

/// The report, and the ledger to hold it against.
#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// The text of the report, UTF-8.
    file: PathBuf,
    /// Id of the organization that reports.
    #[arg(long)]
    organization: String,
    #[command(flatten)]
    selector: SelectorArgs,
    #[command(flatten)]
    server: ServerArg,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn run(args: CheckArgs) -> Result<(), Failure> {
    let text = crate::cli::read_text(&args.file)?;
    let channel = client::connect(&args.server.server).await?;
    let on_record = entries::of(&channel, &args.organization, args.selector.message()).await?;
    let year = entries::year(&on_record.basis)?;
    let checked = reporting::check::check(&text, year, &on_record.entries);
    match args.output.output {
        Output::Json => output::say(&json(&checked, &on_record.basis)?),
        Output::Table => {
            if let Some(organization) = &on_record.view.organization {
                let name = args.output.lang.pick(&organization.name_zh, &organization.name_en);
                output::say(&format!("{name} ({})", organization.organization_id));
            }
            show(&checked, &on_record.basis, args.output.lang);
        }
    }
    let count = |verdict| checked.iter().filter(|figure| figure.verdict == verdict).count();
    // What nobody can decide is no report without faults either.
    match (count(Verdict::Differs), count(Verdict::Ambiguous)) {
        (0, 0) => Ok(()),
        (differing, open) => {
            let words = format!(
                "{differing} 个数据与台账不一致，{open} 个无法确定 / {differing} figures differ from the ledger, {open} are ambiguous"
            );
            Err(Failure::new(FAILED, words))
        }
    }
}

/// How many figures have each verdict, in the order of [`Verdict::ALL`].
fn counts(checked: &[Checked]) -> [(Verdict, usize); 4] {
    let count = |verdict| checked.iter().filter(|figure| figure.verdict == verdict).count();
    Verdict::ALL.map(|verdict| (verdict, count(verdict)))
}

fn show(checked: &[Checked], basis: &pb::ViewBasis, language: Language) {
    output::say(&table::basis(basis, language));
    let mut rows = table::new(&[
        language.pick("行:列", "line:column"),
        language.pick("报告", "report"),
        language.pick("结论", "verdict"),
        language.pick("台账", "ledger"),
        language.pick("依据", "tie"),
        language.pick("原文", "phrase"),
    ]);
    for Checked { figure, verdict, tie, compared } in checked {
        let ledger: Vec<_> = compared.iter().map(|found| ledger(found, language)).collect();
        rows.add_row([
            format!("{}:{}", figure.line, figure.column),
            figure.printed.clone(),
            language.pick(verdict.zh(), verdict.as_str()).to_owned(),
            if ledger.is_empty() { "—".to_owned() } else { ledger.join("\n") },
            tie.as_str().to_owned(),
            figure.phrase.clone(),
        ]);
    }
    output::say(&rows.to_string());
    let words = counts(checked).map(|(verdict, count)| {
        format!("{} {count}", language.pick(verdict.zh(), verdict.as_str()))
    });
    let total = checked.len();
    let heading = language.pick("共核对数据", "figures checked");
    output::say(&format!("{heading} {total}: {}", words.join(" · ")));
}

/// What a figure was compared with: `#54 场次 2次`.
fn ledger(compared: &Compared, language: Language) -> String {
    let what = language.pick(&compared.zh, &compared.field);
    let positions = table::positions(&numbers(&compared.positions));
    let flags: String = compared.flags.iter().map(|flag| format!(" ⚠ {flag}")).collect();
    format!("#{positions} {what} {}{flags}", compared.value)
}

fn numbers(positions: &[Position]) -> Vec<u64> {
    positions.iter().map(|position| position.get()).collect()
}

fn json(checked: &[Checked], basis: &pb::ViewBasis) -> Result<String, Failure> {
    let figures: Vec<Value> = checked.iter().map(figure_json).collect();
    let summary: serde_json::Map<String, Value> = counts(checked)
        .into_iter()
        .map(|(verdict, count)| (verdict.as_str().to_owned(), count.into()))
        .collect();
    let whole = json!({
        "basis": entries::basis_json(basis)?,
        "figures": figures,
        "summary": summary,
    });
    Ok(format!("{whole:#}"))
}

fn figure_json(checked: &Checked) -> Value {
    let Checked { figure, verdict, tie, compared } = checked;
    let compared: Vec<Value> = compared
        .iter()
        .map(|found| {
            json!({
                "entries": numbers(&found.positions),
                "field": found.field,
                "name_zh": found.zh,
                "value": found.value,
                "flags": found.flags,
            })
        })
        .collect();
    json!({
        "line": figure.line,
        "column": figure.column,
        "printed": figure.printed,
        "phrase": figure.phrase,
        "verdict": verdict.as_str(),
        "tie": tie.as_str(),
        "compared": compared,
    })
}
