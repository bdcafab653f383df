//! The atomics and locks of a fiber's signal and of admission. The model checks of both put their own in this place.

pub(super) use std::sync::Mutex;
pub(super) use std::sync::atomic::{AtomicU16, Ordering};

pub(super) use crate::lock;
