//! `duty-ledger witness`: a minimal witness (C2SP tlog-witness), for another body to run.
//!
//! It keeps the last checkpoint it cosigned of each log it knows, and cosigns another one only if
//! that one continues it. Invariants: the record is on the device before the cosignature leaves; a
//! record that cannot be read is no reason to begin anew; one process per state directory.

use std::collections::BTreeMap;
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path as UrlPath, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use clap::Args;
use jiff::Timestamp;
use merkle::witness::{Refusal, Request, SIZE_MEDIA_TYPE, Seen, check};
use merkle::{Checkpoint, Cosigner, Hash, KeyName, Note, NoteSignature, VerifierKey};
use tokio::net::TcpListener;
use tokio::sync::Mutex;

use super::client::Failure;
use super::{BAD_CONFIG, FAILED, output, serve, shown, verify_receipt};
use crate::clock::{Clock as _, SystemClock};
use crate::log::files::{self, Access};
use crate::log::keys;

/// Largest request: a note of a hundred signatures and 63 hashes take less than 32 KiB.
const REQUEST_BYTES_MAX: usize = 64 * 1024;

/// Whom to witness, and where.
#[derive(Debug, Args)]
pub(super) struct WitnessArgs {
    /// Address to listen on (HTTP).
    #[arg(long, default_value = "127.0.0.1:2025")]
    listen: SocketAddr,
    /// The witness's own key; made at the first start.
    #[arg(long)]
    key_file: PathBuf,
    /// Name of the key when it is made: best the address of the witness without its scheme.
    #[arg(long, default_value = "duty-ledger-witness")]
    name: String,
    /// Directory for what was cosigned last.
    #[arg(long)]
    state_dir: PathBuf,
    /// Public keys of a log to witness, a line each; may be given several times.
    #[arg(long, required = true)]
    log_vkey_file: Vec<PathBuf>,
}

/// A witness at work.
struct Witness {
    cosigner: Cosigner,
    /// The keys of each log, by origin.
    logs: BTreeMap<String, Vec<VerifierKey>>,
    state_dir: PathBuf,
    /// Held from the look at a record until the new one is on the device.
    record: Mutex<()>,
    _lock: File,
}

pub(super) async fn run(args: WitnessArgs) -> Result<(), Failure> {
    let mut logs: BTreeMap<String, Vec<VerifierKey>> = BTreeMap::new();
    for file in &args.log_vkey_file {
        for key in verify_receipt::keys(file)? {
            logs.entry(key.name().as_str().to_owned()).or_default().push(key);
        }
    }
    let cosigner = cosigner(&args)?;
    let lock = lock(&args.state_dir)?;
    let listener = TcpListener::bind(args.listen).await.map_err(|error| {
        let text = format!("{} 无法监听 / cannot listen: {error}", args.listen);
        Failure::new(FAILED, text)
    })?;
    let address = listener.local_addr().map_err(|error| Failure::new(FAILED, error.to_string()))?;
    output::say(&format!("vkey: {}", cosigner.verifier()));
    for origin in logs.keys() {
        output::say(&format!("log: {origin}"));
    }
    let stop = serve::asked_to_stop();
    output::say(&format!("listening: http://{address}"));
    let record = Mutex::new(());
    let witness = Witness { cosigner, logs, state_dir: args.state_dir, record, _lock: lock };
    let router = Router::new()
        .route("/add-checkpoint", post(add_checkpoint))
        .route("/checkpoint/{origin}", get(last_checkpoint))
        .layer(DefaultBodyLimit::max(REQUEST_BYTES_MAX))
        .with_state(Arc::new(witness));
    let served = axum::serve(listener, router).with_graceful_shutdown(stop);
    served.await.map_err(|error| Failure::new(FAILED, error.to_string()))
}

/// The key of the witness, made when there is none.
fn cosigner(args: &WitnessArgs) -> Result<Cosigner, Failure> {
    let path = &args.key_file;
    let failed = |what: String| {
        let file = shown(path);
        Failure::new(
            FAILED,
            format!("密钥文件 {file} 不可用 / cannot use the key file {file}: {what}"),
        )
    };
    let text = files::read(path).map_err(|error| {
        let Failure { text, .. } = failed(crate::chain(&error));
        Failure::new(super::NO_INPUT, text)
    })?;
    if let Some(text) = text {
        let read = Cosigner::from_private_text(text.trim_end());
        return read.map_err(|error| failed(format!("{} / {error}", error.zh())));
    }
    let name = KeyName::new(&args.name)
        .map_err(|error| Failure::new(BAD_CONFIG, format!("--name：{} / {error}", error.zh())))?;
    let seed = keys::random().map_err(|error| failed(crate::chain(&error)))?;
    let made = Cosigner::new(name, &seed).map_err(|error| failed(error.to_string()))?;
    let text = format!("{}\n", made.to_private_text());
    files::replace(path, &text, Access::Secret).map_err(|error| failed(crate::chain(&error)))?;
    Ok(made)
}

