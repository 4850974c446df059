//! Model: the vocabulary of the core, as data with its text forms. Decisions are in `policy`.

pub mod archive;
pub mod error;
pub mod event;
pub mod history;
pub mod job;
pub mod restore;
pub mod schedule;
