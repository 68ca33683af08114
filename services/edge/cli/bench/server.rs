//! The measured service: what `serve` runs, in a process of its own, with an empty call beside it.
//!
//! The parent speaks to it over its standard input, a line a request, and reads a line of JSON for
//! each. It ends when the parent's end of the pipe does, so it cannot outlive it. Not for anybody
//! else: `serve` has neither the empty call nor these requests.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use bytes::{BufMut as _, Bytes, BytesMut};
use clap::Args;
use journal::{AppendError, CloseError, Entry, Head, Journal, Position, ReadError, ReadLimit};
use parking_lot::Mutex;
use prost::Message as _;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tonic::transport::server::TcpIncoming;

use super::bare::Bare;
use super::empty::EmptyService;
use crate::app;
use crate::cli::{FAILED, output, serve};
use crate::config::{Config, Overrides};
use crate::grpc::duty_event::{CHUNK_BYTES, CHUNK_EVENTS};
use crate::pb;

/// How the child is started.
#[derive(Debug, Args)]
pub(in crate::cli) struct ServerArgs {
    /// Directory of the journal.
    #[arg(long)]
    data_dir: PathBuf,
    /// Configuration file to measure with.
    #[arg(long)]
    config: Option<PathBuf>,
}

/// The first line: the service takes calls.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Ready {
    /// Where the API listens.
    pub(super) api: String,
    /// Where the empty call listens.
    pub(super) empty: String,
    /// From the start of opening to ready, in seconds.
    pub(super) open_seconds: f64,
    /// The head found.
    pub(super) head: u64,
}

/// What was written together: events and their bytes.
pub(super) type Group = (u64, u64);

/// A request of the parent.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Ask {
    /// The last position there is.
    Head,
    /// The groups committed since the last such request.
    Groups,
    /// Read and frame this many events from a position, without gRPC.
    Frame {
        /// First position.
        from: u64,
        /// How many.
        events: u64,
    },
}

/// What reading and framing came to.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Framed {
    /// Events read.
    pub(super) events: u64,
    /// Bytes framed.
    pub(super) bytes: u64,
    /// How long it took.
    pub(super) seconds: f64,
}

pub(in crate::cli) fn run(args: &ServerArgs) -> ExitCode {
    let loopback = Some("127.0.0.1:0".to_owned());
    let overrides = Overrides {
        data_dir: Some(args.data_dir.clone()),
        listen: loopback.clone(),
        admin_listen: loopback.clone(),
        http_listen: loopback,
        log: Some("warn".to_owned()),
        ..Overrides::default()
    };
    let mut config = match Config::load(args.config.as_deref(), &overrides) {
        Ok(config) => config,
        Err(faults) => return serve::bad_config(&faults),
    };
    // Nobody is being sent elsewhere: there is nothing to give notice of.
    config.shutdown_notice_ms = 0;
    serve::start_log(&config);
    let runtime = match serve::runtime() {
        Ok(runtime) => runtime,
        Err(code) => return code,
    };
    match runtime.block_on(start(&config)) {
        Ok(measured) => {
            measured.answer_until_end();
            // The parent counts on it that what it closes this way was closed in order.
            runtime.block_on(measured.stop());
            ExitCode::SUCCESS
        }
        Err(text) => {
            output::complain(&text);
            ExitCode::from(FAILED)
        }
    }
}

/// The service under measurement.
struct Measured {
    app: app::App,
    journal: Arc<Recording>,
    stopping: watch::Sender<bool>,
}

async fn start(config: &Config) -> Result<Measured, String> {
    let started = Instant::now();
    let mut recording = None;
    let app = serve::start_over(config, |inner| {
        let journal = Arc::new(Recording { inner, groups: Mutex::new(Vec::new()) });
        recording = Some(Arc::clone(&journal));
        journal
    });
    let app = app.await.map_err(|error| crate::chain(&error))?;
    let open_seconds = started.elapsed().as_secs_f64();
    let journal = recording.ok_or("no journal was opened")?;
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|error| error.to_string())?;
    let empty = listener.local_addr().map_err(|error| error.to_string())?.to_string();
    let (stopping, mut stop) = watch::channel(false);
    let bare = Bare::start(&config.data_dir.with_extension("bare"))?;
    // tonic as it is: this is what our own connection is compared with as well.
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let serving = tonic::transport::Server::builder()
        .max_concurrent_streams(config.calls_per_connection_max)
        .add_service(EmptyService(bare))
        .serve_with_incoming_shutdown(incoming, async move {
            // A sender that is gone means the same.
            let _ = stop.wait_for(|stop| *stop).await;
        });
    // Owned by the runtime, which ends with the process.
    drop(tokio::spawn(serving));
    let head = journal.head().map_err(|error| crate::chain(&error))?.events();
    let ready = Ready { api: app.api_address.to_string(), empty, open_seconds, head };
    say(&ready);
    Ok(Measured { app, journal, stopping })
}

