//! `EvaluationService.WatchChanges`: cursors, messages, and the stream.

use std::sync::Arc;

use duty::entry::Entry;
use duty::evaluate::Status as State;
use duty::id::OrganizationId;
use duty::ruleset::Rung;
use duty::{Position, Problem, Problems, Reason};
use projection::changes::{Agenda, Change, Judgement};
use tokio::sync::mpsc;
use tonic::Status;

use super::convert::{scalar, view};
use super::{Api, duty_event, refuse_if_any, status};
use crate::changes::Changed;
use crate::ledger::{ReadFailure, SubmitError};
use crate::pb;

/// Entries looked at between two messages at most.
const CHUNK_ENTRIES: usize = 64;
/// Changes of one message: about 300 KB.
const MESSAGE_CHANGES: usize = 1_000;

type Answers = mpsc::Sender<Result<pb::WatchChangesResponse, Status>>;

/// Where a consumer is: before the change with this index of the entry at this position.
///
/// The text begins with the edition of the sequence. It is raised when entries that are stored
/// already tell of other changes than before, for then an index no longer names the same change:
/// a consumer is told to start over rather than sent a sequence that does not fit its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cursor {
    position: Position,
    index: u32,
}

/// Of the sequence of changes, see [`Cursor`].
const EDITION: &str = "c2";

impl Cursor {
    const START: Self = Self { position: Position::new(1), index: 0 };

    fn text(self) -> String {
        format!("{EDITION}-{:x}-{:x}", self.position.get(), self.index)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        if parts.next() != Some(EDITION) {
            return None;
        }
        let position = u64::from_str_radix(parts.next()?, 16).ok()?;
        let index = u32::from_str_radix(parts.next()?, 16).ok()?;
        let cursor = Self { position: Position::new(position), index };
        // Only what was written here is read: no sign, no leading zero, nothing behind.
        (0 < position && cursor.text() == text).then_some(cursor)
    }
}

/// One consumer that follows.
pub(super) struct Following {
    api: Api,
    cursor: Cursor,
    organization: Option<OrganizationId>,
    own: Agenda,
}

impl Following {
    /// Checks a request.
    pub(super) fn new(api: Api, request: &pb::WatchChangesRequest) -> Result<Self, Status> {
        let mut problems = Problems::new();
        let organization = (!request.organization_id.is_empty())
            .then(|| duty_event::organization(&request.organization_id, &mut problems))
            .flatten();
        refuse_if_any(problems)?;
        let cursor = match &*request.cursor {
            "" => Cursor::START,
            text => Cursor::parse(text).ok_or_else(cursor_invalid)?,
        };
        let head = api.ledger.head();
        if head.next() < cursor.position {
            return Err(status::beyond_head(cursor.position, head));
        }
        if let Some(organization) = &organization
            && api.ledger.snapshot().registry().organization(organization, Position::MAX).is_none()
        {
            return Err(status::not_found("organization_id", "单位", organization));
        }
        Ok(Self { api, cursor, organization, own: Agenda::default() })
    }

    /// Sends what is past, then what comes, until the consumer goes or the service stops.
    pub(super) async fn run(mut self, answers: Answers) {
        let mut head = self.api.ledger.watch_head();
        let mut stopping = self.api.stopping.clone();
        loop {
            let now = *head.borrow_and_update();
            while self.cursor.position <= now && !*stopping.borrow() {
                let sent = match self.chunk(now).await {
                    Ok(messages) => send(&answers, messages).await,
                    Err(failure) => {
                        let _ = answers.send(Err(status::read(&failure))).await;
                        false
                    }
                };
                if !sent {
                    return;
                }
            }
            // The end of a stream by shutdown is no failure of the caller's: resume elsewhere.
            if *stopping.borrow() {
                let _ = answers.send(Err(status::submit(SubmitError::Stopping))).await;
                return;
            }
            tokio::select! {
                changed = head.changed() => if changed.is_err() { return },
                _ = stopping.changed() => {},
                () = tokio::time::sleep(self.api.watch_heartbeat) => {
                    if !send(&answers, vec![self.message(Vec::new())]).await {
                        return;
                    }
                }
                () = answers.closed() => return,
            }
        }
    }

