//! `GetOrganizationProfile`, outward. Nothing is put in order here.

use duty::Position;
use duty::entry::Verdict;
use duty::evaluate::Fact;
use projection::supervision::profile::{self, Item, What};
use tonic::Status;

use super::{Common, aside, rollup};
use crate::grpc::convert::{registry, view as convert};
use crate::grpc::{Api, compliance, status};
use crate::pb;

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
    let (snapshot, question) = (asked.snapshot.clone(), asked.question);
    let look_up = id.clone();
    let gathered = aside(move || profile::gather(&snapshot, &look_up, question)).await?;
    let gathered = gathered.map_err(status::no_view)?;
    let entries = api.entries(gathered.positions()).await?;
    let items = gathered.timeline(&entries);
    let (next_page_token, total_size) = asked.next(items.len());
    let rules = asked.snapshot.rules_for(&gathered.organization, question.year, question.known);
    let used = rules.map(|(position, rules)| convert::rule_set(position, rules));
    Ok(pb::GetOrganizationProfileResponse {
        basis: Some(api.basis(question, used.into_iter().collect())?),
        organization: Some(registry::organization_message(&gathered.organization)),
        scores: convert::scores(&gathered.scores),
        statuses: rollup::statuses(&gathered.statuses),
        points: asked.page(&items).map(|item| point(item, question.known)).collect(),
        next_page_token,
        total_size,
    })
}

fn point(item: &Item, known: Position) -> pb::ProfilePoint {
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
        is_current: fact.is_current(known),
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
    }
}
