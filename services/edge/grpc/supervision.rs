//! `SupervisionService`: what a supervisor looks at beyond one organization.
//!
//! Every call makes its question definite, lets the projection answer on a thread of its own, and
//! converts. A page token binds the question and the position, so that pages fit together whatever
//! is appended meanwhile.

mod coverage;
mod deadlines;
mod exceptions;
mod profile;
mod ranking;
mod rollup;
mod weigh;
pub(super) mod years;

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;

use duty::evaluate::Question;
use duty::id::OrganizationId;
use duty::{Position, entry::Entry};
use projection::Snapshot;
use projection::supervision::profile::Entries;
use projection::supervision::{NoFigure, Papers};
use rust_decimal::Decimal;
use tonic::{Request, Response, Status};

use super::{Api, answer, compliance, page, status};
use crate::kept::{Key, Weigh};
use crate::pb;
use crate::pb::supervision_service_server::SupervisionService;

/// Rows of a page.
const PAGE_DEFAULT: usize = 1_000;
const PAGE_MAX: usize = 10_000;

/// What the calls of this service have in common.
struct Common {
    selector: Option<pb::ViewSelector>,
    within: String,
    page_size: i32,
    page_token: String,
}

impl Common {
    /// A call that answers in one piece.
    fn whole(selector: Option<pb::ViewSelector>, within: String) -> Self {
        Self { selector, within, page_size: 0, page_token: String::new() }
    }
}

/// A question made definite, with the page that is wanted.
struct Asked {
    snapshot: Snapshot,
    question: Question,
    within: Option<OrganizationId>,
    offset: usize,
    size: usize,
    binding: [u8; 8],
}

impl Asked {
    /// The rows of the page.
    fn page<'a, T>(&self, rows: &'a [T]) -> impl Iterator<Item = &'a T> {
        rows.iter().skip(self.offset).take(self.size)
    }

    /// The token of the next page, and how many rows there are.
    fn next(&self, total: usize) -> (String, i32) {
        let start = page::Start { position: self.question.known, offset: self.offset };
        let end = self.offset.saturating_add(self.size);
        let token = page::next(start, end, total, self.binding);
        (token, i32::try_from(total).unwrap_or(i32::MAX))
    }
}

impl Api {
    /// The question of a call; `rest` is what else a page token is bound to.
    async fn asked(&self, call: &str, common: Common, rest: &[&str]) -> Result<Asked, Status> {
        let Common { selector, within, page_size, page_token } = common;
        let scope = (!within.is_empty())
            .then(|| compliance::organization("within_organization_id", &within))
            .transpose()?;
        let size = page::size(page_size, PAGE_DEFAULT, PAGE_MAX)?;
        let mut selector = selector.unwrap_or_default();
        let asked = format!(
            "{} {} {} {:?}",
            selector.year, selector.as_of_date, selector.known_position, selector.known_time
        );
        let mut bound = vec![call, within.as_str(), asked.as_str()];
        bound.extend_from_slice(rest);
        let binding = page::binding(&bound);
        let first = page::start(&page_token, binding, Position::ZERO)?;
        // Every page is that of the first: known and, through it, the day.
        if first.position != Position::ZERO {
            selector.known_position = first.position.get();
            selector.known_time = None;
        }
        let (snapshot, question) = self.question(selector).await?;
        if let Some(top) = &scope
            && snapshot.registry().organization(top, question.known).is_none()
        {
            return Err(status::not_found("within_organization_id", "单位", top));
        }
        let offset = first.offset;
        Ok(Asked { snapshot, question, within: scope, offset, size, binding })
    }

    /// The whole answer to a question: the one kept, or what `compute` makes of it. `rest` is what
    /// it depends on beside call, scope and question.
    async fn kept<T, F>(
        &self,
        call: &str,
        asked: &Asked,
        rest: &[&str],
        compute: impl FnOnce() -> F,
    ) -> Result<Arc<T>, Status>
    where
        T: Weigh + Send + Sync + 'static,
        F: Future<Output = Result<T, Status>>,
    {
        let within = asked.within.as_ref().map_or("", |top| top.as_str());
        let key = Key::new(call, asked.question, &[&[within], rest].concat());
        let mixed_up = || status::internal("an answer of another kind was kept");
        self.ledger.kept().answer(key, compute, mixed_up).await
    }

