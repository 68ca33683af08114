//! What the tests share: services to talk to, data to put in, ways to look at answers.
//!
//! Every test has its own service, ports and directory; nothing here is shared between tests.

pub(crate) mod child;
pub(crate) mod clock;
pub(crate) mod events;
pub(crate) mod http;
pub(crate) mod mount;
pub(crate) mod random;
pub(crate) mod refusal;
pub(crate) mod seed;
pub(crate) mod service;

use std::path::Path;
use std::time::{Duration, Instant};

/// How long a test waits for a state that must come. Generous, because machines are slow and
/// shared; no test measures time.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until `look` finds something, looking again and again.
#[track_caller]
pub(crate) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The root of the repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A new directory that goes with the value.
pub(crate) fn directory() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

/// A future with a deadline: a test that hangs says where.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(value) => value,
        Err(_) => panic!("waited in vain for {what}"),
    }
}

/// A new directory in memory where there is such a place: for what is written once and read once.
pub(crate) fn fast_directory() -> tempfile::TempDir {
    let memory = tempfile::Builder::new().prefix("duty-ledger-").tempdir_in("/dev/shm");
    memory.unwrap_or_else(|_| directory())
}

/// A number an operator of the tests set, by the name of its variable.
pub(crate) fn environment_number(name: &str) -> Option<usize> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

/// Every entry of a service, whole and in order.
pub(crate) async fn entries(clients: &service::Clients) -> Vec<duty_ledger::pb::RecordedEntry> {
    use tokio_stream::StreamExt as _;
    let request = duty_ledger::pb::ReadEventsRequest::default();
    let answer = clients.events.clone().read_events(request).await;
    let stream = answer.expect("a stream").into_inner();
    let parts: Vec<_> = within("the journal", stream.collect()).await;
    parts.into_iter().flat_map(|part| part.expect("entries").entries).collect()
}
