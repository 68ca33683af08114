//! `RegistryService`: who is who, and which rules hold.

use duty::entry::Entry;
use duty::id::{EventId, OrganizationId, RuleSetId};
use duty::registry::Axis;
use duty::{Position, Problem, Problems, Reason};
use tonic::{Code, Request, Response, Status};

use super::convert::{change, history, organization_change, registry, view};
use super::{Api, convert, duty_event, event_id, page, recorder, refuse_if_any, rules, status};
use crate::pb;
use crate::pb::ledger_entry::Payload;
use crate::pb::registry_service_server::RegistryService;

/// Page sizes of lists of organizations.
const PAGE_DEFAULT: usize = 100;
const PAGE_MAX: usize = 1_000;

/// A registration that has been read: who, under which id, what, and what to store.
pub(super) struct Registration {
    recorder: Box<str>,
    pub(super) event_id: EventId,
    pub(super) entry: Entry,
    payload: Payload,
    /// The field of the request that holds the thing.
    field: &'static str,
}

/// Reads what every registration has in common, and the thing registered under its field name.
pub(super) fn read<M: Clone + Default, T>(
    by: &str,
    id: &str,
    field: &'static str,
    message: Option<M>,
    convert: fn(&M, &mut Problems) -> Option<T>,
    entry: fn(T) -> Entry,
    payload: fn(M) -> Payload,
) -> Result<Registration, Status> {
    let mut problems = Problems::new();
    let recorder = recorder(by, &mut problems);
    let event_id = event_id(id, "event_id", &mut problems);
    let message = message.unwrap_or_default();
    let thing = if field.is_empty() {
        convert(&message, &mut problems)
    } else {
        problems.at(field, |problems| convert(&message, problems))
    };
    refuse_if_any(problems)?;
    match (event_id, thing) {
        (Some(event_id), Some(thing)) => {
            // What is published stands in the request itself, under this name.
            let field = if field.is_empty() { "toml" } else { field };
            let (entry, payload) = (entry(thing), payload(message));
            Ok(Registration { recorder, event_id, entry, payload, field })
        }
        _ => Err(status::internal("a registration without fault did not convert")),
    }
}

impl Api {
    pub(super) async fn register(
        &self,
        registration: Registration,
    ) -> Result<pb::AppendReceipt, Status> {
        let Registration { recorder, event_id, entry, payload, field } = registration;
        let fields = status::Fields { event_id: "event_id", entry: "", whole: field };
        self.submit_one(fields, recorder, event_id, entry, payload, Vec::new()).await
    }

    /// Refuses a new version that nobody asked for. A repeated call is not one.
    pub(super) async fn allow_amendment(
        &self,
        taken: bool,
        amend: bool,
        id: EventId,
        field: &str,
    ) -> Result<(), Status> {
        if !taken || amend {
            return Ok(());
        }
        let repeated = self.ledger.find(id).await.map_err(|error| status::read(&error))?;
        if repeated.is_some() {
            return Ok(());
        }
        Err(status::problems(
            Code::AlreadyExists,
            vec![Problem::new(
                Reason::AlreadyExists,
                field,
                "编号已登记；如要变更登记，请设置 amend = true",
                "the id is registered already; set amend to register a new version",
            )],
        ))
    }
}

#[tonic::async_trait]
impl RegistryService for Api {
    async fn register_organization(
        &self,
        request: Request<pb::RegisterOrganizationRequest>,
    ) -> Result<Response<pb::RegisterOrganizationResponse>, Status> {
        let pb::RegisterOrganizationRequest { recorder, event_id, organization, amend } =
            request.into_inner();
        let read = read(
            &recorder,
            &event_id,
            "organization",
            organization,
            registry::organization,
            Entry::Organization,
            Payload::Organization,
        )?;
        if let Entry::Organization(organization) = &read.entry {
            let known = self.ledger.snapshot();
            let taken = known.registry().organization(&organization.id, Position::MAX).is_some();
            self.allow_amendment(taken, amend, read.event_id, "organization.organization_id")
                .await?;
        }
        let receipt = Some(self.register(read).await?);
        Ok(Response::new(pb::RegisterOrganizationResponse { receipt }))
    }

