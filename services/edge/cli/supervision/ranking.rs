//! `duty-ledger rank`: organizations inside their class.

use clap::{Args, ValueEnum};

use super::{Common, Failure, Language, dash, footer, output, table};
use crate::pb;

/// Which ranking.
#[derive(Debug, Args)]
pub(crate) struct RankArgs {
    /// AIP-160 filter, such as: organization.class = `government_organ`.
    #[arg(long, default_value = "")]
    filter: String,
    /// Rank by the score over what is due so far.
    #[arg(long)]
    due_so_far: bool,
    /// The rung of the evidence ladder; by default the official one of each rule set.
    #[arg(long, value_enum)]
    rung: Option<RungArg>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
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

pub(crate) async fn run(args: RankArgs) -> Result<(), Failure> {
    let mut client = args.common.client().await?;
    let measure =
        if args.due_so_far { pb::RankingMeasure::DueSoFar } else { pb::RankingMeasure::Score };
    let rung = args.rung.map_or(pb::EvidenceRung::Unspecified, |rung| match rung {
        RungArg::Claimed => pb::EvidenceRung::Claimed,
        RungArg::Dated => pb::EvidenceRung::Dated,
        RungArg::Documented => pb::EvidenceRung::Documented,
        RungArg::Verified => pb::EvidenceRung::Verified,
    });
    let request = pb::RankOrganizationsRequest {
        selector: Some(args.common.selector.message()),
        within_organization_id: args.common.within.clone(),
        filter: args.filter,
        measure: measure.into(),
        rung: rung.into(),
    };
    let answer = client.rank_organizations(request).await?.into_inner();
    args.common.output.answer("RankOrganizationsResponse", &answer, show)
}

fn show(answer: &pb::RankOrganizationsResponse, language: Language) {
    footer(answer.basis.as_ref(), language);
    output::say(language.pick(&answer.formula_zh, &answer.formula_en));
    for class in &answer.classes {
        output::say(&heading(class, language));
        let mut rows = table::new(&[
            language.pick("名次", "rank"),
            language.pick("单位", "organization"),
            language.pick("得分", "score"),
            language.pick("等次", "grade"),
            language.pick("上年名次", "year before"),
            language.pick("上年得分", "its score"),
            language.pick("升降", "movement"),
            language.pick("封存于", "sealed at"),
        ]);
        for row in &class.ranked {
            let name = format!("{} ({})", row.name_zh, row.organization_id);
            let mut cells = vec![row.rank.to_string(), name, row.score.clone(), dash(&row.grade)];
            cells.extend(before(row, language));
            cells.push(match row.sealed_position {
                0 => "—".to_owned(),
                at => at.to_string(),
            });
            rows.add_row(cells);
        }
        output::say(&rows.to_string());
        for out in &class.unranked {
            let why = super::no_figure(out.reason, language);
            output::say(&format!("{}: {why}", out.organization_id));
        }
    }
}

fn before(row: &pb::RankedOrganization, language: Language) -> [String; 3] {
    use pb::RankComparison as C;
    let why = match row.comparison() {
        C::Comparable => {
            let movement = format!("{:+}", row.movement);
            return [row.previous_rank.to_string(), row.previous_score.clone(), movement];
        }
        C::NoRuleSet => language.pick("上年无规则集", "no rule set then"),
        C::OtherRules => language.pick("规则已变，不可比", "other rules then"),
        C::NothingScored => language.pick("上年无得分", "no score then"),
        C::Unspecified => "?",
    };
    ["—".to_owned(), "—".to_owned(), why.to_owned()]
}

fn heading(class: &pb::RankedClass, language: Language) -> String {
    let of = class.class.unwrap_or_default();
    let word = |name: &str, prefix: &str| name.trim_start_matches(prefix).to_lowercase();
    let kind = word(of.class().as_str_name(), "ORGANIZATION_CLASS_");
    let level = word(of.level().as_str_name(), "ORGANIZATION_LEVEL_");
    let power = if of.has_enforcement_power {
        language.pick("有执法权", "with enforcement power")
    } else {
        language.pick("无执法权", "without enforcement power")
    };
    let (mean, median) = (dash(&class.mean), dash(&class.median));
    let bands: Vec<_> = class
        .bands
        .iter()
        .filter(|band| band.organizations != 0)
        .map(|band| format!("{}–{}: {}", band.from, band.to, band.organizations))
        .collect();
    let figures = match language {
        Language::Zh => format!("平均 {mean} · 中位数 {median} · 分布 {}", bands.join(", ")),
        Language::En => format!("mean {mean} · median {median} · bands {}", bands.join(", ")),
    };
    let unlike = if class.one_rule_text {
        ""
    } else {
        language.pick(" · 规则文本不一，不可直接比较", " · judged by different rule texts")
    };
    format!("{kind} · {level} · {power} · {figures}{unlike}")
}
