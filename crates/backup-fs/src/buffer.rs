//! Buffers for bulk data: page-aligned memory, the pipe that carries it between two threads, and where readers of it go.

pub(crate) mod aligned_buffer;
pub(crate) mod pipe;
pub(crate) mod seek;
pub(crate) mod stored_bytes;
