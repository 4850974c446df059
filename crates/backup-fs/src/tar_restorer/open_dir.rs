//! An open folder of the target, or the target itself.
//!
//! The mode and the times of a folder are set when nothing works in it or below it any more: when its last handle is
//! dropped. Each folder holds its parent, so the deepest is finished first, and finishing it doesn't change its
//! parents. Folders far above the current entry are closed, and opened again as `dir_stack.rs` says.

use std::io;
use std::ops::Deref;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use backup_core::model::restore::Refusal;
use rustix::fs::{Mode, OFlags, fstat};

use super::context::Context;
use super::leftovers::remove_leftovers;
use super::obstacle::c_name;
use super::unfinished_mark;
use crate::home::names::is_own_name;
use crate::posix::dir_stack::{Identity, moved};
use crate::posix::metadata::Metadata;
use crate::posix::set_metadata::{AlreadySet, EntryHandle, Trouble};

/// A folder that stays open as long as this exists.
#[derive(Debug, Clone)]
pub(super) struct OpenDir<'a> {
    node: Arc<Node<'a>>,
    handle: Arc<OwnedFd>,
}

/// A folder, open or closed.
#[derive(Debug)]
pub(super) struct Node<'a> {
    pub(super) context: &'a Context,
    /// Its name. For the target, the name of the source in the archive.
    name: Vec<u8>,
    /// Whether it is the home, in which some names are reserved.
    is_home: bool,
    /// Whether this restore created it.
    pub(super) is_new: bool,
    /// Whether this restore created it, or an earlier one that left it unfinished.
    pub(super) is_ours: bool,
    /// Whether new entries in it get the group of this user. The folder has that group, and only its owner could
    /// change that.
    pub(super) gives_our_group: bool,
    /// The metadata that is set at the end.
    final_metadata: Mutex<Option<Metadata>>,
    handle: Mutex<Handle>,
    parent: Option<Arc<Self>>,
}

#[derive(Debug)]
enum Handle {
    Open(Arc<OwnedFd>),
    /// `None` if the folder can't be recognized any more.
    Closed(Option<Identity>),
}

impl<'a> Deref for OpenDir<'a> {
    type Target = Node<'a>;

    fn deref(&self) -> &Node<'a> {
        &self.node
    }
}

impl<'a> OpenDir<'a> {
    /// Returns the target itself. Its own mode and times aren't set here.
    pub(super) fn target(context: &'a Context, handle: OwnedFd, name: Vec<u8>) -> Self {
        let mut node = Node::new(context, name, context.reserved.is_home_itself(&handle), None);
        node.gives_our_group = fstat(&handle).is_ok_and(|stat| context.rights.owns(&stat));
        let target = node.opened(handle);
        target.remove_leftovers();
        target
    }

    /// Returns an existing folder that isn't changed, without its parents.
    pub(super) fn existing(context: &'a Context, handle: OwnedFd) -> Self {
        Node::new(context, Vec::new(), context.reserved.is_home_itself(&handle), None).opened(handle)
    }

    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        self.handle.as_fd()
    }

    pub(super) fn node(&self) -> Arc<Node<'a>> {
        Arc::clone(&self.node)
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.node, &other.node)
    }

    /// Removes leftovers of a killed restore, if the target is visible.
    pub(super) fn remove_leftovers(&self) {
        if !self.context.is_hidden {
            remove_leftovers(self.as_fd(), self.context.started_at);
        }
    }
}

impl Drop for OpenDir<'_> {
    /// The last owner finishes the folder with its handle.
    fn drop(&mut self) {
        if Arc::strong_count(&self.node) == 1 {
            *self.node.handle() = Handle::Open(Arc::clone(&self.handle));
        }
    }
}

impl<'a> Node<'a> {
    pub(super) fn new(context: &'a Context, name: Vec<u8>, is_home: bool, parent: Option<Arc<Self>>) -> Self {
        let (is_new, is_ours, gives_our_group, final_metadata) = (false, false, false, Mutex::default());
        let handle = Mutex::new(Handle::Closed(None));
        Self { context, name, is_home, is_new, is_ours, gives_our_group, final_metadata, handle, parent }
    }

