//! Times as PAX records hold them: decimal seconds since 1970, with a fraction and a sign.

use crate::posix::stat::Timestamp;

impl Timestamp {
    /// Reads `-1.5` and, because Python writes them, `1e-09` and the like. Digits beyond nanoseconds are rounded down.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let (is_negative, text) = sign(text);
        let (mantissa, exponent) = split_exponent(text)?;
        let point = mantissa.iter().position(|byte| *byte == b'.').unwrap_or(mantissa.len());
        let (whole, fraction) = (&mantissa[..point], mantissa.get(point + 1..).unwrap_or_default());
        let digits = [whole, fraction].concat();
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let point = i32::try_from(point).ok()?.checked_add(exponent)?;
        Self::from_digits(is_negative, &digits, point)
    }

    /// Takes the digits with the point behind `point` of them, which may be outside.
    fn from_digits(is_negative: bool, digits: &[u8], point: i32) -> Option<Self> {
        let end = point.checked_add(NANO_DIGITS)?;
        let significant = digits.iter().take_while(|digit| **digit == b'0').count();
        let first = i32::try_from(significant).ok()?;
        if significant < digits.len() && end.checked_sub(first)? > MAX_DIGITS {
            return None;
        }
        let mut nanos = 0i128;
        for at in first..end.max(first).min(first + MAX_DIGITS) {
            let digit = usize::try_from(at).ok().and_then(|at| digits.get(at));
            nanos = nanos * 10 + i128::from(digit.map_or(0, |digit| digit - b'0'));
        }
        let cut = usize::try_from(end.max(0)).ok()?;
        let is_inexact = digits.iter().skip(cut).any(|digit| *digit != b'0');
        Self::from_nanos(if is_negative { -nanos - i128::from(is_inexact) } else { nanos })
    }

    fn from_nanos(nanos: i128) -> Option<Self> {
        let seconds = i64::try_from(nanos.div_euclid(NANOS)).ok()?;
        Some(Self { seconds, nanos: u32::try_from(nanos.rem_euclid(NANOS)).ok()? })
    }
}

const NANOS: i128 = 1_000_000_000;

const NANO_DIGITS: i32 = 9;

/// As many digits of nanoseconds as 64-bit seconds can have, and fewer than would overflow.
const MAX_DIGITS: i32 = 19 + NANO_DIGITS;

fn sign(text: &[u8]) -> (bool, &[u8]) {
    match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, text),
    }
}

fn split_exponent(text: &[u8]) -> Option<(&[u8], i32)> {
    let Some(at) = text.iter().position(|byte| matches!(byte, b'e' | b'E')) else {
        return Some((text, 0));
    };
    let (is_negative, digits) = sign(&text[at + 1..]);
    let is_short = !digits.is_empty() && digits.len() <= 3 && digits.iter().all(u8::is_ascii_digit);
    let exponent: i32 = str::from_utf8(digits).ok().filter(|_| is_short)?.parse().ok()?;
    Some((&text[..at], if is_negative { -exponent } else { exponent }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<(i64, u32)>) {
        let expected = expected.map(|(seconds, nanos)| Timestamp { seconds, nanos });
        assert_eq!(Timestamp::parse(text.as_bytes()), expected, "{text}");
    }

    #[test]
    fn reads_what_tools_write() {
        check("0", Some((0, 0)));
        check("1700000000", Some((1_700_000_000, 0)));
        check("1700000000.5", Some((1_700_000_000, 500_000_000)));
        check("1700000000.123456789", Some((1_700_000_000, 123_456_789)));
        check("1700000000.", Some((1_700_000_000, 0)));
        check(".25", Some((0, 250_000_000)));
        check("00000000000000000000000000000000000000000000001", Some((1, 0)));
        check("9223372036854775807", Some((i64::MAX, 0)));
        check("-9223372036854775808", Some((i64::MIN, 0)));
    }

    #[test]
    fn rounds_down_on_both_sides_of_1970() {
        check("1.9999999999", Some((1, 999_999_999)));
        check("-1", Some((-1, 0)));
        check("-0.25", Some((-1, 750_000_000)));
        check("-1.5", Some((-2, 500_000_000)));
        check("-0.0000000001", Some((-1, 999_999_999)));
        check("-0.0000000000", Some((0, 0)));
    }

    #[test]
    fn reads_what_python_writes_of_odd_times() {
        check("1e-09", Some((0, 1)));
        check("1.5e-07", Some((0, 150)));
        check("-1e-09", Some((-1, 999_999_999)));
        check("1e+16", Some((10_000_000_000_000_000, 0)));
        check("1e-300", Some((0, 0)));
        check("-1e-300", Some((-1, 999_999_999)));
    }

    #[test]
    fn refuses_the_rest() {
        for text in ["", "-", ".", "x", "1.2.3", "1e", "1e9999", "1e300", "nan", "inf", "1 ", "--1", "-+1"] {
            check(text, None);
        }
        check("9223372036854775808", None);
        check("99999999999999999999999999999999999999999999", None);
    }
}
