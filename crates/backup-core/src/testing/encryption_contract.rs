//! The promises of a [`BackupStore`] that encrypts, checked on any adapter.

mod place;

use std::io::{Read, Seek, SeekFrom, Write};

pub use place::EncryptedPlace;
use place::{MARK, begin, contains, file_name, marked, name, publish};

use super::at::at;
use super::contract::contract;
use super::noise::noise;
use super::promise::{promise, same, same_bytes, works};
use super::run_record::run_record;
use crate::model::archive::{Compression, Format, Grade, SealedArchive};
use crate::model::encryption::EncryptionKeys;
use crate::model::error::{Failure, PortError};
use crate::ports::{BackupStore, SilentProgress};

contract! {
    $
    /// Makes one test of each promise of a [`BackupStore`](crate::ports::BackupStore) that encrypts, in a module of that name.
    ///
    /// Each call of `make` gives a fresh place.
    ///
    /// ```
    /// use backup_core::model::encryption::EncryptionKeys;
    /// use backup_core::ports::BackupStore;
    /// use backup_core::testing::{EncryptedPlace, ManualClock, MemoryBackups, Reopenable, at};
    ///
    /// fn make() -> EncryptedPlace {
    ///     let store = MemoryBackups::new(ManualClock::utc(at("2026-01-01 00:00"))); // or a store of your own
    ///     let (unlocked, all) = (store.clone().unlocked(), store.clone());
    ///     let stored = move |name: String| [all.stored(&name), all.stored_catalog(&name)];
    ///     let names = store.clone();
    ///     EncryptedPlace {
    ///         locked: Reopenable::<dyn BackupStore>::new(move || Box::new(store.clone())),
    ///         unlocked: Reopenable::<dyn BackupStore>::new(move || Box::new(unlocked.clone())),
    ///         keys: EncryptionKeys::Recipients(vec!["age1example".to_owned()]),
    ///         everything: Box::new(move || {
    ///             names.file_names().into_iter().flat_map(&stored).flatten().flatten().collect()
    ///         }),
    ///     }
    /// }
    ///
    /// backup_core::encryption_contract!(my_store, make);
    /// # backup_core::testing::ENCRYPTION_CONTRACT.check_all(&make);
    /// ```
    encryption_contract, ENCRYPTION_CONTRACT: dyn Fn() -> EncryptedPlace;
    |make| {
        what_was_encrypted_is_read_with_the_key(&make());
        nothing_is_read_without_the_key(&make());
        nothing_is_stored_as_it_was_written(&make());
        what_is_public_needs_no_key(&make());
        an_encrypted_draft_is_a_draft(&make());
        an_encrypted_draft_is_compared_and_not_read(&make());
        nothing_is_taken_over(&make());
        of_all_formats_one_archive_stands(&make());
        a_later_catalog_is_encrypted(&make());
        wrong_keys_are_refused(&make());
    }
}

fn what_was_encrypted_is_read_with_the_key(place: &EncryptedPlace) {
    let (store, opener) = (place.locked.open(), place.unlocked.open());
    for compression in Compression::ALL {
        // Around the sizes at which a format has its pieces.
        for bytes in [0, 1, 65_536 - 2 * MARK.len(), 131_072, 3_000_001] {
            let contents = marked(bytes);
            let catalog = [MARK, &noise(70_000)].concat();
            let record = publish(&*store, (compression, &contents, &catalog), place);
            same(
                &record.file_name,
                &file_name(&*store, compression),
                "an encrypted archive has its own ending",
            );
            let mut opened = works(opener.open(&record.file_name), "it is opened with the key");
            for start in [0, contents.len() / 2, 65_535, 65_536, 2_097_152, 1, contents.len() + 1] {
                works(opened.seek(SeekFrom::Start(start as u64)), "it can be read from any place on");
                let mut rest = Vec::new();
                works(opened.read_to_end(&mut rest), "it can be read");
                let expected = contents.get(start..).unwrap_or_default();
                same_bytes(&rest, expected, "what was encrypted is read, from any place on");
            }
            let mut opened_catalog = opened.open_catalog().expect("broken promise: it has its catalog");
            let mut read = Vec::new();
            works(opened_catalog.read_to_end(&mut read), "its catalog can be read");
            same_bytes(&read, &catalog, "its catalog is read as it was written");
            let mut seen = Vec::new();
            let mut read_tar = |tar: &mut dyn Read| drop(tar.read_to_end(&mut seen));
            let inspected = works(
                opener.inspect(&record.file_name, &mut read_tar, &SilentProgress),
                "it can be inspected with the key",
            );
            same_bytes(&seen, &contents, "an inspection reads what was encrypted");
            same(&Some(inspected.sha256), &record.sha256, "an inspection digests what is stored");
        }
    }
}

fn nothing_is_read_without_the_key(place: &EncryptedPlace) {
    let store = place.locked.open();
    for compression in Compression::ALL {
        let record = publish(&*store, (compression, &marked(100_000), MARK), place);
        let opened = store.open(&record.file_name).map(drop).map_err(|error| error.failure);
        same(&opened, &Err(Failure::Locked), "open fails with Locked without the key");
        let inspected = store.inspect(&record.file_name, &mut |_| (), &SilentProgress);
        same(
            &inspected.map_err(|error| error.failure),
            &Err(Failure::Locked),
            "inspect fails with Locked without the key",
        );
    }
}

