//! Text: makes foreign text safe to print, and writes numbers and sizes for people.

mod edit_distance;
mod names;
mod shell_word;

use std::fmt::Write;

pub use edit_distance::near;
pub use names::Names;
pub use shell_word::shell_word;

/// Returns whether `text` contains a character that could end a log line or control a terminal.
#[must_use]
pub fn has_control(text: &str) -> bool {
    plain_text(text.as_bytes()).is_none() && text.chars().any(is_control)
}

/// Returns whether people may give that name to a table of the configuration, which an option can then choose. `no` is none,
/// because an option says it to choose nothing.
#[must_use]
pub fn is_table_name(name: &str) -> bool {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
    !name.is_empty() && name != "no" && name.chars().all(is_plain)
}

/// Returns the first invisible character of `text`.
#[must_use]
pub fn invisible_in(text: &str) -> Option<char> {
    text.chars().find(|character| is_invisible(*character))
}

/// Returns `bytes` as one line of text that is safe to print.
///
/// Control characters, characters that change the direction of text, invisible characters and bytes that aren't UTF-8 are
/// written as escapes (`\n`, `\u{1b}`, `\xff`). Everything else stays as it is, tabs included.
///
/// Not promised: that the result can be parsed back. A backslash in `bytes` isn't escaped.
#[must_use]
pub fn printable(bytes: &[u8]) -> String {
    // Most texts are plain, and there may be very many of them.
    if let Some(plain) = plain_text(bytes) {
        return plain.to_owned();
    }
    let mut line = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if is_invisible(character) || is_control(character) && character != '\t' {
                line.extend(character.escape_default());
            } else {
                line.push(character);
            }
        }
        for byte in chunk.invalid() {
            // Writing into a string can't fail.
            let _ = write!(line, "\\x{byte:02x}");
        }
    }
    line
}

/// Returns bytes as text if they are ASCII without control characters.
fn plain_text(bytes: &[u8]) -> Option<&str> {
    let is_plain = bytes.iter().all(|byte| (b' '..=b'~').contains(byte));
    str::from_utf8(bytes).ok().filter(|_| is_plain)
}

/// Returns whether a character can end a line or control a terminal.
///
/// Besides control characters, these are the line and paragraph separators (U+2028, U+2029), the characters with the
/// Unicode property `Bidi_Control`, and U+FEFF, which is a byte order mark at the start of a file.
fn is_control(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{feff}')
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Returns whether a character takes no space and shows nothing.
///
/// Such a character makes two different names look the same. These are Unicode's `Default_Ignorable_Code_Point` and the
/// marks of annotations. Variation selectors don't count: they change how the character before them looks, and many emoji
/// contain one.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e00ff}' | '\u{e01f0}'..='\u{e0fff}'
    )
}

/// Returns bytes as lowercase hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const WIDEST: usize = size_of::<u128>();
    let mut text = String::with_capacity(2 * bytes.len());
    for chunk in bytes.chunks(WIDEST) {
        let mut number = [0; WIDEST];
        number[WIDEST - chunk.len()..].copy_from_slice(chunk);
        // Writing into a string can't fail.
        let _ = write!(text, "{:0width$x}", u128::from_be_bytes(number), width = 2 * chunk.len());
    }
    text
}

/// Returns a number with a comma after every three digits, counted from its end: `1,234,567`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.char_indices() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Returns a number of entries with its noun: `1 entry`, `1,234 entries`.
pub(crate) fn entry_count(count: u64) -> String {
    if count == 1 { "1 entry".to_owned() } else { format!("{} entries", grouped(count)) }
}

/// Returns a size for people: `12.3 MB`.
///
/// Each unit is a thousand of the one before. The value has one decimal, and is cut instead of rounded.
#[must_use]
pub fn size(bytes: u64) -> String {
    let units = [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match units.into_iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{}.{} {name}", grouped(bytes / unit), bytes % unit / (unit / 10)),
        None => format!("{bytes} B"),
    }
}

