//! Files that need each other in a circle can only be understood together, so there is none.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Problem;
use super::graph::Graph;
use super::house::House;
use super::standards::Exemption;

/// Files that all lead to each other.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Circle {
    /// All of them, by path.
    pub(crate) files: BTreeSet<usize>,
    /// The shortest way round.
    pub(crate) way: Vec<usize>,
}

/// The first mention of one file in another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step<'a> {
    pub(crate) line: usize,
    pub(crate) path: &'a str,
}

/// Which file leads to which.
pub(crate) type Steps<'a> = BTreeMap<usize, BTreeMap<usize, Step<'a>>>;

/// No circle among the files of a crate.
pub(crate) fn none(house: &House) -> Vec<Problem> {
    let check = |name: &&str| problems(&Graph::of(house, name), house.standards.exempt);
    house.standards.acyclic.iter().flat_map(check).collect()
}

/// Returns who leads to whom. Handing a name on (`pub use`) needs nothing of the file that defines it.
pub(crate) fn steps<'a>(graph: &'a Graph, exempt: &[Exemption]) -> Steps<'a> {
    let is_exempt = |file: usize| exempt.iter().any(|one| graph.files[file].starts_with(one.path));
    let mut steps = Steps::new();
    for one in graph.uses.iter().filter(|one| !one.reexport) {
        for to in one.to.iter().filter(|to| !is_exempt(**to)) {
            let step = Step { line: one.line, path: &one.path };
            steps.entry(one.from).or_default().entry(*to).or_insert(step);
        }
    }
    steps
}

/// Returns each group of files that lead to each other, once.
pub(crate) fn circles(steps: &Steps<'_>) -> Vec<Circle> {
    let reached: BTreeMap<_, _> = steps.keys().map(|file| (*file, reachable(steps, *file))).collect();
    let leads = |from: &usize, to: &usize| reached.get(from).is_some_and(|files| files.contains(to));
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for file in steps.keys().filter(|file| leads(file, file)) {
        if seen.insert(*file) {
            let files: BTreeSet<_> =
                reached[file].iter().copied().filter(|other| leads(other, file)).collect();
            seen.extend(&files);
            let ways = files.iter().filter_map(|start| way_round(steps, *start));
            found.extend(ways.min_by_key(Vec::len).map(|way| Circle { files, way }));
        }
    }
    found
}

fn problems(graph: &Graph, exempt: &[Exemption]) -> Vec<Problem> {
    let steps = steps(graph, exempt);
    let circles = circles(&steps).into_iter().map(|circle| {
        let (first, second) = (circle.way[0], circle.way[1]);
        let message = format!("{} (move what they share into a file of its own)", told(graph, &circle));
        Problem::new(&graph.files[first], steps[&first][&second].line, message)
    });
    graph.unread.iter().cloned().chain(circles).collect()
}

/// Says the way round, and which other files belong to the same circle.
pub(crate) fn told(graph: &Graph, circle: &Circle) -> String {
    let names = |files: &mut dyn Iterator<Item = usize>, between: &str| {
        files.map(|file| graph.short(file)).collect::<Vec<_>>().join(between)
    };
    let way = names(&mut circle.way.iter().copied(), " -> ");
    let mut others = circle.files.iter().copied().filter(|file| !circle.way.contains(file));
    match circle.files.len() + 1 - circle.way.len() {
        0 => format!("a circle of files: {way}"),
        more => format!("a circle of files: {way}; {more} more in it: {}", names(&mut others, ", ")),
    }
}

