//! Files stay small, and a crate's root only says what is in it.

use super::Problem;
use super::house::{House, TextFile};

/// Lines of production code, blank lines and comments included.
const MOST_LINES: usize = 300;
/// Lines of code in a file that should hold none of the logic.
const MOST_ROOT_LINES: usize = 60;

/// A file that may be longer than the others, and why.
struct Exception {
    path: &'static str,
    most_lines: usize,
    reason: &'static str,
}

const EXCEPTIONS: &[Exception] = &[];

/// How long source files are: half are no longer than the median, nine of ten no longer than the ninetieth.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Spread {
    pub(crate) median: usize,
    pub(crate) ninetieth: usize,
}

/// No source file is too long.
pub(crate) fn files(house: &House) -> Vec<Problem> {
    files_except(house, EXCEPTIONS)
}

/// No logic in `lib.rs`, `main.rs` and the roots of further programs.
pub(crate) fn roots(house: &House) -> Vec<Problem> {
    let too_long = |file: &&TextFile| code_lines(file) > MOST_ROOT_LINES;
    let message = |count| {
        format!(
            "{count} lines of code in a crate's root, {MOST_ROOT_LINES} at most: logic has rooms of its own"
        )
    };
    let roots = house.sources().filter(|file| is_root(&file.path));
    roots.filter(too_long).map(|file| Problem::new(&file.path, 1, message(code_lines(file)))).collect()
}

/// A module `a` is `a.rs`, never `a/mod.rs`.
pub(crate) fn no_mod_rs(house: &House) -> Vec<Problem> {
    let wrong = house.rust().filter(|file| file.path.ends_with("/mod.rs"));
    wrong
        .map(|file| {
            Problem::new(&file.path, 1, "name the file after its module, beside the folder: no mod.rs")
        })
        .collect()
}

pub(crate) fn spread(house: &House) -> Spread {
    let mut counts: Vec<_> = house.sources().map(|file| file.production().count()).collect();
    counts.sort_unstable();
    let at = |percent| counts.get(counts.len().saturating_sub(1) * percent / 100).copied().unwrap_or(0);
    Spread { median: at(50), ninetieth: at(90) }
}

fn files_except(house: &House, exceptions: &[Exception]) -> Vec<Problem> {
    let limit = |path: &str| {
        let exception = exceptions.iter().find(|exception| exception.path == path);
        exception.map_or(MOST_LINES, |exception| exception.most_lines)
    };
    let sizes = house.sources().map(|file| (file, file.production().count()));
    let too_long = sizes.filter(|(file, count)| *count > limit(&file.path));
    let message =
        |path, count| format!("{count} lines before its tests, {} at most: split it by nouns", limit(path));
    let long = too_long
        .map(|(file, count)| Problem::new(&file.path, limit(&file.path) + 1, message(&file.path, count)));
    long.chain(idle(house, exceptions)).collect()
}

/// An exception that nobody needs any more goes.
fn idle(house: &House, exceptions: &[Exception]) -> Vec<Problem> {
    let count =
        |path| house.sources().find(|file| file.path == path).map_or(0, |file| file.production().count());
    let idle = exceptions.iter().filter(|exception| count(exception.path) <= MOST_LINES);
    let message =
        |reason| format!("this exception to the file sizes is no longer needed ({reason}): remove it");
    idle.map(|exception| Problem::new(exception.path, 1, message(exception.reason))).collect()
}

fn is_root(path: &str) -> bool {
    path.ends_with("/src/lib.rs") || path.ends_with("/src/main.rs") || path.contains("/src/bin/")
}

fn code_lines(file: &TextFile) -> usize {
    file.production().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Exception = Exception { path: "crates/a/src/b.rs", most_lines: 310, reason: "a table" };

    fn source(lines: usize) -> String {
        format!("//! B.\n{}\n#[cfg(test)]\nmod tests {{\n}}\n", "fn b() {}\n".repeat(lines - 1))
    }

    fn check_file(lines: usize, exceptions: &[Exception], expected: usize) {
        let house = House::sound().with_file("crates/a/src/b.rs", &source(lines));
        let problems = files_except(&house, exceptions);
        assert_eq!(problems.len(), expected, "{lines} lines: {problems:?}");
    }

    #[test]
    fn a_file_holds_at_most_three_hundred_lines() {
        check_file(300, &[], 0);
        check_file(301, &[], 1);
    }

    #[test]
    fn an_exception_has_a_limit_of_its_own_and_goes_when_it_is_idle() {
        check_file(310, &[LONG], 0);
        check_file(311, &[LONG], 1);
        check_file(300, &[LONG], 1);
    }

    fn check_root(path: &str, code: usize, sound: bool) {
        let text = format!("//! A.\n\n{}{}", "// Why.\n".repeat(100), "mod b;\n".repeat(code));
        let problems = roots(&House::sound().with_file(path, &text));
        assert_eq!(problems.is_empty(), sound, "{path} with {code}: {problems:?}");
    }

    #[test]
    fn a_root_says_only_what_is_in_the_crate() {
        for path in
            ["crates/a/src/lib.rs", "crates/a/src/main.rs", "xtask/src/main.rs", "crates/a/src/bin/b.rs"]
        {
            check_root(path, 60, true);
            check_root(path, 61, false);
        }
        check_root("crates/a/src/b.rs", 61, true);
    }

    #[test]
    fn a_module_is_named_by_its_file() {
        assert_eq!(no_mod_rs(&House::sound().with_file("tests/src/kit/mod.rs", "//! Kit.\n")).len(), 1);
    }

    #[test]
    fn the_spread_counts_production_lines() {
        let mut house = House::sound();
        house.files.clear();
        assert_eq!(spread(&house), Spread { median: 0, ninetieth: 0 });
        for lines in 1..=11 {
            house = house.with_file(&format!("crates/a/src/b{lines}.rs"), &source(lines * 10));
        }
        assert_eq!(spread(&house), Spread { median: 60, ninetieth: 100 });
    }
}
