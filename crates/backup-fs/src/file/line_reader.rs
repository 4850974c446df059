//! Line reader with bounded memory, for files with lines of any length.

use std::io::{self, BufRead, BufReader, Read};

use super::line_file::NULS;

/// The longest line that is passed on completely.
pub(crate) const MOST_LINE_BYTES: usize = 1 << 20;

/// Calls `each` with every complete line, without its line ending. Returns the length of all of them with their endings.
///
/// A last line without an ending is not complete, and is left out.
///
/// Never holds much more than [`MOST_LINE_BYTES`]. Of a longer line, `each` gets only the beginning, which is longer than
/// [`MOST_LINE_BYTES`] too. A long run of NULs, as a power cut leaves it, is shortened.
///
/// # Errors
/// Any failure to read.
pub(crate) fn each_line(reader: impl Read, mut each: impl FnMut(&[u8])) -> io::Result<u64> {
    let mut reader = BufReader::with_capacity(NULS.len(), reader);
    let (mut line, mut read_bytes, mut complete_bytes) = (Vec::new(), 0, 0);
    loop {
        let buffer = match reader.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            buffer => buffer?,
        };
        let length = { buffer }.skip_until(b'\n')?;
        if length == 0 {
            return Ok(complete_bytes);
        }
        let piece = buffer.get(..length).unwrap_or_default();
        let text = piece.strip_suffix(b"\n");
        add(&mut line, text.unwrap_or(piece));
        let is_complete = text.is_some();
        reader.consume(length);
        read_bytes += length as u64;
        if is_complete {
            each(&line);
            line.clear();
            complete_bytes = read_bytes;
        }
    }
}

/// Adds a piece to a line, within the limit.
fn add(line: &mut Vec<u8>, piece: &[u8]) {
    if NULS.get(..piece.len()) == Some(piece) {
        // One NUL says as much as many.
        line.extend(piece.first().filter(|_| line.last() != Some(&0)));
    } else if line.len() <= MOST_LINE_BYTES {
        line.extend_from_slice(piece);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the lines, and their length with their endings.
    fn lines(bytes: impl Read) -> (Vec<Vec<u8>>, u64) {
        let mut lines = Vec::new();
        let complete_bytes = each_line(bytes, |line| lines.push(line.to_vec())).unwrap();
        (lines, complete_bytes)
    }

    #[test]
    fn returns_only_lines_with_an_ending() {
        assert_eq!(lines(&b""[..]), (vec![], 0));
        assert_eq!(lines(&b"half"[..]), (vec![], 0));
        assert_eq!(lines(&b"\na\n\0b\nhalf"[..]), (vec![b"".to_vec(), b"a".to_vec(), b"\0b".to_vec()], 6));
        let long = [b"x".repeat(NULS.len() * 2 + 3), b"\ny\n".to_vec()].concat();
        let (read, whole) = lines(&long[..]);
        assert_eq!(
            (read[0].len(), read[1].as_slice(), whole),
            (NULS.len() * 2 + 3, &b"y"[..], long.len() as u64)
        );
    }

    #[test]
    fn never_holds_a_long_line_or_a_long_run_of_nuls() {
        const LARGE: u64 = 20 << 20;
        let (mut held, mut count) = (0, 0);
        let end = || &b"end\nnext\n"[..];
        for byte in [b'x', 0] {
            let file = b"begin".chain(io::repeat(byte).take(LARGE)).chain(end());
            let whole = each_line(file, |line| {
                held = held.max(line.len());
                count += 1;
                assert!(line.starts_with(b"begin") || line == b"next");
            });
            assert_eq!(whole.unwrap(), 5 + LARGE + 9);
        }
        assert_eq!(count, 4);
        assert!(held > MOST_LINE_BYTES && held <= MOST_LINE_BYTES + 2 * NULS.len(), "{held}");
    }
}
