//! Memory that bytes pass through: aligned blocks, and the pipe of blocks between two threads.

pub(crate) mod aligned_buffer;
pub(crate) mod pipe;
