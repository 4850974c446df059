//! Follows a path through modules and re-exports to what it names.

use super::modules::{Import, Module};

/// What a path can name. A module and a function may share a name, so there can be two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Module(usize),
    /// Something that this file defines.
    Item(usize),
}

pub(crate) struct Resolver<'a> {
    pub(crate) modules: &'a [Module],
}

/// The names that are being looked up: one that leads back to itself leads nowhere.
type Trail = Vec<(usize, String)>;

const ROOT: usize = 0;

impl Resolver<'_> {
    /// Returns what a path names where it is written, or nothing for what is not of this crate.
    pub(crate) fn targets(&self, from: usize, path: &[String]) -> Vec<Target> {
        self.walk(from, path, &mut Trail::new())
    }

    /// Returns the room that a path goes through after the crate's root, if it starts there.
    ///
    /// What the root itself hands on belongs to the room that `by_item` knows.
    pub(crate) fn room(
        &self,
        from: usize,
        path: &[String],
        by_item: impl Fn() -> Option<String>,
    ) -> Option<String> {
        let ups = path.iter().take_while(|name| matches!(name.as_str(), "crate" | "self" | "super")).count();
        let module = path[..ups].iter().fold(from, |module, name| match name.as_str() {
            "crate" => ROOT,
            "super" => self.modules[module].parent,
            _ => module,
        });
        let next = path.get(ups).filter(|_| ups > 0 && module == ROOT)?;
        if self.modules[ROOT].children.contains_key(next) { Some(next.clone()) } else { by_item() }
    }

    fn walk(&self, from: usize, path: &[String], trail: &mut Trail) -> Vec<Target> {
        let Some((first, rest)) = path.split_first() else { return Vec::new() };
        let start = match first.as_str() {
            "crate" => vec![Target::Module(ROOT)],
            "self" => vec![Target::Module(from)],
            "super" => vec![Target::Module(self.modules[from].parent)],
            name => self.look_up(from, name, trail),
        };
        rest.iter().fold(start, |targets, name| self.step(&targets, name, trail))
    }

    /// Goes one name further. A variant or a method is where its type is.
    fn step(&self, targets: &[Target], name: &str, trail: &mut Trail) -> Vec<Target> {
        let mut found = Vec::new();
        for target in targets {
            match *target {
                Target::Module(module) if name == "super" => {
                    found.push(Target::Module(self.modules[module].parent));
                }
                Target::Module(module) => found.extend(self.look_up(module, name, trail)),
                Target::Item(_) => {}
            }
        }
        if found.is_empty() {
            found.extend(targets.iter().filter(|target| matches!(target, Target::Item(_))));
        }
        found
    }

    fn look_up(&self, module: usize, name: &str, trail: &mut Trail) -> Vec<Target> {
        let here = (module, name.to_owned());
        if trail.contains(&here) {
            return Vec::new();
        }
        trail.push(here);
        let Module { children, defined, file, imports, .. } = &self.modules[module];
        let mut found: Vec<_> = children.get(name).map(|child| Target::Module(*child)).into_iter().collect();
        found.extend(defined.contains(name).then_some(Target::Item(*file)));
        let named = imports.iter().filter(|import| import.name.as_deref() == Some(name));
        found.extend(named.flat_map(|import| self.walk(module, &import.path, trail)));
        if found.is_empty() {
            found = self.by_glob(module, imports, name, trail);
        }
        trail.pop();
        found
    }

    fn by_glob(&self, module: usize, imports: &[Import], name: &str, trail: &mut Trail) -> Vec<Target> {
        let mut found = Vec::new();
        for import in imports.iter().filter(|import| import.name.is_none()) {
            for target in self.walk(module, &import.path, trail) {
                if let Target::Module(opened) = target {
                    found.extend(self.look_up(opened, name, trail));
                }
            }
        }
        found
    }
}
