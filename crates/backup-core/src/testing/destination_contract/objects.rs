//! The objects of the suite: how they are put, read and listed.

use super::super::promise::{same, works};
use crate::model::destination::{DestinationError, DestinationFault, ObjectKey, UnfinishedUpload};
use crate::ports::{Destination, SilentProgress};

/// More than one part, wherever an upload has parts.
pub(super) const LARGE_BYTES: usize = (20 << 20) + 7;

pub(super) fn key(text: &str) -> ObjectKey {
    works(text.parse(), "the key of the suite is valid")
}

pub(super) fn put(store: &dyn Destination, name: &str, contents: &[u8]) -> Result<(), DestinationError> {
    store.put_new(&key(name), &mut &*contents, contents.len() as u64, &SilentProgress)
}

pub(super) fn get(store: &dyn Destination, name: &str, bytes: u64) -> Vec<u8> {
    let mut target = Vec::new();
    let got = store.get(&key(name), 0..bytes, &mut target, &SilentProgress);
    works(got, "an object can be read");
    target
}

pub(super) fn fault<T>(result: Result<T, DestinationError>) -> Option<DestinationFault> {
    result.err().map(|error| error.fault)
}

pub(super) fn names(store: &dyn Destination, folder: Option<&str>) -> Vec<String> {
    let listed = works(store.list(folder.map(key).as_ref()), "objects can be listed");
    listed.into_iter().map(|object| object.key.to_string()).collect()
}

pub(super) fn unfinished(store: &dyn Destination) -> Vec<UnfinishedUpload> {
    let can = works(store.probe(), "a store can be tried").lists_unfinished;
    if can { works(store.unfinished(), "unfinished uploads can be listed") } else { Vec::new() }
}

/// Nothing of an upload of `name` is left.
pub(super) fn left_nothing(store: &dyn Destination, name: &str) {
    same(&fault(store.stat(&key(name))), &Some(DestinationFault::NotFound), "the object isn't there");
    same(&names(store, None), &Vec::<String>::new(), "nothing is listed");
    same(&unfinished(store), &Vec::new(), "no unfinished upload is left");
    works(put(store, name, b"again"), "the key can still be used");
}
