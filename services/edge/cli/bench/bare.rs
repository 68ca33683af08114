//! The ceiling of the stack: an append without a ledger. The same messages over the same gRPC, one
//! writer, the same journal with the same syncs; nothing is checked, decided, hashed, folded or
//! found again.
//!
//! No service could be built like this. What lies between it and the limit of a line is the price
//! of the stack the design chose; what lies between it and the line, that of being a ledger.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use journal::{Journal, Position};
use journal_sled::{LedgerId, Options, SledJournal};
use prost::Message as _;
use tokio::sync::{mpsc, oneshot};
use tonic::codegen::BoxFuture;
use tonic::server::UnaryService;
use tonic::{Request, Response, Status};

use crate::committer::{GROUP_EVENTS_MAX, QUEUE_MAX};
use crate::pb;

/// Who waits, and the position before the first of their events.
type Waiting = Vec<(u64, oneshot::Sender<u64>)>;
/// Events as they are stored, and where the answer goes.
type Submission = (Vec<Bytes>, oneshot::Sender<u64>);

/// The call. Cheap to clone; its writer ends with the last clone.
#[derive(Debug, Clone)]
pub(super) struct Bare(mpsc::Sender<Submission>);

impl Bare {
    /// Starts a writer over a new journal in `dir`.
    ///
    /// # Errors
    /// When there is no journal or no thread to be had.
    pub(super) fn start(dir: &Path) -> Result<Self, String> {
        let id = LedgerId::random().map_err(|error| error.to_string())?;
        let journal = SledJournal::open(dir, Options::new(id));
        let journal = Arc::new(journal.map_err(|error| crate::chain(&error))?);
        let (queue, queued) = mpsc::channel(QUEUE_MAX);
        let (answers, answered) = mpsc::unbounded_channel();
        tokio::spawn(hand_out(answered));
        std::thread::Builder::new()
            .name("bare-writer".to_owned())
            .spawn(move || write(&*journal, queued, &answers))
            .map_err(|error| error.to_string())?;
        Ok(Self(queue))
    }
}

/// Writes group after group; ends when nobody can submit any more, or at the first failure.
fn write(
    journal: &dyn Journal,
    mut queue: mpsc::Receiver<Submission>,
    answers: &mpsc::UnboundedSender<Waiting>,
) {
    let Ok(mut head) = journal.head() else { return };
    while let Some(first) = queue.blocking_recv() {
        let (mut group, mut waiting) = (Vec::new(), Waiting::new());
        let mut next = Some(first);
        while let Some((events, answer)) = next {
            waiting.push((head.events() + group.len() as u64, answer));
            group.extend(events);
            next = if group.len() < GROUP_EVENTS_MAX { queue.try_recv().ok() } else { None };
        }
        let position: Position = head.next();
        if journal.append(position, &group).is_err() {
            return;
        }
        match journal.head() {
            Ok(now) => head = now,
            Err(_) => return,
        }
        // A runtime that is gone has nobody who waits.
        let _ = answers.send(waiting);
    }
}

/// As the ledger answers: on the side of the callers.
async fn hand_out(mut groups: mpsc::UnboundedReceiver<Waiting>) {
    while let Some(waiting) = groups.recv().await {
        for (before, answer) in waiting {
            let _ = answer.send(before);
        }
    }
}

impl UnaryService<pb::AppendEventsRequest> for Bare {
    type Response = pb::AppendEventsResponse;
    type Future = BoxFuture<Response<pb::AppendEventsResponse>, Status>;

    fn call(&mut self, request: Request<pb::AppendEventsRequest>) -> Self::Future {
        let queue = self.0.clone();
        Box::pin(async move {
            let events = request.into_inner().events;
            let stored = events.iter().map(|event| event.encode_to_vec().into()).collect();
            let (answer, answered) = oneshot::channel();
            let failed = || Status::internal("the bare writer has ended");
            queue.try_send((stored, answer)).map_err(|_| failed())?;
            let before = answered.await.map_err(|_| failed())?;
            let recorded_time = Some(prost_types::Timestamp { seconds: 1 << 30, nanos: 1 << 29 });
            let receipt = |(position, event): (u64, pb::DutyEvent)| pb::AppendReceipt {
                event_id: event.event_id,
                position,
                recorded_time,
                ..Default::default()
            };
            let receipts: Vec<_> = (before + 1..).zip(events).map(receipt).collect();
            let position = before + receipts.len() as u64;
            Ok(Response::new(pb::AppendEventsResponse { receipts, position }))
        })
    }
}
