//! The domain of Backup Manager.
pub mod backup;
pub mod due;
pub mod error;
pub mod event;
pub mod history;
pub mod manager;
pub mod ports;
pub mod run;
pub mod schedule;
pub mod service;
#[cfg(feature = "testing")]
pub mod testing;
pub mod text;
