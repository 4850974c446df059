//! The state of a running pack, and the walk over the source.

use std::collections::{HashMap, HashSet};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use backup_core::model::archive::{FindingKind, PackReport, SourceProfile};
use backup_core::model::error::PortError;
use backup_core::ports::Progress;
use backup_core::time::Moment;
use tar::EntryType;

use super::body::{Body, cancelled, write_failed};
use super::cache::prefetch;
use super::catalog::{MemberCatalog, catalog_member};
use super::dir_stack::SourceDirStack;
use super::header::{Member, entry_type_of};
use super::lease::LeaseBudget;
use super::links::Links;
use super::output::Output;
use super::path::EntryPath;
use super::reuse::Reuse;
use super::selection::Selector;
use super::source::{ReservedDirs, Source};
use crate::posix::disk::Disk;
use crate::posix::owner_names::OwnerNames;
use crate::posix::stat::{Device, Identity, Meta, Timestamp};
use crate::posix::xattrs::{Attribute, AttributeReader};

/// How far a pack reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// Files are opened, but not read. What is written is no archive, but counts as one.
    Headers,
    /// Everything is read.
    Contents,
}

/// A running pack.
pub(super) struct Packer<'a> {
    pub(super) disk: &'a dyn Disk,
    pub(super) progress: &'a dyn Progress,
    pub(super) depth: Depth,
    pub(super) output: Output,
    pub(super) reserved: ReservedDirs,
    pub(super) selector: Selector,
    pub(super) path: EntryPath,
    pub(super) links: Links,
    pub(super) report: PackReport,
    /// The buffer for a small file, which is read before its header is written.
    pub(super) contents: Vec<u8>,
    /// Whether the last file wasn't in memory.
    pub(super) is_cold: bool,
    /// The files that were loaded before their turn.
    pub(super) prefetched: HashSet<Identity>,
    /// The remaining time to wait for files under a lease.
    pub(super) lease_budget: LeaseBudget,
    /// The source as error messages show it.
    pub(super) shown: &'a str,
    /// The source's path without symbolic links.
    pub(super) real: &'a Path,
    /// The catalog of what is stored.
    pub(super) catalog: MemberCatalog,
    /// What is taken over of an earlier archive, if there is one.
    pub(super) reuse: Option<Reuse<'a>>,
    /// Whether nothing was found about the current entry.
    pub(super) is_certain: bool,
    /// Since when files count as changed.
    pub(super) changed_since: Option<Timestamp>,
    /// Whether sizes and inode numbers are reliable, for each device.
    exact: HashMap<Device, bool>,
    pub(super) owners: OwnerNames,
    pub(super) attribute_reader: AttributeReader,
    /// The headers of the last member that was written.
    pub(super) headers: Vec<u8>,
}

impl<'a> Packer<'a> {
    pub(super) fn new(
        disk: &'a dyn Disk,
        progress: &'a dyn Progress,
        output: Output,
        reserved: ReservedDirs,
        selector: Selector,
        source: &'a Source,
    ) -> Self {
        let mut report = PackReport::default();
        report.real_source = Some(source.real.clone());
        Self {
            disk,
            progress,
            depth: Depth::Contents,
            output,
            reserved,
            selector,
            path: EntryPath::new(&source.member),
            links: Links::default(),
            report,
            contents: Vec::new(),
            is_cold: false,
            prefetched: HashSet::new(),
            owners: OwnerNames::default(),
            attribute_reader: AttributeReader::new(),
            headers: Vec::new(),
            lease_budget: LeaseBudget::new(),
            shown: &source.shown,
            real: &source.real,
            catalog: MemberCatalog::none(),
            reuse: None,
            is_certain: true,
            changed_since: None,
            exact: HashMap::new(),
        }
    }

    /// Returns the same packer, which reads that far.
    pub(super) fn to(self, depth: Depth) -> Self {
        Self { depth, ..self }
    }

    /// Returns the same packer, which takes over what is unchanged of an earlier archive.
    pub(super) fn reusing(self, reuse: Option<Reuse<'a>>) -> Self {
        Self { reuse, ..self }
    }

    /// Returns the same packer, which writes that catalog.
    pub(super) fn with(self, catalog: MemberCatalog) -> Self {
        Self { catalog, ..self }
    }