    async fn register_post(
        &self,
        request: Request<pb::RegisterPostRequest>,
    ) -> Result<Response<pb::RegisterPostResponse>, Status> {
        let pb::RegisterPostRequest { recorder, event_id, post, amend } = request.into_inner();
        let read =
            read(&recorder, &event_id, "post", post, registry::post, Entry::Post, Payload::Post)?;
        if let Entry::Post(post) = &read.entry {
            let known = self.ledger.snapshot();
            let taken = known.registry().post(&post.id, Position::MAX).is_some();
            self.allow_amendment(taken, amend, read.event_id, "post.post_id").await?;
        }
        let receipt = Some(self.register(read).await?);
        Ok(Response::new(pb::RegisterPostResponse { receipt }))
    }

    async fn register_person(
        &self,
        request: Request<pb::RegisterPersonRequest>,
    ) -> Result<Response<pb::RegisterPersonResponse>, Status> {
        let receipt = Some(self.person_registered(request.into_inner()).await?);
        Ok(Response::new(pb::RegisterPersonResponse { receipt }))
    }

    async fn erase_person(
        &self,
        request: Request<pb::ErasePersonRequest>,
    ) -> Result<Response<pb::ErasePersonResponse>, Status> {
        Ok(Response::new(self.person_erased(request.into_inner()).await?))
    }

    async fn register_tenure(
        &self,
        request: Request<pb::RegisterTenureRequest>,
    ) -> Result<Response<pb::RegisterTenureResponse>, Status> {
        let pb::RegisterTenureRequest { recorder, event_id, tenure, amend } = request.into_inner();
        let read = read(
            &recorder,
            &event_id,
            "tenure",
            tenure,
            registry::tenure,
            Entry::Tenure,
            Payload::Tenure,
        )?;
        if let Entry::Tenure(tenure) = &read.entry {
            let known = self.ledger.snapshot();
            let taken = known.registry().tenure(&tenure.id, Position::MAX).is_some();
            self.allow_amendment(taken, amend, read.event_id, "tenure.tenure_id").await?;
        }
        let receipt = Some(self.register(read).await?);
        Ok(Response::new(pb::RegisterTenureResponse { receipt }))
    }

    async fn register_tenure_absence(
        &self,
        request: Request<pb::RegisterTenureAbsenceRequest>,
    ) -> Result<Response<pb::RegisterTenureAbsenceResponse>, Status> {
        let pb::RegisterTenureAbsenceRequest { recorder, event_id, absence, amend } =
            request.into_inner();
        let read = read(
            &recorder,
            &event_id,
            "absence",
            absence,
            change::absence,
            Entry::Absence,
            Payload::TenureAbsence,
        )?;
        if let Entry::Absence(absence) = &read.entry {
            let known = self.ledger.snapshot();
            let taken = known.registry().absence(&absence.id, Position::MAX).is_some();
            self.allow_amendment(taken, amend, read.event_id, "absence.absence_id").await?;
        }
        let receipt = Some(self.register(read).await?);
        Ok(Response::new(pb::RegisterTenureAbsenceResponse { receipt }))
    }

    async fn register_leading_group(
        &self,
        request: Request<pb::RegisterLeadingGroupRequest>,
    ) -> Result<Response<pb::RegisterLeadingGroupResponse>, Status> {
        Ok(Response::new(self.group_registered(request.into_inner()).await?))
    }

    async fn get_leading_group(
        &self,
        request: Request<pb::GetLeadingGroupRequest>,
    ) -> Result<Response<pb::GetLeadingGroupResponse>, Status> {
        Ok(Response::new(self.group_answer(request.into_inner()).await?))
    }

    async fn list_leading_groups(
        &self,
        request: Request<pb::ListLeadingGroupsRequest>,
    ) -> Result<Response<pb::ListLeadingGroupsResponse>, Status> {
        Ok(Response::new(self.groups_listed(&request.into_inner())?))
    }

    async fn register_organization_change(
        &self,
        request: Request<pb::RegisterOrganizationChangeRequest>,
    ) -> Result<Response<pb::RegisterOrganizationChangeResponse>, Status> {
        let pb::RegisterOrganizationChangeRequest { recorder, event_id, change, amend } =
            request.into_inner();
        let read = read(
            &recorder,
            &event_id,
            "change",
            change,
            organization_change::organization_change,
            Entry::OrganizationChange,
            Payload::OrganizationChange,
        )?;
        if let Entry::OrganizationChange(change) = &read.entry {
            let known = self.ledger.snapshot();
            let taken = known.registry().change(&change.id, Position::MAX).is_some();
            self.allow_amendment(taken, amend, read.event_id, "change.change_id").await?;
        }
        let receipt = Some(self.register(read).await?);
        Ok(Response::new(pb::RegisterOrganizationChangeResponse { receipt }))
    }

