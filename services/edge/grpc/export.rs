//! `EvaluationService.ExportScoreSheets`: every sheet in scope, in one order, to a stated end.
//!
//! All sheets reflect one position and one day, however long the export takes and however often it
//! is resumed: the token carries both. A stream ends with its end message or with an error.

use duty::evaluate::Question;
use duty::id::OrganizationId;
use duty::{Position, Problem, Reason};
use jiff::civil::Date;
use projection::Snapshot;
use projection::view::{self, NoView};
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;
use tonic::Status;

use super::convert::registry;
use super::{Api, page, status};
use crate::ledger::SubmitError;
use crate::pb;

/// One export under way.
pub(super) struct Export {
    api: Api,
    snapshot: Snapshot,
    question: Question,
    binding: [u8; 8],
    /// In the order of their ids.
    organizations: Vec<OrganizationId>,
    /// How many of them were sent before.
    sent: usize,
}

/// Where an export goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Token {
    known: Position,
    as_of: Date,
    sent: usize,
    binding: [u8; 8],
}

impl Token {
    fn text(self) -> String {
        let Self { known, as_of, sent, binding } = self;
        let (year, month, day) = (as_of.year(), as_of.month(), as_of.day());
        let binding = u64::from_be_bytes(binding);
        format!("x1.{:x}.{year}.{month}.{day}.{sent:x}.{binding:016x}", known.get())
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let hex = |part: &str| u64::from_str_radix(part, 16).ok();
        if parts.next() != Some("x1") {
            return None;
        }
        let known = Position::new(hex(parts.next()?)?);
        let year = parts.next()?.parse().ok()?;
        let as_of = Date::new(year, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let sent = usize::try_from(hex(parts.next()?)?).ok()?;
        let binding = hex(parts.next()?)?.to_be_bytes();
        let token = Self { known, as_of: as_of.ok()?, sent, binding };
        // Only what was written here is read.
        (token.text() == text).then_some(token)
    }
}

fn token_invalid() -> Status {
    status::invalid(vec![Problem::new(
        Reason::PageTokenInvalid,
        "resume_token",
        "续传标记不属于本次导出：请保持其他参数不变，或从头导出",
        "the token is not of this export: keep every other argument, or start over",
    )])
}

impl Export {
    /// Makes the question definite and lists who is in scope.
    pub(super) async fn new(
        api: Api,
        request: pb::ExportScoreSheetsRequest,
    ) -> Result<Self, Status> {
        let pb::ExportScoreSheetsRequest {
            selector,
            within_organization_id: within,
            organization_class: class,
            resume_token,
        } = request;
        let mut selector = selector.unwrap_or_default();
        let asked = format!("{selector:?}");
        let binding = page::binding(&["export", &asked, &within, &class.to_string()]);
        let mut sent = 0;
        if !resume_token.is_empty() {
            let token = Token::parse(&resume_token).filter(|token| token.binding == binding);
            let token = token.ok_or_else(token_invalid)?;
            (selector.known_position, selector.known_time) = (token.known.get(), None);
            selector.as_of_date = token.as_of.to_string();
            sent = token.sent;
        }
        let (snapshot, question) = api.question(selector).await?;
        let registry = snapshot.registry();
        let top = (!within.is_empty())
            .then(|| {
                let top = OrganizationId::parse(&within);
                let known =
                    |top: &OrganizationId| registry.organization(top, question.known).is_some();
                top.filter(known)
                    .ok_or_else(|| status::not_found("within_organization_id", "单位", &within))
            })
            .transpose()?;
        let in_scope = |organization: &&duty::registry::Organization| {
            let inside = top.as_ref().is_none_or(|top| {
                registry.is_supervised_on(&organization.id, top, question.as_of, question.known)
            });
            inside && (class == 0 || registry::organization_message(organization).class == class)
        };
        let organizations: Vec<OrganizationId> = registry
            .organizations(question.known)
            .filter(in_scope)
            .map(|of| of.id.clone())
            .collect();
        if organizations.len() < sent {
            return Err(token_invalid());
        }
        Ok(Self { api, snapshot, question, binding, organizations, sent })
    }

    /// Sends every sheet from where it goes on, then the end.
    pub(super) async fn run(
        self,
        answers: mpsc::Sender<Result<pb::ExportScoreSheetsResponse, Status>>,
    ) {
        let total_size = u32::try_from(self.organizations.len()).unwrap_or(u32::MAX);
        let mut end = pb::ExportEnd::default();
        let mut hash = Sha256::new();
        let stopping = self.api.stopping.clone();
        for (number, organization) in (1u32..).zip(&self.organizations) {
            // What was sent before is computed again, for the digest of the whole.
            let was_sent = (number as usize) <= self.sent;
            let sheet = match self.sheet(organization).await {
                Ok(Some(sheet)) => sheet,
                Ok(None) => {
                    end.organizations_without_rules.push(organization.to_string());
                    continue;
                }
                Err(error) => {
                    let _ = answers.send(Err(error)).await;
                    return;
                }
            };
            end.sheet_count += 1;
            hash.update(sheet.digest.as_bytes());
            hash.update(b"\n");
            if was_sent {
                continue;
            }
            if *stopping.borrow() {
                let _ = answers.send(Err(status::submit(SubmitError::Stopping))).await;
                return;
            }
            let token = Token {
                known: self.question.known,
                as_of: self.question.as_of,
                sent: number as usize,
                binding: self.binding,
            };
            let message = pb::ExportScoreSheetsResponse {
                sheet: Some(sheet),
                resume_token: token.text(),
                number,
                total_size,
                end: None,
            };
            if answers.send(Ok(message)).await.is_err() {
                return;
            }
        }
        end.digest = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let message = pb::ExportScoreSheetsResponse {
            number: total_size,
            total_size,
            end: Some(end),
            ..Default::default()
        };
        let _ = answers.send(Ok(message)).await;
    }

    /// The sheet of an organization; none where no rule set is valid for it.
    async fn sheet(
        &self,
        organization: &OrganizationId,
    ) -> Result<Option<pb::GetScoreSheetResponse>, Status> {
        let Self { api, snapshot, question, .. } = self;
        let without = view::organization(snapshot, organization, *question).err();
        if let Some(NoView::NoRuleSet { .. }) = without {
            return Ok(None);
        }
        api.sheet_of(snapshot, organization, *question).await.map(Some)
    }
}

#[cfg(test)]
mod tests {
    use duty::Position;
    use jiff::civil::date;

    use super::Token;

    #[test]
    fn a_token_is_read_as_it_was_written_and_nothing_else_is() {
        let known = Position::new(77);
        let token = Token { known, as_of: date(2023, 1, 31), sent: 12, binding: [9; 8] };
        let text = token.text();
        assert_eq!(Token::parse(&text), Some(token));
        for broken in ["", "x1", "x1.4d.2023.2.31.c.0909090909090909", &format!("{text}.0")] {
            assert_eq!(Token::parse(broken), None, "{broken}");
        }
    }
}
