//! `GetDebriefCoverage`, outward. Nothing is counted here.

use duty::evaluate::Question;
use duty::event::details::{DebriefForm, Details};
use duty::ruleset::Rung;
use projection::Snapshot;
use projection::supervision::coverage::{
    self, Change, Coverage, Excluded, Exclusion, Forms, Row, Standing, Tally,
};
use projection::supervision::{Papers, percent};
use tonic::Status;

use super::{Common, aside, count, points};
use crate::grpc::Api;
use crate::grpc::answer::sealed_of;
use crate::grpc::convert::{scalar, view as convert};
use crate::pb;

/// Coverage, and what the debriefs in it say.
pub(super) struct Counted {
    pub(super) found: Coverage,
    pub(super) papers: Papers,
}

pub(super) async fn answer(
    api: &Api,
    request: pb::GetDebriefCoverageRequest,
) -> Result<pb::GetDebriefCoverageResponse, Status> {
    let common = Common {
        selector: request.selector,
        within: request.within_organization_id,
        page_size: request.page_size,
        page_token: request.page_token,
    };
    let asked = api.asked("GetDebriefCoverage", common, &[]).await?;
    let question = asked.question;
    let compute = async || {
        let (snapshot, within) = (asked.snapshot.clone(), asked.within.clone());
        let count = move || coverage::coverage(&snapshot, within.as_ref(), question);
        let found = aside(count).await?;
        let papers = api.papers(found.positions()).await?;
        Ok(Counted { found, papers })
    };
    let counted = api.kept("GetDebriefCoverage", &asked, &[], compute).await?;
    let Counted { found, papers } = &*counted;
    let Forms { forms, ratings } = found.forms(papers);
    let (next_page_token, total_size) = asked.next(found.rows.len());
    let is_first = asked.offset == 0;
    let excluded = found.excluded.iter().filter(|_| is_first);
    let changes = found.changes.iter().filter(|_| is_first);
    let rows = || asked.page(&found.rows);
    Ok(pb::GetDebriefCoverageResponse {
        basis: api.reflects(&asked).await?,
        persons: Some(tally(&found.persons)),
        posts: Some(tally(&found.posts)),
        forms: forms
            .into_iter()
            .map(|(form, persons)| pb::DebriefFormCount {
                form: debrief_form(form).into(),
                persons: count(persons),
            })
            .collect(),
        ratings: ratings
            .into_iter()
            .map(|(rating, persons)| pb::DebriefRatingCount {
                rating: rating.into(),
                persons: count(persons),
            })
            .collect(),
        rows: rows().map(|of| row(of, official(&asked.snapshot, of, question), papers)).collect(),
        excluded: excluded.map(out).collect(),
        leader_changes: changes.map(change).collect(),
        next_page_token,
        total_size,
        sealed: sealed_of(&asked.snapshot, rows().map(|row| &row.organization), question),
    })
}

/// The official rung of the rules that judged a row.
fn official(snapshot: &Snapshot, row: &Row, question: Question) -> Rung {
    let organization = snapshot.registry().organization(&row.organization, question.known);
    let rules = organization.and_then(|o| snapshot.rules_for(o, question.year, question.known));
    // A row was judged by a rule set, so there is one.
    rules.map_or(Rung::Documented, |(_, rules)| rules.official_rung)
}

fn tally(tally: &Tally) -> pb::CoverageTally {
    let whole = tally.in_scope;
    pb::CoverageTally {
        in_scope: count(whole),
        done: count(tally.done),
        done_late: count(tally.done_late),
        to_verify: count(tally.to_verify),
        pending: count(tally.pending),
        missing: count(tally.missing),
        rate: points(percent(tally.done + tally.done_late, whole)),
        rungs: Rung::ALL
            .iter()
            .zip(tally.on_rung)
            .map(|(rung, done)| pb::RungRate {
                rung: convert::rung(*rung).into(),
                done: count(done),
                rate: points(percent(done, whole)),
            })
            .collect(),
    }
}

