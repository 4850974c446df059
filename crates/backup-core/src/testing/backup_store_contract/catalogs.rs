//! The promises of a store that keeps catalogs. A store that keeps none has nothing to promise.

use std::io::{Read, Write};

use super::place::{BackupPlace, archive, draft_stored, name};
use crate::model::archive::{ArchiveName, ArchiveTimestamp, BackupRecord, Compression, Grade};
use crate::model::error::Failure;
use crate::model::history::{Outcome, RunKey, RunRecord};
use crate::ports::{BackupStore, CatalogDraft, Draft, SilentProgress};
use crate::testing::at;
use crate::testing::noise::noise;
use crate::testing::promise::{promise, same, same_bytes, works};

/// Publishes an archive with a catalog, and returns its record; `None` where no catalog is kept.
pub(super) fn publish(
    store: &dyn BackupStore,
    (contents, catalog): (&str, &str),
    (grade, compression): (Grade, Compression),
) -> Option<BackupRecord> {
    let mut draft = draft_stored(store, "docs", compression);
    if !draft.keeps_catalog() {
        return None;
    }
    let (first, rest) = catalog.split_at(catalog.len() / 2);
    works(draft.write_catalog(first.as_bytes()), "a draft takes a catalog");
    works(draft.write_all(contents.as_bytes()), "a draft takes bytes");
    works(draft.write_catalog(rest.as_bytes()), "a draft takes the rest of a catalog");
    works(draft.seal(), "a draft can be sealed");
    draft.describe(&run(contents));
    Some(works(draft.publish(grade), "a draft can be published"))
}

/// Returns the run that makes an archive of these contents.
fn run(contents: &str) -> RunRecord {
    let key = RunKey { entry: format!("/{contents};16:07;docs"), planned: Some(at("2026-01-29 16:07")) };
    let moment = at("2026-01-29T16:07:00.123456789+01:00");
    RunRecord { entries: 7, ..RunRecord::without_archive(key, Outcome::Done, moment, moment) }
}

/// Returns the catalog of an archive, if it has one.
fn catalog_of(store: &dyn BackupStore, file_name: &str) -> Option<String> {
    let mut opened = works(store.open(file_name), "a finished backup can be opened");
    let mut catalog = opened.open_catalog()?;
    let again = opened.open_catalog().map(|_| ());
    promise(again.is_some(), "a catalog can be opened again", &file_name);
    let mut text = String::new();
    works(catalog.read_to_string(&mut text), "a catalog can be read");
    Some(text)
}

fn record_of(store: &dyn BackupStore, file_name: &str) -> BackupRecord {
    let listed = works(store.list(), "the backups can be listed");
    let found = listed.into_iter().find(|backup| backup.file_name == file_name);
    found.expect("what was published is listed")
}

#[track_caller]
fn tells(store: &dyn BackupStore, file_name: &str, (contents, catalog): (&str, &str), what: &str) {
    same(&catalog_of(store, file_name).as_deref(), &Some(catalog), what);
    same(&store.described(&record_of(store, file_name)), &Some(run(contents)), what);
}

pub(super) fn a_catalog_is_read_as_it_was_written(place: &BackupPlace) {
    let store = place.store.open();
    for compression in Compression::ALL {
        for grade in [Grade::Complete, Grade::Incomplete] {
            let contents = format!("{compression:?} {grade:?}");
            let Some(record) = publish(&*store, (&contents, "what is in it"), (grade, compression)) else {
                return;
            };
            same(
                &record.file_name,
                &archive(&*store, "docs", grade, compression),
                "a catalog changes no name of an archive",
            );
            let again = place.store.open();
            tells(
                &*again,
                &record.file_name,
                (&contents, "what is in it"),
                "a catalog is read as it was written",
            );
            let other = BackupRecord { archive_bytes: record.archive_bytes + 1, ..record };
            same(&again.described(&other), &None, "a catalog tells of no archive of another size");
        }
    }
}

