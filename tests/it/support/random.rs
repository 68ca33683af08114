//! Randomness that can be had again: a seed, printed by whoever draws from it.

/// A small generator (SplitMix64); its quality does not matter, that it repeats does.
pub(crate) struct Random {
    seed: u64,
    state: u64,
}

impl Random {
    /// From `DUTY_LEDGER_SEED`, or a new seed.
    pub(crate) fn from_environment() -> Self {
        let given = std::env::var("DUTY_LEDGER_SEED").ok();
        let seed = given.map_or_else(
            || uuid::Uuid::new_v4().as_u64_pair().0,
            |text| text.parse().expect("DUTY_LEDGER_SEED is a number"),
        );
        Self::new(seed)
    }

    /// From a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, state: seed }
    }

    /// What it started from.
    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// Any number.
    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).expect("below a usize")
    }
}
