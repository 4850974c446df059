//! The fields of a line, and the text that they are written as.

use crate::model::history::run_record::RunKey;
use crate::time::Moment;
use chrono::DateTime;

/// Returns a sentence as it goes into a line: a path in it may be of any length, and the line may not.
pub(super) fn bounded(sentence: &str) -> String {
    let end = sentence.floor_char_boundary(MOST_SENTENCE_BYTES);
    let more = if end < sentence.len() { "..." } else { "" };
    format!("{}{more}", &sentence[..end])
}

/// A run tells of some twenty findings, a drill of as many.
const MOST_SENTENCE_BYTES: usize = 16 * 1024;

/// Returns the key of a run. A planned moment that can't be read makes the whole note unreadable, for without it the
/// run would pass for one made by hand.
pub(super) fn key(entry: String, planned: Option<String>) -> Option<RunKey> {
    let planned = match planned {
        Some(text) => Some(moment(&text)?),
        None => None,
    };
    Some(RunKey { entry, planned })
}

pub(super) fn moment(text: &str) -> Option<Moment> {
    DateTime::parse_from_rfc3339(text).ok()
}

pub(super) fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, pair) in digest.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(digest)
}
