//! The promises of [`Archiver`] about catalogs that archives get later. One that makes none has nothing to promise.

use std::io::{self, Cursor, Write};

use super::cancelled::Cancelled;
use super::pack_place::PackPlace;
use super::promise::{promise, same, works};
use crate::model::error::Failure;
use crate::ports::{Archiver, PackRequest, SilentProgress};

/// Fails each write.
struct FullDisk;

impl Write for FullDisk {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(super) fn an_archive_can_get_a_catalog(place: &PackPlace) {
    let (archiver, mut archive, mut catalog) = (&*place.archiver, Vec::new(), Vec::new());
    let packed = archiver.pack(&PackRequest::all_of(&place.source), &mut archive, &SilentProgress);
    let packed = works(packed, "a source that is there can be packed");
    match archiver.write_catalog(&mut &archive[..], &mut catalog, &SilentProgress) {
        Err(error) if error.failure == Failure::Other => return,
        entries => {
            let entries = works(entries, "an archive that was just packed can get a catalog");
            same(&entries, &packed.entries, "a catalog has every entry");
        }
    }
    promise(is_catalog(archiver, &catalog), "what was written is a catalog", &catalog.len());
    for length in [0, catalog.len() / 2, catalog.len() - 1] {
        promise(!is_catalog(archiver, &catalog[..length]), "a part of a catalog is none", &length);
    }
    for length in [archive.len() / 2, 100] {
        let mut out = Vec::new();
        let cut = archiver.write_catalog(&mut &archive[..length], &mut out, &SilentProgress);
        let failure = cut.map_err(|error| error.failure);
        same(&failure, &Err(Failure::Damaged), "an archive that is cut is Damaged");
        promise(!is_catalog(archiver, &out), "an archive that is cut gets no catalog", &out.len());
    }
    let cancelled = archiver.write_catalog(&mut &archive[..], &mut io::sink(), &Cancelled);
    same(&cancelled.map_err(|error| error.failure), &Err(Failure::Interrupted), "it can be cancelled");
    let failed = archiver.write_catalog(&mut &archive[..], &mut FullDisk, &SilentProgress);
    same(&failed.map_err(|error| error.failure), &Err(Failure::Full), "it fails as out does");
}

fn is_catalog(archiver: &dyn Archiver, bytes: &[u8]) -> bool {
    archiver.is_catalog(&mut Cursor::new(bytes.to_vec()))
}
