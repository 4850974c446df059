//! What all members share stands in the root manifest and nowhere else.

use super::Problem;
use super::house::{House, Member};
use super::manifest::Key;

const SHARED: &[&str] = &["version", "edition", "rust-version", "license"];

/// Versions stand in the root manifest only.
pub(crate) fn versions(house: &House) -> Vec<Problem> {
    house.members.iter().flat_map(own_versions).collect()
}

/// Every member has the lints of the workspace.
pub(crate) fn lints(house: &House) -> Vec<Problem> {
    let without = house.members.iter().filter(|member| !member.manifest.inherits_lints);
    without.map(|member| Problem::new(&member.path, 1, "add `[lints]` with `workspace = true`")).collect()
}

fn own_versions(member: &Member) -> Vec<Problem> {
    let problem = |key: &Key, place: &str| {
        let message =
            format!("write `{0}.workspace = true`: what {0} is stands in {place} of the root", key.name);
        Problem::new(&member.path, key.line, message)
    };
    let own = |key: &&Key| !key.inherited;
    let shared = member.manifest.package.iter().filter(|key| SHARED.contains(&key.name.as_str()));
    let package = shared.filter(own).map(|key| problem(key, "[workspace.package]"));
    // A crate that depends on itself has no version to share.
    let others = member.manifest.dependencies.iter().filter(|key| key.name != member.name);
    let dependencies = others.filter(own);
    package.chain(dependencies.map(|key| problem(key, "[workspace.dependencies]"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rule: super::super::Rule, replace: &str, by: &str, expected_lines: &[usize]) {
        let house = House::sound().with_manifest("backup-core", replace, by);
        let problems = rule(&house);
        let lines: Vec<_> = problems.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, expected_lines, "{problems:?}");
        assert!(problems.iter().all(|problem| problem.file == "crates/backup-core/Cargo.toml"));
    }

    #[test]
    fn versions_stand_in_the_root_only() {
        check(versions, "chrono.workspace = true", "chrono = \"0.4\"", &[11]);
        check(versions, "chrono.workspace = true", "chrono = { version = \"0.4\", features = [] }", &[11]);
        check(versions, "chrono.workspace = true", "chrono = { workspace = true, features = [] }", &[]);
        check(versions, "[dependencies]", "[dev-dependencies]\ninsta = \"1\"\n\n[dependencies]", &[10]);
        check(versions, "version.workspace = true\n", "version = \"9.9.9\"\n", &[3, 5]);
    }

    #[test]
    fn lints_come_from_the_root() {
        check(lints, "[lints]\nworkspace = true", "", &[1]);
        check(lints, "[lints]\nworkspace = true", "[lints.rust]\nunsafe_code = \"forbid\"", &[1]);
    }
}
