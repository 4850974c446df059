//! The catalog of the archive that is being packed. It is written on the walking thread, a member at a time.

use std::io::{self, ErrorKind, Write};
use std::mem::take;
use std::sync::mpsc::{Receiver, Sender, channel};

use backup_core::ports::PackTarget;

use super::header::Member;
use crate::catalog::{
    CatalogMember, CatalogWriter, ContentDigest, ContentDigester, MAX_PIECES, PieceDigest, PieceDigester,
    SourceStat,
};
use crate::posix::sparse::SparseMap;
use crate::tar_reader::MemberKind;

/// Takes the members of an archive, or nothing if no catalog is kept.
///
/// A member is complete only when the next one begins: a file may turn out to have changed after it was stored.
#[derive(Debug)]
pub(super) struct MemberCatalog {
    writer: Option<CatalogWriter<CatalogSender>>,
    /// The member that isn't written yet, if there is one.
    member: CatalogMember,
    is_pending: bool,
    /// Whether the walk has come to another entry since.
    is_closed: bool,
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
    digester: PieceDigester,
    pieces: Vec<PieceDigest>,
    /// Whether the file has holes. The pieces of such a file have no digests.
    has_holes: bool,
}

/// Makes a member one with that header and that place and length of its contents, which aren't digested yet. Its memory is used
/// again.
///
/// If it is `certain` that the archive holds it as the source does, the metadata may tell later whether it has changed.
pub(super) fn become_member(
    member: &mut CatalogMember,
    header: &Member<'_>,
    offset: u64,
    (contents_offset, stored_bytes): (u64, u64),
    is_certain: bool,
) {
    let meta = header.meta;
    let (inode, device) = (meta.identity.inode(), meta.identity.device());
    let source = is_certain.then_some(SourceStat { changed: meta.changed, inode, device });
    let CatalogMember { path, user, group, link, pieces, .. } = take(member);
    *member = CatalogMember {
        path: filled(path, header.path),
        kind: MemberKind::of(header.entry_type.as_byte(), header.path),
        offset,
        contents_offset,
        stored_bytes,
        size_bytes: header.sparse_size.unwrap_or(stored_bytes),
        mode: meta.mode,
        uid: meta.uid.into(),
        gid: meta.gid.into(),
        user: filled(user, header.user.as_bytes()),
        group: filled(group, header.group.as_bytes()),
        modified: meta.modified,
        link: filled(link, header.link),
        device: meta.device,
        digest: None,
        source,
        pieces: filled(pieces, &[]),
        looks_incompressible: None,
    };
}

