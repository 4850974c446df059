//! What a damaged archive has lost, by its catalog, and where other archives have it.

use std::collections::{HashMap, HashSet};
use std::io::SeekFrom;

use backup_core::model::error::{Failure, PortError};
use backup_core::model::restore::{EntryDigest, LostEntry, RestoreJob, SoundCopy};
use backup_core::ports::{ArchiveBytes, Extent, Progress};

use crate::catalog::{
    CatalogMember, ContentDigester, MemberDigester, MemberState, comparable_catalog_of, examine,
};
use crate::pattern::chosen::Chosen;
use crate::tar_reader::path::path_of;
use crate::tar_reader::source_root::SourceRoot;
use crate::tar_reader::{MemberKind, TarReader};

const ACTION: &str = "look for what is damaged";

/// As [`find_lost`](backup_core::ports::Restorer::find_lost).
pub(super) fn find_lost(
    archive: &mut dyn ArchiveBytes,
    request: &RestoreJob,
    extent: Extent,
    progress: &dyn Progress,
) -> Result<Option<Vec<LostEntry>>, PortError> {
    let Some(choice) = Choice::of(archive, request) else { return Ok(None) };
    let mut lost = Vec::new();
    let is_wanted = |listed: &CatalogMember| extent == Extent::All || choice.takes(listed);
    let examined = examine(archive, progress, &is_wanted, &mut |listed, state| {
        lost.extend(lost_entry(listed, state, &choice));
    })?;
    Ok(examined.then_some(lost))
}

fn lost_entry(listed: &CatalogMember, state: MemberState, choice: &Choice) -> Option<LostEntry> {
    let (has_header, has_contents) = match state {
        MemberState::Sound => return None,
        MemberState::WrongHeader { has_contents } => (false, has_contents),
        MemberState::WrongContents => (true, false),
    };
    // The map of the data of a sparse file is a part of its header. Without it, only a copy with its header helps.
    let has_map = has_header || !listed.is_sparse();
    Some(LostEntry {
        path: path_of(&listed.path),
        place: listed.offset,
        is_chosen: choice.takes(listed),
        contents: listed.digest.filter(|_| !has_contents && has_map),
        description: (!has_header).then(|| description(listed)),
        needs_copy: !has_contents || !has_map,
        copy: None,
    })
}

/// Returns the digest of all that describes a member: what its header says, and what its source was. So what has the same
/// digest has the same attributes.
fn description(listed: &CatalogMember) -> EntryDigest {
    let mut digester = ContentDigester::default();
    digester.update(format!("{:?}{:?}", listed.listed(), listed.source).as_bytes());
    digester.finish()
}

/// Which members are chosen.
struct Choice {
    chosen: Chosen,
    source_root: SourceRoot,
    /// The paths of files of which a hard link is chosen.
    linked: HashSet<Vec<u8>>,
}

impl Choice {
    /// Reads the names in a catalog. `None`: there is none.
    fn of(archive: &mut dyn ArchiveBytes, request: &RestoreJob) -> Option<Self> {
        let mut catalog = comparable_catalog_of(archive)?;
        let (mut chosen, mut source_root) = (Chosen::new(&request.chosen), SourceRoot::default());
        let mut linked = HashSet::new();
        if chosen.is_everything() {
            return Some(Self { chosen, source_root, linked });
        }
        let read = catalog.each_listed(&mut |listed| {
            if source_root.see(listed.path, listed.kind).is_ok()
                && let Ok(below) = source_root.joined_below(listed.path)
            {
                chosen.note(&below, listed.kind == MemberKind::Folder);
            }
            true
        });
        read.ok()?;
        let mut choice = Self { chosen, source_root, linked: HashSet::new() };
        let read = catalog.each_listed(&mut |listed| {
            if listed.kind == MemberKind::HardLink && choice.takes_path(listed.path, listed.kind) {
                linked.insert(listed.link.to_vec());
            }
            true
        });
        read.ok()?;
        choice.linked = linked;
        Some(choice)
    }

