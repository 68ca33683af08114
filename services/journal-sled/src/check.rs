//! The check of a journal before it is opened: whole, without gaps, with a proper end.
//!
//! It reports and never mends. A batch is atomic in sled, so an unfinished commit at the end cannot
//! come from a crash: it is damage like any other.

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

/// Checks as much as asked for and says where the journal ends.
pub(crate) fn head(store: &Store, check: Check) -> Result<Head, Finding> {
    let Some((key, value)) = store.last()? else {
        return Ok(Head::EMPTY);
    };
    let damage = |position, what| Damage { position, what };
    let first = frame::position_of(&key).ok_or(damage(Position::FIRST, Corruption::Key))?;
    if check != Check::Tail {
        frames(store, check)?;
    }
    let (header, _) = frame::decode(first, &value)?;
    if !header.last_of_commit {
        return Err(damage(header.last, Corruption::Unfinished).into());
    }
    Ok(Head::at(header.last))
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
