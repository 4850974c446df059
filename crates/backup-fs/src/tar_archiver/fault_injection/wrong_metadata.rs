//! Tests with disks that report wrong sizes and inode numbers, as procfs and FUSE servers do.

use std::fs;
use std::io::Read;
use std::path::Path;

use backup_core::model::archive::{FindingKind, PackReport};
use backup_core::ports::{PackRequest, SilentProgress};
use rustix::fs::CWD;
use tar::EntryType;

use super::*;
use crate::tar_archiver::TarArchiver;

/// A member: its type, and its contents or the target of its hard link.
type Stored = (EntryType, Vec<u8>);

fn pack(source: &Path, disk: &FaultyDisk<'_>) -> (PackReport, Vec<Stored>) {
    let mut bytes = Vec::new();
    let archiver = TarArchiver::default();
    let report = archiver.pack_from(disk, &PackRequest::all_of(source), &mut bytes, &SilentProgress).unwrap();
    let mut archive = tar::Archive::new(&bytes[..]);
    let stored = archive.entries().unwrap().skip(1).map(|entry| {
        let mut entry = entry.unwrap();
        let mut contents = entry.link_name_bytes().map(Into::into).unwrap_or_default();
        entry.read_to_end(&mut contents).unwrap();
        (entry.header().entry_type(), contents)
    });
    let stored = stored.collect();
    (report, stored)
}

/// Returns contents that never repeat.
fn contents(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| (at ^ (at >> 8) ^ (at >> 16)).to_le_bytes()[0]).collect()
}

#[test]
fn stores_all_of_a_file_that_reports_a_wrong_size() {
    const MIB: usize = 1024 * 1024;
    let home = tempfile::tempdir().unwrap();
    for real in [0, 1, 5, 3_000, MIB - 1, MIB, MIB + 1, 3 * MIB] {
        let expected = contents(real);
        fs::write(home.path().join("victim"), &expected).unwrap();
        for reported in [0, 1, real.saturating_sub(1), real, real + 1, 4096, MIB, 2 * MIB, 9 * MIB] {
            // It reports no blocks, as a sparse file does.
            let misreport = |name: &CStr, meta: &mut Meta| {
                if name == c"victim" {
                    (meta.size_bytes, meta.allocated_bytes) = (reported as u64, 0);
                }
            };
            let (report, stored) = pack(home.path(), &FaultyDisk::new(|_, _| Ok(())).misreporting(misreport));
            assert_eq!(report.findings, [], "{real} bytes, told {reported}");
            assert!(stored == [(EntryType::Regular, expected.clone())], "{real} bytes, told {reported}");
            assert_eq!(report.content_bytes, real as u64);
        }
    }
}

/// Kernel settings in /proc/sys behave like this.
#[test]
fn reads_a_file_that_returns_data_only_once_in_one_call() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("at-once"), "32768\n").unwrap();
    let misreport = |name: &CStr, meta: &mut Meta| {
        if name == SINGLE_READ {
            meta.size_bytes = 0;
        }
    };
    let (report, stored) = pack(home.path(), &FaultyDisk::new(|_, _| Ok(())).misreporting(misreport));
    assert_eq!(report.findings, []);
    assert_eq!(stored, [(EntryType::Regular, b"32768\n".to_vec())]);
}

#[test]
fn contents_that_change_with_every_read_are_torn() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("victim");
    fs::write(&path, "0").unwrap();
    let mut turn = 0;
    let disk = FaultyDisk::new(|call, name| {
        if call == Call::StatOpen && name == c"victim" {
            turn += 1;
            fs::write(&path, format!("{turn:03}"))?;
        }
        Ok(())
    });
    let (report, stored) = pack(home.path(), &disk.misreporting(|_, meta| *meta = unchanging(meta)));
    assert_eq!(report.findings[0].kind, FindingKind::Torn);
    assert_eq!(stored[0].1.len(), 3, "one of the states, and all of it");
}

