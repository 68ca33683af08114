//! t
pub mod pb { #![allow(missing_docs, clippy::all)] tonic::include_proto!("dutyledger.v1"); }
