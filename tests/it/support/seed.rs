//! Who is who and which rules hold, put in through the API as anybody would.

use duty_ledger::pb;

use super::service::Clients;

/// The recorder of everything the tests put in.
pub(crate) const RECORDER: &str = "oa-system";
/// A supervisor.
pub(crate) const VERIFIER: &str = "zfb-verifier";
/// The city.
pub(crate) const CITY: &str = "450200";
/// A department of it.
pub(crate) const BUREAU: &str = "450200-kjj";
/// Another department of it.
pub(crate) const OTHER_BUREAU: &str = "450200-jtj";
/// Whoever heads the department, in both posts.
pub(crate) const LEADER: &str = "p-kjj-01";
/// The first post.
pub(crate) const PARTY_HEAD: &str = "450200-kjj.party-head";
/// The second post.
pub(crate) const GOVERNMENT_HEAD: &str = "450200-kjj.government-head";
/// The rule set of the city.
pub(crate) const RULES: &str = include_str!("../../../data/rulesets/cn-450200-2022.toml");
/// The working-day calendars.
pub(crate) const CALENDARS: [&str; 6] = [
    include_str!("../../../data/calendars/2021.toml"),
    include_str!("../../../data/calendars/2022.toml"),
    include_str!("../../../data/calendars/2023.toml"),
    include_str!("../../../data/calendars/2024.toml"),
    include_str!("../../../data/calendars/2025.toml"),
    include_str!("../../../data/calendars/2026.toml"),
];

/// The idempotency key of a registration, by name.
pub(crate) fn key(name: &str) -> String {
    uuid::Uuid::new_v5(&uuid::Uuid::from_u128(0x1234_5678), name.as_bytes()).to_string()
}

/// The city.
pub(crate) fn city() -> pb::Organization {
    pb::Organization {
        organization_id: CITY.to_owned(),
        name_zh: "柳州市人民政府".to_owned(),
        name_en: "Liuzhou Municipal People's Government".to_owned(),
        level: pb::OrganizationLevel::City.into(),
        class: pb::OrganizationClass::GovernmentOrgan.into(),
        division_code: CITY.to_owned(),
        ..Default::default()
    }
}

/// A department of the city.
pub(crate) fn bureau(id: &str) -> pb::Organization {
    pb::Organization {
        organization_id: id.to_owned(),
        parent_organization_id: CITY.to_owned(),
        name_zh: format!("柳州市某局 {id}"),
        name_en: format!("Bureau {id}"),
        level: pb::OrganizationLevel::Department.into(),
        sector: "science_technology_bureau".to_owned(),
        has_enforcement_power: true,
        ..city()
    }
}

/// The registration of an organization, under a key derived from its id.
pub(crate) fn register(organization: pb::Organization) -> pb::RegisterOrganizationRequest {
    pb::RegisterOrganizationRequest {
        recorder: RECORDER.to_owned(),
        event_id: key(&format!("organization/{}", organization.organization_id)),
        organization: Some(organization),
        amend: false,
    }
}

/// The registration of a post.
pub(crate) fn post(id: &str, organization: &str, kind: pb::PostKind) -> pb::RegisterPostRequest {
    pb::RegisterPostRequest {
        recorder: RECORDER.to_owned(),
        event_id: key(&format!("post/{id}")),
        post: Some(pb::Post {
            post_id: id.to_owned(),
            organization_id: organization.to_owned(),
            kind: kind.into(),
            title_zh: "主要负责人".to_owned(),
        }),
        amend: false,
    }
}

/// The registration of a person.
pub(crate) fn person(id: &str) -> pb::RegisterPersonRequest {
    pb::RegisterPersonRequest {
        recorder: RECORDER.to_owned(),
        event_id: key(&format!("person/{id}")),
        person: Some(pb::Person { person_id: id.to_owned(), sealed: None }),
        text: None,
        amend: false,
    }
}

