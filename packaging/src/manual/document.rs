//! Documents: pages of the documentation as parts of a manual page.

use std::mem;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::roff::{entry, escaped, example, heading, lines};

/// Returns a page of the documentation in the language of manual pages, without its title.
pub(super) fn man(markdown: &str) -> String {
    let mut writer = Writer::default();
    Parser::new_ext(markdown, Options::ENABLE_TABLES).for_each(|event| writer.take(event));
    writer.page
}

/// Returns the part of a page below a heading, up to the next one of its level.
pub(super) fn section<'m>(markdown: &'m str, title: &str) -> &'m str {
    let heading = format!("## {title}\n");
    let (_, below) = markdown.split_once(&heading).unwrap_or_else(|| panic!("the documentation has {title}"));
    below.split("\n## ").next().unwrap_or(below)
}

/// Returns the rows of the first table, without its head. The cells are Markdown.
pub(super) fn rows(markdown: &str) -> Vec<Vec<&str>> {
    let lines = markdown.lines().skip_while(|line| !line.starts_with('|'));
    let lines = lines.take_while(|line| line.starts_with('|')).skip(2);
    lines.map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}

/// Returns a piece of Markdown in the language of manual pages, without fonts.
pub(super) fn plain(markdown: &str) -> String {
    let mut text = String::new();
    for event in Parser::new(markdown) {
        match event {
            Event::Text(part) | Event::Code(part) => text += &part,
            Event::SoftBreak => text.push(' '),
            _ => {}
        }
    }
    escaped(&text)
}

#[derive(Default)]
struct Writer {
    page: String,
    /// What the current block holds so far.
    text: String,
    /// What is not for the page: a title, a comment.
    is_hidden: bool,
    code: Option<bool>,
    items: usize,
    head: Vec<String>,
    cells: Vec<String>,
}

impl Writer {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.end(tag),
            Event::Text(part) if self.code.is_some() => self.text += &part,
            Event::Text(part) => self.text += &escaped(&part),
            Event::Code(part) => self.text += &format!("\\fB{}\\fR", escaped(&part)),
            Event::SoftBreak | Event::HardBreak => self.text.push('\n'),
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Heading { level, .. } => self.is_hidden = *level == HeadingLevel::H1,
            Tag::CodeBlock(kind) => {
                let is_shell = matches!(kind, CodeBlockKind::Fenced(name) if name.starts_with("console"));
                self.code = Some(is_shell);
            }
            Tag::Item => self.items += 1,
            Tag::Strong => self.text += "\\fB",
            Tag::Emphasis => self.text += "\\fI",
            Tag::Table(_) => self.end_block(".PP\n"),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(level) => self.end_heading(level),
            TagEnd::Paragraph if self.items > 0 => self.end_item(),
            TagEnd::Paragraph => self.end_block(".PP\n"),
            TagEnd::Item => {
                self.end_item();
                self.items -= 1;
            }
            TagEnd::CodeBlock => {
                self.code = None;
                self.page += &example(&mem::take(&mut self.text));
            }
            TagEnd::Strong | TagEnd::Emphasis => self.text += "\\fR",
            TagEnd::TableCell => self.cells.push(mem::take(&mut self.text).trim().to_owned()),
            TagEnd::TableHead => self.head = mem::take(&mut self.cells),
            TagEnd::TableRow => self.end_row(),
            _ => {}
        }
    }

    fn end_heading(&mut self, level: HeadingLevel) {
        let text = mem::take(&mut self.text);
        match level {
            _ if mem::take(&mut self.is_hidden) => {}
            HeadingLevel::H2 => self.page += &heading(&without_fonts(&text)),
            _ => self.page += &format!(".SS \"{}\"\n", without_fonts(&text)),
        }
    }

    fn end_block(&mut self, macro_line: &str) {
        let text = mem::take(&mut self.text);
        if !text.trim().is_empty() {
            self.page += &format!("{macro_line}{}", lines(text.trim()));
        }
    }

    fn end_item(&mut self) {
        self.end_block(".IP \\(bu 2\n");
    }

    /// The first cell is a word, the others say what it means, each by the name of its column if there are several.
    fn end_row(&mut self) {
        let cells = mem::take(&mut self.cells);
        let Some((word, rest)) = cells.split_first() else { return };
        let named = |(name, cell): (&String, &String)| match rest {
            [_] => cell.clone(),
            _ => format!("{name}: {cell}"),
        };
        let meaning = self.head.iter().skip(1).zip(rest).filter(|(_, cell)| !cell.is_empty()).map(named);
        let meaning = meaning.collect::<Vec<_>>().join(".\n");
        self.page += &entry(&without_fonts(word), if meaning.is_empty() { "\\&" } else { &meaning });
    }
}

/// A heading and a word have a font of their own.
fn without_fonts(text: &str) -> String {
    let text = text.replace("\\fB", "").replace("\\fI", "").replace("\\fR", "");
    text.replace('"', "\\(dq").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(markdown: &str, expected: &str) {
        assert_eq!(man(markdown), expected, "{markdown}");
    }

    #[test]
    fn blocks_become_requests() {
        check("# Title\n\nA `b-c` **d**\n*e* [f](g.md).\n", ".PP\nA \\fBb\\-c\\fR \\fBd\\fR\n\\fIe\\fR f.\n");
        check("## One two\n\n### `x`\n", ".SH \"ONE TWO\"\n.SS \"x\"\n");
        check("```console\n$ a\n.b\n```\n", ".PP\n.RS 4\n.nf\n$ a\n\\&.b\n.fi\n.RE\n");
        check("- a\n- b\n", ".IP \\(bu 2\na\n.IP \\(bu 2\nb\n");
        check("| k | v |\n|---|---|\n| `a` | b |\n", ".TP\n.B a\nb\n");
        check("| k | v | w |\n|---|---|---|\n| `a` | b | c |\n", ".TP\n.B a\nv: b.\nw: c\n");
        check("<!-- hidden -->\n\nshown\n", ".PP\nshown\n");
    }

    #[test]
    fn a_table_is_read_below_its_heading() {
        let page =
            "# T\n\n## One\n\n| a | b |\n|---|---|\n| `x` | y |\n\n## Two\n\n| a | b |\n|---|---|\n| z | |\n";
        assert_eq!(rows(section(page, "One")), [["`x`", "y"]]);
        assert_eq!(plain("`x`, [y](z.md)"), "x, y");
    }
}
