//! Following changes: the same sequence for everybody, whoever stops and resumes where.

use duty_ledger::pb;
use tonic::{Code, Streaming};

use crate::support::clock::TestClock;
use crate::support::events::{batch, id, meeting};
use crate::support::random::Random;
use crate::support::refusal::check;
use crate::support::seed::{self, BUREAU, OTHER_BUREAU};
use crate::support::service::{Clients, Service};
use crate::support::{directory, within};

async fn follow(clients: &Clients, cursor: &str) -> Streaming<pb::WatchChangesResponse> {
    let request =
        pb::WatchChangesRequest { cursor: cursor.to_owned(), organization_id: String::new() };
    let answer = clients.evaluation.clone().watch_changes(request).await;
    answer.expect("a stream").into_inner()
}

async fn next(stream: &mut Streaming<pb::WatchChangesResponse>) -> pb::WatchChangesResponse {
    within("a message", stream.message()).await.expect("no error").expect("no end")
}

/// Every change up to the end of what there is.
async fn all(clients: &Clients) -> Vec<pb::StatusChange> {
    let mut stream = follow(clients, "").await;
    let mut changes = Vec::new();
    loop {
        let message = next(&mut stream).await;
        changes.extend(message.changes);
        if message.head_position <= message.position {
            return changes;
        }
    }
}

async fn append(clients: &Clients, event: pb::DutyEvent) {
    clients.events.clone().append_events(batch(vec![event])).await.expect("accepted");
}

fn elsewhere(number: u128) -> pb::DutyEvent {
    pb::DutyEvent { organization_id: OTHER_BUREAU.to_owned(), ..meeting(number) }
}

/// A little life: events at two organizations, one taken back.
async fn live(clients: &Clients, from: u128) {
    append(clients, meeting(from)).await;
    append(clients, elsewhere(from + 1)).await;
    let withdrawal = pb::WithdrawEventRequest {
        recorder: seed::RECORDER.to_owned(),
        event_id: id(from + 2),
        target_event_id: id(from),
        reason: "会议改期，本次未召开，予以撤回".to_owned(),
        consented_by: String::new(),
    };
    clients.events.clone().withdraw_event(withdrawal).await.expect("withdrawn");
}

