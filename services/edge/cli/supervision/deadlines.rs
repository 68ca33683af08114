//! `duty-ledger deadlines`: what is still open, and by when.

use clap::Args;

use super::{Common, Failure, Language, PAGE, footer, output, table};
use crate::cli::pages;
use crate::pb;

/// Which deadlines.
#[derive(Debug, Args)]
pub(crate) struct DeadlinesArgs {
    /// AIP-160 filter, such as: bucket = overdue AND duty.category = "core", or: kind =
    /// finding_answer.
    #[arg(long, default_value = "")]
    filter: String,
    /// AIP-132 order, such as: duty.weight desc.
    #[arg(long, default_value = "")]
    order_by: String,
    /// Also what the year before left open.
    #[arg(long)]
    with_year_before: bool,
    #[command(flatten)]
    common: Common,
}

pub(crate) async fn run(args: DeadlinesArgs) -> Result<(), Failure> {
    let mut client = args.common.client().await?;
    let request = pb::ListDeadlinesRequest {
        selector: Some(args.common.selector.message()),
        within_organization_id: args.common.within.clone(),
        with_year_before: args.with_year_before,
        filter: args.filter,
        order_by: args.order_by,
        page_size: PAGE,
        ..Default::default()
    };
    let ask = async |page_token| {
        client.list_deadlines(pb::ListDeadlinesRequest { page_token, ..request.clone() }).await
    };
    let all = pages::all(ask).await?;
    args.common.output.answer("ListDeadlinesResponse", &all, show)
}

fn show(answer: &pb::ListDeadlinesResponse, language: Language) {
    footer(answer.basis.as_ref(), language);
    let counted = answer.counts.iter();
    let counts: Vec<_> =
        counted.map(|of| format!("{} {}", bucket(of.bucket, language), of.count)).collect();
    output::say(&counts.join(" · "));
    let mut rows = table::new(&[
        language.pick("期限", "last day"),
        language.pick("剩余天数", "days left"),
        language.pick("档", "bucket"),
        language.pick("单位", "organization"),
        language.pick("事项", "what"),
        language.pick("责任人", "owner"),
        language.pick("年度/分期", "year/period"),
        language.pick("情况", "status"),
    ]);
    for deadline in &answer.deadlines {
        let last = &deadline.last_date;
        let owed = deadline.obligation.as_ref();
        let (zh, en) = (&deadline.name_zh, &deadline.name_en);
        rows.add_row([
            super::dash(last),
            if last.is_empty() { "—".into() } else { deadline.days_left.to_string() },
            bucket(deadline.bucket, language).to_owned(),
            deadline.organization_id.clone(),
            format!("{} {}", language.pick(zh, en), deadline.document_number).trim_end().to_owned(),
            owner(deadline, language),
            owed.map_or_else(
                || deadline.year.to_string(),
                |owed| format!("{} {}", deadline.year, owed.period),
            ),
            owed.map_or_else(|| "—".to_owned(), |owed| table::status(owed.status, language).into()),
        ]);
    }
    output::say(&rows.to_string());
    let without = [&answer.organizations_without_rules, &answer.organizations_without_rules_before];
    for organization in without.into_iter().flatten() {
        let why = language.pick("没有有效的规则集", "no valid rule set");
        output::say(&format!("{organization}: {why}"));
    }
}

/// Who owes it, in a few words.
fn owner(deadline: &pb::Deadline, language: Language) -> String {
    use pb::DeadlineDebtor as D;
    let persons = deadline.person_ids.join("、");
    match deadline.debtor() {
        D::Person => persons,
        D::Post => format!("{} {persons}", deadline.post_id).trim_end().to_owned(),
        D::Supervisor => language.pick("监督机关", "supervisor").to_owned(),
        D::Vacant => language.pick("职务空缺", "vacant").to_owned(),
        D::Organization | D::Unspecified => "—".to_owned(),
    }
}

fn bucket(number: i32, language: Language) -> &'static str {
    use pb::DeadlineBucket as B;
    let (zh, en) = match B::try_from(number).unwrap_or(B::Unspecified) {
        B::Overdue => ("已逾期", "overdue"),
        B::Today => ("今日", "today"),
        B::Within1 => ("1天内", "1 day"),
        B::Within5 => ("5天内", "5 days"),
        B::Within15 => ("15天内", "15 days"),
        B::Within30 => ("30天内", "30 days"),
        B::Later => ("以后", "later"),
        B::Undated => ("无法确定", "undated"),
        B::Unspecified => ("?", "?"),
    };
    language.pick(zh, en)
}
