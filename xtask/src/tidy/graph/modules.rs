//! Reads the files of a crate into modules: names defined and imported, and the paths mentioned.

use std::collections::{HashMap, HashSet};

use syn::{Item, ItemUse, UseTree, Visibility};

use super::super::Problem;
use super::super::house::House;
use super::super::source::is_test;
use super::paths::Paths;

/// All modules of a crate; the first is the root.
#[derive(Debug, Default)]
pub(crate) struct Modules {
    pub(crate) files: Vec<String>,
    pub(crate) modules: Vec<Module>,
    pub(crate) mentions: Vec<Mention>,
    pub(crate) unread: Vec<Problem>,
}

#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) parent: usize,
    pub(crate) file: usize,
    pub(crate) children: HashMap<String, usize>,
    pub(crate) defined: HashSet<String>,
    pub(crate) imports: Vec<Import>,
}

/// What a `use` brings into a module.
#[derive(Debug)]
pub(crate) struct Import {
    /// `None` for `*`.
    pub(crate) name: Option<String>,
    pub(crate) path: Vec<String>,
}

/// A path somewhere in a module.
#[derive(Debug)]
pub(crate) struct Mention {
    pub(crate) module: usize,
    pub(crate) line: usize,
    pub(crate) path: Vec<String>,
    pub(crate) reexport: bool,
    pub(crate) glob: bool,
}

/// Where a module's own files are: its text is in `file`, its children are in `folder`.
struct Place<'a> {
    house: &'a House,
    file: usize,
    folder: &'a str,
}

impl Modules {
    pub(crate) fn read(house: &House, source: &str) -> Self {
        let mut modules = Self::default();
        let root = format!("{source}lib.rs");
        if modules.file(house, &root, source, 0).is_none() {
            modules.unread.push(Problem::new(&root, 1, "does not exist: nothing is known about this crate"));
        }
        modules
    }

    /// Reads a file as a module; one that doesn't exist is left to the compiler.
    fn file(&mut self, house: &House, path: &str, folder: &str, parent: usize) -> Option<usize> {
        let file = house.files.iter().find(|file| file.path == path)?;
        let index = self.files.len();
        self.files.push(path.into());
        let items = self.parse(path, &file.text);
        Some(self.module(&Place { house, file: index, folder }, &items, parent))
    }

    fn parse(&mut self, path: &str, text: &str) -> Vec<Item> {
        match syn::parse_file(text) {
            Ok(parsed) => parsed.items,
            Err(error) => {
                let message = format!("can't be parsed ({error}): what this file uses is unknown");
                self.unread.push(Problem::new(path, error.span().start().line, message));
                Vec::new()
            }
        }
    }

    fn module(&mut self, place: &Place<'_>, items: &[Item], parent: usize) -> usize {
        let index = self.modules.len();
        let (children, defined, imports) = (HashMap::new(), HashSet::new(), Vec::new());
        self.modules.push(Module { parent, file: place.file, children, defined, imports });
        let mut paths = Paths::default();
        for item in items.iter().filter(|item| !is_test(item)) {
            match item {
                Item::Mod(child) => self.child(place, child, index),
                item => paths.read(item),
            }
            self.modules[index].defined.extend(name_of(item));
        }
        self.take(index, paths);
        index
    }

    fn child(&mut self, place: &Place<'_>, child: &syn::ItemMod, parent: usize) {
        let name = child.ident.to_string();
        let folder = format!("{}{name}/", place.folder);
        let module = match &child.content {
            Some((_, items)) => Some(self.module(&Place { folder: &folder, ..*place }, items, parent)),
            None => self.file(place.house, &format!("{}{name}.rs", place.folder), &folder, parent),
        };
        if let Some(module) = module {
            self.modules[parent].children.insert(name, module);
        }
    }

    fn take(&mut self, module: usize, paths: Paths<'_>) {
        for item in &paths.imports {
            let reexport = !matches!(item.vis, Visibility::Inherited);
            for (import, line) in flatten(item) {
                let (path, glob) = (import.path.clone(), import.name.is_none());
                self.mentions.push(Mention { module, line, path, reexport, glob });
                self.modules[module].imports.push(import);
            }
        }
        let inline = |(path, line)| Mention { module, line, path, reexport: false, glob: false };
        self.mentions.extend(paths.mentioned().map(inline));
    }
}

/// Takes a `use` with all its braces apart.
fn flatten(item: &ItemUse) -> Vec<(Import, usize)> {
    let mut found = Vec::new();
    if item.leading_colon.is_none() {
        branch(&item.tree, &[], &mut found);
    }
    found
}

fn branch(tree: &UseTree, before: &[String], found: &mut Vec<(Import, usize)>) {
    let path = |last: &syn::Ident| match last.to_string() {
        last if last == "self" => before.to_vec(),
        last => [before, &[last]].concat(),
    };
    match tree {
        UseTree::Path(step) => branch(&step.tree, &path(&step.ident), found),
        UseTree::Group(group) => group.items.iter().for_each(|tree| branch(tree, before, found)),
        UseTree::Name(name) => {
            let path = path(&name.ident);
            let import = Import { name: path.last().cloned(), path };
            found.push((import, name.ident.span().start().line));
        }
        UseTree::Rename(renamed) => {
            let import = Import { name: Some(renamed.rename.to_string()), path: path(&renamed.ident) };
            found.push((import, renamed.ident.span().start().line));
        }
        UseTree::Glob(glob) => {
            let import = Import { name: None, path: before.into() };
            found.push((import, glob.star_token.spans[0].start().line));
        }
    }
}

fn name_of(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::TraitAlias(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}
