//! The integration tests of the Duty Ledger: one crate, one file a feature, all through the edge.

mod append;
mod bench;
mod cli;
mod corrections;
mod crash;
mod damage;
mod faults;
mod golden;
mod groups;
mod ledger;
mod ops;
mod organizations;
mod persons;
mod powercut;
mod python;
mod reflection;
mod refusals;
mod restart;
mod simulation;
mod snapshots;
mod storage;
mod support;
mod tenures;
mod tidy;
mod watch;
