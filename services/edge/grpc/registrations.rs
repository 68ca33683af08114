//! Many registrations at once: what `RegistryService.RegisterBatch` does.
//!
//! All or nothing, and each sees those before it: the ledger decides on the batch as one command.
//! What is registered just so is left alone, so a workbook imported twice changes nothing; what is
//! registered otherwise takes `amend`. Names are no part of it: they are sealed one by one.

use std::collections::BTreeMap;

use duty::decide::{Command, ENTRIES_PER_COMMAND_MAX, Proposed};
use duty::entry::Entry;
use duty::id::EventId;
use duty::registry::{Person, Registry};
use duty::{Position, Problems, Reason};
use tonic::Status;

use super::convert::{change, group, organization_change, registry, scalar};
use super::{Api, convert, event_id, person, receipt, recorder, refuse_if_any, status};
use crate::ledger::{self, Submission};
use crate::pb;
use crate::pb::ledger_entry::Payload;
use crate::pb::registration::Registered;

/// The name of the list in the request.
const LIST: &str = "registrations";

/// A registration that could be read.
struct Item {
    /// Its place in the request.
    index: usize,
    event_id: EventId,
    entry: Entry,
    payload: Payload,
    /// The version registered before, and whether it says the same.
    before: Option<(Position, bool)>,
}

impl Item {
    fn is_unchanged(&self) -> bool {
        self.before.is_some_and(|(_, same)| same)
    }
}

impl Api {
    pub(super) async fn batch_registered(
        &self,
        request: pb::RegisterBatchRequest,
    ) -> Result<pb::RegisterBatchResponse, Status> {
        let pb::RegisterBatchRequest { recorder: by, registrations, amend, validate_only } =
            request;
        let mut problems = Problems::new();
        let by = recorder(&by, &mut problems);
        check_length(registrations.len(), &mut problems);
        let items = read(registrations, &self.ledger.registry(), &mut problems);
        if !amend {
            self.refuse_amendments(&items, &mut problems).await?;
        }
        let (unchanged, changed): (Vec<_>, Vec<_>) =
            items.into_iter().partition(Item::is_unchanged);
        let mut results: BTreeMap<usize, pb::RegistrationResult> = BTreeMap::new();
        if changed.is_empty() {
            refuse_if_any(problems)?;
        } else {
            let places: Vec<usize> = changed.iter().map(|item| item.index).collect();
            let before = changed.iter().map(|item| item.before.map_or(0, |(at, _)| at.get()));
            let before: Vec<u64> = before.collect();
            let entries: Vec<Entry> = changed.iter().map(|item| item.entry.clone()).collect();
            let mut proposed = Vec::with_capacity(changed.len());
            let mut payloads = Vec::with_capacity(changed.len());
            for Item { index, event_id, entry, payload, .. } in changed {
                proposed.push(Proposed::new(index, event_id, entry));
                payloads.push(payload);
            }
            let command = Command { recorder: by, entries: proposed, expectations: Vec::new() };
            let submission = Submission::new(command, payloads, problems.into_vec());
            let submission = Submission { validate_only, ..submission };
            let submitted = self.ledger.submit(submission).await;
            let given = submitted.map_err(|error| status::submit_list(error, LIST, &places))?;
            let known = self.ledger.registry();
            let done = places.into_iter().zip(before).zip(entries).zip(given);
            for (((index, before_position), entry), given) in done {
                let findings = match &entry {
                    Entry::LeadingGroup(group) if !validate_only => {
                        group.findings(&known, Position::MAX)
                    }
                    _ => Vec::new(),
                };
                results.insert(
                    index,
                    pb::RegistrationResult {
                        receipt: Some(receipt(&given, Vec::new())),
                        unchanged: false,
                        before_position,
                        findings: findings.iter().map(convert::finding).collect(),
                    },
                );
            }
        }
        for item in unchanged {
            let Some((at, _)) = item.before else { continue };
            results.insert(item.index, self.unchanged(at).await?);
        }
        let position = self.ledger.head().get();
        Ok(pb::RegisterBatchResponse { results: results.into_values().collect(), position })
    }

