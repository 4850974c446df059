//! What an upload that fails leaves: nothing that anybody sees.

use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::super::cancelled::Cancelled;
use super::super::noise::noise;
use super::super::promise::{promise, same, works};
use super::objects::{LARGE_BYTES, fault, key, left_nothing, names, put, unfinished};
use crate::model::destination::DestinationFault;
use crate::ports::{Destination, SilentProgress};

pub(super) fn contents_of_another_size_leave_nothing(store: &dyn Destination) {
    for (name, bytes, said) in
        [("a.tar", 10, 11), ("b.tar", 11, 10), ("c.tar", LARGE_BYTES, LARGE_BYTES as u64 + 1)]
    {
        let contents = noise(bytes);
        let result = store.put_new(&key(name), &mut &*contents, said, &SilentProgress);
        same(&fault(result), &Some(DestinationFault::Local), "contents have the size that was said");
        left_nothing(store, name);
        works(store.delete(&key(name)), "an object can be deleted");
    }
}

/// Ends in an error, or in a panic, after so many bytes.
struct Failing {
    bytes: usize,
    panics: bool,
}

impl Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.bytes == 0 {
            assert!(!self.panics, "the process of this upload dies, as the suite wants it to");
            return Err(io::Error::other("the disk is broken"));
        }
        let bytes = buffer.len().min(self.bytes);
        buffer[..bytes].fill(7);
        self.bytes -= bytes;
        Ok(bytes)
    }
}

pub(super) fn contents_that_fail_leave_nothing(store: &dyn Destination) {
    for (name, bytes) in [("a.tar", 10), ("b.tar", LARGE_BYTES)] {
        let mut contents = Failing { bytes, panics: false };
        let result = store.put_new(&key(name), &mut contents, bytes as u64 + 1, &SilentProgress);
        same(&fault(result), &Some(DestinationFault::Local), "contents that can't be read are an error");
        left_nothing(store, name);
        works(store.delete(&key(name)), "an object can be deleted");
    }
}

pub(super) fn a_cancelled_upload_leaves_nothing(store: &dyn Destination) {
    let contents = noise(LARGE_BYTES);
    let result = store.put_new(&key("a.tar"), &mut &*contents, LARGE_BYTES as u64, &Cancelled);
    same(&fault(result), &Some(DestinationFault::Cancelled), "an upload can be cancelled");
    left_nothing(store, "a.tar");
    let result = store.get(&key("a.tar"), 0..5, &mut Vec::new(), &Cancelled);
    same(&fault(result), &Some(DestinationFault::Cancelled), "a download can be cancelled");
}

pub(super) fn an_upload_that_died_is_invisible_and_can_be_aborted(store: &dyn Destination) {
    let died = catch_unwind(AssertUnwindSafe(|| {
        let mut contents = Failing { bytes: LARGE_BYTES, panics: true };
        store.put_new(&key("docs/a.tar"), &mut contents, LARGE_BYTES as u64 + 1, &SilentProgress)
    }));
    promise(died.is_err(), "contents are read to their end", &died);
    let seen = fault(store.stat(&key("docs/a.tar")));
    same(&seen, &Some(DestinationFault::NotFound), "an unfinished object isn't there");
    same(&names(store, None), &Vec::<String>::new(), "an unfinished object isn't listed");
    if works(store.probe(), "a store can be tried").lists_unfinished {
        let left = works(store.unfinished(), "unfinished uploads can be listed");
        let keys: Vec<&str> = left.iter().map(|upload| upload.key.as_str()).collect();
        same(&keys, &vec!["docs/a.tar"], "an unfinished upload is listed with its key");
        left.iter().for_each(|upload| works(store.abort(upload), "an unfinished upload can be aborted"));
        same(&unfinished(store), &Vec::new(), "an aborted upload is gone");
        works(store.abort(&left[0]), "an upload can be aborted twice");
    } else {
        same(
            &fault(store.unfinished()),
            &Some(DestinationFault::Unsupported),
            "the store can't list uploads",
        );
    }
    works(put(store, "docs/a.tar", b"again"), "the key can still be used");
}
