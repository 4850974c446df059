//! The history of runs, one JSON line a note.

mod codec;
mod notes;
mod unreadable;

use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use backup_core::model::error::PortError;
use backup_core::model::history::HistoryNote;
use backup_core::ports::{Cursor, RunHistory, Shorten};
use notes::Notes;
use rustix::fs::OFlags;

use super::layout::Home;
use super::own_dir::OwnDir;
use crate::error::{located, port_error};
use crate::file::atomic_file::{AtomicFile, remove_leftover};
use crate::file::dir::DirHandle;
use crate::file::line_file::{cut_nuls, end_line};
use crate::file::lock::lock_within;

/// `logs/history.jsonl`: appended under a lock and synced. Lines that aren't understood, such as one that a crash left
/// half written, are passed over.
#[derive(Debug)]
pub struct HistoryFile {
    logs: OwnDir,
    most_bytes: u64,
    /// How many bytes of notes are held at once when it is read.
    most_held_bytes: usize,
    /// A sync failed. What the system says of this file from then on can't be believed, for it may have dropped what
    /// it could not write; so a new one takes its place, at once or, where that fails too, with the next note.
    is_suspect: AtomicBool,
}

/// How long another process may keep it locked.
const LOCK_PATIENCE: Duration = Duration::from_secs(30);

/// Twice what the file may have: more than it ever has, unless it couldn't be shortened for long.
const MOST_HELD_BYTES: usize = 32 * 1024 * 1024;

/// What the file was called before it was shortened.
const OLDER: &str = "history.1.jsonl";

impl HistoryFile {
    /// Returns the history in that home. Its folder is made when needed.
    #[must_use]
    pub fn new(home: &Home) -> Self {
        Self {
            logs: home.own(Home::LOGS),
            most_bytes: Self::DEFAULT_MOST_BYTES,
            most_held_bytes: MOST_HELD_BYTES,
            is_suspect: AtomicBool::new(false),
        }
    }

    /// How large the file may be before it is shortened: some ten thousand runs.
    pub const DEFAULT_MOST_BYTES: u64 = 16 * 1024 * 1024;

    /// Returns the same history with another bound.
    #[must_use]
    pub fn holding(self, most_bytes: u64) -> Self {
        Self { most_bytes, ..self }
    }

