//! Rule sets as they come in: what a text extends is found in the ledger, and the whole is checked.
//!
//! Never resolves by anything but texts: what is found here is stored beside the text, so that the
//! entry says for ever what it said when it was published.

use std::sync::Arc;

use duty::Position;
use duty::entry::Entry;
use duty::evaluate::{Question, Scores};
use duty::id::EventId;
use duty::ruleset::{RuleSet, RuleSetError, Rung};
use projection::Snapshot;
use projection::trial::{self, Difference};
use rust_decimal::Decimal;
use sha2::{Digest as _, Sha256};
use tonic::Status;

use super::{Api, convert, page, status};
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

/// Organizations tried in one page.
const PAGE_DEFAULT: usize = 100;
const PAGE_MAX: usize = 1_000;

impl Api {
    /// Checks a text, and tries it on the journal when asked to.
    pub(super) async fn rule_set_check(
        &self,
        request: pb::CheckRuleSetRequest,
    ) -> Result<pb::CheckRuleSetResponse, Status> {
        let pb::CheckRuleSetRequest { toml, parent_tomls, selector, page_size, page_token } =
            request;
        let source = if parent_tomls.is_empty() {
            source(toml, &self.ledger.snapshot())
        } else {
            pb::RuleSetSource { toml, parent_tomls }
        };
        let mut answer = checked_aside(source.clone()).await?;
        let Some(selector) = selector.filter(|_| answer.valid) else { return Ok(answer) };
        let size = page::size(page_size, PAGE_DEFAULT, PAGE_MAX)?;
        let pb::TrialSelector { year, as_of_date, known_position } = selector;
        let asked = format!("{year} {as_of_date} {known_position}");
        let binding = page::binding(&["CheckRuleSet", &answer.digest, &asked]);
        let first = page::start(&page_token, binding, Position::ZERO)?;
        // Every page is that of the first, whatever is appended meanwhile.
        let known_position =
            if first.position == Position::ZERO { known_position } else { first.position.get() };
        let selector = pb::ViewSelector { year, as_of_date, known_position, ..Default::default() };
        let (snapshot, question) = self.question(selector).await?;
        let start = page::Start { position: question.known, offset: first.offset };
        // Thousands of organizations take long enough to hold other calls up.
        let trial = move || tried(&source, &snapshot, question, (start.offset, size));
        let found = tokio::task::spawn_blocking(trial).await;
        let found = found.map_err(|_| status::internal("a trial was cut short"))?;
        let (differences, total) =
            found.ok_or_else(|| status::internal("a valid rule set did not resolve"))?;
        let end = total.min(start.offset.saturating_add(size));
        let count = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
        answer.trial = Some(pb::RuleSetTrial {
            year,
            as_of_date: question.as_of.to_string(),
            known_position: question.known.get(),
            differences: differences.iter().map(difference).collect(),
            tried: count(end.saturating_sub(start.offset)),
            total_size: count(total),
            next_page_token: page::next(start, end, total, binding),
        });
        Ok(answer)
    }
}

/// One page of the trial; `None` when the text does not resolve.
fn tried(
    source: &pb::RuleSetSource,
    snapshot: &Snapshot,
    question: Question,
    page: (usize, usize),
) -> Option<(Vec<Difference>, usize)> {
    let parents: Vec<&str> = source.parent_tomls.iter().map(String::as_str).collect();
    let (draft, _) = RuleSet::resolve(&source.toml, &parents).ok()?;
    let after = trial::with_draft(snapshot, draft, question.known);
    Some(trial::differences(snapshot, &after, question, page))
}

fn difference(difference: &Difference) -> pb::RuleSetDifference {
    let digest = |rules: &Option<Arc<RuleSet>>| {
        rules.as_ref().map_or_else(String::new, |rules| rules.digest.to_string())
    };
    let points = |scores: &Option<Scores>, rung: Rung| {
        let score = scores.as_ref().and_then(|scores| scores.at(rung).score);
        score.map_or_else(String::new, |score| format!("{score:.2}"))
    };
    let status = |state: Option<(duty::evaluate::Status, Decimal)>| {
        state.map_or_else(String::new, |(status, _)| status.as_str().to_owned())
    };
    let weight = |state: Option<(duty::evaluate::Status, Decimal)>| {
        state.map_or_else(String::new, |(_, weight)| weight.normalize().to_string())
    };
    let scores = Rung::ALL.iter().map(|rung| pb::RuleSetScoreChange {
        rung: rung.as_str().to_owned(),
        score_before: points(&difference.scores_before, *rung),
        score_after: points(&difference.scores_after, *rung),
    });
    let duties = difference.duties.iter().map(|duty| pb::RuleSetDutyChange {
        duty_id: duty.duty.to_string(),
        status_before: status(duty.before),
        status_after: status(duty.after),
        weight_before: weight(duty.before),
        weight_after: weight(duty.after),
    });
    pb::RuleSetDifference {
        organization_id: difference.organization.to_string(),
        digest_before: digest(&difference.rules_before),
        digest_after: digest(&difference.rules_after),
        scores: scores.collect(),
        duties: duties.collect(),
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
            trial: None,
        },
        Err(errors) => pb::CheckRuleSetResponse {
            valid: false,
            errors: errors.iter().map(message).collect(),
            advice: Vec::new(),
            digest: Sha256::digest(&source.toml).iter().map(|b| format!("{b:02x}")).collect(),
            trial: None,
        },
    }
}
