//! The check of a journal before it is opened: whole, without gaps, with a proper end.
//!
//! It reports and never mends. Frames are written in order, so a crash may leave the first ones of
//! a commit that was never acknowledged: that is no damage, and whoever opens the journal for
//! service removes them.

use journal::frame::{self, Header};
use journal::{Corruption, Damage, Head, Position};

use crate::store::Store;
use crate::{Check, EngineError};

/// What the check found wrong.
#[derive(Debug)]
pub(crate) enum Finding {
    /// The events are not whole.
    Damage(Damage),
    /// sled could not read.
    Engine(EngineError),
}

/// Where a journal ends.
#[derive(Debug)]
pub(crate) struct End {
    /// The last event of the last whole commit.
    pub(crate) head: Head,
    /// The frames behind it, last first: the beginning of a commit that was cut short.
    pub(crate) unfinished: Vec<sled::IVec>,
}

/// Checks as much as asked for and says where the journal ends.
pub(crate) fn end(store: &Store, check: Check) -> Result<End, Finding> {
    let no_position = Damage { position: Position::FIRST, what: Corruption::Key };
    let mut next = store.last()?;
    if next.as_ref().is_some_and(|(key, _)| frame::position_of(key).is_none()) {
        return Err(no_position.into());
    }
    if check != Check::Tail {
        frames(store, check)?;
    }
    let mut unfinished = Vec::new();
    let mut expected = None;
    while let Some((key, value)) = next {
        let first = frame::position_of(&key).ok_or(no_position)?;
        let (header, _) = frame::decode(first, &value)?;
        if expected.is_some_and(|expected| header.last.next() != Some(expected)) {
            let position = after(header)?;
            let found = expected.unwrap_or(first);
            return Err(Damage { position, what: Corruption::Gap { found } }.into());
        }
        if header.last_of_commit {
            return Ok(End { head: Head::at(header.last), unfinished });
        }
        expected = Some(first);
        next = store.before(&key)?;
        unfinished.push(key);
    }
    match expected {
        Some(first) if first != Position::FIRST => {
            let what = Corruption::Gap { found: first };
            Err(Damage { position: Position::FIRST, what }.into())
        }
        _ => Ok(End { head: Head::EMPTY, unfinished }),
    }
}

fn frames(store: &Store, check: Check) -> Result<(), Finding> {
    let mut expected = Position::FIRST;
    for item in store.scan_from(&[]) {
        let (key, value) = item?;
        starts_at(expected, &key)?;
        let header = match check {
            Check::Tail | Check::Frames => frame::decode_header(expected, &value),
            Check::Events => frame::decode(expected, &value).map(|(header, _)| header),
        };
        expected = after(header?)?;
    }
    Ok(())
}

/// Whether the frame under `key` is the one that must come next.
pub(crate) fn starts_at(expected: Position, key: &[u8]) -> Result<(), Damage> {
    let what = match frame::position_of(key) {
        Some(found) if found == expected => return Ok(()),
        Some(found) => Corruption::Gap { found },
        None => Corruption::Key,
    };
    Err(Damage { position: expected, what })
}

/// Where the frame after this one must start.
pub(crate) fn after(header: Header) -> Result<Position, Damage> {
    let damage = Damage { position: header.last, what: Corruption::Header };
    header.last.next().ok_or(damage)
}

impl From<Damage> for Finding {
    fn from(damage: Damage) -> Finding {
        Finding::Damage(damage)
    }
}

impl From<EngineError> for Finding {
    fn from(error: EngineError) -> Finding {
        Finding::Engine(error)
    }
}