    /// The next messages, and moves on past them: at least one, without changes where the entries
    /// looked at changed nothing, so that a consumer can keep how far it is.
    async fn chunk(&mut self, now: Position) -> Result<Vec<pb::WatchChangesResponse>, ReadFailure> {
        let from = self.cursor.position;
        let bytes = duty_event::CHUNK_BYTES;
        let stored = self.api.ledger.read(from, CHUNK_ENTRIES, bytes).await?;
        let (api, mut own) = (self.api.clone(), std::mem::take(&mut self.own));
        let judged = tokio::task::spawn_blocking(move || {
            let snapshot = api.ledger.snapshot();
            let mut changed = Vec::new();
            let mut held = 0;
            for entry in &stored {
                let found = api.changes.of(&api.ledger, &snapshot, entry, &mut own)?;
                held += found.changes.len();
                changed.push(found);
                if MESSAGE_CHANGES <= held {
                    break;
                }
            }
            Ok::<_, ReadFailure>((changed, own))
        });
        let (changed, own) = judged.await.map_err(|_| ReadFailure::CutShort)??;
        self.own = own;
        let mut messages = Vec::new();
        let mut changes = Vec::new();
        for entry in &changed {
            for (index, change) in (0u32..).zip(entry.changes.iter()) {
                if (entry.position, index) < (self.cursor.position, self.cursor.index) {
                    continue;
                }
                self.cursor = Cursor { position: entry.position, index: index.saturating_add(1) };
                if self.organization.as_ref().is_none_or(|wanted| *wanted == change.organization) {
                    changes.push(message(entry, index, change, self.cursor));
                }
                if MESSAGE_CHANGES <= changes.len() {
                    messages.push(self.message(std::mem::take(&mut changes)));
                }
            }
            self.cursor = Cursor { position: entry.position.next(), index: 0 };
        }
        if changed.is_empty() {
            // No entry where one must be is damage, which reading reports; never go round in vain.
            self.cursor = Cursor { position: now.next(), index: 0 };
        }
        messages.push(self.message(changes));
        Ok(messages)
    }

    fn message(&self, changes: Vec<pb::StatusChange>) -> pb::WatchChangesResponse {
        pb::WatchChangesResponse {
            changes,
            cursor: self.cursor.text(),
            position: self.cursor.position.get().saturating_sub(1),
            head_position: self.api.ledger.head().get(),
        }
    }
}

async fn send(answers: &Answers, messages: Vec<pb::WatchChangesResponse>) -> bool {
    for message in messages {
        if answers.send(Ok(message)).await.is_err() {
            return false;
        }
    }
    true
}

fn cursor_invalid() -> Status {
    status::invalid(vec![Problem::new(
        Reason::CursorInvalid,
        "cursor",
        "不是本接口当前版本给出的游标：请使用上次收到的 cursor；如为升级前所得，请留空从头开始",
        "not a cursor of this edition of the feed: give the cursor received last or, if that was \
         before an upgrade, none to start over",
    )])
}

/// A change for the wire.
fn message(entry: &Changed, index: u32, change: &Change, cursor: Cursor) -> pb::StatusChange {
    let closed = match &entry.recorded.entry {
        Entry::DayClosed(day) => Some(*day),
        _ => None,
    };
    let cause = pb::ChangeCause {
        position: entry.position.get(),
        event_id: entry.recorded.event_id.to_string(),
        recorded_time: Some(scalar::timestamp(entry.recorded.recorded_at)),
        closed_date: scalar::optional_date(closed),
    };
    let (before, after) = (change.before.as_ref(), change.after.as_ref());
    let shown = after.or(before);
    pb::StatusChange {
        position: entry.position.get(),
        index,
        cursor: cursor.text(),
        cause: Some(cause),
        organization_id: change.organization.to_string(),
        year: change.year.into(),
        duty_id: change.duty.to_string(),
        owner: Some(view::owner(&change.owner)),
        period: change.period.to_string(),
        last_date: scalar::optional_date(shown.and_then(|judged| judged.last)),
        status_before: state(before.map(|judged| judged.official)),
        status_after: state(after.map(|judged| judged.official)),
        rungs: Rung::ALL.iter().filter_map(|rung| on_rung(*rung, before, after)).collect(),
        weight: shown.map_or_else(String::new, |judged| view::decimal(judged.weight)),
        as_of_date: change.as_of.to_string(),
        owner_before: change.owner_before.as_ref().map(view::owner),
    }
}

fn state(state: Option<State>) -> i32 {
    state.map_or(pb::ComplianceStatus::Unspecified, view::status).into()
}

fn on_rung(
    rung: Rung,
    before: Option<&Judgement>,
    after: Option<&Judgement>,
) -> Option<pb::RungChange> {
    let on = |judged: Option<&Judgement>| judged.map(|judged| judged.rungs[rung as usize]);
    let (before, after) = (on(before), on(after));
    let credit = |on: Option<projection::changes::OnRung>| {
        on.map_or_else(String::new, |on| view::credit(on.credit))
    };
    (before != after).then(|| pb::RungChange {
        rung: view::rung(rung).into(),
        status_before: state(before.map(|on| on.status)),
        status_after: state(after.map(|on| on.status)),
        credit_before: credit(before),
        credit_after: credit(after),
    })
}

/// The feed every consumer of a service shares.
pub(crate) type SharedFeed = Arc<crate::changes::Feed>;

#[cfg(test)]
mod tests {
    use duty::Position;

    use super::Cursor;

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_nothing_else_is() {
        for (position, index) in [(1, 0), (42, 7), (u64::MAX, u32::MAX)] {
            let cursor = Cursor { position: Position::new(position), index };
            assert_eq!(Cursor::parse(&cursor.text()), Some(cursor));
        }
        for text in ["", "c2", "c2-1", "c2-0-0", "c2-01-0", "c2-1-0-", "c1-1-0", "c2-+1-0", "1-0"] {
            assert_eq!(Cursor::parse(text), None, "{text}");
        }
    }
}
