//! A folder below the target that entries are made in, or the target.
//!
//! A folder's own mode and times are set when nobody works in it or below it any more: when the last handle of it goes.
//! Every folder holds the one above, so the deepest is set first, and what is set on a folder doesn't change those above.
//! Folders far above the entry at hand are closed, and opened again as `dir_stack.rs` says.

use std::io;
use std::ops::Deref;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use backup_core::model::restore::Refusal;
use rustix::fs::{Mode, OFlags, fstat};

use super::context::Job;
use super::obstacle::c_name;
use super::sweep::sweep;
use super::unfinished_mark;
use crate::home::names::is_own_name;
use crate::posix::dir_stack::{Identity, moved};
use crate::posix::metadata::Metadata;
use crate::posix::set_metadata::EntryHandle;

/// A folder that is open as long as somebody holds this.
#[derive(Debug, Clone)]
pub(super) struct OpenDir<'a> {
    node: Arc<Node<'a>>,
    handle: Arc<OwnedFd>,
}

/// What is known of a folder, open or not.
#[derive(Debug)]
pub(super) struct Node<'a> {
    pub(super) job: &'a Job,
    /// Of the target, what the archive calls it.
    name: Vec<u8>,
    /// It is the home, in which some names are Backup Manager's own.
    is_home: bool,
    /// It was made by this job.
    pub(super) is_new: bool,
    /// It was made by this job, or by an earlier one that left it unfinished.
    pub(super) is_ours: bool,
    /// What is made in it has the group of whoever restores: so has it, and only its owner could change that.
    pub(super) is_neutral: bool,
    /// What is set on it in the end.
    finish: Mutex<Option<Metadata>>,
    handle: Mutex<Handle>,
    parent: Option<Arc<Self>>,
}

#[derive(Debug)]
enum Handle {
    Open(Arc<OwnedFd>),
    /// `None` for one that can't be told any more from others.
    Closed(Option<Identity>),
}

impl<'a> Deref for OpenDir<'a> {
    type Target = Node<'a>;

    fn deref(&self) -> &Node<'a> {
        &self.node
    }
}

impl<'a> OpenDir<'a> {
    /// Returns the target itself, whose own mode and times are nobody's business here.
    pub(super) fn target(job: &'a Job, handle: OwnedFd, name: Vec<u8>) -> Self {
        let mut node = Node::new(job, &handle, name, None);
        node.is_neutral = fstat(&handle).is_ok_and(|stat| job.rights.owns(&stat));
        let target = node.opened(handle);
        target.sweep();
        target
    }

    /// Returns one that exists and isn't changed, without its place among the others.
    pub(super) fn found(job: &'a Job, handle: OwnedFd) -> Self {
        Node::new(job, &handle, Vec::new(), None).opened(handle)
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

    /// Removes what a killed restore has left in it, where it stood.
    pub(super) fn sweep(&self) {
        if !self.job.is_hidden {
            sweep(self.as_fd(), self.job.begun);
        }
    }
}

impl Drop for OpenDir<'_> {
    /// The last one finishes the folder with the handle that it has.
    fn drop(&mut self) {
        if Arc::strong_count(&self.node) == 1 {
            *self.node.handle() = Handle::Open(Arc::clone(&self.handle));
        }
    }
}

impl<'a> Node<'a> {
    pub(super) fn new(job: &'a Job, handle: &OwnedFd, name: Vec<u8>, parent: Option<Arc<Self>>) -> Self {
        let is_home = job.own.is_home_itself(handle);
        let (is_new, is_ours, is_neutral, finish) = (false, false, false, Mutex::default());
        let handle = Mutex::new(Handle::Closed(None));
        Self { job, name, is_home, is_new, is_ours, is_neutral, finish, handle, parent }
    }

