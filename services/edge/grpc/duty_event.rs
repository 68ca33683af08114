//! `DutyEventService`: append, correct, withdraw, read, watch.

use std::pin::Pin;

use duty::decide::{Command, Proposed};
use duty::entry::Entry;
use duty::evaluate::ReviewState;
use duty::id::OrganizationId;
use duty::{Position, Problems};
use projection::Snapshot;
use prost::Message as _;
use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::flags::{entry_flags, event_flags};
use super::{Api, convert, event_id, page, receipt, recorder, refuse_if_any, status};
use crate::ledger::{Stored, Submission};
use crate::pb;
use crate::pb::duty_event_service_server::DutyEventService;

/// Entries in one message of a bulk read: with events of 256 bytes about 128 KiB.
pub(crate) const CHUNK_EVENTS: usize = 512;
/// Bytes in one message of a bulk read; well below the 4 MiB clients accept by default, even with
/// the entry sent twice in the view FULL.
pub(crate) const CHUNK_BYTES: usize = 1024 * 1024;
/// Messages ready to send on one stream: what a slow reader costs in memory.
pub(crate) const STREAM_BUFFER: usize = 4;
/// Page sizes of lists of entries.
const PAGE_DEFAULT: usize = 100;
const PAGE_MAX: usize = 1_000;
/// Where a refused correction was wrong.
const CORRECTION: status::Fields =
    status::Fields { event_id: "event.event_id", entry: "", whole: "event" };