    /// Removes the temporary file that a process left which was killed as it put another history in the place of this one.
    pub(crate) fn remove_leftovers(&self) -> Result<(), PortError> {
        let swept = match self.logs.open() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            folder => folder.and_then(|folder| remove_leftover(&folder, Home::HISTORY)),
        };
        swept.map_err(|error| port_error(format!("clean up {}", Home::LOGS), error))
    }

    fn add(&self, note: &HistoryNote) -> io::Result<()> {
        let folder = self.logs.make()?;
        let file = open_locked(&folder)?;
        let added = self.add_to(&file, &folder, note);
        // Not left to its closing, which can fail.
        let _ = file.unlock();
        added
    }

    fn add_to(&self, mut file: &File, folder: &DirHandle, note: &HistoryNote) -> io::Result<()> {
        let line = codec::encode(note);
        cut_nuls(file)?;
        let line = [end_line(file)?, &line].concat();
        let before = file.metadata()?.len();
        if self.is_suspect.load(Ordering::Relaxed) {
            return self.replace_suspect(file, before, &line);
        }
        file.write_all(&line)?;
        if file.sync_data().is_err() {
            self.is_suspect.store(true, Ordering::Relaxed);
            // At once, for the next to append may be another process, which knows nothing of this.
            return self.replace_suspect(file, before, &line);
        }
        // Each time, for whoever made the file may have died before this.
        folder.sync()
    }

    /// Puts a new file in the place of one whose sync failed: what stood in it `before`, and a line. What was written
    /// since may be dropped by now.
    fn replace_suspect(&self, mut file: &File, before: u64, line: &[u8]) -> io::Result<()> {
        file.rewind()?;
        self.put_anew(file.take(before), line)?;
        self.is_suspect.store(false, Ordering::Relaxed);
        Ok(())
    }

    /// Puts another file in the place of the history.
    fn put_anew(&self, mut before: impl Read, lines: &[u8]) -> io::Result<()> {
        let mut file = AtomicFile::begin(self.logs.open()?, Home::HISTORY)?;
        io::copy(&mut before, &mut file)?;
        file.write_all(lines)?;
        file.publish(Home::HISTORY, &[])
    }

    /// A cursor stands behind a line, and knows that line's end.
    fn read_on(&self, cursor: &mut Cursor) -> io::Result<Vec<HistoryNote>> {
        let mut file = match self.open() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                *cursor = Cursor::default();
                return Ok(Vec::new());
            }
            file => file?,
        };
        let is_same = fingerprint(&file, cursor.position)? == Some(cursor.history_id);
        let position = if is_same { cursor.position } else { 0 };
        file.seek(SeekFrom::Start(position))?;
        // A line that is still being written is read next time.
        let (new, bytes) = Notes::read(&file, self.most_held_bytes)?;
        let position = position + bytes;
        let history = fingerprint(&file, position)?.unwrap_or_default();
        let unreadable_before = if is_same { cursor.unreadable_lines } else { 0 };
        let unreadable_lines = unreadable_before + new.unreadable_lines;
        *cursor = Cursor { history_id: history, position, unreadable_lines };
        Ok(new.notes)
    }

    /// The long one stays beside the short one, in the place of the last that did.
    fn make_shorter(&self, shorten: &Shorten<'_>) -> io::Result<bool> {
        match self.open() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            file if file.as_ref().is_ok_and(|file| !self.is_long(file)) => return Ok(false),
            file => file?,
        };
        let folder = self.logs.open()?;
        // Whoever wants to append waits, and finds then that another file has the name.
        let mut long = open_locked(&folder)?;
        if !self.is_long(&long) {
            return Ok(false);
        }
        // A note that lacks only its ending gets it, or it would be lost.
        long.write_all(end_line(&long)?)?;
        long.rewind()?;
        let (long, _) = Notes::read(&long, self.most_held_bytes)?;
        let lines = shorten(&long.notes).iter().map(codec::encode).collect::<Vec<_>>();
        let older = |error| located(&error, &folder.path_of(OLDER));
        folder.remove(OLDER).map_err(older)?;
        folder.link(Home::HISTORY, OLDER).map_err(older)?;
        let lines = Vec::from(long.unreadable).into_iter().chain(lines).collect::<Vec<_>>().concat();
        self.put_anew(io::empty(), &lines)?;
        Ok(true)
    }

    fn is_long(&self, file: &File) -> bool {
        file.metadata().is_ok_and(|file| file.len() > self.most_bytes)
    }

    fn open(&self) -> io::Result<File> {
        self.logs.open()?.open_own_file_or(Home::HISTORY, OLDER, OFlags::RDONLY)
    }
}

/// Returns what tells whether a file was only appended to behind `position`: its inode and the bytes before it; `None`
/// when it is shorter. The inode alone isn't enough: its number is given away again, and an editor or a logrotate that
/// copies writes into the old file.
fn fingerprint(file: &File, position: u64) -> io::Result<Option<u64>> {
    let mut bytes = vec![0; usize::try_from(position).unwrap_or(usize::MAX).min(FINGERPRINT_BYTES)];
    let start = position - bytes.len() as u64;
    match file.read_exact_at(&mut bytes, start) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let mut hasher = DefaultHasher::new();
    (file.metadata()?.ino(), bytes).hash(&mut hasher);
    Ok(Some(hasher.finish()))
}

/// More than a line of the history, so that the moments in it are among them.
const FINGERPRINT_BYTES: usize = 1024;

/// Opens the file to append to it, and keeps others from doing so as long as it is open.
fn open_locked(folder: &DirHandle) -> io::Result<File> {
    loop {
        let flags = OFlags::RDWR | OFlags::APPEND | OFlags::CREATE;
        let file = folder.open_own_file_or(Home::HISTORY, OLDER, flags)?;
        lock_within(&file, LOCK_PATIENCE)?;
        // Moved away while we waited, it would take the note with it.
        if folder.leads_to(Home::HISTORY, &file)? {
            return Ok(file);
        }
    }
}

