//! Chance from a seed: the same questions in the same order get the same answers on any machine.

use jiff::civil::Date;

/// A stream of numbers (`SplitMix64`).
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    /// The stream of a seed and of what it is for.
    pub(super) fn of(seed: u64, purpose: &[u64]) -> Self {
        let mut random = Self(seed);
        for part in purpose {
            random.0 = random.next() ^ part.wrapping_mul(0xd6e8_feb8_6659_fd93);
        }
        random
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to `count` - 1; 0 for no count.
    pub(super) fn below(&mut self, count: u32) -> u32 {
        let number = self.next() >> 32;
        u32::try_from((number * u64::from(count)) >> 32).unwrap_or(0)
    }

    /// True in so many of a hundred cases.
    pub(super) fn percent(&mut self, share: u32) -> bool {
        self.below(100) < share
    }

    /// One of these.
    pub(super) fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        let count = u32::try_from(of.len()).unwrap_or(u32::MAX);
        of.get(usize::try_from(self.below(count)).ok()?)
    }

    /// A day of the interval, both ends included.
    pub(super) fn day(&mut self, first: Date, last: Date) -> Date {
        let days = u32::try_from((last - first).get_days()).unwrap_or(0);
        let offset = i64::from(self.below(days + 1));
        first.checked_add(jiff::Span::new().days(offset)).unwrap_or(last)
    }
}
