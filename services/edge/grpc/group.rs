//! Leading groups: what the calls of `RegistryService` about them do.

use duty::entry::Entry;
use duty::event::{Details, DutyEvent};
use duty::id::{LeadingGroupId, OrganizationId};
use duty::registry::LeadingGroup;
use duty::{Position, Problem, Problems, Reason};
use jiff::civil::Date;
use projection::Snapshot;
use tonic::Status;

use super::convert::{self, group, scalar};
use super::{Api, page, refuse_if_any, registry, status};
use crate::pb;
use crate::pb::ledger_entry::Payload;

/// Page sizes of lists of groups.
const PAGE_DEFAULT: usize = 100;
const PAGE_MAX: usize = 1_000;

impl Api {
    /// Takes in what a document says of a group.
    pub(super) async fn group_registered(
        &self,
        request: pb::RegisterLeadingGroupRequest,
    ) -> Result<pb::RegisterLeadingGroupResponse, Status> {
        let pb::RegisterLeadingGroupRequest { recorder, event_id, group: message, amend } = request;
        let read = registry::read(
            &recorder,
            &event_id,
            "group",
            message,
            group::leading_group,
            |group| Entry::LeadingGroup(Box::new(group)),
            Payload::LeadingGroup,
        )?;
        let Entry::LeadingGroup(group) = &read.entry else {
            return Err(status::internal("a group did not convert"));
        };
        let group = group.clone();
        let snapshot = self.ledger.snapshot();
        let versions = snapshot.registry().leading_group_versions(&group.id, Position::MAX);
        let taken = versions.iter().any(|(_, other)| other.document == group.document);
        self.allow_amendment(taken, amend, read.event_id, "group.document_number").await?;
        let receipt = self.register(read).await?;
        let findings = group.findings(self.ledger.snapshot().registry(), Position::MAX);
        Ok(pb::RegisterLeadingGroupResponse {
            receipt: Some(receipt),
            findings: findings.iter().map(convert::finding).collect(),
        })
    }

    /// The day a look-up is for: the one named, or that now running by the ledger.
    pub(super) fn day_asked(
        snapshot: &Snapshot,
        text: &str,
        known: Position,
    ) -> Result<Date, Status> {
        let mut problems = Problems::new();
        let day = scalar::civil_date(text, "as_of_date", &mut problems);
        refuse_if_any(problems)?;
        Ok(day.unwrap_or_else(|| snapshot.current_day(known)))
    }

    /// One group on a day.
    pub(super) async fn group_answer(
        &self,
        request: pb::GetLeadingGroupRequest,
    ) -> Result<pb::GetLeadingGroupResponse, Status> {
        self.covers(request.min_position).await?;
        let known = self.known(request.known_position)?;
        let snapshot = self.ledger.snapshot();
        let day = Self::day_asked(&snapshot, &request.as_of_date, known)?;
        let of = snapshot.registry();
        let versions = LeadingGroupId::parse(&request.group_id)
            .map(|id| of.leading_group_versions(&id, known))
            .filter(|versions| !versions.is_empty())
            .ok_or_else(|| status::not_found("group_id", "领导小组", &request.group_id))?;
        let mut answer = pb::GetLeadingGroupResponse {
            versions: versions.iter().map(|(at, group)| version(*at, group)).collect(),
            as_of_date: day.to_string(),
            position: known.get(),
            ..Default::default()
        };
        let id = &versions[0].1.id;
        let Some((at, group)) = of.leading_group(id, day, known) else { return Ok(answer) };
        answer.group = Some(group::leading_group_message(group));
        answer.group_position = at.get();
        answer.seats = seats(&snapshot, group, day, known);
        answer.adjustment_positions = self.adjustments(&snapshot, group, known).await?;
        let mut findings = group.findings(of, known);
        if of.holders_on(&group.head, day, known).is_empty() {
            findings.push(Problem::new(
                Reason::GroupHeadIrregular,
                "group.head_post_id",
                format!("{day} 组长职务 {} 无人任职", group.head),
                format!("nobody holds the head's post {} on {day}", group.head),
            ));
        }
        if answer.adjustment_positions.is_empty() {
            findings.push(Problem::new(
                Reason::GroupDocumentUnreported,
                "group.document_number",
                format!("台账中没有以 {} 报送的领导小组调整（确认）事件", group.document),
                format!("no event reports an adjustment by document {}", group.document),
            ));
        }
        answer.findings = findings.iter().map(convert::finding).collect();
        Ok(answer)
    }

