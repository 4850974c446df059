//! A file whose sync has failed is never synced again: the kernel has dropped what it held, and would say yes.

use std::collections::BTreeSet;
use std::path::Path;

use crate::strace::{Call, calls};

/// Checks that in a log with the paths of all descriptors. Folders are synced for one entry after another, and each
/// failure is told of; they don't count.
pub(super) fn check(log: &str) -> Result<(), String> {
    let mut failed = BTreeSet::new();
    let log = if log.lines().all(is_of_one_thread) { with_thread(log) } else { log.to_owned() };
    for call in calls(&log) {
        if let Some(path) = renamed(&call) {
            failed.remove(&path);
        }
        if call.name != "fsync" && call.name != "fdatasync" {
            continue;
        }
        let Some(path) = path(&call.text) else { continue };
        if failed.contains(path) && !Path::new(path).is_dir() {
            return Err(format!("{path} was synced again after a sync that failed"));
        }
        if call.text.contains("= -1 ") {
            failed.insert(path.to_owned());
        }
    }
    Ok(())
}

/// Returns the path at which another file stands from then on.
fn renamed(call: &Call) -> Option<String> {
    let is_done = call.name == "renameat" && call.text.ends_with("= 0");
    let (folder, name) = call.text.split('<').nth(2)?.split_once(">, \"")?;
    is_done.then_some(format!("{folder}/{}", name.split('"').next()?))
}

fn path(text: &str) -> Option<&str> {
    let (_, path) = text.split_once('<')?;
    path.split_once('>').map(|(path, _)| path)
}

/// Without `-f` strace names no thread.
fn is_of_one_thread(line: &str) -> bool {
    !line.starts_with(|first: char| first.is_ascii_digit())
}

fn with_thread(log: &str) -> String {
    log.lines().map(|line| format!("1 {line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::check;

    const FAILED: &str = "fsync(5</h/backups/.docs.tar.partial>) = -1 EIO (Input/output error) (INJECTED)\n";
    const OTHER: &str = "fdatasync(5</h/logs/history.jsonl>) = 0\n";
    const AGAIN: &str = "fsync(5</h/backups/.docs.tar.partial>) = 0\n";

    const REPLACED: &str = "renameat(4</h/backups>, \".other\", 4</h/backups>, \".docs.tar.partial\") = 0\n";

    #[test]
    fn finds_a_sync_that_is_tried_again() {
        assert_eq!(check(&[FAILED, OTHER].concat()), Ok(()));
        assert_eq!(check(&[AGAIN, FAILED].concat()), Ok(()));
        assert!(check(&[FAILED, OTHER, AGAIN].concat()).is_err());
        assert_eq!(check(&[FAILED, REPLACED, AGAIN].concat()), Ok(()));
        assert!(check(&[FAILED, &REPLACED.replace("= 0", "= -1 EIO"), AGAIN].concat()).is_err());
        assert!(check(&format!("7 {FAILED}7 {AGAIN}")).is_err());
    }
}
