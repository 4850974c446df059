//! The promise of a draft that is compared with an archive. One that can't be has nothing to promise.

use std::io::{Read, Write};

use super::catalogs::publish;
use super::place::{BackupPlace, draft_stored};
use crate::model::archive::{Compression, Grade};
use crate::ports::BackupStore;
use crate::testing::noise::noise;
use crate::testing::promise::{promise, same_bytes, works};

pub(super) fn what_is_compared_changes_no_byte(place: &BackupPlace) {
    let store = place.store.open();
    let contents = noise(300_000);
    let text: String = contents.iter().map(|byte| char::from(b'a' + byte % 26)).collect();
    let plain = (Grade::Complete, Compression::None);
    let Some(record) = publish(&*store, (&text, "the first"), plain) else { return };
    let mut draft = draft_stored(&*store, "docs", Compression::None);
    promise(draft.comparable_parts().is_empty(), "an archive is offered before it is compared", &record);
    if !draft.compare_with(&record) {
        return;
    }
    promise(draft.take_over(0..1).is_err(), "nothing is taken over of what is only compared", &record);
    let mut expected = text.into_bytes();
    expected[200_000] = b'!';
    // The same, something else, and something that isn't there.
    for (at, part) in [(0, 0..150_000), (150_000, 150_000..300_000), (400_000, 299_000..500_000)] {
        draft.compare(at, part);
    }
    works(draft.write_all(&expected), "a draft takes bytes");
    works(draft.write_catalog(b"the second"), "a draft takes a catalog");
    let sealed = works(draft.seal(), "a draft can be sealed");
    promise(sealed.sha256.is_some(), "the digest of what was written is known", &sealed);
    let record = works(draft.publish(Grade::Complete), "a draft can be published");
    let mut back = Vec::new();
    let mut opened = works(store.open(&record.file_name), "a backup can be opened");
    works(opened.read_to_end(&mut back), "a backup can be read");
    same_bytes(&back, &expected, "what is compared is stored as it was written");
}
