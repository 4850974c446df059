//! A place for backups, and what the suite does there.

use std::fmt::{self, Debug};
use std::io::Write;

use crate::model::archive::{ArchiveName, BackupName, BackupRecord, Compression, FileEnding, Grade};
use crate::ports::{BackupStore, Draft};
use crate::testing::Reopenable;
use crate::testing::promise::{same, works};

/// Reads the bytes of a finished backup by its file name, past the port; `None` when there is no such file.
pub type ReadArchive = dyn Fn(&str) -> Option<Vec<u8>>;

/// Unpacks the stored bytes of a compressed backup, past the port; `None` when they are none.
pub type UnpackArchive = dyn Fn(&[u8]) -> Option<Vec<u8>>;

/// Leaves a draft of that name as a process that died does.
pub type LeaveDraft = dyn Fn(&BackupName);

/// A place for backups, and what the suite needs to do to it past the port.
pub struct BackupPlace {
    /// Opens the place.
    pub store: Reopenable<dyn BackupStore>,
    /// Reads what was published there.
    pub read: Box<ReadArchive>,
    /// Unpacks what was published compressed.
    pub unpack: Box<UnpackArchive>,
    /// Leaves an orphan there, whether or not anything stands there yet.
    pub leave_draft: Box<LeaveDraft>,
}

pub(super) fn is_record_of(record: &BackupRecord, file_name: &str, contents: &[u8]) {
    same(&record.file_name, &file_name, "a record names the archive as it is stored");
    let bytes = usize::try_from(record.archive_bytes);
    same(&bytes, &Ok(contents.len()), "a record tells the size of the archive as it is stored");
}

/// Panics, naming the promise and both, unless these are the backups, by the list (in whatever order) and by their contents.
/// They are expected by the names that they have by default.
#[track_caller]
pub(super) fn shows(place: &BackupPlace, expected: &[(&str, &[u8])], what: &str) {
    let store = place.store.open();
    let records = works(store.list(), "the backups can be listed");
    let mut seen: Vec<_> = records
        .iter()
        .map(|record| (record.file_name.clone(), tar_in(place, &*store, &record.file_name).map(Text)))
        .collect();
    seen.sort_by_key(|(file_name, _)| file_name.clone());
    let mut expected: Vec<_> = expected
        .iter()
        .map(|(file_name, bytes)| (named(&*store, file_name), Some(Text(bytes.to_vec()))))
        .collect();
    expected.sort_by_key(|(file_name, _)| file_name.clone());
    same(&seen, &expected, what);
}

/// Bytes that are shown as text.
#[derive(PartialEq)]
struct Text(Vec<u8>);

impl Debug for Text {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?}", String::from_utf8_lossy(&self.0))
    }
}

/// Returns the plain tar that a finished backup holds.
pub(super) fn tar_in(place: &BackupPlace, store: &dyn BackupStore, file_name: &str) -> Option<Vec<u8>> {
    let stored = (place.read)(file_name)?;
    let is_compressed = file_name.ends_with(store.ending(Compression::Zstd.into()).as_str());
    if is_compressed { (place.unpack)(&stored) } else { Some(stored) }
}

pub(super) fn publish(store: &dyn BackupStore, name: &str, contents: &[u8], grade: Grade) -> BackupRecord {
    let mut draft = draft(store, name);
    works(draft.write_all(contents), "a draft takes bytes");
    works(draft.publish(grade), "a draft can be published")
}

pub(super) fn draft<'a>(store: &'a dyn BackupStore, text: &str) -> Box<dyn Draft + 'a> {
    draft_stored(store, text, Compression::None)
}

pub(super) fn draft_stored<'a>(
    store: &'a dyn BackupStore,
    text: &str,
    compression: Compression,
) -> Box<dyn Draft + 'a> {
    works(store.draft(&name(text), compression), "a name that nobody is at can be drafted")
}

pub(super) fn archive(store: &dyn BackupStore, text: &str, grade: Grade, compression: Compression) -> String {
    name(text).archive(grade, store.ending(compression.into())).to_string()
}

pub(super) fn name(text: &str) -> BackupName {
    text.parse().expect("the suite's own names are well formed")
}

/// Returns what the store calls the archive that has this name by default.
pub(super) fn named(store: &dyn BackupStore, by_default: &str) -> String {
    let archive = ArchiveName::parse(by_default).and_then(|archive| {
        let has_ending = |compression: &Compression| FileEnding::from(*compression) == archive.ending;
        let compression = Compression::ALL.into_iter().find(has_ending)?;
        Some(ArchiveName { ending: store.ending(compression.into()), ..archive })
    });
    archive.map_or_else(|| by_default.to_owned(), |archive| archive.to_string())
}
