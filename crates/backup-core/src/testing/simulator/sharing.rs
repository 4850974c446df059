//! What archives hold, and what they take over of earlier ones: an archiver that shares, and an account of its own.
//!
//! Each source has some parts, which change from time to time. The catalog of an archive tells where each part is and which
//! state of it. A part that hasn't changed is taken over. So an archive that takes over from another archive than its catalog
//! says, or too much, holds something else than its source.

use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::ops::Range;

use super::almanac::DAY;
use super::desk::Desk;
use super::options::Reuse;
use crate::model::archive::{BackupRecord, FindingKind, PackReport};
use crate::model::error::PortError;
use crate::ports::{BackupStore, PackRequest, PackTarget};

/// How many parts a source has beside what its own archiver packs.
const PARTS: usize = 4;

/// How often everything is read where nothing is said, in days.
const MONTH: i64 = 30;

/// An archive: its name, which stays because no schedule keeps generations, when it was finished, and its bytes.
type Identity = (String, i64, u64);

fn identity(backup: &BackupRecord) -> Identity {
    let finished = backup.finished.timestamp_nanos_opt().unwrap_or_default();
    (backup.file_name.clone(), finished, backup.archive_bytes)
}

/// What became of a catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Misfortune {
    /// It is gone, or belongs to another archive now, which is the same to whoever asks for it.
    Lost,
    /// Its bytes are others.
    Damaged,
}

/// What a pack has written.
#[derive(Debug, Clone)]
struct Packed {
    bytes: Vec<u8>,
    is_complete: bool,
    full: Option<Full>,
}

/// When everything was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Full {
    at: i64,
    /// Whether the clock was right then.
    is_certain: bool,
}

/// A finished archive.
#[derive(Debug)]
struct Made {
    is_complete: bool,
    full: Full,
}

/// What is known of all archives.
#[derive(Debug, Default)]
pub(super) struct Sharing {
    /// The states of the parts of each source.
    states: HashMap<String, [u64; PARTS]>,
    /// How many packs began.
    packs: u64,
    packed: Option<Packed>,
    made: HashMap<Identity, Made>,
    misfortunes: HashMap<Identity, Misfortune>,
    /// The archives that stand, as they were last seen.
    standing: HashSet<Identity>,
    /// Of the archive that the draft under way may take over from.
    base: Option<Full>,
}

/// A piece of an archive, with what tells one state of it from another.
struct Piece {
    key: String,
    bytes: Vec<u8>,
}

impl Sharing {
    /// Returns what becomes of the catalog of an archive.
    pub(super) fn misfortune(&self, backup: &BackupRecord) -> Option<Misfortune> {
        self.misfortunes.get(&identity(backup)).copied()
    }

    /// All catalogs that there are meet with this.
    pub(super) fn befall(&mut self, misfortune: Misfortune) {
        self.misfortunes.extend(self.standing.iter().map(|identity| (identity.clone(), misfortune)));
    }

    /// A draft begins, and may take over from nothing yet.
    pub(super) fn begin(&mut self) {
        (self.base, self.packed) = (None, None);
    }

