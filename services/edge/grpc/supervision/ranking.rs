//! `RankOrganizations`, outward. Nothing is ranked here.

use duty::Position;
use duty::ruleset::Rung;
use jiff::ToSpan;
use projection::filter::Filter;
use projection::supervision::ranking::{
    self, Before, By, FIELDS, Group, Incomparable, Measure, Ranked,
};
use tonic::Status;

use super::{Common, aside, count, points, without};
use crate::grpc::compliance::filter_invalid;
use crate::grpc::convert::{registry, scalar, view as convert};
use crate::grpc::{Api, refuse_if_any};
use crate::pb;

pub(super) async fn answer(
    api: &Api,
    request: pb::RankOrganizationsRequest,
) -> Result<pb::RankOrganizationsResponse, Status> {
    let filter =
        Filter::parse(&request.filter, FIELDS).map_err(|error| filter_invalid("filter", error))?;
    let by = by(request.measure, request.rung)?;
    let common = Common::whole(request.selector, request.within_organization_id);
    let asked = api.asked("RankOrganizations", common, &[]).await?;
    let question = asked.question;
    let compute = async || {
        let (snapshot, within) = (asked.snapshot.clone(), asked.within.clone());
        let rank = move || ranking::ranking(&snapshot, within.as_ref(), &filter, by, question);
        aside(rank).await
    };
    let rest = [request.filter.as_str(), &format!("{by:?}")];
    let groups = api.kept("RankOrganizations", &asked, &rest, compute).await?;
    let (formula_zh, formula_en) = formula(by);
    Ok(pb::RankOrganizationsResponse {
        basis: api.reflects(&asked).await?,
        formula_zh,
        formula_en,
        classes: groups.iter().map(group).collect(),
        previous_as_of_date: question.as_of.saturating_sub(1.year()).to_string(),
    })
}

fn by(measure: i32, rung: i32) -> Result<By, Status> {
    let mut problems = duty::Problems::new();
    let measure = match pb::RankingMeasure::try_from(measure) {
        Ok(pb::RankingMeasure::DueSoFar) => Measure::DueSoFar,
        Ok(pb::RankingMeasure::Score | pb::RankingMeasure::Unspecified) => Measure::Score,
        Err(_) => {
            scalar::enum_unknown("measure", measure, &mut problems);
            Measure::Score
        }
    };
    let rung = match pb::EvidenceRung::try_from(rung) {
        Ok(pb::EvidenceRung::Unspecified) => None,
        Ok(pb::EvidenceRung::Claimed) => Some(Rung::Claimed),
        Ok(pb::EvidenceRung::Dated) => Some(Rung::Dated),
        Ok(pb::EvidenceRung::Documented) => Some(Rung::Documented),
        Ok(pb::EvidenceRung::Verified) => Some(Rung::Verified),
        Err(_) => {
            scalar::enum_unknown("rung", rung, &mut problems);
            None
        }
    };
    refuse_if_any(problems)?;
    Ok(By { measure, rung })
}

/// How everything in the answer is computed.
fn formula(by: By) -> (String, String) {
    let (what_zh, what_en) = match by.measure {
        Measure::Score => ("适用且未免除的事项", "what applies and is not exempted"),
        Measure::DueSoFar => {
            ("其中已到期的部分", "the part of what applies that has reached its deadline")
        }
    };
    let (rung_zh, rung_en) = match by.rung {
        None => ("各规则集的认定档", "the official rung of each rule set"),
        Some(rung) => (rung.as_str(), rung.as_str()),
    };
    let (added_zh, added_en) = match by {
        By { measure: Measure::Score, rung: None } => {
            ("，再加加分、减扣分，不低于 0", ", with bonus and penalty then, at least 0")
        }
        _ => ("，不含加分、扣分", ", without bonus and penalty"),
    };
    let zh = format!(
        "得分 = 100 × Σ(权重 × 计分) ÷ Σ权重，范围为{what_zh}，证据档为{rung_zh}，最后四舍五入保留两位{added_zh}；\
         已封存的年度自封存所截之日起以封存结果为准；\
         名次 = 1 + 同类中得分更高的单位数，得分相同名次相同（1、2、2、4）；\
         升降 = 上年名次 − 本年名次，只在两年规则文本一致且都有得分的单位之间计算，上年取同月同日、以现在所知为准"
    );
    let en = format!(
        "score = 100 × Σ(weight × credit) ÷ Σ weight over {what_en}, on {rung_en}, rounded half-up \
         to two places at the end{added_en}; a sealed year counts as it was sealed, from the \
         day on that was sealed; rank = 1 + how many of the class have more, equal scores share a \
         rank (1, 2, 2, 4); movement = rank a year before − rank now, among those only who were \
         judged by the same rule text in both years and had a score, the year before on the same \
         day and by what is known now"
    );
    (zh, en)
}

fn group(group: &Group) -> pb::RankedClass {
    let bands = (0..).step_by(10).zip(group.bands);
    pb::RankedClass {
        class: Some(pb::RankingClass {
            class: registry::class_message(group.peers.class).into(),
            level: registry::level_message(group.peers.level).into(),
            has_enforcement_power: group.peers.has_enforcement_power,
        }),
        ranked: group.ranked.iter().map(ranked).collect(),
        unranked: group.unranked.iter().map(without).collect(),
        mean: points(group.mean),
        median: points(group.median),
        bands: bands
            .map(|(from, of)| pb::ScoreBand { from, to: from + 10, organizations: count(of) })
            .collect(),
        one_rule_text: group.one_rule_text,
    }
}

fn ranked(row: &Ranked) -> pb::RankedOrganization {
    use pb::RankComparison as C;
    let (comparison, previous_rank, previous_score, movement, then) = match row.before {
        Before::Comparable { rank, score, movement, sealed } => {
            (C::Comparable, count(rank), points(Some(score)), movement, sealed)
        }
        Before::Incomparable(why) => {
            let why = match why {
                Incomparable::NoRuleSet => C::NoRuleSet,
                Incomparable::OtherRules => C::OtherRules,
                Incomparable::NothingScored => C::NothingScored,
            };
            (why, 0, String::new(), 0, None)
        }
    };
    pb::RankedOrganization {
        rank: count(row.rank),
        organization_id: row.organization.to_string(),
        name_zh: row.name_zh.to_string(),
        score: points(Some(row.score)),
        rung: convert::rung(row.rung).into(),
        earned_weight: convert::credit(row.earned),
        applicable_weight: convert::decimal(row.weight),
        grade: row.grade.as_deref().unwrap_or_default().to_owned(),
        rules_digest: row.rules_digest.to_string(),
        comparison: comparison.into(),
        previous_rank,
        previous_score,
        // Both ranks fit 32 bits, since counts do.
        movement: i32::try_from(movement).unwrap_or(0),
        sealed_position: row.sealed.map_or(0, Position::get),
        previous_sealed_position: then.map_or(0, Position::get),
    }
}
