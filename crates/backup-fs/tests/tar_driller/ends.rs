//! Drills that can't be carried out, and such as are ended.

use std::fs;
use std::path::{Path, PathBuf};

use backup_core::backup::Compression;
use backup_core::drill::{DifferenceKind, DrillRequest};
use backup_core::error::Failure;
use backup_core::ports::{Driller, Progress};

use crate::place::{Place, fill};

fn place() -> Place {
    let place = Place::new();
    fill(&place.path("docs"));
    for compression in Compression::ALL {
        // The second one takes the first one's place.
        let backup = place.back_up(compression);
        fs::copy(place.path("backups").join(&backup.file_name), place.path(&backup.file_name)).unwrap();
    }
    fs::rename(place.path("docs.tar"), place.path("backups/docs.tar")).unwrap();
    place
}

#[test]
fn without_its_tools_it_says_what_to_install() {
    let place = place();
    let cases = [
        (
            "docs.tar",
            "no-tar",
            "zstd",
            "can't run no-tar: it isn't there, or may not be run, and a drill restores with it; install the package tar",
        ),
        (
            "docs.tar.zst",
            "tar",
            "no-zstd",
            "can't run no-zstd: it isn't there, or may not be run, and a drill restores with it; install the package zstd",
        ),
    ];
    for (archive, tar, zstd, expected) in cases {
        let error = place.drill(&place.driller().with_tools(tar, zstd), archive).unwrap_err();
        assert_eq!((error.failure, &*error.to_string()), (Failure::Other, expected));
    }
    assert!(
        place.drill(&place.driller().with_tools("tar", "no-zstd"), "docs.tar").is_ok(),
        "nothing wants zstd"
    );
}

#[test]
fn an_archive_that_is_not_there_is_missing() {
    let place = place();
    for name in ["music.tar", "../docs", "letter"] {
        assert_eq!(place.drill(&place.driller(), name).unwrap_err().failure, Failure::Missing, "{name}");
    }
}

#[test]
fn what_a_failing_tar_says_comes_first() {
    let place = place();
    let script = "case $1 in --version) exec tar --version ;; esac\ncat >/dev/null; for n in 1 2 3 4 5; do echo \"tar: $n $LC_ALL$TAR_OPTIONS\" >&2; done; exit 2";
    let tar = place.program("failing", script);
    let report = place.drill(&place.driller().with_tools(&tar, "zstd"), "docs.tar").unwrap();
    let DifferenceKind::Tool(said) = &report.differences[0].kind else { panic!("{report:?}") };
    let expected =
        format!("{} ended with a failure (exit status: 2): tar: 1 C; tar: 2 C; tar: 3 C", tar.display());
    assert_eq!(*said, expected);
    assert_eq!(report.difference_count, 14, "and nothing came back");
}

#[test]
fn a_full_disk_says_nothing_of_the_archive() {
    let place = place();
    let script = "case $1 in --version) exec tar --version ;; esac\necho 'tar: docs/letter: Cannot write: No space left on device' >&2; exit 2";
    let tar = place.program("full", script);
    for archive in ["docs.tar", "docs.tar.zst"] {
        let error = place.drill(&place.driller().with_tools(&tar, "zstd"), archive).unwrap_err();
        assert_eq!(error.failure, Failure::Full, "{error}");
    }
}

/// Cancels once a file is there.
struct UntilThere(PathBuf);

impl Progress for UntilThere {
    fn advanced(&self, _path: &Path, _content_bytes: u64) {}

    fn is_cancelled(&self) -> bool {
        self.0.exists()
    }
}

#[test]
fn one_that_is_ended_kills_tar_and_leaves_nothing() {
    let place = place();
    let pid = place.path("pid");
    // Its number stays the same, and it never reads.
    let script = format!(
        "case $1 in --version) exec tar --version ;; esac\nmkdir -p docs/half; chmod 0 docs; echo $$ >{0}.new; mv {0}.new {0}; exec sleep 1000",
        pid.display()
    );
    let tar = place.program("endless", &script);
    for archive in ["docs.tar", "docs.tar.zst"] {
        let before = place.listed();
        let driller = place.driller().with_tools(&tar, "zstd");
        let ended = driller.drill(&DrillRequest { archive, scratch: None }, &UntilThere(pid.clone()));
        assert_eq!(ended.unwrap_err().failure, Failure::Interrupted);
        assert_eq!(place.listed(), before);
        let number = fs::read_to_string(&pid).unwrap();
        assert!(!Path::new("/proc").join(number.trim()).exists(), "tar is gone");
        fs::remove_file(&pid).unwrap();
    }
}

/// Puts another folder in the place of the scratch, as soon as that is there.
struct Swapping<'a>(&'a Place);

impl Progress for Swapping<'_> {
    fn advanced(&self, _path: &Path, _content_bytes: u64) {}

    fn is_cancelled(&self) -> bool {
        let (scratch, moved) = (self.0.path("backups/.docs.drill"), self.0.path("moved"));
        if scratch.exists() && !moved.exists() {
            fs::rename(&scratch, &moved).unwrap();
            fs::create_dir_all(scratch.join("tree")).unwrap();
        }
        false
    }
}

#[test]
fn what_takes_the_scratch_s_place_gets_nothing() {
    let place = place();
    let request = DrillRequest { archive: "docs.tar", scratch: None };
    let report = place.driller().drill(&request, &Swapping(&place)).unwrap();
    assert_eq!(report.differences, []);
    assert!(place.path("moved").exists(), "it was swapped");
    assert_eq!(fs::read_dir(place.path("backups/.docs.drill/tree")).unwrap().count(), 0);
}
