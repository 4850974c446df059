//! Compressed streams: what is written is read again, here and by the program `zstd`, and what is wrong is found.
#![expect(clippy::unwrap_used, reason = "a test program, its helpers included")]

use std::io::{self, ErrorKind, Read, Write};
use std::process::{Command, Stdio};
use std::thread;

use backup_core::model::restore::{IfExists, Links, RestoreJob, RestoreTarget};
use backup_core::ports::{ArchiveOnly, Archiver, PackRequest, SilentProgress};
use backup_core::testing::skipped;
use backup_fs::{TarArchiver, TarRestorer, ZstdReader, ZstdWriter};

/// Two frames and a bit, with no two places alike.
fn contents() -> Vec<u8> {
    let words = (0..1_100_000_u32).map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes());
    words.collect::<Vec<_>>().into_flattened()
}

fn written(plain: &[u8]) -> Vec<u8> {
    let mut writer = ZstdWriter::new(Vec::new()).unwrap();
    writer.write_all(plain).unwrap();
    writer.finish().unwrap()
}

/// Returns what can be read, and the error that ends it.
fn read(stored: impl Read) -> (Vec<u8>, Option<io::Error>) {
    let mut plain = Vec::new();
    let error = ZstdReader::new(stored).unwrap().read_to_end(&mut plain).err();
    (plain, error)
}

/// Runs the program `zstd` on these bytes; `None` where there is none.
fn stock_zstd(arguments: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    let mut command = Command::new("zstd");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
    let Ok(mut child) = command.spawn() else {
        skipped("what the program zstd makes of streams, for there is none");
        return None;
    };
    let mut stdin = child.stdin.take().unwrap();
    let output = thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input).unwrap());
        child.wait_with_output().unwrap()
    });
    assert!(output.status.success(), "zstd {arguments:?}");
    Some(output.stdout)
}

#[test]
fn what_is_written_is_read_again() {
    for plain in [&b""[..], b"x", &contents()] {
        let (read, error) = read(&written(plain)[..]);
        assert!(read == plain && error.is_none(), "{} bytes: {error:?}", plain.len());
    }
}

#[test]
fn the_pieces_in_which_it_comes_do_not_matter() {
    let plain = contents();
    let mut writer = ZstdWriter::new(Vec::new()).unwrap();
    plain.chunks(77_777).for_each(|piece| writer.write_all(piece).unwrap());
    assert!(writer.finish().unwrap() == written(&plain));
}

#[test]
fn stock_zstd_reads_what_is_written_here() {
    for plain in [&b""[..], b"x", &contents()] {
        let stored = written(plain);
        stock_zstd(&["--test", "--quiet"], &stored);
        if let Some(read) = stock_zstd(&["--decompress", "--stdout", "--quiet"], &stored) {
            assert!(read == plain, "{} bytes", plain.len());
        }
    }
}

#[test]
fn what_stock_zstd_writes_is_read_here() {
    let plain = contents();
    for arguments in [&["-1"][..], &["-19", "--long=24"], &["--no-check"], &["-3", "-T0"]] {
        let Some(stored) = stock_zstd(&[arguments, &["--quiet", "--stdout"]].concat(), &plain) else {
            return;
        };
        // Frames of others before and behind it, too.
        let (read, error) = read(&[&written(b"before")[..], &stored, &written(b"behind")].concat()[..]);
        assert!(read == [b"before", &plain[..], b"behind"].concat(), "{arguments:?}");
        assert!(error.is_none(), "{arguments:?}: {error:?}");
    }
}

#[test]
fn a_cut_anywhere_but_between_frames_is_found() {
    let plain = b"some that is short ".repeat(20);
    let stored = written(&plain);
    // Behind what holds the bytes, there is a frame with the checksum of the table, and one with the table.
    let [checksum_at, table_at] = [0x184D_2A5D_u32, 0x184D_2A5E]
        .map(|magic| stored.windows(4).position(|four| four == magic.to_le_bytes()).unwrap());
    for cut in 1..stored.len() {
        let (read, error) = read(&stored[..cut]);
        match error {
            None => {
                let is_between = cut == checksum_at || cut == table_at;
                assert!(is_between && read == plain, "cut at {cut} of {}", stored.len());
            }
            Some(error) => assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "cut at {cut}: {error}"),
        }
        assert!(plain.starts_with(&read));
    }
}

#[test]
fn a_wrong_byte_is_found_by_the_checksum() {
    let plain = contents();
    let mut stored = written(&plain);
    let middle = stored.len() / 2;
    stored[middle] ^= 1;
    let (read, error) = read(&stored[..]);
    let error = error.unwrap();
    assert_eq!(error.kind(), ErrorKind::InvalidData);
    assert!(error.to_string().contains("in the frame that begins at byte "), "{error}");
    let first_frame = 2 << 20;
    assert!(read.len() >= first_frame && read[..first_frame] == plain[..first_frame]);
}

