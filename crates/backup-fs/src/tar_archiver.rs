//! The archiver that packs a folder or a file into plain tar.

mod ahead;
mod at_once;
mod body;
#[cfg(test)]
mod both;
mod budget;
mod cache;
mod catalog;
mod compare;
mod contents;
mod dir_stack;
mod earlier;
mod entry;
mod exactness;
#[cfg(test)]
mod fault_injection;
mod findings;
mod header;
mod large;
mod later_catalog;
mod lease;
mod likeness;
mod links;
mod look;
mod member_check;
mod mount_point;
mod mounts;
mod output;
mod packer;
mod path;
mod pax;
mod pieces;
mod reuse;
mod scout;
mod scouted;
mod scouts;
mod seen_contents;
mod selection;
mod source;
mod sparse;
mod staged;
mod stretch_channel;
mod take_over;
mod throttle;
mod ustar;
mod walk;

use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use backup_core::model::archive::{
    BackupName, CheckReport, DamagedMembers, MemberCheck, PackReport, PatternError, Selection,
};
use backup_core::model::error::{Failure, PortError};
use backup_core::ports::{
    ArchiveBytes, Archiver, EndCheck, PackRequest, PackTarget, Progress, SeekableBytes, StagedFile,
};

use self::later_catalog::write_catalog;
use self::member_check::check_members;
use self::packer::Depth;
use self::selection::Selector;
use self::source::{ReservedDirs, Source};
use self::staged::StagedInHome;
pub use self::throttle::Throttle;
use self::walk::{Terms, walk};
use crate::catalog::{examine, is_whole_catalog};
use crate::home::layout::Home;
use crate::posix::disk::{Disk, System};
use crate::tar_reader::check_archive;
use crate::tar_reader::path::path_of;

/// Packs a folder or a file into a tar archive that stock `tar` can read.
///
/// Members are named after the last component of the source's path, as `tar -C parent -c name` names them: `docs/`,
/// `docs/letter.txt`. PAX records store what plain tar can't hold. Holes of sparse files are kept.
///
/// A second thread walks the source and reads it, ahead of the writer by at most 16 MiB. On a machine with several cores,
/// further threads open and read small files before it comes to them, by at most 8 MiB. The archive is the same with any number
/// of them. [`Progress`] reports what was read, and memory doesn't grow with the tree, apart from the names in the folders that
/// the walk is in. Data that wasn't in the page cache before isn't there afterwards.
///
/// Not promised: access and change times.
#[derive(Debug, Clone, Default)]
pub struct TarArchiver {
    reserved_paths: Vec<PathBuf>,
    home: Option<Home>,
}

impl TarArchiver {
    /// Returns an archiver that excludes `reserved_paths` wherever they appear in a source, and refuses a source
    /// inside one of them.
    ///
    /// The paths may be folders or files. They are recognized by device and inode when a pack starts. Paths that
    /// don't exist then are ignored.
    #[must_use]
    pub fn new(reserved_paths: Vec<PathBuf>) -> Self {
        Self { reserved_paths, home: None }
    }

    /// Returns an archiver that excludes the reserved folders of a home, even if the home has moved by the time of
    /// the pack.
    #[must_use]
    pub fn for_home(home: &Home) -> Self {
        Self { home: Some(home.clone()), ..Self::default() }
    }

    /// Returns the same archiver, which also excludes that file.
    #[must_use]
    pub fn excluding(mut self, file: PathBuf) -> Self {
        self.reserved_paths.push(file);
        self
    }

    fn pack_from(
        &self,
        disk: &dyn Disk,
        request: &PackRequest<'_>,
        out: &mut dyn PackTarget,
        progress: &dyn Progress,
    ) -> Result<PackReport, PortError> {
        self.walk(disk, request, Depth::Contents, out, progress)
    }

    /// Walks the source. A walk to the headers alone writes no archive, but only what it would begin with.
    fn walk(
        &self,
        disk: &dyn Disk,
        request: &PackRequest<'_>,
        depth: Depth,
        out: &mut dyn PackTarget,
        progress: &dyn Progress,
    ) -> Result<PackReport, PortError> {
        let throttle = request.max_rate.map(|rate| Throttle::new(progress, rate));
        let progress = throttle.as_ref().map_or(progress, |throttle| throttle);
        let selector = Selector::new(request.selection)?;
        let reserved = ReservedDirs::find(&self.reserved_paths, self.home.as_ref());
        let source = Source::find(request.source, &reserved)?;
        let selector = selector.for_source(&source.real);
        let since = request.changed_since;
        let terms = Terms { depth, since, base_began: request.base_began };
        walk(disk, &source, (selector, reserved), terms, out, progress)
    }
}

impl Archiver for TarArchiver {
    fn pack(
        &self,
        request: &PackRequest<'_>,
        out: &mut dyn PackTarget,
        progress: &dyn Progress,
    ) -> Result<PackReport, PortError> {
        self.pack_from(&System, request, out, progress)
    }

    fn survey(&self, request: &PackRequest<'_>, progress: &dyn Progress) -> Result<PackReport, PortError> {
        self.walk(&System, request, Depth::Headers, &mut io::sink(), progress)
    }

    fn can_stage(&self) -> bool {
        self.home.is_some()
    }

    fn stage(&self, owner: &BackupName, name: &str) -> Result<Box<dyn StagedFile + '_>, PortError> {
        let Some(home) = &self.home else {
            return Err(
                PortError::new(Failure::Other, "pack what a command prints").because("there is no home")
            );
        };
        Ok(Box::new(StagedInHome::begin(&home.own(Home::BACKUPS), owner, name)?))
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
        end_check: EndCheck,
        progress: &dyn Progress,
    ) -> Result<CheckReport, PortError> {
        check_archive(archive, end_check, progress)
    }

    fn check_members(
        &self,
        archive: &mut dyn Read,
        catalog: &mut dyn SeekableBytes,
        end_check: EndCheck,
        progress: &dyn Progress,
    ) -> Result<(CheckReport, Option<MemberCheck>), PortError> {
        check_members(archive, catalog, end_check, progress)
    }

    fn damaged_members(
        &self,
        archive: &mut dyn ArchiveBytes,
        progress: &dyn Progress,
    ) -> Result<Option<DamagedMembers>, PortError> {
        let mut damaged = DamagedMembers::default();
        let examined = examine(archive, progress, &|_| true, &mut |member, state| {
            (!state.is_sound()).then(|| damaged.add(path_of(&member.path)));
        })?;
        Ok(examined.then_some(damaged))
    }

    fn write_catalog(
        &self,
        archive: &mut dyn Read,
        out: &mut dyn Write,
        progress: &dyn Progress,
    ) -> Result<u64, PortError> {
        write_catalog(archive, out, progress)
    }

    fn is_catalog(&self, catalog: &mut dyn SeekableBytes) -> bool {
        is_whole_catalog(catalog)
    }
}
