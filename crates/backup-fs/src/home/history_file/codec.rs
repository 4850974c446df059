//! The lines of the history's file: a note each, and what a crash leaves between them.

use backup_core::model::history::{HistoryNote, NoteError};

use crate::file::line_reader::MOST_LINE_BYTES;

/// Returns the line of a note, its line ending included.
pub(crate) fn encode(note: &HistoryNote) -> Vec<u8> {
    (note.to_json() + "\n").into_bytes()
}

/// Returns the notes on a line, and what should be one and can't be read.
///
/// A note holds no NUL. Where there are some, they are what a power cut left of bytes that were never written: what comes
/// before them and behind them may be a note, whole or cut.
pub(crate) fn read(line: &[u8]) -> impl Iterator<Item = Result<HistoryNote, &[u8]>> {
    line.split(|byte| *byte == 0).filter_map(|piece| match decode(piece) {
        Ok(note) => Some(Ok(note)),
        Err(error) => (!is_harmless(piece, &error)).then_some(Err(piece)),
    })
}

fn decode(line: &[u8]) -> Result<HistoryNote, NoteError> {
    if line.len() > MOST_LINE_BYTES {
        return Err(NoteError::Unreadable("it is too long".to_owned()));
    }
    HistoryNote::from_json(line)
}

/// Returns whether a line that is no note is none by right: empty, half written as a crash leaves it, or a note of a kind
/// that a newer program knows. One that is too long may be anything.
fn is_harmless(line: &[u8], error: &NoteError) -> bool {
    let is_by_right = matches!(error, NoteError::Cut | NoteError::UnknownKind(_));
    is_by_right || line.len() <= MOST_LINE_BYTES && line.trim_ascii().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTE: &str = r#"{"note":"pruned","archive":"docs.tar","at":"2026-03-28T16:00:00+01:00"}"#;

    fn harmless(line: &[u8]) -> bool {
        read(line).all(|note| note.is_ok())
    }

    #[test]
    fn a_line_that_is_no_note_may_be_none() {
        let cut = (1..NOTE.len()).map(|bytes| &NOTE[..bytes]);
        let by_right = ["", "  ", "\r", "\0\0", r#"{"note":"dreamt"}"#, r#"{"note":"dreamt","at":7}"#];
        for line in by_right.into_iter().chain(cut) {
            assert!(harmless(line.as_bytes()), "{line}");
            assert_eq!(read(line.as_bytes()).count(), 0, "{line}");
        }
        let long = " ".repeat(MOST_LINE_BYTES + 1);
        for line in ["nonsense", "{}", "null", "[1", "{\"note\":7}", &NOTE[1..], &long] {
            assert!(!harmless(line.as_bytes()), "{}", &line[..line.len().min(20)]);
        }
        assert!(!harmless(b"{\"note\":\"\xff\"}"));
    }

    #[test]
    fn what_a_power_cut_left_hides_no_note() {
        let line =
            [b"\0\0", NOTE.as_bytes(), b"\0", &NOTE.as_bytes()[..9], b"\0\0", NOTE.as_bytes()].concat();
        let notes = read(&line).map(|note| note.expect("a note")).collect::<Vec<_>>();
        assert_eq!(
            notes.iter().map(encode).collect::<Vec<_>>(),
            [format!("{NOTE}\n").into_bytes(), format!("{NOTE}\n").into_bytes()]
        );
    }
}
