//! A few dozen facts of one stream, packed: about 40 bytes each, a fact in memory has 500.
//!
//! Sealed once, never repacked: what becomes of its events later stands beside the packed bytes,
//! eight bytes a mark. Invariant: `open(seal(facts)) == facts`, marks included (a property test).
//!
//! Layout, see [`crate::wire`]: the positions, each as the distance from the one before; the event
//! ids, 16 bytes each, so that one is compared without unpacking the rest; then the facts in turn
//! ([`crate::pack`]).

use std::sync::Arc;

use duty::Position;
use duty::evaluate::Fact;
use duty::id::EventId;
use duty::review::{Grade, Reviewed, Verdict};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use uuid::Uuid;

use crate::pack::{put_fact, read_fact};
use crate::wire::{Reader, put_number};
use crate::words::Words;

/// What a later entry did to an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// The entry is a correction of it.
    Superseded,
    /// The entry took it back.
    Withdrawn,
    /// The entry is a supervisor's decision on it.
    Reviewed(Reviewed),
}

impl Mark {
    /// Notes on a fact what the entry at `by` did to it.
    pub(crate) fn put_on(self, fact: &mut Fact, by: Position) {
        match self {
            Self::Superseded => fact.superseded_at = Some(by),
            Self::Withdrawn => fact.withdrawn_at = Some(by),
            Self::Reviewed(review) => fact.reviews.push(review),
        }
    }
}

/// The day that days of marks are counted from: no ledger is older.
const FIRST_DAY: Date = date(2000, 1, 1);
/// What a mark says it did, when it is a return: this, and the working days to mend it below it.
const RETURNED: u64 = 0x80;

/// A mark in eight bytes, from the top: the position of the entry (32 bits), the day of a review
/// (16, days since 2000), the index of the fact (8), what was done (8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PackedMark(pub(crate) u64);

impl PackedMark {
    fn new(by: Position, index: usize, mark: Mark) -> Self {
        let (day, what) = match mark {
            Mark::Superseded => (0, 0),
            Mark::Withdrawn => (0, 1),
            Mark::Reviewed(Reviewed { on, verdict, grade, cure_working_days, .. }) => {
                let what = match (verdict, grade) {
                    (Verdict::Accepted, None) => 2,
                    (Verdict::Accepted, Some(Grade::A)) => 3,
                    (Verdict::Accepted, Some(Grade::B)) => 4,
                    (Verdict::Accepted, Some(Grade::C)) => 5,
                    (Verdict::AcceptanceWithdrawn, _) => 6,
                    (Verdict::Returned, _) => RETURNED | u64::from(cure_working_days & 0x7f),
                };
                // Recorded times never run backwards, so that marks by position are by day too.
                (u16::try_from((on - FIRST_DAY).get_days()).unwrap_or(0), what)
            }
        };
        Self(by.get() << 32 | u64::from(day) << 16 | (index as u64 & 0xff) << 8 | what)
    }

    pub(crate) const fn by(self) -> Position {
        Position::new(self.0 >> 32)
    }

    const fn index(self) -> usize {
        (self.0 >> 8 & 0xff) as usize
    }

    pub(crate) fn mark(self) -> Mark {
        let what = self.0 & 0xff;
        let (verdict, grade) = match what {
            0 => return Mark::Superseded,
            1 => return Mark::Withdrawn,
            2 => (Verdict::Accepted, None),
            3 => (Verdict::Accepted, Some(Grade::A)),
            4 => (Verdict::Accepted, Some(Grade::B)),
            5 => (Verdict::Accepted, Some(Grade::C)),
            6 => (Verdict::AcceptanceWithdrawn, None),
            _ => (Verdict::Returned, None),
        };
        let cure_working_days = match verdict {
            Verdict::Returned => (what & 0x7f) as u8,
            Verdict::Accepted | Verdict::AcceptanceWithdrawn => 0,
        };
        let on = FIRST_DAY.saturating_add(((self.0 >> 16 & 0xffff) as i64).days());
        Mark::Reviewed(Reviewed { at: self.by(), on, verdict, grade, cure_working_days })
    }
}

/// Sealed facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chunk {
    /// Position of the first fact.
    pub(crate) first: Position,
    /// Position of the last fact.
    pub(crate) last: Position,
    /// How many facts, at most 255.
    pub(crate) count: u8,
    /// Some fact tells of a change that duties may follow from.
    pub(crate) tells_of_change: bool,
    /// Least and greatest accounting year.
    pub(crate) years: (i16, i16),
    /// The packed facts.
    pub(crate) bytes: Arc<[u8]>,
    /// What became of them, by position of the entry that did it.
    pub(crate) marks: Vec<PackedMark>,
}