/// The lock on the state directory, which is made when missing.
fn lock(dir: &Path) -> Result<File, Failure> {
    let failed = |what: String| {
        let dir = shown(dir);
        Failure::new(
            FAILED,
            format!(
                "目录 {dir} 不可用（是否有另一个见证进程？）/ cannot use {dir} (is there another witness?): {what}"
            ),
        )
    };
    files::make_dir(dir).map_err(|error| failed(crate::chain(&error)))?;
    let file = File::create(dir.join("LOCK")).map_err(|error| failed(error.to_string()))?;
    file.try_lock().map_err(|error| failed(error.to_string()))?;
    Ok(file)
}

async fn add_checkpoint(State(witness): State<Arc<Witness>>, body: Bytes) -> Response {
    let request = match Request::parse(&body) {
        Ok(request) => request,
        Err(error) => {
            let text = format!("{}\n{error}\n", error.zh());
            return (StatusCode::BAD_REQUEST, text).into_response();
        }
    };
    match witness.consider(&request).await {
        Ok(line) => line.into_response(),
        Err(Considered::Refused(refusal)) => {
            let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST);
            let media_type = match refusal {
                Refusal::Conflict { .. } => SIZE_MEDIA_TYPE,
                _ => "text/plain; charset=utf-8",
            };
            (status, [(header::CONTENT_TYPE, media_type)], refusal.body()).into_response()
        }
        Err(Considered::Failed(what)) => no_record(&what),
    }
}

/// The last checkpoint that was cosigned of a log, cosigned again: for whoever brings an older
/// state of that log back. `origin` is the SHA-256 of the origin in hex.
async fn last_checkpoint(
    State(witness): State<Arc<Witness>>,
    UrlPath(origin): UrlPath<String>,
) -> Response {
    let is_of = |known: &&String| Hash::of(known.as_bytes()).to_string() == origin;
    let Some(origin) = witness.logs.keys().find(is_of) else {
        return (StatusCode::NOT_FOUND, Refusal::NotFound.body()).into_response();
    };
    let _held = witness.record.lock().await;
    match record(&witness.path(origin)) {
        Ok(Some((_, note))) => witness.cosigned(note).to_string().into_response(),
        Ok(None) => {
            let text = "尚未联署过该日志\nnothing of this log was cosigned yet\n";
            (StatusCode::NOT_FOUND, text).into_response()
        }
        Err(what) => no_record(&what),
    }
}

fn no_record(what: &str) -> Response {
    output::complain(&format!("见证记录不可用，未联署 / no record, nothing is cosigned: {what}"));
    let text = "见证记录不可用 / the record cannot be kept\n";
    (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
}

/// Why there is no cosignature.
enum Considered {
    Refused(Refusal),
    Failed(String),
}

impl Witness {
    /// Looks at the record, decides, keeps the new record, cosigns.
    async fn consider(&self, request: &Request) -> Result<String, Considered> {
        let origin = request.checkpoint().origin();
        let keys = self.logs.get(origin).ok_or(Considered::Refused(Refusal::NotFound))?;
        let path = self.path(origin);
        let note = request.note().clone();
        let _held = self.record.lock().await;
        // Files are read and synced where calls are answered: one log asks once a second, and the
        // next call has to wait for the record anyway.
        let seen = record(&path).map_err(Considered::Failed)?;
        let seen = seen.map(|(seen, _)| seen).unwrap_or_default();
        let new = check(request, keys, seen).map_err(Considered::Refused)?;
        if new != seen {
            let kept = files::replace(&path, &note.to_string(), Access::Public);
            kept.map_err(|error| Considered::Failed(crate::chain(&error)))?;
            output::say(&format!("cosigned: {origin} {}", new.size));
        }
        Ok(self.cosignature(&note).to_string())
    }

    /// Where the record of a log is kept.
    fn path(&self, origin: &str) -> PathBuf {
        self.state_dir.join(format!("{}.checkpoint", Hash::of(origin.as_bytes())))
    }

    fn cosignature(&self, note: &Note) -> NoteSignature {
        let time = u64::try_from(now().as_second()).unwrap_or(0);
        self.cosigner.cosign(note.text(), time)
    }

    fn cosigned(&self, mut note: Note) -> Note {
        note.add(self.cosignature(&note));
        note
    }
}

/// What was cosigned last of a log; `None` before the first time.
fn record(path: &Path) -> Result<Option<(Seen, Note)>, String> {
    let Some(text) = files::read(path).map_err(|error| crate::chain(&error))? else {
        return Ok(None);
    };
    let damaged = |what: String| format!("{}: {what}", path.display());
    let note = Note::parse(text.as_bytes()).map_err(|error| damaged(error.to_string()))?;
    let seen = Checkpoint::parse(note.text()).map_err(|error| damaged(error.to_string()))?;
    Ok(Some((Seen { size: seen.size(), root: seen.root() }, note)))
}

fn now() -> Timestamp {
    SystemClock.now()
}