    /// Names every new version that nobody asked for. A repeated call is not one.
    async fn refuse_amendments(
        &self,
        items: &[Item],
        problems: &mut Problems,
    ) -> Result<(), Status> {
        for item in items {
            if !matches!(item.before, Some((_, false))) {
                continue;
            }
            let repeated = self.ledger.find(item.event_id).await;
            if repeated.map_err(|error| status::read(&error))?.is_some() {
                continue;
            }
            let field = id_field(&item.entry);
            problems.at_item(LIST, item.index, |problems| {
                problems.add(
                    Reason::AlreadyExists,
                    field,
                    "编号已登记，内容不同；如要变更登记，请设置 amend = true（命令行 --amend）",
                    "the id is registered already with other content; set amend to register a new \
                     version (--amend on the command line)",
                );
            });
        }
        Ok(())
    }

    /// The result of what stands there as it was given.
    async fn unchanged(&self, at: Position) -> Result<pb::RegistrationResult, Status> {
        let stored = self.ledger.read_one(at).await.map_err(|error| status::read(&error))?;
        let stored = stored.ok_or_else(|| status::internal("a known position has no entry"))?;
        let recorded = ledger::decode(&stored).map_err(|error| status::read(&error))?;
        Ok(pb::RegistrationResult {
            receipt: Some(pb::AppendReceipt {
                event_id: recorded.event_id.to_string(),
                position: at.get(),
                recorded_time: Some(scalar::timestamp(recorded.recorded_at)),
                duplicate: true,
                flags: Vec::new(),
            }),
            unchanged: true,
            before_position: at.get(),
            findings: Vec::new(),
        })
    }
}

fn check_length(length: usize, problems: &mut Problems) {
    if length == 0 {
        problems.add(
            Reason::FieldRequired,
            LIST,
            "至少需要一项登记",
            "at least one registration is required",
        );
    }
    if ENTRIES_PER_COMMAND_MAX < length {
        problems.add(
            Reason::FieldTooLong,
            LIST,
            format!("一批最多 {ENTRIES_PER_COMMAND_MAX} 项登记，请分批提交"),
            format!("at most {ENTRIES_PER_COMMAND_MAX} registrations in a batch: split it"),
        );
    }
}

/// Reads every registration; what cannot be read is a problem and no item.
fn read(
    registrations: Vec<pb::Registration>,
    registry: &Registry,
    problems: &mut Problems,
) -> Vec<Item> {
    let mut items = Vec::with_capacity(registrations.len());
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (index, pb::Registration { event_id: id, registered }) in
        registrations.into_iter().enumerate()
    {
        problems.at_item(LIST, index, |problems| {
            let event_id = event_id(&id, "event_id", problems);
            let Some((entry, payload)) = registered_thing(registered, problems) else { return };
            let (field, key) = (id_field(&entry), key(&entry));
            if let Some(first) = seen.insert(key, index) {
                problems.add(
                    Reason::DuplicateInRequest,
                    field,
                    format!("与 {LIST}[{first}] 登记的是同一项：一批中只能出现一次"),
                    format!("{LIST}[{first}] registers the same: it stands once in a batch"),
                );
            }
            let before = before(registry, &entry);
            items.extend(event_id.map(|event_id| Item { index, event_id, entry, payload, before }));
        });
    }
    items
}

