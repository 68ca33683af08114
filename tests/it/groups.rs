//! Leading groups through the service: versions by document, seats by post, ties to the events.

use duty_ledger::pb;
use tonic::Code;

use crate::support::events::{batch, day, meeting};
use crate::support::refusal::check;
use crate::support::seed::{self, BUREAU, GOVERNMENT_HEAD, LEADER, PARTY_HEAD, RECORDER, key};
use crate::support::service::Service;

const GROUP: &str = "kjj.law";
const DEPUTY: &str = "450200-kjj.deputy";

async fn service() -> Service {
    let clock = crate::support::clock::TestClock::at("2023-06-14T16:00:00Z");
    let journal = std::sync::Arc::new(journal::MemoryJournal::new());
    let service = Service::over(journal, std::sync::Arc::new(clock)).await;
    seed::all(&service.clients).await;
    let deputy = seed::post(DEPUTY, BUREAU, pb::PostKind::Deputy);
    service.clients.registry.clone().register_post(deputy).await.expect("registered");
    service
}

/// What the document with this serial number says, from a day on.
fn group(serial: u32, start: &str, head: &str) -> pb::RegisterLeadingGroupRequest {
    let member = if head == PARTY_HEAD { DEPUTY } else { PARTY_HEAD };
    pb::RegisterLeadingGroupRequest {
        recorder: RECORDER.to_owned(),
        event_id: key(&format!("group/{serial}/{start}/{head}")),
        group: Some(pb::LeadingGroup {
            group_id: GROUP.to_owned(),
            organization_id: BUREAU.to_owned(),
            document_number: format!("柳科发[2022]{serial}号"),
            start_date: start.to_owned(),
            name_zh: "市科技局依法行政领导小组".to_owned(),
            aliases: vec![pb::LeadingGroupAlias {
                name_zh: "法治政府建设领导小组".to_owned(),
                end_date: "2021-12-31".to_owned(),
                ..Default::default()
            }],
            head_post_id: head.to_owned(),
            member_post_ids: vec![member.to_owned()],
            office_location: "政策法规科".to_owned(),
            liaison_post_id: DEPUTY.to_owned(),
            ..Default::default()
        }),
        amend: false,
    }
}

async fn on(service: &Service, day: &str, known: u64) -> pb::GetLeadingGroupResponse {
    let request = pb::GetLeadingGroupRequest {
        group_id: GROUP.to_owned(),
        as_of_date: day.to_owned(),
        known_position: known,
        ..Default::default()
    };
    let answer = service.clients.registry.clone().get_leading_group(request).await;
    answer.expect("a group").into_inner()
}

