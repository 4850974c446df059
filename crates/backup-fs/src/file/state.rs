//! State: numbers that tell whether a file may have changed since it was read.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, SystemTime};

/// How old the last change of a file must be, so that the next change is sure to get other times. The coarsest disks count
/// time in steps of two seconds.
const SETTLED_AFTER: Duration = Duration::from_secs(3);

/// Returns what identifies this state of the file. If it was changed just now, the next change may come within the same
/// tick of the disk's clock, and nothing identifies the state.
pub(crate) fn state(file: &Metadata, now: SystemTime) -> Option<[u64; 8]> {
    let changed = SystemTime::UNIX_EPOCH
        + Duration::from_secs(u64::try_from(file.ctime()).unwrap_or(u64::from(u32::MAX)));
    let is_settled = |time: SystemTime| now.duration_since(time).is_ok_and(|age| age >= SETTLED_AFTER);
    let is_old = is_settled(changed) && file.modified().is_ok_and(is_settled);
    let times = [file.mtime(), file.mtime_nsec(), file.ctime(), file.ctime_nsec()].map(i64::cast_unsigned);
    let [modified, modified_nanoseconds, changed, changed_nanoseconds] = times;
    is_old.then_some([
        file.dev(),
        file.ino(),
        file.nlink(),
        file.size(),
        modified,
        modified_nanoseconds,
        changed,
        changed_nanoseconds,
    ])
}
