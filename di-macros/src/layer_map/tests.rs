//! What `#[layer_map]` makes of a function.
