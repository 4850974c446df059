//! Colours on a terminal.

use std::env;
use std::io::{self, IsTerminal};

/// Whether text is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colours {
    /// Text is plain.
    Off,
    /// Text is coloured.
    On,
}

/// How a piece of text is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// All is well.
    Good,
    /// Somebody should look.
    Warning,
    /// Somebody must act.
    Bad,
}

impl Colours {
    /// Returns whether standard output is to be coloured: it is a terminal that can, and `NO_COLOR` isn't set.
    pub(crate) fn of_output() -> Self {
        let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self::chosen(io::stdout().is_terminal(), is_set("NO_COLOR"), is_dumb)
    }

    fn chosen(is_terminal: bool, is_unwanted: bool, is_dumb: bool) -> Self {
        if is_terminal && !is_unwanted && !is_dumb { Self::On } else { Self::Off }
    }

    /// Returns text in a style.
    pub(crate) fn paint(self, style: Option<Style>, text: &str) -> String {
        let code = match style.filter(|_| self == Self::On) {
            None => return text.to_owned(),
            Some(Style::Good) => "32",
            Some(Style::Warning) => "33",
            Some(Style::Bad) => "1;31",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_willing_terminal_is_coloured() {
        let cases = [
            ((true, false, false), Colours::On),
            ((false, false, false), Colours::Off),
            ((true, true, false), Colours::Off),
            ((true, false, true), Colours::Off),
        ];
        for ((is_terminal, is_unwanted, is_dumb), expected) in cases {
            assert_eq!(Colours::chosen(is_terminal, is_unwanted, is_dumb), expected);
        }
    }

    #[test]
    fn a_style_ends_where_its_text_does() {
        assert_eq!(Colours::On.paint(Some(Style::Bad), "OVERDUE"), "\u{1b}[1;31mOVERDUE\u{1b}[0m");
        assert_eq!(Colours::On.paint(None, "x"), "x");
        assert_eq!(Colours::Off.paint(Some(Style::Bad), "OVERDUE"), "OVERDUE");
    }
}
