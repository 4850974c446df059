//! The temporary names of entries that are being created.

use std::ffi::{CStr, CString};

use backup_core::text::hex;
use sha2::{Digest, Sha256};

/// The prefix of temporary names. Each one is derived from the final name, so that another attempt finds the
/// leftovers of this one.
const TEMPORARY: &str = ".restoring-";

const DIGEST_BYTES: usize = 8;

/// Returns whether a name has the form of a [`temporary_name`].
pub(super) fn is_temporary(name: &CStr) -> bool {
    let digits = name.to_bytes().strip_prefix(TEMPORARY.as_bytes());
    let is_digit = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
    digits.is_some_and(|digits| digits.len() == 2 * DIGEST_BYTES && digits.iter().all(is_digit))
}

/// Returns the temporary name of an entry.
pub(super) fn temporary_name(name: &CStr) -> CString {
    let digest = Sha256::digest(name.to_bytes());
    let digits = hex(&digest[..DIGEST_BYTES]);
    CString::new(format!("{TEMPORARY}{digits}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temporary_names_are_known() {
        for name in [c"a", c"", c".restoring-0123456789abcdef"] {
            assert!(is_temporary(&temporary_name(name)), "{name:?}");
        }
    }
}
