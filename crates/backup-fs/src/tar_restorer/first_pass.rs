//! The first pass over an archive, if only some of its entries are selected.

use std::collections::HashMap;

use backup_core::model::error::PortError;
use backup_core::model::restore::Refusal;
use backup_core::ports::{ArchiveBytes, Progress};

use super::link_origins::LinkOrigins;
use crate::pattern::chosen::Chosen;
use crate::tar_reader::progress_reader::{Watch, open, unreadable};
use crate::tar_reader::source_root::SourceRoot;
use crate::tar_reader::{Member, MemberKind};

/// The facts that are needed before the first entry is restored. All paths are below the source.
#[derive(Debug, Default)]
pub(super) struct FirstPass {
    /// For each hard link, the path of the member with its contents. A link may lead to another link.
    content_paths: HashMap<Vec<u8>, Vec<u8>>,
    /// For each member that isn't selected, the first selected hard link to it. That link becomes the file.
    promoted_links: HashMap<Vec<u8>, PromotedLink>,
    /// The error, if the archive can't be read to its end.
    pub(super) damage: Option<PortError>,
}

/// A hard link, and the member that holds its contents.
struct Link {
    below: Vec<u8>,
    content_path: Vec<u8>,
}

/// Returns a table for the files that hard links lead to. For a damaged archive, they are those before the damage.
pub(super) fn link_targets(
    archive: &mut dyn ArchiveBytes,
    progress: &dyn Progress,
) -> Result<LinkOrigins, PortError> {
    let (mut targets, mut source_root, watch) =
        (LinkOrigins::of_relevant(), SourceRoot::default(), Watch::new(progress));
    let mut reader = open(archive)?;
    loop {
        let member = match watch.next(&mut reader) {
            Err(error) if unreadable(&error).is_none() => return Err(error),
            member => member.ok().flatten(),
        };
        let Some(member) = member else { return Ok(targets) };
        let is_link =
            source_root.see(&member.path, member.kind).is_ok() && member.kind == MemberKind::HardLink;
        if let (true, Ok(names)) = (is_link, source_root.below_path(&member.link)) {
            targets.add_relevant(&names.join(&b'/'));
        }
    }
}

/// A hard link that becomes the file itself.
#[derive(Debug)]
struct PromotedLink {
    path: Vec<u8>,
    /// Whether its contents were restored.
    has_contents: bool,
    /// Whether the link's own entry came. Contents after that belong to another file.
    is_done: bool,
}

impl FirstPass {
    /// Reads all headers as far as possible, and notes in `chosen` what each pattern matches.
    pub(super) fn make(
        archive: &mut dyn ArchiveBytes,
        chosen: &mut Chosen,
        progress: &dyn Progress,
    ) -> Result<Self, PortError> {
        let (mut first_pass, mut links) = (Self::default(), Vec::new());
        let mut reader = open(archive)?;
        let mut source_root = SourceRoot::default();
        let watch = Watch::new(progress);
        loop {
            match watch.next(&mut reader) {
                Ok(Some(member)) => links.extend(first_pass.note(&member, chosen, &mut source_root)),
                Ok(None) => break chosen.refuse_malformed()?,
                Err(error) if unreadable(&error).is_some() => {
                    first_pass.damage = Some(error);
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        first_pass.promote_links(links, chosen);
        Ok(first_pass)
    }

    /// Notes one member. Returns a hard link that may be selected.
    fn note(&mut self, member: &Member, chosen: &mut Chosen, source_root: &mut SourceRoot) -> Option<Link> {
        let below = source_root.below(member).ok()?.join(&b'/');
        let may_be_taken = chosen.note(&below, member.kind == MemberKind::Folder);
        if member.kind != MemberKind::HardLink {
            self.content_paths.remove(&below);
            return None;
        }
        let target = source_root.below_path(&member.link).ok()?.join(&b'/');
        let content_path = self.content_path(&target).to_vec();
        self.content_paths.insert(below.clone(), content_path.clone());
        may_be_taken.then_some(Link { below, content_path })
    }

    /// Decides which links become files, once the selection is known.
    fn promote_links(&mut self, links: Vec<Link>, chosen: &Chosen) {
        for Link { below, content_path } in links {
            if chosen.takes(&below, false) && !chosen.takes(&content_path, false) {
                let new = || PromotedLink { path: below, has_contents: false, is_done: false };
                self.promoted_links.entry(content_path).or_insert_with(new);
            }
        }
    }

    /// Returns the path of the member with the contents of this path.
    fn content_path<'p>(&'p self, path: &'p [u8]) -> &'p [u8] {
        self.content_paths.get(path).map_or(path, Vec::as_slice)
    }

    /// Returns the path under which an unselected entry is restored for a hard link.
    pub(super) fn promoted_link(&mut self, path: &[u8]) -> Option<Vec<u8>> {
        let promoted_link =
            self.promoted_links.get_mut(path).filter(|promoted_link| !promoted_link.is_done)?;
        promoted_link.has_contents = true;
        Some(promoted_link.path.clone())
    }

    /// Returns the target of a hard link, or `None` if the link became the file itself.
    ///
    /// # Errors
    /// [`Refusal::LinkOutside`] if no contents came before the link.
    pub(super) fn target(&mut self, path: &[u8], target: &[u8]) -> Result<Option<Vec<u8>>, Refusal> {
        let content_path = self.content_path(target).to_vec();
        let Some(promoted_link) = self.promoted_links.get_mut(&content_path) else {
            return Ok(Some(content_path));
        };
        if promoted_link.path != path {
            return Ok(Some(promoted_link.path.clone()));
        }
        promoted_link.is_done = true;
        if promoted_link.has_contents { Ok(None) } else { Err(Refusal::LinkOutside) }
    }
}
