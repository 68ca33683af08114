//! `duty-ledger rules check`: checks a rule set offline, as publication would.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{BAD_DATA, FAILED, Language, Output, OutputArgs, output, shown};
use crate::grpc::rules::checked;
use crate::pb;

/// Works with rule sets.
#[derive(Debug, Args)]
pub(super) struct RulesArgs {
    #[command(subcommand)]
    command: RulesCommand,
}

#[derive(Debug, Subcommand)]
enum RulesCommand {
    /// Checks a rule set as publication would, naming the line of every fault.
    Check(CheckArgs),
}

#[derive(Debug, Args)]
struct CheckArgs {
    /// The TOML file.
    file: PathBuf,
    /// A file of the rule set it extends; once for each, nearest first.
    #[arg(long)]
    parent: Vec<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(args: &RulesArgs) -> ExitCode {
    let RulesCommand::Check(args) = &args.command;
    let read = |file: &PathBuf| {
        std::fs::read_to_string(file).map_err(|error| {
            let file = shown(file);
            output::complain(&format!("无法读取 {file} / cannot read {file}: {error}"));
        })
    };
    let parents: Result<Vec<String>, ()> = args.parent.iter().map(read).collect();
    let (Ok(toml), Ok(parent_tomls)) = (read(&args.file), parents) else {
        return ExitCode::from(FAILED);
    };
    let answer = checked(&pb::RuleSetSource { toml, parent_tomls });
    match args.output.output {
        Output::Json => match output::to_json("CheckRuleSetResponse", &answer) {
            Ok(text) => output::say(&text),
            Err(error) => {
                output::complain(&crate::chain(&error));
                return ExitCode::from(FAILED);
            }
        },
        Output::Table => show(&shown(&args.file), &answer, args.output.lang),
    }
    if answer.valid { ExitCode::SUCCESS } else { ExitCode::from(BAD_DATA) }
}

fn show(file: &str, answer: &pb::CheckRuleSetResponse, language: Language) {
    let line = |kind: &str, found: &pb::RuleSetFinding| {
        let finding = found.finding.clone().unwrap_or_default();
        format!(
            "{file}:{}:{}: {kind} {} {}",
            found.line,
            found.column,
            finding.reason,
            language.pick(&finding.text_zh, &finding.text_en)
        )
    };
    for error in &answer.errors {
        output::say(&line(language.pick("错误", "error"), error));
    }
    for advice in &answer.advice {
        output::say(&line(language.pick("提示", "advice"), advice));
    }
    let verdict = if answer.valid {
        language.pick("可以发布", "can be published")
    } else {
        language.pick("不能发布", "cannot be published")
    };
    output::say(&format!("{file}: {verdict} · sha256 {}", answer.digest));
}
