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
use duty::entry::Verdict;
use duty::evaluate::Fact;
use duty::id::EventId;
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
    Reviewed(Verdict),
}

impl Mark {
    /// Notes on a fact what the entry at `by` did to it.
    pub(crate) fn put_on(self, fact: &mut Fact, by: Position) {
        match self {
            Self::Superseded => fact.superseded_at = Some(by),
            Self::Withdrawn => fact.withdrawn_at = Some(by),
            Self::Reviewed(verdict) => fact.reviews.push((by, verdict)),
        }
    }
}

/// A mark in eight bytes: the position of the entry, the index of the fact, what it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PackedMark(pub(crate) u64);

impl PackedMark {
    fn new(by: Position, index: usize, mark: Mark) -> Self {
        let what = match mark {
            Mark::Superseded => 0,
            Mark::Withdrawn => 1,
            Mark::Reviewed(Verdict::Accepted) => 2,
            Mark::Reviewed(Verdict::Returned) => 3,
        };
        Self(by.get() << 16 | (index as u64 & 0xff) << 8 | what)
    }

    pub(crate) const fn by(self) -> Position {
        Position::new(self.0 >> 16)
    }

    const fn index(self) -> usize {
        (self.0 >> 8 & 0xff) as usize
    }

    pub(crate) const fn mark(self) -> Mark {
        match self.0 & 0xff {
            0 => Mark::Superseded,
            1 => Mark::Withdrawn,
            2 => Mark::Reviewed(Verdict::Accepted),
            _ => Mark::Reviewed(Verdict::Returned),
        }
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
            fact.reviews.iter().for_each(|(by, verdict)| add(*by, Mark::Reviewed(*verdict)));
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
        let (positions, start) = self.read_positions();
        let mut reader = Reader::new(self.bytes.get(start..).unwrap_or(&[]));
        let ids = reader.take(16 * usize::from(self.count)).unwrap_or(&[]);
        let mut day = 0;
        for (position, id) in positions.zip(ids.chunks_exact(16)) {
            let id = EventId::new(Uuid::from_slice(id).unwrap_or_default());
            let Some(fact) = read_fact(&mut reader, position, id, &mut day, words) else { break };
            facts.push(fact);
        }
        debug_assert_eq!(facts.len(), usize::from(self.count), "sealed with these words");
        for mark in &self.marks {
            if let Some(fact) = facts.get_mut(mark.index()) {
                mark.mark().put_on(fact, mark.by());
            }
        }
        facts.into_iter().map(Arc::new).collect()
    }
}
