//! The smallest HTTP client that is needed: a text sent to a witness, a file fetched from a static
//! log, each with a deadline and a limit on the answer.
//!
//! HTTP/1.1 without TLS: what is elsewhere is reached through a proxy on this machine. Not a
//! general client: no redirects, no pooling; a connection is kept only for fetching one file after
//! the other.

use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::SendRequest;
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// How long an exchange with a witness may take, connecting included.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the fetching of a file may take: a bundle has up to 16 MiB.
const FILE_PATIENCE: Duration = Duration::from_secs(60);
/// Longest answer of a witness: a hundred cosignatures take less than 20 KiB.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Where to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
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
        "仅支持 http://；远程地址请经本机 TLS 代理访问 / only http:// is supported: reach what is elsewhere through a TLS proxy on this machine"
    )]
    Scheme,
    /// No address at all.
    #[error("不是网址，应如 http://127.0.0.1:2025 / is no address such as http://127.0.0.1:2025")]
    Malformed,
}

impl Target {
    /// The address of a call below a prefix.
    pub(crate) fn parse(prefix: &str, call: &str) -> Result<Self, BadTarget> {
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
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) media_type: Option<String>,
    pub(crate) body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
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
    #[error("no answer within {0} s")]
    Timeout(u64),
}

impl CallError {
    /// The same in Chinese, with what the system said.
    pub(crate) fn zh(&self) -> String {
        match self {
            Self::Connect(error) => format!("无法连接：{error}"),
            Self::Http(error) => format!("通信中断：{error}"),
            Self::Request(error) => format!("无法构造请求：{error}"),
            Self::Body(error) => format!("无法读取答复：{error}"),
            Self::Timeout(seconds) => format!("{seconds} 秒内没有答复"),
        }
    }
}

/// Sends a text and reads the answer.
pub(crate) async fn post(target: &Target, body: String) -> Result<Answer, CallError> {
    let request = Request::post(&target.path)
        .header(hyper::header::HOST, &target.authority)
        .header(hyper::header::CONTENT_TYPE, "text/plain; charset=utf-8")
        .body(Full::new(Bytes::from(body)))
        .map_err(CallError::Request)?;
    within(PATIENCE, async {
        let mut sender = connect(target).await?;
        exchange(&mut sender, request, ANSWER_BYTES_MAX).await
    })
    .await
}

/// Fetches files one after the other, over one connection as long as it lasts.
#[derive(Debug, Default)]
pub(crate) struct Getter {
    kept: Option<SendRequest<Full<Bytes>>>,
}

impl Getter {
    /// Fetches a file of at most `bytes_max`. Always to be called with targets on the same host.
    pub(crate) async fn get(
        &mut self,
        target: &Target,
        bytes_max: usize,
    ) -> Result<Answer, CallError> {
        loop {
            let request = Request::get(&target.path)
                .header(hyper::header::HOST, &target.authority)
                .body(Full::default())
                .map_err(CallError::Request)?;
            let kept = self.kept.take().filter(|sender| !sender.is_closed());
            let is_kept = kept.is_some();
            let got = within(FILE_PATIENCE, async {
                let mut sender = match kept {
                    Some(sender) => sender,
                    None => connect(target).await?,
                };
                let answer = exchange(&mut sender, request, bytes_max).await?;
                Ok((answer, sender))
            });
            match got.await {
                Ok((answer, sender)) => {
                    self.kept = Some(sender);
                    return Ok(answer);
                }
                // A server may close a connection at any time between two requests.
                Err(CallError::Http(_)) if is_kept => {}
                Err(error) => return Err(error),
            }
        }
    }
}

async fn within<T>(
    patience: Duration,
    call: impl Future<Output = Result<T, CallError>>,
) -> Result<T, CallError> {
    let called = tokio::time::timeout(patience, call).await;
    called.map_err(|_| CallError::Timeout(patience.as_secs()))?
}

async fn connect(target: &Target) -> Result<SendRequest<Full<Bytes>>, CallError> {
    let address = (target.host.as_str(), target.port);
    let stream = TcpStream::connect(address).await.map_err(CallError::Connect)?;
    let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (sender, connection) = handshake.map_err(CallError::Http)?;
    // It ends with the sender; what breaks it shows in the exchange.
    tokio::spawn(async move { drop(connection.await) });
    Ok(sender)
}

async fn exchange(
    sender: &mut SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
    bytes_max: usize,
) -> Result<Answer, CallError> {
    sender.ready().await.map_err(CallError::Http)?;
    let answer = sender.send_request(request).await.map_err(CallError::Http)?;
    let (head, body) = answer.into_parts();
    let body = Limited::new(body, bytes_max).collect().await;
    let body = body.map_err(|error| CallError::Body(error.to_string()))?.to_bytes();
    let media_type = head.headers.get(hyper::header::CONTENT_TYPE);
    let media_type = media_type.and_then(|it| it.to_str().ok()).map(str::to_owned);
    Ok(Answer { status: head.status.as_u16(), media_type, body })
}
