//! Drills that can't be carried out, and such as are ended.

use std::fs;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use backup_core::model::archive::Compression;
use backup_core::model::error::Failure;
use backup_core::model::history::DifferenceKind;
use backup_core::model::job::DrillRequest;
use backup_core::ports::{Driller, Progress};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, Mode, OFlags, mkfifoat, open};
use rustix::process::{Pid, Signal, kill_process};

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
            "can't run no-tar: it doesn't exist or isn't executable, and a drill needs it; install the package tar",
        ),
        (
            "docs.tar.zst",
            "tar",
            "no-zstd",
            "can't run no-zstd: it doesn't exist or isn't executable, and a drill needs it; install the package zstd",
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
    let expected = format!("{} failed (exit status: 2): tar: 1 C; tar: 2 C; tar: 3 C", tar.display());
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
        let ended =
            driller.drill(&DrillRequest { archive, scratch: None, identity: None }, &UntilThere(pid.clone()));
        assert_eq!(ended.unwrap_err().failure, Failure::Interrupted);
        assert_eq!(place.listed(), before);
        let number = fs::read_to_string(&pid).unwrap();
        assert!(!Path::new("/proc").join(number.trim()).exists(), "tar is gone");
        fs::remove_file(&pid).unwrap();
    }
}

/// Waits until nobody has a pipe open for writing any more; one that somebody keeps is no test to wait for.
fn is_let_go(pipe: &OwnedFd) -> bool {
    let a_minute = Timespec { tv_sec: 60, tv_nsec: 0 };
    let mut ends = [PollFd::new(pipe, PollFlags::empty())];
    poll(&mut ends, Some(&a_minute)).unwrap() == 1 && ends[0].revents().contains(PollFlags::HUP)
}

/// Ends a drill whose tool goes on with this for ever: its version with the first, its work with the second.
fn check_ended(asked: &str, extracting: &str) {
    let place = place();
    let (pid, pipe) = (place.path("pid"), place.path("pipe"));
    mkfifoat(CWD, &pipe, Mode::RWXU).unwrap();
    // The one that goes on is another process, and has all that it was given.
    let go_on = |work: &str| {
        format!("exec 3>{1}; {work} & echo $! >{0}.new; mv {0}.new {0}; wait", pid.display(), pipe.display())
    };
    let late = format!("case $1 in --version) exec tar --version ;; esac\n{}", go_on(extracting));
    let (late, early) = (place.program("late", &late), place.program("early", &go_on(asked)));
    let cases = [
        (place.driller().with_tools(&early, "zstd"), "docs.tar"),
        (place.driller().with_tools("tar", &early), "docs.tar.zst"),
        (place.driller().with_tools(&late, "zstd"), "docs.tar"),
        (place.driller().with_tools("tar", &late), "docs.tar.zst"),
    ];
    for (driller, archive) in cases {
        let before = place.listed();
        let written = open(&pipe, OFlags::RDONLY | OFlags::NONBLOCK, Mode::empty()).unwrap();
        let ended =
            driller.drill(&DrillRequest { archive, scratch: None, identity: None }, &UntilThere(pid.clone()));
        assert_eq!(ended.unwrap_err().failure, Failure::Interrupted, "{driller:?}");
        assert!(is_let_go(&written), "{driller:?}");
        assert_eq!(place.listed(), before);
        fs::remove_file(&pid).unwrap();
    }
}

#[test]
fn a_tool_that_hangs_wherever_it_is_can_be_ended_with_all_that_it_began() {
    check_ended("sleep 1000", "sleep 1000");
}

#[test]
fn a_tool_that_talks_without_end_can_be_ended_too() {
    check_ended("yes", "yes >&2");
}

#[test]
fn what_a_tool_leaves_running_is_not_waited_for() {
    let place = place();
    // They keep its output and its errors open.
    let script = format!("sleep 1000 & echo $! >{}$1; exec tar \"$@\"", place.path("pid").display());
    let driller = place.driller().with_tools(place.program("leaving", &script), "zstd");
    let report = place.drill(&driller, "docs.tar").unwrap();
    assert_eq!(report.differences, []);
    for left in ["pid--version", "pid--extract"] {
        let pid = fs::read_to_string(place.path(left)).unwrap().trim().parse().unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
    }
}

#[test]
fn what_a_tool_leaves_talking_is_not_heard_to_its_end() {
    let place = place();
    // It ends when nobody hears it any more.
    let script = "case $1 in --version) yes & ;; *) yes >&2 & ;; esac; exec tar \"$@\"";
    let driller = place.driller().with_tools(place.program("leaving", script), "zstd");
    assert_eq!(place.drill(&driller, "docs.tar").unwrap().differences, []);
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
    let request = DrillRequest { archive: "docs.tar", scratch: None, identity: None };
    let report = place.driller().drill(&request, &Swapping(&place)).unwrap();
    assert_eq!(report.differences, []);
    assert!(place.path("moved").exists(), "it was swapped");
    assert_eq!(fs::read_dir(place.path("backups/.docs.drill/tree")).unwrap().count(), 0);
}
