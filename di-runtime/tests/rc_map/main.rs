//! What keyed resources do, a module a topic. Time is paused, unless threads are what is looked at.

#[path = "../common/mod.rs"]
mod common;

mod building;
mod cancelling;
mod capacity;
mod closing;
mod cycles;
mod faults;
mod handles;
mod idling;
mod inspecting;
mod invalidating;
mod one;
mod preloading;
mod random;
mod sharing;
mod stage;
