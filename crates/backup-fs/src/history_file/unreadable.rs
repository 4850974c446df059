//! The lines of a history that can't be read and should be notes: what stays of them when it is shortened.

use super::line;

/// The newest so many stay: enough to go on telling of them, and too few to keep the file from getting shorter.
const MOST_LINES: usize = 1000;

/// So much of each stays.
const MOST_BYTES: usize = 1024;

/// What a line begins with of which only the beginning stays: so that it can't pass for one that a crash has cut.
const CUT: &[u8] = b"cut: ";

/// Returns those of these lines that stay, as lines. All of them are in the long file, which is kept beside the short one.
pub(super) fn kept(lines: &[u8]) -> Vec<u8> {
    let is_unreadable = |line: &&[u8]| !line::is_harmless(line) && line::decode(line).is_none();
    let unreadable = lines.rsplit(|byte| *byte == b'\n').filter(is_unreadable);
    let mut newest: Vec<_> = unreadable.take(MOST_LINES).map(shown).collect();
    newest.reverse();
    newest.concat()
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

    #[test]
    fn the_newest_stay_as_they_are_and_no_other_line_does() {
        assert_eq!(kept(b""), b"");
        assert_eq!(kept(b"\n  \n{\"note\":\"dreamt\"}\n{\"note\":\"en"), b"");
        assert_eq!(kept(b"one\n\n\xFF\0\nlast"), b"one\n\xFF\0\nlast\n");
        let many: Vec<u8> =
            (0..MOST_LINES + 2).flat_map(|number| format!("line {number}\n").into_bytes()).collect();
        let kept = String::from_utf8(kept(&many)).unwrap();
        assert_eq!(kept.lines().count(), MOST_LINES);
        assert!(kept.starts_with("line 2\n") && kept.ends_with("line 1001\n"));
    }

    #[test]
    fn of_a_long_one_the_beginning_stays_and_is_unreadable_still() {
        let long = [br#"{"note":"ended","entry":""#.as_slice(), &[b'x'; 5000], br#""}"#].concat();
        let once = kept(&long);
        assert_eq!(once.len(), MOST_BYTES + 1);
        assert!(!line::is_harmless(once.trim_ascii_end()));
        assert_eq!(kept(&once), once);
    }
}
