//! Memory that bytes pass through: aligned buffers, and the pipe that carries them between two threads.

pub(crate) mod aligned_buffer;
pub(crate) mod pipe;