    fn takes(&self, listed: &CatalogMember) -> bool {
        self.chosen.is_everything()
            || self.takes_path(&listed.path, listed.kind)
            || self.linked.contains(&listed.path)
    }

    fn takes_path(&self, path: &[u8], kind: MemberKind) -> bool {
        let below = self.source_root.joined_below(path);
        below.is_ok_and(|below| self.chosen.takes(&below, kind == MemberKind::Folder))
    }
}

/// As [`find_copies`](backup_core::ports::Restorer::find_copies).
pub(super) fn find_copies(
    other: &mut dyn ArchiveBytes,
    file_name: &str,
    lost: &mut [LostEntry],
    progress: &dyn Progress,
) -> Result<(), PortError> {
    let Some(catalog) = comparable_catalog_of(other) else { return Ok(()) };
    let wanted = Wanted::of(lost);
    let (mut members, mut listed) = (catalog.into_members(), CatalogMember::default());
    let mut digester = MemberDigester::default();
    while matches!(members.read_into(&mut listed), Ok(true)) {
        look(progress)?;
        let (whole, contents) = wanted.by(&listed);
        let is_wanted = whole.iter().chain(contents).any(|number| lost[*number].wants_copy());
        if !is_wanted || !is_sound(other, &listed, &mut digester, progress)? {
            continue;
        }
        for (numbers, is_whole) in [(whole, true), (contents, false)] {
            for number in numbers {
                let entry = &mut lost[*number];
                if entry.copy.is_none() || is_whole {
                    let archive = file_name.to_owned();
                    entry.copy = Some(SoundCopy { archive, place: listed.offset, is_whole });
                }
            }
        }
    }
    Ok(())
}

/// The numbers of the lost entries, by what is lost.
struct Wanted {
    by_description: HashMap<EntryDigest, Vec<usize>>,
    by_contents: HashMap<EntryDigest, Vec<usize>>,
}

impl Wanted {
    fn of(lost: &[LostEntry]) -> Self {
        let mut wanted = Self { by_description: HashMap::new(), by_contents: HashMap::new() };
        for (number, entry) in lost.iter().enumerate() {
            if let Some(description) = entry.description {
                wanted.by_description.entry(description).or_default().push(number);
            }
            if let Some(contents) = entry.contents {
                wanted.by_contents.entry(contents).or_default().push(number);
            }
        }
        wanted
    }

    /// Returns which entries are the same as this member, and which have the same contents.
    fn by(&self, listed: &CatalogMember) -> (&[usize], &[usize]) {
        let whole = if self.by_description.is_empty() || listed.source.is_none() {
            None
        } else {
            self.by_description.get(&description(listed))
        };
        let contents = listed.digest.and_then(|digest| self.by_contents.get(&digest));
        (whole.map_or(&[], Vec::as_slice), contents.map_or(&[], Vec::as_slice))
    }
}

/// Reads a member of another archive, and returns whether it is what the catalog says.
fn is_sound(
    other: &mut dyn ArchiveBytes,
    listed: &CatalogMember,
    digester: &mut MemberDigester,
    progress: &dyn Progress,
) -> Result<bool, PortError> {
    if other.seek(SeekFrom::Start(listed.offset)).is_err() {
        return Ok(false);
    }
    let mut reader = TarReader::new(other);
    let Ok(Some(member)) = reader.next_member() else { return Ok(false) };
    if !listed.is_at(&member, listed.offset) || !listed.has_header_of(&member) {
        return Ok(false);
    }
    let Some(expected) = listed.digest else { return Ok(true) };
    let mut cancelled = None;
    let digest = digester.digest(&mut reader, &member, |_| {
        look(progress).map_err(|error| {
            cancelled = Some(error);
            std::io::Error::from(std::io::ErrorKind::Interrupted)
        })
    });
    match (digest, cancelled) {
        (_, Some(error)) => Err(error),
        (digest, None) => Ok(digest.is_ok_and(|digest| digest == expected)),
    }
}

fn look(progress: &dyn Progress) -> Result<(), PortError> {
    if progress.is_cancelled() {
        return Err(PortError::new(Failure::Interrupted, ACTION).because("it was interrupted"));
    }
    Ok(())
}
