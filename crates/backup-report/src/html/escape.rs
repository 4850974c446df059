//! Text from outside as a part of HTML.

use backup_core::text::printable;

/// Returns a text that is shown as it is, in an element or in an attribute in quotes.
///
/// Characters that can't be seen, or that change the direction of what follows, are shown as escapes.
pub(super) fn text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in printable(text.as_bytes()).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

/// Returns a text whose own direction changes nothing of what is around it.
pub(super) fn bdi(value: &str) -> String {
    format!("<bdi>{}</bdi>", text(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_an_element_or_an_attribute() {
        let cases = [
            ("docs", "docs"),
            ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
            ("a\" onload='b' &amp;", "a&quot; onload=&#39;b&#39; &amp;amp;"),
            ("a\u{1b}[2J\n\0", "a\\u{1b}[2J\\n\\u{0}"),
            ("fdp\u{202e}rat.tar", "fdp\\u{202e}rat.tar"),
            ("שלום 日本", "שלום 日本"),
        ];
        for (value, expected) in cases {
            assert_eq!(text(value), expected);
            assert_eq!(bdi(value), format!("<bdi>{expected}</bdi>"));
        }
    }
}