/// Where a refused withdrawal was wrong.
const WITHDRAWAL: status::Fields =
    status::Fields { event_id: "event_id", entry: "", whole: "reason" };

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl DutyEventService for Api {
    type ReadEventsStream = Answers<pb::ReadEventsResponse>;
    type WatchEventsStream = Answers<pb::WatchEventsResponse>;

    async fn append_events(
        &self,
        request: Request<pb::AppendEventsRequest>,
    ) -> Result<Response<pb::AppendEventsResponse>, Status> {
        let request = request.into_inner();
        let with_flags = request.with_flags;
        let submission = append(request);
        // What a person reads; systems that send one event a call do without.
        let entries = if with_flags { submission.command.entries.clone() } else { Vec::new() };
        let given = self.ledger.submit(submission).await.map_err(status::submit)?;
        let flags = self.flags(&entries, &given).into_iter().chain(std::iter::repeat(Vec::new()));
        let receipts = given.iter().zip(flags).map(|(given, flags)| receipt(given, flags));
        let receipts = receipts.collect();
        let position = self.ledger.head().get();
        Ok(Response::new(pb::AppendEventsResponse { receipts, position }))
    }

    async fn correct_event(
        &self,
        request: Request<pb::CorrectEventRequest>,
    ) -> Result<Response<pb::CorrectEventResponse>, Status> {
        let pb::CorrectEventRequest {
            recorder: by,
            target_event_id,
            event,
            reason,
            expected_revision,
        } = request.into_inner();
        let message = pb::Correction { target_event_id, reason, event };
        let mut problems = Problems::new();
        let by = recorder(&by, &mut problems);
        let id = message
            .event
            .as_ref()
            .and_then(|event| event_id(&event.event_id, "event.event_id", &mut problems));
        let correction = convert::correction(&message, &mut problems);
        refuse_if_any(problems)?;
        let (Some(id), Some(correction)) = (id, correction) else {
            return Err(status::internal("a correction without fault did not convert"));
        };
        let flags = event_flags(&correction.event, &self.ledger.registry());
        let expectations = expected_revision
            .map(|revision| (correction.event.organization.clone(), revision))
            .into_iter()
            .collect();
        let entry = Entry::Correction(Box::new(correction));
        let payload = pb::ledger_entry::Payload::Correction(message);
        let given = self.submit_one(CORRECTION, by, id, entry, payload, expectations).await?;
        let receipt = Some(pb::AppendReceipt { flags, ..given });
        Ok(Response::new(pb::CorrectEventResponse { receipt }))
    }

    async fn withdraw_event(
        &self,
        request: Request<pb::WithdrawEventRequest>,
    ) -> Result<Response<pb::WithdrawEventResponse>, Status> {
        let pb::WithdrawEventRequest {
            recorder: by,
            event_id: id,
            target_event_id,
            reason,
            consented_by,
        } = request.into_inner();
        let message = pb::Withdrawal { target_event_id, reason, consented_by };
        let mut problems = Problems::new();
        let by = recorder(&by, &mut problems);
        let id = event_id(&id, "event_id", &mut problems);
        let withdrawal = convert::withdrawal(&message, &mut problems);
        refuse_if_any(problems)?;
        let (Some(id), Some(withdrawal)) = (id, withdrawal) else {
            return Err(status::internal("a withdrawal without fault did not convert"));
        };
        let entry = Entry::Withdrawal(withdrawal);
        let payload = pb::ledger_entry::Payload::Withdrawal(message);
        let given = self.submit_one(WITHDRAWAL, by, id, entry, payload, Vec::new()).await?;
        let receipt = Some(given);
        Ok(Response::new(pb::WithdrawEventResponse { receipt }))
    }

    async fn amend_events(
        &self,
        request: Request<pb::AmendEventsRequest>,
    ) -> Result<Response<pb::AmendEventsResponse>, Status> {
        Ok(Response::new(self.events_amended(request.into_inner()).await?))
    }

    async fn get_event(
        &self,
        request: Request<pb::GetEventRequest>,
    ) -> Result<Response<pb::GetEventResponse>, Status> {
        let request = request.into_inner();
        let mut problems = Problems::new();
        let id = event_id(&request.event_id, "event_id", &mut problems);
        let view = view(request.view, &mut problems);
        refuse_if_any(problems)?;
        self.covers(request.min_position).await?;
        let id = id.ok_or_else(|| status::internal("an id without fault did not convert"))?;
        let (standing, snapshot) = self
            .ledger
            .with_state(|state| (state.fact(id).map(|(_, fact)| fact), state.snapshot()));
        let head = snapshot.head();
        let found = self.ledger.find(id).await.map_err(|error| status::read(&error))?;
        let found = found.filter(|(stored, _)| stored.position <= head);
        let (stored, recorded) = found.ok_or_else(|| status::not_found("event_id", "事件", &id))?;
        let flags = entry_flags(&recorded, &snapshot);
        let standing = standing.map(|fact| event_standing(&fact, flags, &snapshot));
        Ok(Response::new(pb::GetEventResponse {
            entry: Some(recorded_entry(&stored, view)?),
            standing,
            position: head.get(),
            root_hash: self.root(head)?,
        }))
    }

    async fn list_events(
        &self,
        request: Request<pb::ListEventsRequest>,
    ) -> Result<Response<pb::ListEventsResponse>, Status> {
        let request = request.into_inner();
        let mut problems = Problems::new();
        let organization = organization(&request.organization_id, &mut problems);
        let view = view(request.view, &mut problems);
        refuse_if_any(problems)?;
        let organization = organization.ok_or_else(|| status::internal("an id did not convert"))?;
        let size = page::size(request.page_size, PAGE_DEFAULT, PAGE_MAX)?;
        self.covers(request.min_position).await?;
        let snapshot = self.ledger.snapshot();
        let binding = page::binding(&["ListEvents", organization.as_str()]);
        let start = page::start(&request.page_token, binding, snapshot.head())?;
        if snapshot.registry().organization(&organization, start.position).is_none() {
            return Err(status::not_found("organization_id", "单位", &organization));
        }
        let positions = snapshot.entries_of(&organization, Position::ZERO, start.position);
        let total = positions.len();
        let mut entries = Vec::new();
        let mut bytes = 0;
        for position in positions.iter().skip(start.offset).take(size) {
            let stored = self.ledger.read_one(*position).await;
            let stored = stored.map_err(|error| status::read(&error))?;
            let stored = stored.ok_or_else(|| status::internal("a known position has no entry"))?;
            // A page may be shorter than asked for (AIP-158); its token goes on where it ended.
            if !entries.is_empty() && CHUNK_BYTES < bytes + stored.bytes.len() {
                break;
            }
            bytes += stored.bytes.len();
            entries.push(recorded_entry(&stored, view)?);
        }
        let next = start.offset + entries.len();
        Ok(Response::new(pb::ListEventsResponse {
            entries,
            next_page_token: page::next(start, next, total, binding),
            total_size: i32::try_from(total).unwrap_or(i32::MAX),
            position: start.position.get(),
            root_hash: self.root(start.position)?,
            revision: u64::try_from(total).unwrap_or(u64::MAX),
        }))
    }

    async fn read_events(
        &self,
        request: Request<pb::ReadEventsRequest>,
    ) -> Result<Response<Self::ReadEventsStream>, Status> {
        let request = request.into_inner();
        let mut problems = Problems::new();
        let view = view(request.view, &mut problems);
        refuse_if_any(problems)?;
        self.covers(request.min_position).await?;
        let head = self.ledger.head();
        let root_hash = self.root(head)?;
        let limit = if request.limit == 0 { u64::MAX } else { request.limit };
        let (answers, stream) = mpsc::channel(STREAM_BUFFER);
        let api = self.clone();
        let mut next = Position::new(request.from_position.max(1));
        tokio::spawn(async move {
            let mut left = limit;
            while next <= head && 0 < left && !*api.stopping.borrow() {
                let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(CHUNK_EVENTS);
                let chunk = api.ledger.read(next, wanted, CHUNK_BYTES).await;
                let answer = chunk.map_err(|error| status::read(&error)).and_then(|mut chunk| {
                    chunk.retain(|entry| entry.position <= head);
                    if let Some(last) = chunk.last() {
                        next = last.position.next();
                    } else {
                        next = head.next();
                    }
                    left = left.saturating_sub(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
                    let entries = recorded_entries(&chunk, view)?;
                    let (head_position, root_hash) = (head.get(), root_hash.clone());
                    Ok(pb::ReadEventsResponse { entries, head_position, root_hash })
                });
                let failed = answer.is_err();
                if answers.send(answer).await.is_err() || failed {
                    return;
                }
            }
            if next <= head && 0 < left {
                let _ =
                    answers.send(Err(status::submit(crate::ledger::SubmitError::Stopping))).await;
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(stream))))
    }

    async fn watch_events(
        &self,
        request: Request<pb::WatchEventsRequest>,
    ) -> Result<Response<Self::WatchEventsStream>, Status> {
        let request = request.into_inner();
        let mut problems = Problems::new();
        let view = view(request.view, &mut problems);
        let organization = (!request.organization_id.is_empty())
            .then(|| organization(&request.organization_id, &mut problems))
            .flatten();
        refuse_if_any(problems)?;
        if let Some(organization) = &organization
            && self.ledger.snapshot().registry().organization(organization, Position::MAX).is_none()
        {
            return Err(status::not_found("organization_id", "单位", organization));
        }
        let (answers, stream) = mpsc::channel(STREAM_BUFFER);
        let watch = Watch {
            api: self.clone(),
            next: Position::new(request.from_position.max(1)),
            organization,
            view,
            answers,
        };
        tokio::spawn(watch.run());
        Ok(Response::new(Box::pin(ReceiverStream::new(stream))))
    }
}

/// One watch: what is there first, then what comes, heartbeats in between.
struct Watch {
    api: Api,
    next: Position,
    organization: Option<OrganizationId>,
    view: pb::EntryView,
    answers: mpsc::Sender<Result<pb::WatchEventsResponse, Status>>,
}

impl Watch {
    async fn run(mut self) {
        let mut head = self.api.ledger.watch_head();
        let mut stopping = self.api.stopping.clone();
        loop {
            let now = *head.borrow_and_update();
            while self.next <= now {
                let answer = self.chunk(now).await;
                let failed = answer.is_err();
                if self.answers.send(answer).await.is_err() || failed {
                    return;
                }
                if *stopping.borrow() {
                    break;
                }
            }
            // The end of a stream by shutdown is no failure of the caller's: resume elsewhere.
            if *stopping.borrow() {
                let error = status::submit(crate::ledger::SubmitError::Stopping);
                let _ = self.answers.send(Err(error)).await;
                return;
            }
            tokio::select! {
                changed = head.changed() => if changed.is_err() { return },
                _ = stopping.changed() => {},
                () = tokio::time::sleep(self.api.watch_heartbeat) => {
                    // A watch that starts beyond the head has been sent nothing before its start.
                    let position = now.get().max(self.next.get().saturating_sub(1));
                    let beat = pb::WatchEventsResponse { entries: Vec::new(), position };
                    if self.answers.send(Ok(beat)).await.is_err() {
                        return;
                    }
                }
                () = self.answers.closed() => return,
            }
        }
    }

    /// The next entries up to `now`; moves on past them.
    async fn chunk(&mut self, now: Position) -> Result<pb::WatchEventsResponse, Status> {
        let (chunk, is_all) = match &self.organization {
            None => {
                let chunk = self.api.ledger.read(self.next, CHUNK_EVENTS, CHUNK_BYTES).await;
                chunk.map(|chunk| (chunk, false))
            }
            Some(organization) => self.of_organization(organization, now).await,
        }
        .map_err(|error| status::read(&error))?;
        let reached = match chunk.last() {
            Some(last) if !is_all => last.position,
            _ => now,
        };
        self.next = reached.next();
        let entries = recorded_entries(&chunk, self.view)?;
        Ok(pb::WatchEventsResponse { entries, position: reached.get() })
    }

    /// The next entries of one stream, and whether they are all there are up to `now`.
    async fn of_organization(
        &self,
        organization: &OrganizationId,
        now: Position,
    ) -> Result<(Vec<Stored>, bool), crate::ledger::ReadFailure> {
        let snapshot = self.api.ledger.snapshot();
        let positions = snapshot.entries_of(organization, self.next, now);
        let mut chunk = Vec::new();
        let mut bytes = 0;
        for position in positions {
            if let Some(stored) = self.api.ledger.read_one(position).await? {
                bytes += stored.bytes.len();
                chunk.push(stored);
            }
            if CHUNK_EVENTS <= chunk.len() || CHUNK_BYTES <= bytes {
                return Ok((chunk, false));
            }
        }
        Ok((chunk, true))
    }
}

/// A submission of the request.
fn append(request: pb::AppendEventsRequest) -> Submission {
    let mut problems = Problems::new();
    let by = recorder(&request.recorder, &mut problems);
    let mut entries = Vec::with_capacity(request.events.len());
    let validate_only = request.validate_only;
    for (index, message) in request.events.iter().enumerate() {
        problems.at_item("events", index, |problems| {
            let id = event_id(&message.event_id, "event_id", problems);
            let event = convert::event::event(message, problems);
            if let (Some(event_id), Some(event)) = (id, event) {
                entries.push(Proposed::new(index, event_id, Entry::DutyEvent(Box::new(event))));
            }
        });
    }
    let mut expectations = Vec::new();
    for (index, expected) in request.expected_revisions.iter().enumerate() {
        problems.at_item("expected_revisions", index, |problems| {
            let organization = organization(&expected.organization_id, problems);
            expectations.extend(organization.map(|of| (of, expected.revision)));
        });
    }
    let payloads = request.events.into_iter().map(pb::ledger_entry::Payload::DutyEvent).collect();
    let command = Command { recorder: by, entries, expectations };
    // The writer refuses what was found here together with what it finds itself, so that one
    // answer names every bad item of the batch.
    let submission = Submission::new(command, payloads, problems.into_vec());
    Submission { validate_only, ..submission }
}

pub(crate) fn organization(text: &str, problems: &mut Problems) -> Option<OrganizationId> {
    let organization = OrganizationId::parse(text);
    if organization.is_none() {
        convert::id_malformed("organization_id", problems);
    }
    organization
}

fn view(number: i32, problems: &mut Problems) -> pb::EntryView {
    match pb::EntryView::try_from(number) {
        Ok(pb::EntryView::Stored) => pb::EntryView::Stored,
        Ok(pb::EntryView::Full | pb::EntryView::Unspecified) => pb::EntryView::Full,
        Err(_) => {
            convert::scalar::enum_unknown("view", number, problems);
            pb::EntryView::Full
        }
    }
}

fn recorded_entries(
    chunk: &[Stored],
    view: pb::EntryView,
) -> Result<Vec<pb::RecordedEntry>, Status> {
    chunk.iter().map(|stored| recorded_entry(stored, view)).collect()
}

/// An entry for the wire: the bytes as stored, and for FULL the message they hold.
fn recorded_entry(stored: &Stored, view: pb::EntryView) -> Result<pb::RecordedEntry, Status> {
    let entry = match view {
        pb::EntryView::Stored => None,
        pb::EntryView::Full | pb::EntryView::Unspecified => {
            let decoded = pb::LedgerEntry::decode(stored.bytes.clone());
            Some(decoded.map_err(|_| status::internal("a stored entry did not decode"))?)
        }
    };
    Ok(pb::RecordedEntry { position: stored.position.get(), stored: stored.bytes.clone(), entry })
}

fn event_standing(
    fact: &duty::evaluate::Fact,
    flags: Vec<pb::Finding>,
    snapshot: &Snapshot,
) -> pb::EventStanding {
    let head = snapshot.head();
    let at = |position: Option<Position>| position.map_or(0, Position::get);
    let dated = fact.occurred.start().is_some() || !fact.quantities.is_empty();
    let grade = if fact.documented {
        "A"
    } else if dated {
        "B"
    } else {
        "C"
    };
    pb::EventStanding {
        current: fact.is_current(head),
        superseded_at: at(fact.superseded_at),
        withdrawn_at: at(fact.withdrawn_at),
        accepted: fact.is_accepted(head),
        flags,
        evidence_grade: grade.to_owned(),
        review: fact.review(head).map(|review| {
            let (calendars, day) = (snapshot.calendars(head), snapshot.current_day(head));
            convert::review::standing(&ReviewState::new(*review, &calendars, day))
        }),
    }
}
