//! The compliance of an organization as OSCAL assessment results (NIST, model 1.1).
//!
//! A duty is a control, its state a finding, the entries it rests on are its observations. The
//! ids are derived (UUID version 5) from what the answer reflects and what they name: the same
//! answer gives the same document. A duty that does not apply or is exempted is excluded from the
//! reviewed controls and has no finding.

use duty::ruleset::Rung;
use serde_json::{Value, json};
use tonic::transport::Channel;
use uuid::Uuid;

use crate::cli::client::Failure;
use crate::cli::{FAILED, Language, table};
use crate::pb;
use crate::pb::ComplianceStatus as Status;
use crate::pb::compliance_service_client::ComplianceServiceClient;

/// The version of the model.
const OSCAL_VERSION: &str = "1.1.3";
/// Namespace of the derived ids, a fixed random UUID.
const NAMESPACE: Uuid = Uuid::from_u128(0x2c5b_8e0a_61d7_4f3d_9a1e_7f60_b4c2_d815);
/// Name space of our own properties.
const PROPERTIES: &str = "https://duty-ledger.example/ns/oscal";

/// The document.
pub(super) async fn document(
    channel: &Channel,
    organization_id: &str,
    selector: pb::ViewSelector,
) -> Result<String, Failure> {
    let request = pb::GetOrganizationComplianceRequest {
        organization_id: organization_id.to_owned(),
        selector: Some(selector),
    };
    let mut client =
        ComplianceServiceClient::new(channel.clone()).max_decoding_message_size(usize::MAX);
    let view = client.get_organization_compliance(request).await?.into_inner();
    let basis = view.basis.as_ref();
    let basis = basis.ok_or_else(|| Failure::new(FAILED, "the view has no basis"))?;
    Ok(format!("{:#}\n", json!({ "assessment-results": results(&view, basis, organization_id) })))
}

/// Derives the ids of one document.
struct Ids(Uuid);

impl Ids {
    fn of(organization_id: &str, basis: &pb::ViewBasis) -> Self {
        let mut name = format!(
            "{organization_id}/{}/{}/{}/{}",
            basis.year, basis.as_of_date, basis.known_position, basis.root_hash
        );
        for rules in &basis.rule_sets {
            name.push('/');
            name.push_str(&rules.digest);
        }
        Self(Uuid::new_v5(&NAMESPACE, name.as_bytes()))
    }

    fn id(&self, what: &str) -> String {
        Uuid::new_v5(&self.0, what.as_bytes()).to_string()
    }
}

fn results(
    view: &pb::GetOrganizationComplianceResponse,
    basis: &pb::ViewBasis,
    organization_id: &str,
) -> Value {
    let ids = Ids::of(organization_id, basis);
    let name = view.organization.as_ref().map_or(organization_id, |found| &found.name_zh);
    let year = basis.year;
    let instant = format!("{}T00:00:00+08:00", basis.as_of_date);
    let party = ids.id("party");
    let rules: Vec<Value> = basis
        .rule_sets
        .iter()
        .map(|rules| {
            json!({
                "uuid": ids.id(&format!("rule-set/{}", rules.digest)),
                "title": format!("规则集 {}", rules.rule_set_id),
                "description": "责任事项目录与判定规则 / the duties and the rules they are judged by",
                "props": [
                    property("rule-set-id", &rules.rule_set_id),
                    property("sha256", &rules.digest),
                ],
            })
        })
        .collect();
    let plan = basis.rule_sets.first().map_or_else(
        || ids.id("no-rule-set"),
        |rules| ids.id(&format!("rule-set/{}", rules.digest)),
    );
    let mut whole = json!({
        "uuid": ids.id("assessment-results"),
        "metadata": {
            "title": format!("{name} {year} 年度履行推进法治建设第一责任人职责情况"),
            "last-modified": instant,
            "version": format!("{}-{}", basis.as_of_date, basis.known_position),
            "oscal-version": OSCAL_VERSION,
            "roles": [{ "id": "assessed", "title": "责任单位 / assessed organization" }],
            "parties": [{ "uuid": party, "type": "organization", "name": name }],
            "responsible-parties": [{ "role-id": "assessed", "party-uuids": [party] }],
        },
        "import-ap": { "href": format!("#{plan}") },
        "results": [result(view, basis, &ids, &instant)],
    });
    if !rules.is_empty() {
        whole["back-matter"] = json!({ "resources": rules });
    }
    whole
}

fn property(name: &str, value: &str) -> Value {
    json!({ "name": name, "ns": PROPERTIES, "value": value })
}

