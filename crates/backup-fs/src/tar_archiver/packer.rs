//! The state of a running pack, and the walk over the source.

use std::collections::{HashMap, HashSet};
use std::mem::take;
use std::os::fd::AsFd;
use std::path::Path;

use backup_core::model::archive::{FindingKind, PackReport, SourceProfile};
use backup_core::model::error::PortError;
use backup_core::ports::Progress;
use backup_core::time::Moment;
use tar::EntryType;

use super::body::{Body, cancelled, write_failed};
use super::catalog::{MemberCatalog, become_member};
use super::dir_stack::{Next, SourceDirStack};
use super::header::Member;
use super::lease::LeaseBudget;
use super::likeness::{EarlierPlace, Likeness};
use super::links::Links;
use super::output::Output;
use super::path::EntryPath;
use super::reuse::Reuse;
use super::scout::Scout;
use super::scouts::Scouts;
use super::selection::Selector;
use super::source::{ReservedDirs, Source};
use crate::catalog::ContentDigest;
use crate::posix::disk::Disk;
use crate::posix::names::Named;
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
    /// The digest of what is in the buffer, if a scout has computed it.
    pub(super) found_digest: Option<ContentDigest>,
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
    /// What may be the same in an earlier archive, if everything is read and compared.
    pub(super) likeness: Option<Likeness<'a>>,
    /// Looks at entries before their turn, as others do meanwhile.
    pub(super) scout: Option<Scout<'a>>,
    /// Whether nothing was found about the current entry.
    pub(super) is_certain: bool,
    /// Since when files count as changed.
    pub(super) changed_since: Option<Timestamp>,
    /// Whether sizes and inode numbers are reliable, for each device.
    pub(super) exact: HashMap<Device, bool>,
    /// The device that was asked for last.
    pub(super) last_exact: Option<(Device, bool)>,
    pub(super) owners: OwnerNames,
    pub(super) attribute_reader: AttributeReader,
    /// The headers of the last member that was written.
    pub(super) headers: Vec<u8>,
    /// The memory for the path in a header.
    header_path: Vec<u8>,
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
            found_digest: None,
            is_cold: false,
            prefetched: HashSet::new(),
            owners: OwnerNames::default(),
            attribute_reader: AttributeReader::new(),
            headers: Vec::new(),
            header_path: Vec::new(),
            lease_budget: LeaseBudget::new(),
            shown: &source.shown,
            real: &source.real,
            catalog: MemberCatalog::none(),
            reuse: None,
            likeness: None,
            scout: None,
            is_certain: true,
            changed_since: None,
            exact: HashMap::new(),
            last_exact: None,
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

    /// Returns the same packer, which says what may be the same in an earlier archive.
    pub(super) fn comparing(self, likeness: Option<Likeness<'a>>) -> Self {
        Self { likeness, ..self }
    }

    /// Returns the same packer, which is helped by scouts.
    pub(super) fn helped_by(self, scouts: Option<&'a Scouts>) -> Self {
        let scout = scouts.map(|scouts| Scout::new(scouts, self.disk, self.progress));
        Self { scout, ..self }
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
        let first = Next { folder: source.parent.as_fd(), named: Named::unknown(&source.name), found: None };
        if let Some(folder) = self.entry(first)? {
            levels.push(folder, &self.path);
        }
        loop {
            self.prefetch_next(&mut levels);
            self.look_ahead(&mut levels);
            let next = levels.next(self.disk, &mut self.path, self.scout.as_mut());
            let Some(next) = next else { break };
            let below = match next {
                Ok(next) => self.entry(next)?,
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
        let (entry_type, link) = body.entry_type(meta.kind);
        let (size_bytes, content_bytes, sparse_size) = body.sizes();
        let place = self.find_earlier(meta, content_bytes);
        // Behind the headers of a file with holes comes its map.
        let padded = place.as_ref().filter(|_| sparse_size.is_none());
        let earlier = earlier.or_else(|| padded.and_then(EarlierPlace::worth_padding));
        let mut path = take(&mut self.header_path);
        path.clear();
        path.extend_from_slice(self.path.member());
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
        if let Some(place) = place {
            self.expect_same(place);
        }
        let is_certain = self.is_certain && self.is_exact(meta);
        let offset = self.output.position();
        let contents = (offset + self.headers.len() as u64, content_bytes);
        self.catalog.begin(|member| become_member(member, &header, offset, contents, is_certain));
        self.header_path = path;
        self.output.write(&self.headers).map_err(write_failed)?;
        self.report.entries += 1;
        self.report.content_bytes += content_bytes;
        self.progress.packed(self.path.below_source(), content_bytes);
        Ok(())
    }
}
