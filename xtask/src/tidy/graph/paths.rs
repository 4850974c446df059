//! Finds every path that some items mention, also those within macros.

use std::collections::HashSet;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{ImplItem, Item, ItemUse, Macro, PatIdent};

use super::super::source::{is_test, is_test_member};

/// What is mentioned, with the line.
type Mentioned = (Vec<String>, usize);

/// The imports and the paths of one module.
#[derive(Default)]
pub(crate) struct Paths<'a> {
    pub(crate) imports: Vec<&'a ItemUse>,
    paths: Vec<Mentioned>,
    /// Names of variables and parameters.
    variables: HashSet<String>,
}

impl<'a> Paths<'a> {
    pub(crate) fn read(&mut self, item: &'a Item) {
        self.visit_item(item);
    }

    /// Returns the inline paths. A single word that is also a variable here is taken for the variable.
    pub(crate) fn mentioned(self) -> impl Iterator<Item = Mentioned> {
        let variables = self.variables;
        self.paths.into_iter().filter(move |(path, _)| path.len() > 1 || !variables.contains(&path[0]))
    }
}

impl<'ast> Visit<'ast> for Paths<'ast> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test(item) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        if !is_test_member(item) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.imports.push(item);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if let (None, Some(first)) = (&path.leading_colon, path.segments.first()) {
            let names = path.segments.iter().map(|segment| segment.ident.to_string());
            self.paths.push((names.collect(), first.ident.span().start().line));
        }
        visit::visit_path(self, path);
    }

    fn visit_pat_ident(&mut self, variable: &'ast PatIdent) {
        self.variables.insert(variable.ident.to_string());
        visit::visit_pat_ident(self, variable);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        if call.path.segments.len() > 1 {
            self.visit_path(&call.path);
        }
        paths_in(call.tokens.clone(), &mut self.paths);
    }
}

/// Finds `a::b::c` in what a macro is given, whose grammar nobody knows.
fn paths_in(tokens: TokenStream, found: &mut Vec<Mentioned>) {
    let (mut colons, mut dotted) = (0, false);
    let mut path: Mentioned = Default::default();
    for token in tokens {
        match token {
            TokenTree::Ident(name) if colons == 2 && !path.0.is_empty() => path.0.push(name.to_string()),
            TokenTree::Ident(name) => {
                found.extend(finished(&mut path));
                if !dotted {
                    path = (vec![name.to_string()], name.span().start().line);
                }
            }
            TokenTree::Punct(sign) if sign.as_char() == ':' => {
                colons += 1;
                continue;
            }
            TokenTree::Punct(sign) => {
                found.extend(finished(&mut path));
                dotted = sign.as_char() == '.';
                colons = 0;
                continue;
            }
            TokenTree::Group(group) => {
                found.extend(finished(&mut path));
                paths_in(group.stream(), found);
            }
            TokenTree::Literal(_) => found.extend(finished(&mut path)),
        }
        (colons, dotted) = (0, false);
    }
    found.extend(finished(&mut path));
}

fn finished(path: &mut Mentioned) -> Option<Mentioned> {
    let path = std::mem::take(path);
    (!path.0.is_empty()).then_some(path)
}
