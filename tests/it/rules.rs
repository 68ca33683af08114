//! Calendars and rule sets over time, through the real service: civil days whatever the host's
//! zone, a jurisdiction's rules over its parents', a law that changes, a draft tried on the journal.
//!
//! What a rule set may say and how it is judged is tested in the `duty` crate; here is what
//! publication, the views and the command line make of it.

use duty::zone::civil_day;
use duty_ledger::pb;
use jiff::Timestamp;

use crate::support::child::Server;
use crate::support::directory;
use crate::support::seed::{self, calendar};
use crate::support::service::Clients;

#[tokio::test(flavor = "multi_thread")]
async fn the_civil_day_does_not_follow_the_zone_of_the_host() {
    // Apia is 13 hours ahead of UTC and Pago Pago 11 behind: it is never the same day in both.
    for zone in ["Pacific/Apia", "Pacific/Pago_Pago", "UTC", "XXX-14", "XXX+12"] {
        let directory = directory();
        let before = civil_day(Timestamp::now());
        let server = Server::start_as(directory.path(), &[], &[("TZ", zone)]);
        let clients = Clients::connect(&server.api).await;
        let after = civil_day(Timestamp::now());
        let request = pb::ReadEventsRequest::default();
        let mut stream = clients.events.clone().read_events(request).await.expect("a stream");
        let part = stream.get_mut().message().await.expect("it goes on").expect("an entry");
        let first = part.entries.first().and_then(|entry| entry.entry.clone()).expect("FULL");
        let Some(pb::ledger_entry::Payload::DayClosed(closed)) = first.payload else {
            panic!("a ledger begins with the day before: {first:?}");
        };
        let closed: jiff::civil::Date = closed.date.parse().expect("a date");
        let today = closed.tomorrow().expect("a day");
        assert!((before..=after).contains(&today), "{zone}: {today} is not {before}..={after}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_calendar_since_2016_can_be_published() {
    let directory = directory();
    let server = Server::start(directory.path());
    let mut registry = Clients::connect(&server.api).await.registry;
    let shipped = crate::support::repository().join("data/calendars");
    let mut files: Vec<_> = std::fs::read_dir(shipped)
        .expect("the calendars")
        .map(|file| file.expect("a file").path())
        .collect();
    files.sort();
    for file in &files {
        let toml = std::fs::read_to_string(file).expect("UTF-8");
        registry.publish_work_calendar(calendar(&toml)).await.expect("published");
    }
    let request = pb::ListWorkCalendarsRequest::default();
    let listed = registry.list_work_calendars(request).await.expect("a list").into_inner();
    let years: Vec<i32> = listed.calendars.iter().map(|calendar| calendar.year).collect();
    assert_eq!(years, (2016..=2026).collect::<Vec<_>>());
    // Republished, the same text is the same publication; another text is a new version.
    let again = calendar(seed::CALENDARS[0]);
    let receipt = registry.publish_work_calendar(again).await.expect("known").into_inner().receipt;
    assert!(receipt.expect("a receipt").duplicate);
}
