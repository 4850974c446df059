//! What a catalog changes for whoever looks into an archive: nothing but the time.
#![expect(clippy::unwrap_used, reason = "tests, and what they need, outside a test function")]

#[path = "tar_reader/random.rs"]
#[expect(dead_code, reason = "the tests of the reader need more of it")]
mod random;
#[expect(dead_code, reason = "the tests of the reader need more of it")]
#[path = "tar_reader/tree.rs"]
mod tree;

use std::fs;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, symlink};
use std::path::{Path, PathBuf};

use backup_core::model::archive::{BackupRecord, Compression, Grade, Selection};
use backup_core::model::restore::{IfExists, Links, RestoreJob, RestoreTarget};
use backup_core::ports::{
    ArchiveBytes, Archiver, BackupStore, PackRequest, Restorer, SeekableBytes, SilentProgress, Viewer,
};
use backup_fs::{BackupDir, Home, TarArchiver, TarRestorer, TarViewer};
use tempfile::TempDir;
use tree::see;

/// A home with a source and its backup.
struct Place {
    home: TempDir,
}

/// An archive whose reads are counted, and which has its catalog or doesn't.
struct Counted<'a> {
    inner: Box<dyn ArchiveBytes + 'a>,
    has_catalog: bool,
    read_bytes: u64,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.read_bytes += read as u64;
        Ok(read)
    }
}

impl Seek for Counted<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

impl ArchiveBytes for Counted<'_> {
    fn open_catalog(&mut self) -> Option<Box<dyn SeekableBytes>> {
        if self.has_catalog { self.inner.open_catalog() } else { None }
    }
}

