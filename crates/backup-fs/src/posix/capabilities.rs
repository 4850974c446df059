//! The effective capabilities of this process.

use std::fs;

/// Returns them as the kernel tells them, a bit each; none where they can't be told.
pub(crate) fn effective() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status_field(&status, "CapEff:").unwrap_or_default()
}

/// Returns a field of a process's status that is a set of bits.
pub(crate) fn status_field(status: &str, name: &str) -> Option<u64> {
    let field = status.lines().find_map(|line| line.strip_prefix(name))?;
    u64::from_str_radix(field.trim(), 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_of_the_status_is_a_set_of_bits() {
        let status = "Name:\tbackup_service\nSigBlk:\t0000000020004203\nCapEff:\t000001ffffffffff\n";
        assert_eq!(status_field(status, "CapEff:"), Some(0x1ff_ffff_ffff));
        assert_eq!(status_field(status, "SigBlk:"), Some(0x2000_4203));
        assert_eq!(status_field(status, "CapBnd:"), None);
        let own = fs::read_to_string("/proc/self/status").unwrap();
        assert_eq!(status_field(&own, "CapEff:"), Some(effective()));
    }
}
