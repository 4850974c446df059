//! Tests that a user who isn't root has to make.

use std::env::temp_dir;
use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::tree::is_root;

/// Of nobody at all.
const NOBODY: u32 = 65_534;

/// Returns whether the test of that name has to go on, which it does where the user isn't root; root has it made once more
/// by a process of somebody else.
pub(crate) fn goes_on(test: &str) -> bool {
    if !is_root() {
        return true;
    }
    // By the kernel's own link, for where cargo has put it, another user may not look.
    let mut again = Command::new("/proc/self/exe");
    again.args(["--exact", test]).current_dir(temp_dir()).uid(NOBODY).gid(NOBODY);
    match again.output() {
        Err(error) => backup_core::testing::skipped(format_args!(
            "{test}, for root can't have it made by another user here: {error}"
        )),
        Ok(made) => {
            let said = String::from_utf8_lossy(&made.stdout).into_owned();
            assert!(made.status.success() && said.contains("1 passed"), "{said}");
        }
    }
    false
}
