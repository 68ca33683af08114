//! The HTTP port: what an auditor needs, as static files (C2SP tlog-tiles).
//!
//! Checkpoint, tiles of hashes, public keys, and, only when configured, whole entries. Nothing is
//! written through it. Invariant: nothing is given out beyond the published checkpoint.

pub(crate) mod metrics;
mod verification;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use duty::Position;
use merkle::tile::{Kind, Tile, encode_bundle};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::ledger::Ledger;

/// What never changes may be kept for ever.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// What changes with every checkpoint must be asked for again.
const CHANGING: &str = "no-cache";
const TEXT: &str = "text/plain; charset=utf-8";
const BYTES: &str = "application/octet-stream";

/// What the HTTP port answers from.
#[derive(Clone)]
struct Site {
    ledger: Ledger,
    serve_entries: bool,
}

/// The pages.
pub fn router(ledger: Ledger, serve_entries: bool) -> Router {
    Router::new()
        .route("/checkpoint", get(checkpoint))
        .route("/tile/{*path}", get(tile))
        .route("/log.vkey", get(verifier_key))
        .route("/sm2.pem", get(sm2_key))
        .route("/verification", get(verification::page))
        .fallback(async || not_found())
        .with_state(Site { ledger, serve_entries })
}

/// Serves the pages until told to stop.
pub(crate) fn spawn(
    router: Router,
    listener: TcpListener,
    mut stop: watch::Receiver<bool>,
) -> JoinHandle<std::io::Result<()>> {
    tokio::spawn(async move {
        let stopped = async move {
            // A sender that is gone means the same.
            let _ = stop.wait_for(|stop| *stop).await;
        };
        axum::serve(listener, router).with_graceful_shutdown(stopped).await
    })
}

async fn checkpoint(State(site): State<Site>) -> Response {
    match site.ledger.log().published() {
        Some(published) => answer(TEXT, CHANGING, published.note.to_string()),
        None => not_found(),
    }
}

async fn verifier_key(State(site): State<Site>) -> Response {
    let key = site.ledger.log().keys().ed25519.verifier();
    answer(TEXT, CHANGING, format!("{key}\n"))
}

async fn sm2_key(State(site): State<Site>) -> Response {
    let key = site.ledger.log().keys().sm2.verifier();
    answer("application/x-pem-file", CHANGING, key.sm2_to_pem().unwrap_or_default())
}

async fn tile(State(site): State<Site>, Path(path): Path<String>) -> Response {
    let Ok(tile) = Tile::parse(&format!("tile/{path}")) else { return not_found() };
    if tile.kind() == Kind::Entries && !site.serve_entries {
        return refused(
            StatusCode::FORBIDDEN,
            "本台账的条目含工作信息，须有权限方可读取；此处只公开哈希。经 gRPC ReadEvents 读取，\
             或由运维人员设置 serve_entries = true。\n\
             The entries of this ledger take a right to read them; only hashes are public here. \
             Read them by gRPC ReadEvents, or let an operator set serve_entries = true.\n",
        );
    }
    let published = site.ledger.log().published();
    let size = published.map_or(0, |published| published.checkpoint.size());
    if !tile.is_in(size) {
        return not_found();
    }
    let bytes = match tile.kind() {
        Kind::Hashes { level } => {
            let log = site.ledger.log().clone();
            let read = move || log.tree().tile(level, tile.index(), tile.width());
            match tokio::task::spawn_blocking(read).await {
                Ok(Ok(bytes)) => bytes,
                Ok(Err(error)) => return failed(&crate::chain(&error)),
                Err(error) => return failed(&error.to_string()),
            }
        }
        Kind::Entries => match bundle(&site.ledger, tile).await {
            Ok(bytes) => bytes,
            Err(what) => return failed(&what),
        },
    };
    answer(BYTES, IMMUTABLE, bytes)
}

/// The entries of a bundle.
async fn bundle(ledger: &Ledger, tile: Tile) -> Result<Vec<u8>, String> {
    let first = tile.first().ok_or("no such bundle")?;
    let (mut next, mut left) = (Position::new(first + 1), usize::from(tile.width()));
    let mut entries = Vec::with_capacity(left);
    while 0 < left {
        let read = ledger.read(next, left, usize::MAX).await;
        let read = read.map_err(|error| crate::chain(&error))?;
        let last = read.last().ok_or("a published entry is missing")?;
        next = last.position.next();
        left = left.saturating_sub(read.len());
        entries.extend(read.into_iter().map(|entry| entry.bytes));
    }
    encode_bundle(&entries).map_err(|error| error.to_string())
}

fn answer(media_type: &'static str, caching: &'static str, body: impl IntoResponse) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    response
}

fn refused(status: StatusCode, text: &'static str) -> Response {
    (status, answer(TEXT, CHANGING, text)).into_response()
}

fn not_found() -> Response {
    refused(
        StatusCode::NOT_FOUND,
        "没有此文件，或尚未公布。可用：/checkpoint /tile/… /log.vkey /sm2.pem /verification\n\
         There is no such file, or it is not published yet. There are: /checkpoint /tile/… \
         /log.vkey /sm2.pem /verification\n",
    )
}

fn failed(what: &str) -> Response {
    tracing::error!(what, "a page could not be made");
    refused(StatusCode::INTERNAL_SERVER_ERROR, "服务内部故障 / a fault inside the service\n")
}
