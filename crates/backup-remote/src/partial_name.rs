//! Partial name: the name of a file that becomes an object once it is whole.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

const MARK: &str = ".partial-";

/// Returns a new name beside the path `path`: no object can have it, and its upload can be found again by it.
pub(crate) fn beside(path: &str) -> String {
    // Each state has keys of its own, which come from the system's random numbers.
    let unique = RandomState::new().build_hasher().finish();
    let (folder, name) = path.rsplit_once('/').map_or(("", path), |(folder, name)| (folder, name));
    let slash = if folder.is_empty() { "" } else { "/" };
    format!("{folder}{slash}.{name}{MARK}{:08x}", unique & 0xffff_ffff)
}

/// Returns the name of the object that a file of this name was to become, if it is such a file.
pub(crate) fn object_of(file_name: &str) -> Option<&str> {
    let (name, unique) = file_name.strip_prefix('.')?.rsplit_once(MARK)?;
    let is_ours = unique.len() == 8 && unique.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_ours.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partial_name_tells_its_object_and_no_other_name_does() {
        let partial = beside("docs/a.tar");
        let (folder, name) = partial.rsplit_once('/').unwrap();
        assert_eq!((folder, object_of(name)), ("docs", Some("a.tar")));
        assert_eq!(object_of(&beside("a.tar")), Some("a.tar"));
        assert_ne!(beside("a.tar"), beside("a.tar"));
        for other in ["a.tar", ".a.tar", "a.partial-00000000", ".a.partial-0", ".a.partial-0000000g"] {
            assert_eq!(object_of(other), None, "{other}");
        }
    }
}
