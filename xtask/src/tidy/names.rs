//! The core says what happened; the programs say what to type, so the core knows none of their names.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, ImplItem, Item, Lit};

use super::Problem;
use super::house::{House, TextFile};
use super::source::{is_test, is_test_member};
use super::standards::Namer;

/// Names that belong to the programs.
const NAMES: &[&str] = &["backup_manager", "backup_service", "logs/history.jsonl"];

/// A string and the line on which it begins.
type Literal = (String, usize);

/// No string of a library names a program, an option or a file of the programs, unless its file has to.
pub(crate) fn none_of_programs(house: &House) -> Vec<Problem> {
    let crates = house.standards.nameless.iter();
    let named = crates.flat_map(|name| of_crate(house, &format!("crates/{name}/src/")));
    named.chain(idle(house)).collect()
}

fn of_crate(house: &House, folder: &str) -> Vec<Problem> {
    let mut files = house.sources().filter(|file| file.path.starts_with(folder)).peekable();
    if files.peek().is_none() {
        return vec![Problem::new(folder, 1, "does not exist: nothing is known about this crate")];
    }
    files.filter(|file| !is_for_tests(&file.path)).flat_map(|file| problems(house, file)).collect()
}

/// The testing kit is made for tests, and may use what the programs call things.
fn is_for_tests(path: &str) -> bool {
    path.contains("/src/testing/") || path.ends_with("/src/testing.rs")
}

fn problems(house: &House, file: &TextFile) -> Vec<Problem> {
    let found = match literals(file) {
        Ok(literals) => literals,
        Err(problem) => return vec![problem],
    };
    let namer = house.standards.namers.iter().find(|namer| namer.path == file.path);
    let allowed = namer.map_or(&[][..], |namer| namer.names);
    let problem = |(text, line): &Literal| {
        let name = names(text).into_iter().find(|name| !allowed.contains(&name.as_str()))?;
        Some(Problem::new(&file.path, *line, message(&name, text)))
    };
    found.iter().filter_map(problem).collect()
}

/// An exception that nobody needs any more goes.
fn idle(house: &House) -> Vec<Problem> {
    let is_needed = |namer: &Namer, name: &str| {
        let file = house.sources().find(|file| file.path == namer.path);
        let literals = file.and_then(|file| literals(file).ok()).unwrap_or_default();
        literals.iter().any(|(text, _)| names(text).iter().any(|other| other == name))
    };
    let problem = |namer: &Namer, name: &str| {
        let message = format!("no string names `{name}` any more ({}): remove the exception", namer.reason);
        Problem::new(namer.path, 1, message)
    };
    let of_file = |namer: &'static Namer| {
        namer
            .names
            .iter()
            .filter(|name| !is_needed(namer, name))
            .map(|name| problem(namer, name))
            .collect::<Vec<_>>()
    };
    house.standards.namers.iter().flat_map(of_file).collect()
}

fn message(name: &str, text: &str) -> String {
    format!("the string {text:?} names `{name}`: return data, and let the program make the sentence")
}

/// Returns the strings of a file outside its tests.
fn literals(file: &TextFile) -> Result<Vec<Literal>, Problem> {
    let mut literals = Literals::default();
    match syn::parse_file(&file.text) {
        Ok(parsed) => literals.visit_file(&parsed),
        Err(error) => return Err(Problem::new(&file.path, error.span().start().line, error.to_string())),
    }
    Ok(literals.0)
}

/// Returns the names in a text that belong to the programs, and the options.
fn names(text: &str) -> Vec<String> {
    let programs = NAMES.iter().filter(|name| text.contains(**name)).map(|name| (*name).to_owned());
    programs.chain(text.match_indices("--").filter_map(|(at, _)| option(&text[at..]))).collect()
}

/// Returns an option that a text begins with, such as `--to`.
fn option(text: &str) -> Option<String> {
    let word = text.strip_prefix("--")?;
    let end = word.find(|sign: char| !sign.is_ascii_alphanumeric() && sign != '-').unwrap_or(word.len());
    word.starts_with(|sign: char| sign.is_ascii_alphabetic()).then(|| format!("--{}", &word[..end]))
}

#[derive(Default)]
struct Literals(Vec<Literal>);

impl Literals {
    fn take(&mut self, literal: &Lit) {
        let text = match literal {
            Lit::Str(text) => text.value(),
            Lit::ByteStr(bytes) => String::from_utf8_lossy(&bytes.value()).into_owned(),
            _ => return,
        };
        self.0.push((text, literal.span().start().line));
    }

    /// Takes the strings that a macro is given.
    fn tokens(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Literal(literal) => self.take(&Lit::new(literal)),
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Ident(_) | TokenTree::Punct(_) => {}
            }
        }
    }
}

