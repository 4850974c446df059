//! The processes of a group, as the kernel lists them.

use std::fs;

/// Returns whether a process of a group is still alive. Processes that this user can't see don't count.
///
/// `kill` can't tell: the leader of the group is a zombie until it is reaped, and counts there.
pub(super) fn has_living_members(group: u32) -> bool {
    let Ok(processes) = fs::read_dir("/proc") else { return true };
    let mut stats = processes
        .flatten()
        .filter(|process| process.file_name().as_encoded_bytes().first().is_some_and(u8::is_ascii_digit));
    stats
        .any(|process| fs::read(process.path().join("stat")).is_ok_and(|stat| is_living_member(&stat, group)))
}

/// Reads `PID (NAME) STATE PPID PGRP ...`. The name may contain anything.
fn is_living_member(stat: &[u8], group: u32) -> bool {
    let behind_name = stat.iter().rposition(|byte| *byte == b')').map(|end| &stat[end + 1..]);
    let fields = behind_name.and_then(|fields| str::from_utf8(fields).ok()).unwrap_or_default();
    let fields: Vec<_> = fields.split_ascii_whitespace().take(3).collect();
    matches!(fields[..], [state, _, pgrp] if !["Z", "X"].contains(&state) && pgrp.parse() == Ok(group))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_members_of_a_group_are_recognised() {
        let cases: [(&[u8], bool); 6] = [
            (b"12 (sleep) S 1 42 42 0", true),
            (b"12 (a) Z 1 41 (b)) R 1 42 42 0", true),
            (b"12 (\xff\xfe) D 1 42 42 0", true),
            (b"42 (sh) Z 1 42 42 0", false),
            (b"12 (sleep) S 42 43 42 0", false),
            (b"", false),
        ];
        for (stat, expected) in cases {
            assert_eq!(is_living_member(stat, 42), expected, "{}", stat.escape_ascii());
        }
    }

    #[test]
    fn this_process_is_found() {
        let group = rustix::process::getpgrp().as_raw_nonzero().get();
        assert!(has_living_members(u32::try_from(group).unwrap()));
        assert!(!has_living_members(u32::MAX));
    }
}
