//! `LedgerService`: checkpoints, receipts, proofs, cosignatures.

use std::time::Duration;

use duty::{Position, Problem, Problems, Reason};
use merkle::NoteSignature;
use merkle::receipt::Receipt;
use tonic::{Code, Request, Response, Status};

use super::convert::scalar;
use super::{Api, event_id, refuse_if_any, status};
use crate::log::{CosignatureError, Published};
use crate::pb;
use crate::pb::ledger_service_server::LedgerService;
use crate::tree::TreeError;

/// Longest wait for an entry to be published.
const WAIT_MAX: Duration = Duration::from_secs(60);
/// When to ask again for what is not published yet: about one interval of checkpoints.
const RETRY_AFTER: Duration = Duration::from_secs(1);

#[tonic::async_trait]
impl LedgerService for Api {
    async fn get_checkpoint(
        &self,
        request: Request<pb::GetCheckpointRequest>,
    ) -> Result<Response<pb::GetCheckpointResponse>, Status> {
        let log = self.ledger.log();
        let published = log.published();
        let signed = request.into_inner().signed.then(|| log.signed()).flatten();
        let (checkpoint, note) = match (signed, &published) {
            (Some(signed), _) => (signed.checkpoint, signed.note),
            (None, Some(published)) => (published.checkpoint.clone(), published.note.clone()),
            (None, None) => return Err(not_published("检查点", "a checkpoint")),
        };
        let published = published.filter(|published| published.checkpoint == checkpoint);
        Ok(Response::new(pb::GetCheckpointResponse {
            note: note.to_string(),
            origin: checkpoint.origin().to_owned(),
            tree_size: checkpoint.size(),
            root_hash: checkpoint.root().to_string(),
            quorum_met: published.as_ref().is_some_and(|published| published.quorum_met),
            published_time: published.map(|published| scalar::timestamp(published.at)),
        }))
    }

    async fn get_ledger_status(
        &self,
        _: Request<pb::GetLedgerStatusRequest>,
    ) -> Result<Response<pb::GetLedgerStatusResponse>, Status> {
        let log = self.ledger.log();
        let progress = log.progress();
        let witness = |(name, failures)| pb::WitnessStatus { name, failures };
        Ok(Response::new(pb::GetLedgerStatusResponse {
            origin: log.origin().to_owned(),
            sequenced_size: self.ledger.head().get(),
            integrated_size: progress.integrated,
            signed_size: log.signed().map_or(0, |signed| signed.checkpoint.size()),
            published_size: progress.published,
            published_time: log.published().map(|published| scalar::timestamp(published.at)),
            quorum_met: log.quorum_met(),
            signing_halted: log.is_forked(),
            witnesses: log.witness_failures().into_iter().map(witness).collect(),
            verifier_keys: log.keys().verifiers().iter().map(ToString::to_string).collect(),
        }))
    }

    async fn get_receipt(
        &self,
        request: Request<pb::GetReceiptRequest>,
    ) -> Result<Response<pb::GetReceiptResponse>, Status> {
        let request = request.into_inner();
        let mut problems = Problems::new();
        let wait = request.wait.map_or(Some(Duration::ZERO), |wait| wait.try_into().ok());
        if wait.is_none_or(|wait| WAIT_MAX < wait) {
            problems.add(
                Reason::FieldOutOfRange,
                "wait",
                "等待时间应在 0 与 60 秒之间",
                "is a duration from 0 to 60 seconds",
            );
        }
        let entry = request.entry;
        let id = match &entry {
            Some(pb::get_receipt_request::Entry::EventId(text)) => {
                event_id(text, "event_id", &mut problems)
            }
            Some(pb::get_receipt_request::Entry::Position(_)) => None,
            None => {
                let (zh, en) = ("请填 event_id 或 position", "give event_id or position");
                problems.add(Reason::FieldRequired, "event_id", zh, en);
                None
            }
        };
        refuse_if_any(problems)?;
        let position = match (entry, id) {
            (Some(pb::get_receipt_request::Entry::Position(position)), _) => {
                self.known_entry(position, "position")?
            }
            (_, Some(id)) => {
                let found = self.ledger.find(id).await.map_err(|error| status::read(&error))?;
                let (stored, _) =
                    found.ok_or_else(|| status::not_found("event_id", "事件", &id))?;
                stored.position
            }
            _ => return Err(status::internal("an id without fault did not convert")),
        };
        let published = self.published_with(position.get(), wait.unwrap_or_default()).await?;
        let stored = self.ledger.read_one(position).await.map_err(|error| status::read(&error))?;
        let stored = stored.ok_or_else(|| status::internal("a known position has no entry"))?;
        let (index, size) = (position.get() - 1, published.checkpoint.size());
        let proof = self.prove(move |tree| tree.inclusion_proof(index, size)).await?;
        let receipt = Receipt::new(index, proof, published.note.clone(), None)
            .map_err(|_| status::internal("a published note is no checkpoint"))?;
        Ok(Response::new(pb::GetReceiptResponse {
            receipt: receipt.to_string(),
            stored: stored.bytes,
            position: position.get(),
            stage: pb::EntryStage::Published.into(),
        }))
    }

