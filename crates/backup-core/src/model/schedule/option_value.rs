//! Option value: reads and writes the plain values of options.

use std::fmt;

use crate::model::archive::Compression;
use crate::text::{has_control, is_table_name};

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

pub(super) fn or_no(value: Option<&impl fmt::Display>) -> String {
    value.map_or_else(|| "no".to_owned(), ToString::to_string)
}

pub(super) fn parse_compression(value: &str) -> Option<Compression> {
    match value {
        "zstd" => Some(Compression::Zstd),
        "no" => Some(Compression::None),
        _ => None,
    }
}

pub(super) fn parse_zone(value: &str) -> Option<String> {
    let is_valid = !value.is_empty() && !value.contains(char::is_whitespace) && !has_control(value);
    is_valid.then(|| value.to_owned())
}

pub(super) fn parse_pattern(value: &str) -> Option<String> {
    let is_valid = !value.is_empty() && !value.contains(';') && !has_control(value);
    is_valid.then(|| value.to_owned())
}

pub(super) fn parse_table_name(value: &str) -> Option<String> {
    is_table_name(value).then(|| value.to_owned())
}

/// Reads the name of a table. Inside, `None` means none.
pub(super) fn parse_name_or_no(value: &str) -> Option<Option<String>> {
    if value == "no" { Some(None) } else { parse_table_name(value).map(Some) }
}
