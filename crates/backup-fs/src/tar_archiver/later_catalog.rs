//! The catalog of an archive that is finished, read from the archive alone.

use std::io::{self, Read, Write};

use backup_core::model::error::{Failure, PortError};
use backup_core::ports::Progress;

use super::cache::SMALL_FILE_BYTES;
use super::catalog::LargeDigester;
use crate::catalog::{CatalogMember, CatalogWriter, MAX_PIECES};
use crate::error::port_error;
use crate::posix::sparse::SparseMap;
use crate::tar_reader::path::path_of;
use crate::tar_reader::{Member, MemberKind, ReadError, TarReader};

const ACTION: &str = "make the catalog of an archive";

/// How much of a file is read at once.
const READ_BYTES: usize = 256 * 1024;

/// The label that GNU tar gives to a volume. It is nothing in the archive.
const VOLUME_LABEL: MemberKind = MemberKind::Other(b'V');

/// Reads an archive to its end and writes its catalog. Returns how many members that has.
///
/// # Errors
/// As [`write_catalog`](backup_core::ports::Archiver::write_catalog).
pub(super) fn write_catalog(
    archive: &mut dyn Read,
    out: &mut dyn Write,
    progress: &dyn Progress,
) -> Result<u64, PortError> {
    let (mut reader, mut writer) = (TarReader::new(archive), CatalogWriter::new(out));
    let (mut buffer, mut members) = (vec![0; READ_BYTES], 0);
    look(progress)?;
    while let Some(member) = reader.next_member().map_err(read_failed)? {
        look(progress)?;
        if member.kind == VOLUME_LABEL {
            continue;
        }
        let is_file = member.kind == MemberKind::File;
        let digester = is_file.then(|| digester(&member));
        let mut member = CatalogMember::of(member);
        if let Some(digester) = digester {
            let digester = digest(&mut reader, digester, (&member.path, &mut buffer), progress)?;
            (member.digest, member.pieces) = digester.finish();
            let has_pieces = member.size_bytes > SMALL_FILE_BYTES && member.pieces.len() <= MAX_PIECES;
            if !has_pieces {
                member.pieces.clear();
            }
        }
        writer.add(&member).map_err(failed)?;
        members += 1;
    }
    writer.finish().map_err(failed)?;
    Ok(members)
}

/// Begins the digest of a file. A map without holes says nothing.
fn digester(member: &Member) -> LargeDigester {
    LargeDigester::new(member.sparse.as_ref().filter(|map: &&SparseMap| map.data_bytes() < map.size_bytes()))
}

/// Digests the contents of the file at hand.
fn digest<R: Read>(
    reader: &mut TarReader<R>,
    mut digester: LargeDigester,
    (path, buffer): (&[u8], &mut [u8]),
    progress: &dyn Progress,
) -> Result<LargeDigester, PortError> {
    let mut contents = reader.contents();
    loop {
        contents.pass_hole();
        match contents.read(buffer).map_err(failed)? {
            0 => return Ok(digester),
            read => {
                digester.update(&buffer[..read]);
                progress.advanced(&path_of(path), read as u64);
            }
        }
        look(progress)?;
    }
}

fn look(progress: &dyn Progress) -> Result<(), PortError> {
    if progress.is_cancelled() {
        return Err(PortError::new(Failure::Interrupted, ACTION).because("it was interrupted"));
    }
    Ok(())
}

fn read_failed(error: ReadError) -> PortError {
    PortError::new(error.failure(), ACTION).because(error)
}

/// Returns the error of contents or of the catalog.
fn failed(error: io::Error) -> PortError {
    match error.get_ref().and_then(|cause| cause.downcast_ref::<ReadError>()) {
        Some(cause) => read_failed(cause.clone()),
        None => port_error(ACTION, error),
    }
}
