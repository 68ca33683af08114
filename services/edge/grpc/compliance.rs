//! `ComplianceService`: the views supervisors ask for.

use duty::evaluate::Question;
use duty::id::{OrganizationId, PersonId};
use duty::{Position, Problem, Problems, Reason};
use jiff::Timestamp;
use projection::filter::order::OrderBy;
use projection::filter::{Filter, FilterError};
use projection::{Snapshot, matrix};
use tonic::{Request, Response, Status};

use super::answer::{self, Unexplained, Which};
use super::convert::scalar;
use super::{Api, convert, page, refuse_if_any, status, supervision};
use crate::cores::Cores;
use crate::kept::Key;
use crate::pb;
use crate::pb::compliance_service_server::ComplianceService;

/// Cells of a page of the matrix.
const PAGE_DEFAULT: usize = 1_000;
const PAGE_MAX: usize = 10_000;

impl Api {
    /// The state to answer from and the question, made definite: no clock takes part in it.
    pub(super) async fn question(
        &self,
        selector: pb::ViewSelector,
    ) -> Result<(Snapshot, Question), Status> {
        let mut problems = Problems::new();
        let year = i16::try_from(selector.year).ok().filter(|year| (2016..=9998).contains(year));
        if year.is_none() {
            problems.add(
                Reason::AccountingYearInvalid,
                "selector.year",
                "考核年度应为四位年份，2016 或以后",
                "the year is a year of 2016 or later",
            );
        }
        let as_of = scalar::civil_date(&selector.as_of_date, "selector.as_of_date", &mut problems);
        let known_time = selector.known_time.as_ref().map(|time| {
            let instant = scalar::instant(time);
            if instant.is_none() || selector.known_position != 0 {
                problems.add(
                    Reason::FieldMalformed,
                    "selector.known_time",
                    "时间戳无效，或与 known_position 同时填写",
                    "is no timestamp, or is given together with known_position",
                );
            }
            instant
        });
        refuse_if_any(problems)?;
        let year = year.ok_or_else(|| status::internal("a year did not convert"))?;
        self.covers(selector.min_position).await?;
        let snapshot = self.ledger.snapshot();
        let known = match known_time.flatten() {
            // What will be recorded until then is not known yet, and the answer would change.
            Some(instant)
                if self.ledger.now() < instant
                    && snapshot.recorded_at().is_none_or(|last| last < instant) =>
            {
                return Err(status::invalid(vec![Problem::new(
                    Reason::FieldOutOfRange,
                    "selector.known_time",
                    "知悉时间不能晚于现在",
                    "what is known at a time that has not come cannot be told",
                )]));
            }
            Some(instant) => self.position_at(instant, snapshot.head()).await?,
            None if selector.known_position == 0 => snapshot.head(),
            None => self.known(selector.known_position)?,
        };
        let as_of = as_of.unwrap_or_else(|| snapshot.current_day(known));
        Ok((snapshot, Question { year, as_of, known }))
    }

    /// The last entry recorded at or before `instant`: recorded times never run backwards.
    async fn position_at(&self, instant: Timestamp, head: Position) -> Result<Position, Status> {
        let (mut low, mut high) = (0, head.get());
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            let stored = self.ledger.read_one(Position::new(middle)).await;
            let stored = stored.map_err(|error| status::read(&error))?;
            let stored = stored.ok_or_else(|| status::internal("a known position has no entry"))?;
            let recorded = crate::ledger::decode(&stored).map_err(|error| status::read(&error))?;
            if recorded.recorded_at <= instant {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        Ok(Position::new(low))
    }
}

#[tonic::async_trait]
impl ComplianceService for Api {
    async fn get_organization_compliance(
        &self,
        request: Request<pb::GetOrganizationComplianceRequest>,
    ) -> Result<Response<pb::GetOrganizationComplianceResponse>, Status> {
        let request = request.into_inner();
        let organization = organization("organization_id", &request.organization_id)?;
        let (snapshot, question) = self.question(request.selector.unwrap_or_default()).await?;
        let root = self.root(question.known)?;
        let found = answer::organization(&snapshot, &organization, question, root);
        found.map(Response::new).map_err(status::no_view)
    }

    async fn get_leader_compliance(
        &self,
        request: Request<pb::GetLeaderComplianceRequest>,
    ) -> Result<Response<pb::GetLeaderComplianceResponse>, Status> {
        let request = request.into_inner();
        let mut problems = Problems::new();
        let person = PersonId::parse(&request.person_id);
        if person.is_none() {
            convert::id_malformed("person_id", &mut problems);
        }
        refuse_if_any(problems)?;
        let person = person.ok_or_else(|| status::internal("an id did not convert"))?;
        let (snapshot, question) = self.question(request.selector.unwrap_or_default()).await?;
        let root = self.root(question.known)?;
        let found = answer::leader(&snapshot, &person, question, root);
        let mut card = found.map_err(status::no_view)?;
        card.person_name = self.name_of(&person, question.known).await?;
        Ok(Response::new(card))
    }