impl Chunk {
    /// Packs facts that come by position; `None` when there are none or too many.
    pub(crate) fn seal(facts: &[Arc<Fact>], words: &mut Words) -> Option<Self> {
        let (first, last) = (facts.first()?.position, facts.last()?.position);
        let count = u8::try_from(facts.len()).ok()?;
        let mut bytes = Vec::with_capacity(64 * facts.len());
        let mut before = first.get();
        for fact in facts {
            put_number(&mut bytes, fact.position.get() - before);
            before = fact.position.get();
        }
        facts.iter().for_each(|fact| bytes.extend_from_slice(fact.event_id.uuid().as_bytes()));
        let mut day = 0;
        let mut marks = Vec::new();
        let mut years = (i16::MAX, i16::MIN);
        for (index, fact) in facts.iter().enumerate() {
            day = put_fact(&mut bytes, fact, day, words);
            years = (years.0.min(fact.accounting_year), years.1.max(fact.accounting_year));
            let mut add = |by, mark| marks.push(PackedMark::new(by, index, mark));
            fact.superseded_at.into_iter().for_each(|by| add(by, Mark::Superseded));
            fact.withdrawn_at.into_iter().for_each(|by| add(by, Mark::Withdrawn));
            fact.reviews.iter().for_each(|review| add(review.at, Mark::Reviewed(*review)));
        }
        marks.sort_unstable();
        marks.shrink_to_fit();
        let tells_of_change = facts.iter().any(|fact| fact.tells_of_change());
        let bytes = bytes.into();
        Some(Self { first, last, count, tells_of_change, years, bytes, marks })
    }

    /// Whether judging `year` may look at one of the facts.
    pub(crate) fn concerns(&self, year: i16) -> bool {
        let nearest = year.clamp(self.years.0, self.years.1);
        Fact::concerns(nearest, self.tells_of_change, year)
    }

    /// The positions of the facts.
    pub(crate) fn positions(&self) -> impl Iterator<Item = Position> {
        self.read_positions().0
    }

    fn read_positions(&self) -> (impl Iterator<Item = Position>, usize) {
        let mut reader = Reader::new(&self.bytes);
        let mut at = self.first.get();
        let mut positions = [Position::ZERO; u8::MAX as usize];
        for position in positions.iter_mut().take(self.count.into()) {
            at = at.saturating_add(reader.number().unwrap_or(0));
            *position = Position::new(at);
        }
        (positions.into_iter().take(self.count.into()), self.bytes.len() - reader.left())
    }

    /// The index of the fact at a position, if it has this id.
    pub(crate) fn find(&self, position: Position, id: EventId) -> Option<usize> {
        let (mut positions, start) = self.read_positions();
        let index = positions.position(|at| at == position)?;
        let ids = self.bytes.get(start..)?.chunks_exact(16);
        ids.into_iter().nth(index).filter(|found| *found == id.uuid().as_bytes()).map(|_| index)
    }

    /// Notes what the entry at `by` did to the fact at an index.
    pub(crate) fn mark(&mut self, index: usize, by: Position, mark: Mark) {
        // One at a time: most chunks have none, and a vector that doubles would waste most of it.
        self.marks.reserve_exact(1);
        self.marks.push(PackedMark::new(by, index, mark));
    }

    /// Unpacks every fact, as far as the bytes make sense: those that [`Self::seal`] wrote with
    /// these words do.
    pub(crate) fn open(&self, words: &Words) -> Vec<Arc<Fact>> {
        let mut facts = Vec::with_capacity(self.count.into());
        self.open_into(&mut facts, words, None);
        debug_assert_eq!(facts.len(), usize::from(self.count), "sealed with these words");
        facts
    }

    /// Unpacks the facts that judging `year` looks at, all of them when `None`, by position.
    pub(crate) fn open_into(&self, facts: &mut Vec<Arc<Fact>>, words: &Words, year: Option<i16>) {
        let before = facts.len();
        let (positions, start) = self.read_positions();
        let mut reader = Reader::new(self.bytes.get(start..).unwrap_or(&[]));
        let ids = reader.take(16 * usize::from(self.count)).unwrap_or(&[]);
        let mut day = 0;
        // Which of the facts sealed here each one is: what marks tell.
        let mut indexes = Vec::new();
        for (index, (position, id)) in positions.zip(ids.chunks_exact(16)).enumerate() {
            let id = EventId::new(Uuid::from_slice(id).unwrap_or_default());
            let read = read_fact(&mut reader, (position, id), &mut day, words, year);
            let Some(read) = read else { break };
            if let Some(fact) = read {
                facts.push(Arc::new(fact));
                indexes.push(index);
            }
        }
        for mark in &self.marks {
            if let Ok(of) = indexes.binary_search(&mark.index())
                && let Some(fact) = facts.get_mut(before + of).and_then(Arc::get_mut)
            {
                mark.mark().put_on(fact, mark.by());
            }
        }
    }
}
