//! The rooms of a crate stand on floors, and imports point down only.

use std::collections::BTreeMap;

use super::Problem;
use super::graph::{Graph, Use};
use super::house::House;

/// Which room of a crate is on which floor.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) of: &'static str,
    /// From the ground up.
    pub(crate) floors: &'static [Floor],
    /// Rooms that must not use some other crate.
    pub(crate) barred: &'static [Barred],
}

/// Rooms of the same height: none of them imports another.
#[derive(Debug)]
pub(crate) struct Floor {
    pub(crate) name: &'static str,
    pub(crate) rooms: &'static [&'static str],
}

/// A room and the crate that it must not use.
#[derive(Debug)]
pub(crate) struct Barred {
    pub(crate) room: &'static str,
    pub(crate) from: &'static str,
}

impl Plan {
    /// Returns how high the floor of a room is, and the floor.
    fn floor(&self, room: &str) -> Option<(usize, &Floor)> {
        self.floors.iter().enumerate().find(|(_, floor)| floor.rooms.contains(&room))
    }
}

/// Imports between the rooms of a crate point down only.
pub(crate) fn down_only(house: &House) -> Vec<Problem> {
    house.standards.plans.iter().flat_map(|plan| problems(&Graph::of(house, plan.of), plan)).collect()
}

/// Returns the imports that don't point down, and the rooms without a floor.
pub(crate) fn problems(graph: &Graph, plan: &Plan) -> Vec<Problem> {
    let upward = graph.uses.iter().filter_map(|one| wrong(graph, plan, one));
    graph.unread.iter().cloned().chain(homeless(graph, plan)).chain(upward).collect()
}

fn homeless(graph: &Graph, plan: &Plan) -> Vec<Problem> {
    let mut fronts = BTreeMap::new();
    for (file, path) in graph.files.iter().enumerate() {
        if let Some(room) = graph.room(file).filter(|room| plan.floor(room).is_none()) {
            fronts.entry(room).or_insert(path);
        }
    }
    let message = |room| {
        let of = plan.of;
        format!(
            "room {room} of {of} has no floor: give it one in xtask/src/tidy/plans.rs, \
             or move it into a room that has one"
        )
    };
    fronts.into_iter().map(|(room, path)| Problem::new(path, 1, message(room))).collect()
}

fn wrong(graph: &Graph, plan: &Plan, one: &Use) -> Option<Problem> {
    let room = graph.room(one.from)?;
    let message = barred(plan, room, one).or_else(|| upward(plan, room, one))?;
    Some(Problem::new(&graph.files[one.from], one.line, message))
}

fn barred(plan: &Plan, room: &str, one: &Use) -> Option<String> {
    let first = one.path.split("::").next().filter(|_| one.outside)?;
    plan.barred.iter().find(|barred| barred.room == room && barred.from == first)?;
    Some(format!(
        "`{}`: room {room} must not use {first}; hand it what it needs from the room that calls it",
        one.path
    ))
}

fn upward(plan: &Plan, room: &str, one: &Use) -> Option<String> {
    let to = one.room.as_deref().filter(|to| *to != room)?;
    let ((height, floor), (to_height, to_floor)) = (plan.floor(room)?, plan.floor(to)?);
    let (name, to_name, path) = (floor.name, to_floor.name, &one.path);
    (to_height >= height).then(|| {
        format!(
            "`{path}`: room {room} (floor {name}) may not import room {to} (floor {to_name}), \
             imports point down only; move what is needed to a lower floor, or this code to a higher one"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::standards::Standards;
    use super::*;

    const PLAN: Plan = Plan {
        of: "a",
        floors: &[
            Floor { name: "1", rooms: &["ground"] },
            Floor { name: "2a", rooms: &["low"] },
            Floor { name: "2b", rooms: &["high", "equal"] },
        ],
        barred: &[Barred { room: "low", from: "backup_fs" }],
    };

    fn check(room: &str, text: &str, expected: &[&str]) {
        let lib = "mod ground;\nmod low;\nmod high;\nmod equal;\npub use high::Thing as Handed;\n";
        let mut house = House::sound().with_file("crates/a/src/lib.rs", lib);
        for name in ["ground", "low", "high", "equal"] {
            let text = if name == room { text } else { "pub struct Thing;\n" };
            house = house.with_file(&format!("crates/a/src/{name}.rs"), text);
        }
        house.standards = Standards { plans: &[PLAN], ..house.standards };
        let found: Vec<_> = down_only(&house).iter().map(ToString::to_string).collect();
        let begins = found.len() == expected.len()
            && found.iter().zip(expected).all(|(one, other)| one.starts_with(other));
        assert!(begins, "{room}: {text}: {found:#?}");
    }

    #[test]
    fn imports_point_down() {
        check("high", "use crate::low::Thing;\nuse crate::ground::Thing as Other;\n", &[]);
        check("low", "use crate::ground::Thing;\nuse self::inner::X;\nmod inner { pub struct X; }\n", &[]);
    }

    #[test]
    fn an_import_that_points_up_is_reported_with_both_floors() {
        let told = "crates/a/src/low.rs:2: `crate::high::Thing`: room low (floor 2a) may not \
                    import room high (floor 2b), imports point down only; move what is needed";
        check("low", "\nuse crate::high::Thing;\n", &[told]);
        check("low", "\nfn f(thing: crate::high::Thing) {}\n", &[told]);
        check("low", "\npub use crate::high::Thing;\n", &[told]);
    }

    #[test]
    fn every_way_to_write_it_is_an_import() {
        let told =
            |path| format!("crates/a/src/low.rs:1: `{path}`: room low (floor 2a) may not import room high");
        check("low", "use super::high::Thing;\n", &[&told("super::high::Thing")]);
        check("low", "use crate::high;\n", &[&told("crate::high")]);
        check("low", "use crate::{ground::Thing, high::Thing as T};\n", &[&told("crate::high::Thing")]);
        check("low", "use crate::Handed;\n", &[&told("crate::Handed")]);
        check("low", "mod inner { use super::super::high::Thing; }\n", &[&told("super::super::high::Thing")]);
    }

    #[test]
    fn equals_do_not_import_each_other() {
        let told = "crates/a/src/high.rs:1: `crate::equal::Thing`: room high (floor 2b) may not \
                    import room equal (floor 2b)";
        check("high", "use crate::equal::Thing;\n", &[told]);
    }

    #[test]
    fn tests_import_what_they_like() {
        check("low", "#[cfg(test)]\nmod tests { use crate::high::Thing; }\n", &[]);
    }

    #[test]
    fn a_room_needs_a_floor() {
        let mut house = House::sound()
            .with_file("crates/a/src/lib.rs", "mod attic;\n")
            .with_file("crates/a/src/attic.rs", "mod box_;\n")
            .with_file("crates/a/src/attic/box_.rs", "\n");
        house.standards = Standards { plans: &[PLAN], ..house.standards };
        let found = down_only(&house);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].to_string().starts_with("crates/a/src/attic.rs:1: room attic of a has no floor: give"),
            "{found:?}"
        );
    }

    #[test]
    fn a_barred_crate_is_not_used() {
        let told = "crates/a/src/low.rs:1: `backup_fs::Home`: room low must not use backup_fs;";
        check("low", "use backup_fs::Home;\n", &[told]);
        check("low", "fn f(home: &backup_fs::Home) {}\n", &[told]);
        check("high", "use backup_fs::Home;\n", &[]);
    }
}
