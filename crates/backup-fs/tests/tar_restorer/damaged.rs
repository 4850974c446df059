//! Archives on a disk that fails: what can be read of them comes back, and what can't be read is reported.

use std::fs;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::ops::Range;

use backup_core::model::archive::ViewReport;
use backup_core::model::error::{Failure, PortError};
use backup_core::model::restore::{RestoreJob, RestoreReport};
use backup_core::ports::{ArchiveBytes, Restorer, SilentProgress, Viewer};
use backup_fs::{Member, TarReader, TarRestorer, TarViewer};

use crate::place::{Place, pack, said};
use crate::tar_bytes::TarBytes;

const EIO: i32 = 5;

/// An archive on a disk that can't read these bytes.
struct Failing {
    bytes: Cursor<Vec<u8>>,
    bad: Range<u64>,
}

impl Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let position = self.bytes.position();
        if self.bad.contains(&position) {
            return Err(io::Error::from_raw_os_error(EIO));
        }
        let good = if position < self.bad.start { self.bad.start - position } else { u64::MAX };
        let length = usize::try_from(good).unwrap_or(usize::MAX).min(buffer.len());
        self.bytes.read(&mut buffer[..length])
    }
}

impl ArchiveBytes for Failing {}

impl Seek for Failing {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.bytes.seek(to)
    }
}

/// Larger than what is read at once, so that contents nobody wants are passed over.
const LARGE_BYTES: usize = 1 << 20;

/// An archive with small files and a large one between them, and what is in it.
struct Archive {
    bytes: Vec<u8>,
    members: Vec<Member>,
}

impl Archive {
    fn new(place: &Place) -> Self {
        let docs = place.path("source/docs");
        fs::create_dir_all(&docs).unwrap();
        for (name, length) in
            [("a", 3_000), ("b", 70_000), ("c", LARGE_BYTES), ("d", 10), ("e", 200_000), ("f", 0)]
        {
            fs::write(docs.join(name), name.repeat(length)).unwrap();
        }
        let bytes = pack(&docs);
        let (mut members, mut reader) = (Vec::new(), TarReader::new(&bytes[..]));
        while let Some(member) = reader.next_member().unwrap() {
            members.push(member);
        }
        Self { bytes, members }
    }

    fn member(&self, name: &str) -> &Member {
        self.members.iter().find(|member| member.path.ends_with(name.as_bytes())).unwrap()
    }

    /// Where the contents can't be read, not from their first byte on.
    fn contents_of(&self, name: &str) -> Range<u64> {
        let member = self.member(name);
        member.contents_offset + 5..member.contents_offset + member.stored_bytes
    }

    fn header_of(&self, name: &str) -> Range<u64> {
        let offset = self.member(name).offset;
        offset..offset + 512
    }

    fn failing(&self, bad: Range<u64>) -> Failing {
        Failing { bytes: Cursor::new(self.bytes.clone()), bad }
    }
}

fn restore(place: &Place, mut archive: Failing, request: &RestoreJob) -> Result<RestoreReport, PortError> {
    let preview = TarRestorer.preview(&mut archive, request, &SilentProgress);
    archive.rewind().unwrap();
    let report = TarRestorer.restore(&mut archive, request, &SilentProgress);
    // Both say the same of what is missing.
    match (&preview, &report) {
        (Ok(preview), Ok(report)) => assert_eq!(preview.unmatched, report.unmatched),
        (preview, report) => assert!(preview.is_err() && report.is_err(), "{preview:?} {report:?}"),
    }
    place.assert_nothing_outside("an archive that can't be read");
    report
}

fn chosen(place: &Place, lines: &[&str]) -> RestoreJob {
    RestoreJob { chosen: lines.iter().map(|line| Vec::from(*line)).collect(), ..place.request() }
}

