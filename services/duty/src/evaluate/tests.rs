//! What the evaluation says of small histories, written as they would be told.
//!
//! [`check`] takes rules (the keys of `[[duty]]` tables), a history of numbered lines (position,
//! day recorded, what was recorded) and a question, and compares the answer with the text expected.
//! [`world`] reads that language, [`show`] writes the answer; the laws that hold for every history
//! are in [`laws`].

mod changes;
mod counting;
mod dates;
mod exemptions;
mod items;
mod known;
mod laws;
mod organizations;
mod persons;
mod reviews;
mod scoring;
mod show;
mod sums;
mod taken_over;
mod tenures;
mod versions;
mod watch;
mod world;

use expect_test::Expect;

/// Asks a history a question. See [`world::Ledger::told`] and [`show::answer`] for the words.
#[track_caller]
fn check(rules: &str, history: &str, question: &str, expected: Expect) {
    let ledger = world::Ledger::told(rules, history);
    expected.assert_eq(&show::answer(&ledger, question));
}
