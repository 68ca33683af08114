//! The fold: from the journal to the state, and from the state to the views.
//!
//! `state = fold(journal[..=position])` and nothing else. Pure: no clock, no I/O, nothing spawned;
//! a cursor over entries goes in, values come out. Every view names the entries it rests on, the
//! rule set and its digest, the day whose deadlines count and the last entry known, and gives the
//! same answer for the same question for ever.
//!
//! Reading order: [`state`] is the fold, over [`ids`], places, and a stream for each organization;
//! [`snapshot`] is what readers hold while the writer goes on; [`saved`] what is kept in a file so
//! that opening need not fold everything; [`view`] answers for one organization or leader;
//! [`matrix`] for many, [`supervision`] for supervisors; [`explain`] says why; [`changes`] what an
//! entry changed.

pub mod answered_for;
pub mod changes;
mod chunk;
pub mod explain;
pub mod filter;
pub mod ids;
pub mod matrix;
pub mod notice;
mod pack;
mod places;
mod recalled;
pub mod rectify;
mod remembered;
pub mod saved;
pub mod snapshot;
pub mod spread;
pub mod state;
mod stream;
pub mod supervision;
pub mod trial;
mod usual;
pub mod view;
mod wire;
mod words;

pub use snapshot::Snapshot;
pub use state::State;

#[cfg(test)]
mod tests;