#[test]
fn all_but_a_file_that_can_not_be_read_comes_back() {
    for digests in [false, true] {
        for name in ["a", "b", "c", "d", "e"] {
            let place = Place::new();
            let archive = Archive::new(&place);
            let request = RestoreJob { digests, ..place.request() };
            let report = restore(&place, archive.failing(archive.contents_of(name)), &request).unwrap();
            let lost = format!("can't restore docs/{name}: Input/output error (os error 5), in docs/{name}");
            assert_eq!(said(&report), [lost], "{name} {digests}");
            let others: Vec<_> =
                ["a", "b", "c", "d", "e", "f"].into_iter().filter(|other| *other != name).collect();
            assert_eq!(place.names(&place.target()), others, "{name} {digests}");
            assert_eq!(fs::read(place.target().join("f")).unwrap(), b"");
            assert_eq!(report.archive, None, "nobody knows all of its bytes");
        }
    }
}

#[test]
fn what_comes_before_a_header_that_can_not_be_read_comes_back() {
    for digests in [false, true] {
        let place = Place::new();
        let archive = Archive::new(&place);
        let request = RestoreJob { digests, ..place.request() };
        let report = restore(&place, archive.failing(archive.header_of("d")), &request).unwrap();
        let broken = "the archive can't be read to its end: Input/output error (os error 5), after docs/c; \
             anything that follows is missing";
        assert_eq!(said(&report), [broken]);
        assert_eq!(place.names(&place.target()), ["a", "b", "c"]);
    }
}

#[test]
fn some_of_it_comes_back_as_far_as_it_can_be_read() {
    let place = Place::new();
    let archive = Archive::new(&place);
    let report =
        restore(&place, archive.failing(archive.header_of("d")), &chosen(&place, &["a", "e"])).unwrap();
    assert_eq!((report.unmatched.clone(), report.is_broken_off()), (vec!["e".to_owned()], true));
    assert_eq!(place.names(&place.target()), ["a"]);

    let place = Place::new();
    let report = restore(&place, archive.failing(archive.contents_of("c")), &chosen(&place, &["e"])).unwrap();
    assert!(report.is_complete(), "what nobody wants isn't read: {report:?}");
    assert_eq!(place.names(&place.target()), ["e"]);
}

#[test]
fn where_nothing_comes_before_it_nothing_is_made() {
    let place = Place::new();
    let archive = Archive::new(&place);
    let first = archive.header_of("docs/");
    for (bad, request) in [
        (first, place.request()),
        (archive.header_of("a"), place.request()),
        (archive.header_of("d"), chosen(&place, &["e"])),
    ] {
        let error = restore(&place, archive.failing(bad), &request).unwrap_err();
        assert_eq!(error.failure, Failure::Other, "{error}");
        assert!(error.to_string().contains("Input/output error"), "{error}");
        assert!(!place.target().exists());
    }
}

/// Returns the names that are shown, and what isn't.
fn list(archive: &mut Failing, lines: &[&str]) -> (Vec<String>, ViewReport) {
    let (mut names, lines) = (Vec::new(), lines.iter().map(|line| Vec::from(*line)).collect::<Vec<_>>());
    let mut see = |entry: &backup_core::model::archive::ArchivedEntry| {
        names.push(entry.name());
        true
    };
    let report = TarViewer.list(archive, &lines, &mut see, &SilentProgress).unwrap();
    (names, report)
}

fn lines(report: &ViewReport) -> Vec<String> {
    report.findings.iter().map(ToString::to_string).collect()
}

#[test]
fn what_can_be_read_is_shown() {
    let place = Place::new();
    let archive = Archive::new(&place);
    let broken = ["the archive can't be read to its end: Input/output error (os error 5), after docs/c; \
         anything that follows is missing"];
    let (names, report) = list(&mut archive.failing(archive.header_of("d")), &[]);
    assert_eq!((names.join(" ").as_str(), lines(&report)), ("./ a b c", broken.map(str::to_owned).into()));
    let (names, report) = list(&mut archive.failing(archive.header_of("d")), &["b", "["]);
    assert_eq!((names.join(" ").as_str(), report.finding_count), ("b", 1), "the [ may be a file behind it");
    let (names, report) = list(&mut archive.failing(archive.contents_of("c")), &["[a-z]"]);
    assert_eq!((names.join(" ").as_str(), report.finding_count), ("a b c d e f", 0));
    let nothing = archive.failing(archive.header_of("docs/"));
    assert!(TarViewer.list(&mut { nothing }, &[], &mut |_| true, &SilentProgress).is_err());
}

