//! Organizations over time through the service: renamed, moved, ended; each day its own structure.

use duty_ledger::pb;
use pb::organization_change::Change;
use tonic::Code;

use crate::support::refusal::check;
use crate::support::seed::{
    self, BUREAU, CITY, OTHER_BUREAU, RECORDER, bureau, key, register, selector,
};
use crate::support::service::Service;

/// A county of the city, and a bureau of the county.
const COUNTY: &str = "450222";
const COUNTY_BUREAU: &str = "450222-kjj";

async fn service() -> Service {
    let clock = crate::support::clock::TestClock::at("2023-06-14T16:00:00Z");
    let journal = std::sync::Arc::new(journal::MemoryJournal::new());
    let service = Service::over(journal, std::sync::Arc::new(clock)).await;
    seed::all(&service.clients).await;
    let county = pb::Organization {
        level: pb::OrganizationLevel::County.into(),
        division_code: COUNTY.to_owned(),
        ..bureau(COUNTY)
    };
    let below = pb::Organization {
        parent_organization_id: COUNTY.to_owned(),
        division_code: COUNTY.to_owned(),
        ..bureau(COUNTY_BUREAU)
    };
    let mut client = service.clients.registry.clone();
    for organization in [county, below] {
        client.register_organization(register(organization)).await.expect("registered");
    }
    service
}

fn change(id: &str, of: &str, start: &str, what: Change) -> pb::RegisterOrganizationChangeRequest {
    pb::RegisterOrganizationChangeRequest {
        recorder: RECORDER.to_owned(),
        event_id: key(&format!("change/{id}/{start}")),
        change: Some(pb::OrganizationChange {
            change_id: id.to_owned(),
            organization_id: of.to_owned(),
            start_date: start.to_owned(),
            document_number: "柳编〔2022〕8号".to_owned(),
            change: Some(what),
            ..Default::default()
        }),
        amend: false,
    }
}

fn moved(axis: pb::OrganizationAxis, parent: &str) -> Change {
    let parent_organization_id = parent.to_owned();
    Change::Moved(pb::OrganizationMoved { axis: axis.into(), parent_organization_id })
}

fn ended(ending: pb::OrganizationEnding, successors: &[&str]) -> Change {
    Change::Ended(pb::OrganizationEnded {
        ending: ending.into(),
        successor_organization_ids: successors.iter().map(|id| (*id).to_owned()).collect(),
        taker_organization_id: String::new(),
    })
}

/// The same, saying who takes over what is open.
fn taken(change: Change, taker: &str) -> Change {
    let Change::Ended(ended) = change else { return change };
    Change::Ended(pb::OrganizationEnded { taker_organization_id: taker.to_owned(), ..ended })
}

/// The view of an organization on 1 March 2023.
async fn view_of(service: &Service, organization: &str) -> pb::GetOrganizationComplianceResponse {
    let request = pb::GetOrganizationComplianceRequest {
        organization_id: organization.to_owned(),
        selector: Some(selector("2023-03-01")),
    };
    let answer = service.clients.compliance.clone().get_organization_compliance(request).await;
    answer.expect("a view").into_inner()
}

fn renamed(name: &str) -> Change {
    Change::Renamed(pb::OrganizationRenamed { name_zh: name.to_owned(), ..Default::default() })
}

async fn told(service: &Service, request: pb::RegisterOrganizationChangeRequest) -> u64 {
    let answer = service.clients.registry.clone().register_organization_change(request).await;
    answer.expect("registered").into_inner().receipt.expect("a receipt").position
}

/// Who stands below an organization on a day, as known at a position.
async fn below(service: &Service, top: &str, day: &str, known: u64) -> Vec<String> {
    let request = pb::ListOrganizationsRequest {
        within_organization_id: top.to_owned(),
        as_of_date: day.to_owned(),
        known_position: known,
        ..Default::default()
    };
    let answer = service.clients.registry.clone().list_organizations(request).await;
    let found = answer.expect("a list").into_inner().organizations;
    found.into_iter().map(|organization| organization.organization_id).collect()
}

