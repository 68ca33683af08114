//! `duty-ledger sheet`: the score sheet of an organization.

use clap::Args;

use super::client::{self, Failure};
use super::{Language, OutputArgs, SelectorArgs, ServerArg, output, table};
use crate::pb;
use crate::pb::evaluation_service_client::EvaluationServiceClient;

/// What to show.
#[derive(Debug, Args)]
pub(super) struct SheetArgs {
    /// Id of the organization.
    organization: String,
    #[command(flatten)]
    selector: SelectorArgs,
    #[command(flatten)]
    server: ServerArg,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn run(args: SheetArgs) -> Result<(), Failure> {
    let channel = client::connect(&args.server.server).await?;
    let mut client = EvaluationServiceClient::new(channel).max_decoding_message_size(usize::MAX);
    let selector = Some(args.selector.message());
    let request = pb::GetScoreSheetRequest { organization_id: args.organization, selector };
    let sheet = client.get_score_sheet(request).await?.into_inner();
    args.output.answer("GetScoreSheetResponse", &sheet, show)
}

fn show(sheet: &pb::GetScoreSheetResponse, language: Language) {
    if let Some(basis) = &sheet.basis {
        output::say(&table::basis(basis, language));
    }
    let mut lines = table::new(&[
        language.pick("责任事项", "duty"),
        language.pick("权重", "weight"),
        language.pick("自述", "claimed"),
        language.pick("有日期", "dated"),
        language.pick("有佐证", "documented"),
        language.pick("已核定", "verified"),
        language.pick("认定", "status"),
    ]);
    for line in &sheet.lines {
        let name = language.pick(&line.name_zh, &line.duty_id).to_owned();
        let weight = if line.scored { line.weight.clone() } else { format!("({})", line.weight) };
        let mut cells = vec![name, weight];
        let credit = |rung: &pb::RungStanding| {
            if line.scored { rung.credit.clone() } else { "–".to_owned() }
        };
        cells.extend(line.rungs.iter().map(credit));
        cells.push(table::status(line.status, language).to_owned());
        lines.add_row(cells);
    }
    output::say(&lines.to_string());
    output::say(&table::scores(&sheet.scores, language).to_string());
    output::say(&columns(sheet, language));
    let at = sheet.adjustment_positions.iter().copied().chain(std::iter::repeat(0));
    for (made, at) in sheet.adjustments.iter().zip(at) {
        let kind = match made.kind() {
            pb::AdjustmentKind::Bonus => language.pick("加分", "bonus"),
            pb::AdjustmentKind::Penalty => language.pick("扣分", "penalty"),
            pb::AdjustmentKind::Veto => language.pick("一票否决", "veto"),
            pb::AdjustmentKind::Unspecified => "—",
        };
        // A sheet sealed by an older version does not say where its adjustments stand.
        let at = if at == 0 { String::new() } else { format!(" #{at}") };
        let (points, document) = (&made.points, &made.document_number);
        output::say(&format!("{kind}{at} {points} {document} {}", made.reason));
    }
    if let Some(veto) = &sheet.veto {
        let said = language.pick("一票否决：等次至多为", "vetoed: the grade is at most");
        let by_score = language.pick("按得分为", "by the score alone");
        let (left, reached) = (&veto.best_grade_left, &veto.grade_by_score);
        output::say(&format!("{said} {left} · {by_score} {reached}"));
    }
    if sheet.is_sealed {
        output::say(language.pick("已封存，不再变动", "sealed: it does not change"));
    }
    for behind in &sheet.differences {
        let what = match &*behind.duty_id {
            "" => language.pick("最终得分", "final score"),
            duty => duty,
        };
        let said = language.pick("封存后的记录将使", "entries behind the seal would change");
        output::say(&format!("{said} {what}: {} → {}", behind.credit_sealed, behind.credit_now));
    }
    let grade = if sheet.grade.is_empty() { "—" } else { &sheet.grade };
    output::say(&format!(
        "{} {grade} · {} {} · sha256 {}",
        language.pick("等次", "grade"),
        language.pick("适用权重合计", "applicable weight"),
        sheet.applicable_weight,
        sheet.digest
    ));
}

/// The columns 自评、系统核算、核定, and the final score.
fn columns(sheet: &pb::GetScoreSheetResponse, language: Language) -> String {
    let column = |zh, en, score: &str| {
        let score = if score.is_empty() { "—" } else { score };
        format!("{} {score}", language.pick(zh, en))
    };
    [
        column("自评", "own", &sheet.own_score),
        column("系统核算", "computed", &sheet.computed_score),
        column("核定", "verified", &sheet.verified_score),
        column("最终得分", "final", &sheet.final_score),
    ]
    .join(" · ")
}
