//! What layers, memo maps, effects and runtimes do, one sentence a test.

mod stock;
mod trace;

mod building;
mod composition;
mod constructors;
mod effects;
mod errors;
mod failure;
mod graph;
mod identity;
mod keys;
mod layer_map_closing;
mod layer_map_faults;
mod layer_map_upkeep;
mod layer_maps;
mod layer_refs;
mod limits;
mod list_entries;
mod lists;
mod long_lists;
mod manners;
mod memo_map;
mod mocks;
mod recovery;
mod reentry;
mod reports;
mod requests;
mod retrying;
mod runtime;
mod schedules;
mod sendable;
mod shutdown;
mod substitution;
mod tapping;
mod transforming;
