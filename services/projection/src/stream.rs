//! What is recorded of one organization: sealed facts, the newest ones open, in order.
//!
//! Every version of every duty event is here, for ever. The older ones are packed ([`Chunk`]), the
//! newest few dozen are as the evaluation wants them. Copies share both; an append copies no more
//! than the list of what is shared.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use duty::Position;
use duty::evaluate::Fact;
use duty::id::{EventId, OrganizationId};
use duty::recorders::Recorders;

use crate::chunk::{Chunk, Mark};
use crate::usual::Usual;
use crate::words::Words;

/// So many open facts are sealed together. Open ones take 500 bytes each, so with 1,000
/// organizations at most 16 MB; sealing fewer at a time would make the heads of chunks weigh more.
/// Tests seal early, to have sealed and open ones in short histories.
pub(crate) const SEALED_AT: usize = if cfg!(test) { 3 } else { 32 };
/// With more streams than this, a quarter as many are: 100,000 organizations would hold 800 MB of
/// open facts, and the heads of four times the chunks take a tenth of that.
const MANY_STREAMS: usize = 4_096;

/// So many open facts of a stream are sealed together when there are so many streams.
pub(crate) const fn sealed_at(streams: usize) -> usize {
    if streams <= MANY_STREAMS { SEALED_AT } else { SEALED_AT / 4 + 1 }
}

/// What is recorded of one organization.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stream {
    organization: OrganizationId,
    sealed: Vec<Arc<Chunk>>,
    open: Vec<Arc<Fact>>,
    words: Arc<Words>,
    recorders: Arc<Recorders>,
    usual: Usual,
    /// How many entries: duty events, corrections, withdrawals and reviews.
    revision: u64,
    /// The last of them, or of what was done to one.
    touched: Position,
}

impl Stream {
    /// An organization of which nothing is recorded.
    pub(crate) fn new(organization: OrganizationId) -> Self {
        Self {
            organization,
            sealed: Vec::new(),
            open: Vec::new(),
            words: Arc::default(),
            recorders: Arc::default(),
            usual: Usual::default(),
            revision: 0,
            touched: Position::ZERO,
        }
    }

    /// A stream of parts kept elsewhere. Facts and marks are its entries and tell the revision.
    pub(crate) fn from_parts(
        organization: OrganizationId,
        recorders: Recorders,
        words: Words,
        sealed: Vec<Chunk>,
        open: &[Chunk],
    ) -> Self {
        let notes = |chunk: &Chunk| {
            let counted = |mark: Mark| u64::from(mark != Mark::Superseded);
            chunk.marks.iter().map(|packed| counted(packed.mark())).sum::<u64>()
        };
        let revision =
            sealed.iter().chain(open).map(|chunk| u64::from(chunk.count) + notes(chunk)).sum();
        let marks = |chunk: &Chunk| chunk.marks.iter().map(|mark| mark.by()).max();
        let last = |chunk: &Chunk| marks(chunk).map_or(chunk.last, |by| by.max(chunk.last));
        let touched = sealed.iter().chain(open).map(last).max().unwrap_or(Position::ZERO);
        let open = open.iter().flat_map(|chunk| chunk.open(&words)).collect();
        let sealed = sealed.into_iter().map(Arc::new).collect();
        let (words, recorders) = (Arc::new(words), Arc::new(recorders));
        let usual = Usual::default();
        Self { organization, sealed, open, words, recorders, usual, revision, touched }
    }

    /// Whose stream it is.
    pub(crate) const fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    /// How many entries it has.
    pub(crate) const fn revision(&self) -> u64 {
        self.revision
    }

    /// Who recorded its events.
    pub(crate) const fn recorders(&self) -> &Arc<Recorders> {
        &self.recorders
    }

    /// The last entry that touched it.
    pub(crate) const fn touched(&self) -> Position {
        self.touched
    }

    /// The sealed facts.
    pub(crate) fn sealed(&self) -> &[Arc<Chunk>] {
        &self.sealed
    }

    /// The texts of the sealed facts, and the open ones sealed, for keeping elsewhere.
    pub(crate) fn open_sealed(&self) -> (Words, Option<Chunk>) {
        let mut words = (*self.words).clone();
        let chunk = Chunk::seal(&self.open, &mut words);
        (words, chunk)
    }

