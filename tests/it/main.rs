//! The integration tests of the Duty Ledger: one crate, one file a feature, all through the edge.

mod append;
mod bench;
mod cli;
mod corrections;
mod crash;
mod damage;
mod exemptions;
mod faults;
mod golden;
mod ledger;
mod ops;
mod persons;
mod powercut;
mod python;
mod rectifications;
mod reflection;
mod refusals;
mod restart;
mod reviews;
mod simulation;
mod snapshots;
mod storage;
mod support;
mod tidy;
mod watch;
