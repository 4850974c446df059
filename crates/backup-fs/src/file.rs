//! Files and folders that are opened once and kept open: replaced whole, locked, and appended to.

pub(crate) mod atomic_file;
pub(crate) mod dir;
pub(crate) mod given_dir;
pub(crate) mod line_file;
pub(crate) mod line_reader;
pub(crate) mod lock;
pub(crate) mod trust;
