//! A real application of layers: an HTTP service for notes, on SQLite.
//!
//! Read [`app`] first: it is the whole wiring. Each other module is one service.

pub mod app;
pub mod audit;
pub mod clock;
pub mod config;
pub mod database;
pub mod http;
pub mod notes;
pub mod server;
