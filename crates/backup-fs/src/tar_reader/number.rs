//! Numbers as headers hold them: octal text, or base 256.

/// Returns the number in a field of a header: octal digits between blanks and a closing blank or NUL, or GNU's base
/// 256 in two's complement, marked by the first bit. An empty field is zero, as v7 archives have them.
pub(super) fn number(field: &[u8]) -> Option<i128> {
    match field.first() {
        Some(first) if first & 0x80 != 0 => base_256(field),
        _ => octal(field).map(i128::from),
    }
}

/// The bit beside the mark is the sign.
fn base_256(field: &[u8]) -> Option<i128> {
    let (first, rest) = field.split_first()?;
    let sign = i128::from((first & 0x40) != 0);
    let start = i128::from(first & 0x3f) - 0x40 * sign;
    rest.iter().try_fold(start, |number, byte| number.checked_mul(256)?.checked_add(i128::from(*byte)))
}

fn octal(field: &[u8]) -> Option<u64> {
    let field = field.trim_ascii_start();
    let digits = field.iter().take_while(|byte| matches!(byte, b'0'..=b'7')).count();
    let (digits, rest) = field.split_at(digits);
    if !matches!(rest.first(), None | Some(b' ' | 0)) {
        return None;
    }
    digits.iter().try_fold(0u64, |number, digit| number.checked_mul(8)?.checked_add(u64::from(digit - b'0')))
}

/// Returns the number that decimal digits say; `None` for anything else, a sign included.
pub(super) fn decimal(text: &[u8]) -> Option<u64> {
    let digits = str::from_utf8(text).ok().filter(|_| text.iter().all(u8::is_ascii_digit))?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(field: &[u8], expected: Option<i128>) {
        assert_eq!(number(field), expected, "{field:?}");
    }

    #[test]
    fn reads_octal_as_every_tool_pads_it() {
        check(b"0000644\0", Some(0o644));
        check(b"   644 \0", Some(0o644));
        check(b"77777777", Some(0o77_777_777));
        check(b"644\0junk", Some(0o644));
        check(b"644 junk", Some(0o644));
        check(b"\0\0\0\0", Some(0));
        check(b"        ", Some(0));
        check(b"", Some(0));
    }

    #[test]
    fn refuses_what_is_no_number() {
        for field in [&b"0000648\0"[..], b"-000644\0", b"644x", b"x", b"7777777777777777777777777"] {
            check(field, None);
        }
    }

    #[test]
    fn reads_base_256_with_its_sign() {
        check(b"\x80\0\0\0\0\0\0\0\0\0\0\x05", Some(5));
        check(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", Some(-1));
        check(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0", Some(-256));
        check(b"\x80\0\0\x02\0\0\0\0\0\0\0\0", Some(1 << 65));
        check(b"\xbf\xff", Some(0x3fff));
        check(b"\xc0\x00", Some(-0x4000));
    }

    #[test]
    fn reads_decimal_digits_and_nothing_else() {
        assert_eq!(decimal(b"18446744073709551615"), Some(u64::MAX));
        for text in [&b""[..], b"18446744073709551616", b"-1", b"+1", b" 1", b"1 ", b"0x1"] {
            assert_eq!(decimal(text), None, "{text:?}");
        }
    }
}
