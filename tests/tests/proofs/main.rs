//! Each proof of `cargo xtask torture` on a small scale: that it runs, and that what it tries holds.

mod crowd;
mod damage;
mod errors;
mod faults;
mod kill;
mod power;
mod simulate;
mod small;
mod weekend;
mod zones;
