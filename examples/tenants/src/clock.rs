//! What time it is.

use di::prelude::*;
use jiff::Timestamp;

/// Tells the time.
#[service]
pub trait Clock {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// The clock of the machine.
pub struct SystemClock;

#[service]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// Gives the clock of the machine.
#[layer(as dyn Clock)]
pub fn system_clock() -> SystemClock {
    SystemClock
}
