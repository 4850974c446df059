//! Compressed archives: how they are written, and how they are read again.

pub(crate) mod compressor;
mod cutter;
pub(crate) mod reader;
pub(crate) mod rewinding_reader;
pub(crate) mod seek_table;
pub(crate) mod zstd_reader;
pub(crate) mod zstd_writer;