    async fn get_inclusion_proof(
        &self,
        request: Request<pb::GetInclusionProofRequest>,
    ) -> Result<Response<pb::GetInclusionProofResponse>, Status> {
        let request = request.into_inner();
        let position = self.known_entry(request.position, "position")?.get();
        let size = self.published_size(request.tree_size, "tree_size")?;
        if size < position {
            if request.tree_size == 0 {
                return Err(not_published("该条目", "the entry"));
            }
            return Err(out_of_range("tree_size", "小于条目的序号", "is less than the position"));
        }
        let (leaf, proof, root) = self
            .prove(move |tree| {
                let index = position - 1;
                Ok((tree.leaf(index)?, tree.inclusion_proof(index, size)?, tree.root(size)?))
            })
            .await?;
        Ok(Response::new(pb::GetInclusionProofResponse {
            position,
            tree_size: size,
            leaf_hash: leaf.0.to_vec(),
            proof: proof.iter().map(|hash| hash.0.to_vec()).collect(),
            root_hash: root.0.to_vec(),
        }))
    }

    async fn get_consistency_proof(
        &self,
        request: Request<pb::GetConsistencyProofRequest>,
    ) -> Result<Response<pb::GetConsistencyProofResponse>, Status> {
        let request = request.into_inner();
        let second = self.published_size(request.second_tree_size, "second_tree_size")?;
        let first = request.first_tree_size;
        if first == 0 || second < first {
            return Err(out_of_range(
                "first_tree_size",
                "应在 1 与 second_tree_size 之间",
                "lies between 1 and second_tree_size",
            ));
        }
        let (old, new, proof) = self
            .prove(move |tree| {
                let proof = tree.consistency_proof(first, second)?;
                Ok((tree.root(first)?, tree.root(second)?, proof))
            })
            .await?;
        Ok(Response::new(pb::GetConsistencyProofResponse {
            first_tree_size: first,
            second_tree_size: second,
            first_root_hash: old.0.to_vec(),
            second_root_hash: new.0.to_vec(),
            proof: proof.iter().map(|hash| hash.0.to_vec()).collect(),
        }))
    }

    async fn add_cosignature(
        &self,
        request: Request<pb::AddCosignatureRequest>,
    ) -> Result<Response<pb::AddCosignatureResponse>, Status> {
        let request = request.into_inner();
        let line = NoteSignature::parse(request.cosignature.trim_end_matches('\n'));
        let line = line.ok_or_else(|| {
            refused_cosignature(
                Code::InvalidArgument,
                "cosignature",
                "不是签名行（— <名称> <base64>）",
                "is no signature line (— <name> <base64>)",
            )
        })?;
        let quorum_met = self.ledger.log().add_cosignature(request.tree_size, line);
        let quorum_met = quorum_met.map_err(|error| match error {
            CosignatureError::NotTheLast { signed } => refused_cosignature(
                Code::FailedPrecondition,
                "tree_size",
                &format!("最近签署的检查点为 {signed} 条；请对它联署"),
                &format!("the last checkpoint signed has {signed} entries: cosign that one"),
            ),
            CosignatureError::Unknown => refused_cosignature(
                Code::PermissionDenied,
                "cosignature",
                "不是见证策略所列见证方的联署",
                "is not of a witness of the policy",
            ),
            CosignatureError::Invalid => refused_cosignature(
                Code::InvalidArgument,
                "cosignature",
                "对该检查点验证不通过",
                "does not verify over that checkpoint",
            ),
        })?;
        Ok(Response::new(pb::AddCosignatureResponse { quorum_met }))
    }
}

