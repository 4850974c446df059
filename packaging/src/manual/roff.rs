//! The language of manual pages.

/// Returns text as it is written in a page.
pub(super) fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq").replace('^', "\\(ha");
    text.replace('~', "\\(ti").replace('`', "\\(ga")
}

/// Returns lines none of which is taken for a request.
pub(super) fn lines(text: &str) -> String {
    let safe = |line: &str| {
        let line = line.trim_end();
        let is_request = line.starts_with('.') || line.starts_with('\'');
        format!("{}{line}\n", if is_request { "\\&" } else { "" })
    };
    text.lines().map(safe).collect()
}

/// Returns text that is shown as it is, in a block of its own.
pub(super) fn example(text: &str) -> String {
    format!(".PP\n.RS 4\n.nf\n{}.fi\n.RE\n", lines(&escaped(text.trim_end())))
}

/// Returns an entry of a list: a word, and what it means. Both are written as in a page already.
pub(super) fn entry(word: &str, meaning: &str) -> String {
    format!(".TP\n.B {word}\n{}", lines(meaning))
}

/// Returns the heading of a section.
pub(super) fn heading(text: &str) -> String {
    let text = escaped(&text.to_uppercase());
    if text.contains(' ') { format!(".SH \"{text}\"\n") } else { format!(".SH {text}\n") }
}

/// Returns a page in which only what is needed is left: a definition isn't repeated in each part, and nothing
/// parts a heading from what follows.
pub(super) fn tidied(page: &str) -> String {
    let is_space = |line: &str| ["", ".PP", ".br", ".sp"].contains(&line);
    let mut lines: Vec<&str> = Vec::new();
    for line in page.lines().map(str::trim_end) {
        let is_definition = line.starts_with(".ie \\n(.g") || line.starts_with(".el .ds Aq");
        let last = lines.last().copied().unwrap_or(".TH");
        let is_parted = last.starts_with(".SH") || last.starts_with(".SS") || is_space(last);
        let is_needed = !is_space(line) || !is_parted;
        if is_needed && !is_definition {
            lines.push(line);
        }
    }
    lines.join("\n").replace("\\*(Aq", "\\(aq") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_never_a_request() {
        assert_eq!(lines(&escaped(".tar\n'x' -a \\n")), "\\&.tar\n\\(aqx\\(aq \\-a \\en\n");
        assert_eq!(heading("See also"), ".SH \"SEE ALSO\"\n");
        assert_eq!(entry("0", "done"), ".TP\n.B 0\ndone\n");
    }

    #[test]
    fn a_page_holds_nothing_twice() {
        let page = ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n.SH NAME\n.PP\na \nb\\*(Aqs\n.PP\nc\n";
        assert_eq!(tidied(page), ".SH NAME\na\nb\\(aqs\n.PP\nc\n");
    }
}
