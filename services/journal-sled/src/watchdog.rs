//! Wakes a write that sled has forgotten.
//!
//! When sled 0.34.7 writes a buffer out at the end of a reservation and that fails, it notes the
//! error and wakes nobody (`exit_reservation` in its logger.rs): whoever waits in `flush` for that
//! buffer waits for ever, on a full disk for instance. A further `flush` sees the error, and wakes
//! all who wait. So one is made, from another thread, while a write takes suspiciously long.
//!
//! Not a timeout: a disk that is slow is waited for, with ever longer pauses in between.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

/// A write that takes this long may be one that was forgotten.
const SUSPICIOUS: Duration = Duration::from_secs(1);
/// How often it is looked at.
const STEP: Duration = Duration::from_millis(250);

/// Watches the writes of one database; ends when dropped.
#[derive(Debug)]
pub(crate) struct Watchdog {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    busy_since: Option<Instant>,
    stopping: bool,
}

/// A write under way.
pub(crate) struct Busy<'a>(&'a Shared);

impl Watchdog {
    /// Starts to watch.
    pub(crate) fn start(db: &sled::Db) -> io::Result<Watchdog> {
        let shared = Arc::new(Shared::default());
        let (watched, db) = (Arc::clone(&shared), db.clone());
        let name = "sled-watchdog".to_owned();
        let thread = Builder::new().name(name).spawn(move || watch(&watched, &db))?;
        Ok(Watchdog { shared, thread: Some(thread) })
    }

    /// Says that a write is under way, until the answer is dropped.
    pub(crate) fn busy(&self) -> Busy<'_> {
        self.shared.state.lock().busy_since = Some(Instant::now());
        Busy(&self.shared)
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.state.lock().busy_since = None;
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.shared.state.lock().stopping = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // It cannot panic, and there is nobody to tell.
            let _ = thread.join();
        }
    }
}

fn watch(shared: &Shared, db: &sled::Db) {
    let mut patience = SUSPICIOUS;
    let mut state = shared.state.lock();
    while !state.stopping {
        match state.busy_since {
            None => patience = SUSPICIOUS,
            Some(since) if patience <= since.elapsed() => {
                nudge(db);
                patience = patience.saturating_mul(2);
            }
            Some(_) => {}
        }
        shared.changed.wait_for(&mut state, STEP);
    }
}

/// Flushes from a thread of its own, which may come to wait as well, and is woken with the rest.
pub(crate) fn nudge(db: &sled::Db) {
    let db = db.clone();
    let flush = move || drop(catch_unwind(AssertUnwindSafe(|| db.flush())));
    // Without a thread now, the next look has one.
    let _ = Builder::new().name("sled-nudge".to_owned()).spawn(flush);
}
