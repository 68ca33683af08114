//! Accepts or refuses: a command against the standing of the ledger.
//!
//! Pure. [`decide`] looks at the [`Standing`], at the earlier entries a command refers to (which
//! the caller has read for it, see [`Command::references`]) and at the instant it is given, and
//! says which entries to append or why not. A batch is all or nothing and every bad item of it is
//! reported. What [`decide`] accepted, [`Standing::evolve`] takes in without looking again.

mod absences;
mod changes;
mod exemptions;
mod groups;
mod outcome;
mod persons;
mod rectifications;
mod references;
mod registration;
mod standing;
mod year;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub use outcome::{Outcome, Refusal, RefusalKind};
pub use persons::person_erased;
pub use standing::{Fate, Standing, StreamStanding};

use crate::entry::{Entry, Recorded};
use crate::event::{DutyEvent, check};
use crate::id::{EventId, OrganizationId};
use crate::position::Position;
use crate::problem::{Problem, Problems, Reason};
use crate::zone::civil_day;

/// Most entries of one command: a group commit stays small enough to answer quickly.
pub const ENTRIES_PER_COMMAND_MAX: usize = 1_000;
/// Shortest reason of a correction or withdrawal, in characters (DOMAIN §5.5).
pub const REASON_CHARS_MIN: usize = 10;

/// What a caller wants appended, all or nothing.
#[derive(Debug, Clone)]
pub struct Command {
    /// Id of the system or person that asks; becomes the recorder of the entries.
    pub recorder: Box<str>,
    /// The entries, in order.
    pub entries: Vec<Proposed>,
    /// Streams that must be at a revision: the number of duty events, corrections, withdrawals and
    /// reviews of the organization so far.
    pub expectations: Vec<(OrganizationId, u64)>,
}

/// One entry a caller wants appended.
#[derive(Debug, Clone)]
pub struct Proposed {
    /// Its place in the caller's batch, for field paths.
    pub index: usize,
    /// The caller's idempotency key.
    pub event_id: EventId,
    /// What to record.
    pub entry: Entry,
    /// What is wrong with what it says, whatever the ledger holds; paths below the event.
    content: Vec<Problem>,
}

impl Proposed {
    /// An entry to record. What can be told from the entry alone is told here, so that the one who
    /// decides for all callers has less to do.
    #[must_use]
    pub fn new(index: usize, event_id: EventId, entry: Entry) -> Self {
        let mut problems = Problems::new();
        match &entry {
            Entry::DutyEvent(event) => check::check_content(event, &mut problems),
            Entry::Correction(correction) => {
                check::check_content(&correction.event, &mut problems);
            }
            _ => {}
        }
        Self { index, event_id, entry, content: problems.into_vec() }
    }
}

/// An earlier entry that a command refers to, as the caller has read it.
#[derive(Debug, Clone)]
pub struct Held {
    /// Where it stands.
    pub position: Position,
    /// The entry.
    pub recorded: Recorded,
    /// What became of it in the durable journal. What the group now being decided did to it, the
    /// [`Standing`] knows.
    pub fate: Fate,
}

impl Held {
    /// The duty event, when the entry is a version of one.
    #[must_use]
    pub fn event(&self) -> Option<&DutyEvent> {
        match &self.recorded.entry {
            Entry::DutyEvent(event) => Some(event),
            Entry::Correction(correction) => Some(&correction.event),
            Entry::Withdrawal(_)
            | Entry::Review(_)
            | Entry::Organization(_)
            | Entry::Post(_)
            | Entry::Person(_)
            | Entry::PersonErased(_)
            | Entry::Tenure(_)
            | Entry::Absence(_)
            | Entry::LeadingGroup(_)
            | Entry::OrganizationChange(_)
            | Entry::RuleSet(_)
            | Entry::Calendar(_)
            | Entry::Exemption(_)
            | Entry::ExemptionRevoked(_)
            | Entry::YearStep(_)
            | Entry::RectificationOrdered(_)
            | Entry::RectificationAnswered(_)
            | Entry::RectificationClosed(_)
            | Entry::DayClosed(_) => None,
        }
    }
}

/// The earlier entries a command refers to, by event id.
pub type Earlier = BTreeMap<EventId, Held>;

