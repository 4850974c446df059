//! Anomaly limits: from when on the source of a run is suspicious, as in `lost:50%,changed:80%`.

use std::fmt;
use std::str::FromStr;

use crate::model::schedule::anomaly_limits_error::AnomalyLimitsError;
use crate::text::near;

/// From when on the source of a run is suspicious: the value of the option `anomaly=`, unless that is `no`.
///
/// # Syntax
///
/// `yes` stands for the defaults. Other limits are separated by commas, without spaces. Each has the form `word:N%` with a
/// whole number from 1 to 99, or `word:no`. Every word may occur once. A limit that isn't there has its default:
///
/// | limit | default | suspicious is a run that |
/// |---|---|---|
/// | `lost` | `50%` | lost more than that share of its entries, or of the bytes of its files |
/// | `changed` | `50%` | found more than that share of the files changed since the run before, where usually few change |
/// | `incompressible` | `50%` | found more than that share of the compressible files not compressible any more |
///
/// Its text form names the limits that differ from the defaults, or is `yes`.
///
/// # Meaning
///
/// [`policy::anomaly`](crate::policy::anomaly) decides, and has the details.
///
/// ```
/// use backup_core::model::schedule::AnomalyLimits;
///
/// let limits: AnomalyLimits = "lost:80%,changed:no".parse()?;
/// assert_eq!((limits.lost, limits.changed, limits.incompressible), (Some(80), None, Some(50)));
/// assert_eq!(limits.to_string(), "lost:80%,changed:no");
/// assert_eq!(AnomalyLimits::default().to_string(), "yes");
/// # Ok::<(), backup_core::model::schedule::AnomalyLimitsError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AnomalyLimits {
    /// The percentage of the entries or bytes that may be lost. `None` means that any loss is fine.
    pub lost: Option<u8>,
    /// The percentage of the files that may change. `None` means that all may.
    pub changed: Option<u8>,
    /// The percentage of the compressible files that may turn incompressible. `None` means that all may.
    pub incompressible: Option<u8>,
}

impl Default for AnomalyLimits {
    fn default() -> Self {
        let half = Some(50);
        Self { lost: half, changed: half, incompressible: half }
    }
}

const WORDS: [&str; 3] = ["lost", "changed", "incompressible"];

impl AnomalyLimits {
    fn limits(&self) -> [Option<u8>; 3] {
        [self.lost, self.changed, self.incompressible]
    }

    fn limit_mut(&mut self, word: &str) -> Option<&mut Option<u8>> {
        Some(match word {
            "lost" => &mut self.lost,
            "changed" => &mut self.changed,
            "incompressible" => &mut self.incompressible,
            _ => return None,
        })
    }
}

impl fmt::Display for AnomalyLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let defaults = Self::default().limits();
        let all = WORDS.iter().zip(self.limits()).zip(defaults);
        let written = all.filter(|((_, limit), default)| limit != default).map(|((word, limit), _)| {
            limit.map_or_else(|| format!("{word}:no"), |percent| format!("{word}:{percent}%"))
        });
        let written: Vec<_> = written.collect();
        if written.is_empty() { f.write_str("yes") } else { f.write_str(&written.join(",")) }
    }
}

impl FromStr for AnomalyLimits {
    type Err = AnomalyLimitsError;

    fn from_str(text: &str) -> Result<Self, AnomalyLimitsError> {
        let mut limits = Self::default();
        if text == "yes" {
            return Ok(limits);
        }
        let mut seen = Vec::new();
        for limit in text.split(',') {
            let (word, value) = limit.split_once(':').unwrap_or((limit, ""));
            let Some(place) = limits.limit_mut(word) else { return Err(unknown(limit)) };
            if seen.contains(&word) {
                return Err(AnomalyLimitsError::Twice(word.to_owned()));
            }
            *place = parse_share(value).ok_or_else(|| AnomalyLimitsError::NoShare(limit.to_owned()))?;
            seen.push(word);
        }
        Ok(limits)
    }
}

/// Reads a share: a percentage, or `no`.
fn parse_share(text: &str) -> Option<Option<u8>> {
    if text == "no" {
        return Some(None);
    }
    let digits = text.strip_suffix('%')?;
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    let percent: u8 = digits.parse().ok().filter(|_| is_number)?;
    (1..=99).contains(&percent).then_some(Some(percent))
}