    pub(super) fn opened(self, handle: OwnedFd) -> OpenDir<'a> {
        let handle = Arc::new(handle);
        *self.handle() = Handle::Open(Arc::clone(&handle));
        OpenDir { node: Arc::new(self), handle }
    }

    /// Returns the path of a name in it, for messages.
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

    /// Refuses a name that is Backup Manager's own.
    pub(super) fn refuse_own(&self, name: &[u8]) -> Result<(), Refusal> {
        if self.is_home && is_own_name(name) { Err(Refusal::Own) } else { Ok(()) }
    }

    pub(super) fn finish_with(&self, wanted: Metadata) {
        self.finish.lock().unwrap_or_else(PoisonError::into_inner).replace(wanted);
    }

    /// Closes it, but for those who hold it open.
    pub(super) fn close(&self) {
        let mut handle = self.handle();
        if let Handle::Open(open) = &*handle {
            *handle = Handle::Closed(Identity::of(open.as_fd()).ok());
        }
    }

    /// Returns the folder, opened again where it was closed.
    pub(super) fn open(self: &Arc<Self>) -> io::Result<OpenDir<'a>> {
        Ok(OpenDir { node: Arc::clone(self), handle: self.find()? })
    }

    /// Likewise; then it is open until it is [closed](Self::close).
    pub(super) fn reopen(self: &Arc<Self>) -> io::Result<OpenDir<'a>> {
        let opened = self.open()?;
        *self.handle() = Handle::Open(Arc::clone(&opened.handle));
        Ok(opened)
    }

    /// Gives up the place in it. From it, the one above is one call away. Others may still be at work in it, or below it:
    /// those hold open what they need, and no more.
    pub(super) fn leave(self: Arc<Self>) {
        self.hand_up();
        if Arc::strong_count(&self) > 1 {
            self.close();
        }
    }

    fn hand_up(&self) {
        let (Some(handle), Some(above)) = (self.held(), &self.parent) else { return };
        let mut place = above.handle();
        if let Handle::Closed(Some(identity)) = *place
            && let Ok(opened) = identity.open_above(handle.as_fd())
        {
            *place = Handle::Open(Arc::new(opened));
        }
    }

    fn held(&self) -> Option<Arc<OwnedFd>> {
        match &*self.handle() {
            Handle::Open(handle) => Some(Arc::clone(handle)),
            Handle::Closed(_) => None,
        }
    }

    /// Opens it by the names from the next one above that is open, unless it is open. The target always is.
    fn find(&self) -> io::Result<Arc<OwnedFd>> {
        let mut closed = Vec::new();
        let mut next = Some(self);
        let mut handle = loop {
            let folder = next.ok_or_else(moved)?;
            match folder.held() {
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
        identity.confirm(self.job.beneath.open(above, &name, flags, Mode::empty())?)
    }

    /// Sets what is to be set in the end. One that isn't finished stays as what is to come can be made in it.
    fn end(&mut self) {
        let finish = self.finish.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if self.job.is_stopped() {
            return;
        }
        let found = finish.map(|wanted| (wanted, self.find()));
        if let Some((_, Ok(handle))) = &found {
            *self.handle() = Handle::Open(Arc::clone(handle));
        }
        // One that goes next needs it, too; afterwards this one may be closed to its owner.
        if self.parent.as_ref().is_some_and(|above| Arc::strong_count(above) == 1) {
            self.hand_up();
        }
        let Some((wanted, handle)) = found else { return };
        if let (false, Ok(handle)) = (self.job.is_hidden, &handle) {
            unfinished_mark::remove(handle.as_fd());
        }
        let has_no_lists = self.job.is_hidden && !self.job.is_continued;
        let set =
            |handle: Arc<OwnedFd>| EntryHandle::Open(handle.as_fd()).set_what_differs(&wanted, has_no_lists);
        let troubles = handle.map_or_else(|error| vec![("mode", error)], set);
        self.job.bare(&self.path_of(b""), troubles);
    }

    fn handle(&self) -> MutexGuard<'_, Handle> {
        self.handle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Node<'_> {
    /// Whoever held the deepest folder may be the last to hold all those above: they go one after the other, and not one
    /// within the other.
    fn drop(&mut self) {
        self.end();
        let mut above = self.parent.take();
        while let Some(mut folder) = above.and_then(Arc::into_inner) {
            folder.end();
            above = folder.parent.take();
        }
    }
}

pub(super) const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
