//! Member path: splits the path of an archive member, and refuses unsafe paths.

use crate::model::restore::finding::Refusal;

/// The maximum number of names in a path, so that a malicious archive can't use up memory.
///
/// A backup of a deeper tree is incomplete.
pub const MAX_COMPONENTS: usize = 65_536;

/// Returns the names in the path of a member, beginning with the archive's topmost one.
///
/// Empty names and `.` are skipped, so `./docs//a` is the same as `docs/a`.
///
/// # Errors
/// - [`Refusal::Absolute`]: the path begins with `/`.
/// - [`Refusal::LeadsUp`]: a name is `..`.
/// - [`Refusal::Nameless`]: there is no name, or the path contains a NUL byte, which no file name can contain.
/// - [`Refusal::TooDeep`]: there are more than [`MAX_COMPONENTS`] names.
pub fn components(path: &[u8]) -> Result<Vec<&[u8]>, Refusal> {
    if path.starts_with(b"/") {
        return Err(Refusal::Absolute);
    }
    let names: Vec<&[u8]> =
        path.split(|byte| *byte == b'/').filter(|name| !name.is_empty() && *name != b".").collect();
    match () {
        () if names.contains(&&b".."[..]) => Err(Refusal::LeadsUp),
        () if names.is_empty() || path.contains(&0) => Err(Refusal::Nameless),
        () if names.len() > MAX_COMPONENTS => Err(Refusal::TooDeep),
        () => Ok(names),
    }
}

/// Returns whether the path of a member is the current folder: `.`, `./` and the like.
#[must_use]
pub fn is_current_folder(path: &[u8]) -> bool {
    path.starts_with(b".") && path.split(|byte| *byte == b'/').all(|name| matches!(name, b"" | b"."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &[u8], expected: Result<&[&str], Refusal>) {
        let expected = expected.map(|names| names.iter().map(|name| name.as_bytes()).collect());
        assert_eq!(components(path), expected, "{}", path.escape_ascii());
    }

    #[test]
    fn a_member_is_below_the_target_or_refused() {
        check(b"docs", Ok(&["docs"]));
        check(b"docs/", Ok(&["docs"]));
        check(b"docs/a/b", Ok(&["docs", "a", "b"]));
        check(b"./docs//a/.", Ok(&["docs", "a"]));
        check(b"docs/...", Ok(&["docs", "..."]));
        check(b"docs/a\nb", Ok(&["docs", "a\nb"]));
        check(b"/docs", Err(Refusal::Absolute));
        check(b"//docs", Err(Refusal::Absolute));
        check(b"/", Err(Refusal::Absolute));
        check(b"..", Err(Refusal::LeadsUp));
        check(b"../docs", Err(Refusal::LeadsUp));
        check(b"docs/../..", Err(Refusal::LeadsUp));
        check(b"docs/..", Err(Refusal::LeadsUp));
        check(b"", Err(Refusal::Nameless));
        check(b".", Err(Refusal::Nameless));
        check(b"./", Err(Refusal::Nameless));
        check(b"docs/a\0b", Err(Refusal::Nameless));
    }

    #[test]
    fn the_current_folder_has_no_names() {
        for path in [".", "./", "./.", ".//./"] {
            assert!(is_current_folder(path.as_bytes()), "{path}");
        }
        for path in ["", "/", "..", "./..", "./a", ".a", "a/."] {
            assert!(!is_current_folder(path.as_bytes()), "{path}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let deep = |names: usize| "a/".repeat(names);
        assert_eq!(components(deep(MAX_COMPONENTS).as_bytes()).map(|names| names.len()), Ok(MAX_COMPONENTS));
        assert_eq!(components(deep(MAX_COMPONENTS + 1).as_bytes()), Err(Refusal::TooDeep));
    }
}
