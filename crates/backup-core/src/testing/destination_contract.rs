//! The promises of [`Destination`], checked on any adapter.

mod failed_uploads;
mod objects;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use failed_uploads::{
    a_cancelled_upload_leaves_nothing, an_upload_that_died_is_invisible_and_can_be_aborted,
    contents_of_another_size_leave_nothing, contents_that_fail_leave_nothing,
};
use objects::{LARGE_BYTES, fault, get, key, names, put, unfinished};

use super::contract::contract;
use super::noise::noise;
use super::promise::{promise, same, same_bytes, side_by_side, works};
use crate::model::destination::DestinationFault;
use crate::ports::{Destination, Progress, SilentProgress};

contract! {
    $
    /// Makes one test of each promise of [`Destination`](crate::ports::Destination), in a module of that name.
    ///
    /// Each call of `make` gives a destination that is empty.
    destination_contract, DESTINATION_CONTRACT: dyn Fn() -> Box<dyn Destination>;
    |make| {
        what_is_put_comes_back(&*make());
        a_large_object_comes_back(&*make());
        a_range_comes_back_exactly(&*make());
        an_object_is_never_replaced(&*make());
        one_of_two_writers_wins(&*make());
        contents_of_another_size_leave_nothing(&*make());
        contents_that_fail_leave_nothing(&*make());
        a_cancelled_upload_leaves_nothing(&*make());
        an_upload_that_died_is_invisible_and_can_be_aborted(&*make());
        a_small_object_is_replaced(&*make());
        what_is_missing_is_not_found(&*make());
        a_folder_is_listed_at_any_depth(&*make());
        what_is_deleted_is_gone(&*make());
        every_byte_is_told(&*make());
        a_probe_shows_nothing(&*make());
    }
}

fn what_is_put_comes_back(store: &dyn Destination) {
    for (name, bytes) in [
        ("empty", 0),
        ("one.tar", 1),
        ("docs/2026-01-29T16-07-00Z-1f.tar.zst", (1 << 20) + 3),
        ("a b/50% of #1?&+=~'\"!*().tar", 10),
        ("Büro/日本.tar", 11),
    ] {
        let contents = noise(bytes);
        works(put(store, name, &contents), "an object can be put");
        same_bytes(&get(store, name, bytes as u64), &contents, "an object has what was put");
        let stat = works(store.stat(&key(name)), "an object can be asked for");
        same(
            &(stat.key.as_str(), stat.size_bytes),
            &(name, bytes as u64),
            "an object tells its key and size",
        );
    }
    let listed = works(store.list(None), "objects can be listed");
    let sizes: Vec<u64> = listed.iter().map(|object| object.size_bytes).collect();
    same(&sizes, &vec![11, 10, (1 << 20) + 3, 0, 1], "a list tells the sizes, in the order of the keys");
}

fn a_large_object_comes_back(store: &dyn Destination) {
    let contents = noise(LARGE_BYTES);
    works(put(store, "large.tar", &contents), "a large object can be put");
    same_bytes(&get(store, "large.tar", LARGE_BYTES as u64), &contents, "a large object has what was put");
    same(&unfinished(store), &Vec::new(), "a finished upload isn't unfinished");
}

fn a_range_comes_back_exactly(store: &dyn Destination) {
    let contents = noise(300_000);
    works(put(store, "docs/a.tar", &contents), "an object can be put");
    for (start, end) in [(0, 1), (299_999, 300_000), (7, 200_000), (0, 300_000), (5, 5)] {
        let mut target = Vec::new();
        let got = store.get(&key("docs/a.tar"), start..end, &mut target, &SilentProgress);
        works(got, "a range can be read");
        let expected = &contents[usize::try_from(start).unwrap_or(0)..usize::try_from(end).unwrap_or(0)];
        same_bytes(&target, expected, "a range has its bytes and no others");
    }
    for (start, end) in [(299_999, 300_001), (300_000, 300_001), (900_000, 900_001)] {
        let got = store.get(&key("docs/a.tar"), start..end, &mut Vec::new(), &SilentProgress);
        same(&fault(got), &Some(DestinationFault::Damaged), "a range beyond the end is an error");
    }
}

