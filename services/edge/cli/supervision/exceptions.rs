//! `duty-ledger exceptions`: what in a year's entries deserves a look.

use clap::Args;

use super::{Common, Failure, Language, PAGE, footer, output, table};
use crate::cli::pages;
use crate::pb;

/// Whose exceptions.
#[derive(Debug, Args)]
pub(crate) struct ExceptionsArgs {
    #[command(flatten)]
    common: Common,
}

pub(crate) async fn run(args: ExceptionsArgs) -> Result<(), Failure> {
    let mut client = args.common.client().await?;
    let request = pb::ListExceptionsRequest {
        selector: Some(args.common.selector.message()),
        within_organization_id: args.common.within.clone(),
        page_size: PAGE,
        ..Default::default()
    };
    let ask = async |page_token| {
        client.list_exceptions(pb::ListExceptionsRequest { page_token, ..request.clone() }).await
    };
    let all = pages::all(ask).await?;
    args.common.output.answer("ListExceptionsResponse", &all, show)
}

fn show(answer: &pb::ListExceptionsResponse, language: Language) {
    footer(answer.basis.as_ref(), language);
    for rule in &answer.rules {
        let text = language.pick(&rule.rule_zh, &rule.rule_en);
        output::say(&format!("{} {}: {text}", kind(rule.kind, language), rule.count));
    }
    let mut rows = table::new(&[
        language.pick("类别", "kind"),
        language.pick("单位", "organizations"),
        language.pick("台账序号", "entries"),
        language.pick("对象", "subject"),
        language.pick("说明", "what"),
    ]);
    for exception in &answer.exceptions {
        rows.add_row([
            kind(exception.kind, language).to_owned(),
            table::few(&exception.organization_ids),
            table::few_positions(&exception.entry_positions),
            exception.subject.clone(),
            language.pick(&exception.text_zh, &exception.text_en).to_owned(),
        ]);
    }
    output::say(&rows.to_string());
    if !answer.undecided_positions.is_empty() {
        let which = table::positions(&answer.undecided_positions);
        let why = language.pick("缺工作日历，无法判断是否补录", "no calendar tells whether late");
        output::say(&format!("{which}: {why}"));
    }
    for organization in &answer.organizations_without_rules {
        let why = language.pick("没有有效的规则集，未检查", "no valid rule set, not looked at");
        output::say(&format!("{organization}: {why}"));
    }
}

fn kind(number: i32, language: Language) -> &'static str {
    use pb::ExceptionKind as K;
    let (zh, en) = match K::try_from(number).unwrap_or(K::Unspecified) {
        K::LateEntry => ("补录", "late entry"),
        K::CorrectedAfterDeadline => ("期限后更正", "corrected late"),
        K::EvidenceReused => ("佐证重复", "evidence reused"),
        K::BatchOnLastDay => ("集中录入", "batch on last day"),
        K::RateWithoutBase => ("比率无基数", "rate without base"),
        K::StatedDiffers => ("计算不符", "stated differs"),
        K::EvidenceAfterPeriod => ("佐证过晚", "evidence after"),
        K::RoundFigure => ("数字过整", "round figure"),
        K::Unspecified => ("?", "?"),
    };
    language.pick(zh, en)
}
