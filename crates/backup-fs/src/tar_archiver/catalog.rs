//! The catalog of the archive that is being packed. It is written on the walking thread, a member at a time.

use std::io::{self, ErrorKind, Write};
use std::mem::take;
use std::sync::mpsc::{Receiver, Sender, channel};

use backup_core::ports::PackTarget;

use super::header::Member;
use crate::catalog::{CatalogMember, CatalogWriter, ContentDigester, PieceDigest, SourceStat};
use crate::posix::sparse::SparseMap;
use crate::tar_reader::MemberKind;

/// The length of the pieces of a large file that have digests of their own.
const PIECE_BYTES: usize = 1024 * 1024;

/// Takes the members of an archive, or nothing if no catalog is kept.
///
/// A member is complete only when the next one begins: a file may turn out to have changed after it was stored.
#[derive(Debug)]
pub(super) struct MemberCatalog {
    writer: Option<CatalogWriter<CatalogSender>>,
    pending: Option<CatalogMember>,
}

/// Sends what is written to the thread that writes the archive.
#[derive(Debug)]
pub(super) struct CatalogSender(Sender<Vec<u8>>);

/// Receives what was sent.
#[derive(Debug)]
pub(super) struct CatalogReceiver(Receiver<Vec<u8>>);

/// Digests the contents of a large file, and each piece of it.
#[derive(Debug, Default)]
pub(super) struct LargeDigester {
    whole: ContentDigester,
    piece: ContentDigester,
    piece_bytes: usize,
    pieces: Vec<PieceDigest>,
}

/// Returns a member with that header and that place and length of its contents, which aren't digested yet.
///
/// If it is `certain` that the archive holds it as the source does, the metadata may tell later whether it has changed.
pub(super) fn catalog_member(
    header: &Member<'_>,
    offset: u64,
    (contents_offset, stored_bytes): (u64, u64),
    is_certain: bool,
) -> CatalogMember {
    let meta = header.meta;
    let (inode, device) = (meta.identity.inode(), meta.identity.device());
    CatalogMember {
        path: header.path.to_vec(),
        kind: MemberKind::of(header.entry_type.as_byte(), header.path),
        offset,
        contents_offset,
        stored_bytes,
        size_bytes: header.sparse_size.unwrap_or(stored_bytes),
        mode: meta.mode,
        uid: meta.uid.into(),
        gid: meta.gid.into(),
        user: header.user.as_bytes().to_vec(),
        group: header.group.as_bytes().to_vec(),
        modified: meta.modified,
        link: header.link.to_vec(),
        device: meta.device,
        digest: None,
        source: is_certain.then_some(SourceStat { changed: meta.changed, inode, device }),
        pieces: Vec::new(),
    }
}

/// Returns both ends of the way that a catalog takes from the walking to the writing thread.
///
/// It holds as much as belongs to the part of the archive that is on its way.
pub(super) fn catalog_channel() -> (CatalogSender, CatalogReceiver) {
    let (sender, receiver) = channel();
    (CatalogSender(sender), CatalogReceiver(receiver))
}

impl MemberCatalog {
    /// Returns a catalog that is sent to the writing thread.
    pub(super) fn sent_to(sender: CatalogSender) -> Self {
        Self { writer: Some(CatalogWriter::new(sender)), pending: None }
    }

    /// Returns a catalog that nobody keeps.
    pub(super) fn none() -> Self {
        Self { writer: None, pending: None }
    }

    /// Begins a member, and ends the one before.
    pub(super) fn begin(&mut self, member: impl FnOnce() -> CatalogMember) {
        self.end_member();
        if self.writer.is_some() {
            self.pending = Some(member());
        }
    }

    /// Says what the contents of the member are, which are stored as they are or with a map.
    pub(super) fn digest<'b>(
        &mut self,
        map: Option<&SparseMap>,
        contents: impl IntoIterator<Item = &'b [u8]>,
    ) {
        if let Some(member) = &mut self.pending {
            let mut digester = ContentDigester::default();
            map.into_iter().for_each(|map| digester.update(&map.text()));
            contents.into_iter().for_each(|piece| digester.update(piece));
            member.digest = Some(digester.finish());
        }
    }

    /// Begins to digest the contents of a large file.
    pub(super) fn digester(&self, map: Option<&SparseMap>) -> Option<LargeDigester> {
        self.pending.as_ref()?;
        let mut digester = LargeDigester::default();
        map.into_iter().for_each(|map| digester.whole.update(&map.text()));
        Some(digester)
    }

    /// Says what the contents of the large file are.
    pub(super) fn digested(&mut self, digester: Option<LargeDigester>) {
        if let (Some(member), Some(digester)) = (&mut self.pending, digester) {
            (member.digest, member.pieces) = digester.finish();
        }
    }

    /// Says that the archive may not hold the member as it is in the source. So nobody takes it for unchanged later.
    pub(super) fn doubt(&mut self) {
        if let Some(member) = &mut self.pending {
            member.source = None;
        }
    }

    /// Ends the member.
    pub(super) fn end_member(&mut self) {
        if let (Some(member), Some(writer)) = (take(&mut self.pending), &mut self.writer)
            && writer.add(&member).is_err()
        {
            // A catalog that isn't complete has no index, and counts as none.
            self.writer = None;
        }
    }

    /// Ends the catalog.
    pub(super) fn finish(mut self) {
        self.end_member();
        if let Some(writer) = self.writer {
            // As above.
            let _ = writer.finish();
        }
    }
}

impl LargeDigester {
    /// Adds the next contents.
    pub(super) fn update(&mut self, mut bytes: &[u8]) {
        self.whole.update(bytes);
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(PIECE_BYTES - self.piece_bytes));
            self.piece.update(now);
            self.piece_bytes += now.len();
            bytes = later;
            if self.piece_bytes == PIECE_BYTES {
                self.end_piece();
            }
        }
    }

    fn end_piece(&mut self) {
        self.pieces.push(self.piece.finish());
        self.piece_bytes = 0;
    }

    fn finish(mut self) -> (Option<PieceDigest>, Vec<PieceDigest>) {
        if self.piece_bytes > 0 {
            self.end_piece();
        }
        (Some(self.whole.finish()), self.pieces)
    }
}

impl CatalogReceiver {
    /// Hands over what has arrived.
    pub(super) fn pass_on(&self, out: &mut dyn PackTarget) -> io::Result<()> {
        self.0.try_iter().try_for_each(|bytes| out.write_catalog(&bytes))
    }
}

impl Write for CatalogSender {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.send(bytes.to_vec()).map_err(|_| io::Error::from(ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
