//! Damaged archives: their catalogs tell which members are damaged.
#![expect(clippy::unwrap_used, reason = "tests, and what they need, outside a test function")]

use std::fs::{self, File, FileTimes};
use std::io::Read;
use std::os::unix::fs::{FileExt, MetadataExt, symlink};
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

use backup_core::model::archive::{ArchiveName, BackupRecord, Compression, Grade, MemberCheck, Selection};
use backup_core::model::error::Failure;
use backup_core::model::restore::{IfExists, Links, LostEntry, RestoreJob, RestoreReport, RestoreTarget};
use backup_core::ports::{Archiver, BackupStore, EndCheck, Extent, PackRequest, Restorer, SilentProgress};
use backup_fs::{BackupDir, Home, Member, TarArchiver, TarReader, TarRestorer};
use tempfile::TempDir;

/// A home with a source and its backup.
struct Place {
    home: TempDir,
    backup: BackupRecord,
    members: Vec<Member>,
}

/// What no compression makes less, made once: byte by byte, it takes a while without optimization.
static NOISE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut state = 1_u32;
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    });
    noise.take(7_500_000).collect()
});

impl Place {
    fn new(compression: Compression) -> Self {
        let home = tempfile::tempdir().unwrap();
        let docs = home.path().join("docs");
        fs::create_dir_all(docs.join("letters")).unwrap();
        fs::write(docs.join("letters/may.txt"), "Dear Ann").unwrap();
        fs::write(docs.join("letters").join("ü".repeat(90)), "x".repeat(600)).unwrap();
        fs::write(docs.join("empty"), "").unwrap();
        fs::hard_link(docs.join("letters/may.txt"), docs.join("link")).unwrap();
        symlink("letters", docs.join("symlink")).unwrap();
        fs::write(docs.join("large"), &*NOISE).unwrap();
        let sparse = File::create(docs.join("sparse")).unwrap();
        sparse.write_all_at(b"data", 5_000_000).unwrap();
        sparse.set_len(9_000_000).unwrap();
        let store = BackupDir::new(&Home::open(home.path()).unwrap());
        let mut draft = store.draft(&"docs".parse().unwrap(), compression).unwrap();
        TarArchiver::default().pack(&PackRequest::all_of(&docs), &mut *draft, &SilentProgress).unwrap();
        let backup = draft.publish(Grade::Complete).unwrap();
        let mut tar = Vec::new();
        store.open(&backup.file_name).unwrap().read_to_end(&mut tar).unwrap();
        let (mut members, mut reader) = (Vec::new(), TarReader::new(&tar[..]));
        while let Some(member) = reader.next_member().unwrap() {
            members.push(member);
        }
        Self { home, backup, members }
    }

    fn path(&self) -> PathBuf {
        self.home.path().join("backups").join(&self.backup.file_name)
    }

    fn store(&self) -> BackupDir {
        BackupDir::new(&Home::open(self.home.path()).unwrap())
    }

    fn member(&self, name: &str) -> &Member {
        self.members.iter().find(|member| member.path.ends_with(name.as_bytes())).unwrap()
    }

    /// Changes bits of a byte of the stored archive, as a disk that fails does: its date stays.
    fn flip(&self, at: u64) {
        let file = File::options().read(true).write(true).open(self.path()).unwrap();
        let modified = file.metadata().unwrap().modified().unwrap();
        let mut byte = [0];
        file.read_exact_at(&mut byte, at).unwrap();
        file.write_all_at(&[byte[0] ^ 0x41], at).unwrap();
        file.set_times(FileTimes::new().set_modified(modified)).unwrap();
    }

    /// Returns what a check beside the catalog finds, and whether the structure is whole.
    fn checked(&self) -> (bool, Option<MemberCheck>) {
        let (store, archiver) = (self.store(), TarArchiver::default());
        let mut catalog = store.open(&self.backup.file_name).unwrap().open_catalog().unwrap();
        let mut checked = None;
        let mut read_tar = |tar: &mut dyn Read| {
            checked = Some(archiver.check_members(tar, &mut *catalog, EndCheck::Exact, &SilentProgress));
        };
        store.inspect(&self.backup.file_name, &mut read_tar, &SilentProgress).unwrap();
        match checked.unwrap() {
            Ok((_, members)) => (true, members),
            Err(error) => {
                assert_eq!(error.failure, Failure::Damaged, "{error}");
                (false, None)
            }
        }
    }

