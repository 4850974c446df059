//! Which file of a crate uses which, with re-exports followed to the file that defines a name.

mod modules;
mod paths;
mod resolve;

use super::Problem;
use super::house::House;
use modules::{Mention, Modules};
use resolve::{Resolver, Target};

/// The files of one crate and every mention of one in another.
#[derive(Debug)]
pub(crate) struct Graph {
    pub(crate) files: Vec<String>,
    pub(crate) uses: Vec<Use>,
    /// Files that don't exist or can't be parsed: nothing is known about what they use.
    pub(crate) unread: Vec<Problem>,
    source: String,
}

/// One import or inline path, as it is written and as it resolves.
#[derive(Debug)]
pub(crate) struct Use {
    pub(crate) from: usize,
    pub(crate) line: usize,
    /// As it is written, such as `crate::ports::Clock`.
    pub(crate) path: String,
    /// It only hands a name on (`pub use`).
    pub(crate) reexport: bool,
    /// The room below the crate's root that the path goes through, if it starts at the root.
    pub(crate) room: Option<String>,
    /// The other files that define what the path names.
    pub(crate) to: Vec<usize>,
    /// The path starts with a name that this crate doesn't know, such as that of another crate.
    pub(crate) outside: bool,
}

impl Graph {
    /// Reads `crates/NAME/src` from its `lib.rs` on. Unit tests are left out.
    pub(crate) fn of(house: &House, name: &str) -> Self {
        let source = format!("crates/{name}/src/");
        let read = Modules::read(house, &source);
        let resolver = Resolver { modules: &read.modules };
        let uses = read.mentions.iter().map(|mention| resolved(&resolver, &read, &source, mention)).collect();
        Self { files: read.files, uses, unread: read.unread, source }
    }

    /// Returns the room that a file belongs to; the crate's root belongs to none.
    pub(crate) fn room(&self, file: usize) -> Option<&str> {
        room_of(&self.source, &self.files[file])
    }

    /// Returns the path of a file below the crate's `src`.
    pub(crate) fn short(&self, file: usize) -> &str {
        self.files[file].strip_prefix(&self.source).unwrap_or(&self.files[file])
    }
}

fn resolved(resolver: &Resolver<'_>, read: &Modules, source: &str, mention: &Mention) -> Use {
    let from = read.modules[mention.module].file;
    let targets = resolver.targets(mention.module, &mention.path);
    let mut to: Vec<_> = targets.iter().filter_map(|target| file_of(read, mention, *target)).collect();
    to.sort_unstable();
    to.dedup();
    let by_item = || room_of(source, &read.files[*to.first()?]).map(str::to_owned);
    let room = resolver.room(mention.module, &mention.path, by_item);
    to.retain(|file| *file != from);
    let path = mention.path.join("::");
    Use { from, line: mention.line, path, reexport: mention.reexport, room, to, outside: targets.is_empty() }
}

/// Importing a module by itself uses nothing of it; `use module::*` uses what the module's file defines.
fn file_of(read: &Modules, mention: &Mention, target: Target) -> Option<usize> {
    match target {
        Target::Item(file) => Some(file),
        Target::Module(module) => {
            let module = &read.modules[module];
            (mention.glob && !module.defined.is_empty()).then_some(module.file)
        }
    }
}

