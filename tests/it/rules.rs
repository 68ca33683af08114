//! Calendars and rule sets over time, through the real service: civil days whatever the host's
//! zone, a jurisdiction's rules over its parents', a draft tried on the journal.
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
async fn an_answer_names_the_rule_sets_it_used_and_no_others() {
    let directory = directory();
    let server = Server::start(directory.path());
    let clients = Clients::connect(&server.api).await;
    city_and_county(&clients).await;
    let later = COUNTY_RULES
        .replace("CN-450222.county", "CN-450222.later")
        .replace("valid_from = 2022-01-01", "valid_from = 2024-01-01");
    for rules in [COUNTY_RULES, &later] {
        let published = clients.registry.clone().publish_rule_set(seed::rule_set(rules)).await;
        published.expect("published");
    }
    let channel = crate::support::service::channel(&server.api).await;
    let ranking = pb::supervision_service_client::SupervisionServiceClient::new(channel);
    let used = async |within: &str| {
        let selector = Some(seed::selector("2023-12-31"));
        let within_organization_id = within.to_owned();
        let ask = pb::QueryComplianceRequest {
            selector: selector.clone(),
            within_organization_id: within_organization_id.clone(),
            ..Default::default()
        };
        let matrix = clients.compliance.clone().query_compliance(ask).await.expect("a page");
        let ask =
            pb::RankOrganizationsRequest { selector, within_organization_id, ..Default::default() };
        let ranked = ranking.clone().rank_organizations(ask).await.expect("a ranking");
        let named = |basis: Option<pb::ViewBasis>| {
            let sets = basis.expect("a basis").rule_sets.into_iter();
            sets.map(|set| set.rule_set_id).collect::<Vec<_>>()
        };
        let both = (named(matrix.into_inner().basis), named(ranked.into_inner().basis));
        assert_eq!(both.0, both.1, "every call says the same");
        both.0
    };
    assert_eq!(used(seed::BUREAU).await, ["CN-450200-2022.default"]);
    assert_eq!(used(COUNTY).await, ["CN-450222.county"]);
    let everybody = used("").await;
    assert_eq!(everybody, ["CN-450200-2022.default", "CN-450222.county"], "not the later one");
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

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_tried_on_the_journal_without_a_trace() {
    let directory = directory();
    let server = Server::start(directory.path());
    let clients = Clients::connect(&server.api).await;
    city_and_county(&clients).await;
    let meeting = crate::support::events::meeting(1);
    let batch = crate::support::events::batch(vec![meeting]);
    clients.events.clone().append_events(batch).await.expect("accepted");
    let mut registry = clients.registry.clone();
    let head = |clients: &Clients| {
        let mut registry = clients.registry.clone();
        async move {
            let request = pb::ListRuleSetsRequest::default();
            registry.list_rule_sets(request).await.expect("a list").into_inner()
        }
    };
    let before = head(&clients).await;

    // The county alone differs; asked for organization by organization, the pages say the same.
    let request = pb::CheckRuleSetRequest {
        toml: COUNTY_RULES.replacen("deadline = ", "weight = 20\ndeadline = ", 1),
        selector: Some(pb::TrialSelector {
            year: 2022,
            as_of_date: "2023-04-30".to_owned(),
            known_position: 0,
        }),
        ..Default::default()
    };
    let answer = registry.check_rule_set(request.clone()).await.expect("tried").into_inner();
    let trial = answer.trial.expect("a trial");
    assert_eq!((trial.tried, trial.total_size, trial.next_page_token.as_str()), (4, 4, ""));
    let [county] = &trial.differences[..] else { panic!("{trial:#?}") };
    assert_eq!((county.organization_id.as_str(), &county.digest_after), (COUNTY, &answer.digest));
    let changes: Vec<_> = county
        .duties
        .iter()
        .map(|duty| (duty.duty_id.as_str(), &*duty.weight_before, &*duty.weight_after))
        .collect();
    // What it switches off did not apply to a bureau without mediation anyway.
    assert_eq!(changes, [("rule_of_law_debrief", "12", "20")]);
    let mut paged = Vec::new();
    let mut page = pb::CheckRuleSetRequest { page_size: 1, ..request.clone() };
    loop {
        let found = registry.check_rule_set(page.clone()).await.expect("a page").into_inner();
        let found = found.trial.expect("a trial");
        assert_eq!((found.tried, found.known_position), (1, trial.known_position));
        paged.extend(found.differences);
        if found.next_page_token.is_empty() {
            break;
        }
        page.page_token = found.next_page_token;
    }
    assert_eq!(paged, trial.differences);

    // A heavier meeting moves the city; the trial foretells what publication brings.
    let heavier = seed::RULES.replacen("weight = 9", "weight = 29", 1);
    let request = pb::CheckRuleSetRequest { toml: heavier.clone(), ..request };
    let answer = registry.check_rule_set(request.clone()).await.expect("tried").into_inner();
    let trial = answer.trial.expect("a trial");
    let found = trial.differences.iter().find(|found| found.organization_id == seed::BUREAU);
    let foretold = found.expect("the bureau").scores[0].clone();
    assert_ne!(foretold.score_before, foretold.score_after);
    assert_eq!(head(&clients).await, before, "nothing was written");
    let file = directory.path().join("draft.toml");
    std::fs::write(&file, &heavier).expect("written");
    let file = file.to_str().expect("UTF-8");
    let api = format!("http://{}", server.api.trim_start_matches("http://"));
    let args = ["rules", "check", file, "--against", &api, "--year", "2022", "--as-of"];
    let args = args.into_iter().chain(["2023-04-30", "--output", "json"]);
    let shown = crate::support::child::run(args).exits(0).json();
    assert_eq!(shown["trial"]["totalSize"], 4);
    assert_eq!(shown["digest"], answer.digest.as_str());

    registry.publish_rule_set(seed::rule_set(&heavier)).await.expect("published");
    let now = seed::view(&clients, seed::selector("2023-04-30")).await;
    assert_eq!(now.scores[0].score, foretold.score_after);
}
