//! What a restore would do, found out without doing anything.

use std::collections::HashSet;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;

use backup_core::error::PortError;
use backup_core::ports::{ArchiveBytes, Progress};
use backup_core::restore::{
    Refusal, RestoreFinding, RestoreFindingKind, RestorePreview, RestoreRequest, Standing,
};
use rustix::fs::{Dir, Mode, OFlags};

use super::beneath::Beneath;
use super::body::{Body, Stream, open_standing};
use super::chosen::Chosen;
use super::job::{Obstacle, c_name, path_of};
use super::look::{Likeness, look};
use super::target::{is_folder, open_to_look, place};
use super::top::Top;
use super::wanted::Rights;
use super::watch::{Watch, open};
use crate::tar_reader::{Member, MemberKind, TarReader};

type Reader<'r> = TarReader<&'r mut dyn ArchiveBytes>;

/// Looks at the target beside the archive.
pub(super) struct Previewer<'r> {
    request: &'r RestoreRequest,
    rights: Rights,
    chosen: Chosen,
    top: Top,
    file_name: Option<Vec<u8>>,
    beneath: Beneath,
    target: Option<OwnedFd>,
    way: Vec<Level>,
    preview: RestorePreview,
}

/// A folder on the way to the entry at hand.
struct Level {
    name: Vec<u8>,
    /// `None` where there is none.
    folder: Option<OwnedFd>,
    /// What the archive has in it.
    names: HashSet<Vec<u8>>,
    is_taken: bool,
}

impl<'r> Previewer<'r> {
    pub(super) fn new(request: &'r RestoreRequest) -> Result<Self, PortError> {
        Ok(Self {
            request,
            rights: Rights::of_process(request.keep_setuid),
            chosen: Chosen::new(&request.chosen)?,
            top: Top::default(),
            file_name: None,
            beneath: Beneath::Resolved,
            target: None,
            way: Vec::new(),
            preview: RestorePreview::default(),
        })
    }

    pub(super) fn run(
        mut self,
        archive: &mut dyn ArchiveBytes,
        progress: &dyn Progress,
    ) -> Result<RestorePreview, PortError> {
        let mut reader = open(archive)?;
        let watch = Watch::new(progress);
        while let Some(mut member) = watch.next(&mut reader)? {
            if let Err(obstacle) = self.entry(&mut member, &mut reader, &watch) {
                let kind = match obstacle {
                    Obstacle::Refused(refusal) => RestoreFindingKind::Refused(refusal),
                    Obstacle::Failed(error) => RestoreFindingKind::Failed(error.to_string()),
                };
                self.preview.refused.push(RestoreFinding { path: path_of(&member.path), kind });
            }
            watch.tell(&member.path, reader.offset());
        }
        self.leave(0);
        self.preview.unmatched = self.chosen.unmatched();
        Ok(self.preview)
    }

    fn entry(
        &mut self,
        member: &mut Member,
        reader: &mut Reader<'_>,
        watch: &Watch<'_>,
    ) -> Result<(), Obstacle> {
        let is_first = self.way.is_empty();
        let names: Vec<Vec<u8>> = self.top.below(member)?.into_iter().map(<[u8]>::to_vec).collect();
        if is_first {
            self.open_target()?;
        }
        let is_member_folder = member.kind == MemberKind::Folder;
        let below = names.join(&b'/');
        let is_taken = self.chosen.is_everything() || self.chosen.takes(&below, is_member_folder);
        let (name, above) = match names.split_last() {
            Some((name, above)) => (self.file_name.clone().unwrap_or_else(|| name.clone()), above),
            None => return Ok(()),
        };
        self.go_to(above)?;
        if let Some(level) = self.way.last_mut() {
            level.names.insert(name.clone());
        }
        if is_taken {
            let standing = self.standing(&name, member, reader, watch)?;
            self.count(standing, &below);
        }
        if is_member_folder {
            self.go_to(&names)?;
            if let Some(level) = self.way.last_mut() {
                level.is_taken = is_taken;
            }
        }
        Ok(())
    }

