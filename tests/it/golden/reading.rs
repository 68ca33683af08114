//! The report, the registry and the rules as a ledger that accepted them.

use std::collections::BTreeMap;

use duty::decide::{Command, Earlier, Outcome, Proposed, Standing, decide};
use duty::entry::{Entry, Recorded};
use duty::evaluate::Question;
use duty::event::DutyEvent;
use duty::id::{EventId, OrganizationId, PersonId};
use duty::{Position, Problems};
use duty_ledger::grpc::convert;
use duty_ledger::pb;
use duty_ledger::report::{self, Report};
use jiff::Timestamp;
use jiff::civil::date;
use projection::{State, view};
use rust_decimal::Decimal;
use serde_json::Value;

/// Whose report it is.
pub(super) const BUREAU: &str = "450200-kjj";
const REPORT: &str = include_str!("../../../data/demo/events-2022.json");
const REGISTRY: &str = include_str!("../../../data/demo/registry.json");
const RULES: &str = include_str!("../../../data/rulesets/cn-450200-2022.toml");
const CALENDARS: [&str; 3] = [
    include_str!("../../../data/calendars/2021.toml"),
    include_str!("../../../data/calendars/2022.toml"),
    include_str!("../../../data/calendars/2023.toml"),
];

/// The ledger with the report in it.
pub(super) struct Golden {
    pub(super) state: State,
    /// The events by their short numbers, in the order of the report.
    pub(super) events: Vec<(String, DutyEvent)>,
    /// The short number of the event at each position.
    pub(super) numbers: BTreeMap<Position, String>,
}

impl Golden {
    pub(super) fn read() -> Self {
        let mut entries = registry();
        let source = pb::RuleSetSource { toml: RULES.to_owned(), ..Default::default() };
        entries.push(Entry::RuleSet(Box::new(sound(|p| convert::rule_set(&source, p)))));
        for text in CALENDARS {
            entries.push(Entry::Calendar(Box::new(sound(|p| convert::calendar(text, p)))));
        }
        let report: Report = serde_json::from_str(REPORT).expect("the report is JSON");
        let mut events = Vec::new();
        for record in report.events {
            let number = record.id.clone();
            let message = record.into_event(BUREAU).expect("the record is sound");
            let event = sound(|problems| convert::event::event(&message, problems));
            let short = number.strip_prefix("LZKJ-2022-").expect("a number of 2022");
            events.push((short.to_owned(), event));
        }
        let ids = events.iter().map(|(short, _)| number_id(short));
        let registered = (1..=entries.len() as u128)
            .map(|number| EventId::parse(&format!("{number:032x}")).expect("an id"));
        let ids: Vec<EventId> = registered.chain(ids).collect();
        entries.extend(events.iter().map(|(_, event)| Entry::DutyEvent(Box::new(event.clone()))));
        let state = accepted(ids.into_iter().zip(entries));
        let position = |short: &String| {
            let (_, fact) = state.fact(number_id(short)).expect("it is in");
            fact.position
        };
        let numbers = events.iter().map(|(short, _)| (position(short), short.clone())).collect();
        Self { state, events, numbers }
    }

    pub(super) fn view(&self) -> view::OrganizationView {
        let bureau = OrganizationId::parse(BUREAU).expect("an id");
        view::organization(&self.state.snapshot(), &bureau, question()).expect("there is a view")
    }

    pub(super) fn event(&self, short: &str) -> &DutyEvent {
        &self.events.iter().find(|(number, _)| number == short).expect("it is in").1
    }

    pub(super) fn figure(&self, short: &str, metric: &str) -> Decimal {
        self.event(short).quantity(metric).expect("the figure is there").value
    }

    pub(super) fn short(&self, entries: &[Position]) -> String {
        entries.iter().map(|at| self.numbers[at].as_str()).collect::<Vec<_>>().join(" ")
    }
}

/// Asked when the last deadline of 2022, that of the debrief on 30 June 2023, has passed.
pub(super) fn question() -> Question {
    Question { year: 2022, as_of: date(2023, 7, 1), known: Position::MAX }
}