fn registered_thing(
    registered: Option<Registered>,
    problems: &mut Problems,
) -> Option<(Entry, Payload)> {
    let Some(registered) = registered else {
        problems.add(
            Reason::FieldRequired,
            "",
            "请填写一项登记内容：单位、职务、人员、任期、离岗、领导小组或单位变更",
            "name what to register: an organization, post, person, tenure, absence, leading group \
             or change of an organization",
        );
        return None;
    };
    let entry = match &registered {
        Registered::Organization(of) => {
            Entry::Organization(problems.at("organization", |p| registry::organization(of, p))?)
        }
        Registered::Post(post) => Entry::Post(problems.at("post", |p| registry::post(post, p))?),
        Registered::Person(message) => {
            let id = problems.at("person", |p| person::asked(message.clone(), p))?;
            Entry::Person(Person::from(id))
        }
        Registered::Tenure(tenure) => {
            Entry::Tenure(problems.at("tenure", |p| registry::tenure(tenure, p))?)
        }
        Registered::Absence(absence) => {
            Entry::Absence(problems.at("absence", |p| change::absence(absence, p))?)
        }
        Registered::Group(message) => Entry::LeadingGroup(Box::new(
            problems.at("group", |p| group::leading_group(message, p))?,
        )),
        Registered::Change(change) => Entry::OrganizationChange(
            problems.at("change", |p| organization_change::organization_change(change, p))?,
        ),
    };
    let payload = match registered {
        Registered::Organization(message) => Payload::Organization(message),
        Registered::Post(message) => Payload::Post(message),
        Registered::Person(message) => Payload::Person(message),
        Registered::Tenure(message) => Payload::Tenure(message),
        Registered::Absence(message) => Payload::TenureAbsence(message),
        Registered::Group(message) => Payload::LeadingGroup(message),
        Registered::Change(message) => Payload::OrganizationChange(message),
    };
    Some((entry, payload))
}

/// The field that says which one it is.
fn id_field(entry: &Entry) -> &'static str {
    match entry {
        Entry::Organization(_) => "organization.organization_id",
        Entry::Post(_) => "post.post_id",
        Entry::Person(_) => "person.person_id",
        Entry::Tenure(_) => "tenure.tenure_id",
        Entry::Absence(_) => "absence.absence_id",
        Entry::LeadingGroup(_) => "group.document_number",
        Entry::OrganizationChange(_) => "change.change_id",
        _ => "event_id",
    }
}

/// What two registrations of the same thing have in common.
fn key(entry: &Entry) -> String {
    let field = id_field(entry);
    match entry {
        Entry::Organization(of) => format!("{field} {}", of.id),
        Entry::Post(post) => format!("{field} {}", post.id),
        Entry::Person(person) => format!("{field} {}", person.id),
        Entry::Tenure(tenure) => format!("{field} {}", tenure.id),
        Entry::Absence(absence) => format!("{field} {}", absence.id),
        Entry::LeadingGroup(group) => format!("{field} {} {}", group.id, group.document.as_str()),
        Entry::OrganizationChange(change) => format!("{field} {}", change.id),
        _ => field.to_owned(),
    }
}

/// The newest version registered, and whether it says the same.
fn before(registry: &Registry, entry: &Entry) -> Option<(Position, bool)> {
    const NOW: Position = Position::MAX;
    match entry {
        Entry::Organization(of) => {
            let (at, known) = registry.organization_versions(&of.id, NOW).last()?;
            Some((*at, known == of))
        }
        Entry::Post(post) => {
            let same = registry.post(&post.id, NOW)? == post;
            Some((registry.post_since(&post.id)?, same))
        }
        Entry::Person(person) => Some((registry.person(&person.id)?.since, true)),
        Entry::Tenure(tenure) => {
            registry.tenure(&tenure.id, NOW).map(|(at, known)| (at, known == tenure))
        }
        Entry::Absence(absence) => {
            registry.absence(&absence.id, NOW).map(|(at, known)| (at, known == absence))
        }
        Entry::LeadingGroup(group) => {
            let versions = registry.leading_group_versions(&group.id, NOW);
            let known = versions.iter().find(|(_, known)| known.document == group.document);
            known.map(|(at, known)| (*at, **known == **group))
        }
        Entry::OrganizationChange(change) => {
            registry.change(&change.id, NOW).map(|(at, known)| (at, known == change))
        }
        _ => None,
    }
}
