//! Watching: from any position, in order, without loss, then live; and how it ends.

use duty_ledger::pb;
use tokio_stream::StreamExt as _;
use tonic::{Code, Streaming};

use crate::support::events::{batch, id, meeting};
use crate::support::refusal::check;
use crate::support::seed::{self, BUREAU, OTHER_BUREAU};
use crate::support::service::{Clients, Service};
use crate::support::within;

async fn watch(
    clients: &Clients,
    request: pb::WatchEventsRequest,
) -> Streaming<pb::WatchEventsResponse> {
    clients.events.clone().watch_events(request).await.expect("a stream").into_inner()
}

fn from(position: u64) -> pb::WatchEventsRequest {
    pb::WatchEventsRequest { from_position: position, ..Default::default() }
}

async fn next(stream: &mut Streaming<pb::WatchEventsResponse>) -> pb::WatchEventsResponse {
    within("a message", stream.message()).await.expect("no error").expect("no end")
}

/// Reads until everything up to `position` was sent; the positions of the entries.
async fn up_to(stream: &mut Streaming<pb::WatchEventsResponse>, position: u64) -> Vec<u64> {
    let mut seen = Vec::new();
    loop {
        let message = next(stream).await;
        seen.extend(message.entries.iter().map(|entry| entry.position));
        if let Some(last) = message.entries.last() {
            assert!(last.position <= message.position, "the position covers what was sent");
        }
        if position <= message.position {
            return seen;
        }
    }
}

async fn append(clients: &Clients, event: pb::DutyEvent) -> u64 {
    let answer = clients.events.clone().append_events(batch(vec![event])).await;
    answer.expect("accepted").into_inner().position
}

fn elsewhere(number: u128) -> pb::DutyEvent {
    pb::DutyEvent { organization_id: OTHER_BUREAU.to_owned(), ..meeting(number) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_from_zero_sees_everything_then_what_comes() {
    let service = Service::new().await;
    seed::registry(&service.clients).await;
    let head = append(&service.clients, meeting(1)).await;
    let mut stream = watch(&service.clients, from(0)).await;
    assert!(up_to(&mut stream, head).await.into_iter().eq(1..=head));

    // Live, one at a time and in a batch.
    let second = append(&service.clients, meeting(2)).await;
    assert_eq!(up_to(&mut stream, second).await, [second]);
    let many = (10..300).map(meeting).collect();
    let answer = service.clients.events.clone().append_events(batch(many)).await;
    let last = answer.expect("accepted").into_inner().position;
    assert!(up_to(&mut stream, last).await.into_iter().eq(second + 1..=last));

    // A quiet journal beats, with the position that is safe to resume after.
    let beat = next(&mut stream).await;
    assert_eq!((beat.entries.len(), beat.position), (0, last));

    drop(stream);
    let third = append(&service.clients, meeting(3)).await;
    let mut resumed = watch(&service.clients, from(beat.position + 1)).await;
    assert_eq!(up_to(&mut resumed, third).await, [third]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_may_start_in_the_future() {
    let service = Service::new().await;
    seed::registry(&service.clients).await;
    let head = append(&service.clients, meeting(1)).await;
    let mut stream = watch(&service.clients, from(head + 2)).await;
    let beat = next(&mut stream).await;
    assert_eq!(beat.entries, []);
    append(&service.clients, meeting(2)).await;
    let wanted = append(&service.clients, meeting(3)).await;
    assert_eq!(up_to(&mut stream, wanted).await, [wanted]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_of_one_organization_sees_its_stream_only() {
    let service = Service::new().await;
    seed::registry(&service.clients).await;
    let own = append(&service.clients, meeting(1)).await;
    append(&service.clients, elsewhere(2)).await;
    let request = pb::WatchEventsRequest {
        organization_id: BUREAU.to_owned(),
        view: pb::EntryView::Stored.into(),
        ..from(0)
    };
    let mut stream = watch(&service.clients, request).await;
    let first = next(&mut stream).await;
    let positions: Vec<_> = first.entries.iter().map(|entry| entry.position).collect();
    assert_eq!(positions, [own]);
    assert!(first.entries.iter().all(|entry| entry.entry.is_none() && !entry.stored.is_empty()));

    append(&service.clients, elsewhere(3)).await;
    let withdrawal = pb::WithdrawEventRequest {
        recorder: seed::RECORDER.to_owned(),
        event_id: id(4),
        target_event_id: id(1),
        reason: "会议改期，本次未召开，予以撤回".to_owned(),
        consented_by: String::new(),
    };
    let answer = service.clients.events.clone().withdraw_event(withdrawal).await;
    let withdrawn = answer.expect("withdrawn").into_inner().receipt.expect("a receipt").position;
    assert_eq!(
        up_to(&mut stream, withdrawn).await,
        [withdrawn],
        "what becomes of it is part of it"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn watchers_at_different_places_see_the_same() {
    let service = Service::new().await;
    seed::registry(&service.clients).await;
    let start = append(&service.clients, meeting(1)).await;
    let mut watchers = tokio::task::JoinSet::new();
    for offset in 0..8 {
        let clients = service.clients.clone();
        watchers.spawn(async move {
            let mut stream = watch(&clients, from(start - offset)).await;
            let mut seen = up_to(&mut stream, start + 100).await;
            seen.retain(|position| start < *position);
            seen
        });
    }
    for number in 100..200 {
        append(&service.clients, meeting(number)).await;
    }
    for seen in within("the watchers", watchers.join_all()).await {
        assert!(seen.into_iter().eq(start + 1..=start + 100));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_ends_with_unavailable_when_the_service_stops() {
    let service = Service::new().await;
    seed::registry(&service.clients).await;
    let head = append(&service.clients, meeting(1)).await;
    let mut stream = watch(&service.clients, from(0)).await;
    up_to(&mut stream, head).await;
    let stopping = tokio::spawn(service.stop());
    let end = loop {
        match within("the end", stream.next()).await.expect("an end that says why") {
            Ok(message) => assert_eq!(message.entries, [], "nothing is repeated"),
            Err(status) => break status,
        }
    };
    check::<()>("stop", Err(end), Code::Unavailable, "NOT_SERVING", "");
    within("the stop", stopping).await.expect("no panic");
}