    /// Returns the names of the members that are damaged, in whatever way that is found.
    fn damaged(&self) -> Vec<String> {
        let store = self.store();
        let mut archive = store.open(&self.backup.file_name).unwrap();
        let found = TarArchiver::default().damaged_members(&mut *archive, &SilentProgress).unwrap().unwrap();
        let found_behind: Vec<_> = found.named().iter().map(|path| path.display().to_string()).collect();
        if let (true, members) = self.checked() {
            assert_eq!(members.unwrap().damaged, found, "both ways find the same");
        }
        found_behind
    }
}

#[test]
fn an_archive_that_is_whole_has_no_damaged_members() {
    for compression in [Compression::None, Compression::Zstd] {
        let place = Place::new(compression);
        let (is_whole, members) = place.checked();
        let members = members.unwrap();
        assert!(is_whole && members.damaged.is_empty() && members.is_since_pack, "{members:?}");
        assert!(place.damaged().is_empty());
    }
}

#[test]
fn each_damaged_member_has_its_name() {
    let long = "ü".repeat(90);
    for name in ["docs/", "letters/", "may.txt", &long, "empty", "link", "symlink", "large", "sparse"] {
        let place = Place::new(Compression::None);
        let member = place.member(name);
        let path = String::from_utf8_lossy(&member.path).into_owned();
        // The permissions in its first header.
        place.flip(member.offset + 103);
        assert_eq!(place.damaged(), [path.as_str()], "the header of {name}");
        assert!(!place.checked().0, "the checksum of the header of {name}");
        if member.stored_bytes > 0 {
            let place = Place::new(Compression::None);
            place.flip(member.contents_offset);
            place.flip(member.contents_offset + member.stored_bytes - 1);
            assert_eq!(place.damaged(), [path.as_str()], "the contents of {name}");
            assert!(place.checked().0, "no tar has a checksum of contents");
        }
    }
}

#[test]
fn a_name_that_has_changed_is_damage_where_no_checksum_shows_it() {
    let place = Place::new(Compression::None);
    let member = place.member(&"ü".repeat(90));
    // A name of that length stands in a block of its own, behind the first header.
    place.flip(member.offset + 512 + 40);
    let (is_whole, members) = place.checked();
    assert!(is_whole, "no tar has a checksum of records");
    assert_eq!(members.unwrap().damaged.named(), [PathBuf::from("docs/letters").join("ü".repeat(90))]);
}

#[test]
fn several_damaged_members_are_all_found() {
    let place = Place::new(Compression::None);
    for name in ["docs/", "may.txt", "sparse"] {
        let member = place.member(name);
        place.flip(member.offset + 103);
    }
    place.flip(place.member("large").contents_offset + 1_000_000);
    assert_eq!(place.damaged(), ["docs/", "docs/large", "docs/letters/may.txt", "docs/sparse"]);
}

#[test]
fn a_cut_archive_has_lost_what_is_behind_the_cut() {
    let place = Place::new(Compression::None);
    let member = place.member("may.txt");
    let file = File::options().write(true).open(place.path()).unwrap();
    let (modified, whole) = (file.metadata().unwrap().modified().unwrap(), file.metadata().unwrap().len());
    file.set_len(member.contents_offset + 4).unwrap();
    // The size is what tells the catalog.
    file.set_len(whole).unwrap();
    file.set_times(FileTimes::new().set_modified(modified)).unwrap();
    let lost = place.damaged();
    assert_eq!(lost.first().map(String::as_str), Some("docs/letters/may.txt"));
    let place_of = |path: &str| place.members.iter().position(|one| one.path == path.as_bytes()).unwrap();
    assert_eq!(lost.len(), place.members.len() - place_of("docs/letters/may.txt"));
}

#[test]
fn a_damaged_frame_takes_only_what_is_in_it() {
    let place = Place::new(Compression::Zstd);
    assert!(place.backup.archive_bytes > 7_000_000, "the large file doesn't shrink");
    place.flip(place.backup.archive_bytes / 2);
    assert_eq!(place.damaged(), ["docs/large"]);
    assert!(!place.checked().0);
}

