//! Turns a source into plain tar.

mod attempt;
mod body;
mod cache;
mod contents;
mod dir_stack;
mod entry;
#[cfg(test)]
mod fault_injection;
mod header;
mod large;
mod lease;
mod links;
mod mounts;
mod output;
mod packer;
mod path;
mod pax;
mod selection;
mod source;
mod sparse;

use std::io::{ErrorKind, Read, Write};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;
use std::thread::Builder;

use backup_core::model::archive::{CheckReport, PackReport, PatternError, Selection};
use backup_core::model::error::PortError;
use backup_core::ports::{Archiver, Ending, PackRequest, Progress};

use self::body::{cancelled, out_failed};
use self::output::Output;
use self::packer::Packer;
use self::selection::Selector;
use self::source::{OwnFolders, Source};
use crate::buffer::pipe::pipe;
use crate::error::port_error;
use crate::home::layout::Home;
use crate::posix::disk::{Disk, System};
use crate::tar_reader::check_archive;

/// Packs a folder or a file into a tar archive that stock `tar` reads.
///
/// The members are named after the last component of the source's path, as `tar -C parent -c name` names them:
/// `docs/`, `docs/letter.txt`. What plain tar can't hold is added as PAX records. The holes of sparse files are kept.
///
/// A second thread walks and reads, at most so far ahead of the writing as is set; so [`Progress`] hears of what was
/// read, and memory doesn't grow with the tree, but for the names of the folders that it is in. What wasn't in the page
/// cache before isn't there afterwards.
///
/// Not promised: access and change times.
#[derive(Debug, Clone)]
pub struct TarArchiver {
    own_folders: Vec<PathBuf>,
    home: Option<Home>,
    read_ahead_bytes: usize,
}

impl TarArchiver {
    /// How far reading may be ahead of writing unless somebody wants another limit.
    pub const DEFAULT_READ_AHEAD_BYTES: usize = 16 * 1024 * 1024;

    /// Returns an archiver that leaves `own_folders` out, wherever they appear in a source, and refuses a source in them.
    /// A file among them is left out, too.
    ///
    /// They are told by device and inode when a pack starts; those that don't exist then are ignored.
    #[must_use]
    pub fn new(own_folders: Vec<PathBuf>) -> Self {
        Self { own_folders, home: None, read_ahead_bytes: Self::DEFAULT_READ_AHEAD_BYTES }
    }

    /// Returns an archiver that does so with the folders of that home's own, wherever the home is by then.
    #[must_use]
    pub fn of_home(home: &Home) -> Self {
        Self { home: Some(home.clone()), ..Self::default() }
    }

    /// Returns the same archiver, which leaves that file out as well.
    #[must_use]
    pub fn leaving_out(mut self, file: PathBuf) -> Self {
        self.own_folders.push(file);
        self
    }

    /// Returns the same archiver with another limit to how far reading may be ahead of writing. It takes about that
    /// much memory, and 8 MiB at least.
    #[must_use]
    pub fn reading_ahead(self, bytes: usize) -> Self {
        Self { read_ahead_bytes: bytes, ..self }
    }

    fn pack_from(
        &self,
        disk: &dyn Disk,
        request: &PackRequest<'_>,
        out: &mut dyn Write,
        progress: &dyn Progress,
    ) -> Result<PackReport, PortError> {
        let selector = Selector::new(request.selection)?;
        let own = OwnFolders::look_up(&self.own_folders, self.home.as_ref());
        let source = Source::find(request.source, &own)?;
        let selector = selector.at(&source.real);
        let (pipe_writer, pipe_reader) = pipe(self.read_ahead_bytes);
        let pack = || {
            let output = Output::new(pipe_writer).map_err(out_failed)?;
            Packer::new(disk, progress, output, own, selector, &source).run(&source)
        };
        let write = |block: &[u8]| {
            // What was read ahead of a cancel isn't worth writing.
            if progress.is_cancelled() {
                return Err(cancelled(&source.shown));
            }
            out.write_all(block).map_err(out_failed)
        };
        thread::scope(|scope| {
            let packing = Builder::new().name("pack".into()).spawn_scoped(scope, pack);
            let packing = packing.map_err(|error| port_error("begin to pack", error))?;
            let written = pipe_reader.run(write);
            let packed = packing.join().unwrap_or_else(|panic| resume_unwind(panic));
            // Where writing failed, packing only failed because of that.
            written.and(packed)
        })
    }
}

impl Default for TarArchiver {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl Archiver for TarArchiver {
    fn pack(
        &self,
        request: &PackRequest<'_>,
        out: &mut dyn Write,
        progress: &dyn Progress,
    ) -> Result<PackReport, PortError> {
        self.pack_from(&System, request, out, progress)
    }

    fn check_selection(&self, selection: &Selection) -> Result<(), PatternError> {
        selection::check(selection)
    }

    fn is_there(&self, path: &Path) -> Option<bool> {
        match path.metadata() {
            Ok(_) => Some(true),
            Err(error) => {
                let is_missing = matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory);
                is_missing.then_some(false)
            }
        }
    }

    fn can_check(&self) -> bool {
        true
    }

    fn check(
        &self,
        archive: &mut dyn Read,
        ending: Ending,
        progress: &dyn Progress,
    ) -> Result<CheckReport, PortError> {
        check_archive(archive, ending, progress)
    }
}
