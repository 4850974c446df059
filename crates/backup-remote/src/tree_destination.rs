//! Tree destination: objects as files of a tree. A file gets its name when it is whole.

use std::io::{Read, Write};
use std::ops::Range;

use backup_core::model::destination::{
    DestinationAbilities, DestinationError, DestinationFault, ObjectKey, StoredObject, UnfinishedUpload,
};
use backup_core::ports::{Destination, Progress, SilentProgress};

use crate::partial_name;
use crate::problem::Problem;
use crate::transfer::{Download, Upload};
use crate::tree::{Child, ChildKind, FileState, Tree, join, parent};

/// Keeps objects as files of a tree.
///
/// An upload is a file with a name of its own beside its object, `.NAME.partial-1a2b3c4d`, until it is whole and durable.
pub(crate) struct TreeDestination<T> {
    name: String,
    tree: T,
}

impl<T: Tree> TreeDestination<T> {
    pub(crate) fn new(name: String, tree: T) -> Self {
        Self { name, tree }
    }

    /// Writes a file beside `path`, and gives it this name with `place`.
    fn store(
        &self,
        path: &str,
        upload: &mut Upload<'_>,
        place: impl Fn(&str, &str) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        self.tree.check_root()?;
        self.tree.make_folder(parent(path)).map_err(not_a_missing_object)?;
        let partial = partial_name::beside(path);
        let stored = self.tree.write(&partial, upload).map_err(not_a_missing_object);
        let stored = stored.and_then(|()| place(&partial, path));
        if stored.is_err() {
            // The first failure is the one to tell. What is left is aborted later.
            let _ = self.tree.remove(&partial);
        }
        stored
    }

    fn put(&self, key: &ObjectKey, upload: &mut Upload<'_>) -> Result<(), Problem> {
        match self.tree.stat(key.as_str()) {
            Ok(_) => Err(Problem::bare(DestinationFault::AlreadyExists)),
            Err(problem) if problem.fault == DestinationFault::NotFound => {
                self.store(key.as_str(), upload, |from, to| self.tree.place_new(from, to))
            }
            Err(problem) => Err(problem),
        }
    }

    /// Calls `visit` with every file below a folder: its path, its name and what is known about it.
    fn walk(&self, folder: &str, visit: &mut dyn FnMut(String, &str, FileState)) -> Result<(), Problem> {
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for Child { name, kind } in self.tree.children(&folder)? {
                match kind {
                    ChildKind::Folder => folders.push(join(&folder, &name)),
                    ChildKind::File(state) => visit(join(&folder, &name), &name, state),
                }
            }
        }
        Ok(())
    }

    fn objects(&self, folder: &str) -> Result<Vec<StoredObject>, Problem> {
        self.tree.check_root()?;
        let mut objects = Vec::new();
        self.walk(folder, &mut |path, _, state| {
            objects.extend(path.parse().ok().map(|key| object(key, state)));
        })?;
        objects.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(objects)
    }

    fn uploads(&self) -> Result<Vec<UnfinishedUpload>, Problem> {
        self.tree.check_root()?;
        let mut uploads = Vec::new();
        self.walk("", &mut |path, name, state| {
            let object = partial_name::object_of(name).map(|object| join(parent(&path), object));
            let key = object.and_then(|object| object.parse().ok());
            uploads.extend(key.map(|key| UnfinishedUpload { key, id: path, begun: state.modified }));
        })?;
        Ok(uploads)
    }
}

/// A folder that is missing is no missing object.
fn not_a_missing_object(problem: Problem) -> Problem {
    match problem.fault {
        DestinationFault::NotFound | DestinationFault::AlreadyExists => {
            problem.seen_as(DestinationFault::Other)
        }
        _ => problem,
    }
}

fn object(key: ObjectKey, state: FileState) -> StoredObject {
    StoredObject { key, size_bytes: state.size_bytes, stored: state.modified, version: state.version }
}

impl<T: Tree> Destination for TreeDestination<T> {
    fn name(&self) -> &str {
        &self.name
    }

    fn probe(&self) -> Result<DestinationAbilities, DestinationError> {
        let refuses = self.tree.check_root().and_then(|()| self.tree.places_new_surely());
        let refuses_to_replace = refuses.map_err(|problem| problem.at(&self.name, "be tried"))?;
        Ok(DestinationAbilities { refuses_to_replace, lists_unfinished: true })
    }

    fn put_new(
        &self,
        key: &ObjectKey,
        contents: &mut dyn Read,
        size_bytes: u64,
        progress: &dyn Progress,
    ) -> Result<(), DestinationError> {
        let put = self.put(key, &mut Upload::new(key, contents, size_bytes, progress));
        put.map_err(|problem| problem.at(&self.name, format!("write {key}")))
    }

    fn replace(&self, key: &ObjectKey, contents: &[u8]) -> Result<(), DestinationError> {
        let mut reader = contents;
        let mut upload = Upload::new(key, &mut reader, contents.len() as u64, &SilentProgress);
        let stored = self.store(key.as_str(), &mut upload, |from, to| self.tree.place(from, to));
        stored.map_err(|problem| problem.at(&self.name, format!("write {key}")))
    }

    fn get(
        &self,
        key: &ObjectKey,
        range: Range<u64>,
        target: &mut dyn Write,
        progress: &dyn Progress,
    ) -> Result<(), DestinationError> {
        let mut download = Download::new(key, target, range.end.saturating_sub(range.start), progress);
        let read = download.begin().and_then(|()| self.tree.read(key.as_str(), range, &mut download));
        let read = read.and_then(|()| download.finish());
        read.map_err(|problem| problem.at(&self.name, format!("read {key}")))
    }

    fn stat(&self, key: &ObjectKey) -> Result<StoredObject, DestinationError> {
        let stat = self.tree.check_root().and_then(|()| self.tree.stat(key.as_str()));
        let state = stat.map_err(|problem| problem.at(&self.name, format!("look at {key}")))?;
        Ok(object(key.clone(), state))
    }

    fn list(&self, folder: Option<&ObjectKey>) -> Result<Vec<StoredObject>, DestinationError> {
        let folder = folder.map_or("", ObjectKey::as_str);
        let action = || format!("list {folder}").trim_end().to_owned();
        self.objects(folder).map_err(|problem| problem.at(&self.name, action()))
    }

    fn delete(&self, key: &ObjectKey) -> Result<(), DestinationError> {
        let removed = self.tree.check_root().and_then(|()| self.tree.remove(key.as_str()));
        removed.map_err(|problem| problem.at(&self.name, format!("delete {key}")))
    }

    fn unfinished(&self) -> Result<Vec<UnfinishedUpload>, DestinationError> {
        self.uploads().map_err(|problem| problem.at(&self.name, "list unfinished uploads"))
    }

    fn abort(&self, upload: &UnfinishedUpload) -> Result<(), DestinationError> {
        let name = upload.id.rsplit('/').next().unwrap_or_default();
        let is_ours =
            partial_name::object_of(name).is_some() && parent(&upload.id) == parent(upload.key.as_str());
        let removed = if is_ours { self.tree.remove(&upload.id) } else { Ok(()) };
        removed.map_err(|problem| problem.at(&self.name, format!("abort the upload of {}", upload.key)))
    }
}