    pub(super) fn opened(self, handle: OwnedFd) -> OpenDir<'a> {
        let handle = Arc::new(handle);
        *self.handle() = Handle::Open(Arc::clone(&handle));
        OpenDir { node: Arc::new(self), handle }
    }

    /// Returns the path of an entry in it, for messages.
    pub(super) fn path_of(&self, name: &[u8]) -> Vec<u8> {
        let mut names = vec![name];
        let mut folder = Some(self);
        while let Some(here) = folder {
            names.push(&here.name);
            folder = here.parent.as_deref();
        }
        names.retain(|name| !name.is_empty());
        names.reverse();
        names.join(&b'/')
    }

    /// Refuses a reserved name.
    pub(super) fn refuse_reserved(&self, name: &[u8]) -> Result<(), Refusal> {
        if self.is_home && is_own_name(name) { Err(Refusal::Own) } else { Ok(()) }
    }

    pub(super) fn set_final_metadata(&self, metadata: Metadata) {
        self.final_metadata.lock().unwrap_or_else(PoisonError::into_inner).replace(metadata);
    }

    /// Closes the folder. Other owners keep their handles.
    pub(super) fn close(&self) {
        let mut handle = self.handle();
        if let Handle::Open(open) = &*handle {
            *handle = Handle::Closed(Identity::of(open.as_fd()).ok());
        }
    }

    /// Returns the folder, and opens it again if it was closed.
    pub(super) fn open(self: &Arc<Self>) -> io::Result<OpenDir<'a>> {
        Ok(OpenDir { node: Arc::clone(self), handle: self.find()? })
    }

    /// Does the same and keeps it open until it is [closed](Self::close).
    pub(super) fn reopen(self: &Arc<Self>) -> io::Result<OpenDir<'a>> {
        let opened = self.open()?;
        *self.handle() = Handle::Open(Arc::clone(&opened.handle));
        Ok(opened)
    }

    /// Leaves the folder. Its parent is opened through it, which takes one call.
    ///
    /// Others may still work in it or below it. They keep open only what they need.
    pub(super) fn leave(self: Arc<Self>) {
        self.hand_over_parent();
        if Arc::strong_count(&self) > 1 {
            self.close();
        }
    }

    fn hand_over_parent(&self) {
        let (Some(handle), Some(above)) = (self.open_handle(), &self.parent) else { return };
        let mut place = above.handle();
        if let Handle::Closed(Some(identity)) = *place
            && let Ok(opened) = identity.open_above(handle.as_fd())
        {
            *place = Handle::Open(Arc::new(opened));
        }
    }

    fn open_handle(&self) -> Option<Arc<OwnedFd>> {
        match &*self.handle() {
            Handle::Open(handle) => Some(Arc::clone(handle)),
            Handle::Closed(_) => None,
        }
    }

    /// Returns a handle. A closed folder is opened by its path from the nearest open parent. The target always is
    /// open.
    fn find(&self) -> io::Result<Arc<OwnedFd>> {
        let mut closed = Vec::new();
        let mut next = Some(self);
        let mut handle = loop {
            let folder = next.ok_or_else(moved)?;
            match folder.open_handle() {
                Some(handle) => break handle,
                None => closed.push(folder),
            }
            next = folder.parent.as_deref();
        };
        for folder in closed.into_iter().rev() {
            handle = Arc::new(folder.find_in(handle.as_fd())?);
        }
        Ok(handle)
    }

    fn find_in(&self, above: BorrowedFd<'_>) -> io::Result<OwnedFd> {
        let Handle::Closed(Some(identity)) = *self.handle() else { return Err(moved()) };
        let name = c_name(&self.name).map_err(|_| moved())?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        identity.confirm(self.context.beneath.open(above, &name, flags, Mode::empty())?)
    }

    /// Sets the final metadata.
    ///
    /// After a stop, an unfinished folder stays writable for the next attempt.
    fn finish(&mut self) {
        let final_metadata = self.final_metadata.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if self.context.is_stopped() {
            return;
        }
        let found = final_metadata.map(|metadata| (metadata, self.find()));
        if let Some((_, Ok(handle))) = &found {
            *self.handle() = Handle::Open(Arc::clone(handle));
        }
        // The parent may be finished next and needs a handle. Afterwards this folder may be closed to its owner.
        if self.parent.as_ref().is_some_and(|above| Arc::strong_count(above) == 1) {
            self.hand_over_parent();
        }
        let Some((metadata, handle)) = found else { return };
        if let (false, Ok(handle)) = (self.context.is_hidden, &handle) {
            unfinished_mark::remove(handle.as_fd());
        }
        let troubles = match handle {
            Ok(handle) => self.set_metadata(EntryHandle::Open(handle.as_fd()), &metadata),
            Err(error) => vec![("mode", error)],
        };
        if !troubles.is_empty() {
            self.context.report_unset(&self.path_of(b""), troubles);
        }
    }

    /// Sets the metadata. A folder that is only of this restore needs no look at what it has: it has the mark of an unfinished
    /// one.
    fn set_metadata(&self, handle: EntryHandle<'_>, metadata: &Metadata) -> Vec<Trouble> {
        let is_untouched = self.context.is_untouched();
        if !(is_untouched && self.is_new) {
            return handle.set_what_differs(metadata, is_untouched);
        }
        let owner = self.gives_our_group && !self.context.rights.is_foreign(metadata);
        handle.set(metadata, AlreadySet { owner, lists: true, ..AlreadySet::default() })
    }

    fn handle(&self) -> MutexGuard<'_, Handle> {
        self.handle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Node<'_> {
    /// The owner of the deepest folder may be the last owner of all its parents. They are dropped in a loop, because
    /// recursion could overflow the stack.
    fn drop(&mut self) {
        self.finish();
        let mut above = self.parent.take();
        while let Some(mut folder) = above.and_then(Arc::into_inner) {
            folder.finish();
            above = folder.parent.take();
        }
    }
}