pub(super) fn a_catalog_stays_with_its_archive(place: &BackupPlace) {
    let store = place.store.open();
    let plain = (Grade::Complete, Compression::None);
    if publish(&*store, ("one", "the first"), plain).is_none() {
        return;
    }
    let docs = name("docs").archive(Grade::Complete, store.ending(Compression::None.into()));
    let older = docs.stamped(ArchiveTimestamp::of(at("2026-01-29T16:07:00+01:00")));
    works(store.set_aside(&docs, &older), "a backup can be set aside");
    let names = [&docs, &older].map(ArchiveName::to_string);
    for file_name in &names {
        tells(&*store, file_name, ("one", "the first"), "both names of an archive lead to its catalog");
    }
    publish(&*store, ("two", "the second"), plain);
    tells(&*store, &names[0], ("two", "the second"), "a new archive has its own catalog");
    tells(&*store, &names[1], ("one", "the first"), "an archive that was set aside keeps its catalog");
    works(store.remove_leftovers(), "a sweep works");
    tells(&*store, &names[1], ("one", "the first"), "a sweep takes no catalog of an archive that is there");
    let gone = record_of(&*store, &names[1]);
    works(store.remove(&older), "a backup can be removed");
    same(&store.described(&gone), &None, "the catalog of an archive that was removed is gone");
    tells(&*store, &names[0], ("two", "the second"), "the catalog of another archive stays");
}

pub(super) fn a_draft_without_a_catalog_has_none(place: &BackupPlace) {
    let store = place.store.open();
    let mut draft = draft_stored(&*store, "docs", Compression::None);
    works(draft.write_all(b"contents"), "a draft takes bytes");
    draft.describe(&run("contents"));
    let record = works(draft.publish(Grade::Complete), "a draft can be published");
    same(&catalog_of(&*store, &record.file_name), &None, "nothing was written to the catalog");
    same(&store.described(&record), &None, "a run is described in a catalog alone");
}

/// Publishes an archive without a catalog, and begins one for it; `None` where no catalog is kept.
fn begin<'s>(
    store: &'s dyn BackupStore,
    compression: Compression,
) -> Option<(BackupRecord, Box<dyn CatalogDraft + 's>)> {
    let mut draft = draft_stored(store, "docs", compression);
    works(draft.write_all(b"contents"), "a draft takes bytes");
    let record = works(draft.publish(Grade::Complete), "a draft can be published");
    match store.draft_catalog(&record_of(store, &record.file_name)) {
        Err(error) if error.failure == Failure::Other => None,
        begun => Some((record, works(begun, "a finished backup can get a catalog"))),
    }
}

pub(super) fn a_finished_archive_can_get_a_catalog(place: &BackupPlace) {
    for compression in Compression::ALL {
        let store = place.store.open();
        let Some((record, mut draft)) = begin(&*store, compression) else { return };
        works(draft.write_all(b"what is "), "a catalog takes bytes");
        same(
            &catalog_of(&*store, &record.file_name),
            &None,
            "nothing of a catalog is visible before its end",
        );
        works(draft.write_all(b"in it"), "a catalog takes more bytes");
        works(draft.publish(Some(&run("contents"))), "a catalog can be published");
        let told = ("contents", "what is in it");
        tells(&*place.store.open(), &record.file_name, told, "a catalog that was made later is read");
        let found = record_of(&*store, &record.file_name);
        let mut again = works(store.draft_catalog(&found), "an archive can get another catalog");
        works(again.write_all(b"something else"), "a catalog takes bytes");
        drop(again);
        tells(&*store, &record.file_name, told, "a catalog that is dropped leaves the one before");
        let mut again = works(store.draft_catalog(&found), "an archive can get another catalog");
        works(again.write_all(b"another"), "a catalog takes bytes");
        works(again.publish(None), "a catalog can be published without a run");
        let is_it = catalog_of(&*store, &record.file_name).as_deref() == Some("another");
        promise(is_it, "a catalog takes the place of the one before", &record);
        same(&store.described(&found), &None, "a catalog without a run describes none");
    }
}

pub(super) fn a_catalog_is_not_made_while_its_archive_is(place: &BackupPlace) {
    let store = place.store.open();
    let Some((record, draft)) = begin(&*store, Compression::None) else { return };
    let found = record_of(&*store, &record.file_name);
    let busy = |what: &str| {
        let failure = store.draft_catalog(&found).map(drop).map_err(|error| error.failure);
        same(&failure, &Err(Failure::Busy), what);
    };
    busy("a second catalog of a name is Busy while the first is open");
    drop(draft);
    let draft = draft_stored(&*store, "docs", Compression::Zstd);
    busy("a catalog is Busy while an archive of its name is being made");
    drop(draft);
    drop(works(store.draft_catalog(&found), "a catalog can be made when nothing else is"));
}