#[test]
fn a_catalog_of_another_archive_tells_nothing() {
    let (place, other) = (Place::new(Compression::None), Place::new(Compression::None));
    fs::write(other.home.path().join("docs/another"), "file").unwrap();
    let mut catalog = Vec::new();
    let source = other.home.path().join("docs");
    let mut tar = Vec::new();
    TarArchiver::default().pack(&PackRequest::all_of(&source), &mut tar, &SilentProgress).unwrap();
    TarArchiver::default().write_catalog(&mut &tar[..], &mut catalog, &SilentProgress).unwrap();
    let own = fs::read(place.path()).unwrap();
    for (archive, is_its_own) in [(&tar, true), (&own, false)] {
        let found = TarArchiver::default().check_members(
            &mut &archive[..],
            &mut std::io::Cursor::new(&catalog),
            EndCheck::Exact,
            &SilentProgress,
        );
        let (report, members) = found.unwrap();
        assert!(report.entries >= 9);
        let expected = is_its_own.then(MemberCheck::default);
        assert_eq!(members, expected, "made later, it doesn't tell what was packed");
    }
}

const ASIDE: &str = "docs.2026-01-29T16-07+0000.tar";
const OLDER: &str = "docs.2026-01-28T16-07+0000.tar";

impl Place {
    /// Gives the archive an older name, and packs the same once more.
    fn set_aside_and_pack_again(self) -> Self {
        self.set_aside_as(ASIDE)
    }

    fn set_aside_as(self, aside: &str) -> Self {
        let store = self.store();
        let [newest, aside] = [&self.backup.file_name, aside].map(|name| ArchiveName::parse(name).unwrap());
        assert!(store.set_aside(&newest, &aside).unwrap());
        let mut draft = store.draft(&"docs".parse().unwrap(), Compression::None).unwrap();
        let docs = self.home.path().join("docs");
        TarArchiver::default().pack(&PackRequest::all_of(&docs), &mut *draft, &SilentProgress).unwrap();
        let backup = draft.publish(Grade::Complete).unwrap();
        Self { backup, ..self }
    }

    /// Restores what is chosen, healed with these archives. Returns what was lost, and the report.
    fn healed(&self, others: &[&str], chosen: &[&str]) -> (Vec<LostEntry>, RestoreReport) {
        let store = self.store();
        let job = RestoreJob {
            target: RestoreTarget::Beside(self.home.path().join("back")),
            chosen: chosen.iter().map(|line| line.as_bytes().to_vec()).collect(),
            links: Links::Trusted,
            existing: IfExists::Refuse,
            keep_setuid: true,
            identity: "docs".to_owned(),
            home: self.home.path().to_owned(),
            selection: Selection::default(),
            digests: false,
        };
        let mut archive = store.open(&self.backup.file_name).unwrap();
        let mut lost =
            TarRestorer.find_lost(&mut *archive, &job, Extent::All, &SilentProgress).unwrap().unwrap();
        let mut opened = Vec::new();
        for other in others {
            let mut other_archive = store.open(other).unwrap();
            TarRestorer.find_copies(&mut *other_archive, other, &mut lost, &SilentProgress).unwrap();
            opened.push(((*other).to_owned(), other_archive));
        }
        let mut healed = TarRestorer.healed(archive, opened, &lost).unwrap();
        let report = TarRestorer.restore(&mut *healed, &job, &SilentProgress).unwrap();
        (lost, report)
    }

    fn damage_all_kinds(&self) {
        for name in ["letters/", &"ü".repeat(90), "sparse", "symlink", "link", "large"] {
            self.flip(self.member(name).offset + 103);
        }
        for name in ["may.txt", "large"] {
            self.flip(self.member(name).contents_offset + 3);
        }
    }

    fn difference(&self) -> String {
        let diff = ["docs", "back"].map(|folder| self.home.path().join(folder));
        let said = Command::new("diff").arg("-r").arg("--no-dereference").args(diff).output().unwrap();
        String::from_utf8_lossy(&said.stdout).replace(&self.home.path().display().to_string(), "")
    }
}

fn shown(lost: &[LostEntry]) -> Vec<String> {
    let line = |entry: &LostEntry| {
        let path = entry.path.display().to_string().replace(&"ü".repeat(90), "long");
        let copy = entry.copy.as_ref().map(|copy| (copy.is_whole, copy.archive == ASIDE));
        format!("{path} {} {copy:?}", entry.is_healable())
    };
    lost.iter().map(line).collect()
}

