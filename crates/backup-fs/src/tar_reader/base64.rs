//! The values of extended attributes as bsdtar writes them.

/// Returns the bytes that base64 text says. Padding at the end may be there or not.
pub(super) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    let text = &text[..text.len() - padding];
    if padding > 2 || text.len() % 4 == 1 {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for group in text.chunks(4) {
        let mut bits = 0u32;
        for place in 0..4 {
            bits = bits << 6 | group.get(place).map_or(Some(0), |letter| value(*letter))?;
        }
        bytes.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
    }
    Some(bytes)
}

fn value(letter: u8) -> Option<u32> {
    Some(u32::from(match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_every_length() {
        let cases: [(&str, &[u8]); 6] = [
            ("", b""),
            ("AA", b"\0"),
            ("AP8", b"\0\xff"),
            ("AP8=", b"\0\xff"),
            ("Zm9v", b"foo"),
            ("+/+/Zg==", b"\xfb\xff\xbff"),
        ];
        for (text, expected) in cases {
            assert_eq!(decode(text.as_bytes()).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_base64() {
        for text in ["A", "AAAAA", "A A=", "AA===", "A\n", "=AAA"] {
            assert_eq!(decode(text.as_bytes()), None, "{text}");
        }
    }
}
