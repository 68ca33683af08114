//! The edge of the Duty Ledger: gRPC, command line, configuration, operation.
//!
//! The only crate that knows protobuf, tokio or tonic. It wires the pure crates to the journal:
//! calls come in through [`grpc`], are decided and written by the one writer (`committer`), folded
//! into the published state, and answered from it. Data flows one way.

pub mod app;
mod changes;
pub mod cli;
pub mod clock;
pub mod codec;
mod committer;
pub mod config;
mod cores;
mod days;
mod earlier;
pub mod generate;
pub mod grpc;
pub mod http;
pub mod kept;
pub mod ledger;
pub mod log;
pub mod opening;
pub mod ops;
pub mod persons;
pub mod replay;
pub mod report;
pub mod snapshots;
pub mod storage;
pub mod tree;
mod wire;
pub mod workbook;

/// The generated protobuf types and services of `proto/dutyledger/v1`.
#[allow(missing_docs, unreachable_pub, clippy::all, reason = "generated; documented in proto/")]
pub mod pb {
    tonic::include_proto!("dutyledger.v1");

    /// The compiled descriptors of the package, for reflection and canonical JSON.
    pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
}

/// A name never gets into a log by way of a `{:?}`.
impl std::fmt::Debug for pb::PersonalText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PersonalText(hidden)")
    }
}

/// An error with everything that caused it, for the log. `Display` of an error never prints its
/// source; this does, once, where the error is handled.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
