//! Recomputing a view from exported entries alone: no service, no data directory, no snapshot.
//!
//! Entries come from a backup or from exported tiles, are checked against the signed checkpoint,
//! folded, and judged by the same pure functions. The answer is compared field by field with the
//! one somebody got, so that a score can be believed without believing the service.

mod answer;

use std::path::Path;

use bytes::Bytes;
use merkle::hash::{self, Hash};
use merkle::tile::TILE_WIDTH;
use merkle::tree::Frontier;
use projection::State;
use serde_json::Value;

use super::backup::read::{Part, Reader};
use super::restore::{RestoreError, StaticLog, signed};
use super::verify::hex;
use crate::codec;

pub use self::answer::{Asked, Recomputed, Subject, recompute};

/// Entries folded, with the root of the tree at every size that is asked for.
pub struct Replayed {
    /// The state after the last of them.
    pub state: State,
    /// How many there are.
    pub size: u64,
    /// The root over the first `known` of them.
    pub root_at_known: Hash,
    /// Hash tiles that do not match the entries, which are what was signed.
    pub damaged: Vec<String>,
}

/// Folds the entries of a backup; `known` is the last position of interest, 0 for all.
///
/// # Errors
/// [`RestoreError`] when the backup, or what is in it, cannot be believed.
pub fn backup(file: impl std::io::Read, known: u64) -> Result<Replayed, RestoreError> {
    let mut reader = Reader::new(file).map_err(RestoreError::Backup)?;
    let manifest = reader.manifest().clone();
    let checkpoint = match &manifest.checkpoint {
        Some(note) => Some(signed(note, &manifest.origin, &[])?),
        None => None,
    };
    let mut fold =
        Fold::new(known, checkpoint.as_ref().map(|signed| (signed.size(), signed.root())));
    loop {
        match reader.next_part().map_err(RestoreError::Backup)? {
            Part::Entry(entry) => fold.entry(&entry)?,
            Part::File(_) => {}
            Part::End => break,
        }
    }
    if hex(fold.tree.root()) != manifest.root {
        return Err(RestoreError::Root { size: manifest.size, what: "manifest" });
    }
    fold.finish()
}

/// Folds the entries of exported tiles; `known` as above.
///
/// # Errors
/// [`RestoreError`] when the tiles cannot be believed.
pub fn tiles(dir: &Path, known: u64) -> Result<Replayed, RestoreError> {
    let log = StaticLog::open(dir)?;
    let checkpoint = signed(&log.note, &log.origin, &[])?;
    let size = checkpoint.size();
    let mut fold = Fold::new(known, Some((size, checkpoint.root())));
    for index in 0..size.div_ceil(TILE_WIDTH) {
        for entry in log.bundle(index, size)? {
            fold.entry(&entry).map_err(|error| log.blamed(error))?;
        }
    }
    let replayed = fold.finish().map_err(|error| log.blamed(error))?;
    Ok(Replayed { damaged: log.damaged_tiles(), ..replayed })
}

struct Fold {
    state: State,
    tree: Frontier,
    known: u64,
    root_at_known: Option<Hash>,
    signed: Option<(u64, Hash)>,
    signed_is_right: bool,
}

impl Fold {
    fn new(known: u64, signed: Option<(u64, Hash)>) -> Self {
        let signed_is_right = signed.is_none_or(|(size, _)| size == 0);
        let (state, tree) = (State::new(), Frontier::new());
        Self { state, tree, known, root_at_known: None, signed, signed_is_right }
    }

    fn entry(&mut self, stored: &Bytes) -> Result<(), RestoreError> {
        let position = self.tree.size() + 1;
        let recorded = codec::decode(stored)
            .map_err(|source| RestoreError::Entry { position, source: Box::new(source) })?;
        self.state.apply(&recorded);
        self.tree.push(hash::leaf(stored), &mut |_, _, _| {});
        if position == self.known {
            self.root_at_known = Some(self.tree.root());
        }
        if let Some((size, root)) = self.signed
            && size == position
        {
            self.signed_is_right = root == self.tree.root();
        }
        Ok(())
    }

    fn finish(self) -> Result<Replayed, RestoreError> {
        if !self.signed_is_right {
            let size = self.signed.map_or(0, |(size, _)| size);
            return Err(RestoreError::Root { size, what: "checkpoint" });
        }
        let root_at_known = self.root_at_known.unwrap_or_else(|| self.tree.root());
        let (size, damaged) = (self.tree.size(), Vec::new());
        Ok(Replayed { size, state: self.state, root_at_known, damaged })
    }
}

/// One field that differs.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// Which field, as `duties[3].rungs[0].credit`.
    pub field: String,
    /// What the entries come to.
    pub replayed: Value,
    /// What the answer says.
    pub answered: Value,
}

/// Every field in which two JSON answers differ.
#[must_use]
pub fn compare(replayed: &Value, answered: &Value) -> Vec<Difference> {
    let mut differences = Vec::new();
    walk(String::new(), replayed, answered, &mut differences);
    differences
}

fn walk(field: String, replayed: &Value, answered: &Value, out: &mut Vec<Difference>) {
    match (replayed, answered) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for key in keys {
                let inner = if field.is_empty() { key.clone() } else { format!("{field}.{key}") };
                let of = |map: &serde_json::Map<String, Value>| {
                    map.get(key).cloned().unwrap_or(Value::Null)
                };
                walk(inner, &of(a), &of(b), out);
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            for index in 0..a.len().max(b.len()) {
                let of = |list: &[Value]| list.get(index).cloned().unwrap_or(Value::Null);
                walk(format!("{field}[{index}]"), &of(a), &of(b), out);
            }
        }
        (a, b) if a == b => {}
        (a, b) => out.push(Difference { field, replayed: a.clone(), answered: b.clone() }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_difference_is_named() {
        let a = json!({ "s": [{ "score": "1" }, { "score": "2" }], "n": 1, "only": true });
        assert_eq!(compare(&a, &a), []);
        let b = json!({ "s": [{ "score": "1" }, { "score": "3" }, {}], "n": 1 });
        let fields: Vec<_> = compare(&a, &b).into_iter().map(|one| one.field).collect();
        assert_eq!(fields, ["only", "s[1].score", "s[2]"]);
    }
}