fn an_object_is_never_replaced(store: &dyn Destination) {
    works(put(store, "docs/a.tar", b"first"), "an object can be put");
    for contents in [b"first".as_slice(), b"the second one"] {
        let second = put(store, "docs/a.tar", contents);
        same(&fault(second), &Some(DestinationFault::AlreadyExists), "an object that exists isn't put again");
    }
    same_bytes(&get(store, "docs/a.tar", 5), b"first", "the object stays as it was");
    let size = works(store.stat(&key("docs/a.tar")), "an object can be asked for").size_bytes;
    same(&size, &5, "the object stays as it was");
}

fn one_of_two_writers_wins(store: &dyn Destination) {
    if !works(store.probe(), "a store can be tried").refuses_to_replace {
        return;
    }
    for size in [10, 9 << 20] {
        let name = format!("docs/{size}.tar");
        let (one, two) = (vec![1; size], vec![2; size]);
        let (first, second) = side_by_side(|| put(store, &name, &one), || put(store, &name, &two));
        let outcome = (fault(first), fault(second));
        let winner = match outcome {
            (None, Some(DestinationFault::AlreadyExists)) => &one,
            (Some(DestinationFault::AlreadyExists), None) => &two,
            _ => return promise(false, "one of two writers of a key wins", &outcome),
        };
        same_bytes(&get(store, &name, size as u64), winner, "the object is the winner's");
    }
}

fn a_small_object_is_replaced(store: &dyn Destination) {
    for contents in [b"one".as_slice(), b"the second", b"", b"3"] {
        works(store.replace(&key("docs/index.json"), contents), "a small object can be stored and replaced");
        same_bytes(
            &get(store, "docs/index.json", contents.len() as u64),
            contents,
            "it has its new contents",
        );
    }
    same(&names(store, None), &vec!["docs/index.json".to_owned()], "replacing leaves nothing else");
    same(&unfinished(store), &Vec::new(), "replacing leaves no unfinished upload");
}

fn what_is_missing_is_not_found(store: &dyn Destination) {
    works(put(store, "docs/a.tar", b"a"), "an object can be put");
    for name in ["docs", "docs/b.tar", "docs/a.tar/b", "other/a.tar"] {
        same(
            &fault(store.stat(&key(name))),
            &Some(DestinationFault::NotFound),
            "what is missing isn't there",
        );
        let got = store.get(&key(name), 0..1, &mut Vec::new(), &SilentProgress);
        same(&fault(got), &Some(DestinationFault::NotFound), "what is missing can't be read");
    }
}

fn a_folder_is_listed_at_any_depth(store: &dyn Destination) {
    same(&names(store, None), &Vec::<String>::new(), "an empty destination has no objects");
    let all = ["a.tar", "docs/1.tar", "docs/old/2/3.tar", "docs2/1.tar", "docs.tar"];
    all.iter().for_each(|name| works(put(store, name, name.as_bytes()), "an object can be put"));
    let mut sorted = all.map(str::to_owned).to_vec();
    sorted.sort();
    same(&names(store, None), &sorted, "all objects are listed, ordered");
    for (folder, expected) in [
        ("docs", vec!["docs/1.tar", "docs/old/2/3.tar"]),
        ("docs/old", vec!["docs/old/2/3.tar"]),
        ("docs2", vec!["docs2/1.tar"]),
        ("doc", vec![]),
        ("a.tar", vec![]),
    ] {
        same(&names(store, Some(folder)), &expected, "a folder has its own objects, at any depth");
    }
}

fn what_is_deleted_is_gone(store: &dyn Destination) {
    ["docs/a.tar", "docs/b.tar"]
        .iter()
        .for_each(|name| works(put(store, name, b"a"), "an object can be put"));
    (0..2).for_each(|_| {
        works(store.delete(&key("docs/a.tar")), "an object can be deleted, also if it is gone");
    });
    works(store.delete(&key("other/a.tar")), "what never was can be deleted");
    same(&names(store, None), &vec!["docs/b.tar".to_owned()], "only that object is deleted");
    works(put(store, "docs/a.tar", b"new"), "the key can be used again");
}

/// Counts the bytes, and keeps whether all of them were of the right key.
#[derive(Default)]
struct Counted {
    bytes: AtomicU64,
    strange: AtomicU64,
}

impl Progress for Counted {
    fn advanced(&self, path: &Path, content_bytes: u64) {
        self.bytes.fetch_add(content_bytes, Ordering::Relaxed);
        self.strange.fetch_add(u64::from(path != Path::new("docs/a.tar")), Ordering::Relaxed);
    }