impl Api {
    /// What a view reflects, with the root over the entries known.
    pub(super) fn basis(
        &self,
        question: duty::evaluate::Question,
        rule_sets: Vec<pb::RuleSetSummary>,
    ) -> Result<pb::ViewBasis, Status> {
        let root = self.root(question.known)?;
        Ok(super::convert::view::basis(question, rule_sets, root))
    }

    /// The root of the tree up to a position, in hexadecimal digits.
    pub(super) fn root(&self, position: Position) -> Result<String, Status> {
        let root = self.ledger.log().tree().root(position.get());
        root.map(|root| root.to_string()).map_err(|error| unreadable(&error))
    }

    /// A position that an entry has.
    fn known_entry(&self, position: u64, field: &str) -> Result<Position, Status> {
        let head = self.ledger.head();
        let asked = Position::new(position);
        if asked == Position::ZERO || head < asked {
            return Err(status::problems(
                Code::OutOfRange,
                vec![Problem::new(
                    Reason::PositionNotReached,
                    field,
                    format!("台账现为第 {head} 条，没有第 {asked} 条"),
                    format!("the journal is at position {head}: there is no {asked}"),
                )],
            ));
        }
        Ok(asked)
    }

    /// A published size: the one asked for, or that of the last checkpoint for 0.
    fn published_size(&self, asked: u64, field: &str) -> Result<u64, Status> {
        let Some(published) = self.ledger.log().published() else {
            return Err(not_published("检查点", "a checkpoint"));
        };
        let size = published.checkpoint.size();
        match asked {
            0 => Ok(size),
            asked if asked <= size => Ok(asked),
            asked if asked <= self.ledger.head().get() => Err(not_published("该树", "the tree")),
            _ => Err(out_of_range(field, "大于台账的条数", "is more than the ledger has entries")),
        }
    }

    /// The published checkpoint, once it covers a size.
    async fn published_with(
        &self,
        size: u64,
        wait: Duration,
    ) -> Result<std::sync::Arc<Published>, Status> {
        let mut published = self.ledger.log().watch_published();
        let covers = |published: &Option<std::sync::Arc<Published>>| {
            published.as_ref().is_some_and(|published| size <= published.checkpoint.size())
        };
        let mut stopping = self.stopping.clone();
        let waited = tokio::select! {
            waited = tokio::time::timeout(wait, published.wait_for(covers)) => waited,
            _ = stopping.wait_for(|stopping| *stopping) => {
                return Err(status::submit(crate::ledger::SubmitError::Stopping));
            }
        };
        let found = waited.ok().and_then(Result::ok).and_then(|published| published.clone());
        found.ok_or_else(|| not_published("该条目", "the entry"))
    }

    /// Reads proofs away from the threads that answer calls.
    async fn prove<T: Send + 'static>(
        &self,
        read: impl FnOnce(&crate::tree::TreeStore) -> Result<T, TreeError> + Send + 'static,
    ) -> Result<T, Status> {
        let log = self.ledger.log().clone();
        let read = tokio::task::spawn_blocking(move || read(log.tree())).await;
        let read = read.map_err(|_| status::internal("a proof was cut short"))?;
        read.map_err(|error| unreadable(&error))
    }
}

fn unreadable(error: &TreeError) -> Status {
    status::internal(&crate::chain(error))
}

fn not_published(zh: &str, en: &str) -> Status {
    status::retry(
        Code::FailedPrecondition,
        Reason::NotPublished,
        &format!(
            "{zh}尚未公布：已入账，等待下一个检查点（及见证方联署）；请稍后重试，或在请求中设 wait"
        ),
        &format!(
            "{en} is not published yet: it waits for the next checkpoint (and its witnesses); \
             try again, or set wait in the request"
        ),
        RETRY_AFTER,
    )
}

fn out_of_range(field: &str, zh: &str, en: &str) -> Status {
    let problem = Problem::new(Reason::FieldOutOfRange, field, zh.to_owned(), en.to_owned());
    status::problems(Code::OutOfRange, vec![problem])
}

fn refused_cosignature(code: Code, field: &str, zh: &str, en: &str) -> Status {
    let (zh, en) = (zh.to_owned(), en.to_owned());
    status::problems(code, vec![Problem::new(Reason::CosignatureInvalid, field, zh, en)])
}
