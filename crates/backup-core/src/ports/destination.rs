//! The port that keeps copies away from this machine.

use std::io::{Read, Write};
use std::ops::Range;

use auto_impl::auto_impl;

use crate::model::destination::{
    DestinationAbilities, DestinationError, ObjectKey, StoredObject, UnfinishedUpload,
};
use crate::ports::Progress;

/// Keeps objects under keys: a bucket, a folder on another disk, a folder of another machine.
///
/// Promises: an object is whole or isn't there. It is never visible half-written. Every call ends, also if the other side
/// never answers, and what fails in passing is tried again for a while. Memory doesn't grow with the size of an object, with one
/// exception that an adapter may document. No error shows a secret.
///
/// Not promised: that an object that was just stored is listed at once, or that two objects are stored in one step.
///
/// The bytes and the cancellation of long calls go through a [`Progress`], which can also hold them back to a rate. Its path is
/// the key.
///
/// `MemoryDestination` of the feature `testing` keeps objects in memory.
#[auto_impl(&, Box, Arc)]
pub trait Destination: Send + Sync {
    /// Returns the name of the destination.
    fn name(&self) -> &str;

    /// Tries what the store can do, and returns it.
    ///
    /// It may leave one small object, always the same, which no other method shows.
    ///
    /// # Errors
    /// When the store can't be reached or used.
    fn probe(&self) -> Result<DestinationAbilities, DestinationError>;

    /// Stores a new object of `size_bytes` bytes that `contents` has.
    ///
    /// Promises: an object that exists is never replaced. If [`DestinationAbilities::refuses_to_replace`], one of several
    /// writers of a key wins. Otherwise, it was looked whether the object exists. After an error, what was sent is aborted if the
    /// store can still be reached.
    ///
    /// Not promised: that the object isn't there after an error. If the answer of the store was lost, it is there, whole, and a
    /// second attempt finds that it exists.
    ///
    /// # Errors
    /// Of the kind `AlreadyExists` if there is an object; `Local` if `contents` fails or has another size; `Cancelled`.
    fn put_new(
        &self,
        key: &ObjectKey,
        contents: &mut dyn Read,
        size_bytes: u64,
        progress: &dyn Progress,
    ) -> Result<(), DestinationError>;

    /// Stores a small object, in place of the one that exists.
    ///
    /// Promises: a reader sees the old or the new contents.
    ///
    /// # Errors
    /// When it can't be stored.
    fn replace(&self, key: &ObjectKey, contents: &[u8]) -> Result<(), DestinationError>;

    /// Writes the bytes `range` of an object to `target`: all of them, in order.
    ///
    /// # Errors
    /// Of the kind `NotFound`; `Damaged` if the object ends before the range; `Local` if `target` fails; `Cancelled`.
    fn get(
        &self,
        key: &ObjectKey,
        range: Range<u64>,
        target: &mut dyn Write,
        progress: &dyn Progress,
    ) -> Result<(), DestinationError>;

    /// Returns what the store says about an object.
    ///
    /// # Errors
    /// Of the kind `NotFound` if there is none.
    fn stat(&self, key: &ObjectKey) -> Result<StoredObject, DestinationError>;

    /// Returns all objects in the folder `folder` at any depth, or all objects of the destination, ordered by their keys.
    ///
    /// Objects with names that no [`ObjectKey`] can have are left out.
    ///
    /// # Errors
    /// When they can't be listed.
    fn list(&self, folder: Option<&ObjectKey>) -> Result<Vec<StoredObject>, DestinationError>;

    /// Deletes an object. It is no error if there is none.
    ///
    /// # Errors
    /// Of the kind `Denied` if the credentials may not delete; `DeleteRefused` if the store keeps this object.
    fn delete(&self, key: &ObjectKey) -> Result<(), DestinationError>;

    /// Returns the uploads that were begun and neither finished nor aborted, those that are under way included.
    ///
    /// # Errors
    /// Of the kind `Unsupported` unless [`DestinationAbilities::lists_unfinished`].
    fn unfinished(&self) -> Result<Vec<UnfinishedUpload>, DestinationError>;

    /// Gives up an unfinished upload and frees its space. It is no error if there is none.
    ///
    /// # Errors
    /// As [`unfinished`](Self::unfinished).
    fn abort(&self, upload: &UnfinishedUpload) -> Result<(), DestinationError>;
}

const _DYN_COMPATIBLE: Option<&dyn Destination> = None;
