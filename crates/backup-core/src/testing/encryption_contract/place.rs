//! A place for encrypted backups, and what the suite does there.

use std::io::Write;

use crate::model::archive::{BackupName, BackupRecord, Compression, Encryption, Format, Grade};
use crate::model::encryption::EncryptionKeys;
use crate::ports::{BackupStore, Draft};
use crate::testing::Reopenable;
use crate::testing::noise::noise;
use crate::testing::promise::works;

/// A place for backups that are encrypted.
pub struct EncryptedPlace {
    /// Opens the place without a key.
    pub locked: Reopenable<dyn BackupStore>,
    /// Opens the same place with the key to all that is encrypted there for [`keys`](Self::keys).
    pub unlocked: Reopenable<dyn BackupStore>,
    /// For whom archives are encrypted: for public keys.
    pub keys: EncryptionKeys,
    /// Returns all that is stored in the place by now, finished or not, in whatever files, past the port.
    pub everything: Box<dyn Fn() -> Vec<u8>>,
}

/// A text that is looked for in all that is stored. It stands at the start, in the middle and at the end of what is written.
pub(super) const MARK: &[u8] = b"the marked text of the encryption contract";

pub(super) fn name() -> BackupName {
    "docs".parse().expect("it is a name")
}

pub(super) fn file_name(store: &dyn BackupStore, compression: Compression) -> String {
    let format = Format { compression, encryption: Encryption::Age };
    name().archive(Grade::Complete, store.ending(format)).to_string()
}

pub(super) fn begin<'a>(
    store: &'a dyn BackupStore,
    compression: Compression,
    place: &EncryptedPlace,
) -> Box<dyn Draft + 'a> {
    works(store.draft_encrypted(&name(), compression, &place.keys), "an encrypted draft can be begun")
}

pub(super) fn publish(
    store: &dyn BackupStore,
    (compression, contents, catalog): (Compression, &[u8], &[u8]),
    place: &EncryptedPlace,
) -> BackupRecord {
    let mut draft = begin(store, compression, place);
    works(draft.write_all(contents), "an encrypted draft takes bytes");
    works(draft.write_catalog(catalog), "an encrypted draft takes a catalog");
    works(draft.publish(Grade::Complete), "an encrypted draft can be published")
}

pub(super) fn marked(bytes: usize) -> Vec<u8> {
    let mut contents = noise(bytes);
    contents.splice(bytes / 2..bytes / 2, MARK.iter().copied());
    [MARK, &contents, MARK].concat()
}

pub(super) fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}
