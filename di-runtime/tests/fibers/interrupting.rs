//! interrupting
