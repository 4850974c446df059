//! Links in the documentation lead somewhere, and every page of the book can be reached.

mod page;

use std::collections::BTreeMap;

use super::Problem;
use super::house::House;
use page::{Link, Page};

/// Pages beside the book.
const PAGES: &[&str] = &["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"];
const BOOK: &str = "docs/";
const SUMMARY: &str = "docs/SUMMARY.md";

/// Every relative link and every `#anchor` leads to a file and a heading that exist.
pub(crate) fn whole(house: &House) -> Vec<Problem> {
    let pages = pages(house);
    let links = pages.iter().flat_map(|(path, page)| page.links.iter().map(move |link| (*path, link)));
    links
        .filter_map(|(path, link)| Some(Problem::new(path, link.line, fault(house, &pages, path, &link.to)?)))
        .collect()
}

/// Every page of the book is in its summary.
pub(crate) fn summary(house: &House) -> Vec<Problem> {
    let pages = pages(house);
    let listed: Vec<_> =
        pages.get(SUMMARY).map_or(&[][..], |page| &page.links).iter().map(in_summary).collect();
    let book = pages.keys().filter(|path| path.starts_with(BOOK) && **path != SUMMARY);
    let missing = book.filter(|path| !listed.iter().any(|one| one == **path));
    missing
        .map(|path| Problem::new(path, 1, format!("this page is not in {SUMMARY}: list it there")))
        .collect()
}

fn in_summary(link: &Link) -> String {
    let (path, _) = split(&link.to);
    place(SUMMARY, path).unwrap_or_default()
}

fn pages(house: &House) -> BTreeMap<&str, Page> {
    let of_book = |path: &str| path.starts_with(BOOK) && path.ends_with(".md");
    let held = house.files.iter().filter(|file| PAGES.contains(&file.path.as_str()) || of_book(&file.path));
    held.map(|file| (file.path.as_str(), Page::parse(&file.text))).collect()
}

/// Returns what is wrong with a link, if it is one within the repository.
fn fault(house: &House, pages: &BTreeMap<&str, Page>, from: &str, link: &str) -> Option<String> {
    let (path, anchor) = split(link);
    if is_elsewhere(path) {
        return None;
    }
    if path.starts_with('/') {
        return Some(format!("the link {link} begins at no page: write it relative to this one"));
    }
    let Some(to) = place(from, path) else { return Some(format!("the link {link} leaves the repository")) };
    if !exists(house, &to) {
        return Some(format!("the link {link} leads to {to}, which does not exist"));
    }
    let anchor = anchor.filter(|anchor| !anchor.is_empty())?;
    let page = pages.get(to.as_str())?;
    let lost = !page.anchors.iter().any(|one| one == anchor);
    lost.then(|| format!("the link {link} leads to a heading that {to} does not have"))
}

fn split(link: &str) -> (&str, Option<&str>) {
    link.split_once('#').map_or((link, None), |(path, anchor)| (path, Some(anchor)))
}

/// A link with a scheme, such as `https:` or `mailto:`.
fn is_elsewhere(path: &str) -> bool {
    path.split('/').next().is_some_and(|scheme| scheme.contains(':'))
}

/// Returns the path from the root of what a page links to, or nothing if that is above the root.
fn place(from: &str, path: &str) -> Option<String> {
    if path.is_empty() {
        return Some(from.into());
    }
    let mut steps: Vec<_> = from.split('/').collect();
    steps.pop();
    for step in path.split('/') {
        match step {
            "" | "." => {}
            ".." => drop(steps.pop()?),
            step => steps.push(step),
        }
    }
    Some(steps.join("/"))
}

/// Says whether a file or a folder exists; the empty path is the root.
fn exists(house: &House, path: &str) -> bool {
    let folder = if path.is_empty() { String::new() } else { format!("{path}/") };
    house.paths.iter().any(|one| one == path || one.starts_with(&folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn house(files: &[(&str, &str)]) -> House {
        let house = files.iter().fold(House::sound(), |house, (path, text)| house.with_file(path, text));
        house.with_path("LICENSE").with_path(".ci/run")
    }

    fn check(link: &str, expected: Option<&str>) {
        let guide = ("docs/guide/start.md", "# Start here\n\n## Two words, `code`!\n\n## Same\n\n## Same\n");
        let house =
            house(&[guide, ("docs/page.md", &format!("# P\n\n[x]({link})\n")), ("docs/SUMMARY.md", "")]);
        let found: Vec<_> = whole(&house).iter().map(ToString::to_string).collect();
        let expected: Vec<_> =
            expected.iter().map(|told| format!("docs/page.md:3: the link {link} {told}")).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn links_that_lead_somewhere_are_sound() {
        check("guide/start.md", None);
        check("./guide/start.md", None);
        check("guide/start.md#start-here", None);
        check("guide/start.md#two-words-code", None);
        check("guide/start.md#same-1", None);
        check("../LICENSE", None);
        check("../.ci/run", None);
        check("../crates/backup-core/src", None);
        check("../crates/backup-core/src/", None);
        check("../crates/backup-core/src/lib.rs#L1", None);
        check("#p", None);
        check("..", None);
        check("https://example.org/nowhere.md#x", None);
        check("mailto:a@example.org", None);
    }

    #[test]
    fn links_that_lead_nowhere_are_reported() {
        check("guide/end.md", Some("leads to docs/guide/end.md, which does not exist"));
        check("LICENSE", Some("leads to docs/LICENSE, which does not exist"));
        check("guide/star", Some("leads to docs/guide/star, which does not exist"));
        check("guide/start.md#nowhere", Some("leads to a heading that docs/guide/start.md does not have"));
        check("guide/start.md#same-2", Some("leads to a heading that docs/guide/start.md does not have"));
        check("guide/start.md#Start-here", Some("leads to a heading that docs/guide/start.md does not have"));
        check("#q", Some("leads to a heading that docs/page.md does not have"));
        check("/LICENSE", Some("begins at no page: write it relative to this one"));
        check("../../x.md", Some("leaves the repository"));
    }

    #[test]
    fn each_page_of_the_documentation_is_read() {
        for path in PAGES.iter().chain(&["docs/a.md", "docs/a/b.md"]) {
            let mut house = house(&[]);
            house.files.retain(|file| file.path != **path);
            let house = house.with_file(path, "[x](nowhere.md)\n");
            assert_eq!(whole(&house).len(), 1, "{path}");
        }
        assert_eq!(whole(&house(&[("tests/NOTES.md", "[x](nowhere.md)\n")])), []);
    }

    #[test]
    fn every_page_of_the_book_is_in_the_summary() {
        let pages = [("docs/a.md", "# A\n"), ("docs/b/c.md", "# C\n")];
        let told = |summary: &str| -> Vec<_> {
            let house = house(&[pages[0], pages[1], (SUMMARY, summary)]);
            super::summary(&house).iter().map(ToString::to_string).collect()
        };
        let missing = |path| format!("{path}:1: this page is not in docs/SUMMARY.md: list it there");
        assert_eq!(told("- [A](a.md)\n  - [C](./b/c.md)\n"), Vec::<String>::new());
        assert_eq!(told("- [A](a.md)\n"), [missing("docs/b/c.md")]);
        assert_eq!(told(""), [missing("docs/a.md"), missing("docs/b/c.md")]);
        assert_eq!(summary(&house(&pages)).len(), 2, "a book without a summary");
        assert_eq!(summary(&house(&[])), [], "no book");
    }
}
