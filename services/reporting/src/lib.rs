//! What the ledger reads and writes as reports (法治政府建设年度报告): the figures of a printed
//! report held against the entries, figure by figure, and the draft of a report from entries alone.
//!
//! Pure: no I/O, no clock, no randomness. It judges nothing: states, credits and rungs come from
//! [`duty::evaluate`]; sums of acts from [`duty::evaluate::acts`]. What the entries do not say is
//! said to be missing, never filled in.

pub mod check;
pub mod draft;
pub mod figures;
mod numeral;
mod recorded;
pub mod supervised;
mod words;

pub use recorded::Recorded;
