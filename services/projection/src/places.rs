//! Whose stream the entry at each position belongs to: four bytes an entry.
//!
//! Positions come one by one. Pages are shared with copies until they change, which only the last
//! one does.

use std::sync::Arc;

use duty::Position;

/// Entries of a page: 16 KiB, what an append may have to copy.
const PAGE: usize = 4_096;

/// What stands at a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Nothing of a stream: a registration, a rule set, a calendar, the end of a day.
    Elsewhere,
    /// A version of a duty event, in the stream with this number.
    Version(u32),
    /// A withdrawal or review of an event of the stream with this number.
    Note(u32),
}

impl Place {
    const fn packed(self) -> u32 {
        match self {
            Self::Elsewhere => 0,
            Self::Version(stream) => (stream + 1) << 1,
            Self::Note(stream) => (stream + 1) << 1 | 1,
        }
    }

    const fn unpacked(packed: u32) -> Self {
        match (packed >> 1, packed & 1) {
            (0, _) => Self::Elsewhere,
            (stream, 0) => Self::Version(stream - 1),
            (stream, _) => Self::Note(stream - 1),
        }
    }
}

/// Places by position, from the first one on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Places {
    pages: Vec<Arc<Vec<u32>>>,
}

impl Places {
    /// Adds the place of the next position.
    pub(crate) fn push(&mut self, place: Place) {
        match self.pages.last_mut().filter(|page| page.len() < PAGE) {
            Some(page) => Arc::make_mut(page).push(place.packed()),
            None => {
                let mut page = Vec::with_capacity(PAGE);
                page.push(place.packed());
                self.pages.push(Arc::new(page));
            }
        }
    }

    /// What stands at a position.
    pub(crate) fn at(&self, position: Position) -> Option<Place> {
        let index = usize::try_from(position.get().checked_sub(1)?).ok()?;
        let packed = self.pages.get(index / PAGE)?.get(index % PAGE)?;
        Some(Place::unpacked(*packed))
    }

    /// The positions that are nothing of a stream.
    pub(crate) fn elsewhere(&self) -> impl Iterator<Item = Position> {
        let packed = self.pages.iter().flat_map(|page| page.iter());
        (1..).zip(packed).filter(|(_, packed)| **packed == 0).map(|(at, _)| Position::new(at))
    }

    /// How many positions there are.
    pub(crate) fn count(&self) -> u64 {
        let full = self.pages.len().saturating_sub(1) * PAGE;
        (full + self.pages.last().map_or(0, |page| page.len())) as u64
    }

    /// The pages one by one, given up as they are taken.
    pub(crate) fn into_pages(self) -> impl Iterator<Item = Arc<Vec<u32>>> {
        self.pages.into_iter()
    }

    /// The places of these pages: all full but the last, which is not empty, and of streams below
    /// `streams`.
    pub(crate) fn from_pages(pages: Vec<Vec<u32>>, streams: usize) -> Option<Self> {
        let last = pages.len().saturating_sub(1);
        let sound = |(index, page): (usize, &Vec<u32>)| {
            let length = page.len();
            let whole = length == PAGE || (index == last && 0 < length && length < PAGE);
            whole && page.iter().all(|packed| (*packed >> 1) as usize <= streams)
        };
        let all_sound = pages.iter().enumerate().all(sound);
        all_sound.then(|| Self { pages: pages.into_iter().map(Arc::new).collect() })
    }
}
