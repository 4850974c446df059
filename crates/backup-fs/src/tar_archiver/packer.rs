//! One pack under way: the walk, and what all kinds of entries share.

use std::collections::{HashMap, HashSet};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use backup_core::model::archive::{Finding, FindingKind, PackReport};
use backup_core::model::error::PortError;
use backup_core::ports::Progress;
use rustix::fs::FileType;
use tar::EntryType;

use super::body::{Body, cancelled, out_failed};
use super::cache::bring_in;
use super::dir_stack::SourceDirStack;
use super::header::Member;
use super::lease::Patience;
use super::links::Links;
use super::output::Output;
use super::path::EntryPath;
use super::selection::Selector;
use super::source::{OwnFolders, Source};
use crate::error::port_error;
use crate::posix::disk::Disk;
use crate::posix::owner_names::OwnerNames;
use crate::posix::stat::{Device, Identity, Meta};
use crate::posix::xattrs::{Attribute, AttributeReader, XattrSource};

/// One pack under way.
pub(super) struct Packer<'a> {
    pub(super) disk: &'a dyn Disk,
    pub(super) progress: &'a dyn Progress,
    pub(super) output: Output,
    pub(super) own: OwnFolders,
    pub(super) selector: Selector,
    pub(super) path: EntryPath,
    pub(super) links: Links,
    pub(super) report: PackReport,
    /// Where a small file is read before its header is written.
    pub(super) contents: Vec<u8>,
    /// The last file wasn't in memory.
    pub(super) is_cold: bool,
    /// What was brought into memory before its turn.
    pub(super) brought_in: HashSet<Identity>,
    /// What is left of the time to wait for files that others hold.
    pub(super) patience: Patience,
    /// The source, as failures name it.
    pub(super) shown: &'a str,
    /// Its path without links.
    pub(super) real: &'a Path,
    /// Whether the sizes and inode numbers of a device can be relied on.
    exact: HashMap<Device, bool>,
    owners: OwnerNames,
    attribute_reader: AttributeReader,
    headers: Vec<u8>,
}

impl<'a> Packer<'a> {
    pub(super) fn new(
        disk: &'a dyn Disk,
        progress: &'a dyn Progress,
        output: Output,
        own: OwnFolders,
        selector: Selector,
        source: &'a Source,
    ) -> Self {
        let mut report = PackReport::default();
        report.real_source = Some(source.real.clone());
        Self {
            disk,
            progress,
            output,
            own,
            selector,
            path: EntryPath::new(&source.member),
            links: Links::default(),
            report,
            contents: Vec::new(),
            is_cold: false,
            brought_in: HashSet::new(),
            owners: OwnerNames::default(),
            attribute_reader: AttributeReader::new(),
            headers: Vec::new(),
            patience: Patience::new(),
            shown: &source.shown,
            real: &source.real,
            exact: HashMap::new(),
        }
    }

    /// Packs the source and everything below it, each folder before what is in it.
    pub(super) fn run(mut self, source: &Source) -> Result<PackReport, PortError> {
        let mut levels = SourceDirStack::default();
        if let Some(folder) = self.entry(source.parent.as_fd(), &source.name)? {
            levels.push(folder, &self.path);
        }
        loop {
            self.look_ahead(&mut levels);
            let Some(next) = levels.next(self.disk, &mut self.path) else { break };
            let below = match next {
                Ok((folder, name)) => self.entry(folder, name)?,
                Err(error) => {
                    self.miss(error)?;
                    None
                }
            };
            if let Some(folder) = below {
                levels.push(folder, &self.path);
            }
        }
        self.output.finish().map_err(out_failed)?;
        Ok(self.report)
    }

    /// Has the next files read beside other work, while they are not in memory.
    fn look_ahead(&mut self, levels: &mut SourceDirStack) {
        if self.is_cold {
            levels.look_ahead(&mut |folder, name| {
                if !self.selector.may_be_mount_point(name) {
                    self.brought_in.extend(bring_in(self.disk, folder, name));
                }
            });
        }
    }

