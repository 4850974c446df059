//! The lines of a history that can't be read and should be notes: what stays of them when it is shortened.

use std::collections::VecDeque;

/// The newest so many stay: enough to go on telling of them, and too few to keep the file from getting shorter.
const MOST_LINES: usize = 1000;

/// So much of each stays.
const MOST_BYTES: usize = 1024;

/// What a line begins with of which only the beginning stays: so that it can't pass for one that a crash has cut.
const CUT: &[u8] = b"cut: ";

/// Takes in one more of these lines. Only the newest stay. All of them are in the long file, which is kept beside
/// the short one.
pub(crate) fn keep(kept: &mut VecDeque<Vec<u8>>, line: &[u8]) {
    if kept.len() == MOST_LINES {
        kept.pop_front();
    }
    kept.push_back(shown(line));
}

fn shown(line: &[u8]) -> Vec<u8> {
    match line.get(..MOST_BYTES) {
        Some(start) if start.len() < line.len() => [CUT, &start[..MOST_BYTES - CUT.len()], b"\n"].concat(),
        _ => [line, b"\n"].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::home::history_file::codec;

    fn kept<'a>(lines: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
        let mut kept = VecDeque::new();
        lines.into_iter().for_each(|line| keep(&mut kept, line));
        Vec::from(kept).concat()
    }

    #[test]
    fn the_newest_stay_as_they_are() {
        assert_eq!(kept([]), b"");
        assert_eq!(kept([&b"one"[..], b"\xFF", b"last"]), b"one\n\xFF\nlast\n");
        let many: Vec<_> = (0..MOST_LINES + 2).map(|number| format!("line {number}").into_bytes()).collect();
        let kept = String::from_utf8(kept(many.iter().map(Vec::as_slice))).unwrap();
        assert_eq!(kept.lines().count(), MOST_LINES);
        assert!(kept.starts_with("line 2\n") && kept.ends_with("line 1001\n"));
    }

    #[test]
    fn of_a_long_one_the_beginning_stays_and_is_unreadable_still() {
        let long = [br#"{"note":"ended","entry":""#.as_slice(), &[b'x'; 5000], br#""}"#].concat();
        let once = kept([&long[..]]);
        assert_eq!(once.len(), MOST_BYTES + 1);
        assert!(codec::read(once.trim_ascii_end()).any(|note| note.is_err()));
        assert_eq!(kept([once.trim_ascii_end()]), once);
    }
}
