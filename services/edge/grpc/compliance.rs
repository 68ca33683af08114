//! `ComplianceService`: the views supervisors ask for.

use duty::evaluate::{Obligation, Owner, Question};
use duty::id::{DutyId, OrganizationId, PersonId};
use duty::ruleset::Level;
use duty::{Position, Problem, Problems, Reason};
use jiff::Timestamp;
use projection::filter::order::OrderBy;
use projection::filter::{Filter, FilterError};
use projection::{Snapshot, matrix};
use tonic::{Request, Response, Status};

use super::convert::{registry, scalar, view};
use super::{Api, convert, duty_event, page, refuse_if_any, status};
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
        let organization = organization(&request.organization_id)?;
        let (snapshot, question) = self.question(request.selector.unwrap_or_default()).await?;
        let found = projection::view::organization(&snapshot, &organization, question);
        let found = found.map_err(status::no_view)?;
        let (position, rules) = &found.rules;
        let lines = found.evaluation.lines.iter().zip(&rules.duties);
        Ok(Response::new(pb::GetOrganizationComplianceResponse {
            basis: Some(self.basis(question, vec![view::rule_set(*position, rules)])?),
            organization: Some(registry::organization_message(&found.organization)),
            duties: lines.map(|(line, rule)| view::duty(line, rule)).collect(),
            scores: view::scores(&found.evaluation.scores),
            applicable_weight: view::decimal(found.evaluation.scores.weight),
        }))
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
        let found = projection::view::leader(&snapshot, &person, question);
        let found = found.map_err(status::no_view)?;
        let mut used: Vec<_> =
            found.rules.values().map(|(at, rules)| view::rule_set(*at, rules)).collect();
        used.dedup();
        let duties = found.lines.iter().filter_map(|leader| {
            let (_, rules) = found.rules.get(&leader.organization)?;
            let rule = rules.duties.iter().find(|rule| rule.id == leader.line.duty)?;
            Some(pb::LeaderDuty {
                organization_id: leader.organization.to_string(),
                post_ids: leader.posts.iter().map(ToString::to_string).collect(),
                personal: rule.level == Level::Person,
                duty: Some(view::duty(&leader.line, rule)),
            })
        });
        let person_name = self.name_of(&person, question.known).await?;
        let tenures = found.tenures.iter().map(|(_, tenure)| registry::tenure_message(tenure));
        Ok(Response::new(pb::GetLeaderComplianceResponse {
            basis: Some(self.basis(question, used)?),
            person_id: person.to_string(),
            tenures: tenures.collect(),
            duties: duties.collect(),
            scores: view::scores(&found.scores),
            person_name,
        }))
    }

    async fn query_compliance(
        &self,
        request: Request<pb::QueryComplianceRequest>,
    ) -> Result<Response<pb::QueryComplianceResponse>, Status> {
        let request = request.into_inner();
        let within = (!request.within_organization_id.is_empty())
            .then(|| organization(&request.within_organization_id))
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
        let used = snapshot.rule_sets(question.known);
        let used = used.into_iter().map(|(at, rules)| view::rule_set(at, rules)).collect();
        // Thousands of organizations take long enough to hold other calls up.
        let query = move || matrix::query(&snapshot, within.as_ref(), &filter, &order, question);
        let found = tokio::task::spawn_blocking(query)
            .await
            .map_err(|_| status::internal("a query was cut short"))?;
        let start = page::Start { position: question.known, offset: first.offset };
        let total = found.cells.len();
        let cells: Vec<_> = found.cells.iter().skip(start.offset).take(size).map(cell).collect();
        let next = page::next(start, start.offset + cells.len(), total, binding);
        Ok(Response::new(pb::QueryComplianceResponse {
            basis: Some(self.basis(question, used)?),
            cells,
            next_page_token: next,
            total_size: i32::try_from(total).unwrap_or(i32::MAX),
            organizations_without_rules: found
                .without_rules
                .iter()
                .map(ToString::to_string)
                .collect(),
        }))
    }

    async fn explain_obligation(
        &self,
        request: Request<pb::ExplainObligationRequest>,
    ) -> Result<Response<pb::ExplainObligationResponse>, Status> {
        let request = request.into_inner();
        let organization = organization(&request.organization_id)?;
        let (snapshot, question) = self.question(request.selector.unwrap_or_default()).await?;
        let found = projection::view::organization(&snapshot, &organization, question);
        let found = found.map_err(status::no_view)?;
        let (position, rules) = &found.rules;
        let wanted = DutyId::parse(&request.duty_id);
        let both = found.evaluation.lines.iter().zip(&rules.duties);
        let mut named = both.filter(|(line, _)| wanted.as_ref() == Some(&line.duty));
        let Some((line, rule)) = named.next() else {
            return Err(unknown_duty(&request.duty_id, rules));
        };
        let asked_for = |obligation: &&Obligation| {
            let whose = match &obligation.owner {
                Owner::Person { person, .. } => person.as_str() == request.person_id,
                Owner::Organization | Owner::Vacant => false,
            };
            (request.person_id.is_empty() || whose)
                && (request.period.is_empty() || obligation.period.key() == request.period)
        };
        let obligations: Vec<_> = line
            .obligations
            .iter()
            .filter(asked_for)
            .map(|obligation| view::explained(rules, rule, obligation))
            .collect();
        if obligations.is_empty() {
            let what = format!("{}/{}/{}", request.duty_id, request.person_id, request.period);
            return Err(status::not_found("period", "应履行事项", &what));
        }
        Ok(Response::new(pb::ExplainObligationResponse {
            basis: Some(self.basis(question, vec![view::rule_set(*position, rules)])?),
            duty_id: rule.id.to_string(),
            name_zh: rule.name_zh.to_string(),
            name_en: rule.name_en.to_string(),
            legal_basis: rule.basis.iter().map(ToString::to_string).collect(),
            customary_evidence: rule.evidence_customary.iter().map(ToString::to_string).collect(),
            obligations,
        }))
    }
}

fn organization(text: &str) -> Result<OrganizationId, Status> {
    let mut problems = Problems::new();
    let organization = duty_event::organization(text, &mut problems);
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

fn filter_invalid(field: &str, error: FilterError) -> Status {
    let column = error.column();
    let FilterError { zh, en, .. } = error;
    status::invalid(vec![Problem::new(
        Reason::FilterInvalid,
        field,
        format!("第 {column} 个字符处：{zh}"),
        format!("at character {column}: {en}"),
    )])
}

fn cell(cell: &matrix::Cell) -> pb::ComplianceCell {
    pb::ComplianceCell {
        organization_id: cell.organization.id.to_string(),
        duty_id: cell.line.duty.to_string(),
        status: view::status(cell.line.official).into(),
        rungs: view::rungs(&cell.line),
        due_date: scalar::optional_date(cell.due),
    }
}
