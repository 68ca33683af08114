//! An ordered map whose copies share what neither has changed.
//!
//! The registry is copied with every commit that registers something: the writer decides ahead of
//! the state, and readers keep the state they began with. A copy of a `BTreeMap` is a copy of
//! everything, which made registering 100,000 organizations quadratic. Here a copy is a list of
//! leaves, and a change copies one leaf of at most [`LEAF_MOST`] entries.
//!
//! Invariants: keys ascend within a leaf and from leaf to leaf; no leaf is empty; a leaf's first
//! key is its bound, so that the leaf of a key is the last one whose bound is not above it.
//! Nothing is ever removed, as from the registry.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// So many entries make two leaves of one.
const LEAF_MOST: usize = if cfg!(test) { 4 } else { 128 };

/// The map.
#[derive(Debug, Clone)]
pub(crate) struct SharedMap<K, V> {
    leaves: Vec<(K, Arc<BTreeMap<K, V>>)>,
}

impl<K, V> Default for SharedMap<K, V> {
    fn default() -> Self {
        Self { leaves: Vec::new() }
    }
}

impl<K: Ord, V: PartialEq> PartialEq for SharedMap<K, V> {
    fn eq(&self, other: &Self) -> bool {
        // Where leaves begin depends on the order in which keys came.
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl<K: Ord, V: Eq> Eq for SharedMap<K, V> {}

impl<K: Ord, V> SharedMap<K, V> {
    /// The leaf a key is in, if it is there; the first one for a key before all others.
    fn leaf_of(&self, key: &K) -> usize {
        self.leaves.partition_point(|(bound, _)| bound <= key).saturating_sub(1)
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.leaves.get(self.leaf_of(key))?.1.get(key)
    }

    /// Keys and values, by key.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.leaves.iter().flat_map(|(_, leaf)| leaf.iter())
    }

    /// The keys, in order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }

    /// The values, by key.
    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.leaves.iter().map(|(_, leaf)| leaf.len()).sum()
    }
}

impl<K: Ord + Clone, V> SharedMap<K, V> {
    /// Keys and values from one key to another, by key.
    pub(crate) fn range(&self, keys: RangeInclusive<K>) -> impl Iterator<Item = (&K, &V)> {
        let last = keys.end().clone();
        let leaves = self.leaves.iter().skip(self.leaf_of(keys.start()));
        leaves
            .take_while(move |(bound, _)| *bound <= last)
            .flat_map(move |(_, leaf)| leaf.range(keys.clone()))
    }
}

impl<K: Ord + Clone, V: Clone> SharedMap<K, V> {
    /// The value of a key, to be changed.
    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let leaf = self.leaf_of(key);
        let (_, leaf) = self.leaves.get_mut(leaf)?;
        // Who only asks copies nothing.
        if leaf.contains_key(key) { Arc::make_mut(leaf).get_mut(key) } else { None }
    }

    /// The place of a key, there or not.
    pub(crate) fn entry(&mut self, key: K) -> Entry<'_, K, V> {
        if self.leaves.is_empty() {
            self.leaves.push((key.clone(), Arc::default()));
        }
        let mut at = self.leaf_of(&key);
        if LEAF_MOST <= self.leaves[at].1.len() && !self.leaves[at].1.contains_key(&key) {
            self.split(at, &key);
            at = self.leaf_of(&key);
        }
        let (bound, leaf) = &mut self.leaves[at];
        if key < *bound {
            *bound = key.clone();
        }
        Arc::make_mut(leaf).entry(key)
    }

    /// Makes two leaves of a full one, before a key comes into it.
    fn split(&mut self, at: usize, coming: &K) {
        let leaf = Arc::make_mut(&mut self.leaves[at].1);
        // Keys mostly come in order: a leaf that only grows at its end stays full.
        let is_last = leaf.last_key_value().is_some_and(|(last, _)| last < coming);
        if is_last {
            self.leaves.insert(at + 1, (coming.clone(), Arc::default()));
            return;
        }
        let Some(middle) = leaf.keys().nth(leaf.len() / 2).cloned() else { return };
        let upper = leaf.split_off(&middle);
        self.leaves.insert(at + 1, (middle, Arc::new(upper)));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_map_and_copies_stay_as_they_were(
            steps in prop::collection::vec((0u8..64, any::<u16>(), any::<bool>()), 0..200),
        ) {
            let (mut shared, mut plain) = (SharedMap::<u8, u16>::default(), BTreeMap::new());
            let mut copies = Vec::new();
            for (key, value, copied) in steps {
                if copied {
                    copies.push((shared.clone(), plain.clone()));
                }
                prop_assert_eq!(shared.get(&key), plain.get(&key));
                let range = key..=key.saturating_add(9);
                prop_assert!(shared.range(range.clone()).eq(plain.range(range)));
                if let Some(old) = shared.get_mut(&key) {
                    *old = old.wrapping_add(1);
                }
                plain.entry(key).and_modify(|old: &mut u16| *old = old.wrapping_add(1));
                *shared.entry(key).or_insert(0) ^= value;
                *plain.entry(key).or_insert(0) ^= value;
            }
            copies.push((shared, plain));
            for (shared, plain) in &copies {
                prop_assert!(shared.iter().eq(plain.iter()));
                prop_assert!(shared.keys().eq(plain.keys()) && shared.values().eq(plain.values()));
                prop_assert_eq!(shared.len(), plain.len());
                for key in 0..64 {
                    prop_assert_eq!(shared.get(&key), plain.get(&key));
                }
                prop_assert!(shared.leaves.iter().all(|(_, leaf)| !leaf.is_empty()));
                prop_assert!(shared.leaves.iter().all(|(_, leaf)| leaf.len() <= LEAF_MOST));
            }
        }

        #[test]
        fn maps_of_the_same_are_equal_whatever_the_order(
            keys in prop::collection::btree_set(any::<u8>(), 0..60),
            other in any::<u8>(),
        ) {
            let of = |keys: &mut dyn Iterator<Item = &u8>| {
                let mut map = SharedMap::<u8, u8>::default();
                keys.for_each(|key| *map.entry(*key).or_default() = *key);
                map
            };
            let (up, down) = (of(&mut keys.iter()), of(&mut keys.iter().rev()));
            prop_assert!(up == down);
            let mut more = down.clone();
            *more.entry(other).or_default() ^= 1;
            prop_assert!(more != up);
        }
    }
}
