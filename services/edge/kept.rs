//! Answers kept for their further pages: what took long to compute is computed once.
//!
//! An answer is a pure function of the journal up to a position and a question. A [`Key`] holds
//! both, so a kept answer is the answer for ever: nothing here is ever stale, and to drop one costs
//! time only. Callers with one question wait for one computation. Nothing that may have to be
//! forgotten is kept: no name of a person is in any of these answers.
//!
//! Invariants: at most [`Limit::answers`] answers, by their own estimate of at most
//! [`Limit::bytes`] together; the one used longest ago goes first; one that alone is above the
//! limit is handed out and not kept.

use std::any::Any;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use duty::evaluate::Question;
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;

/// How much is kept.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// Answers.
    pub answers: usize,
    /// Bytes, by what answers say of themselves.
    pub bytes: usize,
}

impl Default for Limit {
    /// Two matrices of 1,000 organizations and what a few supervisors look at beside them.
    fn default() -> Self {
        Self { answers: 64, bytes: 128 << 20 }
    }
}

/// Something that can say how much memory it takes, roughly.
pub trait Weigh {
    /// Bytes on the heap, an estimate that errs upwards.
    fn bytes(&self) -> usize;
}

/// Whose answer it is: the call, the question made definite, and every other argument but the page.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key([u8; 32]);

impl Key {
    /// The key of a question to `call`; `rest` is what else the answer depends on.
    #[must_use]
    pub fn new(call: &str, question: Question, rest: &[&str]) -> Self {
        let Question { year, as_of, known } = question;
        let asked = format!("{year} {as_of} {known}");
        let mut hash = Sha256::new();
        for part in [call, asked.as_str()].iter().chain(rest) {
            // Lengths keep "ab"+"c" apart from "a"+"bc".
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part.as_bytes());
        }
        Self(hash.finalize().into())
    }
}

type Value = Arc<dyn Any + Send + Sync>;

/// One question: answered, or being answered.
struct Slot {
    answer: Arc<OnceCell<Value>>,
    /// The turn it was last asked in.
    used: u64,
    /// What it takes; 0 while it is computed.
    bytes: usize,
}

#[derive(Default)]
struct Shelf {
    slots: BTreeMap<Key, Slot>,
    turn: u64,
    bytes: usize,
}

impl Shelf {
    fn remove(&mut self, key: &Key) {
        if let Some(slot) = self.slots.remove(key) {
            self.bytes -= slot.bytes;
        }
    }

    fn shrink(&mut self, limit: Limit) {
        while limit.answers < self.slots.len() || limit.bytes < self.bytes {
            let oldest = self.slots.iter().min_by_key(|(_, slot)| slot.used);
            let Some(key) = oldest.map(|(key, _)| key.clone()) else { return };
            self.remove(&key);
        }
    }
}

/// What was kept and found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// Questions answered from what was kept, or by waiting for somebody's computation.
    pub hits: u64,
    /// Questions computed.
    pub misses: u64,
    /// Answers kept now, those being computed included.
    pub answers: usize,
    /// What they take, by their own estimate.
    pub bytes: usize,
}

/// The answers kept.
#[derive(Default)]
pub struct Kept {
    limit: Limit,
    shelf: Mutex<Shelf>,
    hits: AtomicU64,
    misses: AtomicU64,
}

impl Kept {
    /// Keeps nothing yet, and never more than `limit`.
    #[must_use]
    pub fn new(limit: Limit) -> Self {
        Self { limit, ..Self::default() }
    }

    /// How well it does.
    #[must_use]
    pub fn told(&self) -> Told {
        let shelf = self.shelf.lock();
        Told {
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            answers: shelf.slots.len(),
            bytes: shelf.bytes,
        }
    }

    /// The answer to a question: the one kept, or what `compute` makes of it. A computation that
    /// fails or is given up is made again by the next who asks.
    ///
    /// # Errors
    /// Those of `compute`, and `mixed_up` for two kinds of answer under one key, which no caller
    /// makes.
    pub async fn answer<T, E, F>(
        &self,
        key: Key,
        compute: impl FnOnce() -> F,
        mixed_up: impl FnOnce() -> E,
    ) -> Result<Arc<T>, E>
    where
        T: Weigh + Send + Sync + 'static,
        F: Future<Output = Result<T, E>>,
    {
        let cell = self.look(&key);
        let mut weight = None;
        let computed = cell.get_or_try_init(async || {
            self.misses.fetch_add(1, Ordering::Relaxed);
            let answer = compute().await?;
            weight = Some(answer.bytes());
            Ok(Arc::new(answer) as Value)
        });
        let answer = computed.await.cloned();
        match (&answer, weight) {
            (Ok(_), Some(bytes)) => self.settle(&key, &cell, bytes),
            (Ok(_), None) => {
                self.hits.fetch_add(1, Ordering::Relaxed);
            }
            (Err(_), _) => self.give_up(&key, &cell),
        }
        answer?.downcast().map_err(|_| mixed_up())
    }

    /// The place of a question, made if there is none.
    fn look(&self, key: &Key) -> Arc<OnceCell<Value>> {
        let mut shelf = self.shelf.lock();
        shelf.turn += 1;
        let turn = shelf.turn;
        let new = || Slot { answer: Arc::default(), used: turn, bytes: 0 };
        let slot = shelf.slots.entry(key.clone()).or_insert_with(new);
        slot.used = turn;
        let answer = Arc::clone(&slot.answer);
        shelf.shrink(self.limit);
        answer
    }

    /// Counts an answer that was just computed, if its place is still there.
    fn settle(&self, key: &Key, cell: &Arc<OnceCell<Value>>, bytes: usize) {
        let mut shelf = self.shelf.lock();
        let slot = shelf.slots.get_mut(key).filter(|slot| Arc::ptr_eq(&slot.answer, cell));
        let Some(slot) = slot else { return };
        slot.bytes = bytes;
        shelf.bytes += bytes;
        if self.limit.bytes < bytes {
            // Nothing else has to go for what cannot stay.
            shelf.remove(key);
        }
        shelf.shrink(self.limit);
    }

    /// Clears the place of a computation that failed, unless somebody else has made it since.
    fn give_up(&self, key: &Key, cell: &Arc<OnceCell<Value>>) {
        let mut shelf = self.shelf.lock();
        let slot = shelf.slots.get(key).filter(|slot| Arc::ptr_eq(&slot.answer, cell));
        if slot.is_some_and(|slot| !slot.answer.initialized()) {
            shelf.remove(key);
        }
    }
}

#[cfg(test)]
mod tests;
