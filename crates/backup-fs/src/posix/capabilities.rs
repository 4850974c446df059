//! The effective Linux capabilities of this process.

use std::fs;

/// Returns the effective capabilities, one bit each. If the kernel doesn't tell them, there are none.
pub(crate) fn effective() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status_field(&status, "CapEff:").unwrap_or_default()
}

/// Returns a field of `/proc/PID/status` that holds a set of bits.
pub(crate) fn status_field(status: &str, name: &str) -> Option<u64> {
    let field = status.lines().find_map(|line| line.strip_prefix(name))?;
    u64::from_str_radix(field.trim(), 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_bit_fields_of_the_process_status() {
        let status = "Name:\tbackup_service\nSigBlk:\t0000000020004203\nCapEff:\t000001ffffffffff\n";
        assert_eq!(status_field(status, "CapEff:"), Some(0x1ff_ffff_ffff));
        assert_eq!(status_field(status, "SigBlk:"), Some(0x2000_4203));
        assert_eq!(status_field(status, "CapBnd:"), None);
        let own = fs::read_to_string("/proc/self/status").unwrap();
        assert_eq!(status_field(&own, "CapEff:"), Some(effective()));
    }
}
