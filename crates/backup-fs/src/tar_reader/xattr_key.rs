//! The names of extended attributes, as the keys of records hold them.

/// Undoes what GNU tar does to a name so that it can stand in a key: `=` and `%` as in a URL, and nothing else.
pub(super) fn schily(key: &[u8]) -> Vec<u8> {
    unescape(key, |code| matches!(code, b"3D" | b"25"))
}

/// Undoes what libarchive does: any byte as in a URL.
pub(super) fn libarchive(key: &[u8]) -> Vec<u8> {
    unescape(key, |_| true)
}

fn unescape(key: &[u8], is_escape: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let mut name = Vec::with_capacity(key.len());
    let mut rest = key;
    while let Some((byte, after)) = rest.split_first() {
        let code = after.get(..2).filter(|code| *byte == b'%' && is_escape(code)).and_then(hex);
        name.push(code.unwrap_or(*byte));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    name
}

fn hex(code: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(*code.first()?)? * 16 + digit(*code.get(1)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undoes_what_each_tool_does() {
        let cases: [(&[u8], &[u8], &[u8]); 6] = [
            (b"user.a", b"user.a", b"user.a"),
            (b"user.a%3Db%25c", b"user.a=b%c", b"user.a=b%c"),
            (b"user.%41", b"user.%41", b"user.A"),
            (b"user.%e4%FF", b"user.%e4%FF", b"user.\xe4\xff"),
            (b"user.%", b"user.%", b"user.%"),
            (b"user.%4x%4", b"user.%4x%4", b"user.%4x%4"),
        ];
        for (key, gnu, other) in cases {
            assert_eq!(schily(key), gnu);
            assert_eq!(libarchive(key), other);
        }
    }
}
