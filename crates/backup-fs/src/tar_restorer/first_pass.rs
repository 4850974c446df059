//! A first look over an archive of which only some entries are wanted.

use std::collections::HashMap;

use backup_core::model::error::PortError;
use backup_core::model::restore::Refusal;
use backup_core::ports::{ArchiveBytes, Progress};

use super::skipped::PathDigests;
use crate::pattern::chosen::Chosen;
use crate::tar_reader::progress_reader::{Watch, open, unreadable};
use crate::tar_reader::source_root::SourceRoot;
use crate::tar_reader::{Member, MemberKind};

/// What has to be known before the first entry is restored. All paths are those below the source.
#[derive(Debug, Default)]
pub(super) struct FirstPass {
    /// From a hard link's path to that of the member which holds the contents: a link may lead to another one.
    holders: HashMap<Vec<u8>, Vec<u8>>,
    /// The contents of chosen hard links whose file isn't chosen: from the file's path to the first such link, which
    /// becomes the file.
    stand_ins: HashMap<Vec<u8>, StandIn>,
    /// Why no more could be looked over, where the archive can't be read to its end.
    pub(super) broken: Option<PortError>,
}

/// A hard link by its path, and the member that holds its contents.
struct Link {
    below: Vec<u8>,
    holder: Vec<u8>,
}

/// Returns digests of the paths that hard links lead to. Of a damaged archive they are those before the damage.
pub(super) fn link_targets(
    archive: &mut dyn ArchiveBytes,
    progress: &dyn Progress,
) -> Result<PathDigests, PortError> {
    let (mut targets, mut top, watch) = (PathDigests::default(), SourceRoot::default(), Watch::new(progress));
    let mut reader = open(archive)?;
    loop {
        let member = match watch.next(&mut reader) {
            Err(error) if unreadable(&error).is_none() => return Err(error),
            member => member.ok().flatten(),
        };
        let Some(member) = member else { return Ok(targets) };
        let is_link = top.see(&member).is_ok() && member.kind == MemberKind::HardLink;
        if let (true, Ok(names)) = (is_link, top.below_path(&member.link)) {
            targets.insert(&names.join(&b'/'));
        }
    }
}

/// A hard link that gets the contents themselves.
#[derive(Debug)]
struct StandIn {
    path: Vec<u8>,
    /// The contents came by.
    is_met: bool,
    /// The link's own turn came: what comes now is another file.
    is_over: bool,
}

impl FirstPass {
    /// Reads all headers, as far as that is possible, and notes in `chosen` what each line means.
    pub(super) fn make(
        archive: &mut dyn ArchiveBytes,
        chosen: &mut Chosen,
        progress: &dyn Progress,
    ) -> Result<Self, PortError> {
        let (mut survey, mut links) = (Self::default(), Vec::new());
        let mut reader = open(archive)?;
        let mut top = SourceRoot::default();
        let watch = Watch::new(progress);
        loop {
            match watch.next(&mut reader) {
                Ok(Some(member)) => links.extend(survey.note(&member, chosen, &mut top)),
                Ok(None) => break chosen.refuse_malformed()?,
                Err(error) if unreadable(&error).is_some() => {
                    survey.broken = Some(error);
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        survey.stand_in_for(links, chosen);
        Ok(survey)
    }

    /// Returns a hard link that may be chosen.
    fn note(&mut self, member: &Member, chosen: &mut Chosen, top: &mut SourceRoot) -> Option<Link> {
        let below = top.below(member).ok()?.join(&b'/');
        let may_be_taken = chosen.note(&below, member.kind == MemberKind::Folder);
        if member.kind != MemberKind::HardLink {
            self.holders.remove(&below);
            return None;
        }
        let target = top.below_path(&member.link).ok()?.join(&b'/');
        let holder = self.holder(&target).to_vec();
        self.holders.insert(below.clone(), holder.clone());
        may_be_taken.then_some(Link { below, holder })
    }

    /// Decides which links get the contents themselves, once it is known what is chosen.
    fn stand_in_for(&mut self, links: Vec<Link>, chosen: &Chosen) {
        for Link { below, holder } in links {
            if chosen.takes(&below, false) && !chosen.takes(&holder, false) {
                let new = || StandIn { path: below, is_met: false, is_over: false };
                self.stand_ins.entry(holder).or_insert_with(new);
            }
        }
    }

    /// Returns which member holds the contents of what has that path.
    fn holder<'p>(&'p self, path: &'p [u8]) -> &'p [u8] {
        self.holders.get(path).map_or(path, Vec::as_slice)
    }

    /// Returns the path under which an entry that isn't chosen is restored all the same.
    pub(super) fn stand_in(&mut self, path: &[u8]) -> Option<Vec<u8>> {
        let stand_in = self.stand_ins.get_mut(path).filter(|stand_in| !stand_in.is_over)?;
        stand_in.is_met = true;
        Some(stand_in.path.clone())
    }

    /// Returns what a hard link of that path becomes another name of; `None` where it has the contents itself.
    ///
    /// # Errors
    /// [`Refusal::LinkOutside`] where no contents came by.
    pub(super) fn target(&mut self, path: &[u8], target: &[u8]) -> Result<Option<Vec<u8>>, Refusal> {
        let holder = self.holder(target).to_vec();
        let Some(stand_in) = self.stand_ins.get_mut(&holder) else { return Ok(Some(holder)) };
        if stand_in.path != path {
            return Ok(Some(stand_in.path.clone()));
        }
        stand_in.is_over = true;
        if stand_in.is_met { Ok(None) } else { Err(Refusal::LinkOutside) }
    }
}
