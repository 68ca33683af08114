//! `duty-ledger rollup` and `duty-ledger trend`: a scope by the tree, and by months.

use clap::Args;

use super::{Common, Failure, Language, dash, footer, no_figure, output, table};
use crate::pb;

/// Which part of the tree.
#[derive(Debug, Args)]
pub(crate) struct RollUpArgs {
    /// How far below the top nodes are shown.
    #[arg(long, default_value_t = 1)]
    depth: i32,
    #[command(flatten)]
    common: Common,
}

pub(crate) async fn run(args: RollUpArgs) -> Result<(), Failure> {
    let mut client = args.common.client().await?;
    let request = pb::RollUpRequest {
        selector: Some(args.common.selector.message()),
        within_organization_id: args.common.within.clone(),
        depth: args.depth,
    };
    let answer = client.roll_up(request).await?.into_inner();
    args.common.output.answer("RollUpResponse", &answer, show)
}

/// Which trend.
#[derive(Debug, Args)]
pub(crate) struct TrendArgs {
    /// Show earlier months by what is known now, not by what was known then.
    #[arg(long)]
    as_known_now: bool,
    #[command(flatten)]
    common: Common,
}

pub(crate) async fn trend(args: TrendArgs) -> Result<(), Failure> {
    let mut client = args.common.client().await?;
    let knowledge =
        if args.as_known_now { pb::TrendKnowledge::Now } else { pb::TrendKnowledge::Then };
    let request = pb::GetTrendRequest {
        selector: Some(args.common.selector.message()),
        within_organization_id: args.common.within.clone(),
        knowledge: knowledge.into(),
    };
    let answer = client.get_trend(request).await?.into_inner();
    args.common.output.answer("GetTrendResponse", &answer, show_trend)
}

/// The columns that a node and a month have in common.
fn columns(language: Language) -> [&'static str; 9] {
    [
        language.pick("计入", "counted"),
        language.pick("未计入", "excluded"),
        language.pick("按封存结果", "as sealed"),
        language.pick("已履行", "fulfilled"),
        language.pick("待核", "to verify"),
        language.pick("逾期未履行", "overdue"),
        language.pick("按期率 %", "on time %"),
        language.pick("自述/有日期/有佐证/已核定 均分", "mean claimed/dated/documented/verified"),
        language.pick("其中已到期", "due so far"),
    ]
}

fn cells(
    (counted, excluded, sealed): (usize, usize, usize),
    statuses: &[pb::StatusCount],
    on_time: &str,
    means: &[pb::RungMean],
) -> Vec<String> {
    use pb::ComplianceStatus as S;
    let of = |wanted: S| {
        let found = statuses.iter().find(|count| count.status() == wanted);
        found.map_or(0, |count| count.count).to_string()
    };
    let joined = |text: fn(&pb::RungMean) -> &str| {
        means.iter().map(|mean| dash(text(mean))).collect::<Vec<_>>().join(" / ")
    };
    vec![
        counted.to_string(),
        excluded.to_string(),
        sealed.to_string(),
        of(S::Fulfilled),
        of(S::NeedsVerification),
        of(S::Overdue),
        dash(on_time),
        joined(|mean| &mean.score),
        joined(|mean| &mean.due_so_far),
    ]
}

fn show(answer: &pb::RollUpResponse, language: Language) {
    footer(answer.basis.as_ref(), language);
    let mut headers = vec![language.pick("单位及所属", "organization and below")];
    headers.extend(columns(language));
    let mut rows = table::new(&headers);
    for node in &answer.nodes {
        let indent = "  ".repeat(usize::try_from(node.depth).unwrap_or(0));
        let mut row = vec![format!("{indent}{} ({})", node.name_zh, node.organization_id)];
        let sealed = node.sealed_organization_ids.len();
        let sizes = (node.counted_organization_ids.len(), node.excluded.len(), sealed);
        row.extend(cells(sizes, &node.statuses, &node.on_time_rate, &node.means));
        rows.add_row(row);
    }
    output::say(&rows.to_string());
    // Whoever is excluded below a top is excluded at the top, and named once.
    for out in answer.nodes.iter().filter(|node| node.depth == 0).flat_map(|node| &node.excluded) {
        output::say(&format!("{}: {}", out.organization_id, no_figure(out.reason, language)));
    }
}

fn show_trend(answer: &pb::GetTrendResponse, language: Language) {
    footer(answer.basis.as_ref(), language);
    let mut headers =
        vec![language.pick("截至", "as of"), language.pick("已知至", "known to position")];
    headers.extend(columns(language));
    let mut rows = table::new(&headers);
    for point in &answer.points {
        if point.known_position == 0 {
            let none = language.pick("当时尚无台账", "no ledger then");
            rows.add_row([point.as_of_date.as_str(), none]);
            continue;
        }
        let mut row = vec![point.as_of_date.clone(), point.known_position.to_string()];
        let number = |of: i32| usize::try_from(of).unwrap_or(0);
        let sizes = (number(point.counted), number(point.excluded), number(point.sealed));
        row.extend(cells(sizes, &point.statuses, &point.on_time_rate, &point.means));
        rows.add_row(row);
    }
    output::say(&rows.to_string());
}
