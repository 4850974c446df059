//! Extended attributes, POSIX ACLs among them.

use std::ffi::{CStr, OsStr};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

/// An extended attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its name, with the namespace: `user.x`. Never empty, and without a NUL.
    pub name: Vec<u8>,
    /// Its value: any bytes.
    pub value: Vec<u8>,
}

/// What has the attributes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum XattrSource<'a> {
    /// A file or folder that is open.
    Open(BorrowedFd<'a>),
    /// An entry that must not be opened, or can't be.
    Named(BorrowedFd<'a>, &'a CStr),
}

/// Reads extended attributes.
#[derive(Debug)]
pub(crate) struct AttributeReader {
    list: Vec<u8>,
    value: Vec<u8>,
    most_bytes: usize,
}

/// Linux allows no longer list and no longer value.
const MAX_BYTES: usize = 64 * 1024;

/// How much the attributes of one entry may take together. An archive with more in one header is refused by readers, the
/// one here among them (16 MiB, paths included); it must not be written.
const MOST_BYTES_AN_ENTRY: usize = 15 * 1024 * 1024;

impl AttributeReader {
    pub(crate) fn new() -> Self {
        Self { list: vec![0; MAX_BYTES], value: vec![0; MAX_BYTES], most_bytes: MOST_BYTES_AN_ENTRY }
    }

    /// Returns the attributes in byte order of their names; none where the file system knows none.
    ///
    /// # Errors
    /// [`io::ErrorKind::FileTooLarge`] where they are more than an archive can hold.
    pub(crate) fn read(&mut self, holder: XattrSource<'_>) -> io::Result<Vec<Attribute>> {
        let path = path_of(holder);
        let listed_bytes = self.list(holder, &path)?;
        let mut attributes = Vec::new();
        let mut total_bytes = 0;
        for name in self.list[..listed_bytes].split_inclusive(|byte| *byte == 0) {
            let Ok(name) = CStr::from_bytes_with_nul(name) else { continue };
            match value_of(holder, &path, name, &mut self.value) {
                Ok(bytes) => {
                    let value = self.value[..bytes].to_vec();
                    total_bytes += name.count_bytes() + bytes;
                    if total_bytes > self.most_bytes {
                        return Err(too_large(self.most_bytes));
                    }
                    attributes.push(Attribute { name: name.to_bytes().to_vec(), value });
                }
                // Gone since it was listed.
                Err(Errno::NODATA | Errno::NOENT) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        attributes.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(attributes)
    }

    fn list(&mut self, holder: XattrSource<'_>, path: &Path) -> io::Result<usize> {
        let listed = match holder {
            XattrSource::Open(opened) => rustix::fs::flistxattr(opened, &mut self.list[..]),
            XattrSource::Named(..) => rustix::fs::llistxattr(path, &mut self.list[..]),
        };
        match listed {
            Err(Errno::NOTSUP | Errno::NOSYS) => Ok(0),
            // Without /proc, or after the entry vanished, there is nothing to ask.
            Err(Errno::NOENT | Errno::NOTDIR) if matches!(holder, XattrSource::Named(..)) => Ok(0),
            listed => Ok(listed?),
        }
    }
}

fn too_large(most_bytes: usize) -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, format!("more than {most_bytes} bytes"))
}

fn value_of(holder: XattrSource<'_>, path: &Path, name: &CStr, buffer: &mut [u8]) -> Result<usize, Errno> {
    match holder {
        XattrSource::Open(opened) => rustix::fs::fgetxattr(opened, name, buffer),
        XattrSource::Named(..) => rustix::fs::lgetxattr(path, name, buffer),
    }
}

/// There is no `lgetxattr` relative to an open folder; the kernel's own link to that folder stands in.
fn path_of(holder: XattrSource<'_>) -> PathBuf {
    match holder {
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
