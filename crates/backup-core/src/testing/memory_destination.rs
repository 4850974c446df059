//! A destination that keeps its objects in memory.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::locked::locked;
use crate::model::destination::{
    DestinationAbilities, DestinationError, DestinationFault, ObjectKey, StoredObject, UnfinishedUpload,
};
use crate::ports::{Destination, Progress};

/// How many bytes go by between two looks at the progress.
const PIECE_BYTES: usize = 64 << 10;

/// What the store of a [`MemoryDestination`] can do, and what it lets its user do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryStore {
    /// What it can do.
    pub abilities: DestinationAbilities,
    /// Whether its user may delete objects.
    pub deletes: bool,
}

impl MemoryStore {
    /// A store that can do everything.
    pub const ABLE: Self = Self {
        abilities: DestinationAbilities { refuses_to_replace: true, lists_unfinished: true },
        deletes: true,
    };
}

/// Keeps objects in memory, unless it is told to fail. Clones are handles of the same store.
///
/// Its operations are called probe, put, replace, get, stat, list, delete, unfinished and abort.
#[derive(Debug, Clone)]
pub struct MemoryDestination {
    name: String,
    store: MemoryStore,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    objects: BTreeMap<ObjectKey, Vec<u8>>,
    uploads: BTreeMap<u64, ObjectKey>,
    begun: u64,
    operations: Vec<&'static str>,
    once: Vec<(&'static str, DestinationFault)>,
    always: Option<DestinationFault>,
}

impl MemoryDestination {
    /// Returns an empty destination of that name that can do everything.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self::of(name, MemoryStore::ABLE)
    }

    /// Returns an empty destination of that name on such a store.
    #[must_use]
    pub fn of(name: impl Into<String>, store: MemoryStore) -> Self {
        Self { name: name.into(), store, state: Arc::default() }
    }

    /// Makes every further operation fail in this way, or none.
    pub fn fail(&self, fault: impl Into<Option<DestinationFault>>) {
        locked(&self.state).always = fault.into();
    }

    /// Makes the next operation of that name fail in this way, once.
    pub fn fail_next(&self, operation: &'static str, fault: DestinationFault) {
        locked(&self.state).once.push((operation, fault));
    }

    /// Returns the names of all operations so far, those that failed included.
    #[must_use]
    pub fn operations(&self) -> Vec<&'static str> {
        locked(&self.state).operations.clone()
    }

    /// Returns the contents of an object.
    #[must_use]
    pub fn contents(&self, key: &ObjectKey) -> Option<Vec<u8>> {
        locked(&self.state).objects.get(key).cloned()
    }

    /// Puts other contents in the place of an object, as damage does.
    pub fn spoil(&self, key: &ObjectKey, contents: impl Into<Vec<u8>>) {
        locked(&self.state).objects.insert(key.clone(), contents.into());
    }

    fn error(&self, fault: DestinationFault, action: impl Into<String>) -> DestinationError {
        DestinationError::new(&self.name, fault, action)
    }

    /// Counts an operation, and fails when it is told to.
    fn begin(&self, operation: &'static str, object: &str) -> Result<(), DestinationError> {
        let mut state = locked(&self.state);
        state.operations.push(operation);
        let due = state.once.iter().position(|(name, _)| *name == operation);
        let fault = due.map(|at| state.once.remove(at).1).or(state.always);
        drop(state);
        fault.map_or(Ok(()), |fault| {
            Err(self.error(fault, format!("{operation} {object}").trim_end()).because("scripted fault"))
        })
    }

    fn upload(&self, put: &mut Put<'_>) -> Result<Vec<u8>, DestinationError> {
        let mut sent = Vec::new();
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            if put.progress.is_cancelled() {
                return Err(self.error(DestinationFault::Cancelled, format!("put {}", put.key)));
            }
            let bytes = put.contents.read(&mut piece).map_err(|error| self.local(put.key, error))?;
            if bytes == 0 {
                break;
            }
            sent.extend_from_slice(&piece[..bytes]);
            put.progress.advanced(Path::new(put.key.as_str()), bytes as u64);
        }
        if sent.len() as u64 == put.size_bytes {
            Ok(sent)
        } else {
            Err(self.local(put.key, std::io::Error::other("it has another size")))
        }
    }

    fn local(&self, key: &ObjectKey, error: std::io::Error) -> DestinationError {
        self.error(DestinationFault::Local, format!("put {key}")).because(error)
    }

    fn store(&self, key: &ObjectKey, contents: Vec<u8>) -> Result<(), DestinationError> {
        let mut state = locked(&self.state);
        if state.objects.contains_key(key) {
            drop(state);
            return Err(self.error(DestinationFault::AlreadyExists, format!("put {key}")));
        }
        state.objects.insert(key.clone(), contents);
        Ok(())
    }

    fn slice(&self, key: &ObjectKey, range: &Range<u64>) -> Result<Vec<u8>, DestinationError> {
        let state = locked(&self.state);
        let object = state.objects.get(key);
        let object = object.ok_or_else(|| self.error(DestinationFault::NotFound, format!("get {key}")))?;
        let bounds = usize::try_from(range.start).ok().zip(usize::try_from(range.end).ok());
        let slice = bounds.and_then(|(start, end)| object.get(start..end.max(start)));
        let slice = slice.ok_or_else(|| self.error(DestinationFault::Damaged, format!("get {key}")))?;
        Ok(slice.to_vec())
    }
}

