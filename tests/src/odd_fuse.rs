//! Disks whose answers don't fit their contents.

use crate::home::Home;

/// Returns the lines of a script, for [`with_mounts`](crate::with_mounts), that mount a FUSE disk at a folder of the
/// home, as `odd_fuse.py` describes it. The number of its server is in `$fuse`. The script ends with the code
/// [`NO_FUSE`] where there is no FUSE.
#[must_use]
pub fn odd_fuse(home: &Home, folder: &str, spec: &str) -> String {
    home.write("odd_fuse.py", include_str!("odd_fuse.py"));
    home.write("odd_fuse.json", spec);
    format!(
        "mkdir -p {folder}; rm -f fuse_ready; python3 odd_fuse.py {folder} odd_fuse.json fuse_ready >/dev/null 2>&1 & fuse=$!
        until [ -e fuse_ready ]; do kill -0 $fuse || exit {NO_FUSE}; done\n"
    )
}

/// What a script ends with where FUSE can't be used.
pub const NO_FUSE: i32 = 77;
