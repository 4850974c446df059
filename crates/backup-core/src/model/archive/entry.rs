//! An entry of an archive, as somebody who looks into it sees it.

use crate::text::{printable, shell_word};
use crate::time::Moment;

/// An entry of an archive. Its names are bytes, and may be hostile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivedEntry {
    /// The path below the source; empty for the source itself.
    pub path: Vec<u8>,
    /// What it is.
    pub kind: EntryKind,
    /// The permissions, with setuid, setgid and sticky.
    pub mode: u32,
    /// The owner's name, or number.
    pub owner: Vec<u8>,
    /// The group's name, or number.
    pub group: Vec<u8>,
    /// How large the file is, with its holes.
    pub size_bytes: u64,
    /// When it last changed, in seconds since 1970.
    pub modified_seconds: i64,
    /// Where a link leads; for a hard link below the source.
    pub link: Vec<u8>,
    /// Major and minor number of a device.
    pub device: (u32, u32),
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// Another name of a file that came before.
    HardLink,
    /// A symbolic link.
    Symlink,
    /// A character device.
    CharDevice,
    /// A block device.
    BlockDevice,
    /// A folder.
    Folder,
    /// A FIFO.
    Fifo,
    /// Something else.
    Other,
}

impl ArchivedEntry {
    /// Returns kind and permissions as `tar -tv` shows them: `-rw-r--r--`.
    #[must_use]
    pub fn mode_text(&self) -> String {
        let kind = match self.kind {
            EntryKind::File => '-',
            EntryKind::HardLink => 'h',
            EntryKind::Symlink => 'l',
            EntryKind::CharDevice => 'c',
            EntryKind::BlockDevice => 'b',
            EntryKind::Folder => 'd',
            EntryKind::Fifo => 'p',
            EntryKind::Other => '?',
        };
        let special = [(0o4000, 's', 'S'), (0o2000, 's', 'S'), (0o1000, 't', 'T')];
        let mut text = kind.to_string();
        for (shift, (bit, with, without)) in [6, 3, 0].into_iter().zip(special) {
            let has = |right: u32| self.mode >> shift & right != 0;
            text.push(if has(4) { 'r' } else { '-' });
            text.push(if has(2) { 'w' } else { '-' });
            text.push(match (self.mode & bit != 0, has(1)) {
                (true, true) => with,
                (true, false) => without,
                (false, true) => 'x',
                (false, false) => '-',
            });
        }
        text
    }

    /// Returns one line that tells all of it, safe to print. `modified` is its time in the zone of the reader.
    #[must_use]
    pub fn line(&self, modified: Option<Moment>) -> String {
        let owner = format!("{}/{}", printable(&self.owner), printable(&self.group));
        let size = match self.kind {
            EntryKind::CharDevice | EntryKind::BlockDevice => format!("{},{}", self.device.0, self.device.1),
            _ => self.size_bytes.to_string(),
        };
        let (mode, modified, name) = (self.mode_text(), shown(modified), self.name_and_link());
        let width = 18_usize.saturating_sub(owner.chars().count());
        format!("{mode} {owner} {size:>width$} {modified} {name}")
    }

    /// Returns the path, and where a link leads, each as a [`shell_word`]: as `tar -tv` tells it, another name of a file
    /// has no size of its own.
    #[must_use]
    pub fn name_and_link(&self) -> String {
        let (name, link) = (self.name(), shell_word(&self.link));
        match self.kind {
            EntryKind::Symlink => format!("{name} -> {link}"),
            EntryKind::HardLink => format!("{name} link to {link}"),
            _ => name,
        }
    }

    /// Returns the path as a [`shell_word`]: a folder's ends with a slash, and the source itself is `./`.
    #[must_use]
    pub fn name(&self) -> String {
        match (self.kind, self.path.is_empty()) {
            (_, true) => "./".to_owned(),
            (EntryKind::Folder, false) => shell_word(&[&self.path[..], b"/"].concat()),
            (_, false) => shell_word(&self.path),
        }
    }
}

/// Returns a time as the lines show it.
#[must_use]
pub fn shown(modified: Option<Moment>) -> String {
    modified
        .map_or_else(|| "????-??-?? ??:??".to_owned(), |moment| moment.format("%Y-%m-%d %H:%M").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::at;
    use crate::text::has_control;

    fn entry(kind: EntryKind, mode: u32) -> ArchivedEntry {
        ArchivedEntry {
            path: b"letters/may".to_vec(),
            kind,
            mode,
            owner: b"ann".to_vec(),
            group: b"1000".to_vec(),
            size_bytes: 1234,
            modified_seconds: 0,
            link: b"june".to_vec(),
            device: (8, 1),
        }
    }

    #[test]
    fn modes_are_shown_as_tar_shows_them() {
        let cases = [
            (EntryKind::File, 0o644, "-rw-r--r--"),
            (EntryKind::Folder, 0o1777, "drwxrwxrwt"),
            (EntryKind::Folder, 0o1776, "drwxrwxrwT"),
            (EntryKind::File, 0o6755, "-rwsr-sr-x"),
            (EntryKind::File, 0o6644, "-rwSr-Sr--"),
            (EntryKind::Symlink, 0o777, "lrwxrwxrwx"),
            (EntryKind::HardLink, 0, "h---------"),
            (EntryKind::Fifo, 0o421, "pr---w---x"),
            (EntryKind::CharDevice, 0o600, "crw-------"),
            (EntryKind::BlockDevice, 0o600, "brw-------"),
            (EntryKind::Other, 0, "?---------"),
        ];
        for (kind, mode, expected) in cases {
            assert_eq!(entry(kind, mode).mode_text(), expected);
        }
    }

    #[test]
    fn a_line_tells_all_of_it() {
        let line = |kind| entry(kind, 0o644).line(Some(at("2026-01-29 16:07")));
        let start = "-rw-r--r-- ann/1000       1234 2026-01-29 16:07 letters/may";
        assert_eq!(line(EntryKind::File), start);
        assert!(line(EntryKind::Folder).ends_with(" letters/may/"));
        assert!(line(EntryKind::Symlink).ends_with(" letters/may -> june"));
        assert!(line(EntryKind::HardLink).ends_with(" letters/may link to june"));
        assert!(line(EntryKind::CharDevice).contains(" 8,1 "));
        let source = ArchivedEntry { path: Vec::new(), ..entry(EntryKind::Folder, 0o755) };
        assert!(source.line(None).ends_with(" ????-??-?? ??:?? ./"));
    }

    #[test]
    fn a_line_is_one_whatever_the_names_hold() {
        let odd = || b"a\nb\x1b[2J\xff".to_vec();
        for kind in [EntryKind::File, EntryKind::Symlink, EntryKind::HardLink, EntryKind::Folder] {
            let entry =
                ArchivedEntry { path: odd(), owner: odd(), group: odd(), link: odd(), ..entry(kind, 0) };
            assert!(!has_control(&entry.line(None)));
        }
    }
}
