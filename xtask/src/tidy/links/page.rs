//! One page of Markdown: its links, and the headings that a link can lead to.

use std::collections::HashMap;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) links: Vec<Link>,
    /// What may be written after `#`.
    pub(crate) anchors: Vec<String>,
}

/// A link or an image.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) line: usize,
    pub(crate) to: String,
}

impl Page {
    pub(crate) fn parse(text: &str) -> Self {
        let mut page = Self { links: Vec::new(), anchors: Vec::new() };
        let mut heading: Option<String> = None;
        let mut seen = HashMap::new();
        for (event, range) in Parser::new_ext(text, Options::ENABLE_FOOTNOTES).into_offset_iter() {
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    let line = 1 + text[..range.start].matches('\n').count();
                    page.links.push(Link { line, to: dest_url.into_string() });
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    page.anchors.extend(heading.take().map(|heading| unique(&mut seen, slug(&heading))));
                }
                Event::Text(words) | Event::Code(words) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&words);
                    }
                }
                Event::Html(html) | Event::InlineHtml(html) => page.anchors.extend(anchor(&html)),
                _ => {}
            }
        }
        page
    }
}

/// Makes an anchor of a heading, as GitHub and mdBook do.
fn slug(heading: &str) -> String {
    let kept =
        heading.trim().chars().filter(|sign| sign.is_alphanumeric() || matches!(sign, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

/// A heading that is there again gets a number: `same`, `same-1`, `same-2`.
fn unique(seen: &mut HashMap<String, usize>, slug: String) -> String {
    let count = seen.entry(slug.clone()).and_modify(|count| *count += 1).or_insert(0);
    if *count == 0 { slug } else { format!("{slug}-{count}") }
}

/// Returns the anchor of `<a id="...">` or of `<a name="...">`.
fn anchor(html: &str) -> Option<String> {
    let start = ["id=\"", "name=\""].into_iter().find_map(|key| Some(html.find(key)? + key.len()))?;
    html[start..].split('"').next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_anchors(text: &str, expected: &[&str]) {
        assert_eq!(Page::parse(text).anchors, expected, "{text}");
    }

    #[test]
    fn headings_become_anchors() {
        check_anchors("# Title\n\n## What's in `a_b`, and why?\n", &["title", "whats-in-a_b-and-why"]);
        check_anchors("Title\n=====\n", &["title"]);
        check_anchors("# A - b\n", &["a---b"]);
        check_anchors("# [Linked](x.md) *word*\n", &["linked-word"]);
        check_anchors("# Zürich\n", &["zürich"]);
        check_anchors("# A\n# A\n# A\n", &["a", "a-1", "a-2"]);
        check_anchors("```\n# no heading\n```\n", &[]);
        check_anchors("<a id=\"here\"></a>\n\nText <a name=\"there\"></a>\n", &["here", "there"]);
    }

    fn check_links(text: &str, expected: &[(usize, &str)]) {
        let page = Page::parse(text);
        let found: Vec<_> = page.links.iter().map(|link| (link.line, link.to.as_str())).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn links_carry_their_lines() {
        check_links("# A\n\n[b](b.md) and\n[c](c.md#d)\n", &[(3, "b.md"), (4, "c.md#d")]);
        check_links("![b](b.svg)\n", &[(1, "b.svg")]);
        check_links("See [b].\n\n[b]: b.md\n", &[(1, "b.md")]);
        check_links("| a |\n|---|\n| [b](b.md) |\n", &[(3, "b.md")]);
        check_links("Word[^1].\n\n[^1]: Note\n", &[]);
        check_links("`[b](b.md)`\n\n```\n[b](b.md)\n```\n", &[]);
    }
}