/// What is put.
struct Put<'p> {
    key: &'p ObjectKey,
    contents: &'p mut dyn Read,
    size_bytes: u64,
    progress: &'p dyn Progress,
}

fn stored(key: &ObjectKey, contents: &[u8]) -> StoredObject {
    StoredObject { key: key.clone(), size_bytes: contents.len() as u64, stored: None, version: None }
}

impl Destination for MemoryDestination {
    fn name(&self) -> &str {
        &self.name
    }

    fn probe(&self) -> Result<DestinationAbilities, DestinationError> {
        self.begin("probe", "")?;
        Ok(self.store.abilities)
    }

    fn put_new(
        &self,
        key: &ObjectKey,
        contents: &mut dyn Read,
        size_bytes: u64,
        progress: &dyn Progress,
    ) -> Result<(), DestinationError> {
        self.begin("put", key.as_str())?;
        if locked(&self.state).objects.contains_key(key) {
            return Err(self.error(DestinationFault::AlreadyExists, format!("put {key}")));
        }
        let id = {
            let mut state = locked(&self.state);
            state.begun += 1;
            let id = state.begun;
            state.uploads.insert(id, key.clone());
            id
        };
        let sent = self.upload(&mut Put { key, contents, size_bytes, progress });
        locked(&self.state).uploads.remove(&id);
        self.store(key, sent?)
    }

    fn replace(&self, key: &ObjectKey, contents: &[u8]) -> Result<(), DestinationError> {
        self.begin("replace", key.as_str())?;
        locked(&self.state).objects.insert(key.clone(), contents.to_vec());
        Ok(())
    }

    fn get(
        &self,
        key: &ObjectKey,
        range: Range<u64>,
        target: &mut dyn Write,
        progress: &dyn Progress,
    ) -> Result<(), DestinationError> {
        self.begin("get", key.as_str())?;
        let slice = self.slice(key, &range)?;
        for piece in slice.chunks(PIECE_BYTES) {
            if progress.is_cancelled() {
                return Err(self.error(DestinationFault::Cancelled, format!("get {key}")));
            }
            let failed = |error| self.error(DestinationFault::Local, format!("get {key}")).because(error);
            target.write_all(piece).map_err(|error: std::io::Error| failed(error))?;
            progress.advanced(Path::new(key.as_str()), piece.len() as u64);
        }
        Ok(())
    }

    fn stat(&self, key: &ObjectKey) -> Result<StoredObject, DestinationError> {
        self.begin("stat", key.as_str())?;
        let state = locked(&self.state);
        let object = state.objects.get(key).map(|contents| stored(key, contents));
        object.ok_or_else(|| self.error(DestinationFault::NotFound, format!("stat {key}")))
    }

    fn list(&self, folder: Option<&ObjectKey>) -> Result<Vec<StoredObject>, DestinationError> {
        self.begin("list", folder.map_or("", ObjectKey::as_str))?;
        let state = locked(&self.state);
        let is_in = |key: &ObjectKey| folder.is_none_or(|folder| key.is_below(folder));
        Ok(state.objects.iter().filter(|(key, _)| is_in(key)).map(|(key, it)| stored(key, it)).collect())
    }

    fn delete(&self, key: &ObjectKey) -> Result<(), DestinationError> {
        self.begin("delete", key.as_str())?;
        if !self.store.deletes {
            return Err(self.error(DestinationFault::Denied, format!("delete {key}")));
        }
        locked(&self.state).objects.remove(key);
        Ok(())
    }

    fn unfinished(&self) -> Result<Vec<UnfinishedUpload>, DestinationError> {
        self.begin("unfinished", "")?;
        if !self.store.abilities.lists_unfinished {
            return Err(self.error(DestinationFault::Unsupported, "list unfinished uploads"));
        }
        let upload = |(id, key): (&u64, &ObjectKey)| UnfinishedUpload {
            key: key.clone(),
            id: id.to_string(),
            begun: None,
        };
        Ok(locked(&self.state).uploads.iter().map(upload).collect())
    }

    fn abort(&self, upload: &UnfinishedUpload) -> Result<(), DestinationError> {
        self.begin("abort", upload.key.as_str())?;
        if let Ok(id) = upload.id.parse() {
            locked(&self.state).uploads.remove(&id);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_fails_on_demand_and_names_itself() {
        let destination = MemoryDestination::new("offsite");
        destination.fail_next("list", DestinationFault::Unreachable);
        let error = destination.list(None).unwrap_err();
        assert_eq!(error.fault, DestinationFault::Unreachable);
        assert_eq!(error.to_string(), "destination offsite: can't list: scripted fault");
        assert_eq!(destination.list(None), Ok(Vec::new()));
        destination.fail(DestinationFault::Full);
        assert!(destination.probe().is_err() && destination.unfinished().is_err());
        destination.fail(None);
        assert!(destination.probe().is_ok());
        assert_eq!(destination.operations(), ["list", "list", "probe", "unfinished", "probe"]);
    }
}
