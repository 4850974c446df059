//! Repair of append-only text files: what a crash left at the end is fixed before the next line.
//!
//! Call these functions while the file is locked.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Returns the line ending that the last line of the file lacks, or nothing.
///
/// A full disk or a crash may have cut the last line. Without an ending, the next line would become a part of it.
pub(crate) fn end_line(file: &File) -> io::Result<&'static [u8]> {
    match last_byte(file)? {
        None | Some(b'\n') => Ok(b""),
        Some(_) => Ok(b"\n"),
    }
}

/// Removes the NULs at the end of the file.
///
/// A power cut leaves them if the file had grown and its bytes were not written yet. Text tools take such a file for a
/// binary one.
pub(crate) fn cut_nuls(file: &File) -> io::Result<()> {
    if last_byte(file)? == Some(0) {
        // A file with the append-only attribute can't be cut. Then they stay, and do no harm.
        let _ = file.set_len(without_nuls(file)?);
    }
    Ok(())
}

fn last_byte(file: &File) -> io::Result<Option<u8>> {
    let Some(last) = file.metadata()?.len().checked_sub(1) else { return Ok(None) };
    let mut byte = [0];
    file.read_exact_at(&mut byte, last)?;
    Ok(Some(byte[0]))
}

/// Returns the length of the file without the NULs at its end.
fn without_nuls(file: &File) -> io::Result<u64> {
    let (mut length, mut piece) = (file.metadata()?.len(), vec![0; NULS.len()]);
    while length > 0 {
        let start = (length - 1) / PIECE_BYTES * PIECE_BYTES;
        piece.resize(usize::try_from(length - start).unwrap_or(NULS.len()), 0);
        file.read_exact_at(&mut piece, start)?;
        // There may be many NULs, so whole pieces are compared.
        if NULS.get(..piece.len()) != Some(&piece) {
            let written = piece.iter().rposition(|byte| *byte != 0).map_or(0, |last| last as u64 + 1);
            return Ok(start + written);
        }
        length = start;
    }
    Ok(0)
}

/// How many bytes are read at once.
const PIECE_BYTES: u64 = NULS.len() as u64;

/// A piece that holds only NULs, to compare others with.
pub(super) static NULS: [u8; 64 * 1024] = [0; 64 * 1024];

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use tempfile::tempfile;

    use super::*;

    #[test]
    fn removes_only_the_nuls_at_the_end() {
        let nuls = |count: usize| vec![0_u8; count];
        let many = NULS.len() * 2 + 17;
        let cases = [
            (b"a\n".to_vec(), 2),
            (Vec::new(), 0),
            (nuls(1), 0),
            (nuls(many), 0),
            ([b"a\n".to_vec(), nuls(300)].concat(), 2),
            ([nuls(many), b"cut".to_vec(), nuls(many)].concat(), many + 3),
            ([b"a\0\n".to_vec(), nuls(NULS.len() - 3)].concat(), 3),
        ];
        for (bytes, expected) in cases {
            let mut file = tempfile().unwrap();
            file.write_all(&bytes).unwrap();
            cut_nuls(&file).unwrap();
            assert_eq!(file.metadata().unwrap().len(), expected as u64, "{} bytes", bytes.len());
        }
    }

    #[test]
    fn a_file_that_cannot_be_cut_continues_on_a_new_line() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("log");
        fs::write(&path, b"a\n\0\0").unwrap();
        // It can't be cut, like a file with the append-only attribute.
        let file = File::open(&path).unwrap();
        cut_nuls(&file).unwrap();
        assert_eq!((fs::read(&path).unwrap().len(), end_line(&file).unwrap()), (4, &b"\n"[..]));
    }
}