    async fn register_batch(
        &self,
        request: Request<pb::RegisterBatchRequest>,
    ) -> Result<Response<pb::RegisterBatchResponse>, Status> {
        Ok(Response::new(self.batch_registered(request.into_inner()).await?))
    }

    async fn get_organization(
        &self,
        request: Request<pb::GetOrganizationRequest>,
    ) -> Result<Response<pb::GetOrganizationResponse>, Status> {
        let request = request.into_inner();
        let mut problems = Problems::new();
        let id = duty_event::organization(&request.organization_id, &mut problems);
        refuse_if_any(problems)?;
        let id = id.ok_or_else(|| status::internal("an id did not convert"))?;
        self.covers(request.min_position).await?;
        let known = self.known(request.known_position)?;
        let snapshot = self.ledger.snapshot();
        let of = snapshot.registry();
        let day = Self::day_asked(&snapshot, &request.as_of_date, known)?;
        let organization = of
            .organization_on(&id, day, known)
            .ok_or_else(|| status::not_found("organization_id", "单位", &id))?;
        let posts = of.posts_of(&id, known).map(|post| {
            let held = of.tenures_of(&post.id, known);
            pb::PostWithTenures {
                post: Some(registry::post_message(post)),
                tenures: held.iter().map(|(_, t)| registry::tenure_message(t)).collect(),
                holdings: held.into_iter().map(|held| history::holding(of, held, known)).collect(),
            }
        });
        let above = of.parent_on(&id, (Axis::Line, day), known);
        Ok(Response::new(pb::GetOrganizationResponse {
            organization: Some(registry::organization_message(&organization)),
            posts: posts.collect(),
            position: known.get(),
            registrations: history::versions(of, &id, known),
            changes: history::changes(of, &id, known),
            as_of_date: day.to_string(),
            line_parent_organization_id: above.map_or_else(String::new, ToString::to_string),
        }))
    }

    async fn list_organizations(
        &self,
        request: Request<pb::ListOrganizationsRequest>,
    ) -> Result<Response<pb::ListOrganizationsResponse>, Status> {
        let request = request.into_inner();
        let size = page::size(request.page_size, PAGE_DEFAULT, PAGE_MAX)?;
        let within_text = &request.within_organization_id;
        let mut problems = Problems::new();
        let within = (!within_text.is_empty())
            .then(|| duty_event::organization(within_text, &mut problems))
            .flatten();
        refuse_if_any(problems)?;
        let known = self.known(request.known_position)?;
        let asked = request.known_position.to_string();
        let parts = ["ListOrganizations", within_text, &asked, &request.as_of_date];
        let binding = page::binding(&parts);
        let start = page::start(&request.page_token, binding, known)?;
        let snapshot = self.ledger.snapshot();
        let of = snapshot.registry();
        if let Some(within) = &within
            && of.organization(within, start.position).is_none()
        {
            return Err(status::not_found("within_organization_id", "单位", within));
        }
        let day = Self::day_asked(&snapshot, &request.as_of_date, start.position)?;
        let known = start.position;
        let found: Vec<_> = of
            .organizations(known)
            .filter(|org| {
                let inside = |top: &OrganizationId| of.is_supervised_on(&org.id, top, day, known);
                within.as_ref().is_none_or(inside) && of.end_before(&org.id, day, known).is_none()
            })
            .collect();
        let organizations: Vec<_> = found
            .iter()
            .skip(start.offset)
            .take(size)
            .filter_map(|organization| of.organization_on(&organization.id, day, known))
            .map(|organization| registry::organization_message(&organization))
            .collect();
        let next = start.offset + organizations.len();
        Ok(Response::new(pb::ListOrganizationsResponse {
            organizations,
            next_page_token: page::next(start, next, found.len(), binding),
            total_size: i32::try_from(found.len()).unwrap_or(i32::MAX),
            position: start.position.get(),
        }))
    }

    async fn get_person(
        &self,
        request: Request<pb::GetPersonRequest>,
    ) -> Result<Response<pb::GetPersonResponse>, Status> {
        Ok(Response::new(self.person_answer(request.into_inner()).await?))
    }

