//! Realistic years for tests and benchmarks: the calls that would have recorded them, from a seed.
//!
//! Nothing here is sent or random: the same [`Plan`] gives the same calls, in the same order, to
//! the last byte. What an organization is follows from the seed and its number alone, so nothing is
//! kept between organizations and 100,000 take no more memory than one. Persons are ids; there are
//! no names. Not generated: late entry into the ledger, because the ledger itself tells the time.

mod place;
mod random;
mod year;

use duty::ruleset::RuleSet;
use jiff::civil::Date;
use serde_json::{Value, json};
use uuid::Uuid;

pub use place::Tree;

/// Namespace of everything generated, a fixed random UUID.
const NAMESPACE: Uuid = Uuid::from_u128(0x51f7_20ad_9b3c_4e08_a6d1_c77e_0b94_d2e5);
/// The recorder of what is generated.
pub const RECORDER: &str = "generator";
/// Who reviews what is generated: never its recorder.
pub const VERIFIER: &str = "generator-verifier";

/// What to generate.
#[derive(Debug)]
pub struct Plan {
    /// Decides everything that is left to chance.
    pub seed: u64,
    /// How many organizations, the city included.
    pub organizations: u32,
    /// First accounting year.
    pub first_year: i16,
    /// Last accounting year.
    pub last_year: i16,
    /// Nothing happens after this day.
    pub until: Date,
    /// What is owed.
    pub rules: RuleSet,
}

/// One call of the API: its name and its request in protobuf JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The method, such as `AppendEvents`.
    pub name: &'static str,
    /// The request.
    pub request: Value,
}

impl Call {
    /// The call as a line of JSON Lines.
    #[must_use]
    pub fn line(&self) -> String {
        json!({ "call": self.name, "request": self.request }).to_string()
    }
}

impl Plan {
    /// Every call, made one after the other as they are asked for: calendars and rules, then the
    /// registry from the city down, then year after year what each organization did.
    pub fn calls<'a>(&'a self, calendars: &'a [&'a str]) -> impl Iterator<Item = Call> + 'a {
        let tree = Tree::of(self);
        let published = calendars.iter().enumerate().map(|(index, toml)| {
            self.published("PublishWorkCalendar", &format!("calendar/{index}"), toml)
        });
        let rules =
            std::iter::once_with(|| self.published("PublishRuleSet", "rules", &self.rules.text));
        let numbers = 0..self.organizations;
        let registry = numbers.clone().flat_map(move |number| tree.registrations(self, number));
        let years = (self.first_year..=self.last_year).flat_map(move |year| {
            numbers
                .clone()
                .flat_map(move |number| year::calls(self, &tree.place(self, number), year))
        });
        published.chain(rules).chain(registry).chain(years)
    }

    fn published(&self, name: &'static str, id: &str, toml: &str) -> Call {
        let request = json!({ "recorder": RECORDER, "event_id": self.id(id), "toml": toml });
        Call { name, request }
    }

    /// The id of something generated, by a name that is unique in the plan.
    fn id(&self, name: &str) -> String {
        Uuid::new_v5(&NAMESPACE, format!("{}/{name}", self.seed).as_bytes()).to_string()
    }
}
