//! `backup_service`: makes each backup at its time.

mod args;
mod exit;
mod serve;
mod start;

pub use args::Arguments;
pub use start::main;