impl Command {
    /// The ids whose entries [`decide`] must be given, where the journal has them: those the
    /// command would use again, those it corrects, withdraws or reviews, and those its events name
    /// as their parts or as what they are part of.
    pub fn references(&self) -> impl Iterator<Item = EventId> {
        self.entries.iter().flat_map(|proposed| {
            let (target, event) = match &proposed.entry {
                Entry::DutyEvent(event) => (None, Some(&**event)),
                Entry::Correction(correction) => (Some(correction.target), Some(&correction.event)),
                Entry::Withdrawal(withdrawal) => (Some(withdrawal.target), None),
                Entry::Review(review) => (Some(review.target), None),
                Entry::Organization(_)
                | Entry::Post(_)
                | Entry::Person(_)
                | Entry::PersonErased(_)
                | Entry::Tenure(_)
                | Entry::Absence(_)
                | Entry::LeadingGroup(_)
                | Entry::OrganizationChange(_)
                | Entry::RuleSet(_)
                | Entry::Calendar(_)
                | Entry::Exemption(_)
                | Entry::ExemptionRevoked(_)
                | Entry::YearStep(_)
                | Entry::RectificationOrdered(_)
                | Entry::RectificationAnswered(_)
                | Entry::RectificationClosed(_)
                | Entry::DayClosed(_) => (None, None),
            };
            let parts = event.into_iter().flat_map(|event| &event.components).copied();
            let whole = event.and_then(|event| event.part_of);
            let related = match &proposed.entry {
                Entry::RectificationOrdered(order) => &order.related[..],
                _ => &[],
            };
            let own = std::iter::once(proposed.event_id);
            own.chain(target).chain(parts).chain(whole).chain(related.iter().copied())
        })
    }
}

/// The version before this one, when the entry corrects one. Whoever reads what
/// [`Command::references`] names for a review or withdrawal reads these too, to the first: nobody
/// decides on an event of which they recorded any version.
#[must_use]
pub fn version_before(entry: &Entry) -> Option<EventId> {
    match entry {
        Entry::Correction(correction) => Some(correction.target),
        _ => None,
    }
}

impl Command {
    /// The ids whose every earlier version [`decide`] must be given as well, see
    /// [`version_before`].
    pub fn decided_on(&self) -> impl Iterator<Item = EventId> {
        self.entries.iter().filter_map(|proposed| match &proposed.entry {
            Entry::Review(review) => Some(review.target),
            Entry::Withdrawal(withdrawal) => Some(withdrawal.target),
            _ => None,
        })
    }
}

/// Everything a check of one entry may look at.
struct Context<'a> {
    standing: &'a Standing,
    recorder: &'a str,
    earlier: &'a Earlier,
    /// Ids proposed in the same batch: they may be components of an aggregate before they are in.
    batch: &'a BTreeMap<EventId, Option<&'a DutyEvent>>,
    now: Timestamp,
}

/// An entry of the batch as others of the batch may refer to it.
fn in_batch(proposed: &Proposed) -> (EventId, Option<&DutyEvent>) {
    let event = match &proposed.entry {
        Entry::DutyEvent(event) => Some(&**event),
        _ => None,
    };
    (proposed.event_id, event)
}

/// What to do with each entry of the command, in order, or why nothing is done.
///
/// # Errors
/// A [`Refusal`] with every problem found, field paths relative to the command's `events`.
pub fn decide(
    standing: &Standing,
    command: &Command,
    earlier: &Earlier,
    now: Timestamp,
) -> Result<Vec<Outcome>, Refusal> {
    let mut refusal = Refusal::collecting();
    check_shape(command, &mut refusal);
    let batch = command.entries.iter().map(in_batch).collect();
    let mut ahead = sees_itself(command).then(|| standing.clone());
    let mut outcomes = Vec::with_capacity(command.entries.len());
    for (index, proposed) in command.entries.iter().enumerate() {
        if let Some(Held { position, recorded, .. }) = earlier.get(&proposed.event_id) {
            let position = *position;
            if outcome::is_same(recorded, proposed) {
                outcomes.push(Outcome::Duplicate { position });
            } else {
                let path = format!("events[{}]", proposed.index);
                refusal.add(RefusalKind::AlreadyExists, |problems| {
                    outcome::id_reused(&path, proposed.event_id, position, problems);
                });
            }
            continue;
        }
        outcomes.push(Outcome::Append { index });
        let recorder = &command.recorder;
        let seen = ahead.as_ref().unwrap_or(standing);
        let context = Context { standing: seen, recorder, earlier, batch: &batch, now };
        let before = refusal.len();
        check_entry(&context, proposed, &mut refusal);
        // What is refused is not built upon: a ring of parents would be walked for ever.
        if let Some(ahead) = ahead.as_mut().filter(|_| refusal.len() == before) {
            let (event_id, recorder) = (proposed.event_id, recorder.clone());
            let entry = proposed.entry.clone();
            ahead.evolve(&Recorded { event_id, recorded_at: now, recorder, entry }, earlier);
        }
    }
    let all_known = outcomes.iter().all(|outcome| matches!(outcome, Outcome::Duplicate { .. }));
    // A repeated call gets its first receipt even though the stream has moved on since.
    if !all_known {
        check_expectations(standing, command, &mut refusal);
    }
    refusal.or(outcomes)
}

/// Whether entries of the command may build on those before them: a post on its organization, a
/// tenure on its post. Duty events do not, and are what most batches hold: nothing is copied.
fn sees_itself(command: &Command) -> bool {
    let builds = |proposed: &Proposed| !matches!(proposed.entry, Entry::DutyEvent(_));
    1 < command.entries.len() && command.entries.iter().any(builds)
}

