//! Tasks and threads that do what they like at one time.

use super::numbers::Random;

pub async fn round(_random: Random, _operations: usize, _threads: bool) {}
