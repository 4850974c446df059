//! Scripts that may mount things.

use crate::finished::Finished;
use crate::home::Home;

/// Runs a script of the shell in the home, where it may mount things that nobody else sees. What it mounts is gone when
/// it ends. Returns `None` where mounting isn't allowed.
#[must_use]
pub fn with_mounts(home: &Home, script: &str) -> Option<Finished> {
    // To the root of a namespace of one's own, the folders above the home belong to nobody.
    let namespaces = ["unshare -m", "BACKUP_MANAGER_TRUST_HOME=1 unshare -rm"];
    let is_allowed = |unshare: &&&str| {
        home.sh(&format!("{unshare} sh -c 'mkdir -p probe && mount -t tmpfs none probe'")).code == Some(0)
    };
    let unshare = namespaces.iter().find(is_allowed)?;
    home.sh("rmdir probe").expect_done();
    home.write("script.sh", script);
    Some(home.sh(&format!("{unshare} sh script.sh")))
}

/// Runs a script as [`with_mounts`] does, in the folder `disk/home` on a new disk of that kind, such as `xfs`. A folder
/// `disk/docs` is beside it. `$here` is the folder that the disk is mounted in, from the file `image`.
///
/// Returns `None` where no such disk can be made and mounted, or where there is no faketime.
#[must_use]
pub fn with_disk(home: &Home, kind: &str, script: &str) -> Option<Finished> {
    let script = format!(
        "set -e
        command -v faketime >/dev/null || exit {NO_DISK}
        truncate -s 600M image
        mkfs.{kind} image >/dev/null 2>&1 || exit {NO_DISK}
        # faketime refuses to begin where a killed process of the same number left its semaphore.
        mount -t tmpfs none /dev/shm || exit {NO_DISK}
        mkdir disk
        mount -o loop image disk 2>/dev/null || exit {NO_DISK}
        here=$PWD
        trap 'cd \"$here\"; umount disk' EXIT
        mkdir disk/home disk/docs
        cd disk/home
        {script}"
    );
    with_mounts(home, &script).filter(|played| played.code != Some(NO_DISK))
}

/// What a script ends with where there is no disk for it.
const NO_DISK: i32 = 77;