impl Place {
    fn new() -> Self {
        let this = Self { home: tempfile::tempdir().unwrap() };
        let docs = this.path("docs");
        for folder in ["letters/old", "letters/new", "music/a", "zoo"] {
            fs::create_dir_all(docs.join(folder)).unwrap();
        }
        for number in 0..60 {
            let folder = ["letters", "letters/old", "letters/new", "music/a"][number % 4];
            fs::write(
                docs.join(folder).join(format!("{number}.txt")),
                format!("{number} ").repeat(number * 40),
            )
            .unwrap();
        }
        fs::hard_link(docs.join("letters/old/1.txt"), docs.join("zoo/linked")).unwrap();
        fs::hard_link(docs.join("letters/old/1.txt"), docs.join("zoo/linked too")).unwrap();
        symlink("../letters/0.txt", docs.join("zoo/symlink")).unwrap();
        fs::write(docs.join("large"), vec![7; 2_500_000]).unwrap();
        let sparse = fs::File::create(docs.join("sparse")).unwrap();
        sparse.write_all_at(b"data", 3_000_000).unwrap();
        this
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn store(&self) -> BackupDir {
        BackupDir::new(&Home::open(self.home.path()).unwrap())
    }

    fn back_up(&self, compression: Compression) -> BackupRecord {
        let store = self.store();
        let mut draft = store.draft(&"docs".parse().unwrap(), compression).unwrap();
        let source = self.path("docs");
        TarArchiver::default().pack(&PackRequest::all_of(&source), &mut *draft, &SilentProgress).unwrap();
        draft.publish(Grade::Complete).unwrap()
    }

    fn catalog(&self) -> PathBuf {
        let mut catalogs: Vec<_> = fs::read_dir(self.path("backups/.catalog/docs")).unwrap().collect();
        assert_eq!(catalogs.len(), 1);
        catalogs.remove(0).unwrap().path()
    }

    /// Does something with the archive, with its catalog and without it. Both must come to the same. Returns how many bytes were
    /// read.
    #[track_caller]
    fn same<R: PartialEq + std::fmt::Debug>(
        &self,
        backup: &BackupRecord,
        what: &str,
        act: impl Fn(&mut dyn ArchiveBytes, &str) -> R,
    ) -> [u64; 2] {
        let store = self.store();
        let [by_catalog, read] = [true, false].map(|has_catalog| {
            let inner = store.open(&backup.file_name).unwrap();
            let mut archive = Counted { inner, has_catalog, read_bytes: 0 };
            let result = act(&mut archive, if has_catalog { "by-catalog" } else { "read" });
            (result, archive.read_bytes)
        });
        assert_eq!(by_catalog.0, read.0, "{what}");
        [by_catalog.1, read.1]
    }
}

fn lines(chosen: &[&str]) -> Vec<Vec<u8>> {
    chosen.iter().map(|line| line.as_bytes().to_vec()).collect()
}

/// What people choose.
const CHOICES: [&[&str]; 18] = [
    &["letters/0.txt"],
    &["letters"],
    &["letters/"],
    &["letters/0.txt/"],
    &["./letters/old/."],
    &["zoo/linked"],
    &["zoo/linked", "zoo/linked too"],
    &["letters/old/1.txt", "zoo/linked"],
    &["zoo"],
    &["*.txt"],
    &["1?.txt", "sparse"],
    &["letters", "!letters/old"],
    &["!letters"],
    &["large", "nothing"],
    &["nothing"],
    &["letters/0.txt", "music/a/*.txt"],
    &["a[", "large"],
    &["music/a/3.txt", "music/a/3.txt", "music"],
];

fn listed(archive: &mut dyn ArchiveBytes, chosen: &[Vec<u8>]) -> String {
    let mut entries = Vec::new();
    let visit = &mut |entry: &_| {
        entries.push(format!("{entry:?}"));
        true
    };
    let report = TarViewer.list(archive, chosen, visit, &SilentProgress);
    format!("{entries:#?} {report:?}")
}

#[test]
fn a_listing_is_the_same() {
    for compression in Compression::ALL {
        let place = Place::new();
        let backup = place.back_up(compression);
        let everything: &[&str] = &[];
        for chosen in CHOICES.into_iter().chain([everything]) {
            let [by_catalog, _] =
                place.same(&backup, &format!("{chosen:?}"), |archive, _| listed(archive, &lines(chosen)));
            assert_eq!(by_catalog, 0, "{chosen:?}: the archive isn't read");
        }
    }
}

#[test]
fn a_file_is_the_same() {
    for compression in Compression::ALL {
        let place = Place::new();
        let backup = place.back_up(compression);
        for path in [
            "letters/0.txt",
            "./letters//old/5.txt",
            "zoo/linked",
            "large",
            "sparse",
            "zoo",
            "zoo/symlink",
            "no",
            "",
        ] {
            let [by_catalog, read] = place.same(&backup, path, |archive, _| {
                let mut out = Vec::new();
                let report = TarViewer.copy(archive, path.as_bytes(), &mut out, &SilentProgress);
                (out, format!("{report:?}"))
            });
            let is_small = path.contains(".txt");
            assert!(
                !is_small || by_catalog <= 600_000 || compression == Compression::Zstd,
                "{path}: {by_catalog} of {read}"
            );
        }
    }
}

fn restored(place: &Place, archive: &mut dyn ArchiveBytes, chosen: &[&str], way: &str) -> String {
    let target = place.path(way);
    let job = RestoreJob {
        target: RestoreTarget::Folder(target.clone()),
        chosen: lines(chosen),
        links: Links::Trusted,
        existing: IfExists::Refuse,
        keep_setuid: false,
        identity: "docs".to_owned(),
        home: place.home.path().to_owned(),
        selection: Selection::default(),
        digests: false,
    };
    let preview = TarRestorer.preview(archive, &job, &SilentProgress);
    archive.rewind().unwrap();
    let report = TarRestorer.restore(archive, &job, &SilentProgress);
    let tree = target.exists().then(|| told(&without_root(&target)));
    fs::remove_dir_all(&target).ok();
    format!("{preview:?} {report:?} {tree:?}").replace(&format!("/{way}"), "/target")
}

/// Returns a tree without its own entry, whose time is that of the restore if it wasn't chosen.
fn without_root(target: &Path) -> tree::Tree {
    let mut seen = see(target, ".");
    seen.retain(|path, _| path != b".");
    seen
}

fn told(tree: &tree::Tree) -> String {
    let told = tree.iter().map(|(path, seen)| {
        let body = blake3::hash(&seen.body);
        let tree::Seen { kind, mode, owner, modified, first_name, .. } = seen;
        format!("{path:?} {kind:?} {mode:o} {owner:?} {modified:?} {first_name:?} {body}\n")
    });
    told.collect()
}

#[test]
fn a_restore_is_the_same() {
    for compression in Compression::ALL {
        let place = Place::new();
        let backup = place.back_up(compression);
        for chosen in CHOICES {
            place
                .same(&backup, &format!("{chosen:?}"), |archive, way| restored(&place, archive, chosen, way));
        }
    }
}

#[test]
fn a_damaged_catalog_changes_nothing() {
    let place = Place::new();
    let backup = place.back_up(Compression::None);
    let (path, mut random) = (place.catalog(), random::Random::new(3));
    let whole = fs::read(&path).unwrap();
    for _ in 0..300 {
        let mut damaged = whole.clone();
        let at = random.below(whole.len());
        damaged[at] ^= 1 << random.below(8);
        fs::write(&path, &damaged).unwrap();
        let what = format!("byte {at} of {}", whole.len());
        place.same(&backup, &what, |archive, _| listed(archive, &[]));
        place.same(&backup, &what, |archive, _| {
            let mut out = Vec::new();
            TarViewer.copy(archive, b"letters/old/5.txt", &mut out, &SilentProgress).unwrap();
            out
        });
    }
}

/// More entries than one block of a catalog holds, and damage in those that come later.
#[test]
fn a_catalog_that_is_damaged_later_loses_nothing() {
    let place = Place::new();
    for number in 0..5_000 {
        fs::write(place.path(&format!("docs/zoo/{number:04}")), "").unwrap();
    }
    let backup = place.back_up(Compression::None);
    let (path, mut random) = (place.catalog(), random::Random::new(4));
    let whole = fs::read(&path).unwrap();
    let entries = || {
        let store = place.store();
        let mut archive = store.open(&backup.file_name).unwrap();
        restored(&place, &mut *archive, &["498*"], "target").matches(" File 644 ").count()
    };
    assert_eq!(entries(), 10);
    for turn in 0..40 {
        let mut damaged = whole.clone();
        let at = whole.len() / 2 + random.below(whole.len() / 2);
        damaged[at] ^= 1;
        fs::write(&path, &damaged).unwrap();
        assert_eq!(entries(), 10, "turn {turn}: byte {at} of {}", whole.len());
    }
}

#[test]
fn a_catalog_of_another_archive_restores_nothing_else() {
    let place = Place::new();
    let backup = place.back_up(Compression::None);
    let path = place.path("backups").join(&backup.file_name);
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    // Somebody has exchanged two files of the same archive, and set its time back.
    let letters = place.path("docs/letters");
    for (from, to) in [("0.txt", "kept"), ("4.txt", "0.txt"), ("kept", "4.txt")] {
        fs::rename(letters.join(from), letters.join(to)).unwrap();
    }
    let mut other = Vec::new();
    let source = place.path("docs");
    TarArchiver::default().pack(&PackRequest::all_of(&source), &mut other, &SilentProgress).unwrap();
    assert_eq!(other.len() as u64, backup.archive_bytes);
    fs::write(&path, &other).unwrap();
    fs::File::open(&path).unwrap().set_modified(modified).unwrap();
    for name in ["letters/0.txt", "letters/4.txt"] {
        place.same(&backup, name, |archive, way| restored(&place, archive, &[name], way));
    }
}
