//! What a member's Cargo.toml says in its own words, with lines: what `cargo metadata` has already resolved away.

use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

/// The parts of a manifest that the rules ask about.
#[derive(Debug)]
pub(crate) struct Manifest {
    pub(crate) package: Vec<Key>,
    pub(crate) dependencies: Vec<Key>,
    pub(crate) inherits_lints: bool,
}

/// One `name = ...` of a table.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) name: String,
    pub(crate) line: usize,
    /// It says `workspace = true`.
    pub(crate) inherited: bool,
}

type Entry<'a> = (&'a Spanned<std::borrow::Cow<'a, str>>, &'a Spanned<DeValue<'a>>);

impl Manifest {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let document = DeTable::parse(text)?;
        let root = document.get_ref();
        Ok(Self {
            package: keys(text, table(root, "package")),
            dependencies: keys(text, dependency_tables(root)),
            inherits_lints: root.get("lints").is_some_and(|lints| inherited(lints.get_ref())),
        })
    }

    /// Returns the line that declares a dependency, or the first line where it goes by another name.
    pub(crate) fn line_of(&self, dependency: &str) -> usize {
        self.dependencies.iter().find(|key| key.name == dependency).map_or(1, |key| key.line)
    }
}

/// Returns every table of dependencies, those for one platform only included.
fn dependency_tables<'a>(root: &'a DeTable<'a>) -> Vec<&'a DeTable<'a>> {
    let kinds = ["dependencies", "dev-dependencies", "build-dependencies"];
    let platforms =
        table(root, "target").into_iter().flatten().filter_map(|(_, value)| value.get_ref().as_table());
    [root]
        .into_iter()
        .chain(platforms)
        .flat_map(|place| kinds.into_iter().filter_map(|kind| table(place, kind)))
        .collect()
}

fn table<'a>(parent: &'a DeTable<'a>, name: &str) -> Option<&'a DeTable<'a>> {
    parent.get(name)?.get_ref().as_table()
}

/// Returns the keys of some tables in the order of the text.
fn keys<'a>(text: &str, tables: impl IntoIterator<Item = &'a DeTable<'a>>) -> Vec<Key> {
    let mut keys: Vec<_> = tables.into_iter().flatten().map(|entry| key(text, entry)).collect();
    keys.sort_by_key(|key| key.line);
    keys
}

fn key(text: &str, (name, value): Entry<'_>) -> Key {
    let line = 1 + text[..name.span().start].matches('\n').count();
    Key { name: name.get_ref().to_string(), line, inherited: inherited(value.get_ref()) }
}

fn inherited(value: &DeValue<'_>) -> bool {
    value.get("workspace").and_then(|flag| flag.get_ref().as_bool()).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
[package]
name = \"a\"
version.workspace = true

[dependencies]
one.workspace = true
two = \"1\"

[target.'cfg(unix)'.dev-dependencies]
three = { workspace = true, features = [\"x\"] }
four = { path = \"../four\", workspace = false }

[lints]
workspace = true
";

    #[test]
    fn keys_carry_their_lines_and_whether_they_are_inherited() {
        let manifest = Manifest::parse(TEXT).unwrap();
        let found: Vec<_> =
            manifest.dependencies.iter().map(|key| (key.name.as_str(), key.line, key.inherited)).collect();
        assert_eq!(found, [("one", 6, true), ("two", 7, false), ("three", 10, true), ("four", 11, false)]);
        let package: Vec<_> = manifest.package.iter().map(|key| (key.name.as_str(), key.inherited)).collect();
        assert_eq!(package, [("name", false), ("version", true)]);
        assert!(manifest.inherits_lints);
    }

    #[test]
    fn a_manifest_with_nothing_in_it_inherits_nothing() {
        let manifest = Manifest::parse("").unwrap();
        assert!(manifest.dependencies.is_empty() && manifest.package.is_empty() && !manifest.inherits_lints);
        assert_eq!(manifest.line_of("anything"), 1);
    }
}
