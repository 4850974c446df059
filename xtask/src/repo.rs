//! Where the repository is.

use std::env;
use std::path::PathBuf;

/// Returns the root of the workspace that this xtask belongs to.
///
/// What cargo says at run time comes first: two checkouts may share one target folder, and then the path that was
/// compiled in can be the other one's.
pub(crate) fn root() -> PathBuf {
    let compiled_in = || env!("CARGO_MANIFEST_DIR").into();
    let xtask = env::var_os("CARGO_MANIFEST_DIR").map_or_else(compiled_in, PathBuf::from);
    xtask.parent().map_or(xtask.clone(), PathBuf::from)
}