    fn open_target(&mut self) -> Result<(), Obstacle> {
        let (path, file_name) = place(&self.request.target, self.top.is_folder());
        self.file_name = file_name;
        self.target = open_to_look(&path)?;
        if let Some(target) = &self.target {
            self.beneath = Beneath::probe(target.as_fd());
        }
        let folder = self.target.as_ref().map(OwnedFd::try_clone).transpose()?;
        let is_taken = self.chosen.is_everything() && self.top.is_folder();
        self.way.push(Level { name: Vec::new(), folder, names: HashSet::new(), is_taken });
        Ok(())
    }

    /// The first level is the target itself.
    fn go_to(&mut self, names: &[Vec<u8>]) -> Result<(), Obstacle> {
        let common =
            self.way.iter().skip(1).zip(names).take_while(|(level, name)| level.name == **name).count();
        self.leave(common + 1);
        for name in &names[common..] {
            let folder = match self.way.last().and_then(|level| level.folder.as_ref()) {
                Some(above) => {
                    let flags = OFlags::RDONLY | OFlags::DIRECTORY;
                    self.beneath.open(above.as_fd(), &c_name(name)?, flags, Mode::empty()).ok()
                }
                None => None,
            };
            let is_taken = false;
            self.way.push(Level { name: name.clone(), folder, names: HashSet::new(), is_taken });
        }
        Ok(())
    }

    fn standing(
        &self,
        name: &[u8],
        member: &mut Member,
        reader: &mut Reader<'_>,
        watch: &Watch<'_>,
    ) -> Result<Standing, Obstacle> {
        if let MemberKind::Other(flag) = member.kind {
            return Err(Refusal::Unknown(flag).into());
        }
        let wanted = self.rights.wanted(member);
        let name = c_name(name)?;
        let folder = self.way.last().and_then(|level| level.folder.as_ref());
        Ok(match folder {
            None => Standing::Nothing,
            Some(folder) if matches!(member.kind, MemberKind::Folder | MemberKind::HardLink) => {
                // Which file a link leads to in the end isn't known before.
                match look(folder.as_fd(), &name)? {
                    None => Standing::Nothing,
                    Some(stat) if is_folder(&stat) == (member.kind == MemberKind::Folder) => Standing::Same,
                    Some(_) => Standing::Other,
                }
            }
            Some(folder) => match Likeness::of(member).standing(folder.as_fd(), &name, &wanted)? {
                Standing::Same if member.kind == MemberKind::File => {
                    let standing = open_standing(self.beneath, folder.as_fd(), &name);
                    let mut goes_on = |bytes| watch.passed(bytes);
                    let mut body = Stream::new(reader, &mut goes_on);
                    let is_same = standing.map(|file| body.is_in(&file)).transpose()?.flatten();
                    if is_same == Some(true) { Standing::Same } else { Standing::Other }
                }
                standing => standing,
            },
        })
    }

    fn count(&mut self, standing: Standing, below: &[u8]) {
        let preview = &mut self.preview;
        match standing {
            Standing::Nothing => count(&mut preview.new_entries, &mut preview.new, below),
            Standing::Same => preview.same_entries += 1,
            Standing::Folder | Standing::Other => {
                count(&mut preview.changed_entries, &mut preview.changed, below);
            }
        }
    }

    /// Leaves all levels but so many, and counts what is in those folders beside what is in the archive.
    fn leave(&mut self, keep: usize) {
        while self.way.len() > keep {
            let path: Vec<Vec<u8>> = self.way.iter().skip(1).map(|level| level.name.clone()).collect();
            let Some(level) = self.way.pop() else { return };
            let Some(folder) = level.folder.filter(|_| level.is_taken) else { continue };
            // What can't be listed has no extra entries that could be named.
            let Ok(entries) = Dir::read_from(&folder) else { continue };
            for entry in entries.flatten() {
                let name = entry.file_name().to_bytes();
                if name != b"." && name != b".." && !level.names.contains(name) {
                    let below = [&path[..], &[name.to_owned()]].concat().join(&b'/');
                    count(&mut self.preview.extra_entries, &mut self.preview.extra, &below);
                }
            }
        }
    }
}

fn count(entries: &mut u64, named: &mut Vec<PathBuf>, below: &[u8]) {
    *entries += 1;
    if named.len() < RestorePreview::MAX_NAMES {
        named.push(path_of(below));
    }
}
