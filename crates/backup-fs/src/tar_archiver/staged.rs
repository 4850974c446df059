//! A file that is written to a scratch folder before it is packed, because its length has to be known first.

use std::ffi::{CString, OsStr};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;

use backup_core::model::archive::{BackupName, PackReport, Selection};
use backup_core::model::error::PortError;
use backup_core::ports::{PackTarget, Progress, StagedFile};
use rustix::fs::{Mode, OFlags, openat};

use super::packer::Depth;
use super::selection::Selector;
use super::source::{ReservedDirs, Source};
use super::walk::{Terms, walk};
use crate::error::port_error;
use crate::home::own_dir::OwnDir;
use crate::posix::disk::System;
use crate::store::scratch_dir::{Purpose, ScratchDir};

/// A file in a scratch folder beside the backups. It is removed with the folder.
pub(super) struct StagedInHome {
    scratch: ScratchDir,
    name: CString,
    file: File,
    /// The name of the file, for messages.
    shown: String,
}

impl StagedInHome {
    /// Begins the file of that name, for a backup.
    pub(super) fn begin(backups: &OwnDir, owner: &BackupName, name: &str) -> Result<Self, PortError> {
        let failed =
            |error: io::Error| port_error(format!("keep {name} in {}", backups.path().display()), error);
        let scratch =
            backups.make().and_then(|folder| ScratchDir::make(folder, owner.as_str(), Purpose::Staging));
        let scratch = scratch.map_err(failed)?;
        let c_name = CString::new(name).map_err(|error| failed(error.into()))?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(&scratch, &*c_name, flags, Mode::RUSR | Mode::WUSR);
        let file = File::from(file.map_err(|errno| failed(errno.into()))?);
        Ok(Self { scratch, name: c_name, file, shown: name.to_owned() })
    }

    fn source(&self) -> io::Result<Source> {
        Ok(Source {
            parent: self.scratch.as_fd().try_clone_to_owned()?,
            name: self.name.clone(),
            member: self.name.to_bytes().to_vec(),
            shown: self.shown.clone(),
            real: self.scratch.path().join(OsStr::new(&self.shown)),
        })
    }
}

impl Write for StagedInHome {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl StagedFile for StagedInHome {
    fn pack(
        self: Box<Self>,
        out: &mut dyn PackTarget,
        progress: &dyn Progress,
    ) -> Result<PackReport, PortError> {
        let source = self.source().map_err(|error| port_error(format!("read {}", self.shown), error))?;
        let left_out =
            (Selector::new(&Selection::default())?.for_source(&source.real), ReservedDirs::find(&[], None));
        let terms = Terms { depth: Depth::Contents, since: None, base_began: None };
        let mut report = walk(&System, &source, left_out, terms, out, progress)?;
        // The scratch folder is nobody's source.
        report.real_source = None;
        Ok(report)
    }
}
