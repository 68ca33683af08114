//! The fold: from the journal to the state, and from the state to the views.
//!
//! `state = fold(journal[..=position])` and nothing else. Pure: no clock, no I/O, nothing spawned;
//! a cursor over entries goes in, values come out. Every view names the entries it rests on, the
//! rule set and its digest, the day whose deadlines count and the last entry known, and gives the
//! same answer for the same question for ever.
//!
//! Reading order: [`state`] is the fold; [`snapshot`] is what readers hold while the writer goes
//! on; [`view`] answers for one organization or leader; [`matrix`] for many; [`explain`] says why.

pub mod explain;
pub mod filter;
pub mod matrix;
pub mod snapshot;
pub mod state;
pub mod view;

pub use snapshot::Snapshot;
pub use state::State;

#[cfg(test)]
mod tests;
