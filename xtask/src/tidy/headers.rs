//! Whoever opens a file reads first what it is for.

use super::Problem;
use super::house::{House, TextFile};

/// Every Rust file begins with a `//!` line.
pub(crate) fn present(house: &House) -> Vec<Problem> {
    let without = house.rust().filter(|file| !is_build_script(file) && !has_header(file));
    without
        .map(|file| Problem::new(&file.path, 1, "begin with one `//!` line that says what this file is for"))
        .collect()
}

fn is_build_script(file: &TextFile) -> bool {
    file.path.ends_with("/build.rs") && !file.path.contains("/src/")
}

fn has_header(file: &TextFile) -> bool {
    let first = file.text.lines().next().unwrap_or_default();
    first.strip_prefix("//!").is_some_and(|words| !words.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, text: &str, sound: bool) {
        let problems = present(&House::sound().with_file(path, text));
        assert_eq!(problems.is_empty(), sound, "{path}: {text:?}: {problems:?}");
    }

    #[test]
    fn a_file_says_what_it_is_for() {
        check("crates/a/src/b.rs", "//! Holds b.\n", true);
        check("tests/tests/end.rs", "//! From end to end.\nfn main() {}\n", true);
        check("crates/a/src/b.rs", "fn b() {}\n", false);
        check("tests/tests/end.rs", "// Not a header.\n", false);
        check("crates/a/src/b.rs", "//!\nfn b() {}\n", false);
        check("crates/a/src/b.rs", "\n//! Too late.\n", false);
        check("crates/a/src/b.rs", "", false);
        check("crates/a/build.rs", "fn main() {}\n", true);
        check("crates/a/src/build.rs", "fn main() {}\n", false);
        check("README.md", "# No Rust\n", true);
    }
}
