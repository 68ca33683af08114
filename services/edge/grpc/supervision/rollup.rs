//! `RollUp` and `GetTrend`, outward. Nothing is summed here.

use duty::evaluate::{Question, Status as State};
use duty::ruleset::Rung;
use duty::{Problem, Reason};
use projection::supervision::rollup::{self, Knowledge, Node, Point};
use projection::supervision::{StatusCounts, on_time_rate};
use rust_decimal::Decimal;
use tonic::Status;

use super::{Common, aside, count, points, without};
use crate::grpc::convert::{registry, scalar, view as convert};
use crate::grpc::{Api, refuse_if_any, status};
use crate::pb;

/// Deepest tree shown: from the province down to a section's township there are not so many levels.
const DEPTH_MAX: i32 = 8;

pub(super) async fn answer(
    api: &Api,
    request: pb::RollUpRequest,
) -> Result<pb::RollUpResponse, Status> {
    let depth = usize::try_from(request.depth).ok().filter(|_| request.depth <= DEPTH_MAX);
    let depth = depth.ok_or_else(|| {
        status::invalid(vec![Problem::new(
            Reason::FieldOutOfRange,
            "depth",
            format!("层数应在 0 与 {DEPTH_MAX} 之间"),
            format!("the depth lies between 0 and {DEPTH_MAX}"),
        )])
    })?;
    let common = Common::whole(request.selector, request.within_organization_id);
    let asked = api.asked("RollUp", common, &[]).await?;
    let compute = async || {
        let (snapshot, within, question) =
            (asked.snapshot.clone(), asked.within.clone(), asked.question);
        aside(move || rollup::rollup(&snapshot, within.as_ref(), depth, question)).await
    };
    let nodes = api.kept("RollUp", &asked, &[&depth.to_string()], compute).await?;
    Ok(pb::RollUpResponse {
        basis: api.reflects(&asked).await?,
        nodes: nodes.iter().map(node).collect(),
    })
}

pub(super) async fn trend(
    api: &Api,
    request: pb::GetTrendRequest,
) -> Result<pb::GetTrendResponse, Status> {
    use pb::TrendKnowledge as K;
    let mut problems = duty::Problems::new();
    let knowledge = match K::try_from(request.knowledge) {
        Ok(K::Now) => Knowledge::Now,
        Ok(K::Then | K::Unspecified) => Knowledge::Then,
        Err(_) => {
            scalar::enum_unknown("knowledge", request.knowledge, &mut problems);
            Knowledge::Then
        }
    };
    refuse_if_any(problems)?;
    let common = Common::whole(request.selector, request.within_organization_id);
    let asked = api.asked("GetTrend", common, &[]).await?;
    let compute = async || {
        let (snapshot, within, question) =
            (asked.snapshot.clone(), asked.within.clone(), asked.question);
        aside(move || rollup::trend(&snapshot, within.as_ref(), knowledge, question)).await
    };
    let found = api.kept("GetTrend", &asked, &[&format!("{knowledge:?}")], compute).await?;
    // Each point is judged by the rules known then.
    let told = found.iter().filter_map(|point| {
        let (as_of, known) = (point.as_of, point.known?);
        Some(Question { as_of, known, ..asked.question })
    });
    let questions = told.collect();
    Ok(pb::GetTrendResponse {
        basis: api.reflects_all(&asked, questions).await?,
        points: found.iter().map(point).collect(),
    })
}

fn node(node: &Node) -> pb::RollUpNode {
    pb::RollUpNode {
        organization_id: node.organization.id.to_string(),
        name_zh: node.organization.name_zh.to_string(),
        level: registry::level_message(node.organization.level).into(),
        depth: count(node.depth),
        counted_organization_ids: node.counted.iter().map(ToString::to_string).collect(),
        excluded: node.excluded.iter().map(without).collect(),
        statuses: statuses(&node.statuses),
        on_time_rate: points(on_time_rate(&node.statuses)),
        means: means(&node.means, &node.due_means),
        sealed_organization_ids: node.sealed.iter().map(ToString::to_string).collect(),
    }
}

fn point(point: &Point) -> pb::TrendPoint {
    let told = point.known.is_some();
    pb::TrendPoint {
        as_of_date: point.as_of.to_string(),
        known_position: point.known.map_or(0, duty::Position::get),
        counted: count(point.counted),
        excluded: count(point.excluded),
        statuses: if told { statuses(&point.statuses) } else { Vec::new() },
        on_time_rate: points(on_time_rate(&point.statuses)),
        means: if told { means(&point.means, &point.due_means) } else { Vec::new() },
        sealed: count(point.sealed),
    }
}

/// Duties by state.
pub(super) fn statuses(counts: &StatusCounts) -> Vec<pb::StatusCount> {
    let all = State::ALL.iter().zip(counts);
    all.map(|(state, many)| pb::StatusCount {
        status: convert::status(*state).into(),
        count: count(*many),
    })
    .collect()
}

fn means(whole: &[Option<Decimal>; 4], due: &[Option<Decimal>; 4]) -> Vec<pb::RungMean> {
    let all = Rung::ALL.iter().zip(whole.iter().zip(due));
    all.map(|(rung, (score, due))| pb::RungMean {
        rung: convert::rung(*rung).into(),
        score: points(*score),
        due_so_far: points(*due),
    })
    .collect()
}
