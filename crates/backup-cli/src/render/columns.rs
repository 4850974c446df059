//! The width of text on a terminal: cutting and padding it.

/// Returns how many columns of a terminal a text takes.
///
/// Not promised: what terminals disagree about, such as emoji that are joined from several.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(character_width).sum()
}

/// Returns a text of exactly so many columns: cut with `…`, or filled with spaces behind it.
pub(crate) fn fitted(text: &str, columns: usize) -> String {
    let mut fitted = if width(text) <= columns { text.to_owned() } else { cut(text, columns) };
    let missing = columns.saturating_sub(width(&fitted));
    fitted.extend(std::iter::repeat_n(' ', missing));
    fitted
}

fn cut(text: &str, columns: usize) -> String {
    let mut used = 0;
    let fits = |character: &char| {
        used += character_width(*character);
        used < columns
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

fn character_width(character: char) -> usize {
    match character {
        // Marks that stand on the character before them, and variation selectors.
        '\u{300}'..='\u{36f}'
        | '\u{20d0}'..='\u{20ff}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{fe20}'..='\u{fe2f}' => 0,
        // Hangul, CJK and Kana, full-width forms, emoji.
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{303e}'
        | '\u{3041}'..='\u{a4cf}'
        | '\u{a960}'..='\u{a97c}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff01}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1f64f}'
        | '\u{1f680}'..='\u{1f6ff}'
        | '\u{1f900}'..='\u{1f9ff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_fits_its_columns() {
        let cases = [
            ("docs", 6, "docs  "),
            ("docs", 4, "docs"),
            ("documents", 6, "docum…"),
            ("日本語", 6, "日本語"),
            ("日本語", 5, "日本…"),
            // Half of a wide character can't be shown.
            ("日本語", 4, "日… "),
            ("e\u{301}te\u{301}", 3, "e\u{301}te\u{301}"),
            ("\u{1f600}\u{1f600}", 3, "\u{1f600}…"),
            ("x", 0, "…"),
        ];
        for (text, columns, expected) in cases {
            assert_eq!(fitted(text, columns), expected, "{text} {columns}");
        }
    }
}
