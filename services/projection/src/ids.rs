//! Which positions an event id may stand at, for ten million ids and more.
//!
//! The ids themselves are in the journal; here are 44 bits of the SHA-256 of each, and its
//! position: about 11 bytes an id. So an answer is a *candidate*: whoever needs to be certain reads
//! the entry there and compares the id. For an id the ledger does not have there is a candidate
//! once in 1.7 million look-ups at ten million entries.
//!
//! 4,096 shards, each an open-addressing table of its own, grown by a quarter when four fifths are
//! taken: no append pays for more than 30 KiB of growing, and a copy (for a snapshot written in
//! the background) shares every shard until the writer changes it. A slot is 32 bits of hash and
//! 32 bits of position; its home follows from the hash, so that a table grows without the ids.

use std::sync::Arc;

use duty::Position;
use duty::id::EventId;
use sha2::{Digest, Sha256};

/// The last position that fits a slot. A ledger this long takes no more entries; at 1,000 entries a
/// second, day and night, that is 49 days, at a busy city's 10 million a year 429 years.
pub const POSITION_MAX: u64 = u32::MAX as u64;

/// Shards, by the first bits of the hash.
pub(crate) const SHARDS: usize = 1 << SHARD_BITS;
const SHARD_BITS: u32 = 12;

/// Positions by event id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IdIndex {
    shards: Vec<Arc<Shard>>,
}

/// One table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Shard {
    /// 32 bits of hash, then 32 bits of position; 0 is free, as there is no position 0.
    slots: Vec<u64>,
    used: usize,
}

impl Default for IdIndex {
    fn default() -> Self {
        Self { shards: vec![Arc::default(); SHARDS] }
    }
}

impl IdIndex {
    /// Adds an id at a position, which is not there yet.
    pub(crate) fn insert(&mut self, id: EventId, position: Position) {
        self.insert_hashed(hash(id), position);
    }

    /// Where the entry with this id may stand: usually nowhere or in one place.
    pub(crate) fn candidates(&self, id: EventId) -> impl Iterator<Item = Position> {
        self.candidates_hashed(hash(id))
    }

    fn insert_hashed(&mut self, hash: u64, position: Position) {
        debug_assert!(0 < position.get() && position.get() <= POSITION_MAX);
        let (shard, tag) = split(hash);
        Arc::make_mut(&mut self.shards[shard]).insert(tag << 32 | position.get() & POSITION_MAX);
    }

    fn candidates_hashed(&self, hash: u64) -> impl Iterator<Item = Position> {
        let (shard, tag) = split(hash);
        self.shards[shard].with_tag(tag).map(Position::new)
    }

    /// How many ids it holds.
    pub(crate) fn count(&self) -> u64 {
        self.shards.iter().map(|shard| shard.used as u64).sum()
    }

    /// The shards one by one, given up as they are taken.
    pub(crate) fn into_shards(self) -> impl Iterator<Item = Arc<Shard>> {
        self.shards.into_iter()
    }

    /// The index of these shards, when there are as many as there should be.
    pub(crate) fn from_shards(shards: Vec<Arc<Shard>>) -> Option<Self> {
        (shards.len() == SHARDS).then_some(Self { shards })
    }
}

impl Shard {
    /// Every slot, free ones included.
    pub(crate) fn slots(&self) -> &[u64] {
        &self.slots
    }

    /// The table of these slots; one without a free slot is none, a look-up would not end.
    pub(crate) fn from_slots(slots: Vec<u64>) -> Option<Self> {
        let used = slots.iter().filter(|slot| **slot != 0).count();
        (slots.is_empty() || used < slots.len()).then_some(Self { slots, used })
    }

    fn insert(&mut self, slot: u64) {
        if self.slots.len() * 4 <= (self.used + 1) * 5 {
            self.grow();
        }
        self.used += 1;
        self.place(slot);
    }

    /// A quarter more room; whatever is in keeps its hash, so its new home is known.
    fn grow(&mut self) {
        let length = self.slots.len() + self.slots.len() / 4 + 8;
        let old = std::mem::replace(&mut self.slots, vec![0; length]);
        old.into_iter().filter(|slot| *slot != 0).for_each(|slot| self.place(slot));
    }

    fn place(&mut self, slot: u64) {
        let mut at = self.home(slot >> 32);
        while self.slots[at] != 0 {
            at = if at + 1 == self.slots.len() { 0 } else { at + 1 };
        }
        self.slots[at] = slot;
    }

    /// The tag as a fraction of all tags, of the table.
    fn home(&self, tag: u64) -> usize {
        ((tag * self.slots.len() as u64) >> 32) as usize
    }

    fn with_tag(&self, tag: u64) -> impl Iterator<Item = u64> {
        let (after, before) = match self.slots.len() {
            0 => (&[][..], &[][..]),
            _ => {
                let (before, after) = self.slots.split_at(self.home(tag));
                (after, before)
            }
        };
        let run = after.iter().chain(before).take_while(|slot| **slot != 0);
        run.filter(move |slot| **slot >> 32 == tag).map(|slot| *slot & POSITION_MAX)
    }
}

/// Shard and tag of a hash.
const fn split(hash: u64) -> (usize, u64) {
    ((hash >> (64 - SHARD_BITS)) as usize, hash << SHARD_BITS >> 32)
}

/// 64 bits of the SHA-256 of an id. A caller chooses ids, and must not choose where they go.
fn hash(id: EventId) -> u64 {
    let digest = Sha256::digest(id.uuid().as_bytes());
    digest.iter().take(8).fold(0, |hash, byte| hash << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Against a model, with hashes of which many share shard and tag, in full or in part.
        #[test]
        fn it_finds_what_a_map_finds(
            told in proptest::collection::vec((0u64..4, 0u64..40, any::<bool>()), 0..400),
        ) {
            let mut index = IdIndex::default();
            let mut model: BTreeMap<u64, Vec<Position>> = BTreeMap::new();
            let hashed = |(shard, tag, high): (u64, u64, bool)| {
                shard << 52 | (if high { tag | 0xffff_ffd8 } else { tag }) << 20
            };
            for (position, told) in (1..).map(Position::new).zip(&told) {
                let copy = index.clone();
                let hash = hashed(*told);
                index.insert_hashed(hash, position);
                model.entry(hash).or_default().push(position);
                let found: Vec<_> = copy.candidates_hashed(hash).collect();
                prop_assert_eq!(found.len() + 1, model[&hash].len(), "a copy sees nothing move");
            }
            for told in told {
                let hash = hashed(told);
                let mut found: Vec<_> = index.candidates_hashed(hash).collect();
                found.sort_unstable();
                prop_assert_eq!(&found, &model[&hash]);
                prop_assert_eq!(index.candidates_hashed(hash ^ 1 << 51).count(), 0);
            }
        }
    }

    #[test]
    fn a_hundred_thousand_ids_are_found_and_others_are_not() {
        let id = |number: u32| EventId::new(uuid::Uuid::from_u128(number.into()));
        let mut index = IdIndex::default();
        for number in 1..=100_000 {
            index.insert(id(number), Position::new(number.into()));
        }
        for number in 1..=100_000 {
            let found: Vec<_> = index.candidates(id(number)).collect();
            assert_eq!(found, [Position::new(number.into())]);
        }
        assert_eq!((100_001..200_000).map(|n| index.candidates(id(n)).count()).sum::<usize>(), 0);
        let slots: usize = index.shards.iter().map(|shard| shard.slots.len()).sum();
        assert!(slots < 100_000 * 2, "{slots} slots");
    }
}
