//! Chance: the factors of jittered delays.

use std::hash::{BuildHasher, RandomState};

/// A sequence of numbers that look random, and follow from the first state (SplitMix64).
#[derive(Clone, Debug)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// One that nobody can tell beforehand; the standard library draws such numbers for its hash maps.
    pub(super) fn random() -> Self {
        Self(RandomState::new().hash_one(0))
    }

    /// A factor from 0.8 to 1.2.
    pub(super) fn factor(&mut self) -> f64 {
        // The upper 53 bits are as many as fit into an `f64`.
        0.8 + 0.4 * (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
