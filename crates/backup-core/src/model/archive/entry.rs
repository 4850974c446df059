//! Archived entry: one entry of an archive, as a listing shows it.

use crate::text::{printable, shell_word};
use crate::time::Moment;

/// One entry of an archive.
///
/// Paths and names are raw bytes from the archive, and may be malicious. The text methods make them safe to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivedEntry {
    /// The path below the source; empty for the source itself.
    pub path: Vec<u8>,
    /// The kind of entry.
    pub kind: EntryKind,
    /// The permission bits, with setuid, setgid and sticky.
    pub mode: u32,
    /// The owner's name, or the number if there is no name.
    pub owner: Vec<u8>,
    /// The group's name, or the number if there is no name.
    pub group: Vec<u8>,
    /// The size of a file, its holes included.
    pub size_bytes: u64,
    /// The time of the last change, in seconds since 1970-01-01 00:00 UTC.
    pub modified_seconds: i64,
    /// The nanoseconds after that, under 1,000,000,000.
    pub modified_nanos: u32,
    /// The target of a link. For a hard link, this is a path below the source.
    pub link: Vec<u8>,
    /// The major and minor number of a device.
    pub device: (u32, u32),
}

/// The kind of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A hard link to a file that comes earlier in the archive.
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
    /// Any other kind.
    Other,
}

impl ArchivedEntry {
    /// Returns the kind and the permissions in the format of `tar -tv`: `-rw-r--r--`.
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

    /// Returns the entry as one line in the format of `tar -tv`, safe to print.
    ///
    /// `modified` is the time of the last change in the reader's time zone, or `None` if it can't be represented.
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

    /// Returns the path and, for a link, its target, each as a [`shell_word`].
    ///
    /// The format is that of `tar -tv`: `a -> b` for a symbolic link, `a link to b` for a hard link.
    #[must_use]
    pub fn name_and_link(&self) -> String {
        let (name, link) = (self.name(), shell_word(&self.link));
        match self.kind {
            EntryKind::Symlink => format!("{name} -> {link}"),
            EntryKind::HardLink => format!("{name} link to {link}"),
            _ => name,
        }
    }

    /// Returns the path as a [`shell_word`]. A folder's path ends with a slash, and the source itself is `./`.
    #[must_use]
    pub fn name(&self) -> String {
        match (self.kind, self.path.is_empty()) {
            (_, true) => "./".to_owned(),
            (EntryKind::Folder, false) => shell_word(&[&self.path[..], b"/"].concat()),
            (_, false) => shell_word(&self.path),
        }
    }
}

/// Returns the time of a change as [`ArchivedEntry::line`] shows it: `2026-01-29 16:07`.
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
            modified_nanos: 0,
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
    fn a_line_has_every_property() {
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
    fn an_entry_is_one_line_whatever_its_names_contain() {
        let odd = || b"a\nb\x1b[2J\xff".to_vec();
        for kind in [EntryKind::File, EntryKind::Symlink, EntryKind::HardLink, EntryKind::Folder] {
            let entry =
                ArchivedEntry { path: odd(), owner: odd(), group: odd(), link: odd(), ..entry(kind, 0) };
            assert!(!has_control(&entry.line(None)));
        }
    }
}