    fn is_cancelled(&self) -> bool {
        false
    }
}

fn every_byte_is_told(store: &dyn Destination) {
    let contents = noise(LARGE_BYTES);
    let up = Counted::default();
    let sent = store.put_new(&key("docs/a.tar"), &mut &*contents, LARGE_BYTES as u64, &up);
    works(sent, "an object can be put");
    let down = Counted::default();
    works(store.get(&key("docs/a.tar"), 5..100_005, &mut Vec::new(), &down), "a range can be read");
    let told =
        [&up, &down].map(|told| (told.bytes.load(Ordering::Relaxed), told.strange.load(Ordering::Relaxed)));
    same(
        &told,
        &[(LARGE_BYTES as u64, 0), (100_000, 0)],
        "every byte is told once, with the key as the path",
    );
}

fn a_probe_shows_nothing(store: &dyn Destination) {
    let first = works(store.probe(), "a store can be tried");
    same(&works(store.probe(), "a store can be tried twice"), &first, "the store shows the same twice");
    same(&names(store, None), &Vec::<String>::new(), "what a probe leaves isn't listed");
    same(&unfinished(store), &Vec::new(), "a probe leaves no unfinished upload");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::destination::{
        DestinationAbilities, DestinationError, ObjectKey, StoredObject, UnfinishedUpload,
    };
    use std::io::{self, Read};
    use std::ops::Range;

    use crate::testing::promise::broken_promise;
    use crate::testing::{DESTINATION_CONTRACT, MemoryDestination, MemoryStore};

    fn able() -> Box<dyn Destination> {
        Box::new(MemoryDestination::new("offsite"))
    }

    fn weak() -> Box<dyn Destination> {
        let abilities = DestinationAbilities { lists_unfinished: false, ..MemoryStore::ABLE.abilities };
        Box::new(MemoryDestination::of("offsite", MemoryStore { abilities, ..MemoryStore::ABLE }))
    }

    destination_contract!(memory_destination, able);
    destination_contract!(memory_destination_that_lists_no_uploads, weak);

    /// A store whose first object of a key is lost as soon as there is a second one.
    struct Replacing(MemoryDestination);

    impl Destination for Replacing {
        fn name(&self) -> &str {
            self.0.name()
        }

        fn probe(&self) -> Result<DestinationAbilities, DestinationError> {
            self.0.probe()
        }

        fn put_new(
            &self,
            key: &ObjectKey,
            contents: &mut dyn Read,
            size_bytes: u64,
            progress: &dyn Progress,
        ) -> Result<(), DestinationError> {
            self.0.delete(key)?;
            self.0.put_new(key, contents, size_bytes, progress)
        }

        fn replace(&self, key: &ObjectKey, contents: &[u8]) -> Result<(), DestinationError> {
            self.0.replace(key, contents)
        }

        fn get(
            &self,
            key: &ObjectKey,
            range: Range<u64>,
            target: &mut dyn io::Write,
            progress: &dyn Progress,
        ) -> Result<(), DestinationError> {
            self.0.get(key, range, target, progress)
        }

        fn stat(&self, key: &ObjectKey) -> Result<StoredObject, DestinationError> {
            self.0.stat(key)
        }

        fn list(&self, folder: Option<&ObjectKey>) -> Result<Vec<StoredObject>, DestinationError> {
            self.0.list(folder)
        }

        fn delete(&self, key: &ObjectKey) -> Result<(), DestinationError> {
            self.0.delete(key)
        }

        fn unfinished(&self) -> Result<Vec<UnfinishedUpload>, DestinationError> {
            self.0.unfinished()
        }

        fn abort(&self, upload: &UnfinishedUpload) -> Result<(), DestinationError> {
            self.0.abort(upload)
        }
    }

    #[test]
    fn a_store_that_replaces_is_found_out() {
        let make: &dyn Fn() -> Box<dyn Destination> =
            &|| Box::new(Replacing(MemoryDestination::new("offsite")));
        let said = broken_promise(|| DESTINATION_CONTRACT.check("an_object_is_never_replaced", make));
        assert!(said.starts_with("broken promise: an object that exists isn't put again"), "{said}");
        DESTINATION_CONTRACT.check("what_is_put_comes_back", make);
    }
}
