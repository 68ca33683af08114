//! What each entry changed: the difference between the judgement before it and after it.
//!
//! `changes(position)` is a pure function of the journal up to `position`: whoever computes it,
//! from whatever later state, now or in ten years, gets the same list in the same order. Nothing
//! is stored. Both judgements are views of one snapshot, at `position - 1` and at `position`, each
//! for the day running then.
//!
//! The cost of an entry is bounded by what it concerns ([`concern`]): for a duty event the duties
//! its type may satisfy, of its organization and of those of the leaders it names, in at most
//! three years; for a registration the organizations it touches; for a rule set, a calendar or a
//! day all of them. Most days turn nothing for most organizations, and an [`Agenda`] remembers for
//! each organization and year the next day that can. It is a cache and nothing else: empty, it
//! gives the same answers, slower. It takes some 20 bytes for each organization and year.
//!
//! Followed for an organization are the year before the one in which the ledger began, whose last
//! deadlines are still to come, and every year after it from its first day on, except those that
//! end before the organization exists; and each earlier year from the first entry that answers for
//! it. When a year is followed first every obligation appears, with no state before.

mod agenda;
mod concern;

use std::collections::BTreeMap;
use std::sync::Arc;

use duty::Position;
use duty::entry::Entry;
use duty::evaluate::{DutyLine, Fact, Obligation, Owner, Status};
use duty::id::{DutyId, EventId, OrganizationId, PersonId};
use jiff::civil::Date;
use rust_decimal::Decimal;

pub use agenda::Agenda;

/// An entry whose changes are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// Where it stands.
    pub position: Position,
    /// What it says.
    pub entry: &'a Entry,
    /// The fact it is about, see [`target`], as any state holds it that knows it.
    pub target: Option<&'a (OrganizationId, Arc<Fact>)>,
}

/// The earlier duty event an entry is about, which must come with it.
#[must_use]
pub fn target(entry: &Entry) -> Option<EventId> {
    match entry {
        Entry::Correction(correction) => Some(correction.target),
        Entry::Withdrawal(withdrawal) => Some(withdrawal.target),
        Entry::Review(review) => Some(review.target),
        _ => None,
    }
}

/// State and credit of an obligation on one rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnRung {
    /// The state.
    pub status: Status,
    /// 0 to 1.
    pub credit: Decimal,
}

/// The judgement of an obligation, without what it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The state on the official rung.
    pub official: Status,
    /// Claimed, dated, documented, verified.
    pub rungs: [OnRung; 4],
    /// Last day that is in time.
    pub last: Option<Date>,
    /// Weight of the duty.
    pub weight: Decimal,
}

impl Judgement {
    fn of(line: &DutyLine, owed: &Obligation) -> Self {
        let on = |rung: usize| OnRung {
            status: owed.rungs[rung].status,
            credit: owed.rungs[rung].credit,
        };
        Self {
            official: owed.official,
            rungs: std::array::from_fn(on),
            last: owed.window.map(|window| window.last),
            weight: line.weight,
        }
    }

    /// Whether anything a change tells of differs. A deadline or weight that moves and changes
    /// neither state nor credit is none.
    fn differs(&self, other: &Self) -> bool {
        (self.official, self.rungs) != (other.official, other.rungs)
    }
}

/// One obligation whose judgement, or owner's posts, an entry changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// At which organization.
    pub organization: OrganizationId,
    /// 考核年度.
    pub year: i16,
    /// The duty.
    pub duty: DutyId,
    /// Who owes it, as judged last.
    pub owner: Owner,
    /// Who owed it before, where that was told otherwise of the same person: through other posts,
    /// for a time in office of another length. Somebody else's obligation is another obligation.
    pub owner_before: Option<Owner>,
    /// The part of the year or occasion, as [`duty::evaluate::Period::key`] prints it.
    pub period: Box<str>,
    /// Before the entry; `None` when the obligation appeared with it.
    pub before: Option<Judgement>,
    /// After the entry; `None` when the obligation vanished with it.
    pub after: Option<Judgement>,
    /// The day whose deadlines count after the entry.
    pub as_of: Date,
}

/// What tells obligations of one duty apart. A person is the same person in other posts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Whose {
    Organization,
    Person(PersonId),
    Vacant,
}

type Key = (DutyId, Whose, Box<str>);
type Judgements = BTreeMap<Key, (Owner, Judgement)>;

/// An obligation before and after, where something differs.
#[derive(Default)]
struct Differing {
    before: Option<(Owner, Judgement)>,
    after: Option<(Owner, Judgement)>,
}

fn judgements(lines: &[DutyLine]) -> Judgements {
    let mut found = Judgements::new();
    for line in lines {
        for owed in &line.obligations {
            let whose = match &owed.owner {
                Owner::Organization => Whose::Organization,
                Owner::Person { person, .. } => Whose::Person(person.clone()),
                Owner::Vacant => Whose::Vacant,
            };
            let key = (line.duty.clone(), whose, owed.period.key().into());
            found.insert(key, (owed.owner.clone(), Judgement::of(line, owed)));
        }
    }
    found
}

/// The changes between the judgements of one organization and year, by duty, owner and period.
fn difference(
    (organization, year, as_of): (&OrganizationId, i16, Date),
    before: &[DutyLine],
    after: &[DutyLine],
    changes: &mut Vec<Change>,
) {
    let mut then = judgements(before);
    let mut found: BTreeMap<Key, Differing> = BTreeMap::new();
    for (key, now) in judgements(after) {
        let was = then.remove(&key);
        // Whoever follows knows the obligation by its owner: what is said of the owner is told too.
        let same = was.as_ref().is_some_and(|was| was.0 == now.0 && !was.1.differs(&now.1));
        if !same {
            found.insert(key, Differing { before: was, after: Some(now) });
        }
    }
    let vanished = |(key, was)| (key, Differing { before: Some(was), after: None });
    found.extend(then.into_iter().map(vanished));
    for ((duty, _, period), Differing { before, after }) in found {
        let (owner_before, before) = before.unzip();
        let (owner_after, after) = after.unzip();
        let (owner, owner_before) = match (owner_after, owner_before) {
            (Some(owner), was) => {
                let was = was.filter(|was| *was != owner);
                (owner, was)
            }
            (None, Some(owner)) => (owner, None),
            (None, None) => continue,
        };
        changes.push(Change {
            organization: organization.clone(),
            year,
            duty,
            owner,
            owner_before,
            period,
            before,
            after,
            as_of,
        });
    }
}
