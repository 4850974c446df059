//! Byte rate: how fast a source is read at most.

use std::fmt;

/// The most bytes a second, as it is written: `800K`, `50M`, `1G`. K, M and G are powers of 1024, as for rsync's `--bwlimit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ByteRate {
    count: u32,
    unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Unit {
    Kibi,
    Mebi,
    Gibi,
}

impl Unit {
    const ALL: [Self; 3] = [Self::Kibi, Self::Mebi, Self::Gibi];

    fn letter(self) -> char {
        match self {
            Self::Kibi => 'K',
            Self::Mebi => 'M',
            Self::Gibi => 'G',
        }
    }

    fn bytes(self) -> u64 {
        match self {
            Self::Kibi => 1 << 10,
            Self::Mebi => 1 << 20,
            Self::Gibi => 1 << 30,
        }
    }
}

impl ByteRate {
    /// Reads a whole number from 1 to 999,999 and its unit. Returns `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let unit = Unit::ALL.into_iter().find(|unit| text.ends_with(unit.letter()))?;
        let digits = &text[..text.len() - 1];
        let is_plain = digits.len() <= 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let count = digits.parse().ok().filter(|_| is_plain && !digits.starts_with('0'))?;
        Some(Self { count, unit })
    }

    /// Reads a value of the option `max-rate=`: a rate, or `no`.
    pub(super) fn parse_option(value: &str) -> Option<Option<Self>> {
        if value == "no" { Some(None) } else { Self::parse(value).map(Some) }
    }

    /// Returns the number of bytes. It is at least 1024.
    #[must_use]
    pub fn bytes_per_second(self) -> u64 {
        u64::from(self.count) * self.unit.bytes()
    }
}

impl fmt::Display for ByteRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.count, self.unit.letter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_as_it_is_read() {
        let cases = [
            ("1K", 1_024),
            ("800K", 819_200),
            ("50M", 52_428_800),
            ("1G", 1 << 30),
            ("999999G", 999_999 << 30),
        ];
        for (text, bytes) in cases {
            let rate = ByteRate::parse(text).unwrap();
            assert_eq!((rate.to_string().as_str(), rate.bytes_per_second()), (text, bytes));
        }
    }

    #[test]
    fn refuses_what_could_mean_something_else() {
        for text in [
            "", "K", "0K", "05M", "50", "50m", "50MB", "1.5M", "+5M", "-5M", "5 M", "1000000K", "5M ", "5T",
            "٣M",
        ] {
            assert_eq!(ByteRate::parse(text), None, "{text}");
        }
    }
}
