//! Sizes that need more than eleven octal digits, in an archive that is a sparse file itself.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::process::Command;

use backup_fs::{TarReader, Timestamp};

use crate::tools::Tool;

const SIZE_BYTES: u64 = 9 << 30;

/// Writes the headers of a file of 9 GiB as Python does, and a second, small member after its contents.
const WRITE: &str = "
import sys, tarfile
with open(sys.argv[1], 'wb') as out:
    large = tarfile.TarInfo('large'); large.size = 9 << 30
    out.write(large.tobuf(format=int(sys.argv[2])))
    out.seek(9 << 30, 1)
    small = tarfile.TarInfo('small'); small.size = 1
    out.write(small.tobuf(format=int(sys.argv[2])) + b'x' + bytes(511) + bytes(1024))
";

fn check(format: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.tar");
    let run = Command::new("python3").args(["-c", WRITE]).arg(&path).arg(format).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let mut reader = TarReader::seeking(File::open(&path).unwrap()).unwrap();
    let large = reader.next_member().unwrap().unwrap();
    assert_eq!(
        (large.size_bytes, large.stored_bytes, large.modified),
        (SIZE_BYTES, SIZE_BYTES, Timestamp::default())
    );
    let small = reader.next_member().unwrap().unwrap();
    assert_eq!((small.path, small.size_bytes), (b"small".to_vec(), 1));
    assert!(small.offset > SIZE_BYTES);
    assert_eq!(reader.next_member().unwrap(), None);
    // A seek goes beyond the end of a file without an error.
    let file = File::options().write(true).open(&path).unwrap();
    for cut in [2000, SIZE_BYTES - 1, SIZE_BYTES + large.contents_offset] {
        file.set_len(cut).unwrap();
        let mut reader = TarReader::seeking(File::open(&path).unwrap()).unwrap();
        reader.next_member().unwrap().unwrap();
        let error = reader.next_member().unwrap_err().to_string();
        assert!(error.starts_with(&format!("at byte {cut},")), "{error}");
    }
}

#[test]
fn sizes_over_8_gib_in_both_forms_are_skipped_by_seeking() {
    if Tool::Python.is_there() {
        check("1");
        check("2");
    }
}

#[test]
fn seeking_begins_where_the_source_stands() {
    let archive = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/tar-gnu.tar")).unwrap();
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(b"something before").unwrap();
    file.write_all(&archive).unwrap();
    file.seek(SeekFrom::Start(16)).unwrap();
    let (mut seeking, mut streaming) = (TarReader::seeking(file).unwrap(), TarReader::new(&archive[..]));
    loop {
        let (one, other) = (seeking.next_member().unwrap(), streaming.next_member().unwrap());
        assert_eq!(one, other);
        if one.is_none() {
            break;
        }
    }
}