impl RunHistory for HistoryFile {
    fn append(&self, note: &HistoryNote) -> Result<(), PortError> {
        self.add(note).map_err(|error| port_error(format!("write {}/{}", Home::LOGS, Home::HISTORY), error))
    }

    fn shorten(&self, shorten: &Shorten<'_>) -> Result<bool, PortError> {
        self.make_shorter(shorten)
            .map_err(|error| port_error(format!("shorten {}/{}", Home::LOGS, Home::HISTORY), error))
    }

    fn read(&self, cursor: &mut Cursor) -> Result<Vec<HistoryNote>, PortError> {
        self.read_on(cursor)
            .map_err(|error| port_error(format!("read {}/{}", Home::LOGS, Home::HISTORY), error))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::{Path, PathBuf};
    use std::thread;

    use backup_core::model::error::Failure;
    use backup_core::model::history::Ledger;
    use backup_core::testing::{at, run_record};
    use chrono::TimeDelta;
    use tempfile::{TempDir, tempdir};

    use super::*;

    fn logs(home: &TempDir) -> PathBuf {
        home.path().join(Home::LOGS)
    }

    fn path(home: &TempDir) -> PathBuf {
        logs(home).join(Home::HISTORY)
    }

    fn history(home: &TempDir) -> HistoryFile {
        HistoryFile::new(&Home::open(home.path()).unwrap())
    }

    fn note(entry: &str) -> HistoryNote {
        let at = at("2026-03-28 18:21");
        HistoryNote::Adopted { entry: entry.to_owned(), since: at, at }
    }

    fn text(entries: &[&str]) -> String {
        let lines = entries.iter().map(|entry| codec::encode(&note(entry)));
        String::from_utf8(lines.flatten().collect()).unwrap()
    }

    /// Reads on from where it read to.
    struct Reader {
        history: HistoryFile,
        cursor: Cursor,
    }

    impl Reader {
        fn new(home: &TempDir) -> Self {
            Self { history: history(home), cursor: Cursor::default() }
        }

        fn read(&mut self) -> Vec<HistoryNote> {
            self.history.read(&mut self.cursor).unwrap()
        }

        #[track_caller]
        fn check(&mut self, what: &str, expected: &[&str]) {
            let expected: Vec<_> = expected.iter().map(|entry| note(entry)).collect();
            assert_eq!(self.read(), expected, "{what}");
            assert_eq!(self.read(), [], "{what}, once more");
        }
    }

    /// Writes into the file as a foreign program does, keeping the inode where there is one.
    fn write(home: &TempDir, text: &str) {
        fs::create_dir_all(logs(home)).unwrap();
        fs::write(path(home), text).unwrap();
    }

    fn append_raw(path: &Path, text: &str) {
        File::options().append(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
    }

    #[test]
    fn makes_a_private_file_in_a_private_folder() {
        let home = tempdir().unwrap();
        Reader::new(&home).check("no history", &[]);
        assert!(!logs(&home).exists(), "loading makes nothing");
        history(&home).append(&note("a")).unwrap();
        let mode = |path: PathBuf| path.metadata().unwrap().permissions().mode() & 0o7777;
        assert_eq!((mode(logs(&home)), mode(path(&home))), (0o700, 0o600));
    }

    /// A process that is killed while it shortens the history leaves two names.
    #[test]
    fn has_no_other_name_than_the_older_one() {
        let home = tempdir().unwrap();
        history(&home).append(&note("a")).unwrap();
        fs::hard_link(path(&home), logs(&home).join(OLDER)).unwrap();
        history(&home).append(&note("b")).unwrap();
        assert_eq!(history(&home).load().unwrap().len(), 2);
        fs::hard_link(path(&home), home.path().join("third")).unwrap();
        assert_eq!(history(&home).append(&note("c")).unwrap_err().failure, Failure::Denied);
        assert_eq!(history(&home).load().unwrap_err().failure, Failure::Denied);
        fs::remove_file(logs(&home).join(OLDER)).unwrap();
        assert_eq!(history(&home).load().unwrap_err().failure, Failure::Denied);
        fs::remove_file(home.path().join("third")).unwrap();
        assert_eq!(history(&home).load().unwrap().len(), 2);
    }

    #[test]
    fn a_file_whose_sync_failed_is_not_synced_again() {
        let home = tempdir().unwrap();
        let (history, mut reader) = (history(&home), Reader::new(&home));
        history.append(&note("a")).unwrap();
        let before = fs::metadata(path(&home)).unwrap().ino();
        reader.check("before", &["a"]);
        history.is_suspect.store(true, Ordering::Relaxed);
        history.append(&note("b")).unwrap();
        let after = fs::metadata(path(&home)).unwrap().ino();
        assert_ne!(before, after, "another file took its place");
        reader.check("all anew", &["a", "b"]);
        history.append(&note("c")).unwrap();
        assert_eq!(fs::metadata(path(&home)).unwrap().ino(), after);
        reader.check("and on", &["c"]);
    }

    #[test]
    fn what_is_appended_while_it_is_shortened_is_not_lost() {
        let home = tempdir().unwrap();
        let add = |who: &str| {
            for number in 0..200 {
                history(&home).append(&note(&format!("{who};16:07;{number}"))).unwrap();
            }
        };
        let shortened = thread::scope(|scope| {
            let adding = ["a", "b"].map(|who| scope.spawn(move || add(who)));
            let mut shortened = 0;
            while !adding.iter().all(thread::ScopedJoinHandle::is_finished) {
                // Keeps all: what is missing then was lost on the way.
                let is_shorter = history(&home).holding(100).shorten(&<[HistoryNote]>::to_vec).unwrap();
                shortened += usize::from(is_shorter);
            }
            shortened
        });
        assert!(shortened > 0);
        let notes = history(&home).load().unwrap();
        assert_eq!(notes.len(), 400);
        assert!(logs(&home).join(OLDER).exists());
        assert_eq!(fs::read_dir(logs(&home)).unwrap().count(), 2);
    }

    #[test]
    fn a_history_that_is_not_long_is_left_alone() {
        let home = tempdir().unwrap();
        let nothing = |_: &[HistoryNote]| Vec::new();
        assert!(!history(&home).shorten(&nothing).unwrap());
        assert!(!logs(&home).exists());
        history(&home).append(&note("a")).unwrap();
        let size = fs::metadata(path(&home)).unwrap().len();
        assert!(!history(&home).holding(size).shorten(&nothing).unwrap());
        assert!(history(&home).holding(size - 1).shorten(&nothing).unwrap());
        assert_eq!(history(&home).load().unwrap(), []);
        assert_eq!(fs::read_to_string(logs(&home).join(OLDER)).unwrap(), text(&["a"]));
    }

    #[test]
    fn lines_that_cannot_be_read_are_told_of_after_a_shortening_too() {
        let home = tempdir().unwrap();
        let unreadable = "garbage\n{\"note\":\"ended\"}\n";
        write(&home, &[unreadable, "\n\0\0\n", &text(&["a", "b"])].concat());
        for times in 1..3 {
            assert!(history(&home).holding(100).shorten(&|notes| notes[notes.len() / 2..].to_vec()).unwrap());
            let mut reader = Reader::new(&home);
            assert_eq!(reader.read(), [note("b")], "{times}");
            assert_eq!(reader.cursor.unreadable_lines, 2, "{times}");
        }
        assert!(fs::read_to_string(path(&home)).unwrap().starts_with(unreadable));
    }

    #[test]
    fn a_folder_in_the_place_of_the_older_history_is_named() {
        let home = tempdir().unwrap();
        history(&home).append(&note("a")).unwrap();
        fs::create_dir(logs(&home).join(OLDER)).unwrap();
        let error = history(&home).holding(1).shorten(&<[HistoryNote]>::to_vec).unwrap_err().to_string();
        assert!(error.contains("/history.1.jsonl: "), "{error}");
    }

    #[test]
    fn a_torn_line_swallows_nothing() {
        let home = tempdir().unwrap();
        let mut reader = Reader::new(&home);
        let torn = text(&["b"]);
        write(&home, &(text(&["a"]) + &torn[..torn.len() / 2]));
        reader.check("torn", &["a"]);
        history(&home).append(&note("c")).unwrap();
        reader.check("appended", &["c"]);
        let mut reader = Reader::new(&home);
        reader.check("all", &["a", "c"]);
        assert_eq!(reader.cursor.unreadable_lines, 0, "a crash leaves no more than that");
    }

    /// What a power cut leaves where the file had grown: `before` it, the notes that count then and how many lines
    /// can't be read.
    #[track_caller]
    fn check_nuls(left: &[u8], counting: &[&str], unreadable_lines: u64) {
        let home = tempdir().unwrap();
        write(&home, &text(&["a"]));
        File::options().append(true).open(path(&home)).unwrap().write_all(left).unwrap();
        history(&home).append(&note("z")).unwrap();
        let counting = [&["a"], counting, &["z"]].concat();
        let mut reader = Reader::new(&home);
        reader.check("all", &counting);
        assert_eq!(reader.cursor.unreadable_lines, unreadable_lines, "{left:?}");
        assert!(history(&home).holding(1).shorten(&<[HistoryNote]>::to_vec).unwrap());
        let mut reader = Reader::new(&home);
        reader.check("shortened", &counting);
        assert_eq!(reader.cursor.unreadable_lines, unreadable_lines, "{left:?}, shortened");
    }

    #[test]
    fn nuls_that_a_power_cut_left_count_for_nothing() {
        let (nuls, whole) = ([0; 300], text(&["b"]).into_bytes());
        let (cut, rest) = whole.split_at(20);
        check_nuls(&nuls, &[], 0);
        check_nuls(&[&nuls[..], b"\n"].concat(), &[], 0);
        check_nuls(&[cut, &nuls].concat(), &[], 0);
        check_nuls(&[cut, &nuls, b"\n"].concat(), &[], 0);
        check_nuls(&[&nuls, &whole[..]].concat(), &["b"], 0);
        check_nuls(&[whole.trim_ascii_end(), &nuls].concat(), &["b"], 0);
        check_nuls(&[whole.trim_ascii_end(), &nuls, &whole[..]].concat(), &["b", "b"], 0);
        check_nuls(&[cut, &nuls, &whole[..]].concat(), &["b"], 0);
        check_nuls(&[&whole[..], &nuls, b"\n", &nuls, &whole].concat(), &["b", "b"], 0);
        // They stand in the place of bytes that were there.
        check_nuls(&[&nuls, rest].concat(), &[], 1);
        check_nuls(&[cut, &nuls, rest].concat(), &[], 1);
        check_nuls(&[b"garbage", &nuls[..]].concat(), &[], 1);
    }

    #[test]
    fn the_next_note_takes_the_place_of_nuls_at_the_end() {
        let home = tempdir().unwrap();
        write(&home, &(text(&["a"]) + &"\0".repeat(10_000)));
        let mut reader = Reader::new(&home);
        reader.check("before", &["a"]);
        history(&home).append(&note("b")).unwrap();
        reader.check("after", &["b"]);
        assert_eq!(fs::read_to_string(path(&home)).unwrap(), text(&["a", "b"]));
    }

    #[test]
    fn a_line_that_is_too_long_cannot_be_read() {
        let home = tempdir().unwrap();
        let long = text(&[&"x".repeat(crate::file::line_reader::MOST_LINE_BYTES)]);
        write(&home, &[text(&["a"]), long, text(&["b"])].concat());
        for times in 0..2 {
            let mut reader = Reader::new(&home);
            reader.check("around it", &["a", "b"]);
            assert_eq!(reader.cursor.unreadable_lines, 1, "{times}");
            assert!(history(&home).holding(1).shorten(&<[HistoryNote]>::to_vec).unwrap());
        }
        assert!(path(&home).metadata().unwrap().len() < 2048);
    }

    #[test]
    fn a_sentence_of_any_length_makes_no_line_that_is_too_long() {
        let home = tempdir().unwrap();
        let record = run_record("docs;16:07;docs").began(at("2026-03-28 18:21"));
        let run = (0..20).fold(record, |record, _| record.problem("\\é".repeat(1 << 20))).build();
        history(&home).append(&HistoryNote::Ended(run)).unwrap();
        let notes = history(&home).load().unwrap();
        let [HistoryNote::Ended(run)] = notes.as_slice() else { panic!("{} notes", notes.len()) };
        assert!(run.problems[19].starts_with("\\é") && run.problems[19].ends_with("..."));
    }

    #[test]
    fn of_a_history_that_is_too_long_to_be_held_the_same_follows() {
        let home = tempdir().unwrap();
        let notes = |number: u32| {
            let (since, at) =
                (at("2026-03-28 18:21"), at("2026-03-28 18:21") + TimeDelta::minutes(number.into()));
            HistoryNote::Adopted { entry: format!("{};16:07;docs", number % 3), since, at }
        };
        let all: Vec<_> = (0..2_000).map(notes).collect();
        let lines = all.iter().map(|note| String::from_utf8(codec::encode(note)).unwrap());
        write(&home, &(lines.collect::<String>() + "garbage\n"));
        let short = HistoryFile { most_held_bytes: 20_000, ..history(&home) };
        let mut cursor = Cursor::default();
        let held = short.read(&mut cursor).unwrap();
        assert!(held.len() < 300, "{} notes", held.len());
        assert_eq!((held.last(), cursor.unreadable_lines), (all.last(), 1));
        let now = at("2026-03-30 18:21");
        for entry in ["0;16:07;docs", "1;16:07;docs", "2;16:07;docs"] {
            let [held, all] = [&held, &all].map(|notes| Ledger::new(notes).settled(entry, now));
            assert_eq!(held, all, "{entry}");
        }
        assert_eq!(short.read(&mut cursor).unwrap(), []);
    }

    #[test]
    fn a_line_that_lacks_only_its_ending_counts_once() {
        let home = tempdir().unwrap();
        let mut reader = Reader::new(&home);
        write(&home, text(&["a", "b"]).trim_end());
        reader.check("no ending", &["a"]);
        history(&home).append(&note("c")).unwrap();
        reader.check("ended", &["b", "c"]);
    }

    #[test]
    fn a_line_still_being_written_is_read_once_it_is_whole() {
        let home = tempdir().unwrap();
        let mut reader = Reader::new(&home);
        let line = text(&["b"]);
        write(&home, &text(&["a"]));
        reader.check("before", &["a"]);
        for piece in [&line[..1], &line[1..20], &line[20..line.len() - 1]] {
            append_raw(&path(&home), piece);
            reader.check(piece, &[]);
        }
        append_raw(&path(&home), "\n");
        reader.check("whole", &["b"]);
    }

    #[test]
    fn passes_over_lines_it_does_not_understand() {
        let home = tempdir().unwrap();
        let odd =
            "\n{}\nnull\n[1]\nnonsense\n{\"note\":\"dreamt\",\"at\":\"2026-03-28T18:21:00+00:00\"}\n\0\0\0\n";
        write(&home, &[text(&["a"]), odd.to_owned(), text(&["b"])].concat());
        append_raw(&path(&home), "\u{fffd}");
        let mut reader = Reader::new(&home);
        reader.check("odd", &["a", "b"]);
        assert_eq!(reader.cursor.unreadable_lines, 4, "not the empty ones, nor that of a newer program");
        history(&home).append(&note("c")).unwrap();
        reader.check("more", &["c"]);
        assert_eq!(reader.cursor.unreadable_lines, 5, "what had no ending has one now");
        write(&home, &text(&["d"]));
        reader.check("another", &["d"]);
        assert_eq!(reader.cursor.unreadable_lines, 0);
    }

    #[test]
    fn notices_a_file_that_is_not_the_one_it_read() {
        let home = tempdir().unwrap();
        let mut reader = Reader::new(&home);
        let cases: [(&str, &[&str], &[&str]); 7] = [
            ("a first one", &["a", "b", "c"], &["a", "b", "c"]),
            ("cut", &["a"], &["a"]),
            ("cut and grown as long as it was", &["d"], &["d"]),
            ("cut and grown longer than it was", &["g", "h", "i"], &["g", "h", "i"]),
            ("grown", &["g", "h", "i", "j"], &["j"]),
            ("emptied", &[], &[]),
            ("written again", &["m"], &["m"]),
        ];
        for (what, entries, expected) in cases {
            write(&home, &text(entries));
            reader.check(what, expected);
        }
    }

    #[test]
    fn notices_a_file_that_was_replaced_or_removed() {
        let home = tempdir().unwrap();
        let mut reader = Reader::new(&home);
        write(&home, &text(&["a"]));
        reader.check("a first one", &["a"]);
        fs::write(home.path().join("new"), text(&["a", "b"])).unwrap();
        fs::rename(home.path().join("new"), path(&home)).unwrap();
        reader.check("one that begins alike", &["a", "b"]);
        fs::rename(path(&home), home.path().join("rotated")).unwrap();
        reader.check("moved away", &[]);
        history(&home).append(&note("c")).unwrap();
        reader.check("begun anew", &["c"]);
        fs::remove_dir_all(logs(&home)).unwrap();
        reader.check("removed", &[]);
        history(&home).append(&note("c")).unwrap();
        reader.check("the same again", &["c"]);
    }

    #[test]
    fn a_cursor_stays_where_reading_fails() {
        let home = tempdir().unwrap();
        let mut reader = Reader::new(&home);
        write(&home, &text(&["a"]));
        reader.check("a first one", &["a"]);
        let (aside, before) = (home.path().join("aside"), reader.cursor);
        fs::rename(path(&home), &aside).unwrap();
        fs::create_dir(path(&home)).unwrap();
        assert_eq!(reader.history.read(&mut reader.cursor).unwrap_err().failure, Failure::Refused);
        assert_eq!(reader.cursor, before);
        fs::remove_dir(path(&home)).unwrap();
        fs::rename(&aside, path(&home)).unwrap();
        append_raw(&path(&home), &text(&["b"]));
        reader.check("back again", &["b"]);
    }

    #[test]
    fn a_note_never_goes_into_a_file_that_was_moved_away() {
        const TURNS: usize = 300;
        let home = tempdir().unwrap();
        let history = history(&home);
        history.append(&note("first")).unwrap();
        let moved = |turn: usize| home.path().join(turn.to_string());
        let sizes: Vec<_> = thread::scope(|scope| {
            let append = || (0..TURNS).for_each(|_| history.append(&note("a")).unwrap());
            (0..3).for_each(|_| drop(scope.spawn(append)));
            let move_away = |turn| {
                let file = File::open(path(&home)).ok()?;
                // Locked, so that nobody writes while it goes, and some wait for it.
                lock_within(&file, LOCK_PATIENCE).unwrap();
                fs::rename(path(&home), moved(turn)).unwrap();
                Some((turn, file.metadata().unwrap().len()))
            };
            (0..TURNS).filter_map(move_away).collect()
        });
        for (turn, size) in sizes {
            assert_eq!(moved(turn).metadata().unwrap().len(), size);
        }
    }

    #[test]
    fn reads_what_others_write_meanwhile() {
        const NOTES: usize = 100;
        let home = tempdir().unwrap();
        let mut reader = Reader::new(&home);
        let mut notes = Vec::new();
        thread::scope(|scope| {
            for who in ["a", "b"] {
                let writer = history(&home);
                scope.spawn(move || (0..NOTES).for_each(|_| writer.append(&note(who)).unwrap()));
            }
            while notes.len() < 2 * NOTES {
                notes.extend(reader.read());
            }
        });
        assert_eq!(notes.iter().filter(|seen| **seen == note("a")).count(), NOTES);
        assert_eq!(notes.iter().filter(|seen| **seen == note("b")).count(), NOTES);
        reader.check("all read", &[]);
    }

    #[test]
    fn refuses_links() {
        let (home, outside) = (tempdir().unwrap(), tempdir().unwrap());
        let target = outside.path().join("target");
        fs::write(&target, "").unwrap();
        fs::create_dir(logs(&home)).unwrap();
        symlink(&target, path(&home)).unwrap();
        let history = history(&home);
        assert_eq!(history.append(&note("a")).unwrap_err().failure, Failure::Refused);
        assert_eq!(history.load().unwrap_err().failure, Failure::Refused);
        fs::remove_dir_all(logs(&home)).unwrap();
        symlink(outside.path(), logs(&home)).unwrap();
        assert_eq!(history.append(&note("a")).unwrap_err().failure, Failure::Refused);
        assert_eq!(history.load().unwrap_err().failure, Failure::Refused);
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
        assert_eq!(target.metadata().unwrap().len(), 0);
    }
}