#[test]
fn what_is_damaged_comes_from_another_generation() {
    let place = Place::new(Compression::None).set_aside_and_pack_again();
    place.damage_all_kinds();
    let (lost, report) = place.healed(&[ASIDE], &[]);
    let whole = "true Some((true, true))";
    assert_eq!(
        shown(&lost),
        [
            format!("docs/large {whole}"),
            format!("docs/letters/ {whole}"),
            "docs/letters/may.txt true Some((false, true))".to_owned(),
            format!("docs/letters/long {whole}"),
            format!("docs/link {whole}"),
            format!("docs/sparse {whole}"),
            format!("docs/symlink {whole}"),
        ]
    );
    assert!(report.is_complete(), "{report:?}");
    assert_eq!(place.difference(), "");
    for name in ["letters", "sparse", "letters/may.txt", "large"] {
        let [source, back] =
            ["docs", "back"].map(|folder| fs::metadata(place.home.path().join(folder).join(name)).unwrap());
        assert_eq!(source.modified().unwrap(), back.modified().unwrap(), "{name}");
        assert_eq!(source.permissions(), back.permissions(), "{name}");
    }
    assert_eq!(fs::metadata(place.home.path().join("back/link")).unwrap().nlink(), 2);
}

#[test]
fn without_another_generation_the_catalog_has_what_describes_an_entry() {
    let place = Place::new(Compression::None);
    place.damage_all_kinds();
    let (lost, report) = place.healed(&[], &[]);
    assert_eq!(
        shown(&lost),
        [
            "docs/large false None",
            "docs/letters/ true None",
            "docs/letters/may.txt false None",
            "docs/letters/long true None",
            "docs/link true None",
            "docs/sparse false None",
            "docs/symlink true None",
        ]
    );
    assert!(lost.iter().filter(|entry| entry.is_healable()).all(LostEntry::loses_attributes));
    let only_in = |folder: &str, name: &str| format!("Only in {folder}: {name}\n");
    let expected = [only_in("/docs", "large"), only_in("/docs/letters", "may.txt")].concat();
    let expected = expected + &[only_in("/docs", "link"), only_in("/docs", "sparse")].concat();
    assert_eq!(place.difference(), expected, "{report:?}");
}

#[test]
fn a_copy_that_is_damaged_itself_is_not_taken() {
    let place = Place::new(Compression::None);
    let at = place.member("may.txt").contents_offset + 3;
    place.flip(at);
    let place = place.set_aside_and_pack_again();
    place.flip(at);
    let (lost, _) = place.healed(&[ASIDE], &[]);
    assert_eq!(shown(&lost), ["docs/letters/may.txt false None"]);
    assert!(!place.home.path().join("back/letters/may.txt").exists());
}

#[test]
fn of_several_copies_the_first_is_taken_unless_a_later_one_is_whole() {
    let same = "docs.2026-01-30T16-07+0000.tar";
    for (others, expected) in [([ASIDE, OLDER], (ASIDE, false)), ([ASIDE, same], (same, true))] {
        let place = Place::new(Compression::None).set_aside_as(OLDER).set_aside_as(ASIDE);
        let letter = File::open(place.home.path().join("docs/letters/may.txt")).unwrap();
        let modified = letter.metadata().unwrap().modified().unwrap();
        letter.set_modified(modified - Duration::from_secs(10)).unwrap();
        // This one was packed before. Those that are packed now have the new time.
        let place = place.set_aside_as("docs.2026-01-31T16-07+0000.tar").set_aside_as(same);
        let member = place.member("may.txt");
        for at in [member.offset + 103, member.contents_offset + 3] {
            place.flip(at);
        }
        let (lost, report) = place.healed(&others, &[]);
        let copy = lost[0].copy.clone().unwrap();
        assert_eq!((lost.len(), copy.archive.as_str(), copy.is_whole), (1, expected.0, expected.1));
        assert!(report.is_complete(), "{report:?}");
    }
}

#[test]
fn only_what_is_chosen_counts_as_lost() {
    let place = Place::new(Compression::None).set_aside_and_pack_again();
    place.damage_all_kinds();
    let (lost, report) = place.healed(&[ASIDE], &["link"]);
    let chosen: Vec<_> =
        lost.iter().filter(|entry| entry.is_chosen).map(|entry| entry.path.display().to_string()).collect();
    assert_eq!(chosen, ["docs/letters/may.txt", "docs/link"], "a link needs its file");
    assert!(report.is_complete(), "{report:?}");
    assert_eq!(fs::read(place.home.path().join("back/link")).unwrap(), b"Dear Ann");
}