fn unknown(limit: &str) -> AnomalyLimitsError {
    if limit.is_empty() {
        return AnomalyLimitsError::Empty;
    }
    let (word, value) = limit.split_once([':', '=']).unwrap_or((limit, ""));
    let near = near(word, WORDS.into_iter().chain(["yes", "no"])).filter(|near| *near != limit).map(|word| {
        match parse_share(value) {
            Some(_) if WORDS.contains(&word) => format!("{word}:{value}"),
            _ => word.to_owned(),
        }
    });
    AnomalyLimitsError::Unknown { limit: limit.to_owned(), near }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, limits: [Option<u8>; 3], written: &str) {
        let read: AnomalyLimits = text.parse().unwrap();
        assert_eq!(read.limits(), limits, "{text}");
        assert_eq!(read.to_string(), written, "{text}");
        assert_eq!(written.parse(), Ok(read), "{text}");
    }

    #[test]
    fn limits_are_read_and_written() {
        let half = Some(50);
        check("yes", [half; 3], "yes");
        check("lost:50%", [half; 3], "yes");
        check("lost:80%", [Some(80), half, half], "lost:80%");
        check("changed:no", [half, None, half], "changed:no");
        check("incompressible:1%,lost:99%", [Some(99), half, Some(1)], "lost:99%,incompressible:1%");
        check("lost:no,changed:no,incompressible:no", [None; 3], "lost:no,changed:no,incompressible:no");
    }

    #[test]
    fn what_is_no_limit_says_why() {
        let texts = [
            "",
            "lost:50%,",
            "lost",
            "lost:",
            "lost:50",
            "lost:0%",
            "lost:100%",
            "lost:+5%",
            "lost:300%",
            "lost:5.5%",
            "lost:yes",
            "lsot:50%",
            "lost=50%",
            "chnged",
            "yes,lost:5%",
            "yse",
            "ye\u{1b}s",
            "50%",
            "lost:5%,lost:6%",
            "No",
            "LOST:50%",
        ];
        let said = texts.map(|text| text.parse::<AnomalyLimits>().unwrap_err().to_string());
        insta::assert_snapshot!(said.join("\n"), @r#"
        anomaly has an empty limit; it takes yes, no, or limits as in lost:50%,changed:80%,incompressible:no
        anomaly has an empty limit; it takes yes, no, or limits as in lost:50%,changed:80%,incompressible:no
        the limit "lost" of anomaly has no share from 1% to 99% behind its colon, nor no
        the limit "lost:" of anomaly has no share from 1% to 99% behind its colon, nor no
        the limit "lost:50" of anomaly has no share from 1% to 99% behind its colon, nor no
        the limit "lost:0%" of anomaly has no share from 1% to 99% behind its colon, nor no
        the limit "lost:100%" of anomaly has no share from 1% to 99% behind its colon, nor no
        the limit "lost:+5%" of anomaly has no share from 1% to 99% behind its colon, nor no
        the limit "lost:300%" of anomaly has no share from 1% to 99% behind its colon, nor no
        the limit "lost:5.5%" of anomaly has no share from 1% to 99% behind its colon, nor no
        the limit "lost:yes" of anomaly has no share from 1% to 99% behind its colon, nor no
        anomaly knows no limit "lsot:50%"; did you mean lost:50%?
        anomaly knows no limit "lost=50%"; did you mean lost:50%?
        anomaly knows no limit "chnged"; did you mean changed?
        anomaly knows no limit "yes"; it takes yes, no, or limits as in lost:50%,changed:80%,incompressible:no
        anomaly knows no limit "yse"; did you mean yes?
        anomaly knows no limit "ye\u{1b}s"; did you mean yes?
        anomaly knows no limit "50%"; it takes yes, no, or limits as in lost:50%,changed:80%,incompressible:no
        anomaly can't have the limit lost twice
        anomaly knows no limit "No"; did you mean no?
        anomaly knows no limit "LOST:50%"; did you mean lost:50%?
        "#);
    }
}
