//! Reading no faster than so many bytes a second, so that a check leaves the disk to the service.

use std::time::{Duration, Instant};

/// Keeps a pace. For threads that may sleep, never for tasks of the runtime.
#[derive(Debug)]
pub struct Throttle {
    bytes_per_second: Option<u64>,
    started: Instant,
    bytes: u64,
}

impl Throttle {
    /// A pace in bytes a second; `None` for none.
    #[must_use]
    pub fn new(bytes_per_second: Option<u64>) -> Self {
        Self { bytes_per_second, started: Instant::now(), bytes: 0 }
    }

    /// Accounts for bytes, and sleeps while that is too fast.
    pub fn pass(&mut self, bytes: u64) {
        self.bytes += bytes;
        if let Some(rate) = self.bytes_per_second {
            let due = due(self.bytes, rate);
            let early = due.saturating_sub(self.started.elapsed());
            // Not for every entry: a sleep is never as short as it is asked to be.
            if Duration::from_millis(5) < early {
                std::thread::sleep(early);
            }
        }
    }
}

/// How long so many bytes take at a rate.
fn due(bytes: u64, rate: u64) -> Duration {
    let nanos = u128::from(bytes) * 1_000_000_000 / u128::from(rate.max(1));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_due_at_the_rate() {
        assert_eq!(due(0, 1), Duration::ZERO);
        assert_eq!(due(3 << 20, 1 << 20), Duration::from_secs(3));
        assert_eq!(due(1, 2), Duration::from_millis(500));
        assert_eq!(due(u64::MAX, 0), Duration::from_nanos(u64::MAX));
    }
}
