//! The core stands on chrono alone, and on a chrono that can't tell the time.

use super::Problem;
use super::house::{House, Kind};

const CORE: &str = "backup-core";
const GROUND: &[&str] = &["chrono"];
/// Macros: nothing of them is in the program.
const MACROS: &[&str] = &["auto_impl"];
const CLOCKS: &[&str] = &["now", "clock"];

/// The core ships with exactly the dependencies of its ground.
pub(crate) fn dependencies(house: &House) -> Vec<Problem> {
    let Some(core) = house.member(CORE) else {
        return vec![Problem::new("Cargo.toml", 1, format!("the workspace has no {CORE}"))];
    };
    let shipped = || core.edges.iter().filter(|edge| edge.kind == Kind::Shipped && !edge.optional);
    let wrong = shipped().filter(|edge| ![GROUND, MACROS].concat().contains(&edge.to.as_str()));
    let missing = GROUND.iter().filter(|name| !shipped().any(|edge| edge.to == **name));
    let too_many =
        wrong.map(|edge| core.problem_at(&edge.to, format!("the core may not depend on {}", edge.to)));
    let too_few = missing.map(|name| core.problem_at(name, format!("the core no longer depends on {name}")));
    too_many.chain(too_few).collect()
}

/// No feature of the core, not even its testing kit, gives chrono a clock.
pub(crate) fn no_clock(house: &House) -> Vec<Problem> {
    let path = house.member(CORE).map_or("Cargo.toml", |core| &core.path);
    let line = house.member(CORE).map_or(1, |core| core.manifest.line_of("chrono"));
    let Some(chrono) = house.core_alone.iter().find(|package| package.name == "chrono") else {
        return vec![Problem::new(
            path,
            line,
            "the tree of the core doesn't show chrono: nobody can say if it has a clock",
        )];
    };
    let clocks = chrono.features.iter().filter(|feature| CLOCKS.contains(&feature.as_str()));
    let message =
        |feature| format!("chrono has its feature `{feature}` in the core: `now` comes from the Clock port");
    clocks.map(|feature| Problem::new(path, line, message(feature))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::house::{Edge, Resolved};
    use super::*;

    #[test]
    fn the_core_takes_nothing_else() {
        let house = House::sound().with_edge(CORE, Kind::Shipped, "libc");
        assert_eq!(
            dependencies(&house),
            [Problem::new("crates/backup-core/Cargo.toml", 1, "the core may not depend on libc")]
        );
    }

    #[test]
    fn tests_and_optional_extras_of_the_core_are_free() {
        let mut house = House::sound().with_edge(CORE, Kind::Dev, "insta");
        house.members[0].edges.push(Edge { to: "mockall".into(), kind: Kind::Shipped, optional: true });
        assert_eq!(dependencies(&house), []);
    }

    #[test]
    fn a_core_without_its_ground_is_noticed() {
        let mut house = House::sound();
        house.members[0].edges.clear();
        assert_eq!(dependencies(&house).len(), 1);
        house.members.clear();
        assert_eq!(dependencies(&house).len(), 1);
    }

    #[test]
    fn a_clock_in_the_core_is_noticed() {
        for feature in CLOCKS {
            let mut house = House::sound();
            house.core_alone[0].features.push((*feature).into());
            let problems = no_clock(&house);
            assert!(problems[0].message.contains(&format!("`{feature}`")), "{problems:?}");
            assert_eq!((problems[0].line, problems.len()), (11, 1));
        }
    }

    #[test]
    fn a_tree_without_chrono_proves_nothing() {
        let mut house = House::sound();
        house.core_alone = vec![Resolved { name: CORE.into(), features: vec![] }];
        assert_eq!(no_clock(&house).len(), 1);
    }
}
