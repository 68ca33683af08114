//! What `decide` answers: what happens to each entry, or every reason why nothing happens.

use crate::decide::Proposed;
use crate::entry::{Entry, Recorded};
use crate::id::EventId;
use crate::position::Position;
use crate::problem::{Problem, Problems, Reason};

/// What happens to one proposed entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is appended.
    Append {
        /// Its place in the command.
        index: usize,
    },
    /// It was appended before; the caller gets the first receipt again.
    Duplicate {
        /// Where it stands.
        position: Position,
    },
}

/// Which answer a refusal gets. The order is the precedence when a batch earns several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RefusalKind {
    /// The input is wrong, whatever the ledger holds.
    Invalid,
    /// What the call is about does not exist.
    NotFound,
    /// The id is taken by other content.
    AlreadyExists,
    /// The state of the target does not allow it.
    FailedPrecondition,
    /// Somebody else was faster: read again and retry.
    Aborted,
}

/// Why a command was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    found: Vec<(RefusalKind, Problem)>,
}

impl Refusal {
    /// Nothing against it yet.
    #[must_use]
    pub(crate) fn collecting() -> Self {
        Self { found: Vec::new() }
    }

    /// A refusal of one kind.
    #[must_use]
    pub fn new(kind: RefusalKind, problems: Vec<Problem>) -> Self {
        Self { found: problems.into_iter().map(|problem| (kind, problem)).collect() }
    }

    /// A decision, refused for what was found before it as well: all in one answer.
    ///
    /// # Errors
    /// A refusal when either found something.
    pub fn merged<T>(found: Vec<Problem>, decided: Result<T, Self>) -> Result<T, Self> {
        let mut all = Self::new(RefusalKind::Invalid, found);
        match decided {
            Ok(value) => all.or(value),
            Err(refusal) => {
                all.found.extend(refusal.found);
                Err(all)
            }
        }
    }

    /// Adds what `check` finds, as problems of this kind.
    pub(crate) fn add(&mut self, kind: RefusalKind, check: impl FnOnce(&mut Problems)) {
        let mut problems = Problems::new();
        check(&mut problems);
        self.found.extend(problems.into_vec().into_iter().map(|problem| (kind, problem)));
    }

    /// Adds what `check` finds, its field paths below `path`.
    pub(crate) fn within(&mut self, path: &str, check: impl FnOnce(&mut Self)) {
        let before = self.found.len();
        check(self);
        for (_, problem) in self.found.iter_mut().skip(before) {
            problem.field = format!("{path}.{}", problem.field);
        }
    }

    /// How much was found so far.
    pub(crate) fn len(&self) -> usize {
        self.found.len()
    }

    /// The value, unless something was found.
    pub(crate) fn or<T>(self, value: T) -> Result<T, Self> {
        if self.found.is_empty() { Ok(value) } else { Err(self) }
    }

    /// The kind that decides the answer: the first in the order of [`RefusalKind`].
    #[must_use]
    pub fn kind(&self) -> RefusalKind {
        self.found.iter().map(|(kind, _)| *kind).min().unwrap_or(RefusalKind::Invalid)
    }

    /// Every problem, in the order found.
    #[must_use]
    pub fn problems(self) -> Vec<Problem> {
        self.found.into_iter().map(|(_, problem)| problem).collect()
    }
}

/// Whether an entry that already carries the id says the same. Who sends it again does not matter:
/// the recorder is part of the record, not of what it says.
pub(super) fn is_same(earlier: &Recorded, proposed: &Proposed) -> bool {
    match (&earlier.entry, &proposed.entry) {
        (Entry::DutyEvent(a), Entry::DutyEvent(b)) => a == b,
        (Entry::Correction(a), Entry::Correction(b)) => a == b,
        (Entry::Withdrawal(a), Entry::Withdrawal(b)) => a == b,
        (Entry::Review(a), Entry::Review(b)) => a == b,
        (Entry::Organization(a), Entry::Organization(b)) => a == b,
        (Entry::Post(a), Entry::Post(b)) => a == b,
        (Entry::Person(a), Entry::Person(b)) => a == b,
        (Entry::PersonErased(a), Entry::PersonErased(b)) => a == b,
        (Entry::Tenure(a), Entry::Tenure(b)) => a == b,
        (Entry::Absence(a), Entry::Absence(b)) => a == b,
        (Entry::LeadingGroup(a), Entry::LeadingGroup(b)) => a == b,
        (Entry::OrganizationChange(a), Entry::OrganizationChange(b)) => a == b,
        // What is sent is the text; what it stood on then was the ledger's to find.
        (Entry::RuleSet(a), Entry::RuleSet(b)) => a.text_digest == b.text_digest,
        (Entry::Calendar(a), Entry::Calendar(b)) => a == b,
        (Entry::Exemption(a), Entry::Exemption(b)) => a == b,
        (Entry::ExemptionRevoked(a), Entry::ExemptionRevoked(b)) => a == b,
        (Entry::YearStep(a), Entry::YearStep(b)) => a.asks_the_same(b),
        (Entry::RectificationOrdered(a), Entry::RectificationOrdered(b)) => a == b,
        (Entry::RectificationAnswered(a), Entry::RectificationAnswered(b)) => a == b,
        (Entry::RectificationClosed(a), Entry::RectificationClosed(b)) => a == b,
        (Entry::DayClosed(a), Entry::DayClosed(b)) => a == b,
        _ => false,
    }
}

pub(super) fn id_reused(path: &str, id: EventId, position: Position, problems: &mut Problems) {
    problems.add(
        Reason::EventIdReused,
        &format!("{path}.event_id"),
        format!("事件编号 {id} 已用于第 {position} 条记录，且内容不同；如需更正请用 CorrectEvent，新事件请换编号"),
        format!(
            "event id {id} already stands at position {position} with other content: use \
             CorrectEvent to correct it, or a new id for a new event"
        ),
    );
}