#[test]
fn what_can_be_read_of_a_file_is_written() {
    let place = Place::new();
    let archive = Archive::new(&place);
    let copy = |bad: Range<u64>, name: &str| {
        let mut out = Vec::new();
        let report = TarViewer.copy(&mut archive.failing(bad), name.as_bytes(), &mut out, &SilentProgress);
        report.map(|report| (out.len(), lines(&report)))
    };
    let (length, said) = copy(archive.header_of("d"), "./c").unwrap();
    assert!(length == LARGE_BYTES && said[0].contains(" (os error 5), after docs/c;"), "{said:?}");
    let (length, said) = copy(archive.contents_of("c"), "c").unwrap();
    assert_eq!(said, ["can't restore c: Input/output error (os error 5), in docs/c"]);
    assert!(length > 0 && length < LARGE_BYTES, "{length}");
    let (length, said) = copy(archive.contents_of("c"), "e").unwrap();
    assert_eq!((length, said), (200_000, Vec::<String>::new()));
    let start = archive.member("c").contents_offset;
    let unread = copy(start..start + 5_000_000, "c").unwrap_err().to_string();
    assert_eq!(unread, "can't show c: Input/output error (os error 5), in docs/c");
    let behind = copy(archive.header_of("d"), "e").unwrap_err().to_string();
    assert!(behind.starts_with("can't show e: it isn't in the readable part of the archive; "), "{behind}");
}

#[test]
fn what_lies_outside_the_source_is_reported() {
    let bytes = TarBytes::docs()
        .file("docs/a", "x")
        .file("/etc/x", "x")
        .file("other/y", "x")
        .file("docs/../z", "x")
        .link("docs/link", "other/y")
        .file("docs/-rf", "x")
        .end();
    let mut archive = Failing { bytes: Cursor::new(bytes), bad: 0..0 };
    for (chosen, expected) in [(&[][..], "./ a ./-rf"), (&["./-rf"], "./-rf"), (&["nothing"], "")] {
        let (names, report) = list(&mut archive, chosen);
        assert_eq!(names.join(" "), expected);
        assert_eq!(
            lines(&report),
            [
                "/etc/x refused: its path is absolute",
                "other/y refused: it doesn't lie below the source",
                "docs/../z refused: its path leads up (..)",
                "docs/link refused: it is a hard link to a file that isn't there",
            ]
        );
    }
}

#[test]
fn no_folder_is_left_of_what_could_not_be_read() {
    let place = Place::new();
    let cut = TarBytes::docs()
        .folder("docs/x/")
        .folder("docs/x/y/")
        .member(b'0', "docs/x/y/f", "", 600, b"x")
        .cut();
    let error = place.restore_as(&cut, &chosen(&place, &["x/y/f"])).unwrap_err();
    assert_eq!(error.failure, Failure::Damaged);
    place.assert_nothing_outside("nothing that was chosen can be read");
    assert!(!place.target().exists());
}

#[test]
fn the_label_of_a_volume_is_no_entry() {
    let place = Place::new();
    let bytes = TarBytes::default().of_kind(b'V', "label").folder("docs/").file("docs/a", "x").end();
    let report = place.restore(&bytes).unwrap();
    assert!(report.is_complete(), "{report:?}");
    assert_eq!(place.names(&place.target()), ["a"]);
    let (names, report) = list(&mut Failing { bytes: Cursor::new(bytes), bad: 0..0 }, &[]);
    assert_eq!((names.join(" ").as_str(), report.finding_count), ("./ a", 0));
}
