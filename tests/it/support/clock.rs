//! A clock that stands where a test puts it.

use std::sync::Arc;

use duty_ledger::clock::Clock;
use jiff::Timestamp;
use parking_lot::Mutex;

/// A clock that only moves when told to.
#[derive(Clone)]
pub(crate) struct TestClock(Arc<Mutex<Timestamp>>);

impl TestClock {
    /// A clock at an instant, in RFC 3339.
    pub(crate) fn at(instant: &str) -> Self {
        Self(Arc::new(Mutex::new(instant.parse().expect("an RFC 3339 instant"))))
    }

    /// Moves the clock.
    pub(crate) fn set(&self, instant: &str) {
        *self.0.lock() = instant.parse().expect("an RFC 3339 instant");
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock()
    }
}
