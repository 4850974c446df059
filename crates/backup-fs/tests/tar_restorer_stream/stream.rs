//! What is different where the archive can be read only once.

use std::fs;
use std::io::{self, Cursor, Read};
use std::os::unix::fs::MetadataExt;
use std::thread;

use backup_core::model::error::{Failure, PortError};
use backup_core::model::restore::{IfExists, RestoreJob, RestoreReport, RestoreTarget};
use backup_core::ports::{Restorer, SilentProgress};
use backup_fs::TarRestorer;

use crate::maker::Maker;
use crate::place::{Place, pack, said};
use crate::tar_bytes::TarBytes;
use crate::tree::{same, see, set_modified};
use crate::way::Stream;

/// Larger than what is held in memory.
const LARGE_BYTES: usize = 300_000;

fn restore(stream: &mut (dyn Read + Send), request: &RestoreJob) -> Result<RestoreReport, PortError> {
    TarRestorer.restore_stream(stream, request, &SilentProgress)
}

/// A folder with a large file, one with holes, and small ones; the archive of it.
fn source(place: &Place) -> Vec<u8> {
    let docs = place.path("source/docs");
    fs::create_dir_all(docs.join("more")).unwrap();
    fs::write(docs.join("a"), "of a").unwrap();
    fs::write(docs.join("large"), vec![7; LARGE_BYTES]).unwrap();
    let holes = fs::File::create(docs.join("holes")).unwrap();
    holes.set_len(8 << 20).unwrap();
    for at in [1 << 20, 3 << 20] {
        std::os::unix::fs::FileExt::write_all_at(&holes, &[9; 70_000], at).unwrap();
    }
    fs::write(docs.join("more/z"), "of z").unwrap();
    for name in ["a", "large", "holes", "more/z", "more"] {
        set_modified(&docs.join(name), 1_000_000_000, 5);
    }
    set_modified(&docs, 1_000_000_000, 5);
    pack(&docs)
}

fn into_folder(place: &Place, existing: IfExists) -> RestoreJob {
    RestoreJob { target: RestoreTarget::Folder(place.target()), existing, ..place.request() }
}

#[test]
fn a_pipe_gives_what_a_file_gives() {
    for seed in 0..8 {
        let (from_file, from_pipe) = (Place::new(), Place::new());
        fs::create_dir(from_file.path("source")).unwrap();
        Maker::make(seed, &from_file.path("source/docs"));
        let archive = pack(&from_file.path("source/docs"));
        let request = RestoreJob { digests: true, ..from_file.request() };
        let expected = TarRestorer.restore(&mut Cursor::new(&archive), &request, &SilentProgress).unwrap();
        let (mut stream, mut writer) = io::pipe().unwrap();
        let report = thread::scope(|scope| {
            let bytes = &archive;
            scope.spawn(move || io::copy(&mut &bytes[..], &mut writer).unwrap());
            restore(&mut stream, &RestoreJob { digests: true, ..from_pipe.request() }).unwrap()
        });
        assert!(report.archive.is_some(), "it is digested, too");
        let counts = |report: &RestoreReport| (report.entries, report.content_bytes, report.archive);
        assert_eq!((counts(&report), &report.findings), (counts(&expected), &expected.findings));
        same(&from_pipe.see_target(), &from_file.see_target(), &format!("tree {seed}"));
    }
}

#[test]
fn nothing_can_be_chosen() {
    let place = Place::new();
    let archive = source(&place);
    let request = RestoreJob { chosen: vec![b"a".to_vec()], ..place.request() };
    let error = restore(&mut &archive[..], &request).unwrap_err();
    assert_eq!(error.failure, Failure::Refused);
    assert!(error.to_string().ends_with("copy it into a file first"), "{error}");
    place.assert_nothing_outside("nothing is begun");
    assert!(!place.target().exists());
}

#[test]
fn what_is_large_and_there_is_compared() {
    for name in ["large", "holes"] {
        let place = Place::new();
        let archive = source(&place);
        place.restore(&archive).unwrap();
        let file = place.target().join(name);
        let before = file.metadata().unwrap();
        let folder_time = |place: &Place| place.target().metadata().unwrap().mtime();
        let report = restore(&mut &archive[..], &into_folder(&place, IfExists::Replace)).unwrap();
        assert_eq!((report.entries, report.left_entries), (0, 0), "all of it is there: {report:?}");
        assert_eq!(file.metadata().unwrap().ino(), before.ino(), "it is not made again");
        assert_eq!(folder_time(&place), 1_000_000_000, "nor is anything made beside it");
        // A byte is wrong, the rest of what can be seen from outside isn't.
        let mut contents = fs::read(&file).unwrap();
        *contents.last_mut().unwrap() ^= 1;
        fs::write(&file, &contents).unwrap();
        set_modified(&file, 1_000_000_000, 5);
        let report = restore(&mut &archive[..], &into_folder(&place, IfExists::Keep)).unwrap();
        assert_eq!(said(&report), [format!("docs/{name} existed already, differed, and stayed")]);
        assert!(fs::read(&file).unwrap() == contents);
        let report = restore(&mut &archive[..], &into_folder(&place, IfExists::Replace)).unwrap();
        assert_eq!((report.entries, report.findings.len()), (1, 0), "{report:?}");
        set_modified(&place.target(), 1_000_000_000, 5);
        same(&place.see_target(), &see(&place.path("source"), "docs"), "what differed is replaced");
        assert!(file.metadata().unwrap().blocks() * 512 < 2 << 20, "{name}: holes stay holes");
        place.assert_nothing_outside(name);
    }
}

