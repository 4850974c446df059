//! Arrows point down only, and the programs wire: they know neither tar nor system calls.

use super::Problem;
use super::house::{Edge, House, Kind, Member};

/// What each member may stand on, from the ground up. Who is not here has no place in the house yet.
const PLACES: &[(&str, &[&str])] = &[
    ("backup-core", &[]),
    ("backup-fs", &["backup-core"]),
    ("backup-report", &["backup-core"]),
    ("backup-notify", &["backup-core"]),
    ("backup-remote", &["backup-core"]),
    ("backup-cli", &["backup-core", "backup-fs", "backup-notify", "backup-remote", "backup-report"]),
    ("backup-daemon", &["backup-core", "backup-fs", "backup-notify", "backup-remote", "backup-report"]),
    ("backup-torture", &["backup-core", "backup-fs"]),
    ("backup-tests", &["backup-core", "backup-fs", "backup-cli", "backup-daemon", "backup-torture"]),
    ("backup-packaging", &["backup-core", "backup-cli", "backup-daemon"]),
    ("xtask", &[]),
];

const PROGRAMS: &[&str] = &["backup-cli", "backup-daemon"];
const MACHINERY: &[&str] = &["tar", "nix", "rustix"];

/// Only the allowed edges between crates of the workspace.
pub(crate) fn allowed(house: &House) -> Vec<Problem> {
    house.members.iter().flat_map(|member| upward(house, member)).collect()
}

/// The programs leave archives and system calls to the adapters.
pub(crate) fn wiring_only(house: &House) -> Vec<Problem> {
    let programs = PROGRAMS.iter().filter_map(|name| house.member(name));
    programs.flat_map(machinery).collect()
}

fn upward(house: &House, member: &Member) -> Vec<Problem> {
    let Some((_, below)) = PLACES.iter().find(|(name, _)| *name == member.name) else {
        let message =
            format!("{} has no place in the house: give it one in xtask/src/tidy/edges.rs", member.name);
        return vec![Problem::new(&member.path, 1, message)];
    };
    let ours = member.edges.iter().filter(|edge| house.member(&edge.to).is_some());
    let wrong = ours.filter(|edge| !below.contains(&edge.to.as_str()) && !tests_itself(member, edge));
    let message = |to| format!("{} may not depend on {to}: it may stand on {below:?} only", member.name);
    wrong.map(|edge| member.problem_at(&edge.to, message(&edge.to))).collect()
}

/// The core's tests use its own public testing kit.
fn tests_itself(member: &Member, edge: &Edge) -> bool {
    member.name == "backup-core" && edge.to == member.name && edge.kind == Kind::Dev
}

fn machinery(program: &Member) -> Vec<Problem> {
    let wrong = program.edges.iter().filter(|edge| MACHINERY.contains(&edge.to.as_str()));
    let message =
        |to| format!("{} wires adapters and may not use {to} itself: put it behind a port", program.name);
    wrong.map(|edge| program.problem_at(&edge.to, message(&edge.to))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rule: super::super::Rule, from: &str, kind: Kind, to: &str, sound: bool) {
        let problems = rule(&House::sound().with_edge(from, kind, to));
        assert_eq!(problems.is_empty(), sound, "{from} to {to} as {kind:?}: {problems:?}");
    }

    #[test]
    fn arrows_point_down_only() {
        for kind in [Kind::Shipped, Kind::Dev] {
            check(allowed, "backup-fs", kind, "backup-core", true);
            check(allowed, "backup-cli", kind, "backup-fs", true);
            check(allowed, "backup-daemon", kind, "backup-core", true);
            check(allowed, "backup-daemon", kind, "backup-notify", true);
            check(allowed, "backup-fs", kind, "backup-notify", false);
            check(allowed, "backup-notify", kind, "backup-fs", false);
            check(allowed, "backup-core", kind, "backup-notify", false);
            check(allowed, "backup-tests", kind, "backup-daemon", true);
            check(allowed, "backup-cli", kind, "clap", true);
            check(allowed, "backup-core", kind, "backup-fs", false);
            check(allowed, "backup-fs", kind, "backup-cli", false);
            check(allowed, "backup-cli", kind, "backup-daemon", false);
            check(allowed, "backup-daemon", kind, "backup-cli", false);
            check(allowed, "backup-fs", kind, "backup-tests", false);
            check(allowed, "xtask", kind, "backup-core", false);
            check(allowed, "backup-core", kind, "xtask", false);
        }
    }

    #[test]
    fn only_the_core_tests_itself() {
        check(allowed, "backup-core", Kind::Dev, "backup-core", true);
        check(allowed, "backup-core", Kind::Shipped, "backup-core", false);
        check(allowed, "backup-fs", Kind::Dev, "backup-fs", false);
    }

    #[test]
    fn a_newcomer_needs_a_place() {
        let mut house = House::sound();
        house.members[1].name = "backup-cloud".into();
        let problems = allowed(&house);
        assert!(problems[0].message.starts_with("backup-cloud has no place in the house"), "{problems:?}");
    }

    #[test]
    fn the_programs_leave_the_machinery_to_the_adapters() {
        for kind in [Kind::Shipped, Kind::Dev] {
            check(wiring_only, "backup-cli", kind, "tar", false);
            check(wiring_only, "backup-cli", kind, "rustix", false);
            check(wiring_only, "backup-daemon", kind, "nix", false);
            check(wiring_only, "backup-fs", kind, "tar", true);
            check(wiring_only, "backup-cli", kind, "clap", true);
        }
    }
}
