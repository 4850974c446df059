//! The promises about drafts of processes that died, and of processes that race.

use std::io::Write;

use super::place::{BackupPlace, draft, name, named, publish, shows};
use crate::model::archive::{Compression, Grade};
use crate::model::error::Failure;
use crate::ports::BackupStore;
use crate::testing::promise::{promise, same, side_by_side, works};

pub(super) fn orphans_are_swept(place: &BackupPlace) {
    (place.leave_draft)(&name("docs"));
    (place.leave_draft)(&name("music"));
    let store = place.store.open();
    publish(&*store, "films", b"finished", Grade::Complete);
    let mut open = draft(&*store, "games");
    works(open.write_all(b"still "), "a draft takes bytes");
    shows(place, &[("films.tar", b"finished")], "what dead processes left is no backup");
    let swept = works(place.store.open().remove_leftovers(), "a sweep works");
    same(&swept, &2, "a sweep removes the drafts of dead processes, only those, and counts them");
    same(&works(store.remove_leftovers(), "a sweep works"), &0, "a sweep removes a draft once");
    works(open.write_all(b"written"), "a draft that is open outlives a sweep");
    works(open.publish(Grade::Complete), "a draft that is open outlives a sweep");
    let expected: [(&str, &[u8]); 2] = [("films.tar", b"finished"), ("games.tar", b"still written")];
    shows(place, &expected, "a sweep touches neither backups nor open drafts");
}

pub(super) fn a_draft_removes_its_orphan(place: &BackupPlace) {
    (place.leave_draft)(&name("docs"));
    let store = place.store.open();
    publish(&*store, "docs", b"anew", Grade::Complete);
    shows(place, &[("docs.tar", b"anew")], "a draft begins empty where a dead process left one");
    same(
        &works(store.remove_leftovers(), "a sweep works"),
        &0,
        "a draft removes what a dead process left of its name",
    );
}

const RACING_DRAFTS: usize = 20;

pub(super) fn racing_drafts_are_whole(place: &BackupPlace) {
    let (one, other) = (place.store.open(), place.store.open());
    let write = |store: &dyn BackupStore, who: u8| {
        (0..RACING_DRAFTS).filter(|_| publish_unless_busy(store, &[who; 10_000])).count()
    };
    let (ones, others) = side_by_side(|| write(&*one, b'1'), || write(&*other, b'2'));
    promise(ones + others > 0, "of two that want the same name, one gets it", &(ones, others));
    let read = (place.read)(&named(&*one, "docs.tar")).unwrap_or_default();
    let is_whole = read == [b'1'; 10_000] || read == [b'2'; 10_000];
    promise(is_whole, "two processes never write to the same draft", &read);
}

fn publish_unless_busy(store: &dyn BackupStore, contents: &[u8]) -> bool {
    let mut draft = match store.draft(&name("docs"), Compression::None) {
        Err(error) if error.failure == Failure::Busy => return false,
        result => works(result, "a draft is refused only while another is open"),
    };
    for piece in contents.chunks(1_000) {
        works(draft.write_all(piece), "a draft takes bytes");
    }
    works(draft.publish(Grade::Complete), "a draft can be published");
    true
}
