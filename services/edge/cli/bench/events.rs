//! What the load consists of: a registry of organizations, and duty events of the demo's report
//! spread over them and over nine accounting years.
//!
//! Every event is new: ids are numbers scattered over all UUIDs, as random ids of callers would be.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use prost::Message as _;
use serde_json::json;
use tokio::task::JoinSet;
use tonic::transport::Channel;

use crate::cli::client::Failure;
use crate::cli::{FAILED, demo, output};
use crate::pb;
use crate::pb::registry_service_client::RegistryServiceClient;

/// Recorder of everything put in.
pub(super) const RECORDER: &str = "bench";
/// What an entry of the load takes in the journal, about.
const STORED_BYTES_AIM: usize = 256;
/// The accounting years of the events; the rule set of the demo is valid for one of them.
const YEARS: std::ops::RangeInclusive<i32> = 2016..=2024;
/// The top of the organizations.
const CITY: &str = "450200";
/// Registrations under way at once.
const REGISTRARS: usize = 64;

/// Makes events. Cheap to clone; clones never make the same event twice.
#[derive(Clone)]
pub(super) struct Generator(Arc<Shared>);

struct Shared {
    templates: Vec<pb::DutyEvent>,
    organizations: Vec<String>,
    made: AtomicU64,
}

/// A number scattered over all numbers, one to one (the finalizer of `SplitMix64`).
pub(super) fn scatter(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The id of an organization of the load.
pub(super) fn organization(index: usize) -> String {
    format!("{CITY}-bench-{index:05}")
}

impl Generator {
    /// A generator for so many organizations.
    ///
    /// # Errors
    /// When the report of the demo does not convert, which a test of the demo rules out.
    pub(super) fn new(organizations: usize) -> Result<Self, Failure> {
        let of_the_report = demo::events()?;
        let mut templates = Vec::new();
        for year in YEARS {
            // Sums name their parts by id; here every event stands for itself.
            let alone = of_the_report.iter().filter(|event| {
                !event.aggregate
                    && event.component_event_ids.is_empty()
                    && event.part_of_event_id.is_empty()
            });
            templates.extend(alone.map(|event| template(event, year)));
        }
        let organizations = (0..organizations).map(organization).collect();
        Ok(Self(Arc::new(Shared { templates, organizations, made: AtomicU64::new(0) })))
    }

    /// A new event.
    pub(super) fn next(&self) -> pb::DutyEvent {
        let Shared { templates, organizations, made } = &*self.0;
        let number = made.fetch_add(1, Ordering::Relaxed);
        let high = scatter(number);
        let low = scatter(high);
        let pick = |count: usize, from: u64| usize::try_from(from % count as u64).unwrap_or(0);
        let mut event = templates[pick(templates.len(), low >> 32)].clone();
        event.event_id = uuid::Builder::from_random_bytes(
            (u128::from(high) << 64 | u128::from(low)).to_be_bytes(),
        )
        .into_uuid()
        .to_string();
        event.organization_id.clone_from(&organizations[pick(organizations.len(), low)]);
        event
    }
}

/// An event of the report, moved to another year and cut to size: what goes is its quotation.
fn template(event: &pb::DutyEvent, year: i32) -> pb::DutyEvent {
    let later = year - event.accounting_year;
    let mut event = event.clone();
    event.accounting_year = year;
    event.organization_id = organization(0);
    if let Some(occurred) = &mut event.occurred {
        for day in [&mut occurred.start_date, &mut occurred.end_date] {
            move_by(day, later);
        }
    }
    for quantity in &mut event.quantities {
        move_by(&mut quantity.window_start_date, later);
        move_by(&mut quantity.window_end_date, later);
    }
    while STORED_BYTES_AIM < stored_bytes(&event) && event.quote.pop().is_some() {}
    event
}

/// Moves a day by whole years. The report has no 29 February.
fn move_by(day: &mut String, years: i32) {
    if let Some((year, rest)) = day.split_once('-')
        && let Ok(year) = year.parse::<i32>()
    {
        *day = format!("{:04}-{rest}", year + years);
    }
}

/// What the event takes in the journal.
fn stored_bytes(event: &pb::DutyEvent) -> usize {
    pb::LedgerEntry {
        event_id: event.event_id.clone(),
        recorded_time: Some(prost_types::Timestamp { seconds: 1 << 30, nanos: 1 << 29 }),
        recorder: RECORDER.to_owned(),
        payload: Some(pb::ledger_entry::Payload::DutyEvent(event.clone())),
    }
    .encoded_len()
}

/// Puts in calendars, rules, organizations, and for each of these a post with a leader.
///
/// # Errors
/// What the ledger said.
pub(super) async fn seed(channel: &Channel, organizations: usize) -> Result<(), Failure> {
    let mut client = RegistryServiceClient::new(channel.clone());
    for (index, toml) in demo::CALENDARS.iter().enumerate() {
        let request = pb::PublishWorkCalendarRequest {
            recorder: RECORDER.to_owned(),
            event_id: demo::demo_id(&format!("bench/calendar/{index}")),
            toml: (*toml).to_owned(),
        };
        client.publish_work_calendar(request).await?;
    }
    let request = pb::PublishRuleSetRequest {
        recorder: RECORDER.to_owned(),
        event_id: demo::demo_id("bench/rules"),
        toml: demo::RULES.to_owned(),
    };
    client.publish_rule_set(request).await?;
    client
        .register_organization(message::<pb::RegisterOrganizationRequest>(
            "RegisterOrganizationRequest",
            &city(),
        )?)
        .await?;

    // In the order they refer to each other; those of one kind all at once.
    for kind in [Kind::Organization, Kind::Post, Kind::Person, Kind::Tenure] {
        let mut registrars = JoinSet::new();
        for first in 0..REGISTRARS.min(organizations) {
            let client = client.clone();
            registrars.spawn(async move {
                for index in (first..organizations).step_by(REGISTRARS) {
                    register(client.clone(), kind, index).await?;
                }
                Ok::<_, Failure>(())
            });
        }
        while let Some(joined) = registrars.join_next().await {
            joined.map_err(|error| Failure::new(FAILED, error.to_string()))??;
        }
    }
    Ok(())
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Organization,
    Post,
    Person,
    Tenure,
}

async fn register(
    mut client: RegistryServiceClient<Channel>,
    kind: Kind,
    index: usize,
) -> Result<(), Failure> {
    let organization = organization(index);
    let (post, person) = (format!("{organization}.head"), format!("p-bench-{index:05}"));
    let request = json!({
        "recorder": RECORDER,
        "event_id": demo::demo_id(&format!("bench/{kind:?}/{index}")),
    });
    let with = |field: &str, what: serde_json::Value| {
        let mut request = request.clone();
        request[field] = what;
        request
    };
    match kind {
        Kind::Organization => {
            let what = json!({
                "organization_id": organization,
                "parent_organization_id": CITY,
                "name_zh": format!("柳州市测试单位{index}"),
                "level": "ORGANIZATION_LEVEL_DEPARTMENT",
                "class": "ORGANIZATION_CLASS_GOVERNMENT_ORGAN",
                "division_code": CITY,
                "sector": "science_technology_bureau",
                "has_enforcement_power": true,
            });
            let request = message::<pb::RegisterOrganizationRequest>(
                "RegisterOrganizationRequest",
                &with("organization", what),
            )?;
            client.register_organization(request).await?;
        }
        Kind::Post => {
            let what = json!({
                "post_id": post,
                "organization_id": organization,
                "kind": "POST_KIND_GOVERNMENT_HEAD",
                "title_zh": "局长",
            });
            client
                .register_post(message::<pb::RegisterPostRequest>(
                    "RegisterPostRequest",
                    &with("post", what),
                )?)
                .await?;
        }
        Kind::Person => {
            let what = json!({ "person_id": person });
            let request = message::<pb::RegisterPersonRequest>(
                "RegisterPersonRequest",
                &with("person", what),
            )?;
            client.register_person(request).await?;
        }
        Kind::Tenure => {
            let what = json!({
                "tenure_id": format!("t-bench-{index:05}"),
                "person_id": person,
                "post_id": post,
                "start_date": "2015-01-01",
            });
            let request = message::<pb::RegisterTenureRequest>(
                "RegisterTenureRequest",
                &with("tenure", what),
            )?;
            client.register_tenure(request).await?;
        }
    }
    Ok(())
}

fn city() -> serde_json::Value {
    json!({
        "recorder": RECORDER,
        "event_id": demo::demo_id("bench/city"),
        "organization": {
            "organization_id": CITY,
            "name_zh": "柳州市人民政府",
            "level": "ORGANIZATION_LEVEL_CITY",
            "class": "ORGANIZATION_CLASS_GOVERNMENT_ORGAN",
            "division_code": CITY,
        },
    })
}

/// A message from canonical protobuf JSON: fields it may get one day need no mention here.
fn message<M: prost::Message + Default>(
    name: &str,
    value: &serde_json::Value,
) -> Result<M, Failure> {
    let read = output::from_json(name, value.clone());
    read.map_err(|error| Failure::new(FAILED, format!("{name}: {}", crate::chain(&error))))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn events_are_new_spread_and_of_the_size_aimed_at() {
        let generator = Generator::new(7).expect("the demo converts");
        let events: Vec<_> = (0..5_000).map(|_| generator.next()).collect();
        let ids: BTreeSet<_> = events.iter().map(|event| &event.event_id).collect();
        assert_eq!(ids.len(), events.len());
        let organizations: BTreeSet<_> =
            events.iter().map(|event| &event.organization_id).collect();
        assert_eq!(organizations.len(), 7);
        let years: BTreeSet<_> = events.iter().map(|event| event.accounting_year).collect();
        assert!(years.into_iter().eq(YEARS));
        let bytes: usize = events.iter().map(stored_bytes).sum();
        let mean = bytes / events.len();
        assert!((200..=320).contains(&mean), "{mean} bytes an event");
    }
}
