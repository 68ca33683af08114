//! The integration tests of the Duty Ledger: one crate, one file a feature, all through the edge.

mod append;
mod bench;
mod cli;
mod corrections;
mod crash;
mod faults;
mod golden;
mod ledger;
mod persons;
mod python;
mod reflection;
mod refusals;
mod restart;
mod simulation;
mod snapshots;
mod support;
mod tidy;
mod watch;