/// Gives these bytes, fails once, and then ends as if nothing had been.
struct FailsOnce<'a>(&'a [u8], bool);

impl Read for FailsOnce<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 if !std::mem::replace(&mut self.1, true) => Err(ErrorKind::ConnectionReset.into()),
            read => Ok(read),
        }
    }
}

#[test]
fn an_error_stays() {
    let stored = written(b"some");
    let mut reader = ZstdReader::new(FailsOnce(&stored, false)).unwrap();
    let first = reader.read_to_end(&mut Vec::new()).unwrap_err();
    for _ in 0..3 {
        let again = reader.read(&mut [0; 8]).unwrap_err();
        assert_eq!((again.kind(), again.to_string()), (first.kind(), first.to_string()));
    }
}

/// Gives these bytes, and then fails.
struct Failing<'a>(&'a [u8]);

impl Read for Failing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(io::Error::new(ErrorKind::ConnectionReset, "the store hung up")),
            read => Ok(read),
        }
    }
}

#[test]
fn an_error_of_the_source_is_distinguished_from_damage() {
    let stored = written(&contents());
    // Within a frame, and behind the last one.
    for end in [stored.len() / 2, stored.len()] {
        let (_, error) = read(Failing(&stored[..end]));
        let error = error.unwrap();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{end}: {error}");
        assert!(error.to_string().contains("the store hung up"), "{error}");
    }
}

/// Takes so many bytes, and then fails.
#[derive(Debug)]
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        if taken == 0 { Err(ErrorKind::StorageFull.into()) } else { Ok(taken) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn nothing_follows_a_failure() {
    let mut writer = ZstdWriter::new(Full(100_000)).unwrap();
    writer.write_all(&contents()[..1_000_000]).unwrap();
    assert_eq!(writer.flush().unwrap_err().kind(), ErrorKind::StorageFull);
    assert!(writer.flush().is_err());
    assert!(writer.write_all(&contents()).is_err());
    assert!(writer.finish().is_err());
}

#[test]
fn what_was_flushed_can_be_read() {
    let mut writer = ZstdWriter::new(Vec::new()).unwrap();
    writer.write_all(b"some").unwrap();
    writer.flush().unwrap();
    writer.write_all(b" more").unwrap();
    let (read, error) = read(&writer.finish().unwrap()[..]);
    assert_eq!((&read[..], error.is_none()), (&b"some more"[..], true));
}

/// Packs a folder, compressed, and restores it from a stream.
fn restored(spoil: impl FnOnce(&mut Vec<u8>)) -> (Vec<String>, bool) {
    let home = tempfile::tempdir().unwrap();
    let docs = home.path().join("docs");
    std::fs::create_dir(&docs).unwrap();
    for (name, part) in ["a", "b", "c", "d"].iter().zip(contents().chunks(1_000_000)) {
        std::fs::write(docs.join(name), part).unwrap();
    }
    let mut writer = ZstdWriter::new(Vec::new()).unwrap();
    TarArchiver::default()
        .pack(&PackRequest::all_of(&docs), &mut ArchiveOnly(&mut writer), &SilentProgress)
        .unwrap();
    let mut stored = writer.finish().unwrap();
    spoil(&mut stored);
    let job = RestoreJob {
        target: RestoreTarget::Beside(home.path().join("target")),
        chosen: Vec::new(),
        links: Links::Trusted,
        existing: IfExists::Refuse,
        keep_setuid: false,
        identity: "docs".to_owned(),
        home: home.path().join("no home"),
        selection: backup_core::model::archive::Selection::default(),
        digests: false,
    };
    let mut stream = ZstdReader::new(&stored[..]).unwrap();
    let report = TarRestorer.restore_stream(&mut stream, &job, &SilentProgress).unwrap();
    let is_whole = ["a", "b", "c", "d"].iter().all(|name| {
        std::fs::read(docs.join(name)).ok() == std::fs::read(home.path().join("target").join(name)).ok()
    });
    (report.findings.iter().map(ToString::to_string).collect(), is_whole)
}

#[test]
fn a_compressed_archive_comes_back_from_a_stream() {
    assert_eq!(restored(|_| ()), (vec![], true));
}

#[test]
fn what_was_restored_unchecked_is_reported() {
    let (findings, is_whole) = restored(|stored| {
        let at = stored.len() - 1_000_000;
        stored[at] ^= 1;
    });
    assert!(!is_whole);
    let said = findings.concat();
    // The last file has a frame of its own.
    let doubt = "all bytes of the tar from 3007488 on were read unchecked, and MAY BE WRONG";
    assert!(said.contains(doubt), "{said}");
}
