//! Each proof of `cargo xtask torture` on a small scale: that it runs, and that what it tries holds.

mod crowd;
mod damage;
mod errors;
mod kill;
mod small;
mod untried;
mod weekend;
mod zones;
