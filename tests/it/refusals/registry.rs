//! Registrations and publications that are refused.

use std::sync::Arc;

use duty_ledger::pb;
use journal::MemoryJournal;
use tonic::Code;

use crate::support::clock::TestClock;
use crate::support::events::id;
use crate::support::refusal::{Refusal, check};
use crate::support::seed::{
    self, BUREAU, CALENDARS, CITY, GOVERNMENT_HEAD, LEADER, OTHER_BUREAU, PARTY_HEAD, RULES,
    bureau, calendar, person, post, register, rule_set, tenure,
};
use crate::support::service::Service;

async fn service() -> Service {
    let clock = TestClock::at("2023-06-14T16:00:00Z");
    let service = Service::over(Arc::new(MemoryJournal::new()), Arc::new(clock)).await;
    seed::registry(&service.clients).await;
    service
}

type Row = (&'static str, fn(&mut pb::Organization), &'static str, &'static str);

const ORGANIZATIONS: &[Row] = &[
    ("no id", |o| o.organization_id.clear(), "FIELD_MALFORMED", "organization_id"),
    (
        "a malformed parent",
        |o| o.parent_organization_id = "市政府".into(),
        "FIELD_MALFORMED",
        "parent_organization_id",
    ),
    (
        "an unknown parent",
        |o| o.parent_organization_id = "450300".into(),
        "REFERENCE_UNKNOWN",
        "parent_organization_id",
    ),
    (
        "its own parent",
        |o| o.parent_organization_id = o.organization_id.clone(),
        "TREE_CYCLE",
        "parent_organization_id",
    ),
    ("no name", |o| o.name_zh.clear(), "FIELD_REQUIRED", "name_zh"),
    ("a long name", |o| o.name_zh = "局".repeat(101), "FIELD_TOO_LONG", "name_zh"),
    ("a long English name", |o| o.name_en = "b".repeat(101), "FIELD_TOO_LONG", "name_en"),
    ("no level", |o| o.level = 0, "ENUM_UNKNOWN", "level"),
    ("a level of the future", |o| o.level = 99, "ENUM_UNKNOWN", "level"),
    ("no class", |o| o.class = 0, "ENUM_UNKNOWN", "class"),
    ("no division", |o| o.division_code.clear(), "DIVISION_INVALID", "division_code"),
    ("five digits", |o| o.division_code = "45020".into(), "DIVISION_INVALID", "division_code"),
    (
        "no such province",
        |o| o.division_code = "990000".into(),
        "DIVISION_INVALID",
        "division_code",
    ),
    (
        "a code that fails its check digit",
        |o| o.unified_social_credit_code = "91350203M0001QAY9B".into(),
        "USCC_INVALID",
        "unified_social_credit_code",
    ),
    (
        "a code that is too short",
        |o| o.unified_social_credit_code = "1145020000000000".into(),
        "USCC_INVALID",
        "unified_social_credit_code",
    ),
    (
        "a failing code with half a reason",
        |o| {
            o.unified_social_credit_code = "91350203M0001QAY9B".into();
            o.credit_code_override_reason = "证照如此".into();
        },
        "USCC_INVALID",
        "unified_social_credit_code",
    ),
    ("a sector in Chinese", |o| o.sector = "科技".into(), "FIELD_MALFORMED", "sector"),
    ("no such day", |o| o.start_date = "2022-02-30".into(), "DATE_INVALID", "start_date"),
    (
        "dates reversed",
        |o| (o.start_date, o.end_date) = ("2022-02-02".into(), "2022-02-01".into()),
        "DATE_REVERSED",
        "end_date",
    ),
    ("a marked name", |o| o.name_zh = "【机密】某局".into(), "STATE_SECRET_MARKING", "name_zh"),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_in_an_organization_is_named() {
    let service = service().await;
    let mut client = service.clients.registry.clone();
    for (what, spoil, reason, field) in ORGANIZATIONS {
        let mut organization = bureau("450200-new");
        spoil(&mut organization);
        let answer = client.register_organization(register(organization)).await;
        check(what, answer, Code::InvalidArgument, reason, &format!("organization.{field}"));
    }
    let answer = client.register_organization(register(bureau("450200-new"))).await;
    answer.expect("unspoilt, it is accepted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credit_code_counts_when_it_is_right_or_somebody_answers_for_it() {
    let service = service().await;
    let mut client = service.clients.registry.clone();
    let right = pb::Organization {
        unified_social_credit_code: "11450200000000000M".to_owned(),
        ..bureau("a")
    };
    client.register_organization(register(right)).await.expect("its check digit is right");
    let kept = pb::Organization {
        unified_social_credit_code: "91350203M0001QAY9B".to_owned(),
        credit_code_override_reason: "登记证书上确为此码，已向登记机关核实".to_owned(),
        ..bureau("b")
    };
    client.register_organization(register(kept)).await.expect("accepted with a reason");
    for (id, code) in [("a", "11450200000000000M"), ("b", "91350203M0001QAY9B")] {
        let request =
            pb::GetOrganizationRequest { organization_id: id.to_owned(), ..Default::default() };
        let got = client.get_organization(request).await.expect("registered").into_inner();
        assert_eq!(got.organization.expect("it").unified_social_credit_code, code, "{id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tree_stays_a_tree_and_a_change_must_be_meant() {
    let service = service().await;
    let mut client = service.clients.registry.clone();
    let changed = pb::Organization { name_zh: "柳州市科技局".to_owned(), ..bureau(BUREAU) };
    let request = pb::RegisterOrganizationRequest { event_id: id(1), ..register(changed) };
    let answer = client.register_organization(request.clone()).await;
    let field = "organization.organization_id";
    check("amend", answer, Code::AlreadyExists, "ALREADY_EXISTS", field);
    let meant = pb::RegisterOrganizationRequest { amend: true, ..request };
    client.register_organization(meant).await.expect("amended");

    let below = pb::Organization { parent_organization_id: BUREAU.to_owned(), ..seed::city() };
    let request =
        pb::RegisterOrganizationRequest { event_id: id(2), amend: true, ..register(below) };
    let answer = client.register_organization(request).await;
    let field = "organization.parent_organization_id";
    check("cycle", answer, Code::InvalidArgument, "TREE_CYCLE", field);

    // The same key with other content.
    let reused = pb::RegisterOrganizationRequest {
        event_id: register(bureau(BUREAU)).event_id,
        ..register(bureau("450200-other"))
    };
    let answer = client.register_organization(reused).await;
    check("key", answer, Code::AlreadyExists, "EVENT_ID_REUSED", "event_id");
    let without =
        pb::RegisterOrganizationRequest { event_id: String::new(), ..register(bureau("x")) };
    let answer = client.register_organization(without).await;
    check("no key", answer, Code::InvalidArgument, "FIELD_REQUIRED", "event_id");
    let by = pb::RegisterOrganizationRequest { recorder: "张三".into(), ..register(bureau("x")) };
    let answer = client.register_organization(by).await;
    check("a name", answer, Code::InvalidArgument, "FIELD_MALFORMED", "recorder");
    let nothing = pb::RegisterOrganizationRequest { organization: None, ..register(bureau("x")) };
    let status = client.register_organization(nothing).await.expect_err("nothing to register");
    assert_eq!(Refusal::of(&status).code, Code::InvalidArgument);

    // What was registered before is answered as before, amend or not.
    let again = client.register_organization(register(bureau(BUREAU))).await.expect("repeated");
    assert!(again.into_inner().receipt.expect("a receipt").duplicate);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_an_opaque_id() {
    let service = service().await;
    let mut client = service.clients.registry.clone();
    for id in ["450202197001011234", "45020219700101123X", "13907720000", "张三", ""] {
        let answer = client.register_person(person(id)).await;
        let field = "person.person_id";
        let refusal = check(id, answer, Code::InvalidArgument, "FIELD_MALFORMED", field);
        let (zh, en) = refusal.at(field);
        assert!(id.is_empty() || !format!("{zh}{en}").contains(id), "a refusal repeats no such id");
    }
    let twice = pb::RegisterPersonRequest { event_id: id(1), ..person(LEADER) };
    let answer = client.register_person(twice).await;
    check("taken", answer, Code::AlreadyExists, "ALREADY_EXISTS", "person.person_id");
}

#[tokio::test(flavor = "multi_thread")]
async fn posts_stay_where_they_are_and_tenures_do_not_overlap() {
    let service = service().await;
    let mut client = service.clients.registry.clone();
    let head = pb::PostKind::PartyHead;
    let invalid = Code::InvalidArgument;
    let answer = client.register_post(post("new", "none", head)).await;
    check("organization", answer, invalid, "REFERENCE_UNKNOWN", "post.organization_id");
    let answer = client.register_post(post("new", CITY, pb::PostKind::Unspecified)).await;
    check("kind", answer, invalid, "ENUM_UNKNOWN", "post.kind");
    let moved = pb::RegisterPostRequest {
        event_id: id(1),
        amend: true,
        ..post(PARTY_HEAD, OTHER_BUREAU, head)
    };
    let answer = client.register_post(moved).await;
    check("moved", answer, Code::AlreadyExists, "ALREADY_EXISTS", "post.post_id");
    let untold = pb::RegisterPostRequest { event_id: id(1), ..post(PARTY_HEAD, BUREAU, head) };
    let answer = client.register_post(untold).await;
    check("amend", answer, Code::AlreadyExists, "ALREADY_EXISTS", "post.post_id");

    client.register_person(person("p-2")).await.expect("registered");
    let during = |start, end| tenure("t-2", "p-2", PARTY_HEAD, (start, end));
    let rows = [
        ("no start", during("", ""), invalid, "FIELD_REQUIRED", "start_date"),
        ("no such day", during("2022-06-31", ""), invalid, "DATE_INVALID", "start_date"),
        ("reversed", during("2020-02-02", "2020-02-01"), invalid, "DATE_REVERSED", "end_date"),
        (
            "no person",
            tenure("t-2", "p-3", PARTY_HEAD, ("2020-01-01", "2020-12-31")),
            invalid,
            "REFERENCE_UNKNOWN",
            "person_id",
        ),
        (
            "no post",
            tenure("t-2", "p-2", "post-none", ("2020-01-01", "2020-12-31")),
            invalid,
            "REFERENCE_UNKNOWN",
            "post_id",
        ),
        (
            "overlap",
            during("2022-06-01", ""),
            Code::FailedPrecondition,
            "TENURE_OVERLAPS",
            "start_date",
        ),
    ];
    for (what, request, code, reason, field) in rows {
        let answer = client.register_tenure(request).await;
        check(what, answer, code, reason, &format!("tenure.{field}"));
    }
    let mut acting = during("2022-06-01", "2022-07-01");
    acting.tenure.as_mut().expect("set").acting = true;
    client.register_tenure(acting).await.expect("acting tenures may overlap");
    let before = tenure("t-3", "p-2", GOVERNMENT_HEAD, ("2020-01-01", "2020-12-31"));
    client.register_tenure(before).await.expect("before the other");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_set_that_does_not_check_is_refused_with_its_lines() {
    let service = service().await;
    let mut client = service.clients.registry.clone();
    // Two faults far apart: both are named, each with its line.
    let cadence = RULES.replacen("cadence = \"annual\"", "cadence = \"anually\"", 1);
    let broken = cadence.replacen("weight = 9", "wieght = 9", 1);
    let line = |mark: &str| 1 + broken.lines().position(|line| line.contains(mark)).expect(mark);
    let lines = [line("anually"), line("wieght")];
    let checked = client
        .check_rule_set(pb::CheckRuleSetRequest { toml: broken.clone(), ..Default::default() })
        .await;
    let checked = checked.expect("an answer").into_inner();
    assert!(!checked.valid);
    for wanted in lines {
        let found = checked.errors.iter().any(|error| error.line as usize == wanted);
        assert!(found, "line {wanted}: {:#?}", checked.errors);
    }
    let status = client.publish_rule_set(rule_set(&broken)).await.expect_err("refused");
    let refusal = Refusal::of(&status);
    assert_eq!(refusal.code, Code::InvalidArgument);
    assert!(refusal.reason.starts_with("RULE_SET_"), "{refusal:#?}");
    for wanted in lines {
        let named = refusal.violations.iter().any(|(field, _, zh, en)| {
            field.starts_with("toml") && [field, zh, en].iter().any(|text| names(text, wanted))
        });
        assert!(named, "line {wanted}: {refusal:#?}");
    }
    let status = client.publish_rule_set(rule_set("schema_version = ")).await.expect_err("refused");
    assert_eq!(Refusal::of(&status).reason, "RULE_SET_SYNTAX");
    let none = client.list_rule_sets(pb::ListRuleSetsRequest::default()).await.expect("a list");
    assert_eq!(none.into_inner().rule_sets, []);
    client.publish_rule_set(rule_set(RULES)).await.expect("unspoilt, it is published");
}

/// Whether a text names a number.
fn names(text: &str, number: usize) -> bool {
    text.split(|c: char| !c.is_ascii_digit()).any(|word| word == number.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_that_does_not_check_is_refused_with_its_lines() {
    let service = service().await;
    let mut client = service.clients.registry.clone();
    let good = CALENDARS[1];
    let spoilt = [
        ("reversed", good.replacen("last = 2022-01-03", "last = 2021-12-03", 1)),
        ("unknown key", good.replacen("notice =", "notise =", 1)),
        ("no TOML", good.replacen("[[holiday]]", "[[holiday", 1)),
        ("no such year", good.replacen("year = 2022", "year = 22", 1)),
    ];
    for (what, toml) in spoilt {
        let answer = client.publish_work_calendar(calendar(&toml)).await;
        let refusal = Refusal::of(&answer.expect_err(what));
        assert_eq!(refusal.code, Code::InvalidArgument, "{what}: {refusal:#?}");
        let all_named = refusal.violations.iter().all(|(field, _, zh, en)| {
            field.starts_with("toml") && !zh.is_empty() && !en.is_empty()
        });
        assert!(all_named && !refusal.violations.is_empty(), "{what}: {refusal:#?}");
    }
    client.publish_work_calendar(calendar(good)).await.expect("unspoilt, it is published");
}
