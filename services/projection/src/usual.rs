//! Who mostly records for an organization, beside its stream, so that an append looks no further.
//!
//! Nearly every event of an organization comes from one system. To find its recorder in the sets of
//! [`Recorders`](duty::recorders::Recorders) reads three cold places an event: measured, a tenth of
//! a replay. Nothing depends on what is here but time: what it does not know is looked up there.

use duty::event::check::ACCOUNTING_YEAR_MIN;

/// Longest recorder noted, in bytes; ids of systems are shorter.
const NAME_MOST: usize = 38;

/// The recorder of the last event, and for which years they are known to have recorded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usual {
    name: [u8; NAME_MOST],
    length: u8,
    /// Bit n for the n-th year from the first accounting year on.
    years: u64,
}

impl Default for Usual {
    fn default() -> Self {
        Self { name: [0; NAME_MOST], length: 0, years: 0 }
    }
}

/// It is no part of what a stream says.
impl PartialEq for Usual {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Usual {
    /// Whether it is certain that this recorder was noted for the year.
    pub(crate) fn is(&self, year: i16, recorder: &str) -> bool {
        self.years & bit(year) != 0 && self.is_by(recorder)
    }

    /// Notes who recorded an event of a year.
    pub(crate) fn note(&mut self, year: i16, recorder: &str) {
        let bytes = recorder.as_bytes();
        let Some(length) = u8::try_from(bytes.len()).ok().filter(|_| bytes.len() <= NAME_MOST)
        else {
            return;
        };
        if !self.is_by(recorder) {
            *self = Self { length, ..Self::default() };
            self.name[..bytes.len()].copy_from_slice(bytes);
        }
        self.years |= bit(year);
    }

    fn is_by(&self, recorder: &str) -> bool {
        self.name[..usize::from(self.length)] == *recorder.as_bytes()
    }
}

/// None for a year that is too far off.
fn bit(year: i16) -> u64 {
    let nth = u32::try_from(i32::from(year) - i32::from(ACCOUNTING_YEAR_MIN)).ok();
    nth.and_then(|nth| 1_u64.checked_shl(nth)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_recorder_is_known_for_the_years_they_recorded() {
        let mut usual = Usual::default();
        assert!(!usual.is(2022, "") && !usual.is(2022, "a"));
        usual.note(2022, "a");
        usual.note(2023, "a");
        assert!(usual.is(2022, "a") && usual.is(2023, "a"));
        assert!(!usual.is(2024, "a") && !usual.is(2022, "ab") && !usual.is(2022, ""));
        usual.note(2023, "ab");
        assert!(usual.is(2023, "ab") && !usual.is(2022, "ab") && !usual.is(2022, "a"));
        let long = "a".repeat(NAME_MOST + 1);
        usual.note(2023, &long);
        assert!(!usual.is(2023, &long) && usual.is(2023, "ab"));
        usual.note(2015, "ab");
        usual.note(2090, "ab");
        assert!(!usual.is(2015, "ab") && !usual.is(2090, "ab"), "looked up each time");
    }
}
