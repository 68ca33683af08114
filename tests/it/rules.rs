//! Calendars and rule sets over time, through the real service: civil days whatever the host's
//! zone, and a jurisdiction's rules over its parents'.
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

/// A county of the city, with a bureau of its own.
const COUNTY: &str = "450222-kjj";

/// The county's rules: an earlier debrief, and no mediation.
const COUNTY_RULES: &str = r#"schema_version = 1
ruleset_id = "CN-450222.county"
extends = "CN-450200-2022.default"
valid_from = 2022-01-01
jurisdiction = "450222"
timezone = "Asia/Shanghai"
[[override]]
id = "rule_of_law_debrief"
reason = "县委依法治县办要求提前述法"
deadline = { month = 3, day = 31, year_offset = 1, bound = "on_or_before" }
[[switch_off]]
id = "mediation_work"
reason = "县级科技部门无调解职能"
"#;

/// The city, its department, and a bureau in a county of it.
async fn city_and_county(clients: &Clients) {
    seed::all(clients).await;
    let county = pb::Organization { division_code: "450222".to_owned(), ..seed::bureau(COUNTY) };
    let mut registry = clients.registry.clone();
    registry.register_organization(seed::register(county)).await.expect("registered");
}

async fn view_of(clients: &Clients, id: &str) -> pb::GetOrganizationComplianceResponse {
    let request = pb::GetOrganizationComplianceRequest {
        organization_id: id.to_owned(),
        selector: Some(seed::selector("2023-12-31")),
    };
    let answer = clients.compliance.clone().get_organization_compliance(request).await;
    answer.expect("a view").into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_county_stands_on_the_rules_of_its_city() {
    let directory = directory();
    let server = Server::start(directory.path());
    let clients = Clients::connect(&server.api).await;
    let mut registry = clients.registry.clone();
    let early = registry.publish_rule_set(seed::rule_set(COUNTY_RULES)).await.expect_err("early");
    assert!(early.message().contains("CN-450200-2022.default"), "{early:?}");
    city_and_county(&clients).await;
    let used = |view: &pb::GetOrganizationComplianceResponse| {
        view.basis.clone().expect("a basis").rule_sets[0].clone()
    };
    let city = used(&view_of(&clients, COUNTY).await);
    assert_eq!(city.rule_set_id, "CN-450200-2022.default", "the nearest there is");

    let published = registry.publish_rule_set(seed::rule_set(COUNTY_RULES)).await;
    let published = published.expect("published").into_inner();
    let summary = published.rule_set.expect("a summary");
    assert_eq!((summary.duty_count, summary.parents.len()), (32, 1));
    assert_eq!(summary.parents[0].digest, city.digest);
    let check = pb::CheckRuleSetRequest { toml: COUNTY_RULES.to_owned(), ..Default::default() };
    let checked = registry.check_rule_set(check).await.expect("checked").into_inner();
    assert!(checked.valid);
    assert_eq!(checked.digest, summary.digest);

    let county = view_of(&clients, COUNTY).await;
    assert_eq!(used(&county).digest, summary.digest);
    assert_eq!(used(&view_of(&clients, seed::BUREAU).await).digest, city.digest);
    let mediation = county.duties.iter().find(|line| line.duty_id == "mediation_work");
    let mediation = mediation.expect("the column stays");
    assert_eq!(mediation.status(), pb::ComplianceStatus::NotApplicable);
    let explain = |duty: &str| pb::ExplainObligationRequest {
        organization_id: COUNTY.to_owned(),
        duty_id: duty.to_owned(),
        selector: Some(seed::selector("2023-12-31")),
        ..Default::default()
    };
    let mut compliance = clients.compliance.clone();
    let why = compliance.explain_obligation(explain("mediation_work")).await.expect("an answer");
    let why = why.into_inner();
    let kinds: Vec<_> = why.origins.iter().map(|o| (o.rule_set_id.as_str(), o.kind())).collect();
    assert_eq!(
        kinds,
        [
            ("CN-450200-2022.default", pb::RuleOriginKind::Defined),
            ("CN-450222.county", pb::RuleOriginKind::SwitchedOff),
        ]
    );
    let findings = &why.obligations[0].obligation.as_ref().expect("it").findings;
    assert!(findings[0].text_zh.contains("县级科技部门无调解职能"), "{findings:?}");

    // The city publishes anew: the county stays on what it stood on, a repeated call is answered by
    // its first receipt, and so is everything after a restart.
    let anew = seed::RULES.replacen("weight = 12", "weight = 13", 1);
    registry.publish_rule_set(seed::rule_set(&anew)).await.expect("published");
    let again = registry.publish_rule_set(seed::rule_set(COUNTY_RULES)).await;
    assert!(again.expect("known").into_inner().receipt.expect("a receipt").duplicate);
    assert_eq!(used(&view_of(&clients, COUNTY).await).digest, summary.digest);
    drop((registry, compliance, clients));
    drop(server);
    let server = Server::start(directory.path());
    let clients = Clients::connect(&server.api).await;
    assert_eq!(used(&view_of(&clients, COUNTY).await).digest, summary.digest);
    let request =
        pb::GetRuleSetRequest { rule_set_id: "CN-450222.county".to_owned(), ..Default::default() };
    let stored = clients.registry.clone().get_rule_set(request).await.expect("it").into_inner();
    assert_eq!((stored.toml.as_str(), stored.parent_tomls.len()), (COUNTY_RULES, 1));
    assert_eq!(stored.parent_tomls[0], seed::RULES);
}
