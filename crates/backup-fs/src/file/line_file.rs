//! Files of lines that are only appended to: what must come before the next line. To be asked under their lock.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Returns what ends the last line of the file, where it needs an ending: a full disk or a crash has cut it, and the next
/// line must not be swallowed by it.
pub(crate) fn end_line(file: &File) -> io::Result<&'static [u8]> {
    match last_byte(file)? {
        None | Some(b'\n') => Ok(b""),
        Some(_) => Ok(b"\n"),
    }
}

/// Removes the NULs at the end of the file. A power cut leaves them where the file had grown and its bytes were not
/// written yet; tools for text then take all of it for binary.
pub(crate) fn cut_nuls(file: &File) -> io::Result<()> {
    if last_byte(file)? == Some(0) {
        // In a file that can only be appended to they must stay, and do no harm.
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

/// Returns how long the file is without the NULs at its end.
fn without_nuls(file: &File) -> io::Result<u64> {
    let (mut length, mut piece) = (file.metadata()?.len(), vec![0; NULS.len()]);
    while length > 0 {
        let start = (length - 1) / PIECE * PIECE;
        piece.resize(usize::try_from(length - start).unwrap_or(NULS.len()), 0);
        file.read_exact_at(&mut piece, start)?;
        // In one step, for there may be many.
        if NULS.get(..piece.len()) != Some(&piece) {
            let written = piece.iter().rposition(|byte| *byte != 0).map_or(0, |last| last as u64 + 1);
            return Ok(start + written);
        }
        length = start;
    }
    Ok(0)
}

const PIECE: u64 = 64 * 1024;

static NULS: [u8; 64 * 1024] = [0; 64 * 1024];

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use tempfile::tempfile;

    use super::*;

    #[test]
    fn nuls_at_the_end_are_cut_and_nothing_else() {
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
    fn a_file_that_cannot_be_cut_goes_on_in_a_new_line() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("log");
        fs::write(&path, b"a\n\0\0").unwrap();
        // As one that may only be appended to.
        let file = File::open(&path).unwrap();
        cut_nuls(&file).unwrap();
        assert_eq!((fs::read(&path).unwrap().len(), end_line(&file).unwrap()), (4, &b"\n"[..]));
    }
}