#[test]
fn a_cut_stream_gives_what_came_before_and_a_whole_one_finishes() {
    let expected = {
        let place = Place::new();
        source(&place);
        see(&place.path("source"), "docs")
    };
    let length = source(&Place::new()).len();
    for cut in [0, 300, 512, 1_024, 1_500, 2_048, 200_000, 450_000, length - 1_024] {
        let place = Place::new();
        let archive = source(&place);
        match restore(&mut Stream::new(&archive[..cut]), &place.request()) {
            Ok(report) if cut == length - 1_024 => {
                assert!(report.is_complete(), "GNU tar takes it for an end");
            }
            Ok(report) => assert!(report.is_broken_off(), "{cut}: {report:?}"),
            Err(error) => {
                assert_eq!(error.failure, Failure::Damaged, "{cut}: {error}");
                assert!(!place.target().exists(), "{cut}");
            }
        }
        place.assert_nothing_outside("cut");
        let whole = match place.target().exists() {
            true => into_folder(&place, IfExists::Replace),
            false => place.request(),
        };
        let report = restore(&mut Stream::new(&archive), &whole).unwrap();
        assert!(report.is_complete(), "{cut}: {report:?}");
        set_modified(&place.target(), 1_000_000_000, 5);
        same(&place.see_target(), &expected, &format!("cut to {cut}"));
    }
}

#[test]
fn a_damaged_header_ends_it_behind_what_came_before() {
    let place = Place::new();
    let mut archive = source(&place);
    let at = archive.windows(10).position(|name| name == b"docs/large").unwrap();
    archive[at] ^= 1;
    let request = RestoreJob { digests: true, ..place.request() };
    let report = restore(&mut Stream::new(&archive), &request).unwrap();
    assert!(report.is_broken_off(), "{report:?}");
    assert_eq!(fs::read(place.target().join("a")).unwrap(), b"of a");
    assert_eq!(
        report.archive.map(|digest| digest.archive_bytes),
        Some(archive.len() as u64),
        "all is digested"
    );
}

#[test]
fn a_stream_that_fails_is_no_cut() {
    struct Failing<'a>(&'a [u8]);
    impl Read for Failing<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(io::Error::new(io::ErrorKind::ConnectionReset, "the store hung up")),
                read => Ok(read),
            }
        }
    }
    let place = Place::new();
    let archive = source(&place);
    let report = restore(&mut Failing(&archive[..archive.len() - 11_000]), &place.request()).unwrap();
    assert!(report.is_broken_off() && said(&report).concat().contains("the store hung up"), "{report:?}");
    let place = Place::new();
    let error = restore(&mut Failing(&[]), &place.request()).unwrap_err();
    assert!(error.to_string().contains("the store hung up"), "{error}");
    assert!(!place.target().exists());
}

#[test]
fn a_link_to_what_stays_is_a_finding_and_the_rest_goes_on() {
    let place = Place::new();
    let archive =
        TarBytes::docs().file("docs/a", "theirs").link("docs/b", "docs/a").file("docs/c", "of c").end();
    fs::create_dir(place.target()).unwrap();
    fs::write(place.target().join("a"), "mine").unwrap();
    let report = restore(&mut Stream::new(&archive), &into_folder(&place, IfExists::Keep)).unwrap();
    let expected = [
        "can't restore docs/b: it has gone by, and the archive can be read only once",
        "docs/a existed already, differed, and stayed",
    ];
    assert_eq!(said(&report), expected);
    assert_eq!(place.names(&place.target()), ["a", "c"], "no name is made of what is somebody else's");
    assert_eq!(fs::read(place.target().join("a")).unwrap(), b"mine");
}

#[test]
fn what_comes_before_the_first_entry_may_be_long() {
    let mut archive = TarBytes::default();
    for _ in 0..1_000 {
        archive = archive.file("../outside", &"x".repeat(1_000));
    }
    let archive = archive.folder("docs/").file("docs/a", "of a").end();
    let place = Place::new();
    let report = restore(&mut Stream::new(&archive), &place.request()).unwrap();
    assert_eq!(fs::read(place.target().join("a")).unwrap(), b"of a");
    assert_eq!(report.findings.len(), 1_000);
    place.assert_nothing_outside("names that lead out");
}
