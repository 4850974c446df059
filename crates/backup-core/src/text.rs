//! Text from outside, made safe for a log line and a terminal.

use std::fmt::Write;

/// Returns whether `text` holds a character that could end a log line or steer a terminal.
#[must_use]
pub fn has_control(text: &str) -> bool {
    text.chars().any(is_control)
}

/// Returns `bytes` as one line of text that steers no terminal: control and direction-changing characters and bytes
/// that aren't UTF-8 are written as escapes (`\n`, `\u{1b}`, `\xff`). Everything else stays as it is, so the result
/// is for reading, not for parsing back.
#[must_use]
pub fn printable(bytes: &[u8]) -> String {
    let mut line = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if is_control(character) && character != '\t' {
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

/// Control characters, and those that Unicode gives the power to end a line or to turn its direction.
fn is_control(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