    /// The current events of the organization that report an adjustment by the group's document.
    async fn adjustments(
        &self,
        snapshot: &Snapshot,
        group: &LeadingGroup,
        known: Position,
    ) -> Result<Vec<u64>, Status> {
        let mut found = Vec::new();
        for at in snapshot.group_events_of(&group.organization, group.from.year(), known) {
            let stored = self.ledger.read_one(at).await.map_err(|error| status::read(&error))?;
            let stored = stored.ok_or_else(|| status::internal("a known position has no entry"))?;
            let recorded = crate::ledger::decode(&stored).map_err(|error| status::read(&error))?;
            let reports = match &recorded.entry {
                Entry::DutyEvent(event) => reports(event, group),
                Entry::Correction(correction) => reports(&correction.event, group),
                _ => false,
            };
            if reports {
                found.push(at.get());
            }
        }
        Ok(found)
    }

    /// A page of the groups in force on a day.
    pub(super) fn groups_listed(
        &self,
        request: &pb::ListLeadingGroupsRequest,
    ) -> Result<pb::ListLeadingGroupsResponse, Status> {
        let size = page::size(request.page_size, PAGE_DEFAULT, PAGE_MAX)?;
        let mut problems = Problems::new();
        let organization = (!request.organization_id.is_empty()).then(|| {
            let id = OrganizationId::parse(&request.organization_id);
            if id.is_none() {
                convert::id_malformed("organization_id", &mut problems);
            }
            id
        });
        refuse_if_any(problems)?;
        let known = self.known(request.known_position)?;
        let binding = page::binding(&[
            "ListLeadingGroups",
            &request.organization_id,
            &request.as_of_date,
            &request.known_position.to_string(),
        ]);
        let start = page::start(&request.page_token, binding, known)?;
        let snapshot = self.ledger.snapshot();
        let day = Self::day_asked(&snapshot, &request.as_of_date, start.position)?;
        let of = snapshot.registry();
        let found: Vec<&LeadingGroup> = of
            .leading_groups(start.position)
            .filter_map(|id| Some(of.leading_group(id, day, start.position)?.1))
            .filter(|group| {
                organization.as_ref().is_none_or(|id| id.as_ref() == Some(&group.organization))
            })
            .collect();
        let shown = found.iter().skip(start.offset).take(size);
        let groups: Vec<_> = shown.map(|group| group::leading_group_message(group)).collect();
        let next = start.offset + groups.len();
        Ok(pb::ListLeadingGroupsResponse {
            groups,
            next_page_token: page::next(start, next, found.len(), binding),
            total_size: i32::try_from(found.len()).unwrap_or(i32::MAX),
            position: start.position.get(),
            as_of_date: day.to_string(),
        })
    }
}

/// Whether an event reports what the document of the group did: by its own field, or as evidence.
fn reports(event: &DutyEvent, group: &LeadingGroup) -> bool {
    let stated = match &event.details {
        Details::LeadingGroupAdjustment(adjustment) => adjustment.document_number.as_ref(),
        _ => None,
    };
    let evidence = event.evidence.iter().filter_map(|evidence| evidence.document_number.as_ref());
    stated.into_iter().chain(evidence).any(|number| *number == group.document)
}

fn version(at: Position, group: &LeadingGroup) -> pb::LeadingGroupVersion {
    pb::LeadingGroupVersion {
        document_number: group.document.to_string(),
        start_date: group.from.to_string(),
        position: at.get(),
        name_zh: group.name_zh.to_string(),
    }
}

fn seats(
    snapshot: &Snapshot,
    group: &LeadingGroup,
    day: Date,
    known: Position,
) -> Vec<pb::LeadingGroupSeat> {
    let of = snapshot.registry();
    let office = group.office().map(|(field, post)| (field.to_owned(), post));
    let seats = group.seats().into_iter().chain(office).map(|(seat, post)| {
        let holders = of.holders_on(post, day, known);
        pb::LeadingGroupSeat {
            seat,
            post_id: post.to_string(),
            title_zh: of.post(post, known).map_or_else(String::new, |p| p.title_zh.to_string()),
            person_ids: holders.iter().map(|(_, tenure)| tenure.person.to_string()).collect(),
        }
    });
    seats.collect()
}