#[tokio::test(flavor = "multi_thread")]
async fn replay_from_zero_is_what_was_seen_live_and_days_are_causes() {
    let directory = directory();
    let clock = TestClock::at("2022-06-28T09:00:00+08:00");
    let service = Service::at(directory.path(), std::sync::Arc::new(clock.clone())).await;
    let mut watched = follow(&service.clients, "").await;
    seed::all(&service.clients).await;
    live(&service.clients, 1).await;
    service.stop().await;
    // The first part was seen live; the service ends the stream, which is no loss.
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    while let Ok(Some(message)) = within("a message", watched.message()).await {
        seen.extend(message.changes);
        cursor = message.cursor;
    }

    // Days pass while nobody serves: the deadlines in them are told of at the next start.
    clock.set("2023-01-02T09:00:00+08:00");
    let service = Service::at(directory.path(), std::sync::Arc::new(clock.clone())).await;
    live(&service.clients, 10).await;
    let mut resumed = follow(&service.clients, &cursor).await;
    loop {
        let message = next(&mut resumed).await;
        seen.extend(message.changes);
        if message.head_position <= message.position {
            break;
        }
    }
    let replayed = all(&service.clients).await;
    assert_eq!(seen.len(), replayed.len());
    assert!(seen == replayed, "resumed over a restart, live or not: the same, whole");
    assert!(all(&service.clients).await == replayed, "for everybody");

    // The quarterly law study of the second quarter fell due at the end of 30 June.
    let due: Vec<_> = replayed
        .iter()
        .filter(|change| change.organization_id == BUREAU && change.duty_id == "leader_law_study")
        .filter(|change| change.year == 2022 && change.period == "Q2")
        .filter(|change| change.status_after() == pb::ComplianceStatus::Overdue)
        .map(|change| change.cause.as_ref().expect("a cause").closed_date.as_str())
        .collect();
    assert_eq!(due, ["2022-06-30"]);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_killed_at_random_misses_nothing_and_can_drop_repeats() {
    let service = Service::new().await;
    seed::all(&service.clients).await;
    let writer = {
        let clients = service.clients.clone();
        tokio::spawn(async move {
            for round in 0..12 {
                live(&clients, 10 + round * 3).await;
            }
        })
    };
    let mut random = Random::new(7);
    let mut seen: std::collections::BTreeMap<(u64, u32), pb::StatusChange> =
        std::collections::BTreeMap::new();
    let (mut cursor, mut kills, mut repeats) = (String::new(), 0, 0);
    let mut done = false;
    let mut writer = Some(writer);
    while !done {
        let mut stream = follow(&service.clients, &cursor).await;
        // It dies after some messages, having kept the cursor of some change before the last.
        for _ in 0..=random.below(4) {
            let message = next(&mut stream).await;
            let kept = random.below(message.changes.len() + 1);
            for change in &message.changes {
                let key = (change.position, change.index);
                if let Some(before) = seen.insert(key, change.clone()) {
                    repeats += 1;
                    assert!(before == *change, "a repeat is the same change");
                }
            }
            match message.changes.get(kept) {
                Some(change) => cursor.clone_from(&change.cursor),
                None => cursor.clone_from(&message.cursor),
            }
            let caught_up = message.head_position <= message.position;
            if caught_up && let Some(writer) = writer.take() {
                writer.await.expect("written");
            } else if caught_up && cursor == message.cursor {
                done = message.head_position == service_head(&service.clients).await;
            }
            if kept < message.changes.len() {
                break;
            }
        }
        kills += 1;
    }
    assert!(1 < kills && 0 < repeats, "{kills} kills, {repeats} repeats");
    let whole = all(&service.clients).await;
    assert!(seen.into_values().eq(whole), "nothing missed, nothing more");
}

async fn service_head(clients: &Clients) -> u64 {
    let head = crate::support::entries(clients).await;
    head.last().map_or(0, |entry| entry.position)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_consumers_and_one_organization_see_the_same_sequence() {
    let service = Service::new().await;
    let mut early = follow(&service.clients, "").await;
    seed::all(&service.clients).await;
    live(&service.clients, 1).await;
    let mut seen = Vec::new();
    let head = service_head(&service.clients).await;
    loop {
        let message = next(&mut early).await;
        seen.extend(message.changes);
        if head <= message.position {
            break;
        }
    }
    let late = all(&service.clients).await;
    assert!(!late.is_empty() && seen == late);
    for pair in late.windows(2) {
        assert!((pair[0].position, pair[0].index) < (pair[1].position, pair[1].index));
    }

    let request =
        pb::WatchChangesRequest { cursor: String::new(), organization_id: OTHER_BUREAU.to_owned() };
    let answer = service.clients.evaluation.clone().watch_changes(request).await;
    let mut stream = answer.expect("a stream").into_inner();
    let mut own = Vec::new();
    loop {
        let message = next(&mut stream).await;
        own.extend(message.changes);
        if head <= message.position {
            break;
        }
    }
    let expected = late.iter().filter(|change| change.organization_id == OTHER_BUREAU);
    assert!(own.iter().eq(expected), "with the indexes of the whole sequence");
    assert_ne!(own.len(), late.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_deadlines_of_the_year_before_come_for_whoever_is_silent() {
    let directory = directory();
    // The ledger begins in the year after; nobody records anything of the year before.
    let clock = TestClock::at("2023-06-29T09:00:00+08:00");
    let service = Service::at(directory.path(), std::sync::Arc::new(clock.clone())).await;
    seed::all(&service.clients).await;
    service.stop().await;
    clock.set("2023-07-01T09:00:00+08:00");
    let service = Service::at(directory.path(), std::sync::Arc::new(clock.clone())).await;
    let told = all(&service.clients).await;
    let of = |year: i32| {
        let debriefs = told.iter().filter(move |change| {
            change.organization_id == BUREAU
                && change.duty_id == "rule_of_law_debrief"
                && change.year == year
                && change.owner.as_ref().is_some_and(|owner| owner.person_id == seed::LEADER)
        });
        let told = debriefs.map(|change| {
            let day = change.cause.as_ref().expect("a cause").closed_date.as_str();
            (day, change.status_before(), change.status_after())
        });
        told.collect::<Vec<_>>()
    };
    use pb::ComplianceStatus::{DueSoon, NotDue, Overdue, Unspecified};
    assert_eq!(of(2022), [("", Unspecified, DueSoon), ("2023-06-30", DueSoon, Overdue)]);
    assert_eq!(of(2023), [("", Unspecified, NotDue)]);
    assert_eq!(of(2021), [], "no year before that one");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_that_is_none_of_ours_is_refused() {
    let service = Service::new().await;
    let ask = async |cursor: &str, organization: &str| {
        let request = pb::WatchChangesRequest {
            cursor: cursor.to_owned(),
            organization_id: organization.to_owned(),
        };
        service.clients.evaluation.clone().watch_changes(request).await
    };
    let answer = ask("c2-zz-0", "").await;
    check("no cursor", answer, Code::InvalidArgument, "CURSOR_INVALID", "cursor");
    let answer = ask("c1-1-0", "").await;
    check("another edition", answer, Code::InvalidArgument, "CURSOR_INVALID", "cursor");
    let refused = ask("c2-ffff-0", "").await.expect_err("refused");
    assert_eq!(refused.code(), Code::OutOfRange, "a cursor of a longer ledger");
    let refused = ask("", "nobody").await.expect_err("refused");
    assert_eq!(refused.code(), Code::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_prints_one_change_a_line_as_json() {
    let directory = directory();
    crate::cli::import::seeded(directory.path());
    let server = crate::support::child::Server::start(directory.path());
    let url = server.url();
    let args = ["changes", "--output", "json", "--server", url.as_str()];
    let printed = crate::support::child::run(args).exits(0);
    let cursor = |line: &str| {
        let change: serde_json::Value = serde_json::from_str(line).expect("an object a line");
        change["cursor"].as_str().expect("its cursor").to_owned()
    };
    let cursors: Vec<String> = printed.out.lines().map(cursor).collect();
    let [.., before, last] = cursors.as_slice() else { panic!("{printed:?}") };
    // Whoever has read up to a line goes on after it.
    let rest = crate::support::child::run(args.into_iter().chain(["--cursor", before])).exits(0);
    assert_eq!(rest.out.lines().map(cursor).collect::<Vec<_>>(), [last.as_str()]);
}
