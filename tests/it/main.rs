//! The integration tests of the Duty Ledger: one crate, one file a feature, all through the edge.

mod append;
mod support;
