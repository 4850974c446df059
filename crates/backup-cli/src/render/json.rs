//! The views as JSON, for other programs: a file for each, with one object as its model. docs/formats.md has every
//! field. Fields are added, and never removed.

mod backups;
mod catalog;
mod check;
mod config;
mod destination;
mod diff;
mod drill;
mod entries;
mod history;
mod hold;
mod import_tars;
mod list;
mod notify;
mod prune;
mod restore;
mod survey;
mod upcoming;
mod verify;
mod why;

pub(crate) use backups::backup;
pub(crate) use catalog::catalog;
pub(crate) use check::checked_line;
pub(crate) use config::{checked_config, config};
pub(crate) use destination::{copied, copy, destination, destination_check};
pub(crate) use diff::{diff_summary, difference};
pub(crate) use drill::{drilled, not_drilled, undrilled};
pub(crate) use entries::entry;
pub(crate) use history::{listed_run, run};
pub(super) use hold::held;
pub(crate) use hold::{acceptance_plan, accepted, hold};
pub(crate) use import_tars::{import_file, imported};
pub(crate) use list::schedule;
pub(crate) use notify::notify_target;
pub(crate) use prune::{prune_plan, pruned};
pub(crate) use restore::{preview, restored};
pub(crate) use survey::{found, packed, survey};
pub(crate) use upcoming::upcoming_run;
pub(crate) use verify::verified;
pub(crate) use why::explanation;

use std::fmt::Write;
use std::iter;
use std::path::Path;

use backup_core::text::has_control;
use backup_core::time::{Moment, rfc3339};
use serde_json::{Map, Value};

/// Returns one array, with a line an object. Only one or two objects are in memory at once.
pub(crate) fn array(objects: impl IntoIterator<Item = Value>) -> impl Iterator<Item = String> {
    let mut objects = objects.into_iter().map(|object| line(&object)).peekable();
    let (begin, end) = if objects.peek().is_some() { ("[", Some("]")) } else { ("[]", None) };
    let lines = iter::from_fn(move || {
        let line = objects.next()?;
        Some(if objects.peek().is_some() { line + "," } else { line })
    });
    iter::once(begin.to_owned()).chain(lines).chain(end.map(str::to_owned))
}

/// Returns one object as a line, safe to print.
pub(crate) fn line(object: &Value) -> String {
    tame(object.to_string())
}

/// Returns a moment that may be unknown.
fn moment(moment: Option<Moment>) -> Option<String> {
    moment.map(rfc3339)
}

/// Returns an object for a path; see [`put_bytes`].
fn path(path: &Path) -> Value {
    let mut object = Map::new();
    put_bytes(&mut object, "path", path.as_os_str().as_encoded_bytes());
    Value::Object(object)
}

/// Puts a text into an object. If it isn't UTF-8, its bytes follow as `KEY_bytes`, percent-encoded, and the text has
/// U+FFFD for what can't be shown.
fn put_bytes(object: &mut Map<String, Value>, key: &str, bytes: &[u8]) {
    object.insert(key.to_owned(), String::from_utf8_lossy(bytes).into());
    if std::str::from_utf8(bytes).is_err() {
        object.insert(format!("{key}_bytes"), percent_encoded(bytes).into());
    }
}

/// Returns bytes as RFC 3986 encodes them in the path of a URI.
fn percent_encoded(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(byte) {
            text.push(char::from(*byte));
        } else {
            // Writing into a string can't fail.
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}

/// Escapes what could steer a terminal and JSON lets stand. Such characters are in its strings alone, so it says the
/// same.
pub(super) fn tame(json: String) -> String {
    if !has_control(&json) {
        return json;
    }
    json.chars().fold(String::new(), |mut text, character| {
        if has_control(character.encode_utf8(&mut [0; 4])) {
            // Writing into a string can't fail.
            let _ = write!(text, "\\u{:04x}", u32::from(character));
        } else {
            text.push(character);
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_array_has_a_line_an_object() {
        let check = |objects: &[Value], lines: &[&str]| {
            assert_eq!(array(objects.to_vec()).collect::<Vec<_>>(), lines);
        };
        check(&[], &["[]"]);
        check(&[json!({"a": 1})], &["[", r#"{"a":1}"#, "]"]);
        check(&[json!(1), json!(2), json!(3)], &["[", "1,", "2,", "3", "]"]);
    }

    #[test]
    fn bytes_that_are_no_text_are_kept_beside_it() {
        let shown = |bytes: &[u8]| {
            let mut object = Map::new();
            put_bytes(&mut object, "path", bytes);
            line(&Value::Object(object))
        };
        assert_eq!(shown("a/ü %41".as_bytes()), r#"{"path":"a/ü %41"}"#);
        assert_eq!(shown(b"a/\xff %41"), "{\"path\":\"a/\u{fffd} %41\",\"path_bytes\":\"a/%FF%20%2541\"}");
        assert_eq!(shown("\u{1b}\u{202e}".as_bytes()), r#"{"path":"\u001b\u202e"}"#);
    }
}
