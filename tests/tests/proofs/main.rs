//! The proofs at their small scale: what `cargo xtask torture` tries in full.

mod faults;
mod simulate;
