//! Judges a history against a rule set: who owed what, by when, done or not, on what evidence.
//!
//! Pure and total. Every obligation is judged on all four rungs of the evidence ladder, *claimed*
//! ⊇ *dated* ⊇ *documented* ⊇ *verified*, and names the entries it rests on. A gap in the record is
//! a finding or an unfulfilled obligation, never an error. The same question over the same entries
//! gives the same answer for ever: a [`Question`] says which day's deadlines count (`as_of`) and
//! which entries are known (`known`).

mod change;
mod count;
mod ended;
mod exempt;
mod fact;
mod handover;
mod in_force;
mod item;
mod judge;
mod line;
mod looked_at;
mod obligation;
mod owner;
mod score;
mod taken_over;
mod turn;
mod watch;
mod window;

use std::sync::Arc;

use jiff::civil::Date;

pub use count::{acts, figures};
pub use fact::Fact;
pub use handover::{Act, Handover};
pub use line::{DutyLine, OrganizationEvaluation, RungSummary};
pub use obligation::{
    Considered, NotCounted, Obligation, Owner, Period, ReviewState, RungResult, Standing, Status,
    Why,
};
pub use owner::LeaderLine;
pub use score::{RungScore, Scores};
pub use turn::next_turn;
pub use window::Window;

use crate::calendar::Calendars;
use crate::event::EventType;
use crate::id::{OrganizationId, PersonId};
use crate::position::Position;
use crate::registry::{Organization, Registry};
use crate::ruleset::{DutyRule, RuleSet};

/// What is asked: which year, which day's deadlines count, which entries are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    /// 考核年度.
    pub year: i16,
    /// The day whose deadlines count; on the last day itself nothing is overdue yet.
    pub as_of: Date,
    /// The last entry that is known.
    pub known: Position,
}

/// Where the facts of an organization are found.
pub trait Facts {
    /// The facts of the organization, by position; none for an unknown one. Those that judging
    /// `year` looks at are among them, see [`Fact::concerns`]; others may be left out.
    fn of(&self, organization: &OrganizationId, year: i16) -> &[Arc<Fact>];

    /// Those among them that are of one of these types, by position. Every duty asks: whoever
    /// keeps the facts in order of their types need not look at all of them each time.
    fn of_types(
        &self,
        organization: &OrganizationId,
        year: i16,
        types: &[EventType],
    ) -> Vec<&Fact> {
        let facts = self.of(organization, year).iter().map(|fact| &**fact);
        facts.filter(|fact| types.contains(&fact.event_type)).collect()
    }
}

/// The ledger as an evaluation sees it.
#[derive(Clone, Copy)]
pub struct World<'a> {
    /// Who is who.
    pub registry: &'a Registry,
    /// The working-day calendars known.
    pub calendars: &'a Calendars,
    /// What was recorded.
    pub facts: &'a dyn Facts,
    /// How much is said about what was found.
    pub detail: Detail,
}

/// How much an evaluation says: the same states, credits and entries either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Every event looked at, with the reason it counts or does not.
    Explained,
    /// The figures alone, for tables that show nothing else: [`Obligation::considered`] is empty.
    Figures,
}

/// Judges everything an organization and its leaders owe for the year.
#[must_use]
pub fn organization(
    world: World<'_>,
    rules: &RuleSet,
    organization: &Organization,
    question: Question,
) -> OrganizationEvaluation {
    let lines: Vec<DutyLine> = rules
        .duties
        .iter()
        .map(|rule| line::duty(world, rules, rule, organization, question))
        .collect();
    let scores = score::scores(lines.iter(), question.as_of);
    OrganizationEvaluation { organization: organization.id.clone(), lines, scores }
}

/// Judges only the duties selected, each exactly as [`organization`] does: no duty depends on
/// another.
#[must_use]
pub fn duties(
    world: World<'_>,
    rules: &RuleSet,
    organization: &Organization,
    question: Question,
    select: impl Fn(&DutyRule) -> bool,
) -> Vec<DutyLine> {
    let selected = rules.duties.iter().filter(|rule| select(rule));
    selected.map(|rule| line::duty(world, rules, rule, organization, question)).collect()
}

/// Judges everything a person owes for the year as holder of main leaders' posts: their own
/// statements, and the duties of the organizations they answer for.
///
/// `rules_for` gives the rule set that is valid for an organization.
#[must_use]
pub fn leader<'r>(
    world: World<'_>,
    rules_for: &dyn Fn(&Organization) -> Option<&'r RuleSet>,
    person: &PersonId,
    question: Question,
) -> (Vec<LeaderLine>, Scores) {
    let lines = owner::leader_lines(world, rules_for, person, question);
    let scores = score::scores(lines.iter().map(|leader| &leader.line), question.as_of);
    (lines, scores)
}

/// What a person took over from predecessors in the year, for their card: see [`Handover`].
#[must_use]
pub fn handovers<'r>(
    world: World<'_>,
    rules_for: &dyn Fn(&Organization) -> Option<&'r RuleSet>,
    person: &PersonId,
    question: Question,
) -> Vec<Handover> {
    handover::handovers(world, rules_for, person, question)
}

#[cfg(test)]
mod tests;
