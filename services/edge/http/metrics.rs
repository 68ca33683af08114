//! `/metrics` on the admin port, in the text format of Prometheus.
//!
//! A handful of gauges and counters read where they stand; no registry, nothing is counted twice.

use std::fmt::Write as _;

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::sync::watch;

use crate::ledger::Ledger;

/// The page, empty until there is a ledger.
pub(crate) fn router(ledger: watch::Receiver<Option<Ledger>>) -> Router {
    Router::new().route("/metrics", get(page)).with_state(ledger)
}

async fn page(State(ledger): State<watch::Receiver<Option<Ledger>>>) -> impl IntoResponse {
    let text = ledger.borrow().as_ref().map_or_else(String::new, text);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text)
}

fn text(ledger: &Ledger) -> String {
    let log = ledger.log();
    let progress = log.progress();
    let signed = log.signed().map_or(0, |signed| signed.checkpoint.size());
    let mut out = String::new();
    let gauge = |out: &mut String, name: &str, help: &str, value: &dyn std::fmt::Display| {
        family(out, name, "gauge", help);
        // Writing to a string cannot fail.
        let _ = writeln!(out, "duty_ledger_{name} {value}");
    };
    let sequenced = ledger.head().get();
    gauge(&mut out, "sequenced_entries", "Entries that are on the disk.", &sequenced);
    let integrated = progress.integrated;
    gauge(&mut out, "integrated_entries", "Entries that are leaves of the tree.", &integrated);
    gauge(&mut out, "signed_entries", "Entries under the last signed checkpoint.", &signed);
    let published = progress.published;
    gauge(&mut out, "published_entries", "Entries under the published checkpoint.", &published);
    let lag = log.publish_lag_seconds();
    gauge(&mut out, "publish_lag_seconds", "How long entries wait to be published.", &lag);
    let met = u8::from(log.quorum_met());
    gauge(&mut out, "witness_quorum_met", "Whether the witness policy is met.", &met);
    let halted = u8::from(log.is_forked());
    gauge(&mut out, "signing_halted", "Whether signing has stopped for good.", &halted);
    let poisoned = u8::from(ledger.health().is_poisoned());
    gauge(&mut out, "journal_poisoned", "Whether a write failed and none is taken.", &poisoned);
    let unflushed = log.tree().unflushed();
    gauge(&mut out, "tree_unflushed_hashes", "Hashes of the tree only in memory.", &unflushed);
    let kept = ledger.kept().told();
    gauge(&mut out, "kept_answers", "Answers kept for their further pages.", &kept.answers);
    gauge(&mut out, "kept_answers_bytes", "What they take, by an estimate.", &kept.bytes);
    for (name, help, value) in [
        ("kept_answer_hits_total", "Questions answered from what was kept.", kept.hits),
        ("kept_answer_misses_total", "Questions computed.", kept.misses),
    ] {
        family(&mut out, name, "counter", help);
        let _ = writeln!(out, "duty_ledger_{name} {value}");
    }
    let name = "storage_full_refusals_total";
    family(&mut out, name, "counter", "Calls refused because the disk is full.");
    let _ = writeln!(out, "duty_ledger_{name} {}", ledger.health().storage_full_refusals());
    let name = "witness_failures_total";
    family(&mut out, name, "counter", "How often a witness failed to cosign.");
    for (witness, failures) in log.witness_failures() {
        let witness = witness.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let _ = writeln!(out, "duty_ledger_{name}{{witness=\"{witness}\"}} {failures}");
    }
    out
}

fn family(out: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(out, "# HELP duty_ledger_{name} {help}\n# TYPE duty_ledger_{name} {kind}");
}