fn check_shape(command: &Command, refusal: &mut Refusal) {
    refusal.add(RefusalKind::Invalid, |problems| {
        if command.entries.is_empty() {
            problems.add(
                Reason::FieldRequired,
                "events",
                "至少需要一个事件",
                "at least one event is required",
            );
        }
        if ENTRIES_PER_COMMAND_MAX < command.entries.len() {
            problems.add(
                Reason::FieldTooLong,
                "events",
                format!("一批最多 {ENTRIES_PER_COMMAND_MAX} 个事件，请分批提交"),
                format!("at most {ENTRIES_PER_COMMAND_MAX} events in a batch: split it"),
            );
        }
        let mut seen = BTreeMap::new();
        for Proposed { index, event_id: id, .. } in &command.entries {
            if let Some(first) = seen.insert(id, index) {
                problems.add(
                    Reason::DuplicateInRequest,
                    &format!("events[{index}].event_id"),
                    format!("与 events[{first}] 的事件编号相同：{id}"),
                    format!("the same event id as events[{first}]: {id}"),
                );
            }
        }
    });
}

fn check_expectations(standing: &Standing, command: &Command, refusal: &mut Refusal) {
    for (index, (organization, expected)) in command.expectations.iter().enumerate() {
        let actual = standing.revision(organization);
        if actual != *expected {
            refusal.add(RefusalKind::Aborted, |problems| {
                problems.add(
                    Reason::RevisionConflict,
                    &format!("expected_revisions[{index}].revision"),
                    format!("{organization} 的版本为 {actual}，不是 {expected}；请重新读取后再提交"),
                    format!("{organization} is at revision {actual}, not {expected}: read it again, then retry"),
                );
            });
        }
    }
}

fn check_entry(context: &Context<'_>, proposed: &Proposed, refusal: &mut Refusal) {
    let path = || format!("events[{}]", proposed.index);
    match &proposed.entry {
        Entry::DutyEvent(event) => check_event(context, proposed, event, refusal),
        Entry::Correction(correction) => {
            references::correction(context, correction, &path(), refusal);
            check_event(context, proposed, &correction.event, refusal);
        }
        Entry::Withdrawal(withdrawal) => {
            references::withdrawal(context, withdrawal, &path(), refusal);
        }
        Entry::Review(review) => references::review(context, review, &path(), refusal),
        Entry::Organization(_)
        | Entry::Post(_)
        | Entry::Person(_)
        | Entry::PersonErased(_)
        | Entry::Tenure(_)
        | Entry::Absence(_)
        | Entry::LeadingGroup(_)
        | Entry::OrganizationChange(_) => {
            refusal.within(&path(), |refusal| check_registration(context, proposed, refusal));
        }
        Entry::YearStep(step) => year::step(context, step, refusal),
        Entry::RuleSet(_) | Entry::Calendar(_) => {}
        Entry::Exemption(exemption) => {
            exemptions::grant(context, proposed.index, exemption, refusal)
        }
        Entry::ExemptionRevoked(revocation) => {
            exemptions::revoke(context, proposed.index, revocation, refusal)
        }
        Entry::RectificationOrdered(order) => {
            rectifications::order(context, proposed.index, order, refusal);
        }
        Entry::RectificationAnswered(answer) => {
            rectifications::answer(context, proposed.index, answer, refusal);
        }
        Entry::RectificationClosed(closing) => {
            rectifications::close(context, proposed.index, closing, refusal);
        }
        Entry::DayClosed(day) => registration::day_closed(context, *day, refusal),
    }
}

fn check_registration(context: &Context<'_>, proposed: &Proposed, refusal: &mut Refusal) {
    let standing = context.standing;
    match &proposed.entry {
        Entry::Organization(organization) => {
            registration::organization(context, organization, refusal);
        }
        Entry::Post(post) => registration::post(standing, post, refusal),
        Entry::Person(person) => persons::person(standing, person, refusal),
        Entry::PersonErased(erasure) => {
            persons::erasure(standing, context.recorder, erasure, refusal);
        }
        Entry::Tenure(tenure) => registration::tenure(standing, tenure, refusal),
        Entry::Absence(absence) => absences::absence(standing, absence, refusal),
        Entry::LeadingGroup(group) => groups::group(standing, group, refusal),
        Entry::OrganizationChange(change) => changes::change(standing, change, refusal),
        _ => {}
    }
}

fn check_event(
    context: &Context<'_>,
    proposed: &Proposed,
    event: &DutyEvent,
    refusal: &mut Refusal,
) {
    refusal.add(RefusalKind::Invalid, |problems: &mut Problems| {
        let check_it = |problems: &mut Problems| {
            check::check_years(event, civil_day(context.now), problems);
            problems.extend(proposed.content.iter().cloned());
            references::event(context, proposed.event_id, event, problems);
        };
        problems.at_item("events", proposed.index, |problems| match &proposed.entry {
            Entry::Correction(_) => problems.at("event", check_it),
            _ => check_it(problems),
        });
    });
}

#[cfg(test)]
mod tests;
