//! Takes out of a line what differs from one day, run or machine to the next.

/// Returns the line with dates, amounts, process numbers and digests masked, and one space where there are several.
pub(crate) fn masked(line: &str) -> String {
    let mut masked = String::new();
    let mut rest = line.trim_end();
    while let Some(first) = rest.chars().next() {
        let is_inside = masked.ends_with(char::is_alphanumeric);
        let found = if is_inside { None } else { MASKS.iter().find_map(|mask| mask(rest)) };
        let (length, text) = found.unwrap_or((first.len_utf8(), &rest[..first.len_utf8()]));
        if !(text == " " && masked.ends_with(' ')) {
            masked.push_str(text);
        }
        rest = &rest[length..];
    }
    // "1 min 02 s" is as good as "9 s".
    while masked.contains("[amount] [amount]") {
        masked = masked.replace("[amount] [amount]", "[amount]");
    }
    masked
}

/// Returns how long what is masked is at the start of a text, and what stands for it.
type Mask = fn(&str) -> Option<(usize, &'static str)>;

/// The first that fits counts.
const MASKS: [Mask; 4] = [date, amount, process, digest];

/// The longest first; a digit stands for any digit.
const DATES: [&str; 10] = [
    "0000-00-00T00-00-00",
    "0000-00-00T00:00:00",
    "0000-00-00 00:00:00",
    "0000-00-00T00:00",
    "0000-00-00T00-00",
    "0000-00-00 00:00",
    "00/00/0000 00:00",
    "0000-00-00",
    "00/00/0000",
    "00-00 00:00",
];

fn date(text: &str) -> Option<(usize, &'static str)> {
    // "T00-00-0600" is a minute in a zone in the west, and no second.
    let ends = |length: usize| !text[length..].starts_with(|next: char| next.is_ascii_digit());
    let shape = DATES.iter().find(|shape| has_shape(text, shape) && ends(shape.len()))?;
    let rest = &text[shape.len()..];
    let fraction = rest.strip_prefix('.').map_or(0, |rest| 1 + count(rest, |byte| byte.is_ascii_digit()));
    // ".tar" is no fraction of a second.
    let fraction = if fraction > 1 { fraction } else { 0 };
    let zones = ["+00:00", "-00:00", "+0000", "-0000", "Z"];
    let zone = zones.iter().find(|zone| has_shape(&rest[fraction..], zone)).map_or(0, |zone| zone.len());
    let number = number_within_second(&rest[fraction + zone..]);
    Some((shape.len() + fraction + zone + number, "[date]"))
}

/// Archives of the same second are numbered: nobody knows whether two are.
fn number_within_second(rest: &str) -> usize {
    let digits = rest.strip_prefix('-').map_or(0, |rest| count(rest, |byte| byte.is_ascii_digit()));
    let is_archive = digits > 0 && rest[1 + digits..].starts_with(".tar");
    if is_archive { 1 + digits } else { 0 }
}

fn has_shape(text: &str, shape: &str) -> bool {
    let fits =
        |(found, wanted): (u8, u8)| if wanted == b'0' { found.is_ascii_digit() } else { found == wanted };
    text.len() >= shape.len() && text.bytes().zip(shape.bytes()).all(fits)
}

const UNITS: [&str; 19] = [
    "B", "kB", "MB", "GB", "TB", "byte", "bytes", "s", "min", "h", "second", "seconds", "minute", "minutes",
    "hour", "hours", "day", "days", "weeks",
];

/// A size or a duration.
fn amount(text: &str) -> Option<(usize, &'static str)> {
    let number = count(text, |byte| byte.is_ascii_digit() || byte == b',' || byte == b'.');
    let unit = text[number..].strip_prefix(' ')?;
    let unit = &unit[..count(unit, |byte| byte.is_ascii_alphanumeric())];
    let is_number = text.starts_with(|first: char| first.is_ascii_digit());
    (is_number && UNITS.contains(&unit)).then_some((number + 1 + unit.len(), "[amount]"))
}

fn process(text: &str) -> Option<(usize, &'static str)> {
    let digits = count(text.strip_prefix("pid ")?, |byte| byte.is_ascii_digit());
    (digits > 0).then_some(("pid ".len() + digits, "[pid]"))
}

fn digest(text: &str) -> Option<(usize, &'static str)> {
    let digits = count(text, |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    (digits >= SHORTEST_DIGEST).then_some((digits, "[digest]"))
}

const SHORTEST_DIGEST: usize = 12;

fn count(text: &str, is_it: impl Fn(u8) -> bool) -> usize {
    text.bytes().take_while(|&byte| is_it(byte)).count()
}

#[test]
fn masks_what_changes_and_nothing_else() {
    let check = |line: &str, wanted: &str| assert_eq!(masked(line), wanted);
    check("0: docs;16:07;docs", "0: docs;16:07;docs");
    check("running, pid 4711, since 21/11/2026 15:58", "running, [pid], since [date]");
    check("docs.2026-01-29T16-07+0100-2.tar  ", "docs.[date].tar");
    check("ok  11-29 16:07  1/2", "ok [date] 1/2");
    check("2026-01-29-2", "[date]-2");
    check("docs.2026-01-29T16-07+0100.tar", "docs.[date].tar");
    check("-rw-r--r-- ann/ann   5 2026-01-29 16:07 a", "-rw-r--r-- ann/ann 5 [date] a");
    check("\"began\": \"2026-01-29T16:07:01.123456789+01:00\"", "\"began\": \"[date]\"");
    check("took   1 min 02 s  10.2 kB", "took [amount]");
    check("(1,234 entries, 800.0 kB), in 0 s", "(1,234 entries, [amount]), in [amount]");
    check("is 9f86d081884c..., not 60303ae22b99...", "is [digest]..., not [digest]...");
    check("docs.tar v1.2 sober cafe", "docs.tar v1.2 sober cafe");
}

#[test]
fn a_zone_in_the_west_is_no_second() {
    for zone in ["+0000", "-0600", "-0545"] {
        assert_eq!(masked(&format!("docs.2026-02-01T00-00{zone}.tar")), "docs.[date].tar");
    }
    assert_eq!(masked("docs.2026-02-01T00-00-06.tar"), "docs.[date].tar");
}
