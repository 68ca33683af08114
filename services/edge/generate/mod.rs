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

use place::Tree;

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

/// A part of a plan whose calls are made one after the other.
///
/// What a lane refers to is in lanes before it. Between two lanes that are made [`Lane::alone`]
/// the others refer to none of each other: they may be sent at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Calendars and the rule set.
    Published,
    /// An organization by its number: itself, its posts, its leaders and their tenures.
    Registered(u32),
    /// What an organization did in an accounting year.
    Year(i16, u32),
}

impl Lane {
    /// Whether all lanes before are to be finished before it begins, and it before others begin.
    #[must_use]
    pub const fn alone(self) -> bool {
        // The city comes first in every phase; counties are the parents of what follows.
        match self {
            Self::Published | Self::Year(_, 0) => true,
            Self::Registered(number) => number <= place::MOST_COUNTIES,
            Self::Year(..) => false,
        }
    }
}

impl Plan {
    /// Every lane in order: what is published, then the registry from the city down, then year
    /// after year what each organization did.
    pub fn lanes(&self) -> impl Iterator<Item = Lane> + use<> {
        let numbers = 0..self.organizations;
        let years = (self.first_year..=self.last_year).flat_map({
            let numbers = numbers.clone();
            move |year| numbers.clone().map(move |number| Lane::Year(year, number))
        });
        std::iter::once(Lane::Published).chain(numbers.map(Lane::Registered)).chain(years)
    }

    /// How many lanes there are.
    #[must_use]
    pub fn lane_count(&self) -> u64 {
        let years = u64::try_from(i32::from(self.last_year) - i32::from(self.first_year) + 1);
        1 + u64::from(self.organizations) * (1 + years.unwrap_or(0))
    }

    /// The calls of a lane, in order.
    #[must_use]
    pub fn lane(&self, lane: Lane, calendars: &[&str]) -> Vec<Call> {
        let tree = Tree::of(self);
        match lane {
            Lane::Published => {
                let calendars = calendars.iter().enumerate().map(|(index, toml)| {
                    self.published("PublishWorkCalendar", &format!("calendar/{index}"), toml)
                });
                let rules = self.published("PublishRuleSet", "rules", &self.rules.text);
                calendars.chain(std::iter::once(rules)).collect()
            }
            Lane::Registered(number) => tree.registrations(self, number),
            Lane::Year(year, number) => year::calls(self, &tree.place(self, number), year),
        }
    }

    /// Every call of every lane, made one after the other as they are asked for.
    pub fn calls<'a>(&'a self, calendars: &'a [&'a str]) -> impl Iterator<Item = Call> + 'a {
        self.lanes().flat_map(move |lane| self.lane(lane, calendars))
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