/// Returns the same memory with other contents.
fn filled<T: Clone>(mut memory: Vec<T>, contents: &[T]) -> Vec<T> {
    memory.clear();
    memory.extend_from_slice(contents);
    memory
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
        Self { writer: Some(CatalogWriter::new(sender)), ..Self::none() }
    }

    /// Returns a catalog that nobody keeps.
    pub(super) fn none() -> Self {
        Self { writer: None, member: CatalogMember::default(), is_pending: false, is_closed: false }
    }

    /// Returns whether members are taken.
    pub(super) fn is_kept(&self) -> bool {
        self.writer.is_some()
    }

    /// Begins a member, and ends the one before.
    pub(super) fn begin(&mut self, fill: impl FnOnce(&mut CatalogMember)) {
        self.end_member();
        if self.writer.is_some() {
            fill(&mut self.member);
            (self.is_pending, self.is_closed) = (true, false);
        }
    }

    /// Returns the member that isn't written yet.
    pub(super) fn pending(&mut self) -> Option<&mut CatalogMember> {
        self.is_pending.then_some(&mut self.member)
    }

    /// Returns the member of the current entry.
    fn current(&mut self) -> Option<&mut CatalogMember> {
        let is_current = !self.is_closed;
        self.pending().filter(|_| is_current)
    }

    /// Says what the contents of the member are, which are stored as they are or with a map.
    pub(super) fn digest<'b>(
        &mut self,
        map: Option<&SparseMap>,
        contents: impl IntoIterator<Item = &'b [u8]>,
    ) {
        if let Some(member) = self.current() {
            let mut digester = ContentDigester::default();
            map.into_iter().for_each(|map| digester.update(&map.text()));
            contents.into_iter().for_each(|piece| digester.update(piece));
            member.digest = Some(digester.finish());
        }
    }

    /// Says that the contents of the member have that digest.
    pub(super) fn digested_as(&mut self, digest: ContentDigest) {
        if let Some(member) = self.current() {
            member.digest = Some(digest);
        }
    }

    /// Says whether the contents of the member look incompressible, if that can be told.
    pub(super) fn looks(&mut self, incompressible: Option<bool>) {
        if let Some(member) = self.current() {
            member.looks_incompressible = incompressible;
        }
    }

    /// Takes in that the walk comes to another entry: nothing that is found from now on is about the member.
    pub(super) fn close_member(&mut self) {
        self.is_closed = true;
    }

    /// Adds a member that was taken over.
    pub(super) fn add(&mut self, member: &CatalogMember) {
        self.end_member();
        put(&mut self.writer, member);
    }

    /// Begins to digest the contents of a large file.
    pub(super) fn digester(&self, map: Option<&SparseMap>) -> Option<LargeDigester> {
        self.is_pending.then_some(())?;
        Some(LargeDigester::new(map))
    }

    /// Says what the contents of the large file are.
    pub(super) fn digested(&mut self, digester: Option<LargeDigester>) {
        if let (Some(member), Some(digester)) = (self.pending(), digester) {
            (member.digest, member.pieces) = digester.finish();
        }
    }

    /// Says that the archive may not hold the member as it is in the source. So nobody takes it for unchanged later.
    pub(super) fn doubt(&mut self) {
        if let Some(member) = self.current() {
            member.source = None;
        }
    }

    /// Ends the member.
    fn end_member(&mut self) {
        if take(&mut self.is_pending) {
            put(&mut self.writer, &self.member);
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

fn put(to: &mut Option<CatalogWriter<CatalogSender>>, member: &CatalogMember) {
    if let Some(writer) = to
        && writer.add(member).is_err()
    {
        // A catalog that isn't complete has no index, and counts as none.
        *to = None;
    }
}

impl LargeDigester {
    /// Begins with the contents of a file, which are stored as they are or with a map.
    pub(super) fn new(map: Option<&SparseMap>) -> Self {
        let mut digester = Self { has_holes: map.is_some(), ..Self::default() };
        map.into_iter().for_each(|map| digester.update(&map.text()));
        digester
    }

    /// Adds the next contents.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        let Self { digester, pieces, has_holes } = self;
        digester.update(bytes, |piece| {
            if !*has_holes {
                pieces.push(piece);
            }
        });
    }

    /// Returns the digest of the last piece, which may be shorter than others if it is the last one of the file.
    pub(super) fn last_piece(&self) -> Option<PieceDigest> {
        self.digester.short_piece().or(self.pieces.last().copied())
    }

    /// Returns the digest of the contents, and those of the pieces.
    pub(super) fn finish(self) -> (Option<PieceDigest>, Vec<PieceDigest>) {
        let Self { digester, mut pieces, has_holes } = self;
        pieces.extend(digester.short_piece().filter(|_| !has_holes));
        if pieces.len() > MAX_PIECES {
            pieces.clear();
        }
        (Some(digester.finish()), pieces)
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

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::io::Cursor;
    use std::os::unix::fs::{FileExt, MetadataExt, symlink};

    use backup_core::ports::{Archiver, PackRequest, SilentProgress};

    use super::super::TarArchiver;
    use super::super::both::Both;
    use super::*;
    use crate::catalog::{CatalogReader, PIECE_BYTES};
    use crate::tar_reader::TarReader;

    fn digest(parts: &[&[u8]]) -> PieceDigest {
        let mut digester = ContentDigester::default();
        parts.iter().for_each(|part| digester.update(part));
        digester.finish()
    }

    /// Packs a folder that has something of everything.
    fn pack() -> (tempfile::TempDir, Both) {
        let home = tempfile::tempdir().unwrap();
        let docs = home.path().join("docs");
        fs::create_dir_all(docs.join("letters").join("long ".repeat(45))).unwrap();
        fs::write(docs.join("letters/may.txt"), "Dear Ann").unwrap();
        fs::write(docs.join("letters").join("ü".repeat(90)), "x").unwrap();
        fs::write(docs.join("empty"), "").unwrap();
        fs::hard_link(docs.join("letters/may.txt"), docs.join("link")).unwrap();
        symlink("letters", docs.join("symlink")).unwrap();
        let large: Vec<u8> = (0..3_500_000_u32).map(|at| (at % 251) as u8).collect();
        fs::write(docs.join("large"), &large).unwrap();
        let sparse = File::create(docs.join("sparse")).unwrap();
        sparse.write_all_at(b"data", 5_000_000).unwrap();
        sparse.set_len(9_000_000).unwrap();
        let mut both = Both::default();
        TarArchiver::default().pack(&PackRequest::all_of(&docs), &mut both, &SilentProgress).unwrap();
        (home, both)
    }

    #[test]
    fn a_catalog_tells_what_is_in_the_archive_and_where() {
        let (home, both) = pack();
        let mut catalog = CatalogReader::open(Cursor::new(&both.catalog)).unwrap();
        let mut archive = TarReader::new(&both.archive[..]);
        let mut count = 0;
        for listed in catalog.members() {
            let (listed, member) = (listed.unwrap(), archive.next_member().unwrap().unwrap());
            count += 1;
            assert_eq!(listed.path, member.path);
            let shown = String::from_utf8_lossy(&listed.path).into_owned();
            let name = shown.trim_end_matches('/');
            assert_eq!(listed.kind, member.kind, "{name}");
            let places = (listed.offset, listed.contents_offset, listed.stored_bytes, listed.size_bytes);
            let expected = (member.offset, member.contents_offset, member.stored_bytes, member.size_bytes);
            assert_eq!(places, expected, "{name}");
            let of_it = (listed.mode, listed.uid, listed.gid, &listed.user, &listed.group, &listed.link);
            let expected = (member.mode, member.uid, member.gid, &member.user, &member.group, &member.link);
            assert_eq!((of_it, listed.modified), (expected, member.modified), "{name}");
            let seen = fs::symlink_metadata(home.path().join(name)).unwrap();
            let source =
                listed.source.map(|source| (source.inode, source.changed.seconds, source.changed.nanos));
            let changed = (seen.ino(), seen.ctime(), u32::try_from(seen.ctime_nsec()).unwrap());
            assert_eq!(source, Some(changed), "{name}");
            let start = usize::try_from(member.contents_offset).unwrap();
            let stored = &both.archive[start..start + usize::try_from(member.stored_bytes).unwrap()];
            let digest = match (member.kind, &member.sparse) {
                (MemberKind::File, Some(map)) => Some(digest(&[&map.text(), stored])),
                (MemberKind::File, None) => Some(digest(&[stored])),
                _ => None,
            };
            assert_eq!(listed.digest, digest, "{name}");
            let pieces = if name == "docs/large" { stored.len().div_ceil(PIECE_BYTES) } else { 0 };
            assert_eq!(listed.pieces.len(), pieces, "{name}");
        }
        assert!(archive.next_member().unwrap().is_none());
        assert_eq!(count, 10);
        assert!(catalog.is_in_walk_order());
    }

    #[test]
    fn a_catalog_that_is_made_later_tells_the_same_without_the_source() {
        let (_home, both) = pack();
        let mut later = Vec::new();
        let archiver = TarArchiver::default();
        let made = archiver.write_catalog(&mut &both.archive[..], &mut later, &SilentProgress).unwrap();
        let mut catalog = CatalogReader::open(Cursor::new(&both.catalog)).unwrap();
        let mut later = CatalogReader::open(Cursor::new(later)).unwrap();
        assert_eq!([made, later.member_count()], [catalog.member_count(); 2]);
        for (one, other) in catalog.members().zip(later.members()) {
            let one = CatalogMember { source: None, looks_incompressible: None, ..one.unwrap() };
            assert_eq!(one, other.unwrap());
        }
        assert!(later.is_in_walk_order());
    }

    #[test]
    fn a_survey_makes_no_catalog() {
        let home = tempfile::tempdir().unwrap();
        let mut both = Both::default();
        let archiver = TarArchiver::default();
        archiver.pack(&PackRequest::all_of(home.path()), &mut both, &SilentProgress).unwrap();
        assert!(!both.catalog.is_empty());
        let mut archive = Vec::new();
        archiver.pack(&PackRequest::all_of(home.path()), &mut archive, &SilentProgress).unwrap();
        assert_eq!(archive, both.archive);
    }
}