fn nothing_is_stored_as_it_was_written(place: &EncryptedPlace) {
    let store = place.locked.open();
    for compression in Compression::ALL {
        let mut draft = begin(&*store, compression, place);
        // Compression must not be what hides it.
        for _ in 0..3 {
            works(draft.write_all(&marked(1 << 20)), "an encrypted draft takes bytes");
            works(draft.write_catalog(&marked(1 << 20)), "an encrypted draft takes a catalog");
            works(draft.flush(), "an encrypted draft can be flushed");
            promise(
                !contains(&(place.everything)(), MARK),
                "a draft stores nothing as it was written",
                "flushed",
            );
        }
        let mut run = run_record("/srv/docs;16:07;docs").planned(at("2026-03-10 16:07")).build();
        let mark = String::from_utf8_lossy(MARK).into_owned();
        run.problems = vec![mark.clone()];
        run.hook_problems = vec![mark.clone()];
        run.real_source = Some(mark);
        draft.describe(&run);
        works(draft.seal(), "an encrypted draft can be sealed");
        promise(!contains(&(place.everything)(), MARK), "a draft stores nothing as it was written", "sealed");
        works(draft.publish(Grade::Complete), "an encrypted draft can be published");
        let everything = (place.everything)();
        promise(everything.len() > 3 << 20, "all that is stored is looked at", &everything.len());
        promise(!contains(&everything, MARK), "an archive stores nothing as it was written", "published");
        promise(
            !contains(&everything, &[0; 64]),
            "nor does it store anything that is as regular as a tar",
            "published",
        );
    }
}

fn what_is_public_needs_no_key(place: &EncryptedPlace) {
    let store = place.locked.open();
    let mut draft = begin(&*store, Compression::Zstd, place);
    works(draft.write_all(b"contents"), "an encrypted draft takes bytes");
    works(draft.write_catalog(b"catalog"), "an encrypted draft takes a catalog");
    let run = run_record("/srv/docs;16:07;docs").planned(at("2026-03-10 16:07")).build();
    draft.describe(&run);
    let sealed = works(draft.seal(), "an encrypted draft can be sealed");
    let record = works(draft.publish(Grade::Complete), "an encrypted draft can be published");
    let digest = works(store.digest(&record.file_name, &SilentProgress), "its digest needs no key");
    same(&SealedArchive::from(digest), &sealed, "a seal tells the digest of what is stored");
    same(&record.sha256, &Some(digest.sha256), "so does the record");
    let listed = works(store.list(), "it is listed without a key");
    same(&listed.len(), &1, "one archive is listed");
    let told = listed.first().and_then(|listed| store.described(listed));
    same(
        &told,
        &Some(run.without_names()),
        "the run is told without a key, and without what may name a file",
    );
}

fn an_encrypted_draft_is_a_draft(place: &EncryptedPlace) {
    let store = place.locked.open();
    let draft = begin(&*store, Compression::None, place);
    promise(draft.is_encrypted(), "an encrypted draft says so", "no");
    for busy in [
        store.draft(&name(), Compression::None),
        store.draft_encrypted(&name(), Compression::Zstd, &place.keys),
    ] {
        let failure = busy.map(drop).map_err(|error| error.failure);
        same(&failure, &Err(Failure::Busy), "of a name one draft is open, encrypted or not");
    }
    drop(draft);
    same(&works(store.list(), "the backups can be listed"), &Vec::new(), "a dropped draft leaves nothing");
    let plain = works(store.draft(&name(), Compression::None), "a plain draft can be begun");
    promise(!plain.is_encrypted(), "a draft that isn't encrypted says so", "yes");
    drop(plain);
    let [one, other] = [(), ()].map(|()| {
        let record = publish(&*store, (Compression::None, b"the same", b""), place);
        works(store.digest(&record.file_name, &SilentProgress), "it has a digest")
    });
    promise(one.sha256 != other.sha256, "the same bytes are never stored the same", &one);
}

fn an_encrypted_draft_is_compared_and_not_read(place: &EncryptedPlace) {
    let store = place.locked.open();
    for compression in Compression::ALL {
        let mut draft = begin(&*store, compression, place);
        works(draft.write_all(&noise(200_000)), "an encrypted draft takes bytes");
        works(draft.write_catalog(b"catalog"), "an encrypted draft takes a catalog");
        works(draft.seal(), "an encrypted draft can be sealed");
        let mut is_read = false;
        works(draft.verify(&mut |_| is_read = true, &SilentProgress), "what is stored is compared");
        promise(!is_read, "nobody reads the tar of an encrypted draft", "it was read");
        promise(draft.open_catalog().is_none(), "nobody reads its catalog", "it was opened");
        works(draft.publish(Grade::Complete), "it can be published after that");
    }
}