/// Returns how much space is needed, free and missing: "24.5 kB, and 10.0 kB are free, 14.5 kB too little".
///
/// All three are written to the byte if the rounded needed and free sizes would be the same text.
#[must_use]
pub fn too_little_room(needed_bytes: u64, free_bytes: u64) -> String {
    let exact =
        |bytes: u64| if bytes == 1 { "1 byte".to_owned() } else { format!("{} bytes", grouped(bytes)) };
    let is_near = size(needed_bytes) == size(free_bytes);
    let written = |bytes: u64| if is_near { exact(bytes) } else { size(bytes) };
    let missing = needed_bytes.saturating_sub(free_bytes);
    format!(
        "{}, and {} are free, {} too little",
        written(needed_bytes),
        written(free_bytes),
        written(missing)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_shortage_is_written_to_the_byte() {
        let cases = [
            (24_576, 10_000, "24.5 kB, and 10.0 kB are free, 14.5 kB too little"),
            (24_576, 0, "24.5 kB, and 0 B are free, 24.5 kB too little"),
            (
                15_790_000,
                15_701_000,
                "15,790,000 bytes, and 15,701,000 bytes are free, 89,000 bytes too little",
            ),
            (24_576, 24_575, "24,576 bytes, and 24,575 bytes are free, 1 byte too little"),
            (15_800_000, 15_799_999, "15.8 MB, and 15.7 MB are free, 1 B too little"),
        ];
        for (needed, free, expected) in cases {
            assert_eq!(too_little_room(needed, free), expected);
        }
    }

    #[test]
    fn numbers_and_sizes_are_readable() {
        for (count, expected) in [(0, "0 entries"), (1, "1 entry"), (1_234, "1,234 entries")] {
            assert_eq!(entry_count(count), expected);
        }
        for (number, expected) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), expected);
        }
        let cases = [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (999_999, "999.9 kB"),
            (12_345_678, "12.3 MB"),
            (67_000_000_000, "67.0 GB"),
            (u64::MAX, "18,446,744.0 TB"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(size(bytes), expected);
        }
    }

    #[track_caller]
    fn check(bytes: &[u8], expected: &str) {
        assert_eq!(printable(bytes), expected);
        assert!(!has_control(&expected.replace('\t', " ")), "{expected:?}");
    }

    #[test]
    fn printable_escapes_what_breaks_a_line_or_controls_a_terminal() {
        let cases: [(&[u8], &str); 18] = [
            (b"", ""),
            (b"docs;16:07;docs", "docs;16:07;docs"),
            ("Größe \u{1f600} 日本".as_bytes(), "Größe \u{1f600} 日本"),
            (b"back\\slash 'quote' \"quote\"", "back\\slash 'quote' \"quote\""),
            (b"a\tb", "a\tb"),
            (b"a\nb\r\n", "a\\nb\\r\\n"),
            (b"\x1b[2J\x07", "\\u{1b}[2J\\u{7}"),
            (b"\0\x7f", "\\u{0}\\u{7f}"),
            ("\u{85}\u{9b}".as_bytes(), "\\u{85}\\u{9b}"),
            ("\u{2028}\u{2029}".as_bytes(), "\\u{2028}\\u{2029}"),
            ("\u{200e}\u{200f}\u{61c}".as_bytes(), "\\u{200e}\\u{200f}\\u{61c}"),
            ("\u{202a}\u{202e}".as_bytes(), "\\u{202a}\\u{202e}"),
            ("\u{2066}\u{2069}".as_bytes(), "\\u{2066}\\u{2069}"),
            ("\u{feff}docs".as_bytes(), "\\u{feff}docs"),
            ("do\u{200b}cs\u{2060}\u{ad}".as_bytes(), "do\\u{200b}cs\\u{2060}\\u{ad}"),
            ("\u{2764}\u{fe0f}".as_bytes(), "\u{2764}\u{fe0f}"),
            (b"d\xFFcs\x80", "d\\xffcs\\x80"),
            (b"cut \xE2\x82", "cut \\xe2\\x82"),
        ];
        for (bytes, expected) in cases {
            check(bytes, expected);
        }
    }

    #[test]
    fn the_characters_that_are_reported_are_those_that_printable_escapes() {
        for character in '\0'..=char::MAX {
            let text = character.to_string();
            let is_escaped = printable(text.as_bytes()) != text;
            let is_reported = has_control(&text) || invisible_in(&text) == Some(character);
            assert_eq!(is_reported, is_escaped || character == '\t', "{character:?}");
        }
    }
}