    /// Adds a version of a duty event, and who recorded it; seals the open ones when there are
    /// `sealed_at` of them.
    pub(crate) fn push(&mut self, fact: Fact, recorder: &str, sealed_at: usize) {
        self.revision += 1;
        let year = fact.accounting_year;
        if !self.usual.is(year, recorder) {
            if !self.recorders.has(year, recorder) {
                Arc::make_mut(&mut self.recorders).add(year, recorder);
            }
            self.usual.note(year, recorder);
        }
        self.touched = fact.position;
        self.open.push(Arc::new(fact));
        if sealed_at <= self.open.len() {
            let sealed = Chunk::seal(&self.open, Arc::make_mut(&mut self.words));
            self.sealed.extend(sealed.map(Arc::new));
            self.open.clear();
        }
    }

    /// Notes what the entry at `by` did to the event that stands at `position` with this id.
    /// Whether there is one.
    pub(crate) fn mark(
        &mut self,
        position: Position,
        id: EventId,
        by: Position,
        mark: Mark,
    ) -> bool {
        let found = self.place(position, id);
        match found {
            None => return false,
            Some(Place::Sealed(chunk, index)) => {
                Arc::make_mut(&mut self.sealed[chunk]).mark(index, by, mark);
            }
            Some(Place::Open(index)) => mark.put_on(Arc::make_mut(&mut self.open[index]), by),
        }
        self.touched = by;
        // A correction is a version itself, and counted as such.
        self.revision += u64::from(mark != Mark::Superseded);
        true
    }

    /// The version of a duty event that stands at `position` with this id.
    pub(crate) fn fact(&self, position: Position, id: EventId) -> Option<Arc<Fact>> {
        match self.place(position, id)? {
            Place::Sealed(chunk, index) => {
                self.sealed[chunk].open(&self.words).into_iter().nth(index)
            }
            Place::Open(index) => Some(Arc::clone(&self.open[index])),
        }
    }

    fn place(&self, position: Position, id: EventId) -> Option<Place> {
        let chunk = self.sealed.partition_point(|chunk| chunk.last < position);
        if let Some(sealed) = self.sealed.get(chunk) {
            return sealed.find(position, id).map(|index| Place::Sealed(chunk, index));
        }
        let index = self.open.binary_search_by_key(&position, |fact| fact.position).ok()?;
        (self.open[index].event_id == id).then_some(Place::Open(index))
    }

    /// The facts that judging `year` looks at, by position, perhaps with others among them.
    pub(crate) fn facts(&self, year: i16) -> Cow<'_, [Arc<Fact>]> {
        let mut chunks = self.sealed.iter().filter(|chunk| chunk.concerns(year)).peekable();
        if chunks.peek().is_none() {
            return Cow::Borrowed(&self.open);
        }
        let mut facts = Vec::new();
        chunks.for_each(|chunk| chunk.open_into(&mut facts, &self.words, Some(year)));
        facts.extend_from_slice(&self.open);
        Cow::Owned(facts)
    }

    /// The accounting years of the facts up to `known`, whatever became of them.
    pub(crate) fn years(&self, known: Position) -> BTreeSet<i16> {
        let mut years = BTreeSet::new();
        for chunk in self.sealed.iter().take_while(|chunk| chunk.first <= known) {
            if chunk.last <= known && chunk.years.0 == chunk.years.1 {
                years.insert(chunk.years.0);
                continue;
            }
            let facts = chunk.open(&self.words);
            let known = facts.iter().filter(|fact| fact.position <= known);
            years.extend(known.map(|fact| fact.accounting_year));
        }
        let open = self.open.iter().filter(|fact| fact.position <= known);
        years.extend(open.map(|fact| fact.accounting_year));
        years
    }

    /// The positions of the entries in `from..=known`: duty events, corrections, withdrawals and
    /// reviews.
    pub(crate) fn entries(&self, from: Position, known: Position) -> Vec<Position> {
        let mut entries = Vec::new();
        let mut add = |position: Position| {
            if from <= position && position <= known {
                entries.push(position);
            }
        };
        for chunk in &self.sealed {
            if from <= chunk.last && chunk.first <= known {
                chunk.positions().for_each(&mut add);
            }
            // Marks come by position: the last ones are the newest.
            let marks = chunk.marks.iter().rev().take_while(|mark| from <= mark.by());
            let notes = marks.filter(|mark| mark.mark() != Mark::Superseded);
            notes.for_each(|mark| add(mark.by()));
        }
        for fact in &self.open {
            add(fact.position);
            fact.withdrawn_at.into_iter().for_each(&mut add);
            fact.reviews.iter().for_each(|review| add(review.at));
        }
        entries.sort_unstable();
        entries
    }
}

/// Where a fact is kept.
enum Place {
    Sealed(usize, usize),
    Open(usize),
}
