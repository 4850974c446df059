//! The promises of a store about the names of its backups, which it may not all tell apart.

use super::place::{BackupPlace, archive, draft_stored, is_record_of, name, publish, shows};
use crate::model::archive::{ArchiveName, ArchiveTimestamp, BackupName, Compression, Grade};
use crate::ports::BackupStore;
use crate::testing::at;
use crate::testing::promise::{promise, same, works};

/// Names that some disks take for one: in lower and upper case, and with a letter that is written in two ways.
const PAIRS: [(&str, &str); 3] = [("docs", "DOCS"), ("caf\u{e9}", "cafe\u{301}"), ("stra\u{df}e", "STRASSE")];

fn alias(store: &dyn BackupStore, names: [&str; 2]) -> [Option<BackupName>; 2] {
    let names = names.map(name);
    let aliases = store.aliases(&names.each_ref());
    aliases.try_into().expect("an answer for each name")
}

pub(super) fn names_that_are_told_apart_take_no_place(make: &dyn Fn() -> BackupPlace) {
    for (one, other) in PAIRS {
        let place = make();
        let store = place.store.open();
        let [first, before] = alias(&*store, [one, other]);
        promise(first.is_none(), "the first of all names has no other one", &first);
        publish(&*store, one, b"the one", Grade::Complete);
        let [first, second] = alias(&*store, [other, one]);
        promise(
            second.is_none(),
            "a name that has a backup has no other one for the sake of a name that has none",
            &second,
        );
        same(&first, &before, "whether names are told apart doesn't depend on whether there are backups");
        promise(
            first.as_ref().is_none_or(|alias| *alias == name(one)),
            "the other name is that of a backup",
            &first,
        );
        if first.is_none() {
            publish(&*store, other, b"the other", Grade::Complete);
            let (one, other) = (format!("{one}.tar"), format!("{other}.tar"));
            let mut both: [(&str, &[u8]); 2] = [(&one, b"the one"), (&other, b"the other")];
            both.sort_unstable();
            shows(&place, &both, "backups of names without another one never take each other's place");
        }
    }
}

pub(super) fn other_names_are_told_apart(place: &BackupPlace) {
    let store = place.store.open();
    publish(&*store, "docs", b"the one", Grade::Incomplete);
    same(&alias(&*store, ["music", "docs2"]), &[None, None], "names that differ are told apart");
    same(&alias(&*store, ["docs", "d\u{f6}cs"]), &[None, None], "letters that differ are told apart");
}

pub(super) fn every_name_has_the_ending_of_the_store(place: &BackupPlace) {
    let store = place.store.open();
    for (compression, text) in Compression::ALL.into_iter().zip(["docs", "music"]) {
        let archive = name(text).archive(Grade::Complete, store.ending(compression.into()));
        let incomplete = ArchiveName { grade: Grade::Incomplete, ..archive.clone() };
        let older = archive.stamped(ArchiveTimestamp::of(at("2026-01-29T16:07:00+01:00")));
        let all = [&archive, &incomplete, &older];
        let parsed = all.map(|name| ArchiveName::parse(&name.to_string()));
        same(
            &parsed,
            &all.map(|name| Some(name.clone())),
            "a name tells where the ending of the store begins",
        );
        for made in [&archive, &incomplete] {
            let draft = draft_stored(&*store, text, compression);
            let record = works(draft.publish(made.grade), "a draft can be published");
            same(&record.file_name, &made.to_string(), "the names of all archives end as the store says");
        }
        works(store.set_aside(&archive, &older), "a backup can be set aside");
        let listed = works(store.list(), "the backups can be listed");
        let mut of_it: Vec<_> = listed.into_iter().map(|record| record.file_name).collect();
        of_it.retain(|file_name| file_name.starts_with(text));
        let mut expected = all.map(ToString::to_string);
        expected.sort();
        same(&of_it, &expected.to_vec(), "the names of all archives end as the store says");
    }
}

pub(super) fn the_list_is_sorted(place: &BackupPlace) {
    let store = place.store.open();
    let names = ["b", "a b", "ä", "C", "a", "a-2", "a.2", "10", "9"];
    for name in names {
        publish(&*store, name, name.as_bytes(), Grade::Complete);
    }
    let mut expected = names.map(|name| archive(&*store, name, Grade::Complete, Compression::None));
    expected.sort();
    let listed = works(place.store.open().list(), "the backups can be listed");
    promise(
        listed.iter().map(|record| &record.file_name).eq(&expected),
        "list gives every backup, sorted by file name",
        &listed,
    );
    for record in listed {
        let contents = (place.read)(&record.file_name).unwrap_or_default();
        is_record_of(&record, &record.file_name, &contents);
    }
}
