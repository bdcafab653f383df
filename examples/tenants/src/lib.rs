//! A real application of layers: an HTTP service for the notes of many tenants, each on a SQLite database of its own.
//!
//! Read [`app`] first: it is the whole wiring, and says what there is once and what there is for each tenant. Each other
//! module is one service.

pub mod app;
pub mod audit;
pub mod clock;
pub mod config;
pub mod database;
pub mod http;
pub mod imports;
pub mod maintenance;
pub mod notes;
pub mod requests;
pub mod server;
pub mod tenant;