    /// A draft may take over from that archive. Returns what is wrong with that, if something is. Its run began when the clock
    /// showed that, which was right or not.
    pub(super) fn based_on(
        &mut self,
        backup: &BackupRecord,
        reuse: Option<Reuse>,
        (began, is_right): (i64, bool),
    ) -> Option<&'static str> {
        let Some(made) = self.made.get(&identity(backup)) else { return Some("nobody made its base") };
        self.base = Some(made.full);
        let is_old = |days: i64| {
            // Readings of clocks that are right lie within a day.
            made.full.is_certain && is_right && began - made.full.at > (days + 1) * DAY
        };
        match reuse {
            _ if !made.is_complete => Some("its base is incomplete"),
            Some(Reuse::No) => Some("it has a base, and must not share"),
            Some(Reuse::Unsaid) if is_old(MONTH) => Some("it has a base, and must read everything"),
            Some(Reuse::Auto(Some(days))) if is_old(days) => Some("it has a base, and must read everything"),
            _ => None,
        }
    }

    /// A draft is compared with that archive. Returns what is wrong with that, if something is.
    pub(super) fn compared_with(&self, backup: &BackupRecord, reuse: Option<Reuse>) -> Option<&'static str> {
        let Some(made) = self.made.get(&identity(backup)) else {
            return Some("nobody made what it is compared with");
        };
        match reuse {
            _ if !made.is_complete => Some("what it is compared with is incomplete"),
            Some(Reuse::No) => Some("it is compared, and must not share"),
            _ => None,
        }
    }

    /// Begins a pack of that source, which may have changed. Returns its pieces.
    fn pieces(&mut self, source: &str, own: Vec<u8>) -> Vec<Piece> {
        self.packs += 1;
        let states = self.states.entry(source.to_owned()).or_default();
        // Some days bring nothing, most change one part, and some change two.
        let chance = self.packs.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        for change in 0..chance % 3 {
            let part = usize::try_from((chance >> (8 + change)) % PARTS as u64).unwrap_or(0);
            states[part] += 1;
        }
        let part = |(part, state): (usize, &u64)| {
            let key = format!("{source} {part} {state}");
            Piece { bytes: format!("{key}\n").into_bytes(), key }
        };
        // Sources change all the time: no archive is like another.
        let number =
            Piece { key: format!("number {}", self.packs), bytes: self.packs.to_le_bytes().to_vec() };
        let own =
            Piece { key: format!("own {:?}", crate::testing::memory_backups::digest_of(&own)), bytes: own };
        [own].into_iter().chain(states.iter().enumerate().map(part)).chain([number]).collect()
    }

    /// The draft is published as that archive. Returns what is wrong with it, if something is.
    pub(super) fn published(
        &mut self,
        backup: &BackupRecord,
        stands: &dyn BackupStore,
        (began, is_right): (i64, bool),
    ) -> Option<&'static str> {
        let packed = self.packed.take()?;
        let full = packed.full.unwrap_or(Full { at: began, is_certain: is_right });
        self.misfortunes.remove(&identity(backup));
        self.made.insert(identity(backup), Made { is_complete: packed.is_complete, full });
        self.standing = stands.list().unwrap_or_default().iter().map(identity).collect();
        let Sharing { made, misfortunes, standing, .. } = self;
        made.retain(|identity, _| standing.contains(identity));
        misfortunes.retain(|identity, _| standing.contains(identity));
        let mut found = Vec::new();
        let read = stands.open(&backup.file_name).map(|mut archive| archive.read_to_end(&mut found));
        (!matches!(read, Ok(Ok(_))) || found != packed.bytes)
            .then_some("it holds something else than its source")
    }
}

/// Packs what the archiver has made of a source, and the parts that are added to it.
///
/// # Errors
/// When the target can't be written.
pub(super) fn pack(
    desk: &Desk,
    request: &PackRequest<'_>,
    (mut report, own): (PackReport, Vec<u8>),
    out: &mut dyn PackTarget,
) -> Result<PackReport, PortError> {
    let source = request.source.display().to_string();
    let (pieces, base_full) = {
        let sharing = &mut desk.state().sharing;
        (sharing.pieces(&source, own), sharing.base)
    };
    let base = request.base_began.and_then(|_| out.open_base()).map(|mut catalog| {
        let mut text = String::new();
        catalog.read_to_string(&mut text).map_or_else(|_| Vec::new(), |_| read_catalog(&text))
    });
    let failed = |error| PortError::io("write the archive", error);
    expect_likeness(&pieces, out);
    let (mut offset, mut catalog) = (0_u64, String::new());
    for Piece { key, bytes } in &pieces {
        let length = bytes.len() as u64;
        let known = base.iter().flatten().find(|(known, _)| known == key);
        match known {
            Some((_, part)) => {
                out.take_over(part.clone()).map_err(failed)?;
                report.taken_over_entries += 1;
                report.taken_over_bytes += length;
            }
            None => out.write_all(bytes).map_err(failed)?,
        }
        catalog += &format!("{offset} {} {key}\n", offset + length);
        offset += length;
    }
    catalog += END;
    out.write_catalog(catalog.as_bytes()).map_err(failed)?;
    let has_unreadable = pieces.last().is_some_and(|number| number.bytes[0] % 16 == 5);
    if has_unreadable {
        report.add("letter".into(), FindingKind::Unreadable("a simulated trouble".to_owned()));
    }
    let full = base_full.filter(|_| report.taken_over_bytes > 0);
    let bytes = pieces.into_iter().flat_map(|piece| piece.bytes).collect();
    desk.state().sharing.packed = Some(Packed { bytes, is_complete: !has_unreadable, full });
    Ok(report)
}