    async fn check_rule_set(
        &self,
        request: Request<pb::CheckRuleSetRequest>,
    ) -> Result<Response<pb::CheckRuleSetResponse>, Status> {
        Ok(Response::new(self.rule_set_check(request.into_inner()).await?))
    }

    async fn publish_rule_set(
        &self,
        request: Request<pb::PublishRuleSetRequest>,
    ) -> Result<Response<pb::PublishRuleSetResponse>, Status> {
        let pb::PublishRuleSetRequest { recorder, event_id, toml } = request.into_inner();
        let source = self.rule_set_source(toml, &event_id).await?;
        let advice = rules::checked_aside(source.clone()).await?.advice;
        let message = Some(source);
        let convert = convert::rule_set;
        let entry = |rules| Entry::RuleSet(Box::new(rules));
        let read = read(&recorder, &event_id, "", message, convert, entry, Payload::RuleSet)?;
        let rules = match &read.entry {
            Entry::RuleSet(rules) => (**rules).clone(),
            _ => return Err(status::internal("a rule set became something else")),
        };
        let receipt = self.register(read).await?;
        let rule_set = Some(view::rule_set(Position::new(receipt.position), &rules));
        Ok(Response::new(pb::PublishRuleSetResponse { receipt: Some(receipt), rule_set, advice }))
    }

    async fn get_rule_set(
        &self,
        request: Request<pb::GetRuleSetRequest>,
    ) -> Result<Response<pb::GetRuleSetResponse>, Status> {
        let request = request.into_inner();
        let known = self.known(request.known_position)?;
        let snapshot = self.ledger.snapshot();
        let id = RuleSetId::parse(&request.rule_set_id);
        let found =
            snapshot.rule_sets(known).into_iter().find(|(_, set)| Some(&set.id) == id.as_ref());
        let (position, rules) = found
            .ok_or_else(|| status::not_found("rule_set_id", "规则集", &request.rule_set_id))?;
        let toml = rules.text.to_string();
        let parent_tomls = rules.parents.iter().map(|parent| parent.text.to_string()).collect();
        let rule_set = Some(view::rule_set(position, rules));
        Ok(Response::new(pb::GetRuleSetResponse { rule_set, toml, parent_tomls }))
    }

    async fn list_rule_sets(
        &self,
        request: Request<pb::ListRuleSetsRequest>,
    ) -> Result<Response<pb::ListRuleSetsResponse>, Status> {
        let known = self.known(request.into_inner().known_position)?;
        let snapshot = self.ledger.snapshot();
        let sets = snapshot.rule_sets(known);
        Ok(Response::new(pb::ListRuleSetsResponse {
            rule_sets: sets.into_iter().map(|(at, set)| view::rule_set(at, set)).collect(),
            position: known.get(),
        }))
    }

    async fn publish_work_calendar(
        &self,
        request: Request<pb::PublishWorkCalendarRequest>,
    ) -> Result<Response<pb::PublishWorkCalendarResponse>, Status> {
        let pb::PublishWorkCalendarRequest { recorder, event_id, toml } = request.into_inner();
        let message = Some(pb::WorkCalendarSource { toml });
        let convert = |source: &pb::WorkCalendarSource, problems: &mut Problems| {
            convert::calendar(&source.toml, problems)
        };
        let entry = |calendar| Entry::Calendar(Box::new(calendar));
        let read = read(&recorder, &event_id, "", message, convert, entry, Payload::WorkCalendar)?;
        let receipt = Some(self.register(read).await?);
        Ok(Response::new(pb::PublishWorkCalendarResponse { receipt }))
    }

    async fn list_work_calendars(
        &self,
        request: Request<pb::ListWorkCalendarsRequest>,
    ) -> Result<Response<pb::ListWorkCalendarsResponse>, Status> {
        let known = self.known(request.into_inner().known_position)?;
        let snapshot = self.ledger.snapshot();
        let years = snapshot.calendar_years(known);
        let calendars = years.into_iter().map(|(position, year)| pb::WorkCalendarSummary {
            year: year.year.into(),
            notice: year.notice.to_string(),
            position: position.get(),
        });
        Ok(Response::new(pb::ListWorkCalendarsResponse {
            calendars: calendars.collect(),
            position: known.get(),
        }))
    }
}
