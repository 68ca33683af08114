//! `AdminService`: status, check and backup of a running service, for operators on its machine.
//!
//! On the admin port, which is plaintext and without authentication: a backup is the whole ledger,
//! so only callers on the loopback address are answered. It is there before the journal is open.

use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use duty::Reason;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Response, Status};

use super::convert::scalar;
use super::status;
use crate::ledger::Ledger;
use crate::log::KeyFiles;
use crate::ops::verify::{self, Given, Live, Pace, Told};
use crate::ops::{Finding, live, machine};
use crate::pb;
use crate::pb::admin_service_server::AdminService;
use crate::persons::Kek;

/// MiB a second of a check when none are named: some hundred thousand entries, and far below what
/// a disk can read.
const RATE_MIB: u64 = 64;
/// Messages made ahead of a slow caller.
const AHEAD: usize = 8;

/// What is served once the journal is open.
#[derive(Clone)]
pub(crate) struct Served {
    pub(crate) ledger: Ledger,
    /// The ledger's id, 32 hex digits.
    pub(crate) id: String,
    /// The data directory; `None` for a journal in memory.
    pub(crate) dir: Option<PathBuf>,
    /// The configured files of the signing keys.
    pub(crate) key_files: KeyFiles,
    /// The key of keys.
    pub(crate) kek: Option<Kek>,
}

/// The service. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Admin {
    served: watch::Receiver<Option<Arc<Served>>>,
}

impl Admin {
    pub(crate) fn new(served: watch::Receiver<Option<Arc<Served>>>) -> Self {
        Self { served }
    }

    fn served(&self) -> Result<Arc<Served>, Status> {
        self.served.borrow().clone().ok_or_else(|| {
            status::one(
                Code::Unavailable,
                Reason::NotServing,
                "服务正在启动，请稍后重试",
                "the service is starting: retry later",
            )
        })
    }
}

/// Refuses callers that are not on this machine.
fn local(caller: Option<SocketAddr>) -> Result<(), Status> {
    match caller {
        Some(address) if address.ip().to_canonical().is_loopback() => Ok(()),
        _ => Err(status::one(
            Code::PermissionDenied,
            Reason::CallerNotLocal,
            "尚无身份认证：管理接口只应答本机调用；请在服务所在机器上执行，或用端口转发",
            "without authentication the admin calls answer callers on the same machine only: run \
             the command there, or forward the port",
        )),
    }
}

#[tonic::async_trait]
impl AdminService for Admin {
    async fn get_status(
        &self,
        request: Request<pb::GetStatusRequest>,
    ) -> Result<Response<pb::GetStatusResponse>, Status> {
        local(request.remote_addr())?;
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let format = journal_sled::FORMAT_VERSION;
        let memory_bytes = machine::memory_bytes().unwrap_or(0);
        let Ok(served) = self.served() else {
            return Ok(Response::new(pb::GetStatusResponse {
                phase: pb::ServicePhase::Starting.into(),
                version,
                format,
                memory_bytes,
                ..Default::default()
            }));
        };
        let (ledger, log) = (&served.ledger, served.ledger.log());
        let poisoned = ledger.health().is_poisoned();
        let (phase, error) = match (poisoned, log.is_forked()) {
            (true, _) => (pb::ServicePhase::ReadOnly, POISONED),
            (false, true) => (pb::ServicePhase::Serving, FORKED),
            (false, false) => (pb::ServicePhase::Serving, ("", "")),
        };
        let progress = log.progress();
        let root = log.tree().root(progress.integrated).map(verify::hex).unwrap_or_default();
        let dir = served.dir.as_deref();
        Ok(Response::new(pb::GetStatusResponse {
            phase: phase.into(),
            version,
            format,
            ledger_id: served.id.clone(),
            origin: log.origin().to_owned(),
            sequenced_position: ledger.head().get(),
            integrated_size: progress.integrated,
            published_size: progress.published,
            publish_lag_seconds: log.publish_lag_seconds(),
            root,
            snapshot_position: dir.and_then(machine::newest_snapshot).unwrap_or(0),
            last_recorded_time: ledger.snapshot().recorded_at().map(scalar::timestamp),
            disk_free_bytes: dir.and_then(machine::free_bytes).unwrap_or(0),
            memory_bytes,
            last_error_zh: error.0.to_owned(),
            last_error_en: error.1.to_owned(),
        }))
    }

