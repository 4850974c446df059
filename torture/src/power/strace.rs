//! System calls that change a disk: where they are, and how to stop a program at one of them.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// Calls that change a file system. An `openat` is one when it may make a file, and an `ioctl` when it shares blocks.
const MUTATING: &[&str] = &[
    "openat",
    "write",
    "writev",
    "pwrite64",
    "pwritev",
    "pwritev2",
    "copy_file_range",
    "ioctl",
    "sendfile",
    "splice",
    "fsync",
    "fdatasync",
    "sync_file_range",
    "syncfs",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "symlinkat",
    "unlink",
    "unlinkat",
    "rmdir",
    "truncate",
    "ftruncate",
    "fallocate",
    "mkdir",
    "mkdirat",
    "fchmod",
    "fchmodat",
    "fchown",
    "fchownat",
    "utimensat",
    "fsetxattr",
];

/// A mutating call of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Point {
    /// Its name.
    pub(super) call: String,
    /// Which one of that name it is, from 1, among those that touch the traced paths.
    pub(super) number: usize,
    /// What stands between the parentheses.
    pub(super) arguments: String,
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.call, self.number)
    }
}

/// From which side of a call the power is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Before,
    After,
}

impl Side {
    pub(super) const ALL: [Self; 2] = [Self::Before, Self::After];

    /// SIGKILL keeps a call that has not begun from being made; any other signal comes once it was made. The programs hold
    /// most signals back, but not SIGSYS.
    fn signal(self) -> &'static str {
        match self {
            Self::Before => "KILL",
            Self::After => "SYS",
        }
    }
}

/// A call that asks the kernel to write soon, which it may do or not. Where it does, at once, a missing sync doesn't show.
const ADVICE: &str = "fadvise64";

/// Returns the arguments for strace that trace the mutating calls on those paths into a file, and let the kernel hear no
/// advice.
pub(super) fn tracing(paths: &[PathBuf], trace: &Path) -> Vec<String> {
    let calls = MUTATING.iter().chain([&ADVICE]).map(|call| format!("?{call}")).collect::<Vec<_>>().join(",");
    let mut arguments = vec!["-f".into(), "-y".into(), "-o".into(), trace.display().to_string()];
    arguments.extend(["-e".into(), format!("trace={calls}")]);
    arguments.extend(["-e".into(), format!("inject=?{ADVICE}:retval=0")]);
    arguments.extend(paths.iter().flat_map(|path| ["-P".into(), path.display().to_string()]));
    arguments
}

/// Returns the arguments for strace that end the program at a point.
pub(super) fn killing(point: &Point, side: Side) -> [String; 2] {
    inject(point, &format!("signal={}", side.signal()))
}

/// Returns the arguments for strace that make a call succeed without being made, and those of its name behind it where
/// told. No other call of that name can be tampered with at the same time.
pub(super) fn muting((point, and_all_behind): (&Point, bool)) -> [String; 2] {
    let [option, mut injection] = inject(point, "retval=0");
    if and_all_behind {
        injection.push('+');
    }
    [option, injection]
}

fn inject(point: &Point, what: &str) -> [String; 2] {
    ["-e".into(), format!("inject={}:{what}:when={}", point.call, point.number)]
}

/// Reads the mutating calls out of a trace, in the order in which they began. strace counts those of each thread.
pub(super) fn points(trace: &str) -> Vec<Point> {
    let mut counts = HashMap::<(&str, &str), usize>::new();
    let calls = trace.lines().filter_map(|line| {
        let (thread, rest) = line.split_once(' ')?;
        let (call, arguments) = rest.trim_start().split_once('(')?;
        let count = counts.entry((thread, call)).or_default();
        *count += 1;
        is_mutating(call, arguments).then(|| Point {
            call: call.into(),
            number: *count,
            arguments: arguments.into(),
        })
    });
    calls.collect()
}

fn is_mutating(call: &str, arguments: &str) -> bool {
    MUTATING.contains(&call)
        && match call {
            "openat" => arguments.contains("O_CREAT"),
            "ioctl" => arguments.contains("FICLONE"),
            _ => true,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_of_a_trace() {
        let trace = "\
7 openat(AT_FDCWD</>, \"/h/backups\", O_RDONLY|O_CLOEXEC) = 4</h/backups>
7 openat(4</h/backups>, \".docs.tar.partial\", O_RDWR|O_CREAT|O_EXCL, 0600) = 5</h/backups/.docs.tar.partial>
8 fsync(9</h/other>) = 0
7 fsync(5</h/backups/.docs.tar.partial> <unfinished ...>
8 +++ exited with 0 +++
7 <... fsync resumed>) = 0
7 ioctl(5</h/backups/.docs.tar.partial>, TCGETS, 0x7) = -1 ENOTTY (Inappropriate ioctl for device)
7 ioctl(5</h/backups/.docs.tar.partial>, FICLONERANGE, {src_fd=6</h/backups/docs.tar>}) = 0
7 fsync(4</h/backups>) = 0
7 +++ exited with 0 +++
";
        let points = points(trace);
        let names: Vec<_> = points.iter().map(ToString::to_string).collect();
        assert_eq!(names, ["openat 2", "fsync 1", "fsync 1", "ioctl 2", "fsync 2"]);
        assert!(points[4].arguments.starts_with("4</h/backups>"));
        assert_eq!(killing(&points[4], Side::After), ["-e", "inject=fsync:signal=SYS:when=2"]);
    }
}