/// The registration of a tenure.
pub(crate) fn tenure(
    id: &str,
    person: &str,
    post: &str,
    (start, end): (&str, &str),
) -> pb::RegisterTenureRequest {
    pb::RegisterTenureRequest {
        recorder: RECORDER.to_owned(),
        event_id: key(&format!("tenure/{id}")),
        tenure: Some(pb::Tenure {
            tenure_id: id.to_owned(),
            person_id: person.to_owned(),
            post_id: post.to_owned(),
            start_date: start.to_owned(),
            end_date: end.to_owned(),
            ..Default::default()
        }),
        amend: false,
    }
}

/// The publication of a rule set.
pub(crate) fn rule_set(toml: &str) -> pb::PublishRuleSetRequest {
    pb::PublishRuleSetRequest {
        recorder: RECORDER.to_owned(),
        event_id: key(&format!("rules/{toml}")),
        toml: toml.to_owned(),
    }
}

/// The publication of a calendar.
pub(crate) fn calendar(toml: &str) -> pb::PublishWorkCalendarRequest {
    pb::PublishWorkCalendarRequest {
        recorder: RECORDER.to_owned(),
        event_id: key(&format!("calendar/{toml}")),
        toml: toml.to_owned(),
    }
}

/// A city with two departments, one of them with a leader in two posts.
pub(crate) async fn registry(clients: &Clients) {
    let mut client = clients.registry.clone();
    for organization in [city(), bureau(BUREAU), bureau(OTHER_BUREAU)] {
        client.register_organization(register(organization)).await.expect("registered");
    }
    for (id, kind) in
        [(PARTY_HEAD, pb::PostKind::PartyHead), (GOVERNMENT_HEAD, pb::PostKind::GovernmentHead)]
    {
        client.register_post(post(id, BUREAU, kind)).await.expect("registered");
    }
    client.register_person(person(LEADER)).await.expect("registered");
    for (id, post) in [("t-party", PARTY_HEAD), ("t-government", GOVERNMENT_HEAD)] {
        let tenure = tenure(id, LEADER, post, ("2021-01-01", ""));
        client.register_tenure(tenure).await.expect("registered");
    }
}

/// The calendars and the rule set of the city.
pub(crate) async fn rules(clients: &Clients) {
    let mut client = clients.registry.clone();
    for toml in CALENDARS {
        client.publish_work_calendar(calendar(toml)).await.expect("published");
    }
    client.publish_rule_set(rule_set(RULES)).await.expect("published");
}

/// Everything a view needs but events.
pub(crate) async fn all(clients: &Clients) {
    registry(clients).await;
    rules(clients).await;
}

/// The question about 2022 on a day, as far as the ledger knows now.
pub(crate) fn selector(as_of: &str) -> pb::ViewSelector {
    pb::ViewSelector { year: 2022, as_of_date: as_of.to_owned(), ..Default::default() }
}

/// The view of the department under a question.
pub(crate) async fn view(
    clients: &Clients,
    selector: pb::ViewSelector,
) -> pb::GetOrganizationComplianceResponse {
    let request = pb::GetOrganizationComplianceRequest {
        organization_id: BUREAU.to_owned(),
        selector: Some(selector),
    };
    let answer = clients.compliance.clone().get_organization_compliance(request).await;
    answer.expect("a view").into_inner()
}

/// The statuses of one duty on the four rungs, and on the official one.
pub(crate) fn ladder(view: &pb::GetOrganizationComplianceResponse, duty: &str) -> Vec<String> {
    let found = view.duties.iter().find(|line| line.duty_id == duty);
    let line = found.unwrap_or_else(|| panic!("no duty {duty}"));
    let rungs = line.rungs.iter().map(|rung| (rung.status, rung.credit.clone()));
    let word = |status: i32| {
        let status = pb::ComplianceStatus::try_from(status).expect("a status");
        status.as_str_name().trim_start_matches("COMPLIANCE_STATUS_").to_lowercase()
    };
    let mut words: Vec<_> =
        rungs.map(|(status, credit)| format!("{} {credit}", word(status))).collect();
    words.push(word(line.status));
    words
}