    async fn query_compliance(
        &self,
        request: Request<pb::QueryComplianceRequest>,
    ) -> Result<Response<pb::QueryComplianceResponse>, Status> {
        let request = request.into_inner();
        let within = (!request.within_organization_id.is_empty())
            .then(|| organization("within_organization_id", &request.within_organization_id))
            .transpose()?;
        let filter = Filter::parse(&request.filter, matrix::FIELDS)
            .map_err(|error| filter_invalid("filter", error))?;
        let order = OrderBy::parse(&request.order_by, matrix::FIELDS)
            .map_err(|error| filter_invalid("order_by", error))?;
        let size = page::size(request.page_size, PAGE_DEFAULT, PAGE_MAX)?;
        let mut selector = request.selector.unwrap_or_default();
        let asked = format!(
            "{} {} {} {:?}",
            selector.year, selector.as_of_date, selector.known_position, selector.known_time
        );
        let (scope, text) = (&request.within_organization_id, &request.filter);
        let binding = page::binding(&["QueryCompliance", scope, text, &request.order_by, &asked]);
        let first = page::start(&request.page_token, binding, Position::ZERO)?;
        // Every page is that of the first: known and, through it, the day.
        if first.position != Position::ZERO {
            selector.known_position = first.position.get();
            selector.known_time = None;
        }
        let (snapshot, question) = self.question(selector).await?;
        if let Some(within) = &within
            && snapshot.registry().organization(within, question.known).is_none()
        {
            return Err(status::not_found("within_organization_id", "单位", within));
        }
        let used = supervision::rules_used(&snapshot, within.clone(), vec![question]).await?;
        let key = Key::new("QueryCompliance", question, &[scope, text, &request.order_by]);
        // Thousands of organizations take long enough to hold other calls up.
        let compute = async || {
            let snapshot = snapshot.clone();
            let query = move || {
                let (asked, cores) = ((&filter, &order), Cores::all());
                matrix::query_spread(&snapshot, within.as_ref(), asked, question, &cores)
            };
            let cut_short = |_| status::internal("a query was cut short");
            tokio::task::spawn_blocking(query).await.map_err(cut_short)
        };
        let mixed_up = || status::internal("an answer of another kind was kept");
        let found = self.ledger.kept().answer(key, compute, mixed_up).await?;
        let start = page::Start { position: question.known, offset: first.offset };
        let basis = self.basis(question, used)?;
        let part = (start.offset, size);
        let mut page = answer::matrix(&snapshot, &found, part, (question, basis));
        let (end, total) = (start.offset + page.cells.len(), found.cells.len());
        page.next_page_token = page::next(start, end, total, binding);
        Ok(Response::new(page))
    }

    async fn explain_obligation(
        &self,
        request: Request<pb::ExplainObligationRequest>,
    ) -> Result<Response<pb::ExplainObligationResponse>, Status> {
        let pb::ExplainObligationRequest { organization_id, duty_id, person_id, period, selector } =
            request.into_inner();
        let organization = organization("organization_id", &organization_id)?;
        let (snapshot, question) = self.question(selector.unwrap_or_default()).await?;
        let found = projection::view::organization(&snapshot, &organization, question);
        let found = found.map_err(status::no_view)?;
        let root = self.root(question.known)?;
        let which = Which { duty: &duty_id, person: &person_id, period: &period };
        let explained = answer::explanation(&snapshot, &found, which, root);
        explained.map(Response::new).map_err(|why| match why {
            Unexplained::Duty => unknown_duty(&duty_id, &found.rules.1),
            Unexplained::Obligation => {
                let what = format!("{duty_id}/{person_id}/{period}");
                status::not_found("period", "应履行事项", &what)
            }
        })
    }
}

/// The organization a request names in `field`.
pub(super) fn organization(field: &str, text: &str) -> Result<OrganizationId, Status> {
    let mut problems = Problems::new();
    let organization = OrganizationId::parse(text);
    if organization.is_none() {
        convert::id_malformed(field, &mut problems);
    }
    refuse_if_any(problems)?;
    organization.ok_or_else(|| status::internal("an id did not convert"))
}

fn unknown_duty(id: &str, rules: &duty::ruleset::RuleSet) -> Status {
    let known = rules.duties.iter().map(|rule| rule.id.to_string()).collect::<Vec<_>>().join(", ");
    status::problems(
        tonic::Code::NotFound,
        vec![Problem::new(
            Reason::ReferenceUnknown,
            "duty_id",
            format!("规则集 {} 没有事项“{id}”；现有：{known}", rules.id),
            format!("rule set {} has no duty \"{id}\"; it has: {known}", rules.id),
        )],
    )
}

/// A filter or an order that does not parse.
pub(super) fn filter_invalid(field: &str, error: FilterError) -> Status {
    let column = error.column();
    let FilterError { zh, en, .. } = error;
    status::invalid(vec![Problem::new(
        Reason::FilterInvalid,
        field,
        format!("第 {column} 个字符处：{zh}"),
        format!("at character {column}: {en}"),
    )])
}