pub(super) fn a_catalog_is_of_one_archive(place: &BackupPlace) {
    let store = place.store.open();
    let Some((record, mut draft)) = begin(&*store, Compression::None) else { return };
    let found = record_of(&*store, &record.file_name);
    works(draft.write_all(b"what is in the first"), "a catalog takes bytes");
    let mut next = draft_stored(&*store, "docs", Compression::None);
    works(next.write_all(b"other contents"), "a run can begin while a catalog is made");
    works(next.publish(Grade::Complete), "a run can end while a catalog is made");
    let failure = draft.publish(None).map_err(|error| error.failure);
    same(
        &failure,
        &Err(Failure::Missing),
        "the catalog of an archive that was replaced is Missing its archive",
    );
    same(&catalog_of(&*store, &record.file_name), &None, "an archive gets no catalog of another");
    let failure = store.draft_catalog(&found).map(drop).map_err(|error| error.failure);
    same(&failure, &Err(Failure::Missing), "an archive that isn't there any more gets no catalog");
}

pub(super) fn what_is_taken_over_is_what_stands_there(place: &BackupPlace) {
    let store = place.store.open();
    let contents = String::from_utf8(noise(200_000).iter().map(|byte| b'a' + byte % 26).collect());
    let contents = contents.expect("letters are text");
    let plain = (Grade::Complete, Compression::None);
    let Some(record) = publish(&*store, (&contents, "the first"), plain) else { return };
    let mut draft = draft_stored(&*store, "docs", Compression::None);
    promise(draft.open_base().is_none(), "an archive is offered before parts of it are taken over", &record);
    promise(draft.take_over(0..1).is_err(), "nothing is taken over from nothing", &record);
    drop(draft);
    let mut draft = draft_stored(&*store, "docs", Compression::None);
    if !draft.base_on(&record) {
        return;
    }
    let mut catalog = String::new();
    let base = draft.open_base().map(|mut base| base.read_to_string(&mut catalog).ok());
    same(
        &base.flatten().map(|_| &*catalog),
        &Some("the first"),
        "the catalog of what is offered can be read",
    );
    works(draft.write_all(b"spoilt"), "a draft takes bytes");
    promise(draft.restart().is_err(), "a draft goes on while what it was offered can be read", &record);
    promise(draft.take_over(199_999..200_001).is_err(), "what isn't there can't be taken over", &record);
    works(draft.restart(), "a draft whose offered archive can't be read begins anew");
    promise(draft.base_on(&record), "an archive can be offered again", &record);
    let expected = take_over_parts(&mut *draft, contents.as_bytes());
    publish_taken_over(place, &*store, draft, &expected);
}

/// Writes bytes to a draft in turn with parts of the archive that it was offered. Returns what it must hold then.
fn take_over_parts(draft: &mut dyn Draft, contents: &[u8]) -> Vec<u8> {
    let mut expected = Vec::new();
    for (own, part) in [("begins", 0..7), ("", 4_096..150_000), ("goes on", 5..5), ("ends", 199_999..200_000)]
    {
        works(draft.write_all(own.as_bytes()), "a draft takes bytes");
        expected.extend_from_slice(own.as_bytes());
        works(draft.take_over(part.clone()), "a part of the archive can be taken over");
        let [start, end] = [part.start, part.end].map(|at| usize::try_from(at).expect("it is small"));
        expected.extend_from_slice(&contents[start..end]);
    }
    expected
}

/// Reads a draft back and publishes it, after the archive that it was offered is gone.
fn publish_taken_over(
    place: &BackupPlace,
    store: &dyn BackupStore,
    mut draft: Box<dyn Draft + '_>,
    expected: &[u8],
) {
    works(draft.write_catalog(b"the second"), "a draft takes a catalog");
    let sealed = works(draft.seal(), "a draft can be sealed");
    same(&sealed.archive_bytes, &(expected.len() as u64), "what was taken over counts");
    let mut back = Vec::new();
    let mut read = |tar: &mut dyn Read| {
        works(tar.read_to_end(&mut back), "a draft can be read back");
    };
    works(draft.verify(&mut read, &SilentProgress), "a draft with parts of another archive can be read back");
    same_bytes(&back, expected, "what was taken over is what stands there");
    let sealed = works(draft.seal(), "a draft that was read back is still sealed");
    works(
        store.remove(&name("docs").archive(Grade::Complete, store.ending(Compression::None.into()))),
        "the archive can be removed",
    );
    let record =
        works(draft.publish(Grade::Complete), "a draft outlives the archive that it takes over from");
    let digest = works(store.digest(&record.file_name, &SilentProgress), "a finished backup has a digest");
    same(
        &(sealed.archive_bytes, sealed.sha256, record.sha256),
        &(digest.archive_bytes, Some(digest.sha256), Some(digest.sha256)),
        "reading back tells the digest",
    );
    let read = (place.read)(&record.file_name).unwrap_or_default();
    same_bytes(&read, expected, "what was taken over outlives where it came from");
    same(
        &catalog_of(store, &record.file_name).as_deref(),
        &Some("the second"),
        "it has a catalog of its own",
    );
}
