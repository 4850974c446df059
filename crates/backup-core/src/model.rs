//! The vocabulary: data and its text forms, no decisions.

pub mod archive;
pub mod error;
pub mod event;
pub mod history;
pub mod job;
pub mod restore;
pub mod schedule;
