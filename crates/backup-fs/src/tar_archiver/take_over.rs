//! Takes over entries that haven't changed, a stretch of neighbours at a time.

use std::ops::Range;

use backup_core::model::error::PortError;
use rustix::fs::FileType;

use super::body::write_failed;
use super::header::{lengthened, write_padding};
use super::packer::Packer;
use super::reuse::{Reuse, Stretch, is_unchanged};
use crate::catalog::CatalogMember;
use crate::posix::stat::Meta;
use crate::tar_reader::MemberKind;

/// A stretch of fewer blocks gets no padding.
const LONG_BLOCKS: u64 = 4;

impl Packer<'_> {
    /// Takes the current entry over from the earlier archive, if it is unchanged. Returns whether it was taken over.
    ///
    /// `first` is the member that a hard link leads to.
    pub(super) fn take_over(&mut self, meta: &Meta, first: Option<&[u8]>) -> Result<bool, PortError> {
        if self.reuse.is_none() || !self.is_exact(meta) || self.owners.learn(meta.uid, meta.gid).is_err() {
            return Ok(false);
        }
        let Some(reuse) = &mut self.reuse else { return Ok(false) };
        let before = reuse.before;
        let Some(member) = reuse.find(self.path.member()) else { return Ok(false) };
        let leads_there = match first {
            Some(first) => member.kind == MemberKind::HardLink && member.link == first,
            None => member.kind != MemberKind::HardLink,
        };
        let (user, group) = self.owners.names(meta.uid, meta.gid);
        let has_owners = member.user == user.as_bytes() && member.group == group.as_bytes();
        if !leads_there || !has_owners || !is_unchanged(member, meta, before) {
            return Ok(false);
        }
        self.count_taken_over(meta, first.is_some());
        self.extend_stretch()?;
        Ok(true)
    }

    /// Reports an entry that is taken over as if it had been read.
    fn count_taken_over(&mut self, meta: &Meta, is_link: bool) {
        let Some(member) = self.reuse.as_ref().map(|reuse| &reuse.earlier.next) else { return };
        let (stored_bytes, sample) = (member.stored_bytes, member.looks_incompressible);
        self.report.entries += 1;
        self.report.content_bytes += stored_bytes;
        self.report.taken_over_entries += 1;
        self.progress.packed(self.path.below_source(), stored_bytes);
        if is_link {
            return;
        }
        if meta.kind == FileType::RegularFile {
            self.see_sampled(meta, meta.size_bytes, sample);
        }
        self.links.remember(meta, None, self.path.member());
    }

    /// Adds the next member of the earlier archive to the stretch that is taken over.
    fn extend_stretch(&mut self) -> Result<(), PortError> {
        if self.reuse.as_ref().is_some_and(Reuse::is_apart) {
            self.end_stretch()?;
        }
        let Some(reuse) = &mut self.reuse else { return Ok(()) };
        reuse.earlier.has_next = false;
        let (member, number) = (&mut reuse.earlier.next, reuse.earlier.number);
        let end = member.end();
        let stretch = reuse.stretch.get_or_insert_with(|| Stretch {
            part: member.offset..member.offset,
            last: number,
            at: None,
            waiting: Vec::new(),
        });
        (stretch.part.end, stretch.last) = (end, number);
        match stretch.at {
            Some(at) => {
                moved(member, stretch.part.start, at);
                self.catalog.add(member);
            }
            None => stretch.waiting.push(member.clone()),
        }
        let is_long = stretch.part.end - stretch.part.start >= LONG_BLOCKS * reuse.block_bytes;
        if stretch.at.is_none() && is_long {
            self.place_stretch(true)?;
        }
        Ok(())
    }

    /// Decides where the stretch will be: here, behind padding if that makes sense.
    fn place_stretch(&mut self, is_padded: bool) -> Result<(), PortError> {
        let Some(reuse) = &mut self.reuse else { return Ok(()) };
        let Some(from) = reuse.stretch.as_ref().map(|stretch| stretch.part.start) else { return Ok(()) };
        if is_padded && let Some((missing, block)) = reuse.padding(from, self.output.position()) {
            self.pad(missing, block)?;
        }
        let Some(reuse) = &mut self.reuse else { return Ok(()) };
        let at = self.output.position();
        let Some(stretch) = &mut reuse.stretch else { return Ok(()) };
        stretch.at = Some(at);
        for mut member in stretch.waiting.drain(..) {
            moved(&mut member, stretch.part.start, at);
            self.catalog.add(&member);
        }
        Ok(())
    }

    /// Returns by how much the headers at hand must be longer so that what follows them can share the blocks of what begins there in
    /// the earlier archive.
    pub(super) fn padding_behind_headers(&self, earlier: Option<u64>) -> Option<(usize, usize)> {
        let end = self.output.position() + self.headers.len() as u64;
        match (&self.reuse, &self.likeness) {
            (Some(reuse), _) => reuse.padding(earlier?, end),
            (None, Some(likeness)) => likeness.padding(earlier?, end),
            (None, None) => None,
        }
    }

    /// Moves what comes next on by so many bytes: in the headers of the member before, if it is still at hand, or else by headers
    /// of their own, which take more.
    fn pad(&mut self, missing: usize, block: usize) -> Result<(), PortError> {
        if let Some(before) = self.catalog.pending()
            && before.end() == self.output.position()
            && let Some(headers) = lengthened(&self.headers, missing)
            && self.output.replace(before.end() - before.offset, self.headers.len(), &headers)
        {
            before.contents_offset += missing as u64;
            return Ok(());
        }
        let mut padding = Vec::new();
        write_padding(missing, block, &mut padding);
        self.output.write(&padding).map_err(write_failed)
    }

    /// Ends the stretch that is taken over, if there is one.
    pub(super) fn end_stretch(&mut self) -> Result<(), PortError> {
        let Some(reuse) = &mut self.reuse else { return Ok(()) };
        let Some(stretch) = &reuse.stretch else { return Ok(()) };
        if stretch.at.is_none() {
            self.place_stretch(false)?;
        }
        let stretch = self.reuse.as_mut().and_then(|reuse| reuse.stretch.take());
        stretch.map_or(Ok(()), |stretch| self.send_part(stretch.part))
    }

    /// Has the writing thread take over that part of the earlier archive.
    pub(super) fn send_part(&mut self, part: Range<u64>) -> Result<(), PortError> {
        let Some(reuse) = &self.reuse else { return Ok(()) };
        self.output.interrupt().map_err(write_failed)?;
        let bytes = part.end - part.start;
        reuse.sender.send(self.output.position(), part);
        self.report.taken_over_bytes += bytes;
        self.output.skip(bytes);
        Ok(())
    }
}

/// Moves a member from a stretch that begins at `from` to one that begins at `to`.
fn moved(member: &mut CatalogMember, from: u64, to: u64) {
    member.offset = member.offset - from + to;
    member.contents_offset = member.contents_offset - from + to;
}