    type VerifyStream = ReceiverStream<Result<pb::VerifyResponse, Status>>;

    async fn verify(
        &self,
        request: Request<pb::VerifyRequest>,
    ) -> Result<Response<Self::VerifyStream>, Status> {
        local(request.remote_addr())?;
        let served = self.served()?;
        let rate = match u64::from(request.into_inner().rate_mib) {
            0 => RATE_MIB,
            rate => rate,
        };
        let (sender, receiver) = mpsc::channel(AHEAD);
        let check = move || {
            let send = |part| {
                let message = pb::VerifyResponse { part: Some(part) };
                // A caller that has gone ends the check.
                match sender.blocking_send(Ok(message)) {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(_) => ControlFlow::Break(()),
                }
            };
            let pace = Pace { bytes_per_second: Some(rate << 20) };
            let live = Live { ledger: &served.ledger };
            let key_files = served.key_files.clone();
            let given = Given { key_files, kek: served.kek.clone(), ..Given::default() };
            let mut told = |told: Told<'_>| {
                send(match told {
                    Told::Progress { position, head, bytes } => {
                        let progress = pb::VerifyProgress { position, head_position: head, bytes };
                        pb::verify_response::Part::Progress(progress)
                    }
                    Told::Found(found) => pb::verify_response::Part::Finding(finding(found)),
                })
            };
            let dir = served.dir.as_deref();
            let report = verify::service(&served.id, dir, live, given, pace, &mut told);
            let compared = report.compared.into_iter();
            let unchecked = report.unchecked.into_iter();
            let _ = send(pb::verify_response::Part::Summary(pb::VerifySummary {
                ledger_id: report.ledger,
                size: report.size,
                root: report.root.unwrap_or_default(),
                bytes: report.bytes,
                compared: compared
                    .map(|one| pb::VerifyCompared { what: one.what, position: one.position })
                    .collect(),
                findings_total: report.findings_total,
                ok: report.ok,
                unchecked: unchecked
                    .map(|one| pb::VerifyUnchecked {
                        what: one.what,
                        text_zh: one.zh,
                        text_en: one.en,
                    })
                    .collect(),
            }));
        };
        // Nobody waits for it: it ends with its stream.
        drop(tokio::task::spawn_blocking(check));
        Ok(Response::new(ReceiverStream::new(receiver)))
    }

    type BackupStream = ReceiverStream<Result<pb::BackupResponse, Status>>;

    async fn backup(
        &self,
        request: Request<pb::BackupRequest>,
    ) -> Result<Response<Self::BackupStream>, Status> {
        local(request.remote_addr())?;
        let served = self.served()?;
        let with_keys = request.into_inner().include_signing_keys;
        let point = live::backup_point(&served.ledger).await;
        let (sender, receiver) = mpsc::channel(AHEAD);
        let save = move || {
            let made = live::backup(&served, point, with_keys, sender.clone());
            if let Err(error) = made {
                tracing::error!(error = %crate::chain(&error), "a backup was not finished");
                let zh = error.zh();
                let failed = status::one(Code::Internal, Reason::Internal, &zh, &error.to_string());
                let _ = sender.blocking_send(Err(failed));
            }
        };
        drop(tokio::task::spawn_blocking(save));
        Ok(Response::new(ReceiverStream::new(receiver)))
    }
}

const POISONED: (&str, &str) = (
    "写入失败，已停止接受写入；请查看日志，排除故障后重新启动",
    "a write failed and nothing more is accepted: read the log, mend the cause, start again",
);
const FORKED: (&str, &str) = (
    "台账与已签署的检查点不一致，已停止签署；请从备份恢复",
    "the journal does not continue what was signed, nothing more is signed: restore a backup",
);

fn finding(found: &Finding) -> pb::VerifyFinding {
    pb::VerifyFinding {
        what: found.what.to_string(),
        position: found.position.unwrap_or(0),
        last_position: found.last_position.unwrap_or(0),
        file: found.file.clone().unwrap_or_default(),
        text_zh: found.zh.clone(),
        text_en: found.en.clone(),
    }
}
