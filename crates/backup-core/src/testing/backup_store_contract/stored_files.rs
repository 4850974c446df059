//! The promises about the files of an archive, which are copied elsewhere. A store that hands none out has nothing to promise.

use std::io::Read;

use super::catalogs;
use super::place::{BackupPlace, publish};
use crate::model::archive::{Compression, Grade};
use crate::model::error::Failure;
use crate::testing::promise::{promise, same, same_bytes, works};

pub(super) fn stored_files_are_of_one_archive(place: &BackupPlace) {
    let store = place.store.open();
    let with_catalog =
        catalogs::publish(&*store, ("the first", "its catalog"), (Grade::Complete, Compression::Zstd));
    let first = with_catalog.unwrap_or_else(|| publish(&*store, "docs", b"the first", Grade::Complete));
    let stored = (place.read)(&first.file_name).unwrap_or_default();
    let opened = store.open_stored(&first);
    if opened.as_ref().is_err_and(|error| error.failure == Failure::Other) {
        return;
    }
    let mut opened = works(opened, "the files of an archive can be opened");
    let has_catalog =
        works(store.open(&first.file_name), "an archive can be opened").open_catalog().is_some();
    same(&opened.catalog.is_some(), &has_catalog, "an archive that has a catalog is copied with it");
    if let Some(catalog) = &mut opened.catalog {
        let mut bytes = Vec::new();
        works(catalog.read_to_end(&mut bytes), "the file of a catalog can be read");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        promise(text.starts_with("its catalog"), "the file of a catalog begins with the catalog", &text);
    }
    let second = publish(&*store, "docs", b"the second, which is longer", Grade::Complete);
    promise(second != first, "another archive has another record", &second);
    let mut bytes = Vec::new();
    works(opened.archive.read_to_end(&mut bytes), "the file of an archive can be read");
    same_bytes(&bytes, &stored, "an archive is copied as it is stored, whatever takes its place meanwhile");
    same(&u64::try_from(bytes.len()), &Ok(first.archive_bytes), "it has the size of its record");
    let again = store.open_stored(&first).err().map(|error| error.failure);
    same(&again, &Some(Failure::Missing), "an archive that was replaced is Missing");
    let renamed = crate::model::archive::BackupRecord { archive_bytes: 1, ..second };
    let other = store.open_stored(&renamed).err().map(|error| error.failure);
    same(&other, &Some(Failure::Missing), "an archive that was replaced is Missing");
}
