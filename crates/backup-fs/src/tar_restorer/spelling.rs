//! Detects names that a disk can't tell apart because it ignores case or dots at the end.
//!
//! If a name exists on such a disk, another spelling of it exists, too. Only then the folder is listed. If the list
//! doesn't contain the exact name, the name leads to another entry. Inodes don't help, because many FUSE disks have a
//! different inode for each spelling.

use std::collections::HashSet;
use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::BorrowedFd;
use std::os::unix::ffi::OsStrExt;
use std::sync::{Mutex, PoisonError};

use rustix::fs::fstat;

use super::path_digest::path_digest;
use crate::file::dir::names_in;
use crate::posix::stat::{FileId, file_id, lstat_at};

/// The names in the folder that was listed last.
#[derive(Debug, Default)]
pub(super) struct Spelling {
    listed: Mutex<Option<Listed>>,
}

#[derive(Debug)]
struct Listed {
    folder: FileId,
    /// Digests of the names.
    names: HashSet<u64>,
}

impl Spelling {
    /// Returns whether a name that exists leads to an entry with another name.
    pub(super) fn is_other_entry(&self, folder: BorrowedFd<'_>, name: &CStr) -> io::Result<bool> {
        Ok(other_spelling(name).is_some_and(|other| exists(folder, &other)) && !self.lists(folder, name)?)
    }

    /// Returns whether the disk has dropped the dots and spaces at the end of a name.
    pub(super) fn drops_end(&self, folder: BorrowedFd<'_>, name: &CStr) -> bool {
        let shorter = trim_end(name.to_bytes());
        if shorter.is_empty() || shorter == name.to_bytes() {
            return false;
        }
        CString::new(shorter).is_ok_and(|shorter| exists(folder, &shorter))
            && self.lists(folder, name).is_ok_and(|is_listed| !is_listed)
    }

    /// Returns whether a folder lists that exact name. A list without the name may be old, so the folder is read again.
    fn lists(&self, folder: BorrowedFd<'_>, name: &CStr) -> io::Result<bool> {
        let id = file_id(&fstat(folder)?);
        let digest = path_digest(0, name.to_bytes());
        let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        if listed.as_ref().is_some_and(|listed| listed.folder == id && listed.names.contains(&digest)) {
            return Ok(true);
        }
        let names: HashSet<u64> =
            names_in(folder)?.iter().map(|name| path_digest(0, name.as_bytes())).collect();
        let is_listed = names.contains(&digest);
        *listed = Some(Listed { folder: id, names });
        Ok(is_listed)
    }
}

/// Returns a name without the characters at its end that FAT and NTFS drop.
fn trim_end(name: &[u8]) -> &[u8] {
    let end = name.iter().rposition(|byte| !matches!(byte, b'.' | b' ')).map_or(0, |last| last + 1);
    name.get(..end).unwrap_or_default()
}

fn exists(folder: BorrowedFd<'_>, name: &CStr) -> bool {
    lstat_at(folder, name).is_ok_and(|found| found.is_some())
}

/// Returns another spelling of a name: in the other case, or with one more dot if it has no letters.
fn other_spelling(name: &CStr) -> Option<CString> {
    let bytes = name.to_bytes();
    let mut other = match str::from_utf8(bytes) {
        Ok(text) => text.chars().map(other_case).collect::<String>().into_bytes(),
        Err(_) => bytes.iter().map(|byte| byte ^ (u8::from(byte.is_ascii_alphabetic()) << 5)).collect(),
    };
    if other == bytes {
        other.push(b'.');
    }
    CString::new(other).ok()
}

fn other_case(letter: char) -> char {
    let single = |mut letters: Vec<char>| if letters.len() == 1 { letters.pop() } else { None };
    let other = match letter {
        _ if letter.is_lowercase() => single(letter.to_uppercase().collect()),
        _ => single(letter.to_lowercase().collect()),
    };
    other.unwrap_or(letter)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::fd::AsFd;

    use super::*;

    #[test]
    fn another_spelling_differs_in_case() {
        let cases: [(&CStr, &[u8]); 7] = [
            (c"Name.txt", b"nAME.TXT"),
            (c"\xc3\x84", b"\xc3\xa4"),
            (c"2024", b"2024."),
            (c"2024.", b"2024.."),
            (c"\xffa", b"\xffA"),
            (c"stra\xc3\x9fe", b"STRA\xc3\x9fE"),
            (c"[", b"[."),
        ];
        for (name, expected) in cases {
            assert_eq!(other_spelling(name).unwrap().to_bytes(), expected, "{name:?}");
        }
        assert_eq!(trim_end(b"a.b. ."), b"a.b");
        assert_eq!(trim_end(b" .."), b"");
    }

    #[test]
    fn names_that_differ_are_not_confused() {
        let home = tempfile::tempdir().unwrap();
        let folder = fs::File::open(home.path()).unwrap();
        let spelling = Spelling::default();
        for name in ["a", "A", "b", "b.", "1", "1."] {
            fs::write(home.path().join(name), "x").unwrap();
        }
        for name in [c"a", c"A", c"b", c"b.", c"1", c"1."] {
            assert!(!spelling.is_other_entry(folder.as_fd(), name).unwrap(), "{name:?}");
            assert!(!spelling.drops_end(folder.as_fd(), name), "{name:?}");
        }
        // They were created after the folder was listed.
        fs::write(home.path().join("c"), "x").unwrap();
        fs::write(home.path().join("C"), "x").unwrap();
        assert!(!spelling.is_other_entry(folder.as_fd(), c"C").unwrap());
    }
}