impl<'ast> Visit<'ast> for Literals {
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

    fn visit_lit(&mut self, literal: &'ast Lit) {
        self.take(literal);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.tokens(call.tokens.clone());
    }

    /// Doc comments are attributes, and may say what they like.
    fn visit_attribute(&mut self, _attribute: &'ast Attribute) {}
}

#[cfg(test)]
mod tests {
    use super::super::standards::Standards;
    use super::*;

    fn check(path: &str, text: &str, expected: &[&str]) {
        let mut house = House::sound().with_file("crates/a/src/lib.rs", "").with_file(path, text);
        house.standards = Standards { nameless: &["a"], ..house.standards };
        let problems = none_of_programs(&house);
        let found: Vec<_> =
            problems.iter().map(|problem| format!("{}:{}", problem.line, problem.message)).collect();
        let begins = found.len() == expected.len()
            && found.iter().zip(expected).all(|(one, other)| one.starts_with(other));
        assert!(begins, "{path}: {text}: {found:#?}");
    }

    const PATH: &str = "crates/a/src/b.rs";

    #[test]
    fn a_string_with_a_name_of_the_programs_is_reported() {
        let told = "2:the string \"`backup_manager list` shows them\" names `backup_manager`: return data";
        check(PATH, "//! B.\nconst A: &str = \"`backup_manager list` shows them\";\n", &[told]);
        check(
            PATH,
            "\nfn f() { g(\"backup_service\"); }\n",
            &["2:the string \"backup_service\" names `backup_service`"],
        );
        check(
            PATH,
            "\nfn f() { print!(\"use --to DIR\"); }\n",
            &["2:the string \"use --to DIR\" names `--to`"],
        );
        check(
            PATH,
            "fn f() { g(&[h(\"--dry-run\")]); }\n",
            &["1:the string \"--dry-run\" names `--dry-run`"],
        );
        check(PATH, "fn f() { g(b\"--list\\n\"); }\n", &["1:the string \"--list\\n\" names `--list`"]);
        check(PATH, "fn f() { g(r#\"in logs/history.jsonl\"#); }\n", &["1:the string"]);
        check(
            PATH,
            "struct A;\nimpl A { fn f(a: &str) { match a { \"--to\" => {} _ => {} } } }\n",
            &["2:the string"],
        );
    }

    #[test]
    fn other_strings_are_free() {
        check(PATH, "const A: &str = \"a -- b --- c --1 --\";\n", &[]);
        check(PATH, "/// Says `backup_manager list --to`.\nfn backup_manager() {}\n", &[]);
        check(PATH, "//! backup_manager\n", &[]);
        check("crates/b/src/b.rs", "const A: &str = \"backup_manager\";\n", &[]);
    }

    #[test]
    fn a_file_may_name_what_its_exception_lists_as_long_as_it_does() {
        const NAMER: Namer =
            Namer { path: PATH, names: &["backup_service", "--home"], reason: "it starts it" };
        let check = |text: &str, expected: &[(usize, &str)]| {
            let mut house = House::sound().with_file("crates/a/src/lib.rs", "").with_file(PATH, text);
            house.standards = Standards { nameless: &["a"], namers: &[NAMER], ..house.standards };
            let problems = none_of_programs(&house);
            let found: Vec<_> = problems.iter().map(|one| (one.line, one.message.as_str())).collect();
            let is_expected = found.len() == expected.len()
                && found.iter().zip(expected).all(|(one, other)| one.0 == other.0 && one.1.contains(other.1));
            assert!(is_expected, "{text}: {found:#?}");
        };
        check("fn f() { g(\"backup_service --home x\"); }\n", &[]);
        check(
            "fn f() { g(\"backup_service --home x\"); }\nfn h() { g(\"a --home --to\"); }\n",
            &[(2, "names `--to`")],
        );
        check(
            "fn f() { g(\"--home\"); }\n",
            &[(1, "no string names `backup_service` any more (it starts it)")],
        );
    }

    #[test]
    fn tests_name_what_they_like() {
        check(PATH, "#[cfg(test)]\nmod tests { const A: &str = \"backup_manager\"; }\n", &[]);
        check("crates/a/src/b/tests.rs", "const A: &str = \"backup_manager\";\n", &[]);
        check("crates/a/src/testing/b.rs", "const A: &str = \"backup_manager\";\n", &[]);
        check("crates/a/src/testing.rs", "const A: &str = \"backup_manager\";\n", &[]);
    }

    #[test]
    fn what_can_t_be_read_proves_nothing() {
        check(PATH, "\nfn (\n", &["2:"]);
        let mut house = House::sound();
        house.standards = Standards { nameless: &["nowhere"], ..house.standards };
        assert_eq!(none_of_programs(&house).len(), 1);
    }
}
