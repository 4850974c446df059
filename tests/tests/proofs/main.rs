//! The proofs at their small scale: that they can be run, and hold for what is built now.

mod untried;
mod weekend;
mod zones;
