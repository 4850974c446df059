//! The proofs of Backup Manager: what it promises, tried at every point where a machine can fail.
//!
//! Each proof is a part that runs alone (`cargo xtask torture PART`) and prints a table: the points tried, and what was
//! wrong after them. The small scale of each runs in the tests.

mod args;
mod faults;
mod part;
mod programs;
mod report;
mod simulate;

pub use args::main;
pub use part::{Part, Scale};
pub use programs::Programs;
pub use report::{Report, Verdict};
pub use simulate::{DEFAULT_SEED, Simulate, parse_seed};