fn result(
    view: &pb::GetOrganizationComplianceResponse,
    basis: &pb::ViewBasis,
    ids: &Ids,
    instant: &str,
) -> Value {
    let applies = |duty: &&pb::DutyCompliance| {
        !matches!(status(duty.status), Status::NotApplicable | Status::Exempted)
    };
    let (reviewed, excluded): (Vec<_>, Vec<_>) = view.duties.iter().partition(applies);
    let control = |duty: &&pb::DutyCompliance| json!({ "control-id": duty.duty_id });
    let mut selection = json!({ "description": "责任事项 / the duties that apply" });
    // The model wants no empty lists.
    if !reviewed.is_empty() {
        selection["include-controls"] = reviewed.iter().map(control).collect();
    }
    if !excluded.is_empty() {
        selection["exclude-controls"] = excluded.iter().map(control).collect();
    }
    let mut positions: Vec<u64> = reviewed.iter().flat_map(|duty| entries(&duty.rungs)).collect();
    positions.sort_unstable();
    positions.dedup();
    let observations: Vec<Value> =
        positions.iter().map(|position| observation(*position, basis, ids, instant)).collect();
    let findings: Vec<Value> = reviewed.iter().map(|duty| finding(duty, ids)).collect();
    let mut props = vec![
        property("year", &basis.year.to_string()),
        property("as-of-date", &basis.as_of_date),
        property("known-position", &basis.known_position.to_string()),
        property("tree-size", &basis.tree_size.to_string()),
        property("root-hash", &basis.root_hash),
    ];
    for (score, rung) in view.scores.iter().zip(Rung::ALL) {
        if !score.score.is_empty() {
            props.push(property(&format!("score-{}", rung.as_str()), &score.score));
        }
    }
    // Beside the figures of the ledger, the result that no entry changes any more.
    if let Some(seal) = &view.sealed {
        props.push(property("sealed-position", &seal.position.to_string()));
        props.push(property("sealed-as-of-date", &seal.as_of_date));
        props.push(property("sealed-sheet-sha256", &seal.sheet_digest));
        for (name, value) in
            [("sealed-final-score", &seal.final_score), ("sealed-grade", &seal.grade)]
        {
            if !value.is_empty() {
                props.push(property(name, value));
            }
        }
    }
    let mut result = json!({
        "uuid": ids.id("result"),
        "title": format!("{} 年度", basis.year),
        "description": "由责任台账按规则集推算 / derived from the duty ledger by its rule set",
        "start": format!("{}-01-01T00:00:00+08:00", basis.year),
        "end": instant,
        "props": props,
        "reviewed-controls": { "control-selections": [selection] },
    });
    if !observations.is_empty() {
        result["observations"] = observations.into();
    }
    if !findings.is_empty() {
        result["findings"] = findings.into();
    }
    result
}

fn status(number: i32) -> Status {
    Status::try_from(number).unwrap_or(Status::Unspecified)
}

/// Every entry behind a duty, on any rung.
fn entries(rungs: &[pb::RungStanding]) -> Vec<u64> {
    let mut all: Vec<u64> =
        rungs.iter().flat_map(|rung| rung.entry_positions.iter().copied()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn observation_id(position: u64, ids: &Ids) -> String {
    ids.id(&format!("observation/{position}"))
}

fn observation(position: u64, basis: &pb::ViewBasis, ids: &Ids, instant: &str) -> Value {
    json!({
        "uuid": observation_id(position, ids),
        "title": format!("台账第 {position} 条"),
        "description": format!("台账第 {position} 条 / entry {position} of the ledger"),
        "props": [
            property("entry-position", &position.to_string()),
            property("tree-size", &basis.tree_size.to_string()),
        ],
        "methods": ["EXAMINE"],
        "types": ["finding"],
        "collected": instant,
    })
}

fn finding(duty: &pb::DutyCompliance, ids: &Ids) -> Value {
    let (zh, en) =
        (table::status(duty.status, Language::Zh), table::status(duty.status, Language::En));
    let (state, reason) = match status(duty.status) {
        Status::Fulfilled => ("satisfied", "pass"),
        Status::NotDue | Status::DueSoon | Status::NeedsVerification => ("not-satisfied", "other"),
        Status::FulfilledLate
        | Status::Partial
        | Status::Overdue
        | Status::NotApplicable
        | Status::Exempted
        | Status::Unspecified => ("not-satisfied", "fail"),
    };
    let mut props = vec![property("status", zh), property("weight", &duty.weight)];
    for (rung, name) in duty.rungs.iter().zip(Rung::ALL) {
        let english = table::status(rung.status, Language::En);
        props.push(property(&format!("{}-status", name.as_str()), english));
        if !rung.credit.is_empty() {
            props.push(property(&format!("{}-credit", name.as_str()), &rung.credit));
        }
    }
    let mut finding = json!({
        "uuid": ids.id(&format!("finding/{}", duty.duty_id)),
        "title": format!("{}：{zh}", duty.name_zh),
        "description": format!("{} / {}: {zh} / {en}", duty.name_zh, duty.name_en),
        "props": props,
        "target": {
            "type": "objective-id",
            "target-id": duty.duty_id,
            "status": { "state": state, "reason": reason, "remarks": format!("{zh} / {en}") },
        },
    });
    let related: Vec<Value> = entries(&duty.rungs)
        .into_iter()
        .map(|position| json!({ "observation-uuid": observation_id(position, ids) }))
        .collect();
    if !related.is_empty() {
        finding["related-observations"] = related.into();
    }
    finding
}
