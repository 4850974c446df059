//! Reaping of orphaned processes. As process 1 of a container, a service becomes the parent of all orphans.

use nix::sys::prctl::get_child_subreaper;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};

/// Returns whether the kernel makes this process the parent of orphans.
pub(crate) fn is_reaper() -> bool {
    std::process::id() == 1 || get_child_subreaper().unwrap_or(false)
}

/// Reaps the orphans that have ended, so that none stays a zombie. Call it on the main thread, which is their parent.
///
/// It never reaps a tool of a drill: each drill waits for its tools on its own thread, and `__WNOTHREAD` excludes the
/// children of other threads.
pub(crate) fn reap_orphans() {
    let flags = WaitPidFlag::WNOHANG | WaitPidFlag::__WNOTHREAD;
    while let Ok(WaitStatus::Exited(..) | WaitStatus::Signaled(..)) = waitpid(None, Some(flags)) {}
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::process::{Command, Stdio};
    use std::thread;

    use super::*;

    #[test]
    fn reaps_only_the_children_of_its_own_thread() {
        let (mut theirs, stays) = thread::scope(|scope| {
            scope
                .spawn(|| {
                    let mut theirs = Command::new("sh")
                        .args(["-c", "read x; exit 7"])
                        .stdin(Stdio::piped())
                        .spawn()
                        .unwrap();
                    drop(theirs.stdin.take());
                    let stays = Command::new("sh").args(["-c", "exit 3"]).spawn().unwrap();
                    let (theirs_id, stays_id) = (theirs.id(), stays.id());
                    until_ended(theirs_id);
                    until_ended(stays_id);
                    let ours = scope.spawn(|| {
                        let ours = Command::new("true").spawn().unwrap().id();
                        until_ended(ours);
                        reap_orphans();
                        process(ours).exists()
                    });
                    assert!(!ours.join().unwrap(), "nothing is left of an orphan");
                    (theirs, stays)
                })
                .join()
                .unwrap()
        });
        assert_eq!(theirs.wait().unwrap().code(), Some(7));
        let mut stays = stays;
        assert_eq!(stays.wait().unwrap().code(), Some(3));
    }

    fn process(id: u32) -> PathBuf {
        PathBuf::from(format!("/proc/{id}"))
    }

    /// Waits until the process is a zombie.
    fn until_ended(id: u32) {
        let stat = process(id).join("stat");
        while !std::fs::read_to_string(&stat).unwrap().contains(") Z ") {
            thread::yield_now();
        }
    }
}
