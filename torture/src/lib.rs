//! The proofs of Backup Manager: what it promises, tried at every point where a machine can fail.
//!
//! Each proof is a part that runs alone (`cargo xtask torture PART`) and prints a table: the points tried, and what was
//! wrong after them. The small scale of each runs in the tests.

mod arena;
mod args;
mod budget;
mod crowd;
mod damage;
mod disk;
mod errors;
mod faults;
mod finished;
mod generations;
mod hooks;
mod kill;
mod lane;
mod part;
mod points;
mod power;
mod programs;
mod report;
mod scene;
mod sharing;
mod simulate;
mod strace;
mod tally;
mod tool;
mod unpadded;
mod weekend;
mod zones;

pub use args::main;
pub use budget::Budget;
pub use part::{Part, Scale};
pub use programs::Programs;
pub use report::{Report, Verdict};
pub use simulate::{DEFAULT_SEED, Simulate, parse_seed};
pub use weekend::prove_weekends;
pub use zones::prove_zones;