    /// Finds out whether the sizes and inode numbers on the disk of something open can be relied on.
    pub(super) fn learn_exact(&mut self, opened: BorrowedFd<'_>, meta: &Meta) -> bool {
        *self.exact.entry(meta.identity.device()).or_insert_with(|| self.disk.is_exact(opened))
    }

    /// Returns true when the sizes and inode numbers on an entry's disk are known to be reliable.
    pub(super) fn is_exact(&self, meta: &Meta) -> bool {
        self.exact.get(&meta.identity.device()).is_some_and(|exact| *exact)
    }

    /// Ends the pack when somebody asked for that.
    pub(super) fn check_cancelled(&self) -> Result<(), PortError> {
        if self.progress.is_cancelled() {
            return Err(cancelled(self.shown));
        }
        Ok(())
    }

    /// Adds a finding about the entry at hand.
    pub(super) fn note(&mut self, kind: FindingKind) {
        let finding = Finding { path: self.path.below_source().to_owned(), kind };
        self.progress.found(&finding);
        self.report.add(finding.path, finding.kind);
    }

    /// Goes on without the entry at hand, unless that is the source.
    pub(super) fn miss(&mut self, error: io::Error) -> Result<(), PortError> {
        // It may come of the cancel.
        self.check_cancelled()?;
        if self.path.is_source() {
            return Err(port_error(format!("read {}", self.shown), error));
        }
        let kind = match error.kind() {
            io::ErrorKind::NotFound => FindingKind::Vanished,
            _ => FindingKind::Unreadable(error.to_string()),
        };
        self.note(kind);
        Ok(())
    }

    /// Returns the extended attributes; none, and a finding, where they can't be read.
    pub(super) fn attributes(&mut self, holder: XattrSource<'_>) -> Vec<Attribute> {
        match self.attribute_reader.read(holder) {
            Ok(attributes) => attributes,
            Err(error) => {
                self.note(FindingKind::Unreadable(format!("extended attributes: {error}")));
                Vec::new()
            }
        }
    }

    /// Writes the headers of the entry at hand, up to where its contents begin.
    pub(super) fn write_header(
        &mut self,
        meta: &Meta,
        attributes: &[Attribute],
        body: Body<'_>,
    ) -> Result<(), PortError> {
        let (entry_type, link) = match body {
            Body::None | Body::Contents(_) | Body::Sparse(_) => (entry_type_of(meta.kind), &b""[..]),
            Body::SymbolicLink(target) => (EntryType::Symlink, target),
            Body::HardLink(member) => (EntryType::Link, member),
        };
        let (size_bytes, content_bytes, sparse_size) = match body {
            Body::Contents(bytes) => (bytes, bytes, None),
            Body::Sparse(map) => (map.stored_bytes(), map.data_bytes(), Some(map.size_bytes())),
            _ => (0, 0, None),
        };
        let mut path = self.path.member().to_vec();
        if entry_type == EntryType::Directory {
            path.push(b'/');
        }
        if let Err(error) = self.owners.learn(meta.uid, meta.gid) {
            self.note(FindingKind::Unreadable(format!("the names of its owners: {error}")));
        }
        let (user, group) = self.owners.names(meta.uid, meta.gid);
        self.headers.clear();
        let path = &path[..];
        Member {
            entry_type,
            path,
            link,
            size_bytes,
            sparse_size,
            sparse_name: None,
            meta,
            user,
            group,
            attributes,
        }
        .write_to(&mut self.headers);
        if let Body::Sparse(map) = body {
            self.headers.extend_from_slice(&map.text());
        }
        self.output.write(&self.headers).map_err(out_failed)?;
        self.report.entries += 1;
        self.report.content_bytes += content_bytes;
        Ok(())
    }
}

fn entry_type_of(kind: FileType) -> EntryType {
    match kind {
        FileType::RegularFile | FileType::Socket | FileType::Unknown => EntryType::Regular,
        FileType::Directory => EntryType::Directory,
        FileType::Symlink => EntryType::Symlink,
        FileType::Fifo => EntryType::Fifo,
        FileType::CharacterDevice => EntryType::Char,
        FileType::BlockDevice => EntryType::Block,
    }
}
