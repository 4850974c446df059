//! The headers before a header: PAX, and GNU's for long names.

use std::io::Read;

use super::body::Body;
use super::damage::{Fault, Place, ReadError};
use super::header::Header;
use super::input::Input;
use super::limits::{MAX_EXTENSION_BYTES, MAX_NAME_BYTES};
use super::member::{Member, MemberKind};
use super::old_sparse;
use super::pax::Pax;
use super::records::GlobalRecords;
use crate::posix::sparse::SparseMap;
use crate::posix::stat::Timestamp;

/// What was said of the next member so far.
#[derive(Debug, Default)]
pub(super) struct Extensions {
    records: Option<Vec<u8>>,
    records_offset: u64,
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
}

impl Extensions {
    /// Takes in the header and what follows it if it is such a one, and returns whether it was.
    pub(super) fn take<R: Read>(
        &mut self,
        header: &Header,
        input: &mut Input<R>,
        globals: &mut GlobalRecords,
    ) -> Result<bool, ReadError> {
        let wrong = |fault: Fault| fault.at(header.offset);
        match header.type_flag() {
            b'x' => {
                self.records_offset = header.offset;
                put(&mut self.records, bounded(header, input, MAX_EXTENSION_BYTES)?).map_err(wrong)?;
            }
            b'g' => globals.take(&bounded(header, input, MAX_EXTENSION_BYTES)?).map_err(wrong)?,
            b'L' => put(&mut self.path, long_name(header, input)?).map_err(wrong)?,
            b'K' => put(&mut self.link, long_name(header, input)?).map_err(wrong)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// At the trailer, nothing may be waiting for its member.
    pub(super) fn end(&self, offset: u64) -> Result<(), ReadError> {
        if self.records.is_some() || self.path.is_some() || self.link.is_some() {
            return Err(Fault::LostExtension.at(offset));
        }
        Ok(())
    }

    /// Returns the member of that header, whose headers begin at `start`, and where its contents stand.
    pub(super) fn member<R: Read>(
        self,
        header: &Header,
        input: &mut Input<R>,
        globals: &GlobalRecords,
        start: u64,
    ) -> Result<(Member, Body), ReadError> {
        let mut pax = Pax::of_all(globals).map_err(|fault| fault.at(start))?;
        let records = self.records.unwrap_or_default();
        pax.take(&records).map_err(|fault| fault.at(self.records_offset))?;
        let path = pax.sparse.name.take().or(pax.path.take()).or(self.path).unwrap_or_else(|| header.path());
        let path = name(path).map_err(|fault| fault.at(start))?;
        let link = pax.link.take().or(self.link).unwrap_or_else(|| header.link());
        let found = member(header, pax, input, start, (path.clone(), link));
        found.map_err(|error| error.locate(|| Place::In(path)))
    }
}

/// Puts the value where there must be none yet.
fn put(place: &mut Option<Vec<u8>>, value: Vec<u8>) -> Result<(), Fault> {
    if place.replace(value).is_some() { Err(Fault::DoubleExtension) } else { Ok(()) }
}

fn bounded<R: Read>(header: &Header, input: &mut Input<R>, limit: u64) -> Result<Vec<u8>, ReadError> {
    let size = header.size()?;
    if size > limit {
        return Err(Fault::LargeExtension.at(header.offset));
    }
    input.blocks(size)
}

/// Reads a long name, which ends with a NUL.
fn long_name<R: Read>(header: &Header, input: &mut Input<R>) -> Result<Vec<u8>, ReadError> {
    let mut name = bounded(header, input, MAX_NAME_BYTES as u64 + 1)?;
    while name.last() == Some(&0) {
        name.pop();
    }
    Ok(name)
}

fn name(name: Vec<u8>) -> Result<Vec<u8>, Fault> {
    match name.len() {
        0 => Err(Fault::NoName),
        _ if name.contains(&0) => Err(Fault::NulInName),
        1..=MAX_NAME_BYTES => Ok(name),
        _ => Err(Fault::LongName),
    }
}

fn member<R: Read>(
    header: &Header,
    mut pax: Pax,
    input: &mut Input<R>,
    start: u64,
    (path, link): (Vec<u8>, Vec<u8>),
) -> Result<(Member, Body), ReadError> {
    let kind = MemberKind::of(header.type_flag(), &path);
    let mut stored_bytes = stored_bytes(header, &pax, kind)?;
    let attributes = pax.take_attributes().map_err(|fault| fault.at(start))?;
    let mut member = Member {
        kind,
        mode: header.mode()?,
        uid: pax.uid.map_or_else(|| header.uid(), Ok)?,
        gid: pax.gid.map_or_else(|| header.gid(), Ok)?,
        user: pax.user.take().unwrap_or_else(|| header.user()),
        group: pax.group.take().unwrap_or_else(|| header.group()),
        modified: pax.modified.map_or_else(|| seconds(header), Ok)?,
        link: link_of(kind, link).map_err(|fault| fault.at(start))?,
        device: device(header, &pax, kind)?,
        acl_access: pax.acl_access.take(),
        acl_default: pax.acl_default.take(),
        attributes,
        size_bytes: stored_bytes,
        sparse: None,
        offset: start,
        contents_offset: 0,
        stored_bytes: 0,
        path,
    };
    let total_bytes = stored_bytes;
    member.sparse = sparse_map(header, pax, kind, input, &mut stored_bytes)?;
    if let Some(map) = &member.sparse {
        if map.data_bytes() != stored_bytes {
            return Err(Fault::SparseMap.at(start));
        }
        member.size_bytes = map.size_bytes();
    }
    member.stored_bytes = stored_bytes;
    member.contents_offset = input.offset();
    let body = Body::new(&member, total_bytes);
    Ok((member, body))
}

/// Returns how many bytes stand behind the header.
fn stored_bytes(header: &Header, pax: &Pax, kind: MemberKind) -> Result<u64, ReadError> {
    let size = pax.size_bytes.map_or_else(|| header.size(), Ok)?;
    if i64::try_from(size).is_err() {
        return Err(Fault::Number("size").at(header.offset));
    }
    let may_have_contents = matches!(kind, MemberKind::File | MemberKind::Other(_));
    if size > 0 && !may_have_contents { Err(Fault::NoContents.at(header.offset)) } else { Ok(size) }
}

fn seconds(header: &Header) -> Result<Timestamp, ReadError> {
    Ok(Timestamp { seconds: header.mtime()?, nanos: 0 })
}

/// Only a link leads anywhere, whatever else is in the field.
fn link_of(kind: MemberKind, link: Vec<u8>) -> Result<Vec<u8>, Fault> {
    match kind {
        MemberKind::Symlink | MemberKind::HardLink => name(link),
        _ => Ok(Vec::new()),
    }
}

/// Only a device has a number, whatever else is in the field.
fn device(header: &Header, pax: &Pax, kind: MemberKind) -> Result<(u32, u32), ReadError> {
    if !matches!(kind, MemberKind::CharDevice | MemberKind::BlockDevice) {
        return Ok((0, 0));
    }
    match (pax.device_major, pax.device_minor) {
        (Some(major), Some(minor)) => Ok((major, minor)),
        (major, minor) => {
            let (header_major, header_minor) = header.device()?;
            Ok((major.unwrap_or(header_major), minor.unwrap_or(header_minor)))
        }
    }
}

fn sparse_map<R: Read>(
    header: &Header,
    pax: Pax,
    kind: MemberKind,
    input: &mut Input<R>,
    stored_bytes: &mut u64,
) -> Result<Option<SparseMap>, ReadError> {
    match (header.type_flag() == b'S', pax.sparse.is_used()) {
        (false, false) => Ok(None),
        (true, false) => old_sparse::read(header, input).map(Some),
        (false, true) if kind == MemberKind::File => pax.sparse.map(input, stored_bytes).map(Some),
        (_, true) => Err(Fault::SparseMap.at(header.offset)),
    }
}
