//! The text format of Prometheus: heads of families and escaped labels.

use std::fmt;

/// The prefix of all names.
pub(super) const PREFIX: &str = "backup_manager_";

/// Writes the lines that come before the samples of a family. All are gauges.
pub(super) fn write_head(f: &mut fmt::Formatter<'_>, name: &str, help: &str) -> fmt::Result {
    writeln!(f, "# HELP {PREFIX}{name} {help}\n# TYPE {PREFIX}{name} gauge")
}

/// Returns a text as the value of a label: what would end it or the line is escaped, and nothing else.
pub(super) fn label_value(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_ends_only_where_it_should() {
        let cases = [
            ("docs", "docs"),
            ("a\"b", "a\\\"b"),
            ("a\\", "a\\\\"),
            ("a\nb", "a\\nb"),
            ("\\n", "\\\\n"),
            ("{x=1} \u{202e}日本", "{x=1} \u{202e}日本"),
        ];
        for (text, expected) in cases {
            assert_eq!(label_value(text), expected);
        }
    }
}
