//! `duty-ledger rules check`: checks a rule set as publication would, offline or on a ledger, where
//! it tells the difference the rule set would make.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::client::{self, Failure};
use super::{BAD_DATA, FAILED, Language, Output, OutputArgs, block_on, output, pages, shown};
use crate::grpc::rules::checked;
use crate::pb;
use crate::pb::registry_service_client::RegistryServiceClient;

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
    /// A service to try it on, such as http://127.0.0.1:50051: shows the difference it would make,
    /// and finds there what it extends.
    #[arg(long, requires = "year")]
    against: Option<String>,
    /// The year to try it on.
    #[arg(long, requires = "against")]
    year: Option<i32>,
    /// The day whose deadlines count, YYYY-MM-DD; by default the day now running.
    #[arg(long, requires = "against")]
    as_of: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(args: &RulesArgs) -> ExitCode {
    let RulesCommand::Check(args) = &args.command;
    let read = || {
        let parents = args.parent.iter().map(|file| super::read_text(file));
        Ok((super::read_text(&args.file)?, parents.collect::<Result<Vec<_>, _>>()?))
    };
    let (toml, parent_tomls) = match read() {
        Ok(texts) => texts,
        Err(failure) => return super::ended(Err(failure)),
    };
    let answer = match (&args.against, args.year) {
        (Some(server), Some(year)) => {
            let selector = pb::TrialSelector {
                year,
                as_of_date: args.as_of.clone().unwrap_or_default(),
                known_position: 0,
            };
            let source = pb::RuleSetSource { toml, parent_tomls };
            match block_on(tried(server, source, selector)).flatten() {
                Ok(answer) => answer,
                Err(failure) => {
                    output::complain(&failure.text);
                    return ExitCode::from(failure.code);
                }
            }
        }
        _ => checked(&pb::RuleSetSource { toml, parent_tomls }),
    };
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

/// The whole difference, page by page.
async fn tried(
    server: &str,
    source: pb::RuleSetSource,
    selector: pb::TrialSelector,
) -> Result<pb::CheckRuleSetResponse, Failure> {
    let channel = client::connect(server).await?;
    let mut client = RegistryServiceClient::new(channel).max_decoding_message_size(usize::MAX);
    let request = pb::CheckRuleSetRequest {
        toml: source.toml,
        parent_tomls: source.parent_tomls,
        selector: Some(selector),
        ..Default::default()
    };
    pages::all(async |page_token| {
        client.check_rule_set(pb::CheckRuleSetRequest { page_token, ..request.clone() }).await
    })
    .await
}

/// What would differ, organization by organization.
fn show_trial(trial: &pb::RuleSetTrial, language: Language) {
    let (differ, total) = (trial.differences.len(), trial.total_size);
    let (year, day, known) = (trial.year, &trial.as_of_date, trial.known_position);
    output::say(language.pick(
        &format!(
            "{year} 年度，截至 {day}，已知至第 {known} 条：{total} 个单位中 {differ} 个有变化"
        ),
        &format!("{year} as of {day}, known to {known}: {differ} of {total} organizations differ"),
    ));
    let shown = |text: &str| if text.is_empty() { "—".to_owned() } else { text.to_owned() };
    let step = |before: &str, after: &str| format!("{} → {}", shown(before), shown(after));
    for difference in &trial.differences {
        let scores = difference.scores.iter().map(|score| {
            format!("{} {}", score.rung, step(&score.score_before, &score.score_after))
        });
        let scores = scores.collect::<Vec<_>>().join(", ");
        output::say(&format!("■ {}: {scores}", difference.organization_id));
        for duty in &difference.duties {
            let status = step(&duty.status_before, &duty.status_after);
            let weight = step(&duty.weight_before, &duty.weight_after);
            output::say(&format!("  {}: {status}, {weight}", duty.duty_id));
        }
    }
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
    if let Some(trial) = &answer.trial {
        show_trial(trial, language);
    }
}
