//! Compressed archives: how they are written, and how they are read again.

pub(crate) mod archive;
pub(crate) mod draft;
pub(crate) mod press;
pub(crate) mod seek_table;
pub(crate) mod stream;
