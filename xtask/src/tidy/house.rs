//! The house as a value: what the rules look at, free of any disk.

use super::Problem;
use super::manifest::Manifest;
use super::standards::Standards;

/// Everything the rules may ask about.
#[derive(Debug)]
pub(crate) struct House {
    pub(crate) members: Vec<Member>,
    pub(crate) files: Vec<TextFile>,
    /// All files, texts or not, by their path from the root.
    pub(crate) paths: Vec<String>,
    /// What the core drags in when it is built by itself with all its features.
    pub(crate) core_alone: Vec<Resolved>,
    pub(crate) standards: Standards,
}

/// One crate of the workspace.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) manifest: Manifest,
    pub(crate) edges: Vec<Edge>,
}

/// One dependency of a member, as cargo understands it.
#[derive(Debug)]
pub(crate) struct Edge {
    pub(crate) to: String,
    pub(crate) kind: Kind,
    pub(crate) optional: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// What ends up in the product, build scripts included.
    Shipped,
    Dev,
}

/// A package with the features that are really on.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) name: String,
    pub(crate) features: Vec<String>,
}

/// A text of the repository, by its path from the root.
#[derive(Debug)]
pub(crate) struct TextFile {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl House {
    pub(crate) fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }

    /// Returns the Rust files.
    pub(crate) fn rust(&self) -> impl Iterator<Item = &TextFile> {
        self.files.iter().filter(|file| file.path.ends_with(".rs"))
    }

    /// Returns the Rust files of which programs and libraries are made, tests that fill a file of their own left out.
    pub(crate) fn sources(&self) -> impl Iterator<Item = &TextFile> {
        let home = |path: &str| path.starts_with("crates/") || path.starts_with("xtask/");
        let test = |path: &str| path.ends_with("/tests.rs") || path.contains("/tests/");
        self.rust().filter(move |file| home(&file.path) && file.path.contains("/src/") && !test(&file.path))
    }
}

impl Member {
    /// Returns a problem at the line that declares the dependency on `to`.
    pub(crate) fn problem_at(&self, to: &str, message: impl Into<String>) -> Problem {
        Problem::new(&self.path, self.manifest.line_of(to), message)
    }
}

impl TextFile {
    /// Returns the lines with their numbers, counted from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines())
    }

    /// Returns the lines before the unit tests.
    ///
    /// Nothing hides behind them: clippy's `items_after_test_module` sees to it.
    pub(crate) fn production(&self) -> impl Iterator<Item = &str> {
        let tests = self.text.find("\n#[cfg(test)]\nmod tests {").unwrap_or(self.text.len());
        self.text[..tests].trim_end().lines()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn production_ends_where_the_unit_tests_begin() {
        let count = |text: &str| TextFile { path: String::new(), text: text.into() }.production().count();
        assert_eq!(count("//! A.\nfn a() {}\n\n#[cfg(test)]\nmod tests {\n}\n"), 2);
        assert_eq!(count("//! A.\n#[cfg(test)]\nmod fixture;\nfn a() {}\n"), 4);
    }

    #[test]
    fn sources_are_what_ships_and_the_tools() {
        let mut house = House::sound();
        let paths =
            ["crates/a/src/b.rs", "xtask/src/c.rs", "crates/a/src/b/tests.rs", "crates/a/examples/e.rs"];
        house.files = paths.map(|path| TextFile { path: path.into(), text: String::new() }).into();
        let sources: Vec<_> = house.sources().map(|file| file.path.as_str()).collect();
        assert_eq!(sources, ["crates/a/src/b.rs", "xtask/src/c.rs"]);
    }
}