fn reachable(steps: &Steps<'_>, from: usize) -> BTreeSet<usize> {
    let (mut found, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(file) = next.pop() {
        next.extend(steps.get(&file).into_iter().flat_map(BTreeMap::keys).filter(|to| found.insert(**to)));
    }
    found
}

/// Returns the shortest way from a file back to it, with the file at both ends.
fn way_round(steps: &Steps<'_>, start: usize) -> Option<Vec<usize>> {
    let mut ways = VecDeque::from([vec![start]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        let last = way.last().expect("a way has a start");
        for to in steps.get(last).into_iter().flat_map(BTreeMap::keys).filter(|to| seen.insert(**to)) {
            let longer = [way.as_slice(), &[*to]].concat();
            if *to == start {
                return Some(longer);
            }
            ways.push_back(longer);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::standards::Standards;
    use super::*;

    fn check(files: &[(&str, &str)], expected: &[&str]) {
        let mut house = files.iter().fold(House::sound(), |house, (path, text)| {
            house.with_file(&format!("crates/a/src/{path}"), text)
        });
        let exempt = &[Exemption { path: "crates/a/src/kit/", reason: "a fixture" }];
        house.standards = Standards { acyclic: &["a"], exempt, ..house.standards };
        let found: Vec<_> = none(&house).iter().map(ToString::to_string).collect();
        assert_eq!(found, expected);
    }

    const LIB: (&str, &str) = ("lib.rs", "pub mod a;\nmod b;\nmod c;\n");

    #[test]
    fn two_files_that_use_each_other_are_a_circle() {
        let circle = "crates/a/src/a.rs:1: a circle of files: a.rs -> b.rs -> a.rs \
                      (move what they share into a file of its own)";
        check(
            &[
                LIB,
                ("a.rs", "use crate::b::B;\npub struct A;\n"),
                ("b.rs", "use crate::a::A;\npub struct B;\n"),
            ],
            &[circle],
        );
        check(&[LIB, ("a.rs", "use crate::b::B;\npub struct A;\n"), ("b.rs", "pub struct B;\n")], &[]);
    }

    #[test]
    fn a_circle_of_many_files_is_reported_once() {
        let circle = "crates/a/src/a.rs:1: a circle of files: a.rs -> b.rs -> a.rs; 1 more in it: c.rs \
                      (move what they share into a file of its own)";
        let a = ("a.rs", "use crate::b::B;\npub struct A;\n");
        let b = ("b.rs", "use crate::a::A;\nuse crate::c::C;\npub struct B;\n");
        check(&[LIB, a, b, ("c.rs", "use crate::a::A;\npub struct C;\n")], &[circle]);
    }

    #[test]
    fn a_front_file_that_only_hands_on_makes_no_circle() {
        let front = ("a.rs", "mod d;\nmod e;\npub use d::D;\npub use e::E;\n");
        let (d, e) = (("a/d.rs", "pub struct D;\n"), ("a/e.rs", "use super::D;\npub struct E(D);\n"));
        check(&[LIB, front, d, e], &[]);
    }

    #[test]
    fn a_parent_that_calls_a_child_that_needs_it_is_a_circle() {
        let parent = ("a.rs", "mod d;\npub struct A;\npub fn f() { d::help(); }\n");
        let circle = "crates/a/src/a.rs:3: a circle of files: a.rs -> a/d.rs -> a.rs \
                      (move what they share into a file of its own)";
        check(&[LIB, parent, ("a/d.rs", "use super::A;\npub fn help() {}\n")], &[circle]);
        check(&[LIB, parent, ("a/d.rs", "pub fn help() {}\n")], &[]);
        let parent = ("a.rs", "mod d;\npub use d::help;\npub struct A;\n");
        check(&[LIB, parent, ("a/d.rs", "use super::A;\npub fn help() {}\n")], &[]);
    }

    #[test]
    fn a_circle_through_a_re_export_is_seen() {
        let front = ("a.rs", "mod d;\npub use d::D;\n");
        let d = ("a/d.rs", "use crate::b::B;\npub struct D;\n");
        let circle = "crates/a/src/a/d.rs:1: a circle of files: a/d.rs -> b.rs -> a/d.rs \
                      (move what they share into a file of its own)";
        check(&[LIB, front, d, ("b.rs", "use crate::a::D;\npub struct B;\n")], &[circle]);
    }

    #[test]
    fn exempt_folders_and_tests_may_go_round() {
        let kit = [
            ("lib.rs", "mod kit;\n"),
            ("kit.rs", "mod x;\nmod y;\n"),
            ("kit/x.rs", "use super::y::Y;\npub struct X;\n"),
            ("kit/y.rs", "use super::x::X;\npub struct Y;\n"),
        ];
        check(&kit, &[]);
        let test = "#[cfg(test)]\nmod tests { use crate::a::A; }\npub struct B;\n";
        check(&[LIB, ("a.rs", "use crate::b::B;\npub struct A;\n"), ("b.rs", test)], &[]);
    }

    #[test]
    fn a_file_that_nobody_can_parse_proves_nothing() {
        let files = [("lib.rs", "mod a;\n"), ("a.rs", "fn (\n")];
        let mut house = files.iter().fold(House::sound(), |house, (path, text)| {
            house.with_file(&format!("crates/a/src/{path}"), text)
        });
        house.standards = Standards { acyclic: &["a"], ..house.standards };
        assert_eq!(none(&house).len(), 1);
    }
}
