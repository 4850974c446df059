//! Reads the house from the disk and from cargo.

use std::fs;
use std::path::Path;

use cargo_metadata::{Dependency, DependencyKind, MetadataCommand, Package};

use super::house::{Edge, House, Kind, Member, Resolved, TextFile};
use super::manifest::Manifest;
use super::standards::TODAY;
use crate::command::Call;
use crate::failure::{Failure, Outcome};
use crate::repo;

pub(crate) fn house() -> Outcome<House> {
    let root = repo::root();
    let paths = walk(&root, &root)?;
    let files = texts(&root, &paths)?;
    Ok(House { members: members(&root)?, files, paths, core_alone: core_alone()?, standards: TODAY })
}

fn members(root: &Path) -> Outcome<Vec<Member>> {
    let mut command = MetadataCommand::new();
    command.current_dir(root).no_deps();
    let metadata = command.exec().map_err(Failure::doing("ask `cargo metadata`"))?;
    metadata.packages.iter().map(|package| member(root, package)).collect()
}

fn member(root: &Path, package: &Package) -> Outcome<Member> {
    let path = relative(root, package.manifest_path.as_std_path());
    let text = read(package.manifest_path.as_std_path())?;
    let manifest = Manifest::parse(&text).map_err(Failure::doing(format!("understand {path}")))?;
    let edges = package.dependencies.iter().map(edge).collect();
    Ok(Member { name: package.name.to_string(), path, manifest, edges })
}

fn edge(dependency: &Dependency) -> Edge {
    let kind = if dependency.kind == DependencyKind::Development { Kind::Dev } else { Kind::Shipped };
    Edge { to: dependency.name.clone(), kind, optional: dependency.optional }
}

/// Asks what the core is built with when nothing else of the workspace is.
fn core_alone() -> Outcome<Vec<Resolved>> {
    let tree = Call::cargo(
        "tree --package backup-core --all-features --edges normal --prefix none --format {p}|{f}",
    );
    Ok(tree.read()?.lines().filter_map(resolved).collect())
}

fn resolved(line: &str) -> Option<Resolved> {
    let (package, features) = line.split_once('|')?;
    let name = package.split(' ').next()?.to_owned();
    let features = features.trim_end_matches(" (*)").split(',').filter(|name| !name.is_empty());
    Some(Resolved { name, features: features.map(str::to_owned).collect() })
}

/// Returns all files below a folder but what git and cargo keep there, sorted, by their path from the root.
fn walk(root: &Path, folder: &Path) -> Outcome<Vec<String>> {
    let doing = || Failure::doing(format!("list {}", folder.display()));
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(doing())? {
        let entry = entry.map_err(doing())?;
        let (path, name) = (entry.path(), entry.file_name());
        if name == ".git" || name == "target" {
            continue;
        }
        if entry.file_type().map_err(doing())?.is_dir() {
            paths.append(&mut walk(root, &path)?);
        } else {
            paths.push(relative(root, &path));
        }
    }
    paths.sort();
    Ok(paths)
}

/// Reads all texts; what is in hidden folders is not ours to judge.
fn texts(root: &Path, paths: &[String]) -> Outcome<Vec<TextFile>> {
    let hidden = |path: &str| path.starts_with('.') || path.contains("/.");
    let ours = paths.iter().filter(|path| is_text(Path::new(path)) && !hidden(path));
    ours.map(|path| Ok(TextFile { path: path.clone(), text: read(&root.join(path))? })).collect()
}

fn is_text(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs" || extension == "md" || extension == "toml")
}

fn read(path: &Path) -> Outcome<String> {
    fs::read_to_string(path).map_err(Failure::doing(format!("read {}", path.display())))
}

fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_tree_becomes_a_package_with_its_features() {
        let check = |line: &str, name: &str, features: &[&str]| {
            let package = resolved(line).unwrap();
            assert_eq!(package.name, name);
            assert_eq!(package.features, features);
        };
        check("chrono v0.4.45|alloc,std", "chrono", &["alloc", "std"]);
        check("backup-core v0.1.0 (/x/y)|", "backup-core", &[]);
        check("quote v1.0.47|default,proc-macro (*)", "quote", &["default", "proc-macro"]);
        assert!(resolved("").is_none());
    }

    /// A loader that found nothing would let every rule pass.
    #[test]
    fn the_real_house_is_seen() {
        let house = house().unwrap();
        let core = house.member("backup-core").unwrap();
        assert_eq!(core.path, "crates/backup-core/Cargo.toml");
        assert!(
            core.edges.iter().any(|edge| edge.to == "chrono" && edge.kind == Kind::Shipped && !edge.optional)
        );
        assert!(core.edges.iter().any(|edge| edge.kind == Kind::Dev));
        assert!(core.manifest.line_of("chrono") > 1);
        assert!(
            house.core_alone.iter().any(|package| package.name == "chrono" && !package.features.is_empty())
        );
        assert!(house.sources().any(|file| file.path == "xtask/src/main.rs"));
        assert!(house.files.iter().any(|file| file.path == "clippy.toml"));
        for path in ["clippy.toml", "LICENSE-MIT", ".ci/run"] {
            assert!(house.paths.iter().any(|one| one == path), "{path}");
        }
        assert!(house.paths.iter().all(|path| !path.starts_with("target/") && !path.starts_with(".git/")));
        assert!(house.files.iter().all(|file| !file.path.starts_with('.')));
    }
}