fn reasons(findings: &[pb::Finding]) -> Vec<&str> {
    findings.iter().map(|finding| &*finding.reason).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_document_is_a_version_and_the_day_decides_which() {
    let service = service().await;
    let mut client = service.clients.registry.clone();
    let first = client.register_leading_group(group(1, "2022-01-10", PARTY_HEAD)).await;
    let first = first.expect("registered").into_inner();
    assert!(first.findings.is_empty());
    // A head who leads nothing is a finding, not a refusal.
    let second = client.register_leading_group(group(2, "2022-07-01", DEPUTY)).await;
    let second = second.expect("registered").into_inner();
    assert_eq!(reasons(&second.findings), ["GROUP_HEAD_IRREGULAR"]);

    let spring = on(&service, "2022-06-30", 0).await;
    let version = spring.group.expect("in force");
    assert_eq!(version.document_number, "柳科发〔2022〕1号");
    assert_eq!(spring.group_position, first.receipt.expect("one").position);
    assert_eq!(spring.versions.len(), 2, "later versions are named too");
    let seats: Vec<_> = spring
        .seats
        .iter()
        .map(|seat| (&*seat.seat, &*seat.post_id, seat.person_ids.join("+")))
        .collect();
    let expected = [
        ("head_post_id", PARTY_HEAD, LEADER.to_owned()),
        ("member_post_ids[0]", DEPUTY, String::new()),
        ("liaison_post_id", DEPUTY, String::new()),
    ];
    assert_eq!(seats, expected);
    assert_eq!(reasons(&spring.findings), ["GROUP_DOCUMENT_UNREPORTED"]);

    let summer = on(&service, "2022-07-01", 0).await;
    assert_eq!(summer.group.expect("in force").document_number, "柳科发〔2022〕2号");
    // The deputy's post is held by nobody.
    let found = ["GROUP_HEAD_IRREGULAR", "GROUP_HEAD_IRREGULAR", "GROUP_DOCUMENT_UNREPORTED"];
    assert_eq!(reasons(&summer.findings), found);
    let winter = on(&service, "2022-01-09", 0).await;
    assert!(winter.group.is_none() && winter.versions.len() == 2);
    // Before the second document was known, the first held in summer, too.
    let known = second.receipt.expect("one").position - 1;
    let before = on(&service, "2022-07-01", known).await;
    assert_eq!(before.group.expect("in force").document_number, "柳科发〔2022〕1号");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adjustment_is_tied_to_its_document() {
    let service = service().await;
    let mut client = service.clients.registry.clone();
    client.register_leading_group(group(1, "2022-01-10", PARTY_HEAD)).await.expect("registered");
    let adjustment = |number: u128, document: &str| pb::DutyEvent {
        occurred: Some(day("2022-01-10")),
        title: "调整依法行政领导小组".to_owned(),
        evidence: Vec::new(),
        details: Some(pb::duty_event::Details::LeadingGroupAdjustment(
            pb::LeadingGroupAdjustment {
                document_number: document.to_owned(),
                ..Default::default()
            },
        )),
        ..meeting(number)
    };
    let events = vec![
        adjustment(1, "柳科发〔2022〕1号"),
        adjustment(2, "柳科发〔2022〕9号"),
        pb::DutyEvent {
            evidence: vec![crate::support::events::document("柳科发〔2022〕1号")],
            ..adjustment(3, "")
        },
    ];
    let answer = service.clients.events.clone().append_events(batch(events)).await;
    let receipts = answer.expect("appended").into_inner().receipts;
    let group = on(&service, "2022-02-01", 0).await;
    assert_eq!(group.adjustment_positions, [receipts[0].position, receipts[2].position]);
    assert!(group.findings.is_empty(), "{:?}", group.findings);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_are_listed_as_of_a_day_and_amended_on_request() {
    let service = service().await;
    let mut client = service.clients.registry.clone();
    client.register_leading_group(group(1, "2022-01-10", PARTY_HEAD)).await.expect("registered");
    let list = async |day: &str, organization: &str| {
        let request = pb::ListLeadingGroupsRequest {
            organization_id: organization.to_owned(),
            as_of_date: day.to_owned(),
            ..Default::default()
        };
        let answer = service.clients.registry.clone().list_leading_groups(request).await;
        answer.expect("a list").into_inner().total_size
    };
    assert_eq!(list("2022-01-10", BUREAU).await, 1);
    assert_eq!(list("2022-01-09", BUREAU).await, 0);
    assert_eq!(list("2022-01-10", seed::OTHER_BUREAU).await, 0);
    // The same document again, otherwise: only when asked for. It then replaces what it said.
    let ended = |amend| {
        let mut request = group(1, "2022-01-10", PARTY_HEAD);
        request.event_id = key("group/1/ended");
        request.group.as_mut().expect("set").end_date = "2022-03-31".to_owned();
        pb::RegisterLeadingGroupRequest { amend, ..request }
    };
    let refused = client.register_leading_group(ended(false)).await;
    let (code, field) = (Code::AlreadyExists, "group.document_number");
    check("not asked for", refused, code, "ALREADY_EXISTS", field);
    client.register_leading_group(ended(true)).await.expect("a new version");
    assert_eq!(list("2022-03-31", "").await, 1);
    assert_eq!(list("2022-04-01", "").await, 0);
    assert_eq!(on(&service, "2022-04-01", 0).await.versions.len(), 1);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_takes_posts_that_exist_each_in_one_seat() {
    type Change = fn(&mut pb::LeadingGroup);
    let service = service().await;
    let mut client = service.clients.registry.clone();
    let rows: [(&str, Change, &str, &str); 8] = [
        ("no id", |g| g.group_id.clear(), "FIELD_MALFORMED", "group_id"),
        ("no name", |g| g.name_zh.clear(), "FIELD_REQUIRED", "name_zh"),
        ("no members", |g| g.member_post_ids.clear(), "FIELD_REQUIRED", "member_post_ids"),
        (
            "a member by name",
            |g| g.member_post_ids[0] = "张某".to_owned(),
            "FIELD_MALFORMED",
            "member_post_ids[0]",
        ),
        (
            "an unknown member",
            |g| g.member_post_ids.push("kjj.nobody".to_owned()),
            "REFERENCE_UNKNOWN",
            "member_post_ids[1]",
        ),
        (
            "the head among the members",
            |g| g.member_post_ids.push(PARTY_HEAD.to_owned()),
            "DUPLICATE_IN_REQUEST",
            "member_post_ids[1]",
        ),
        (
            "ended before it began",
            |g| g.end_date = "2022-01-09".to_owned(),
            "DATE_REVERSED",
            "end_date",
        ),
        (
            "nowhere",
            |g| g.organization_id = "nobody".to_owned(),
            "REFERENCE_UNKNOWN",
            "organization_id",
        ),
    ];
    for (what, change, reason, field) in rows {
        let mut request = group(1, "2022-01-10", PARTY_HEAD);
        change(request.group.as_mut().expect("set"));
        let answer = client.register_leading_group(request).await;
        check(what, answer, Code::InvalidArgument, reason, &format!("group.{field}"));
    }
    let with_head = group(1, "2022-01-10", GOVERNMENT_HEAD);
    client.register_leading_group(with_head).await.expect("registered");
    let mut moved = group(2, "2022-02-10", GOVERNMENT_HEAD);
    moved.group.as_mut().expect("set").organization_id = seed::OTHER_BUREAU.to_owned();
    let answer = client.register_leading_group(moved).await;
    check("moved", answer, Code::AlreadyExists, "ALREADY_EXISTS", "group.group_id");
    service.stop().await;
}
