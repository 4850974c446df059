//! A compact, sorted list of the names in one folder.

use std::ffi::CStr;

use rustix::fs::FileType;

/// The names in a folder, returned in byte order, each with what the folder says about its kind.
///
/// They lie one after the other in one allocation. A folder with a million names takes a fifth of the memory that a
/// million strings would.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// The names, each between its kind and a NUL.
    bytes: Vec<u8>,
    /// The offset of each name. The next name is the last one.
    starts: Vec<usize>,
    /// Whether all kinds are unknown.
    hides_kinds: bool,
}

impl Names {
    /// Returns a list with one name.
    pub(crate) fn of(name: &CStr) -> Self {
        let mut names = Self::default();
        names.add(name, FileType::Unknown);
        names
    }

    /// Adds a name, unless it is `.` or `..`. Of the kinds, only those of regular files and folders are kept.
    pub(crate) fn add(&mut self, name: &CStr, kind: FileType) {
        if name == c"." || name == c".." {
            return;
        }
        self.bytes.push(match kind {
            FileType::RegularFile => FILE,
            FileType::Directory => FOLDER,
            _ => OTHER,
        });
        self.starts.push(self.bytes.len());
        self.bytes.extend_from_slice(name.to_bytes_with_nul());
    }

    /// Sorts the names, so that [`next`](Self::next) returns the smallest first.
    pub(crate) fn sort(&mut self) {
        let bytes = &self.bytes;
        // Each slice goes on to the end. What follows a name is never compared all the same: two names differ at a NUL
        // at the latest, and NUL is the smallest byte.
        self.starts.sort_unstable_by(|one, other| bytes[*other..].cmp(&bytes[*one..]));
    }

    /// Removes and returns the next name.
    pub(crate) fn next(&mut self) -> Option<Named<'_>> {
        let start = self.starts.pop()?;
        self.named(start)
    }

    /// Returns the names that [`next`](Self::next) will return, in that order.
    pub(crate) fn upcoming(&self) -> impl Iterator<Item = Named<'_>> {
        self.starts.iter().rev().filter_map(|start| self.named(*start))
    }

    /// Returns the names in the order in which they were added.
    pub(crate) fn added(&self) -> impl Iterator<Item = Named<'_>> {
        self.starts.iter().filter_map(|start| self.named(*start))
    }

    fn named(&self, start: usize) -> Option<Named<'_>> {
        let kind = match *self.bytes.get(start.checked_sub(1)?)? {
            _ if self.hides_kinds => FileType::Unknown,
            FILE => FileType::RegularFile,
            FOLDER => FileType::Directory,
            _ => FileType::Unknown,
        };
        Some(Named { name: CStr::from_bytes_until_nul(&self.bytes[start..]).ok()?, kind })
    }

    /// Forgets what the folder says about kinds.
    pub(crate) fn forget_kinds(&mut self) {
        self.hides_kinds = true;
    }

    /// Returns whether any kind is known.
    pub(crate) fn tells_kinds(&self) -> bool {
        !self.hides_kinds
    }

    /// Returns how many names are left.
    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    /// Returns whether no name is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }
}

/// A name in a folder.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Named<'a> {
    pub(crate) name: &'a CStr,
    /// A regular file or a folder; unknown for anything else, and where the file system doesn't tell. Something else may have
    /// the name by now.
    pub(crate) kind: FileType,
}

impl<'a> Named<'a> {
    /// Returns a name of which nothing else is known.
    pub(crate) fn unknown(name: &'a CStr) -> Self {
        Self { name, kind: FileType::Unknown }
    }
}

const FILE: u8 = b'f';
const FOLDER: u8 = b'd';
const OTHER: u8 = b'?';

#[cfg(test)]
mod tests {
    use super::*;

    fn check(given: &[&CStr], expected: &[&CStr]) {
        let mut names = Names::default();
        for name in given {
            names.add(name, FileType::Unknown);
        }
        names.sort();
        assert_eq!(names.upcoming().map(|named| named.name).collect::<Vec<_>>(), expected);
        let mut returned = Vec::new();
        while let Some(named) = names.next() {
            returned.push(named.name.to_owned());
        }
        assert_eq!(returned.iter().map(std::ffi::CString::as_c_str).collect::<Vec<_>>(), expected);
        assert!(names.is_empty());
    }

    #[test]
    fn sorts_by_bytes() {
        check(&[], &[]);
        check(&[c"b", c"a"], &[c"a", c"b"]);
        check(&[c"ab", c"a", c"b", c"abc", c"B"], &[c"B", c"a", c"ab", c"abc", c"b"]);
        check(&[c"\xff", c"a\n", c"a"], &[c"a", c"a\n", c"\xff"]);
        check(&[c"z", c"zz", c"zzz"], &[c"z", c"zz", c"zzz"]);
    }

    #[test]
    fn keeps_the_kinds_of_files_and_folders() {
        let mut names = Names::default();
        let given = [
            (c"c", FileType::Fifo),
            (c"b", FileType::Directory),
            (c"a", FileType::RegularFile),
            (c"d", FileType::Unknown),
        ];
        given.iter().for_each(|(name, kind)| names.add(name, *kind));
        names.sort();
        let kinds: Vec<_> = names.upcoming().map(|named| named.kind).collect();
        let (file, folder, other) = (FileType::RegularFile, FileType::Directory, FileType::Unknown);
        assert_eq!(kinds, [file, folder, other, other]);
        names.forget_kinds();
        assert!(names.upcoming().all(|named| named.kind == other));
    }

    #[test]
    fn leaves_out_the_folder_and_its_parent() {
        check(&[c"..", c".", c"..."], &[c"..."]);
    }
}