/// Returns the metadata of a file that never reports a size or a change.
fn unchanging(meta: &Meta) -> Meta {
    let never = crate::posix::stat::Timestamp { seconds: 0, nanos: 0 };
    Meta { size_bytes: 0, modified: never, changed: never, ..meta.clone() }
}

#[test]
fn stores_the_reported_size_of_an_endless_file_and_reports_it_unreadable() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("endless"), "").unwrap();
    for reported in [0, 9, 2_000_000] {
        let misreport = |name: &CStr, meta: &mut Meta| {
            if name == ENDLESS {
                meta.size_bytes = reported;
            }
        };
        let (report, stored) = pack(home.path(), &FaultyDisk::new(|_, _| Ok(())).misreporting(misreport));
        let reason = format!("it reports {reported} bytes, but holds a different number");
        assert_eq!(report.findings[0].kind, FindingKind::Unreadable(reason));
        assert_eq!((report.unreadable_entries, stored[0].1.len() as u64), (1, reported));
    }
}

#[test]
fn two_files_with_one_inode_number_both_keep_their_contents() {
    let home = tempfile::tempdir().unwrap();
    for (one, other) in [
        (contents(5), contents(6)),
        (b"hello".to_vec(), b"world".to_vec()),
        (contents(2_000_000), contents(3_000_000)),
        (vec![1; 2_000_000], [vec![1; 1_999_999], vec![2]].concat()),
        // The reported size doesn't even hint at the size of the larger one.
        (contents(100), contents(2_000_000)),
    ] {
        for (name, bytes) in [("a", &one), ("b", &other), ("c", &one)] {
            fs::write(home.path().join(name), bytes).unwrap();
        }
        let first = System.stat_by_path(&home.path().join("a"));
        let disk = FaultyDisk::new(|_, _| Ok(())).misreporting(|_, meta| {
            if meta.kind == FileType::RegularFile {
                let size_bytes = meta.size_bytes;
                *meta = Meta { link_count: 2, size_bytes, ..first.clone() };
            }
        });
        let (report, stored) = pack(home.path(), &disk);
        assert_eq!(report.findings, []);
        let expected = [&one, &other, &one].map(|bytes| (EntryType::Regular, bytes.clone()));
        assert!(stored == expected, "{} and {} bytes", one.len(), other.len());
    }
}

#[test]
fn a_hard_link_on_such_a_disk_is_stored_as_one() {
    let home = tempfile::tempdir().unwrap();
    for bytes in [0, 5, 2_000_000] {
        fs::write(home.path().join("a"), contents(bytes)).unwrap();
        let _ = fs::remove_file(home.path().join("b"));
        fs::hard_link(home.path().join("a"), home.path().join("b")).unwrap();
        let (report, stored) = pack(home.path(), &FaultyDisk::new(|_, _| Ok(())).misreporting(|_, _| ()));
        assert_eq!(report.findings, []);
        let member = [home.path().file_name().unwrap().as_bytes(), b"/a"].concat();
        assert!(stored == [(EntryType::Regular, contents(bytes)), (EntryType::Link, member)], "{bytes}");
    }
}

/// An inode number may be reused for another file during a backup.
#[test]
fn a_file_with_the_reused_inode_number_of_a_removed_one_keeps_its_contents() {
    let home = tempfile::tempdir().unwrap();
    let [a, b, c] = ["a", "b", "c"].map(|name| home.path().join(name));
    fs::write(&a, "old").unwrap();
    fs::hard_link(&a, &c).unwrap();
    let disk = FaultyDisk::new(|call, name| {
        if call == Call::Stat && name == c"b" {
            // Written in place, as nobody can choose an inode number: to the archiver it is the same.
            fs::write(&b, "new file")?;
        }
        Ok(())
    });
    fs::hard_link(&a, &b).unwrap();
    let (report, stored) = pack(home.path(), &disk);
    assert_eq!(report.findings, []);
    assert_eq!(stored[1], (EntryType::Regular, b"new file".to_vec()));
}

impl System {
    fn stat_by_path(self, path: &Path) -> Meta {
        let path = CString::new(path.as_os_str().as_bytes()).unwrap();
        self.stat(CWD, &path).unwrap()
    }
}