    /// Returns the same packer, which reports what it sees of the files, if it reads them. Those that are newer than that moment
    /// count as changed.
    pub(super) fn since(mut self, moment: Option<Moment>) -> Self {
        let since = |moment: Moment| Timestamp {
            seconds: moment.timestamp(),
            nanos: moment.timestamp_subsec_nanos().min(999_999_999),
        };
        self.changed_since = moment.map(since);
        let reads = self.depth == Depth::Contents;
        self.report.profile = reads.then(|| SourceProfile::begin(moment.is_some()));
        self
    }

    /// Packs the source and everything below it. Each folder comes before its entries.
    pub(super) fn run(mut self, source: &Source) -> Result<PackReport, PortError> {
        let mut levels = SourceDirStack::default();
        if let Some(folder) = self.entry(source.parent.as_fd(), &source.name)? {
            levels.push(folder, &self.path);
        }
        loop {
            self.prefetch_next(&mut levels);
            let Some(next) = levels.next(self.disk, &mut self.path) else { break };
            let below = match next {
                Ok((folder, name)) => self.entry(folder, name)?,
                Err(error) => {
                    self.skip(error)?;
                    None
                }
            };
            if let Some(folder) = below {
                levels.push(folder, &self.path);
            }
        }
        self.end_stretch()?;
        self.catalog.finish();
        self.output.finish().map_err(write_failed)?;
        Ok(self.report)
    }

    /// Prefetches the next files while files aren't in memory.
    fn prefetch_next(&mut self, levels: &mut SourceDirStack) {
        if self.is_cold {
            levels.prefetch_next(&mut |folder, name| {
                if !self.selector.may_be_mount_point(name) {
                    self.prefetched.extend(prefetch(self.disk, folder, name));
                }
            });
        }
    }

    /// Determines whether sizes and inode numbers are reliable on the disk of an open file.
    pub(super) fn learn_exact(&mut self, opened: BorrowedFd<'_>, meta: &Meta) -> bool {
        let device = meta.identity.device();
        if let Some(exact) = self.exact.get(&device) {
            return *exact;
        }
        let exact = self.disk.is_exact(opened);
        if exact && self.catalog.is_kept() {
            // A program can change a page that it has mapped without a new change time, as long as an earlier change of it isn't
            // written out.
            self.disk.write_out(opened);
        }
        self.exact.insert(device, exact);
        exact
    }

    /// Returns whether the sizes and inode numbers on an entry's disk are known to be reliable.
    pub(super) fn is_exact(&self, meta: &Meta) -> bool {
        self.exact.get(&meta.identity.device()).is_some_and(|exact| *exact)
    }

    /// Returns an error if the pack was cancelled.
    pub(super) fn check_cancelled(&self) -> Result<(), PortError> {
        if self.progress.is_cancelled() {
            return Err(cancelled(self.shown));
        }
        Ok(())
    }

    /// Writes the headers of the current entry, and the map of a sparse file.
    pub(super) fn write_header(
        &mut self,
        meta: &Meta,
        attributes: &[Attribute],
        body: Body<'_>,
    ) -> Result<(), PortError> {
        self.write_header_in_phase(meta, attributes, body, None)
    }

    /// As [`write_header`](Self::write_header). What follows it gets an offset from which it can share the blocks of what begins
    /// there in the earlier archive.
    pub(super) fn write_header_in_phase(
        &mut self,
        meta: &Meta,
        attributes: &[Attribute],
        body: Body<'_>,
        earlier: Option<u64>,
    ) -> Result<(), PortError> {
        self.end_stretch()?;
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
        let header = Member {
            entry_type,
            path: &path,
            link,
            size_bytes,
            sparse_size,
            sparse_name: None,
            meta,
            user,
            group,
            attributes,
        };
        self.headers.clear();
        header.write_to(&mut self.headers);
        if let Some(padding) = self.padding_behind_headers(earlier) {
            self.headers.clear();
            header.write_padded(padding, &mut self.headers);
        }
        if let Body::Sparse(map) = body {
            self.headers.extend_from_slice(&map.text());
        }
        let is_certain = self.is_certain && self.is_exact(meta);
        let offset = self.output.position();
        let contents = (offset + self.headers.len() as u64, content_bytes);
        self.catalog.begin(|| catalog_member(&header, offset, contents, is_certain));
        self.output.write(&self.headers).map_err(write_failed)?;
        self.report.entries += 1;
        self.report.content_bytes += content_bytes;
        self.progress.packed(self.path.below_source(), content_bytes);
        Ok(())
    }
}