    /// What the answer reflects.
    async fn reflects(&self, asked: &Asked) -> Result<Option<pb::ViewBasis>, Status> {
        self.reflects_all(asked, vec![asked.question]).await
    }

    /// What an answer reflects that is made of the answers to several questions.
    async fn reflects_all(
        &self,
        asked: &Asked,
        questions: Vec<Question>,
    ) -> Result<Option<pb::ViewBasis>, Status> {
        let used = rules_used(&asked.snapshot, asked.within.clone(), questions).await?;
        self.basis(asked.question, used).map(Some)
    }

    /// What the duty events and corrections at some positions say.
    async fn papers(&self, positions: BTreeSet<Position>) -> Result<Papers, Status> {
        let entries = self.entries(positions).await?.into_iter();
        let said = entries.filter_map(|(position, recorded)| match recorded.entry {
            Entry::DutyEvent(event) => Some((position, *event)),
            Entry::Correction(correction) => Some((position, correction.event)),
            _ => None,
        });
        Ok(said.collect())
    }

    /// The entries at some positions.
    async fn entries(&self, positions: BTreeSet<Position>) -> Result<Entries, Status> {
        let ledger = self.ledger.clone();
        let read = move || crate::ledger::read_recorded_all(ledger.journal(), &positions);
        let found = aside(read).await?.map_err(|error| status::read(&error))?;
        Ok(found.into_iter().collect())
    }
}

/// The rule sets used for the organizations in a scope.
pub(super) async fn rules_used(
    snapshot: &Snapshot,
    within: Option<OrganizationId>,
    questions: Vec<Question>,
) -> Result<Vec<pb::RuleSetSummary>, Status> {
    let snapshot = snapshot.clone();
    aside(move || answer::rules_used(&snapshot, within.as_ref(), &questions)).await
}

/// Runs what may take long on a thread that holds no other call up.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Status> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| status::internal("a query was cut short"))
}

/// A figure with two places; empty for none.
fn points(value: Option<Decimal>) -> String {
    value.map_or_else(String::new, |value| format!("{value:.2}"))
}

/// Why an organization has no figure.
fn without((organization, why): &(OrganizationId, NoFigure)) -> pb::WithoutFigure {
    let reason = match why {
        NoFigure::NoRuleSet => pb::NoFigureReason::NoRuleSet,
        NoFigure::NothingScored => pb::NoFigureReason::NothingScored,
    };
    pb::WithoutFigure { organization_id: organization.to_string(), reason: reason.into() }
}

/// A count as the contract has it.
fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

#[tonic::async_trait]
impl SupervisionService for Api {
    async fn get_debrief_coverage(
        &self,
        request: Request<pb::GetDebriefCoverageRequest>,
    ) -> Result<Response<pb::GetDebriefCoverageResponse>, Status> {
        coverage::answer(self, request.into_inner()).await.map(Response::new)
    }

    async fn list_deadlines(
        &self,
        request: Request<pb::ListDeadlinesRequest>,
    ) -> Result<Response<pb::ListDeadlinesResponse>, Status> {
        deadlines::answer(self, request.into_inner()).await.map(Response::new)
    }

    async fn rank_organizations(
        &self,
        request: Request<pb::RankOrganizationsRequest>,
    ) -> Result<Response<pb::RankOrganizationsResponse>, Status> {
        ranking::answer(self, request.into_inner()).await.map(Response::new)
    }

    async fn list_exceptions(
        &self,
        request: Request<pb::ListExceptionsRequest>,
    ) -> Result<Response<pb::ListExceptionsResponse>, Status> {
        exceptions::answer(self, request.into_inner()).await.map(Response::new)
    }

    async fn get_organization_profile(
        &self,
        request: Request<pb::GetOrganizationProfileRequest>,
    ) -> Result<Response<pb::GetOrganizationProfileResponse>, Status> {
        profile::answer(self, request.into_inner()).await.map(Response::new)
    }

    async fn roll_up(
        &self,
        request: Request<pb::RollUpRequest>,
    ) -> Result<Response<pb::RollUpResponse>, Status> {
        rollup::answer(self, request.into_inner()).await.map(Response::new)
    }

    async fn get_trend(
        &self,
        request: Request<pb::GetTrendRequest>,
    ) -> Result<Response<pb::GetTrendResponse>, Status> {
        rollup::trend(self, request.into_inner()).await.map(Response::new)
    }
}
