//! The smallest HTTP client that witnesses need: one POST, one answer, a deadline.
//!
//! HTTP/1.1 without TLS: a witness elsewhere is reached through a proxy on this machine. Not a
//! general client: no redirects, no pooling, answers of 64 KiB at most.

use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::Uri;
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// How long one exchange may take, connecting included.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longest answer: a hundred cosignatures take less than 20 KiB.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Where to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    host: String,
    port: u16,
    authority: String,
    path: String,
}

/// Why an address cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadTarget {
    /// Another scheme, https among them.
    #[error(
        "仅支持 http://；远程见证方请经本机 TLS 代理访问 / only http:// is supported: reach a remote witness through a TLS proxy on this machine"
    )]
    Scheme,
    /// No address at all.
    #[error("不是网址，应如 http://127.0.0.1:2025 / is no address such as http://127.0.0.1:2025")]
    Malformed,
}

impl Target {
    /// The address of a call below a submission prefix.
    pub(super) fn parse(prefix: &str, call: &str) -> Result<Self, BadTarget> {
        let uri: Uri = prefix.parse().map_err(|_| BadTarget::Malformed)?;
        match uri.scheme_str() {
            Some("http") => {}
            Some(_) => return Err(BadTarget::Scheme),
            None => return Err(BadTarget::Malformed),
        }
        let authority = uri.authority().ok_or(BadTarget::Malformed)?;
        if uri.query().is_some() {
            return Err(BadTarget::Malformed);
        }
        // Literal IPv6 addresses stand in brackets.
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self {
            host,
            port: authority.port_u16().unwrap_or(80),
            authority: authority.to_string(),
            path: format!("{}/{call}", uri.path().trim_end_matches('/')),
        })
    }
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) media_type: Option<String>,
    pub(super) body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    /// Nobody listens there.
    #[error("no connection")]
    Connect(#[source] std::io::Error),
    /// The exchange broke.
    #[error("the exchange broke")]
    Http(#[source] hyper::Error),
    /// The request could not be built.
    #[error("the request could not be built")]
    Request(#[source] hyper::http::Error),
    /// The answer is too long, or broke off.
    #[error("the answer could not be read: {0}")]
    Body(String),
    /// No answer in time.
    #[error("no answer within 5 s")]
    Timeout,
}

/// Sends a text and reads the answer.
pub(super) async fn post(target: &Target, body: String) -> Result<Answer, CallError> {
    tokio::time::timeout(PATIENCE, exchange(target, body)).await.map_err(|_| CallError::Timeout)?
}

async fn exchange(target: &Target, body: String) -> Result<Answer, CallError> {
    let address = (target.host.as_str(), target.port);
    let stream = TcpStream::connect(address).await.map_err(CallError::Connect)?;
    let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(CallError::Http)?;
    let request = hyper::Request::post(&target.path)
        .header(hyper::header::HOST, &target.authority)
        .header(hyper::header::CONTENT_TYPE, "text/plain; charset=utf-8")
        .body(Full::new(Bytes::from(body)))
        .map_err(CallError::Request)?;
    let call = async {
        let answer = sender.send_request(request).await.map_err(CallError::Http)?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
        let body = body.map_err(|error| CallError::Body(error.to_string()))?.to_bytes();
        let media_type = head.headers.get(hyper::header::CONTENT_TYPE);
        let media_type = media_type.and_then(|it| it.to_str().ok()).map(str::to_owned);
        Ok(Answer { status: head.status.as_u16(), media_type, body })
    };
    // The connection works only while somebody drives it, and ends with the exchange.
    tokio::pin!(call);
    tokio::select! {
        answer = &mut call => answer,
        ended = connection => match ended {
            Ok(()) => call.await,
            Err(error) => Err(CallError::Http(error)),
        },
    }
}
