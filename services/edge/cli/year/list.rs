//! `duty-ledger year list`: how far the year of every organization is, and what waits.

use clap::{Args, ValueEnum};

use super::show;
use crate::cli::client::{self, Failure};
use crate::cli::{Language, OutputArgs, SelectorArgs, ServerArg, output, pages, table};
use crate::pb;
use crate::pb::evaluation_service_client::EvaluationServiceClient;

/// Rows asked for at a time: the most there may be.
const PAGE: i32 = 10_000;

/// Which years.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Only this organization and those below it; by default all.
    #[arg(long, default_value = "")]
    within: String,
    /// Only years that are so far; by default all.
    #[arg(long, value_enum)]
    stage: Option<Stage>,
    /// Only years in which a decision on an appeal or a further review is waited for.
    #[arg(long)]
    waiting: bool,
    #[command(flatten)]
    selector: SelectorArgs,
    #[command(flatten)]
    server: ServerArg,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Stage {
    /// 未公示: nothing is published, or it was reopened.
    Open,
    /// 已公示.
    Published,
    /// 已封存.
    Sealed,
}

pub(super) async fn run(args: ListArgs) -> Result<(), Failure> {
    let channel = client::connect(&args.server.server).await?;
    let mut client = EvaluationServiceClient::new(channel).max_decoding_message_size(usize::MAX);
    let stage = match args.stage {
        None => pb::YearStage::Unspecified,
        Some(Stage::Open) => pb::YearStage::Open,
        Some(Stage::Published) => pb::YearStage::Published,
        Some(Stage::Sealed) => pb::YearStage::Sealed,
    };
    let request = pb::ListYearsRequest {
        selector: Some(args.selector.message()),
        within_organization_id: args.within,
        stage: stage.into(),
        waiting: args.waiting,
        page_size: PAGE,
        ..Default::default()
    };
    let ask = async |page_token| {
        client.list_years(pb::ListYearsRequest { page_token, ..request.clone() }).await
    };
    let all = pages::all(ask).await?;
    args.output.answer("ListYearsResponse", &all, years)
}

fn years(answer: &pb::ListYearsResponse, language: Language) {
    if let Some(basis) = &answer.basis {
        output::say(&table::basis(basis, language));
    }
    let counts = language.pick("未公示/已公示/已封存", "open/published/sealed");
    let pb::ListYearsResponse { open, published, sealed, .. } = answer;
    output::say(&format!("{counts} {open}/{published}/{sealed}"));
    let mut rows = table::new(&[
        language.pick("单位", "organization"),
        language.pick("进度", "stage"),
        language.pick("公示期至", "notice until"),
        language.pick("申诉（未决）", "appeals (undecided)"),
        language.pick("决定期限", "decision due"),
        language.pick("封存于", "sealed at"),
    ]);
    let dash = |text: &str| if text.is_empty() { "—".to_owned() } else { text.to_owned() };
    for year in &answer.years {
        let standing = year.standing.clone().unwrap_or_default();
        let undecided = |appeal: &&pb::AppealStanding| {
            let review = &appeal.further_review;
            appeal.decided_position == 0
                || review.as_ref().is_some_and(|of| of.decided_position == 0)
        };
        let waiting = standing.appeals.iter().filter(undecided).count();
        let late = if year.overdue { language.pick(" 逾期", " overdue") } else { "" };
        let sealed = match standing.sealed_position {
            0 => "—".to_owned(),
            at => at.to_string(),
        };
        rows.add_row([
            year.organization_id.clone(),
            show::stage(standing.stage(), language).to_owned(),
            dash(&standing.notice_end_date),
            format!("{} ({waiting})", standing.appeals.len()),
            format!("{}{late}", dash(&year.waits_until_date)),
            sealed,
        ]);
    }
    output::say(&rows.to_string());
}
