//! Houses for the tests of the rules: a sound one to spoil in one place, and one where nothing is right.

use super::house::{Edge, House, Kind, Member, Resolved, TextFile};
use super::manifest::Manifest;
use super::plans::PLANS;
use super::standards::{Standards, TODAY};

const MANIFEST: &str = "\
[package]
name = \"a\"
version.workspace = true
edition.workspace = true
rust-version.workspace = true
license.workspace = true
publish.workspace = true

[dependencies]
# The only thing the core stands on.
chrono.workspace = true

[lints]
workspace = true
";

impl House {
    pub(crate) fn sound() -> Self {
        let names = [
            "backup-core",
            "backup-fs",
            "backup-report",
            "backup-notify",
            "backup-remote",
            "backup-cli",
            "backup-daemon",
            "backup-torture",
            "backup-tests",
            "xtask",
        ];
        let files = [
            ("crates/backup-core/src/lib.rs", "//! The core.\n"),
            ("README.md", "# A\n"),
            ("clippy.toml", "a = 1\n"),
        ];
        let files = files.map(|(path, text)| TextFile { path: path.into(), text: text.into() });
        let chrono = Resolved { name: "chrono".into(), features: vec!["std".into()] };
        let house = Self {
            members: names.map(member).into(),
            paths: files.iter().map(|file| file.path.clone()).collect(),
            files: files.into(),
            core_alone: vec![chrono],
            standards: Standards { plans: &[], acyclic: &[], nameless: &[], namers: &[], ..TODAY },
        };
        house.with_edge("backup-core", Kind::Shipped, "chrono")
    }

    pub(crate) fn ruined() -> Self {
        let mut house = Self::sound()
            .with_edge("backup-core", Kind::Shipped, "backup-fs")
            .with_edge("backup-cli", Kind::Shipped, "tar")
            .with_manifest("backup-fs", "chrono.workspace = true", "chrono = \"1\"")
            .with_manifest("backup-cli", "[lints]\nworkspace = true", "")
            .with_file("crates/a/src/lib.rs", &"fn a() {} \n".repeat(301))
            .with_file("tests/src/kit/mod.rs", "#[allow(dead_code)]\nfn a() {}\n");
        house = house
            .with_file("crates/backup-fs/src/lib.rs", "//! A.\nmod file;\nmod store;\n")
            .with_file("crates/backup-fs/src/file.rs", "//! A.\nuse crate::store::B;\npub struct A;\n")
            .with_file("crates/backup-fs/src/store.rs", "//! B.\nuse crate::file::A;\npub struct B;\n");
        house = house
            .with_file("crates/backup-core/src/hint.rs", "//! H.\nconst H: &str = \"backup_manager\";\n");
        house = house.with_file("docs/page.md", "# A\n\n[b](b.md)\n");
        house.standards = Standards {
            plans: PLANS,
            acyclic: &["backup-fs"],
            nameless: &["backup-core"],
            namers: &[],
            ..house.standards
        };
        house.core_alone[0].features.push("clock".into());
        house
    }

    pub(crate) fn with_edge(mut self, from: &str, kind: Kind, to: &str) -> Self {
        let member = self.members.iter_mut().find(|member| member.name == from).unwrap();
        member.edges.push(Edge { to: to.into(), kind, optional: false });
        self
    }

    pub(crate) fn with_file(mut self, path: &str, text: &str) -> Self {
        self.paths.push(path.into());
        self.files.push(TextFile { path: path.into(), text: text.into() });
        self
    }

    /// Adds a file that is no text.
    pub(crate) fn with_path(mut self, path: &str) -> Self {
        self.paths.push(path.into());
        self
    }

    /// Gives a member the fixture's manifest with one part of it replaced.
    pub(crate) fn with_manifest(mut self, name: &str, replace: &str, by: &str) -> Self {
        assert!(MANIFEST.contains(replace), "{replace:?} is not in the fixture");
        let member = self.members.iter_mut().find(|member| member.name == name).unwrap();
        member.manifest = Manifest::parse(&MANIFEST.replace(replace, by)).unwrap();
        self
    }
}

fn member(name: &str) -> Member {
    let path = format!("crates/{name}/Cargo.toml");
    Member { name: name.into(), path, manifest: Manifest::parse(MANIFEST).unwrap(), edges: Vec::new() }
}
