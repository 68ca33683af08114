//! Appending: what is acknowledged stands there for ever, once, in order, byte for byte.

use std::sync::Arc;

use duty_ledger::pb;
use duty_ledger::pb::DatePrecision as Precision;
use duty_ledger::pb::duty_event::Details;
use journal::MemoryJournal;
use prost::Message as _;
use tokio_stream::StreamExt as _;
use tonic::Code;

use crate::support::clock::TestClock;
use crate::support::events::{batch, dated_meeting, figure, id, meeting, span};
use crate::support::refusal::{Refusal, check};
use crate::support::seed::{self, BUREAU, ladder, selector, view};
use crate::support::service::{Clients, Service};
use crate::support::{directory, within};

/// The entries as four different calls give them: position and stored bytes.
async fn read_back(clients: &Clients, event_id: &str) -> [(u64, Vec<u8>); 4] {
    let plain = |entry: &pb::RecordedEntry| (entry.position, entry.stored.to_vec());
    let mut client = clients.events.clone();
    let request = pb::GetEventRequest { event_id: event_id.to_owned(), ..Default::default() };
    let got = client.get_event(request).await.expect("the event").into_inner();
    let got = got.entry.expect("an entry");

    let request =
        pb::ListEventsRequest { organization_id: BUREAU.to_owned(), ..Default::default() };
    let listed = client.list_events(request).await.expect("a list").into_inner();
    let listed = listed.entries.iter().find(|entry| entry.position == got.position);

    let request = pb::ReadEventsRequest { from_position: got.position, ..Default::default() };
    let read = client.read_events(request).await.expect("a stream").into_inner();
    let read = within("a message", { read }.message()).await.expect("no error").expect("entries");

    let request = pb::WatchEventsRequest { from_position: got.position, ..Default::default() };
    let watched = client.watch_events(request).await.expect("a stream").into_inner();
    let watched =
        within("a message", { watched }.message()).await.expect("no error").expect("entries");
    [&got, listed.expect("in the list"), &read.entries[0], &watched.entries[0]].map(plain)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_read_back_by_every_call_and_changes_the_view() {
    let service = Service::new().await;
    let clients = &service.clients;
    seed::all(clients).await;
    let duty = "rule_of_law_work_meeting";
    let before = view(clients, selector("2023-04-01")).await;
    assert_eq!(
        ladder(&before, duty),
        ["overdue 0", "overdue 0", "overdue 0", "overdue 0", "overdue"]
    );

    let answer = clients.events.clone().append_events(batch(vec![meeting(1)])).await;
    let answer = answer.expect("accepted").into_inner();
    let [receipt] = answer.receipts.as_slice() else { panic!("{answer:?}") };
    assert_eq!((receipt.event_id.as_str(), receipt.duplicate), (id(1).as_str(), false));
    assert_eq!(answer.position, receipt.position);

    let copies = read_back(clients, &id(1)).await;
    assert!(copies.iter().all(|copy| *copy == copies[0]), "{copies:?}");
    let stored = pb::LedgerEntry::decode(copies[0].1.as_slice()).expect("a LedgerEntry");
    assert_eq!(stored.event_id, id(1));
    assert_eq!(stored.recorder, seed::RECORDER);
    assert_eq!(stored.recorded_time, receipt.recorded_time);
    assert_eq!(stored.payload, Some(pb::ledger_entry::Payload::DutyEvent(meeting(1))));

    let asked = pb::ViewSelector { min_position: answer.position, ..selector("2023-04-01") };
    let after = view(clients, asked).await;
    let expected =
        ["fulfilled 1", "fulfilled 1", "fulfilled 1", "needs_verification 0", "fulfilled"];
    assert_eq!(ladder(&after, duty), expected);
    let line = after.duties.iter().find(|line| line.duty_id == duty).expect("the duty");
    assert_eq!(line.rungs[2].entry_positions, [receipt.position]);
}

#[tokio::test(flavor = "multi_thread")]
async fn stored_bytes_and_first_receipts_survive_a_restart() {
    let directory = directory();
    let clock = TestClock::at("2023-03-01T04:00:00.123456789Z");
    let service = Service::at(directory.path(), std::sync::Arc::new(clock.clone())).await;
    seed::registry(&service.clients).await;
    let mut client = service.clients.events.clone();
    let first = client.append_events(batch(vec![meeting(1), meeting(2)])).await;
    let first = first.expect("accepted").into_inner();
    let bytes = read_back(&service.clients, &id(2)).await;
    drop(client);
    service.stop().await;

    clock.set("2023-03-01T05:00:00Z");
    let service = Service::at(directory.path(), std::sync::Arc::new(clock)).await;
    assert_eq!(read_back(&service.clients, &id(2)).await, bytes);
    let mut client = service.clients.events.clone();
    let again = client.append_events(batch(vec![meeting(1), meeting(2)])).await;
    let again = again.expect("accepted again").into_inner();
    for (again, first) in again.receipts.iter().zip(&first.receipts) {
        assert_eq!(*again, pb::AppendReceipt { duplicate: true, ..first.clone() });
    }
    assert_eq!(again.position, first.position, "nothing was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_event_gets_its_first_receipt_and_other_content_none() {
    let service = Service::new().await;
    seed::registry(&service.clients).await;
    let mut client = service.clients.events.clone();
    let first = client.append_events(batch(vec![meeting(1)])).await.expect("accepted").into_inner();

    // Repeated beside a new one: the old keeps its receipt, the new gets one.
    let mixed = client.append_events(batch(vec![meeting(1), meeting(2)])).await;
    let mixed = mixed.expect("accepted").into_inner();
    let expected = pb::AppendReceipt { duplicate: true, ..first.receipts[0].clone() };
    assert_eq!(mixed.receipts[0], expected);
    assert!(!mixed.receipts[1].duplicate);

    let other = pb::DutyEvent { title: "另一次会议".to_owned(), ..meeting(1) };
    let answer = client.append_events(batch(vec![other])).await;
    let refusal =
        check("title", answer, Code::AlreadyExists, "EVENT_ID_REUSED", "events[0].event_id");
    let place = first.receipts[0].position.to_string();
    let (zh, en) = refusal.at("events[0].event_id");
    assert!(zh.contains(&place) && en.contains(&place), "{refusal:?}");

    // Who sends it again does not matter: the record names who sent it first.
    let by_other = pb::AppendEventsRequest { recorder: "other".into(), ..batch(vec![meeting(1)]) };
    let answer = client.append_events(by_other).await.expect("accepted").into_inner();
    assert_eq!(answer.receipts, [expected]);
    let answer = client.append_events(batch(vec![meeting(7), meeting(8), meeting(7)])).await;
    let field = "events[2].event_id";
    check("twice", answer, Code::InvalidArgument, "DUPLICATE_IN_REQUEST", field);
    assert!(!is_known(&service.clients, 7).await && !is_known(&service.clients, 8).await);
}

async fn is_known(clients: &Clients, number: u128) -> bool {
    let request = pb::GetEventRequest { event_id: id(number), ..Default::default() };
    match clients.events.clone().get_event(request).await {
        Ok(_) => true,
        Err(status) => {
            assert_eq!(status.code(), Code::NotFound);
            false
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expected_revision_that_is_not_there_aborts() {
    let service = Service::new().await;
    seed::registry(&service.clients).await;
    let mut client = service.clients.events.clone();
    let expecting = |number, revision| pb::AppendEventsRequest {
        expected_revisions: vec![pb::ExpectedRevision {
            organization_id: BUREAU.to_owned(),
            revision,
        }],
        ..batch(vec![meeting(number)])
    };
    client.append_events(expecting(1, 0)).await.expect("the stream is empty");
    client.append_events(expecting(2, 1)).await.expect("one event");
    let field = "expected_revisions[0].revision";
    for stale in [0, 1, 3] {
        let answer = client.append_events(expecting(3, stale)).await;
        check("stale", answer, Code::Aborted, "REVISION_CONFLICT", field);
    }
    let repeated = client.append_events(expecting(2, 1)).await.expect("a repeated call succeeds");
    assert!(repeated.into_inner().receipts[0].duplicate);
    let request = pb::ListEventsRequest { organization_id: BUREAU.into(), ..Default::default() };
    let revision = client.list_events(request).await.expect("a list").into_inner().revision;
    client.append_events(expecting(3, revision)).await.expect("what the list says holds");
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_wait_for_min_position_and_say_when_it_does_not_come() {
    let service = Service::new().await;
    seed::all(&service.clients).await;
    let mut client = service.clients.events.clone();
    let head = client.append_events(batch(vec![meeting(1)])).await.expect("accepted");
    let head = head.into_inner().position;
    let get = |min_position| pb::GetEventRequest { event_id: id(1), view: 0, min_position };
    let got = client.get_event(get(head)).await.expect("read your writes").into_inner();
    assert!(head <= got.position);

    let beyond = head + 100;
    let reason = "POSITION_NOT_REACHED";
    let answer = client.get_event(get(beyond)).await;
    check("get", answer, Code::Unavailable, reason, "");
    let list = pb::ListEventsRequest {
        organization_id: BUREAU.into(),
        min_position: beyond,
        ..Default::default()
    };
    check("list", client.list_events(list).await, Code::Unavailable, reason, "");
    let read = pb::ReadEventsRequest { min_position: beyond, ..Default::default() };
    let answer = client.read_events(read).await.map(|_| ());
    check("read", answer, Code::Unavailable, reason, "");
    let ahead = pb::ViewSelector { min_position: beyond, ..selector("") };
    let known = pb::ViewSelector { known_position: beyond, ..selector("") };
    // Waiting may bring the one; the other asks what was known at a position there is not.
    let cases = [(ahead, Code::Unavailable, ""), (known, Code::OutOfRange, "known_position")];
    for (selector, code, field) in cases {
        let request = pb::GetOrganizationComplianceRequest {
            organization_id: BUREAU.to_owned(),
            selector: Some(selector),
        };
        let answer = service.clients.compliance.clone().get_organization_compliance(request).await;
        check("view", answer, code, reason, field);
    }

    // A position that comes while the call waits is waited for.
    let patient = crate::support::service::config();
    let patient = duty_ledger::config::Config { min_position_wait_ms: 60_000, ..patient };
    let journal = std::sync::Arc::new(journal::MemoryJournal::new());
    let clock = std::sync::Arc::new(duty_ledger::clock::SystemClock);
    let service = Service::with(&patient, journal, clock).await;
    seed::registry(&service.clients).await;
    let mut client = service.clients.events.clone();
    let head = client.append_events(batch(vec![meeting(1)])).await.expect("accepted").into_inner();
    let (mut reader, wanted) = (client.clone(), head.position + 1);
    let waiting = tokio::spawn(async move { reader.get_event(get(wanted)).await });
    client.append_events(batch(vec![meeting(2)])).await.expect("accepted");
    let got = within("the position", waiting).await.expect("no panic").expect("an answer");
    assert!(wanted <= got.into_inner().position);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_event_keeps_its_whole_batch_out_and_all_faults_are_named() {
    let service = Service::new().await;
    seed::registry(&service.clients).await;
    let mut client = service.clients.events.clone();
    client.append_events(batch(vec![meeting(1)])).await.expect("accepted");
    let bad = |number, change: fn(&mut pb::DutyEvent)| {
        let mut event = meeting(number);
        change(&mut event);
        event
    };
    let events = vec![
        meeting(2),
        // Shape and substance of one event.
        bad(3, |event| {
            event.event_id = "17".to_owned();
            event.title = String::new();
            event.evidence[0].document_number = "柳发〔202116号".to_owned();
        }),
        // A reference.
        bad(4, |event| event.organization_id = "nobody".to_owned()),
        // Substance alone, twice.
        bad(5, |event| {
            event.title = String::new();
            event.accounting_year = 2015;
        }),
        // An id that is taken.
        bad(1, |event| event.title = "另一次会议".to_owned()),
        meeting(6),
    ];
    let status = client.append_events(batch(events)).await.expect_err("refused");
    let refusal = Refusal::of(&status);
    assert_eq!(refusal.code, Code::InvalidArgument);
    let mut fields = refusal.fields();
    fields.sort();
    assert_eq!(
        fields,
        [
            "events[1].event_id FIELD_MALFORMED",
            "events[1].evidence[0].document_number DOCUMENT_NUMBER_INVALID",
            "events[2].organization_id REFERENCE_UNKNOWN",
            "events[3].accounting_year ACCOUNTING_YEAR_INVALID",
            "events[3].title FIELD_REQUIRED",
            "events[4].event_id EVENT_ID_REUSED",
        ]
    );
    assert_eq!(refusal.metadata["violations"], "6");
    assert!(!is_known(&service.clients, 2).await, "the batch is all or nothing");
    assert!(!is_known(&service.clients, 6).await, "the batch is all or nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_has_at_most_a_thousand_events() {
    let service = Service::new().await;
    seed::registry(&service.clients).await;
    let mut client = service.clients.events.clone();
    let many = |count| (0..count).map(|number| dated_meeting(1_000 + number)).collect::<Vec<_>>();
    let answer = client.append_events(batch(many(1_001))).await;
    check("1,001", answer, Code::InvalidArgument, "FIELD_TOO_LONG", "events");
    let answer = client.append_events(batch(Vec::new())).await;
    check("none", answer, Code::InvalidArgument, "FIELD_REQUIRED", "events");
    let answer = client.append_events(batch(many(1_000))).await.expect("accepted").into_inner();
    let first = answer.receipts[0].position;
    for (receipt, position) in answer.receipts.iter().zip(first..) {
        assert_eq!(receipt.position, position);
    }
    assert_eq!(answer.receipts.len(), 1_000);
    let request = pb::ReadEventsRequest { from_position: first, ..Default::default() };
    let mut stream = client.read_events(request).await.expect("a stream").into_inner();
    let mut next = first;
    while let Some(message) = within("a message", stream.next()).await {
        for entry in message.expect("no error").entries {
            assert_eq!(entry.position, next);
            next += 1;
        }
    }
    assert_eq!(next, first + 1_000);
    let limited = pb::ReadEventsRequest { from_position: first, limit: 600, ..Default::default() };
    let stream = client.read_events(limited).await.expect("a stream").into_inner();
    let parts: Vec<_> = within("the stream", stream.collect()).await;
    let read: usize = parts.iter().map(|part| part.as_ref().expect("entries").entries.len()).sum();
    assert_eq!(read, 600);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_takes_at_most_65_535_bytes() {
    let service = Service::new().await;
    seed::registry(&service.clients).await;
    let mut client = service.clients.events.clone();
    // 32 pieces of evidence with links of nearly 2,000 bytes pass every limit but that of the sum.
    let large = |links: usize| {
        let evidence = |index: usize| pb::Evidence {
            kind: "news_link".to_owned(),
            title: "附件".repeat(95),
            url: format!("https://example.org/{index}/{}", "a".repeat(links)),
            ..Default::default()
        };
        pb::DutyEvent { evidence: (0..32).map(evidence).collect(), ..meeting(links as u128) }
    };
    let answer = client.append_events(batch(vec![meeting(1), large(1_900)])).await;
    let refusal = check("large", answer, Code::InvalidArgument, "FIELD_TOO_LONG", "events[1]");
    assert!(refusal.at("events[1]").1.contains("65535"), "{refusal:?}");
    assert!(!is_known(&service.clients, 1).await);
    let answer = client.append_events(batch(vec![large(1_300)])).await.expect("just fits");
    assert_eq!(answer.into_inner().receipts.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_writers_leave_no_gap_and_lose_nothing() {
    const WRITERS: u128 = 32;
    const EACH: u128 = 20;
    let service = Service::new().await;
    seed::registry(&service.clients).await;
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let mut client = service.clients.events.clone();
        tasks.spawn(async move {
            let mut receipts = Vec::new();
            for number in 0..EACH {
                let event = dated_meeting(10_000 + writer * EACH + number);
                let answer = client.append_events(batch(vec![event])).await.expect("accepted");
                receipts.extend(answer.into_inner().receipts);
            }
            receipts
        });
    }
    let receipts = within("the writers", tasks.join_all()).await;
    for own in &receipts {
        assert!(own.windows(2).all(|pair| pair[0].position < pair[1].position), "{own:?}");
    }
    let mut receipts: Vec<_> = receipts.into_iter().flatten().collect();
    receipts.sort_by_key(|receipt| receipt.position);
    let first = receipts[0].position;
    let mut client = service.clients.events.clone();
    let request = pb::ReadEventsRequest { from_position: first, ..Default::default() };
    let stream = client.read_events(request).await.expect("a stream").into_inner();
    let parts: Vec<_> = within("the stream", stream.collect()).await;
    let entries = parts.into_iter().flat_map(|part| part.expect("entries").entries);
    let stored: Vec<_> = entries.map(|entry| entry.entry.expect("FULL").event_id).collect();
    let ids: Vec<_> = receipts.iter().map(|receipt| receipt.event_id.clone()).collect();
    assert_eq!(stored, ids);
    assert!(receipts.iter().map(|receipt| receipt.position).eq(first..first + 640));
    let times: Vec<_> = receipts.iter().map(|receipt| receipt.recorded_time).collect();
    let seconds = times.iter().map(|time| time.map(|time| (time.seconds, time.nanos)));
    assert!(seconds.is_sorted(), "recorded times never run backwards");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_only_worth_a_look_is_flagged_and_stays() {
    let service = Service::new().await;
    seed::registry(&service.clients).await;
    let mut client = service.clients.events.clone();
    // F12 of the report: 4 officers became 41, and it says 1025 %; it is 925 %.
    let growth = pb::DutyEvent {
        kind: pb::EventKind::Planned.into(),
        occurred: Some(span(Precision::Unknown, "", "")),
        evidence: Vec::new(),
        quantities: vec![
            figure("officers_before", "4", "名"),
            figure("officers_after", "41", "名"),
            figure("growth_rate_stated", "10.25", "ratio"),
        ],
        details: Some(Details::EnforcementCertification(Default::default())),
        ..meeting(2)
    };
    let honest = pb::DutyEvent {
        event_id: id(3),
        quantities: vec![
            figure("officers_before", "4", "名"),
            figure("officers_after", "41", "名"),
            figure("growth_rate_stated", "9.25", "ratio"),
        ],
        ..growth.clone()
    };
    let request = batch(vec![growth, honest]);
    let answer = client.append_events(request.clone()).await.expect("accepted");
    let receipts = answer.into_inner().receipts;
    let of = |flags: &[pb::Finding]| {
        flags.iter().find(|flag| flag.reason == "GROWTH_CONTRADICTS_BASE").cloned()
    };
    let flag = of(&receipts[0].flags).expect("flagged in the receipt");
    for text in [&flag.text_zh, &flag.text_en] {
        assert!(text.contains("1025") && text.contains("925"), "{flag:?}");
    }
    assert_eq!(of(&receipts[1].flags), None);
    // Who does not ask is spared them.
    let silent = pb::AppendEventsRequest { with_flags: false, ..request };
    let answer = client.append_events(silent).await.expect("accepted before").into_inner();
    assert!(answer.receipts.iter().all(|receipt| receipt.duplicate && receipt.flags.is_empty()));
    let request = pb::GetEventRequest { event_id: id(2), ..Default::default() };
    let standing = client.get_event(request).await.expect("the event").into_inner().standing;
    assert_eq!(of(&standing.expect("a duty event").flags), Some(flag));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_entry_is_told_to_whoever_records_it() {
    // Ten working days after Wednesday 18 May 2022 end with Wednesday 1 June, in Shanghai.
    let clock = TestClock::at("2022-06-01T15:59:59Z");
    let service = Service::over(Arc::new(MemoryJournal::new()), Arc::new(clock.clone())).await;
    let mut client = service.clients.events.clone();
    let late = |flags: &[pb::Finding]| -> Vec<String> {
        let late = flags.iter().filter(|flag| flag.reason == "LATE_ENTRY");
        late.map(|flag| format!("{}: {}", flag.field, flag.text_zh)).collect()
    };
    seed::registry(&service.clients).await;
    let without_rules = client.append_events(batch(vec![meeting(1)])).await.expect("accepted");
    let receipts = without_rules.into_inner().receipts;
    assert!(late(&receipts[0].flags).is_empty(), "there is no rule yet");
    seed::rules(&service.clients).await;
    let in_time = client.append_events(batch(vec![meeting(2)])).await.expect("accepted");
    assert!(late(&in_time.into_inner().receipts[0].flags).is_empty());
    clock.set("2022-06-01T16:00:00Z");
    let mut undated = meeting(4);
    (undated.occurred, undated.kind) =
        (Some(span(Precision::Unknown, "", "")), pb::EventKind::Planned.into());
    let events = vec![meeting(3), undated, meeting(2)];
    let answer = client.append_events(batch(events)).await.expect("accepted").into_inner();
    let told: Vec<_> = answer.receipts.iter().map(|receipt| late(&receipt.flags)).collect();
    let text = "2022-05-18 结束，2022-06-02 录入，晚于 10 个工作日的录入期限 2022-06-01";
    let flag = vec![format!("occurred: 补录：{text}")];
    // Sent again, an entry is told as it was recorded the first time.
    assert_eq!(told, [flag.clone(), Vec::new(), Vec::new()]);
    let get = |number| pb::GetEventRequest { event_id: id(number), ..Default::default() };
    for (number, expected) in [(3, flag), (2, Vec::new())] {
        let answer = client.get_event(get(number)).await.expect("an event").into_inner();
        assert_eq!(late(&answer.standing.expect("a duty event").flags), expected, "{number}");
    }
}
