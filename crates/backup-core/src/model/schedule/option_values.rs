//! The values of options: what each may be.

use crate::model::archive::Compression;
use crate::text::has_control;

pub(super) fn parse_yes_no(value: &str) -> Option<bool> {
    match value {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

pub(super) fn yes_or_no(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

pub(super) fn parse_compression(value: &str) -> Option<Compression> {
    match value {
        "zstd" => Some(Compression::Zstd),
        "no" => Some(Compression::None),
        _ => None,
    }
}

/// Returns whether a text may be the name of a time zone.
pub(super) fn is_zone(value: &str) -> bool {
    !value.is_empty() && !value.contains(char::is_whitespace) && !has_control(value)
}

/// Reads the name of a hook. Inside, `None` means none.
pub(super) fn parse_hooks(value: &str) -> Option<Option<String>> {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
    let is_valid = !value.is_empty() && value.chars().all(is_plain);
    is_valid.then(|| (value != "no").then(|| value.to_owned()))
}

/// Returns whether a text may be a pattern of a schedule.
pub(super) fn is_pattern(value: &str) -> bool {
    !value.is_empty() && !value.contains(';') && !has_control(value)
}
