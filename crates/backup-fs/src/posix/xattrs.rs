//! Reader of extended attributes, which include POSIX ACLs.

use std::ffi::{CStr, OsStr};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

/// An extended attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The name with its namespace, such as `user.x`. It is never empty and has no NUL.
    pub name: Vec<u8>,
    /// The value, which may be any bytes.
    pub value: Vec<u8>,
}

/// The entry whose attributes are read.
#[derive(Debug, Clone, Copy)]
pub(crate) enum XattrSource<'a> {
    /// An open file or folder.
    Open(BorrowedFd<'a>),
    /// An entry in an open folder that must not be opened, or can't be.
    Named(BorrowedFd<'a>, &'a CStr),
}

/// Reads extended attributes.
#[derive(Debug)]
pub(crate) struct AttributeReader {
    list: Vec<u8>,
    value: Vec<u8>,
    most_bytes: usize,
}

/// The longest list of names and the longest value that Linux allows.
const MAX_BYTES: usize = 64 * 1024;

/// What is asked for first. The kernel allocates as much for each call.
const FEW_BYTES: usize = 512;

/// The most bytes that the attributes of one entry may have together.
///
/// Readers refuse an archive with more in one header, so it must not be written. This program's reader allows 16 MiB,
/// including the paths.
const MOST_BYTES_AN_ENTRY: usize = 15 * 1024 * 1024;

impl AttributeReader {
    pub(crate) fn new() -> Self {
        Self { list: vec![0; MAX_BYTES], value: vec![0; MAX_BYTES], most_bytes: MOST_BYTES_AN_ENTRY }
    }

    /// Returns the attributes, sorted by name. There are none if the file system doesn't support them.
    ///
    /// # Errors
    /// [`io::ErrorKind::FileTooLarge`] if an archive can't hold them; any failure to read them.
    pub(crate) fn read(&mut self, source: XattrSource<'_>) -> io::Result<Vec<Attribute>> {
        let path = path_of(source);
        let listed_bytes = self.list(source, &path)?;
        let mut attributes = Vec::new();
        let mut total_bytes = 0;
        for name in self.list[..listed_bytes].split_inclusive(|byte| *byte == 0) {
            let Ok(name) = CStr::from_bytes_with_nul(name) else { continue };
            match value_of(source, &path, name, &mut self.value) {
                Ok(bytes) => {
                    let value = self.value[..bytes].to_vec();
                    total_bytes += name.count_bytes() + bytes;
                    if total_bytes > self.most_bytes {
                        return Err(too_large(self.most_bytes));
                    }
                    attributes.push(Attribute { name: name.to_bytes().to_vec(), value });
                }
                // The attribute was removed after it was listed.
                Err(Errno::NODATA | Errno::NOENT) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        attributes.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(attributes)
    }

    fn list(&mut self, source: XattrSource<'_>, path: &Path) -> io::Result<usize> {
        let list = |buffer: &mut [u8]| match source {
            XattrSource::Open(opened) => rustix::fs::flistxattr(opened, buffer),
            XattrSource::Named(..) => rustix::fs::llistxattr(path, buffer),
        };
        match with_buffer(&mut self.list, list) {
            Err(Errno::NOTSUP | Errno::NOSYS) => Ok(0),
            // There is no /proc, or the entry has vanished.
            Err(Errno::NOENT | Errno::NOTDIR) if matches!(source, XattrSource::Named(..)) => Ok(0),
            listed => Ok(listed?),
        }
    }
}

fn too_large(most_bytes: usize) -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, format!("more than {most_bytes} bytes"))
}

fn value_of(source: XattrSource<'_>, path: &Path, name: &CStr, buffer: &mut [u8]) -> Result<usize, Errno> {
    with_buffer(buffer, |buffer| match source {
        XattrSource::Open(opened) => rustix::fs::fgetxattr(opened, name, buffer),
        XattrSource::Named(..) => rustix::fs::lgetxattr(path, name, buffer),
    })
}

/// Calls `read` with a small part of the buffer, and again with all of it if that is too little.
fn with_buffer(
    buffer: &mut [u8],
    mut read: impl FnMut(&mut [u8]) -> Result<usize, Errno>,
) -> Result<usize, Errno> {
    match read(&mut buffer[..FEW_BYTES]) {
        Err(Errno::RANGE) => read(buffer),
        read => read,
    }
}

/// Returns the path for `lgetxattr`, which can't take an open folder: it goes through the kernel's own link to the folder.
fn path_of(source: XattrSource<'_>) -> PathBuf {
    match source {
        XattrSource::Open(_) => PathBuf::new(),
        XattrSource::Named(folder, name) => {
            let folder = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd()));
            folder.join(OsStr::from_bytes(name.to_bytes()))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::fd::AsFd;

    use rustix::fs::XattrFlags;

    use super::*;

    #[test]
    fn reads_long_lists_and_values() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let name = |number: usize| format!("user.{number:0>200}");
        for number in 0..4 {
            let value = vec![b'v'; number * FEW_BYTES / 2];
            if rustix::fs::fsetxattr(&file, name(number), &value, XattrFlags::empty()).is_err() {
                return backup_core::testing::skipped("no long attributes on this file system");
            }
        }
        let opened = File::open(file.path()).unwrap();
        let read = AttributeReader::new().read(XattrSource::Open(opened.as_fd())).unwrap();
        let lengths: Vec<_> = read
            .iter()
            .filter(|attribute| attribute.name.starts_with(b"user."))
            .map(|attribute| attribute.value.len())
            .collect();
        assert_eq!(lengths, [0, 256, 512, 768]);
    }

    #[test]
    fn refuses_more_than_an_archive_can_hold() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for name in ["user.a", "user.b"] {
            if rustix::fs::fsetxattr(&file, name, b"12345678", XattrFlags::empty()).is_err() {
                return backup_core::testing::skipped("no attributes on this file system");
            }
        }
        let opened = File::open(file.path()).unwrap();
        let read = |most_bytes| {
            let mut reader = AttributeReader { most_bytes, ..AttributeReader::new() };
            reader.read(XattrSource::Open(opened.as_fd()))
        };
        // Two names of six bytes and two values of eight; a security module may add its own.
        assert_eq!(read(27).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert!(read(MOST_BYTES_AN_ENTRY).unwrap().len() >= 2);
    }
}
