//! Stored object: what a destination says about an object or an unfinished upload.

use crate::model::destination::ObjectKey;
use crate::time::Moment;

/// What a destination says about an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredObject {
    /// Its key.
    pub key: ObjectKey,
    /// Its size.
    pub size_bytes: u64,
    /// When it was stored, by the clock of the store, if the store says so.
    pub stored: Option<Moment>,
    /// A text that differs if the contents differ, if the store has one: an entity tag, for example.
    pub version: Option<String>,
}

/// An upload that was begun and neither finished nor aborted. It takes space, and nobody can read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnfinishedUpload {
    /// The key of the object that it would have become.
    pub key: ObjectKey,
    /// What the store calls the upload.
    pub id: String,
    /// When it was begun or last written to, by the clock of the store, if the store says so.
    pub begun: Option<Moment>,
}
