//! The phase of a member: where its data begin within a block of the disk.

use super::header::Member;
use super::pax::PHASE_BYTES;

impl Member<'_> {
    /// Appends the member's headers, padded so that what follows them has a wanted phase: its offset modulo 4096.
    ///
    /// `offset` is that of the headers in the archive. It and `phase` are multiples of 512. What follows the headers are the
    /// contents, of a sparse file its map, and of a member without contents the next member.
    ///
    /// Promises: the headers have at most 4608 bytes more than [`write_to`](Self::write_to) writes, and none if the phase is
    /// right without. Other tools see nothing of it.
    pub(super) fn write_in_phase(&self, offset: u64, phase: u64, out: &mut Vec<u8>) {
        let start = out.len();
        self.write_to(out);
        let end = offset + (out.len() - start) as u64;
        // 2^64 is a multiple of the block size, so it doesn't matter which one is larger.
        let missing = phase.wrapping_sub(end) % PHASE_BYTES as u64;
        if missing > 0 {
            out.truncate(start);
            self.write_padded(usize::try_from(missing).expect("less than a block"), out);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::io::Read;
    use std::path::Path;
    use std::process::Command;

    use rustix::fs::FileType;
    use tar::EntryType;

    use super::*;
    use crate::posix::sparse::{Segment, SparseMap};
    use crate::posix::stat::{Meta, Timestamp};
    use crate::posix::xattrs::Attribute;
    use crate::tar_reader::{Member as ReadMember, TarReader};

    const DATA: &[u8] = b"what the member holds";
    const LONG: [u8; 150] = [b'l'; 150];
    const NOT_ASCII: &str = "docs/\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\
        \u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\
        \u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}";

    /// A member of some kind, with the data after its headers.
    struct Sample<'a> {
        member: Member<'a>,
        data: Vec<u8>,
    }

    fn meta(nanos: u32) -> Meta {
        let modified = Timestamp { seconds: 1_700_000_000, nanos };
        Meta { mode: 0o755, modified, ..Meta::of_nothing(FileType::RegularFile) }
    }

    fn map() -> SparseMap {
        SparseMap::new(vec![Segment { offset: 8192, length: DATA.len() as u64 }], 100_000).unwrap()
    }

    /// Calls `check` with members of every kind: with and without an extended header, of every length.
    fn each_sample(mut check: impl FnMut(&str, &Sample<'_>)) {
        let (plain, nanos, map) = (meta(0), meta(7), map());
        let long = [b"docs/", &LONG[..]].concat();
        let attribute = |bytes| [Attribute { name: b"user.a".to_vec(), value: vec![b'v'; bytes] }];
        let attributes = VALUE_BYTES.map(attribute);
        let bare = Member {
            entry_type: EntryType::Regular,
            path: b"docs/a",
            link: b"",
            size_bytes: 0,
            sparse_size: None,
            sparse_name: None,
            meta: &plain,
            user: "",
            group: "",
            attributes: &[],
        };
        let file = Member { size_bytes: DATA.len() as u64, ..bare };
        let mut check =
            |what: &str, member, data: &[u8]| check(what, &Sample { member, data: data.to_vec() });
        check("file", file, DATA);
        check("empty file", bare, b"");
        check("file with nanoseconds", Member { meta: &nanos, ..file }, DATA);
        check("long name", Member { path: &long, ..file }, DATA);
        check("GNU long name", Member { path: NOT_ASCII.as_bytes(), ..file }, DATA);
        let both = Member { path: NOT_ASCII.as_bytes(), meta: &nanos, ..file };
        check("GNU long name with nanoseconds", both, DATA);
        check("folder", Member { entry_type: EntryType::Directory, path: b"docs/a/", ..bare }, b"");
        let link = Member { entry_type: EntryType::Symlink, link: b"nowhere", ..bare };
        check("link", link, b"");
        check("long link", Member { link: &LONG, ..link }, b"");
        let sparse = Member { size_bytes: map.stored_bytes(), sparse_size: Some(map.size_bytes()), ..bare };
        check("sparse file", sparse, &[&map.text(), DATA].concat());
        for (bytes, attributes) in VALUE_BYTES.iter().zip(&attributes) {
            check(&format!("attribute of {bytes}"), Member { attributes, ..file }, DATA);
        }
    }

    /// Lengths of values, some of which fill the last block of the extended header to a byte.
    const VALUE_BYTES: [usize; 16] =
        [1, 457, 458, 459, 460, 461, 462, 463, 464, 481, 482, 483, 484, 485, 3000, 9000];

    fn plain(member: &Member<'_>) -> usize {
        let mut bytes = Vec::new();
        member.write_to(&mut bytes);
        bytes.len()
    }

    const PHASES: [u64; 8] = [0, 512, 1024, 1536, 2048, 2560, 3072, 3584];

    #[test]
    fn what_follows_has_the_wanted_phase() {
        each_sample(|what, Sample { member, .. }| {
            for offset in PHASES.map(|phase| phase + 40_960) {
                for phase in PHASES {
                    let mut out = vec![b'x'; 512];
                    member.write_in_phase(offset, phase, &mut out);
                    let length = out.len() - 512;
                    assert_eq!(out[..512], [b'x'; 512]);
                    assert_eq!((offset + length as u64) % 4096, phase, "{what} {offset}");
                    let most = plain(member) + 4096 + 512;
                    assert!((plain(member)..=most).contains(&length), "{what} {offset} {phase}: {length}");
                }
            }
        });
    }

    #[test]
    fn a_phase_that_is_right_costs_nothing() {
        each_sample(|what, Sample { member, .. }| {
            let (mut out, mut expected) = (Vec::new(), Vec::new());
            member.write_to(&mut expected);
            member.write_in_phase(4096, expected.len() as u64 % 4096, &mut out);
            assert!(out == expected, "{what}");
        });
    }

    /// An archive of one member in a folder, and a hard link to it if it is a file.
    fn archive(sample: &Sample<'_>, phase: Option<u64>) -> Vec<u8> {
        let (mut out, folder) = (Vec::new(), meta(0));
        let member = sample.member;
        let docs = Member {
            entry_type: EntryType::Directory,
            path: b"docs/",
            link: b"",
            size_bytes: 0,
            sparse_size: None,
            sparse_name: None,
            meta: &folder,
            attributes: &[],
            ..member
        };
        let write = |member: Member<'_>, out: &mut Vec<u8>| match phase {
            Some(phase) => member.write_in_phase(out.len() as u64, phase, out),
            None => member.write_to(out),
        };
        write(docs, &mut out);
        write(member, &mut out);
        assert!(phase.is_none_or(|phase| out.len() as u64 % 4096 == phase));
        out.extend_from_slice(&sample.data);
        out.resize(out.len().next_multiple_of(512), 0);
        if member.entry_type == EntryType::Regular {
            let entry_type = EntryType::Link;
            write(Member { entry_type, path: b"docs/z", link: member.path, ..docs }, &mut out);
        }
        out.resize(out.len().next_multiple_of(10_240) + 10_240, 0);
        out
    }

    /// All that the reader tells of an archive, but not where it is.
    fn read(archive: &[u8]) -> Vec<(ReadMember, Vec<u8>)> {
        let mut reader = TarReader::new(archive);
        let mut told = Vec::new();
        while let Some(member) = reader.next_member().unwrap() {
            let (mut contents, data_at) = (Vec::new(), member.contents_offset);
            reader.contents().read_to_end(&mut contents).unwrap();
            assert!(member.offset < data_at);
            told.push((ReadMember { offset: 0, contents_offset: 0, ..member }, contents));
        }
        told
    }

    #[test]
    fn the_own_reader_sees_nothing_of_it() {
        each_sample(|what, sample| {
            let expected = read(&archive(sample, None));
            for phase in PHASES {
                assert_eq!(read(&archive(sample, Some(phase))), expected, "{what} {phase}");
            }
        });
    }

    const TOOLS: [(&str, &str); 3] = [
        ("tar", r#"for a in in/*; do tar --xattrs -xpf "$a" -C "out/${a#in/}" || exit; done"#),
        ("bsdtar", r#"for a in in/*; do bsdtar -xpf "$a" -C "out/${a#in/}" || exit; done"#),
        (
            "python3",
            r#"python3 -c '
import os, tarfile
more = {"filter": "fully_trusted"} if hasattr(tarfile, "fully_trusted_filter") else {}
for name in os.listdir("in"):
    with tarfile.open("in/" + name) as archive:
        archive.extractall("out/" + name, **more)'"#,
        ),
    ];

    /// Lists what is in each of the folders in `out`: everything but the time of a link, which Python doesn't set.
    const LIST: &str = r"
cd out
find . -mindepth 2 \( -type l -printf '%P %y %l\n' -o -printf '%P %y %m %n %s %T@\n' \)
find . -type f -printf '%P\n' | xargs -d '\n' md5sum | sed 's/\([^ ]*\)  \(.*\)/\2 \1/'";

    fn run(script: &str, folder: &Path) -> String {
        let mut command = Command::new("sh");
        let run = command.args(["-c", script]).current_dir(folder).env("LC_ALL", "C.UTF-8").output().unwrap();
        assert_eq!(String::from_utf8_lossy(&run.stderr), "", "{script}");
        assert!(run.status.success(), "{script}");
        String::from_utf8(run.stdout).unwrap()
    }

    /// Every sample, packed plainly and in some phases, under names such as `long name.512`.
    fn write_archives(folder: &Path) {
        each_sample(|what, sample| {
            if what.ends_with("9000") {
                return; // ext4 has no room for that.
            }
            for phase in [None, Some(0), Some(512), Some(2048)] {
                let name = format!("{what}.{}", phase.map_or("plain".to_owned(), |phase| phase.to_string()));
                std::fs::create_dir_all(folder.join("out").join(&name)).unwrap();
                std::fs::write(folder.join("in").join(name), archive(sample, phase)).unwrap();
            }
        });
    }

    #[test]
    fn stock_tools_extract_it_without_a_word() {
        for (tool, script) in TOOLS {
            if Command::new(tool).arg("--version").output().is_err() {
                backup_core::testing::skipped(format_args!("{tool} is not installed"));
                continue;
            }
            let home = tempfile::tempdir().unwrap();
            std::fs::create_dir(home.path().join("in")).unwrap();
            write_archives(home.path());
            run(script, home.path());
            let mut trees = BTreeMap::<_, BTreeSet<_>>::new();
            let told = run(LIST, home.path());
            for (archive, line) in told.lines().map(|line| line.split_once('/').unwrap()) {
                trees.entry(archive).or_default().insert(line);
            }
            assert!(trees.len() > 90, "{tool}: {}", trees.len());
            for (archive, tree) in &trees {
                let plain = format!("{}.plain", archive.rsplit_once('.').unwrap().0);
                assert_eq!(tree, &trees[&plain[..]], "{tool} {archive}");
                assert!(tree.len() > 1, "{tool} {archive}");
            }
        }
    }
}
