//! Shell word: a path quoted so that a shell reads it as one word.

use std::fmt::Write;

use super::printable;

/// Returns a path as one shell word that is safe to print. Pasted into a command, it names the same file.
///
/// Most paths stay as they are. There are three exceptions:
///
/// - A path that begins with `-` gets `./` in front, so that no program takes it for an option.
/// - A path with blanks or with characters that mean something to a shell is put in `'...'`.
/// - A path with characters that [`printable`] escapes is put in `$'...'`, which bash and zsh read. These characters are
///   written as bytes.
#[must_use]
pub fn shell_word(path: &[u8]) -> String {
    let path = if path.starts_with(b"-") { [b"./", path].concat() } else { path.to_vec() };
    let text = printable(&path);
    if text.as_bytes() != path || text.contains('\t') {
        escaped(&path)
    } else if text.chars().all(is_plain) && !text.is_empty() {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// Returns whether no shell gives a character a meaning, in any position of a word.
fn is_plain(character: char) -> bool {
    character.is_alphanumeric() || "_-./:@%+,".contains(character) || is_symbol(character)
}

/// Returns whether a character is neither ASCII nor white space.
///
/// Outside ASCII, shells give characters no meaning. White space is quoted, so that its end can be seen.
fn is_symbol(character: char) -> bool {
    !character.is_ascii() && !character.is_whitespace()
}

fn escaped(path: &[u8]) -> String {
    let mut word = String::from("$'");
    for chunk in path.utf8_chunks() {
        chunk.valid().chars().for_each(|character| escape(&mut word, character));
        chunk.invalid().iter().for_each(|byte| escape_byte(&mut word, *byte));
    }
    word.push('\'');
    word
}

fn escape(word: &mut String, character: char) {
    let mut buffer = [0; 4];
    let text = character.encode_utf8(&mut buffer);
    match character {
        '\'' | '\\' => word.extend(['\\', character]),
        '\n' => word.push_str("\\n"),
        '\t' => word.push_str("\\t"),
        _ if printable(text.as_bytes()) == *text => word.push(character),
        _ => text.bytes().for_each(|byte| escape_byte(word, byte)),
    }
}

fn escape_byte(word: &mut String, byte: u8) {
    // Writing into a string can't fail.
    let _ = write!(word, "\\x{byte:02x}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::has_control;

    #[test]
    fn a_path_is_one_word_that_can_be_pasted() {
        let cases: [(&[u8], &str); 20] = [
            (b"letters/may.txt", "letters/may.txt"),
            (b"a-b_c+d,e@f:g%h", "a-b_c+d,e@f:g%h"),
            ("Größe/\u{1f600}".as_bytes(), "Größe/\u{1f600}"),
            (b"-rf", "./-rf"),
            (b"--", "./--"),
            (b"-a b", "'./-a b'"),
            (b"folder/-rf", "folder/-rf"),
            (b"a b", "'a b'"),
            (b"a ", "'a '"),
            ("a\u{a0}".as_bytes(), "'a\u{a0}'"),
            (b"it's", r"'it'\''s'"),
            (b"[abc].txt", "'[abc].txt'"),
            (b"back\\", r"'back\'"),
            (b"$HOME", "'$HOME'"),
            (b"~", "'~'"),
            (b"", "''"),
            (b"a\nb\tc", r"$'a\nb\tc'"),
            (b"-\x1b[2J'\\", r"$'./-\x1b[2J\'\\'"),
            (b"d\xffcs", r"$'d\xffcs'"),
            ("do\u{200b}cs".as_bytes(), r"$'do\xe2\x80\x8bcs'"),
        ];
        for (path, expected) in cases {
            let word = shell_word(path);
            assert_eq!(word, expected);
            assert!(!has_control(&word), "{word:?}");
        }
    }
}
