//! Buffers for bulk data: page-aligned memory, and the pipe that carries it between two threads.

pub(crate) mod aligned_buffer;
pub(crate) mod pipe;