fn say(answer: &impl Serialize) {
    match serde_json::to_string(answer) {
        Ok(line) => output::say(&line),
        Err(error) => output::complain(&error.to_string()),
    }
}

impl Measured {
    /// Answers the parent, line by line, until it hangs up or asks for what cannot be answered.
    fn answer_until_end(&self) {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            match serde_json::from_str(&line) {
                Ok(Ask::Head) => match self.journal.head() {
                    Ok(head) => say(&head.events()),
                    Err(error) => return output::complain(&crate::chain(&error)),
                },
                Ok(Ask::Groups) => say(&std::mem::take(&mut *self.journal.groups.lock())),
                Ok(Ask::Frame { from, events }) => match frame(&*self.journal, from, events) {
                    Ok(framed) => say(&framed),
                    Err(error) => return output::complain(&crate::chain(&error)),
                },
                Err(error) => return output::complain(&error.to_string()),
            }
        }
    }

    async fn stop(self) {
        self.stopping.send_replace(true);
        self.app.stop().await;
    }
}

/// Reads entries in the chunks of `ReadEvents` and frames the very messages it would send, into a
/// buffer that is used again: all of the work but gRPC itself.
fn frame(journal: &dyn Journal, from: u64, events: u64) -> Result<Framed, ReadError> {
    let started = Instant::now();
    let mut framed = Framed { events: 0, bytes: 0, seconds: 0.0 };
    let head_position = journal.head()?.events();
    let mut buffer = BytesMut::new();
    let mut next = Position::new(from);
    while let Some(position) = next.filter(|_| framed.events < events) {
        let left = usize::try_from(events - framed.events).unwrap_or(usize::MAX);
        let limit = ReadLimit { events: left.min(CHUNK_EVENTS), bytes: CHUNK_BYTES };
        let chunk = journal.read(position, limit)?;
        next = chunk.last().and_then(|entry| entry.position.next());
        framed.events += u64::try_from(chunk.len()).unwrap_or(0);
        let entries = chunk.into_iter().map(|entry| pb::RecordedEntry {
            position: entry.position.get(),
            stored: entry.bytes,
            entry: None,
        });
        // As long as the root that the service sends along.
        let root_hash = "0".repeat(64);
        let message =
            pb::ReadEventsResponse { entries: entries.collect(), head_position, root_hash };
        let length = message.encoded_len();
        buffer.clear();
        buffer.reserve(5 + length);
        buffer.put_u8(0);
        buffer.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
        message.encode_raw(&mut buffer);
        framed.bytes += u64::try_from(buffer.len()).unwrap_or(0);
    }
    framed.seconds = started.elapsed().as_secs_f64();
    Ok(framed)
}

/// Notes the size of each commit on its way to the journal.
struct Recording {
    inner: Arc<dyn Journal>,
    groups: Mutex<Vec<Group>>,
}

impl Journal for Recording {
    fn head(&self) -> Result<Head, ReadError> {
        self.inner.head()
    }

    fn append(&self, first: Position, events: &[Bytes]) -> Result<(), AppendError> {
        self.inner.append(first, events)?;
        let bytes: usize = events.iter().map(Bytes::len).sum();
        let group = (events.len() as u64, bytes as u64);
        self.groups.lock().push(group);
        Ok(())
    }

    fn read(&self, from: Position, limit: ReadLimit) -> Result<Vec<Entry>, ReadError> {
        self.inner.read(from, limit)
    }

    fn close(&self) -> Result<(), CloseError> {
        self.inner.close()
    }
}