/// Whose cells the matrix below an organization has on a day.
async fn rows(service: &Service, top: &str, day: &str) -> Vec<String> {
    let request = pb::QueryComplianceRequest {
        selector: Some(selector(day)),
        within_organization_id: top.to_owned(),
        ..Default::default()
    };
    let answer = service.clients.compliance.clone().query_compliance(request).await;
    let mut rows: Vec<_> = answer.expect("a matrix").into_inner().cells;
    rows.dedup_by(|a, b| a.organization_id == b.organization_id);
    rows.into_iter().map(|cell| cell.organization_id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_structure_is_that_of_the_day_asked_about() {
    let service = service().await;
    let territory = moved(pb::OrganizationAxis::Territory, COUNTY);
    let at = told(&service, change("c-1", OTHER_BUREAU, "2022-07-01", territory)).await;
    assert_eq!(below(&service, COUNTY, "2022-06-30", 0).await, [COUNTY, COUNTY_BUREAU]);
    let after = [OTHER_BUREAU, COUNTY, COUNTY_BUREAU];
    assert_eq!(below(&service, COUNTY, "2022-07-01", 0).await, after);
    // Nobody knew before the entry.
    assert_eq!(below(&service, COUNTY, "2022-07-01", at - 1).await, [COUNTY, COUNTY_BUREAU]);
    assert_eq!(rows(&service, COUNTY, "2022-06-30").await, [COUNTY, COUNTY_BUREAU]);
    assert_eq!(rows(&service, COUNTY, "2022-07-01").await, after);
    // By line a bureau of the county stands below that of the city, from a day on.
    let line = moved(pb::OrganizationAxis::Line, BUREAU);
    told(&service, change("c-2", COUNTY_BUREAU, "2022-03-01", line)).await;
    assert_eq!(below(&service, BUREAU, "2022-02-28", 0).await, [BUREAU]);
    assert_eq!(below(&service, BUREAU, "2022-03-01", 0).await, [BUREAU, COUNTY_BUREAU]);
    // What was recorded by mistake never happened.
    let mut revoked = change("c-1", OTHER_BUREAU, "2022-07-01", renamed("某局"));
    revoked.event_id = key("c-1/revoked");
    revoked.change.as_mut().expect("set").revoked = true;
    revoked.amend = true;
    told(&service, revoked).await;
    assert_eq!(below(&service, COUNTY, "2022-07-01", 0).await, [COUNTY, COUNTY_BUREAU]);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_holds_from_its_day_on() {
    let service = service().await;
    told(&service, change("c-1", BUREAU, "2022-07-01", renamed("柳州市科技局"))).await;
    let name = async |day: &str| {
        let request = pb::GetOrganizationRequest {
            organization_id: BUREAU.to_owned(),
            as_of_date: day.to_owned(),
            ..Default::default()
        };
        let answer = service.clients.registry.clone().get_organization(request).await;
        answer.expect("an organization").into_inner().organization.expect("it").name_zh
    };
    let first = format!("柳州市某局 {BUREAU}");
    assert_eq!(name("2022-06-30").await, first);
    assert_eq!(name("2022-07-01").await, "柳州市科技局");
    for (day, expected) in [("2022-06-30", first.as_str()), ("2022-12-31", "柳州市科技局")] {
        let view = seed::view(&service.clients, selector(day)).await;
        assert_eq!(view.organization.expect("it").name_zh, expected, "{day}");
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_open_at_an_end_passes_to_the_successor_and_is_owed_once() {
    let service = service().await;
    let before = seed::view(&service.clients, selector("2023-03-01")).await;
    let merged = ended(pb::OrganizationEnding::Merged, &[OTHER_BUREAU]);
    let at = told(&service, change("c-1", BUREAU, "2022-12-31", merged)).await;
    // The day before the end has come nothing is different.
    let still = seed::view(&service.clients, selector("2022-12-30")).await;
    let findings = |view: &pb::GetOrganizationComplianceResponse| {
        let owed = view.duties.iter().flat_map(|duty| &duty.obligations);
        let all = owed.flat_map(|owed| &owed.findings);
        let of = |reason: &str| {
            let found = all.clone().filter(|finding| finding.reason == reason);
            found.map(|finding| finding.text_zh.clone()).collect::<Vec<_>>()
        };
        ["ORGANIZATION_ENDED", "OBLIGATION_PASSED_ON", "OBLIGATION_TAKEN_OVER"].map(of)
    };
    assert_eq!(findings(&still), <[Vec<String>; 3]>::default());
    let after = seed::view(&service.clients, selector("2023-03-01")).await;
    let [here_no_more, passed, _] = findings(&after);
    assert!(passed.len() > 5, "{passed:?}");
    let by = format!("{OTHER_BUREAU} 承接（合并，柳编〔2022〕8号，第 {at} 条记录）");
    assert!(passed.iter().all(|why| why.contains(&by)), "{passed:?}");
    // What a person owes goes with the person.
    assert!(here_no_more.iter().all(|why| why.contains("2022-12-30")), "{here_no_more:?}");
    for (old, new) in before.duties.iter().zip(&after.duties) {
        for (old, new) in old.obligations.iter().zip(&new.obligations) {
            if old.status() == pb::ComplianceStatus::Fulfilled {
                assert_eq!(old, new);
            } else if old.owner.as_ref().is_some_and(|owner| owner.person_id.is_empty()) {
                assert_ne!(new.status(), pb::ComplianceStatus::Overdue, "{new:?}");
            }
        }
    }
    let successor = view_of(&service, OTHER_BUREAU).await;
    let [_, _, taken] = findings(&successor);
    assert_eq!(taken.len(), passed.len(), "each is owed at one place");
    let taken = successor
        .duties
        .iter()
        .find(|duty| duty.obligations.iter().any(|owed| owed.period == format!("year@{BUREAU}")));
    let request = pb::ExplainObligationRequest {
        organization_id: OTHER_BUREAU.to_owned(),
        selector: Some(selector("2023-03-01")),
        duty_id: taken.expect("an annual duty").duty_id.clone(),
        period: format!("year@{BUREAU}"),
        ..Default::default()
    };
    let explained = service.clients.compliance.clone().explain_obligation(request).await;
    let explained = format!("{:?}", explained.expect("explained").into_inner());
    assert!(explained.contains(&format!("承接自 {BUREAU}（2022-12-31 起，第 {at} 条记录）")));
    // In the next year there are no rows of it at all.
    let request = pb::QueryComplianceRequest {
        selector: Some(pb::ViewSelector { year: 2023, ..selector("2023-03-01") }),
        within_organization_id: CITY.to_owned(),
        ..Default::default()
    };
    let next = service.clients.compliance.clone().query_compliance(request).await;
    let cells = next.expect("a matrix").into_inner().cells;
    assert!(!cells.is_empty() && cells.iter().all(|cell| cell.organization_id != BUREAU));
    let now = below(&service, CITY, "2022-12-31", 0).await;
    assert!(!now.contains(&BUREAU.to_owned()) && now.contains(&OTHER_BUREAU.to_owned()));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_that_contradict_the_tree_or_one_another_are_refused() {
    let service = service().await;
    let mut client = service.clients.registry.clone();
    let split = pb::OrganizationEnding::Split;
    let territory = pb::OrganizationAxis::Territory;
    told(&service, change("c-1", BUREAU, "2022-07-01", moved(territory, COUNTY))).await;
    let invalid = Code::InvalidArgument;
    let rows = [
        (
            "below its child",
            change("c-2", COUNTY, "2022-08-01", moved(territory, BUREAU)),
            (invalid, "TREE_CYCLE", "moved.parent_organization_id"),
        ),
        (
            "below what will be its child",
            change("c-2", COUNTY, "2022-06-01", moved(territory, BUREAU)),
            (invalid, "TREE_CYCLE", "moved.parent_organization_id"),
        ),
        (
            "below nobody known",
            change("c-2", COUNTY, "2022-08-01", moved(territory, "450399")),
            (invalid, "REFERENCE_UNKNOWN", "moved.parent_organization_id"),
        ),
        (
            "no axis",
            change("c-2", COUNTY, "2022-08-01", moved(pb::OrganizationAxis::Unspecified, CITY)),
            (invalid, "ENUM_UNKNOWN", "moved.axis"),
        ),
        (
            "no name",
            change("c-2", COUNTY, "2022-08-01", renamed("")),
            (invalid, "FIELD_REQUIRED", "renamed.name_zh"),
        ),
        (
            "split into one",
            change("c-2", COUNTY, "2022-08-01", ended(split, &[CITY])),
            (invalid, "FIELD_REQUIRED", "ended.successor_organization_ids"),
        ),
        (
            "succeeding itself",
            change("c-2", COUNTY, "2022-08-01", ended(split, &[COUNTY, CITY])),
            (invalid, "ORGANIZATION_CHANGE_INVALID", "ended.successor_organization_ids[0]"),
        ),
        (
            "taken over by a stranger",
            change("c-2", COUNTY, "2022-08-01", taken(ended(split, &[CITY, BUREAU]), OTHER_BUREAU)),
            (invalid, "ORGANIZATION_CHANGE_INVALID", "ended.taker_organization_id"),
        ),
        (
            "ended before it moved",
            change("c-2", BUREAU, "2022-06-01", ended(split, &[COUNTY, CITY])),
            (Code::FailedPrecondition, "ORGANIZATION_CHANGE_INVALID", "start_date"),
        ),
        (
            "of another organization",
            change("c-1", COUNTY, "2022-08-01", renamed("某县")),
            (Code::AlreadyExists, "ALREADY_EXISTS", "change_id"),
        ),
    ];
    for (what, request, (code, reason, field)) in rows {
        let request = pb::RegisterOrganizationChangeRequest { amend: true, ..request };
        let answer = client.register_organization_change(request).await;
        check(what, answer, code, reason, &format!("change.{field}"));
    }
    // A registration must not make a cycle with a move either.
    let mut below =
        register(pb::Organization { parent_organization_id: BUREAU.to_owned(), ..bureau(COUNTY) });
    below.amend = true;
    below.event_id = key("county below the bureau");
    let answer = client.register_organization(below).await;
    let field = "organization.parent_organization_id";
    check("by registration", answer, invalid, "TREE_CYCLE", field);
    // The end is the end.
    let dissolved = ended(pb::OrganizationEnding::Dissolved, &[]);
    told(&service, change("c-3", BUREAU, "2022-10-01", dissolved)).await;
    let late = change("c-4", BUREAU, "2022-10-01", renamed("某局"));
    let answer = client.register_organization_change(late).await;
    let (code, field) = (Code::FailedPrecondition, "change.start_date");
    check("after the end", answer, code, "ORGANIZATION_CHANGE_INVALID", field);
    let early = change("c-4", BUREAU, "2022-09-30", renamed("某局"));
    client.register_organization_change(early).await.expect("before the end");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_names_who_held_what_when_and_by_which_entry() {
    let service = service().await;
    let mut client = service.clients.registry.clone();
    let renaming =
        told(&service, change("c-1", BUREAU, "2022-07-01", renamed("柳州市科技局"))).await;
    let line = moved(pb::OrganizationAxis::Line, OTHER_BUREAU);
    told(&service, change("c-2", BUREAU, "2022-08-01", line)).await;
    let mut end = seed::tenure("t-party", seed::LEADER, seed::PARTY_HEAD, ("2021-01-01", ""));
    end.amend = true;
    end.event_id = key("t-party/end");
    end.tenure.as_mut().expect("set").end_date = "2022-06-30".to_owned();
    let end = client.register_tenure(end).await.expect("registered").into_inner();
    let end = end.receipt.expect("a receipt").position;
    let get = async |day: &str, known: u64| {
        let request = pb::GetOrganizationRequest {
            organization_id: BUREAU.to_owned(),
            as_of_date: day.to_owned(),
            known_position: known,
            ..Default::default()
        };
        let answer = service.clients.registry.clone().get_organization(request).await;
        answer.expect("an organization").into_inner()
    };
    let found = get("2022-08-01", 0).await;
    assert_eq!(found.line_parent_organization_id, OTHER_BUREAU);
    assert_eq!(get("2022-07-31", 0).await.line_parent_organization_id, "");
    assert_eq!(found.registrations.len(), 1);
    let positions: Vec<_> = found.changes.iter().map(|change| change.position).collect();
    assert_eq!(positions, [renaming, renaming + 1]);
    let party = found
        .posts
        .iter()
        .find(|post| post.post.as_ref().is_some_and(|post| post.post_id == seed::PARTY_HEAD));
    let holding = &party.expect("the post").holdings[0];
    assert_eq!(holding.tenure.as_ref().expect("it").end_date, "2022-06-30");
    assert_eq!((holding.position, holding.earlier_positions.len()), (end, 1));
    // Before that entry the first version was all there was.
    let before = get("2022-08-01", end - 1).await;
    let holdings: Vec<_> = before.posts.iter().flat_map(|post| &post.holdings).collect();
    assert!(holdings.iter().all(|held| held.earlier_positions.is_empty()), "{holdings:?}");
    assert_eq!(holdings[0].position, holding.earlier_positions[0]);
    let request = pb::GetPersonRequest { person_id: seed::LEADER.to_owned(), known_position: 0 };
    let person = client.get_person(request).await.expect("a person").into_inner();
    assert!(person.holdings.iter().any(|held| held == holding));
    // And as people see it.
    let server = format!("http://{}", service.api());
    let shown = tokio::task::spawn_blocking(move || {
        let args = ["organization", "show", BUREAU, "--as-of", "2022-06-30", "--server", &server];
        crate::support::child::run(args).exits(0).out
    });
    let shown = shown.await.expect("it ran");
    let renamed = format!("#{renaming} c-1 2022-07-01 更名为 柳州市科技局 柳编〔2022〕8号");
    let held = format!("{}: 2021-01-01 – 2022-06-30 #", seed::LEADER);
    for line in [renamed, held, format!("#{end}"), format!("柳州市某局 {BUREAU}")] {
        assert!(shown.contains(&line), "{line} is not in {shown}");
    }
    service.stop().await;
}
