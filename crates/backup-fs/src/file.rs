//! Files and folders that stay open: atomic replacement, locks, append-only files, and checks of owner and mode.

pub(crate) mod atomic_file;
pub(crate) mod dir;
pub(crate) mod given_dir;
pub(crate) mod line_file;
pub(crate) mod line_reader;
pub(crate) mod lock;
pub(crate) mod state;
pub(crate) mod trust;