fn number_id(short: &str) -> EventId {
    report::event_id(BUREAU, &format!("LZKJ-2022-{short}"))
}

/// What a conversion gives, when it finds nothing wrong.
#[track_caller]
fn sound<T>(convert: impl FnOnce(&mut Problems) -> Option<T>) -> T {
    let mut problems = Problems::new();
    let value = convert(&mut problems);
    let found = problems.into_vec();
    assert!(found.is_empty(), "{found:#?}");
    value.expect("nothing is wrong with it")
}

/// The demo's organizations, posts, person and tenures.
fn registry() -> Vec<Entry> {
    let registry: Value = serde_json::from_str(REGISTRY).expect("the registry is JSON");
    let list = |key: &str| registry[key].as_array().cloned().expect("a list");
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let mut entries = Vec::new();
    for value in list("organizations") {
        let level = pb::OrganizationLevel::from_str_name(&text(&value, "level"));
        let class = pb::OrganizationClass::from_str_name(&text(&value, "class"));
        let message = pb::Organization {
            organization_id: text(&value, "organization_id"),
            parent_organization_id: text(&value, "parent_organization_id"),
            name_zh: text(&value, "name_zh"),
            name_en: text(&value, "name_en"),
            level: level.expect("a level").into(),
            class: class.expect("a class").into(),
            division_code: text(&value, "division_code"),
            sector: text(&value, "sector"),
            has_enforcement_power: value["has_enforcement_power"] == true,
            ..Default::default()
        };
        entries.push(Entry::Organization(sound(|p| convert::registry::organization(&message, p))));
    }
    for value in list("posts") {
        let kind = pb::PostKind::from_str_name(&text(&value, "kind")).expect("a kind");
        let message = pb::Post {
            post_id: text(&value, "post_id"),
            organization_id: text(&value, "organization_id"),
            kind: kind.into(),
            title_zh: text(&value, "title_zh"),
        };
        entries.push(Entry::Post(sound(|p| convert::registry::post(&message, p))));
    }
    for value in list("persons") {
        let person = PersonId::parse(&text(&value, "person_id"));
        entries.push(Entry::Person(person.expect("an id").into()));
    }
    for value in list("tenures") {
        let message = pb::Tenure {
            tenure_id: text(&value, "tenure_id"),
            person_id: text(&value, "person_id"),
            post_id: text(&value, "post_id"),
            start_date: text(&value, "start_date"),
            ..Default::default()
        };
        entries.push(Entry::Tenure(sound(|p| convert::registry::tenure(&message, p))));
    }
    entries
}

/// The state after entries which the ledger must accept: registrations one by one, then the whole
/// report as one batch, so that sums may come before their parts.
fn accepted(entries: impl Iterator<Item = (EventId, Entry)>) -> State {
    let recorded_at: Timestamp = "2023-02-01T09:00:00+08:00".parse().expect("a time");
    let (mut standing, mut state) = (Standing::new(), State::new());
    let (events, registrations): (Vec<_>, Vec<_>) =
        entries.partition(|(_, entry)| matches!(entry, Entry::DutyEvent(_)));
    let one_by_one = registrations.into_iter().map(|entry| vec![entry]);
    for batch in one_by_one.chain([events]) {
        let propose = |(index, (event_id, entry))| Proposed::new(index, event_id, entry);
        let command = Command {
            recorder: "demo".into(),
            entries: batch.into_iter().enumerate().map(propose).collect(),
            expectations: Vec::new(),
        };
        let outcomes = decide(&standing, &command, &Earlier::new(), recorded_at);
        let outcomes = outcomes.unwrap_or_else(|refusal| panic!("{:#?}", refusal.problems()));
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Append { .. })));
        for Proposed { event_id, entry, .. } in command.entries {
            let recorded = Recorded { event_id, recorded_at, recorder: "demo".into(), entry };
            standing.evolve(&recorded, &Earlier::new());
            state.apply(&recorded);
        }
    }
    state
}
