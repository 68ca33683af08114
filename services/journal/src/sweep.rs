//! Reading a journal from end to end, past what is damaged.
//!
//! [`Journal::read`] stops at the first bad event, as a fold must. Whoever checks a journal, or
//! saves what is left of one, goes on behind it: every position from the first to the head comes
//! out exactly once and in order, as an entry or as part of a damaged run. It mends nothing.

use std::collections::VecDeque;
use std::ops::RangeInclusive;

use crate::{Corruption, Entry, Head, Journal, Position, ReadError, ReadLimit};

/// Entries taken at a time: a few MiB.
const CHUNK: ReadLimit = ReadLimit { events: 4_096, bytes: 4 << 20 };
const ONE: ReadLimit = ReadLimit { events: 1, bytes: usize::MAX };
/// How far behind a damaged place reading is tried again: a damaged frame hides at most its own
/// 511 events, a damaged page of an engine some dozen frames.
const PROBES_MAX: u64 = 65_536;

/// What stands at the next position or positions.
#[derive(Debug)]
pub enum Step {
    /// A sound entry.
    Entry(Entry),
    /// Positions that cannot be read.
    Damaged {
        /// Which; one run of damage.
        positions: RangeInclusive<u64>,
        /// What is wrong at the first of them.
        error: ReadError,
    },
}

/// Walks a journal up to a head. See the module.
pub struct Sweep<'a> {
    journal: &'a dyn Journal,
    /// The next position to read; `None` at the end.
    next: Option<Position>,
    head: Head,
    ready: VecDeque<Entry>,
}

impl<'a> Sweep<'a> {
    /// Walks from the beginning to `head`, which the journal must have reached.
    #[must_use]
    pub fn new(journal: &'a dyn Journal, head: Head) -> Self {
        let next = Some(Position::FIRST).filter(|first| head.covers(*first));
        Self { journal, next, head, ready: VecDeque::new() }
    }

    fn advance(&mut self, past: Position) {
        self.next = past.next().filter(|next| self.head.covers(*next));
    }

    /// Reads on from `next`, which is a position there must be.
    fn fill(&mut self, next: Position) -> Option<Step> {
        let mut limit = CHUNK;
        loop {
            match self.journal.read(next, limit) {
                Ok(entries) if !entries.is_empty() => {
                    self.ready = entries.into();
                    return None;
                }
                // A journal that ends before its own head.
                Ok(_) => return Some(self.damaged(next, missing(next))),
                Err(ReadError::Corrupt { position, .. }) if next < position && limit != ONE => {
                    let sound = position.get() - next.get();
                    limit.events = usize::try_from(sound).unwrap_or(usize::MAX);
                }
                // An engine does not say where: event by event up to the place.
                Err(ReadError::Engine(_)) if limit != ONE => limit = ONE,
                Err(error) => return Some(self.damaged(next, error)),
            }
        }
    }

    /// The run of damage that begins at `first`, and where reading goes on.
    fn damaged(&mut self, first: Position, error: ReadError) -> Step {
        let goes_on = match &error {
            ReadError::Corrupt { what: Corruption::Gap { found }, .. } if first < *found => {
                Some(*found)
            }
            _ => self.probe(first),
        };
        let last = match goes_on.filter(|place| self.head.covers(*place)) {
            Some(place) => {
                self.next = Some(place);
                place.get() - 1
            }
            None => {
                self.next = None;
                self.head.events()
            }
        };
        Step::Damaged { positions: first.get()..=last, error }
    }

    /// The next position behind `first` that can be read, or where another run of damage begins.
    fn probe(&self, first: Position) -> Option<Position> {
        for distance in 1..PROBES_MAX {
            let place = first.checked_add(distance).filter(|place| self.head.covers(*place))?;
            match self.journal.read(place, ONE) {
                Ok(entries) if entries.is_empty() => return None,
                Ok(_) => return Some(place),
                Err(ReadError::Corrupt { position, .. }) if position == place => {
                    return Some(place);
                }
                Err(_) => {}
            }
        }
        None
    }
}

impl Iterator for Sweep<'_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        if self.ready.is_empty() {
            let next = self.next?;
            if let Some(damage) = self.fill(next) {
                return Some(damage);
            }
        }
        let entry = self.ready.pop_front()?;
        self.advance(entry.position);
        // A chunk may reach beyond the head asked for.
        if self.next.is_none() {
            self.ready.clear();
        }
        Some(Step::Entry(entry))
    }
}

fn missing(position: Position) -> ReadError {
    ReadError::Corrupt { position, what: Corruption::Missing }
}

#[cfg(test)]
mod tests;
