//! `duty-ledger coverage`: 述法 coverage (应述尽述).

use clap::Args;

use super::{Common, Failure, Language, PAGE, dash, footer, output, table};
use crate::cli::{compliance, pages};
use crate::pb;

/// Whose coverage.
#[derive(Debug, Args)]
pub(crate) struct CoverageArgs {
    #[command(flatten)]
    common: Common,
}

pub(crate) async fn run(args: CoverageArgs) -> Result<(), Failure> {
    let mut client = args.common.client().await?;
    let request = pb::GetDebriefCoverageRequest {
        selector: Some(args.common.selector.message()),
        within_organization_id: args.common.within.clone(),
        page_size: PAGE,
        ..Default::default()
    };
    let ask = async |page_token| {
        client
            .get_debrief_coverage(pb::GetDebriefCoverageRequest { page_token, ..request.clone() })
            .await
    };
    let all = pages::all(ask).await?;
    args.common.output.answer("GetDebriefCoverageResponse", &all, show)
}

fn show(answer: &pb::GetDebriefCoverageResponse, language: Language) {
    footer(answer.basis.as_ref(), language);
    compliance::sealed(&answer.sealed, language);
    output::say(&tallies(answer, language).to_string());
    let mut rows = table::new(&[
        language.pick("单位", "organization"),
        language.pick("人员", "person"),
        language.pick("职务", "posts"),
        language.pick("情况", "standing"),
        language.pick("期限", "last day"),
        language.pick("形式", "form"),
        language.pick("依据（台账序号）", "entries"),
        language.pick("说明", "reason"),
    ]);
    for row in &answer.rows {
        let forms: Vec<_> = row.debriefs.iter().map(|of| form(of.form, language)).collect();
        let entries: Vec<_> = row.debriefs.iter().map(|debrief| debrief.position).collect();
        let short = if row.short_tenure {
            language.pick("（任职不足半年）", " (short)")
        } else {
            ""
        };
        rows.add_row([
            row.organization_id.clone(),
            format!("{}{short}", row.person_id),
            row.post_ids.join(" "),
            standing(row.standing, language).to_owned(),
            row.last_date.clone(),
            dash(&forms.join(" ")),
            dash(&table::positions(&entries)),
            dash(language.pick(&row.reason_zh, &row.reason_en)),
        ]);
    }
    output::say(&rows.to_string());
    for excluded in &answer.excluded {
        let pb::CoverageExcluded { organization_id, person_id, text_zh, text_en, .. } = excluded;
        let posts = excluded.post_ids.join(" ");
        let who = [organization_id.as_str(), person_id.as_str(), posts.as_str()].join(" ");
        let why = language.pick(text_zh, text_en);
        output::say(&format!("{} {}: {why}", language.pick("未计入", "not counted"), who.trim()));
    }
    for change in &answer.leader_changes {
        let what = if change.took_office {
            language.pick("任职", "took office")
        } else {
            language.pick("离任", "left")
        };
        output::say(&format!("{} {} {} {what}", change.date, change.post_id, change.person_id));
    }
}

fn tallies(answer: &pb::GetDebriefCoverageResponse, language: Language) -> comfy_table::Table {
    let mut tallies = table::new(&[
        language.pick("口径", "by"),
        language.pick("应述", "in scope"),
        language.pick("已述", "done"),
        language.pick("逾期补述", "late"),
        language.pick("待核", "to verify"),
        language.pick("未到期", "pending"),
        language.pick("未述", "missing"),
        language.pick("述法率 %", "rate %"),
    ]);
    for (name, tally) in [
        (language.pick("人", "person"), answer.persons.as_ref()),
        (language.pick("职务", "post"), answer.posts.as_ref()),
    ] {
        let Some(tally) = tally else { continue };
        let numbers = [tally.in_scope, tally.done, tally.done_late, tally.to_verify];
        let mut cells = vec![name.to_owned()];
        cells.extend(numbers.iter().map(ToString::to_string));
        cells.extend([tally.pending.to_string(), tally.missing.to_string(), dash(&tally.rate)]);
        tallies.add_row(cells);
    }
    tallies
}

fn standing(number: i32, language: Language) -> &'static str {
    use pb::CoverageStanding as S;
    let (zh, en) = match S::try_from(number).unwrap_or(S::Unspecified) {
        S::Done => ("已述", "done"),
        S::DoneLate => ("逾期补述", "late"),
        S::ToVerify => ("待核", "to verify"),
        S::Pending => ("未到期", "pending"),
        S::Missing => ("未述", "missing"),
        S::Unspecified => ("?", "?"),
    };
    language.pick(zh, en)
}

fn form(number: i32, language: Language) -> &'static str {
    use pb::DebriefForm as F;
    let (zh, en) = match F::try_from(number).unwrap_or(F::Unspecified) {
        F::Written => ("书面", "written"),
        F::Meeting => ("会议", "meeting"),
        F::OnSite => ("现场", "on site"),
        F::Special => ("专题", "special"),
        F::Media => ("媒体", "media"),
        F::Unspecified => ("未注明", "not said"),
    };
    language.pick(zh, en)
}