fn room_of<'a>(source: &str, file: &'a str) -> Option<&'a str> {
    let first = file.strip_prefix(source)?.split('/').next()?;
    let room = first.strip_suffix(".rs").unwrap_or(first);
    (room != "lib").then_some(room)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Builds a crate of some files and lists its uses as `from -> to`, re-exports with a star.
    fn uses(files: &[(&str, &str)]) -> Vec<String> {
        let house = files.iter().fold(House::sound(), |house, (path, text)| {
            house.with_file(&format!("crates/a/src/{path}"), text)
        });
        let graph = Graph::of(&house, "a");
        let mut found = Vec::new();
        for one in &graph.uses {
            let mark = if one.reexport { "*" } else { "" };
            let from = graph.short(one.from);
            found.extend(one.to.iter().map(|to| format!("{from} ->{mark} {}", graph.short(*to))));
        }
        found.sort();
        found.dedup();
        found
    }

    fn check(name_of_case: &str, b: &str, expected: &[&str]) {
        let files = [
            ("lib.rs", "mod a;\nmod b;\nmod c;\n"),
            ("a.rs", "mod inner;\npub use inner::{Deep, deep};\npub use inner::Deep as Renamed;\n"),
            ("a/inner.rs", "pub struct Deep;\npub fn deep() {}\n"),
            ("b.rs", b),
            ("c.rs", "pub enum Choice { One }\npub fn deep() {}\nmod d { pub fn inline() {} }\n"),
        ];
        let found = uses(&files);
        let found: Vec<_> = found.iter().filter(|line| line.starts_with("b.rs")).collect();
        assert_eq!(found, expected, "{name_of_case}");
    }

    #[test]
    fn a_use_leads_to_the_file_that_defines_the_name() {
        check("a re-export", "use crate::a::Deep;\n", &["b.rs -> a/inner.rs"]);
        check("a renamed one", "use crate::a::Renamed;\n", &["b.rs -> a/inner.rs"]);
        check(
            "a group",
            "use crate::{a::{Deep, deep}, c::Choice};\n",
            &["b.rs -> a/inner.rs", "b.rs -> c.rs"],
        );
        check("handed on", "pub(crate) use crate::a::Deep;\n", &["b.rs ->* a/inner.rs"]);
        check("a variant", "use crate::c::Choice::One;\n", &["b.rs -> c.rs"]);
        check("relative", "use super::c::Choice;\n", &["b.rs -> c.rs"]);
        check("everything of a file", "use crate::c::*;\n", &["b.rs -> c.rs"]);
        check("everything of a front file without definitions", "use crate::a::*;\n", &[]);
        check("a module", "use crate::c;\n", &[]);
        check("of another crate", "use chrono::Utc;\nuse ::c::Choice;\n", &[]);
        check("of one by the same name", "use crate::c;\nuse ::c::Choice;\nfn f() { ::c::deep(); }\n", &[]);
    }

    #[test]
    fn an_inline_path_is_a_use() {
        check("a call", "fn f() { crate::a::deep(); }\n", &["b.rs -> a/inner.rs"]);
        check("by module", "use crate::c;\nfn f() { c::deep(); }\n", &["b.rs -> c.rs"]);
        check(
            "by module in a group",
            "use crate::c::{self as d};\nfn f() { d::deep(); }\n",
            &["b.rs -> c.rs"],
        );
        check("an inline module", "fn f() { crate::c::d::inline(); }\n", &["b.rs -> c.rs"]);
        check("a type", "fn f(one: &[crate::c::Choice]) {}\n", &["b.rs -> c.rs"]);
        check("in a macro", "fn f() { print!(\"{:?}\", crate::c::Choice::One); }\n", &["b.rs -> c.rs"]);
        check("in a function's import", "fn f() { use crate::c::Choice; }\n", &["b.rs -> c.rs"]);
        check("in text", "/// `crate::c::Choice`\nfn f() { print!(\"crate::c::deep()\"); }\n", &[]);
    }

    #[test]
    fn a_name_that_is_handed_on_and_also_used_is_a_use() {
        let both = ["b.rs ->* a/inner.rs", "b.rs -> a/inner.rs"];
        let sorted = [both[1], both[0]];
        check("called", "pub use crate::a::deep;\nfn f() { deep(); }\n", &sorted);
        check("as a type", "pub use crate::a::Deep;\nfn f(one: Deep) {}\n", &sorted);
        let variable = "pub use crate::a::deep;\nfn f() { let deep = 1; g(deep); }\n";
        check("a variable of that name", variable, &both[..1]);
    }

    #[test]
    fn tests_use_what_they_like() {
        check("a module", "#[cfg(test)]\nmod tests { use crate::c::Choice; }\n", &[]);
        check("an import", "#[cfg(test)]\nuse crate::c::Choice;\n", &[]);
        check("a method", "struct B;\nimpl B {\n#[cfg(test)]\nfn f() { crate::c::deep(); } }\n", &[]);
        check(
            "a feature is no test",
            "#[cfg(feature = \"testing\")]\nuse crate::c::Choice;\n",
            &["b.rs -> c.rs"],
        );
    }

    #[test]
    fn a_child_that_uses_its_parent_s_definition_points_up() {
        let files = |parent: &'static str| {
            [("lib.rs", "mod p;\n"), ("p.rs", parent), ("p/q.rs", "use super::Own;\npub fn help() {}\n")]
        };
        let own = files("mod q;\npub struct Own;\nfn f() { q::help(); }\n");
        assert_eq!(uses(&own), ["p.rs -> p/q.rs", "p/q.rs -> p.rs"]);
        assert_eq!(uses(&files("mod q;\npub struct Own;\n")), ["p/q.rs -> p.rs"]);
    }

    #[test]
    fn a_front_file_may_hand_on_everything() {
        let files = |b| {
            [
                ("lib.rs", "mod a;\nmod b;\n"),
                ("a.rs", "mod d;\nmod e;\npub use d::*;\npub use e::*;\n"),
                ("a/d.rs", "pub struct D;\n"),
                ("a/e.rs", "pub struct E;\n"),
                ("b.rs", b),
            ]
        };
        let of_b =
            |b| uses(&files(b)).into_iter().filter(|line| line.starts_with("b.rs")).collect::<Vec<_>>();
        assert_eq!(of_b("use crate::a::E;\n"), ["b.rs -> a/e.rs"]);
        assert_eq!(of_b("fn f(d: crate::a::D) {}\n"), ["b.rs -> a/d.rs"]);
    }

    #[test]
    fn names_that_lead_to_themselves_come_to_an_end() {
        let files = [
            ("lib.rs", "mod a;\nmod b;\n"),
            ("a.rs", "pub use crate::b::X;\n"),
            ("b.rs", "pub use crate::a::X;\n"),
        ];
        assert_eq!(uses(&files), Vec::<String>::new());
    }

    #[test]
    fn what_can_t_be_read_is_reported() {
        let house = House::sound()
            .with_file("crates/a/src/lib.rs", "mod b;\n")
            .with_file("crates/a/src/b.rs", "fn (\n");
        let graph = Graph::of(&house, "a");
        assert_eq!((graph.unread.len(), graph.unread[0].file.as_str()), (1, "crates/a/src/b.rs"));
        let graph = Graph::of(&House::sound(), "nowhere");
        assert_eq!((graph.unread.len(), graph.unread[0].file.as_str()), (1, "crates/nowhere/src/lib.rs"));
    }
}
