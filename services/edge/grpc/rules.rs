//! Rule sets as they come in: what a text extends is found in the ledger, and the whole is checked.
//!
//! Never resolves by anything but texts: what is found here is stored beside the text, so that the
//! entry says for ever what it said when it was published.

use std::sync::Arc;

use duty::Position;
use duty::entry::Entry;
use duty::id::EventId;
use duty::ruleset::{RuleSet, RuleSetError};
use projection::Snapshot;
use sha2::{Digest as _, Sha256};
use tonic::Status;

use super::{Api, convert, status};
use crate::pb;

/// A text with those of the rule sets it extends, as published now. One that is not published is
/// left out; the check says so.
pub(super) fn source(toml: String, snapshot: &Snapshot) -> pb::RuleSetSource {
    let parent = RuleSet::extended_by(&toml).and_then(|id| {
        let published = snapshot.rule_sets(Position::MAX);
        let found = published.into_iter().find(|(_, rules)| rules.id == id);
        found.map(|(_, rules)| Arc::clone(rules))
    });
    let parent_tomls = parent.map(|rules| {
        let further = rules.parents.iter().map(|parent| parent.text.to_string());
        std::iter::once(rules.text.to_string()).chain(further).collect()
    });
    pb::RuleSetSource { toml, parent_tomls: parent_tomls.unwrap_or_default() }
}

impl Api {
    /// The same for a publication. A repeated one stands on what the first stood on, so that it is
    /// answered by the first receipt whatever was published since.
    pub(super) async fn rule_set_source(
        &self,
        toml: String,
        event_id: &str,
    ) -> Result<pb::RuleSetSource, Status> {
        if RuleSet::extended_by(&toml).is_some()
            && let Ok(id) = event_id.parse()
        {
            let earlier = self.ledger.find(EventId::new(id)).await;
            let earlier = earlier.map_err(|error| status::read(&error))?;
            if let Some((_, recorded)) = earlier
                && let Entry::RuleSet(rules) = recorded.entry
                && *rules.text == *toml
            {
                let parents = rules.parents.iter().map(|parent| parent.text.to_string());
                return Ok(pb::RuleSetSource { toml, parent_tomls: parents.collect() });
            }
        }
        Ok(source(toml, &self.ledger.snapshot()))
    }
}

/// [`checked`] off the threads that answer calls: conditions take a while to compile.
pub(super) async fn checked_aside(
    source: pb::RuleSetSource,
) -> Result<pb::CheckRuleSetResponse, Status> {
    let check = tokio::task::spawn_blocking(move || checked(&source));
    check.await.map_err(|_| status::internal("a check was cut short"))
}

/// What a check of a rule set finds.
pub(crate) fn checked(source: &pb::RuleSetSource) -> pb::CheckRuleSetResponse {
    let message = |error: &RuleSetError| pb::RuleSetFinding {
        line: error.line,
        column: error.column,
        finding: Some(convert::finding(&error.problem)),
    };
    let parents: Vec<&str> = source.parent_tomls.iter().map(String::as_str).collect();
    match RuleSet::resolve(&source.toml, &parents) {
        Ok((rules, advice)) => pb::CheckRuleSetResponse {
            valid: true,
            errors: Vec::new(),
            advice: advice.iter().map(message).collect(),
            digest: rules.digest.to_string(),
        },
        Err(errors) => pb::CheckRuleSetResponse {
            valid: false,
            errors: errors.iter().map(message).collect(),
            advice: Vec::new(),
            digest: Sha256::digest(&source.toml).iter().map(|b| format!("{b:02x}")).collect(),
        },
    }
}
