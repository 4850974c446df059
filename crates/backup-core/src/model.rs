//! Model: the vocabulary of the core. Data, its text forms, and what follows from that data alone.
//!
//! Decisions that need the time or other facts are in `policy`.

pub mod archive;
pub mod command;
pub mod config;
pub mod destination;
pub mod encryption;
pub mod error;
pub mod event;
pub mod history;
pub mod hook;
pub mod job;
pub mod notice;
pub mod restore;
pub mod schedule;
