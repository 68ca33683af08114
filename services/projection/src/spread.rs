//! Much alike to be done: one piece after another, or several at once.
//!
//! Views of many organizations take as long as all of them together on one core. Nothing is spawned
//! here: whoever has threads brings them, as a [`Spread`]. The answers are the same and in the same
//! order whoever does the work.

/// Whoever does many alike pieces of work.
pub trait Spread {
    /// What `work` makes of each item, in the order of the items.
    fn each<T: Sync, R: Send>(&self, items: &[T], work: &(impl Fn(&T) -> R + Sync)) -> Vec<R>;
}

/// One piece after another, by the caller.
#[derive(Debug, Clone, Copy)]
pub struct InTurn;

impl Spread for InTurn {
    fn each<T: Sync, R: Send>(&self, items: &[T], work: &(impl Fn(&T) -> R + Sync)) -> Vec<R> {
        items.iter().map(work).collect()
    }
}
