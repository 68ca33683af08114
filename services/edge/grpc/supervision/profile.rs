//! `GetOrganizationProfile`, outward. Nothing is put in order here.

use duty::Position;
use duty::entry::Verdict;
use duty::evaluate::{Fact, Question, Scores};
use duty::id::OrganizationId;
use duty::registry::Organization;
use projection::supervision::StatusCounts;
use projection::supervision::deadlines::Bucket;
use projection::supervision::profile::{self, Gathered, Item, Step, What};
use tonic::Status;

use super::{Common, aside, deadlines, rollup};
use crate::grpc::convert::{registry, view as convert};
use crate::grpc::{Api, answer, compliance, status};
use crate::pb;

/// A year of an organization.
pub(super) struct Line {
    organization: Organization,
    scores: Scores,
    statuses: StatusCounts,
    pub(super) items: Vec<Item>,
}

pub(super) async fn answer(
    api: &Api,
    request: pb::GetOrganizationProfileRequest,
) -> Result<pb::GetOrganizationProfileResponse, Status> {
    let id = compliance::organization("organization_id", &request.organization_id)?;
    let common = Common {
        selector: request.selector,
        within: String::new(),
        page_size: request.page_size,
        page_token: request.page_token,
    };
    let asked = api.asked("GetOrganizationProfile", common, &[&request.organization_id]).await?;
    let question = asked.question;
    let compute = async || {
        let (snapshot, id) = (asked.snapshot.clone(), id.clone());
        let gathered = aside(move || profile::gather(&snapshot, &id, question)).await?;
        let gathered = gathered.map_err(status::no_view)?;
        let entries = api.entries(gathered.positions()).await?;
        let items = gathered.timeline(&entries);
        let Gathered { organization, scores, statuses, .. } = gathered;
        Ok(Line { organization, scores, statuses, items })
    };
    let call = "GetOrganizationProfile";
    let line = api.kept(call, &asked, &[&request.organization_id], compute).await?;
    let (next_page_token, total_size) = asked.next(line.items.len());
    let rules = asked.snapshot.rules_for(&line.organization, question.year, question.known);
    let used = rules.map(|(position, rules)| convert::rule_set(position, rules));
    Ok(pb::GetOrganizationProfileResponse {
        basis: Some(api.basis(question, used.into_iter().collect())?),
        organization: Some(registry::organization_message(&line.organization)),
        scores: convert::scores(&line.scores),
        statuses: rollup::statuses(&line.statuses),
        points: asked.page(&line.items).map(|item| point(item, &id, question)).collect(),
        next_page_token,
        total_size,
        sealed: answer::sealed(&asked.snapshot, &id, question),
    })
}

fn point(item: &Item, id: &OrganizationId, question: Question) -> pb::ProfilePoint {
    use pb::ProfilePointKind as K;
    let point = pb::ProfilePoint {
        date: item.day.to_string(),
        by_recording: item.by_recording,
        position: item.position.map_or(0, Position::get),
        title: item.title.to_string(),
        remark: item.remark.to_string(),
        ..Default::default()
    };
    let of = |kind: K, fact: &Fact| pb::ProfilePoint {
        kind: kind.into(),
        event_id: fact.event_id.to_string(),
        event_type: fact.event_type.as_str().to_owned(),
        is_current: fact.is_current(question.known),
        ..point.clone()
    };
    match &item.what {
        What::Registered => pb::ProfilePoint { kind: K::Registered.into(), ..point },
        What::TookOffice(post, tenure) | What::LeftOffice(post, tenure) => {
            let took = matches!(item.what, What::TookOffice(..));
            pb::ProfilePoint {
                kind: if took { K::TookOffice } else { K::LeftOffice }.into(),
                post_id: post.to_string(),
                person_id: tenure.person.to_string(),
                acting: tenure.acting,
                ..point
            }
        }
        What::Event(fact) => of(K::Event, fact),
        What::Correction(fact) => of(K::Correction, fact),
        What::Withdrawal(fact) => of(K::Withdrawal, fact),
        What::Review(fact, Verdict::Accepted) => of(K::Accepted, fact),
        What::Review(fact, Verdict::Returned) => of(K::Returned, fact),
        What::Review(fact, Verdict::AcceptanceWithdrawn) => of(K::AcceptanceWithdrawn, fact),
        What::Deadline(owed) => pb::ProfilePoint {
            kind: K::Deadline.into(),
            obligation: Some(convert::obligation(owed)),
            ..point
        },
        What::Due(owed) => {
            let days_left = (item.day - question.as_of).get_days();
            let near = Bucket::of(days_left);
            let deadline = deadlines::due(owed, id, Some(days_left), near);
            pb::ProfilePoint {
                kind: K::StepDeadline.into(),
                event_id: deadline.event_id.clone(),
                deadline: Some(deadline),
                ..point
            }
        }
        What::Step(step, event) => pb::ProfilePoint {
            kind: of_step(*step).into(),
            event_id: event.map_or_else(String::new, |id| id.to_string()),
            ..point
        },
    }
}

const fn of_step(step: Step) -> pb::ProfilePointKind {
    use pb::ProfilePointKind as K;
    match step {
        Step::FindingOrdered => K::FindingOrdered,
        Step::FindingAnswered => K::FindingAnswered,
        Step::FindingGoesOn => K::FindingGoesOn,
        Step::FindingClosed => K::FindingClosed,
        Step::YearPublished => K::YearPublished,
        Step::YearAppealed => K::YearAppealed,
        Step::AppealExtended => K::AppealExtended,
        Step::AppealDecided => K::AppealDecided,
        Step::ReviewRequested => K::ReviewRequested,
        Step::ReviewDecided => K::ReviewDecided,
        Step::ScoreAdjusted => K::ScoreAdjusted,
        Step::YearSealed => K::YearSealed,
        Step::YearReopened => K::YearReopened,
        Step::Exempted => K::Exempted,
        Step::ExemptionRevoked => K::ExemptionRevoked,
    }
}