fn row(row: &Row, official: Rung, papers: &Papers) -> pb::CoverageRow {
    let (reason_zh, reason_en) = coverage::reason(row, official).unwrap_or_default();
    let view = convert::obligation(&row.obligation);
    pb::CoverageRow {
        organization_id: row.organization.to_string(),
        duty_id: view.duty_id,
        person_id: row.person.to_string(),
        post_ids: row.posts.iter().map(ToString::to_string).collect(),
        short_tenure: row.short_tenure,
        standing: standing(row.standing).into(),
        status: view.status,
        rungs: view.rungs,
        last_date: view.last_date,
        debriefs: row.debriefs.iter().map(|at| debrief(at.get(), papers.get(at))).collect(),
        reason_zh,
        reason_en,
    }
}

fn debrief(position: u64, event: Option<&duty::event::DutyEvent>) -> pb::CountedDebrief {
    let Some(event) = event else { return pb::CountedDebrief { position, ..Default::default() } };
    let (form, rating) = coverage::form_and_rating(event);
    let occasion = match &event.details {
        Details::RuleOfLawDebrief(debrief) => debrief.occasion.to_string(),
        _ => String::new(),
    };
    pb::CountedDebrief {
        position,
        form: debrief_form(form).into(),
        start_date: scalar::optional_date(event.occurred.start()),
        end_date: scalar::optional_date(event.occurred.end()),
        occasion,
        rating: rating.to_owned(),
    }
}

fn debrief_form(form: Option<DebriefForm>) -> pb::DebriefForm {
    match form {
        None => pb::DebriefForm::Unspecified,
        Some(DebriefForm::Written) => pb::DebriefForm::Written,
        Some(DebriefForm::Meeting) => pb::DebriefForm::Meeting,
        Some(DebriefForm::OnSite) => pb::DebriefForm::OnSite,
        Some(DebriefForm::Special) => pb::DebriefForm::Special,
        Some(DebriefForm::Media) => pb::DebriefForm::Media,
    }
}

fn standing(standing: Standing) -> pb::CoverageStanding {
    match standing {
        Standing::Done => pb::CoverageStanding::Done,
        Standing::DoneLate => pb::CoverageStanding::DoneLate,
        Standing::Pending => pb::CoverageStanding::Pending,
        Standing::ToVerify => pb::CoverageStanding::ToVerify,
        Standing::Missing => pb::CoverageStanding::Missing,
    }
}

fn out(excluded: &Excluded) -> pb::CoverageExcluded {
    let reason = match excluded.reason {
        Exclusion::NoRuleSet => pb::CoverageExclusion::NoRuleSet,
        Exclusion::NoDuty => pb::CoverageExclusion::NoDuty,
        Exclusion::NotApplicable => pb::CoverageExclusion::NotApplicable,
        Exclusion::Exempted => pb::CoverageExclusion::Exempted,
        Exclusion::Vacant => pb::CoverageExclusion::Vacant,
        Exclusion::Departed => pb::CoverageExclusion::Departed,
    };
    let departure = excluded.departure.map(convert::status);
    pb::CoverageExcluded {
        organization_id: excluded.organization.to_string(),
        person_id: excluded.person.as_ref().map_or_else(String::new, ToString::to_string),
        post_ids: excluded.posts.iter().map(ToString::to_string).collect(),
        reason: reason.into(),
        departure_status: departure.unwrap_or(pb::ComplianceStatus::Unspecified).into(),
        text_zh: excluded.reason.zh().to_owned(),
        text_en: excluded.reason.en().to_owned(),
    }
}

fn change(change: &Change) -> pb::LeaderChange {
    pb::LeaderChange {
        organization_id: change.organization.to_string(),
        post_id: change.post.to_string(),
        person_id: change.person.to_string(),
        took_office: change.took_office,
        date: change.day.to_string(),
        acting: change.acting,
        appointment_document: change.document.to_string(),
    }
}
