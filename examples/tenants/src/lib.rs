//! A real application of layers: an HTTP service for notes, on SQLite.

pub mod audit;
pub mod clock;
pub mod config;
pub mod database;
pub mod notes;
