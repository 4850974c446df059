//! The whole lines of a file, one at a time, whatever its size and theirs.

use std::io::{self, BufRead, BufReader, Read};

/// The longest line that is given whole.
pub(crate) const MOST_LINE_BYTES: usize = 1 << 20;

/// Gives `each` every line that has its ending, without it, and returns how many bytes all of them have.
///
/// Never holds much more than [`MOST_LINE_BYTES`]: of a line that is longer it gives a beginning that is longer too, and of
/// a long run of NULs, as a power cut leaves them, a few.
///
/// # Errors
/// Any failure to read.
pub(crate) fn each_line(reader: impl Read, mut each: impl FnMut(&[u8])) -> io::Result<u64> {
    let mut reader = BufReader::with_capacity(NULS.len(), reader);
    let (mut line, mut read, mut whole) = (Vec::new(), 0, 0);
    loop {
        let buffer = match reader.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            buffer => buffer?,
        };
        let length = { buffer }.skip_until(b'\n')?;
        if length == 0 {
            return Ok(whole);
        }
        let piece = buffer.get(..length).unwrap_or_default();
        let text = piece.strip_suffix(b"\n");
        take_in(&mut line, text.unwrap_or(piece));
        let is_whole = text.is_some();
        reader.consume(length);
        read += length as u64;
        if is_whole {
            each(&line);
            line.clear();
            whole = read;
        }
    }
}

static NULS: [u8; 64 * 1024] = [0; 64 * 1024];

fn take_in(line: &mut Vec<u8>, piece: &[u8]) {
    if NULS.get(..piece.len()) == Some(piece) {
        // One tells as much as many.
        line.extend(piece.first().filter(|_| line.last() != Some(&0)));
    } else if line.len() <= MOST_LINE_BYTES {
        line.extend_from_slice(piece);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the lines, and how many bytes they have with their endings.
    fn lines(bytes: impl Read) -> (Vec<Vec<u8>>, u64) {
        let mut lines = Vec::new();
        let whole = each_line(bytes, |line| lines.push(line.to_vec())).unwrap();
        (lines, whole)
    }

    #[test]
    fn a_line_is_given_once_it_has_its_ending() {
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
    fn neither_a_long_line_nor_a_hole_is_held() {
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
