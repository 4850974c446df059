//! A healed archive: what is sound in a damaged one, and copies of what isn't. It reads like an archive that was never damaged.

use std::collections::HashMap;
use std::io::{self, Read, Seek, SeekFrom};

use backup_core::model::error::{Failure, PortError};
use backup_core::model::restore::LostEntry;
use backup_core::ports::ArchiveBytes;

use super::made_header::made_header;
use crate::buffer::seek::target_of;
use crate::catalog::{CatalogMember, comparable_catalog_of};
use crate::error::port_error;

const ACTION: &str = "heal an archive";

/// What ends an archive.
const END_BYTES: u64 = 1024;

type Other<'a> = (String, Box<dyn ArchiveBytes + 'a>);

/// The parts of a healed archive, in order.
pub(super) struct HealedArchive<'a> {
    archive: Box<dyn ArchiveBytes + 'a>,
    others: Vec<Other<'a>>,
    parts: Vec<Part>,
    position: u64,
}

/// Some bytes of a healed archive.
struct Part {
    /// Where they begin in it.
    at: u64,
    bytes: u64,
    from: Source,
}

enum Source {
    /// The damaged archive, from that byte on.
    Own(u64),
    /// Another archive by its number, from that byte on.
    Other(usize, u64),
    Made(Vec<u8>),
}

impl<'a> HealedArchive<'a> {
    /// Puts the archive together.
    ///
    /// # Errors
    /// A catalog can't be read to its end.
    pub(super) fn new(
        mut archive: Box<dyn ArchiveBytes + 'a>,
        mut others: Vec<Other<'a>>,
        lost: &[LostEntry],
    ) -> Result<Self, PortError> {
        let copies = copies(&mut others, lost)?;
        let lost: HashMap<_, _> = lost.iter().map(|entry| (entry.place, entry)).collect();
        let mut parts = Parts::default();
        each_member(&mut *archive, |member| match lost.get(&member.offset) {
            None => parts.add(member.end().saturating_sub(member.offset), Source::Own(member.offset)),
            Some(entry) if entry.is_healable() => parts.heal(member, entry, &copies),
            Some(_) => {}
        })?;
        Ok(Self { archive, others, parts: parts.0, position: 0 })
    }

    fn end(&self) -> u64 {
        self.parts.last().map_or(0, Part::end).saturating_add(END_BYTES)
    }
}

/// A copy of an entry in another archive.
struct Copy {
    number: usize,
    offset: u64,
    contents_offset: u64,
    end: u64,
}

/// Returns the copies of lost entries, by the places of these.
fn copies(others: &mut [Other<'_>], lost: &[LostEntry]) -> Result<HashMap<u64, Copy>, PortError> {
    let mut copies = HashMap::new();
    for (number, (file_name, other)) in others.iter_mut().enumerate() {
        let mut wanted: HashMap<u64, Vec<u64>> = HashMap::new();
        for entry in lost {
            if let Some(copy) = entry.copy.as_ref().filter(|copy| copy.archive == *file_name) {
                wanted.entry(copy.place).or_default().push(entry.place);
            }
        }
        each_member(&mut **other, |member| {
            for place in wanted.get(&member.offset).into_iter().flatten() {
                let (offset, contents_offset, end) = (member.offset, member.contents_offset, member.end());
                copies.insert(*place, Copy { number, offset, contents_offset, end });
            }
        })?;
    }
    Ok(copies)
}

fn each_member(
    archive: &mut dyn ArchiveBytes,
    mut show: impl FnMut(&CatalogMember),
) -> Result<(), PortError> {
    let catalog = comparable_catalog_of(archive);
    let catalog =
        catalog.ok_or_else(|| PortError::new(Failure::Other, ACTION).because("it has no catalog"))?;
    let (mut members, mut listed) = (catalog.into_members(), CatalogMember::default());
    while members.read_into(&mut listed).map_err(|error| port_error(ACTION, error))? {
        show(&listed);
    }
    Ok(())
}

#[derive(Default)]
struct Parts(Vec<Part>);

impl Parts {
    /// Appends bytes. What continues the part before becomes one with it.
    fn add(&mut self, bytes: u64, from: Source) {
        let last = self.0.last_mut();
        let at = last.as_ref().map_or(0, |last| last.end());
        match (last, &from) {
            _ if bytes == 0 => {}
            (Some(Part { from: Source::Own(start), bytes: before, .. }), Source::Own(offset))
                if start.checked_add(*before) == Some(*offset) =>
            {
                *before = before.saturating_add(bytes);
            }
            _ => self.0.push(Part { at, bytes, from }),
        }
    }

    /// Appends a lost entry.
    fn heal(&mut self, member: &CatalogMember, entry: &LostEntry, copies: &HashMap<u64, Copy>) {
        let copy = copies.get(&entry.place);
        let is_whole = entry.copy.as_ref().is_some_and(|copy| copy.is_whole);
        if let Some(copy) = copy.filter(|_| is_whole) {
            return self.add(copy.end.saturating_sub(copy.offset), Source::Other(copy.number, copy.offset));
        }
        if entry.needs_copy && copy.is_none() {
            return;
        }
        let header_bytes = member.contents_offset.saturating_sub(member.offset);
        match entry.description {
            None => self.add(header_bytes, Source::Own(member.offset)),
            Some(_) => {
                let made = made_header(member);
                self.add(made.len() as u64, Source::Made(made));
            }
        }
        let contents_bytes = member.end().saturating_sub(member.contents_offset);
        match copy.filter(|_| entry.contents.is_some()) {
            Some(copy) => self.add(contents_bytes, Source::Other(copy.number, copy.contents_offset)),
            None => self.add(contents_bytes, Source::Own(member.contents_offset)),
        }
    }
}

impl Part {
    fn end(&self) -> u64 {
        self.at.saturating_add(self.bytes)
    }
}

fn read_at(source: &mut dyn ArchiveBytes, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    source.seek(SeekFrom::Start(offset))?;
    source.read(buffer)
}

impl Read for HealedArchive<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let number = self.parts.partition_point(|part| part.end() <= self.position);
        let (end, position) = (self.end(), self.position);
        let read = match self.parts.get(number) {
            None => {
                let left = usize::try_from(end.saturating_sub(position)).unwrap_or(usize::MAX);
                let most = left.min(buffer.len());
                buffer[..most].fill(0);
                most
            }
            Some(part) => {
                let done = position - part.at;
                let left = usize::try_from(part.bytes - done).unwrap_or(usize::MAX);
                let most = left.min(buffer.len());
                let buffer = &mut buffer[..most];
                match &part.from {
                    Source::Own(offset) => read_at(&mut *self.archive, offset.saturating_add(done), buffer)?,
                    Source::Other(number, offset) => {
                        read_at(&mut *self.others[*number].1, offset.saturating_add(done), buffer)?
                    }
                    Source::Made(bytes) => {
                        let start = usize::try_from(done).map_err(io::Error::other)?;
                        buffer.copy_from_slice(&bytes[start..start + most]);
                        most
                    }
                }
            }
        };
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for HealedArchive<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = target_of(to, self.position, Some(self.end()));
        self.position = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

impl ArchiveBytes for HealedArchive<'_> {}