/// Says where the pieces may be in the archive that the target is compared with, as if none had changed. Where one has, it is wrong.
fn expect_likeness(pieces: &[Piece], out: &mut dyn PackTarget) {
    let Some(known) = out.comparable_parts().first().cloned() else { return };
    let mut offset = 0;
    for Piece { bytes, .. } in pieces {
        let end = offset + bytes.len() as u64;
        if known.contains(&offset) {
            out.compare(offset, offset..end.min(known.end));
        }
        offset = end;
    }
}

/// What a whole catalog ends with.
const END: &str = "end\n";

/// What stands in a catalog that is damaged.
pub(super) const DAMAGED: &[u8] = b"0 9 own\n";

/// Returns the pieces of a catalog; none if it isn't whole.
fn read_catalog(text: &str) -> Vec<(String, Range<u64>)> {
    let line = |line: &str| {
        let (start, rest) = line.split_once(' ')?;
        let (end, key) = rest.split_once(' ')?;
        Some((key.to_owned(), start.parse().ok()?..end.parse().ok()?))
    };
    text.strip_suffix(END).map(|lines| lines.lines().filter_map(line).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ManualClock, MemoryBackups, at};

    /// Returns an account with an archive of that contents, which was packed as others, and its record.
    fn made(
        packed: &[u8],
        stored: &[u8],
        is_complete: bool,
    ) -> (Sharing, BackupRecord, Option<&'static str>) {
        let backups = MemoryBackups::new(ManualClock::utc(at("2026-03-01 00:00")));
        backups.put("docs.tar", stored.to_vec());
        let record = backups.list().unwrap().remove(0);
        let packed = Some(Packed { bytes: packed.to_vec(), is_complete, full: None });
        let mut sharing = Sharing { packed, ..Sharing::default() };
        let wrong = sharing.published(&record, &backups, (0, true));
        (sharing, record, wrong)
    }

    #[test]
    fn an_archive_that_holds_something_else_is_found() {
        assert_eq!(made(b"letter", b"letter", true).2, None);
        assert_eq!(made(b"letter", b"better", true).2, Some("it holds something else than its source"));
    }

    #[test]
    fn a_base_that_must_not_be_one_is_found() {
        let full = "it has a base, and must read everything";
        for (is_complete, reuse, day, expected) in [
            (true, Some(Reuse::Auto(Some(7))), 8, None),
            (true, Some(Reuse::Auto(Some(7))), 9, Some(full)),
            (true, Some(Reuse::Auto(None)), 900, None),
            (true, Some(Reuse::Unsaid), 31, None),
            (true, Some(Reuse::Unsaid), 32, Some(full)),
            (true, Some(Reuse::No), 0, Some("it has a base, and must not share")),
            (true, None, 900, None),
            (false, Some(Reuse::Auto(None)), 0, Some("its base is incomplete")),
        ] {
            let (mut sharing, record, _) = made(b"letter", b"letter", is_complete);
            let found = sharing.based_on(&record, reuse, (day * DAY, true));
            assert_eq!(found, expected, "{is_complete} {reuse:?} {day}");
            assert_eq!(
                sharing.based_on(&record, Some(Reuse::Auto(Some(1))), (90 * DAY, false)).is_some(),
                !is_complete
            );
            let no_sharing = (reuse == Some(Reuse::No)).then_some("it is compared, and must not share");
            let incomplete = (!is_complete).then_some("what it is compared with is incomplete");
            assert_eq!(
                sharing.compared_with(&record, reuse),
                incomplete.or(no_sharing),
                "{is_complete} {reuse:?}"
            );
            let unknown = BackupRecord { archive_bytes: 1, ..record };
            assert_eq!(sharing.based_on(&unknown, reuse, (0, true)), Some("nobody made its base"));
        }
    }
}