fn nothing_is_taken_over(place: &EncryptedPlace) {
    let store = place.locked.open();
    let base = publish(&*store, (Compression::None, b"the base", b"catalog"), place);
    let mut draft = begin(&*store, Compression::None, place);
    promise(!draft.base_on(&base), "an encrypted draft takes over nothing", "it does");
    promise(!draft.compare_with(&base), "an encrypted draft shares nothing", "it does");
    promise(draft.open_base().is_none(), "an encrypted draft has no base", "it has one");
    drop(draft);
    let mut plain = works(store.draft(&name(), Compression::None), "a plain draft can be begun");
    promise(!plain.base_on(&base), "nothing is taken over from an encrypted archive", "it is");
}

fn of_all_formats_one_archive_stands(place: &EncryptedPlace) {
    let store = place.locked.open();
    for format in [Format::ALL, Format::ALL].concat() {
        let mut draft = if format.is_encrypted() {
            begin(&*store, format.compression, place)
        } else {
            works(store.draft(&name(), format.compression), "a plain draft can be begun")
        };
        works(draft.write_all(b"contents"), "a draft takes bytes");
        works(draft.publish(Grade::Complete), "a draft can be published");
        let expected = name().archive(Grade::Complete, store.ending(format)).to_string();
        let listed: Vec<_> = works(store.list(), "the backups can be listed");
        let names: Vec<_> = listed.into_iter().map(|record| record.file_name).collect();
        same(&names, &vec![expected], "of a name one complete archive stands, however it is stored");
    }
}

fn a_later_catalog_is_encrypted(place: &EncryptedPlace) {
    let (store, opener) = (place.locked.open(), place.unlocked.open());
    publish(&*store, (Compression::Zstd, b"contents", b"the first"), place);
    let record = works(store.list(), "the backups can be listed").remove(0);
    let refused = store.draft_catalog(&record).map(drop).map_err(|error: PortError| error.failure);
    same(&refused, &Err(Failure::Locked), "no catalog of an encrypted archive is made without the key");
    let mut draft = works(opener.draft_catalog(&record), "one is made with the key");
    works(draft.write_all(MARK), "a catalog takes bytes");
    works(draft.publish(None), "a catalog can be published");
    promise(!contains(&(place.everything)(), MARK), "it isn't stored as it was written", "it is");
    let mut opened = works(opener.open(&record.file_name), "the archive is opened with the key");
    let mut read = Vec::new();
    let catalog = opened.open_catalog().map(|mut catalog| catalog.read_to_end(&mut read));
    promise(matches!(catalog, Some(Ok(_))), "it can be read with the key", "it can't");
    same_bytes(&read, MARK, "it is read as it was written");
}

fn wrong_keys_are_refused(place: &EncryptedPlace) {
    let store = place.locked.open();
    if let EncryptionKeys::Recipients(right) = &place.keys {
        works(store.check_recipients(right), "right public keys are no mistake");
    }
    let wrong = vec!["nonsense".to_owned()];
    let checked = store.check_recipients(&wrong).map_err(|error| error.failure);
    same(&checked, &Err(Failure::Refused), "what is no public key is refused");
    let keys = EncryptionKeys::Recipients(wrong);
    let begun = store.draft_encrypted(&name(), Compression::None, &keys).map(drop);
    same(&begun.map_err(|error| error.failure), &Err(Failure::Refused), "no draft is begun for it");
    works(store.draft(&name(), Compression::None), "and the name is free")
        .flush()
        .expect("it can be flushed");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::encryption::EncryptionKeys;
    use crate::testing::promise::broken_promise;
    use crate::testing::{ManualClock, MemoryBackups, Reopenable};

    fn place() -> EncryptedPlace {
        let store = MemoryBackups::new(ManualClock::utc(at("2026-01-01 00:00")));
        let (locked, unlocked) = (store.clone(), store.clone().unlocked());
        EncryptedPlace {
            locked: Reopenable::<dyn BackupStore>::new(move || Box::new(locked.clone())),
            unlocked: Reopenable::<dyn BackupStore>::new(move || Box::new(unlocked.clone())),
            keys: EncryptionKeys::Recipients(vec!["age1example".to_owned()]),
            everything: Box::new(move || {
                let stored = |name: String| [store.stored(&name), store.stored_catalog(&name)];
                store.file_names().into_iter().flat_map(stored).flatten().flatten().collect()
            }),
        }
    }

    encryption_contract!(memory_backups, place);

    #[test]
    fn a_store_that_everybody_can_read_breaks_it() {
        let open = || {
            let place = place();
            EncryptedPlace { locked: place.unlocked, unlocked: place.locked, ..place }
        };
        broken_promise(|| nothing_is_read_without_the_key(&open()));
        broken_promise(|| what_was_encrypted_is_read_with_the_key(&open()));
    }

    #[test]
    fn a_store_that_shows_what_was_written_breaks_it() {
        let showing = || EncryptedPlace { everything: Box::new(|| MARK.to_vec()), ..place() };
        broken_promise(|| nothing_is_stored_as_it_was_written(&showing()));
        broken_promise(|| a_later_catalog_is_encrypted(&showing()));
    }
}
