//! A first look over an archive of which only some entries are wanted.

use std::collections::HashMap;

use backup_core::error::PortError;
use backup_core::ports::{ArchiveBytes, Progress};

use super::chosen::Chosen;
use super::top::Top;
use super::watch::{Watch, open};
use crate::tar_reader::{Member, MemberKind};

/// What has to be known before the first entry is restored.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// The contents of chosen hard links whose file isn't chosen: from the file's path in the archive to the first
    /// such link's. That link becomes the file.
    stand_ins: HashMap<Vec<u8>, Vec<u8>>,
}

impl Survey {
    /// Reads all headers, and notes in `chosen` which lines match something.
    pub(super) fn make(
        archive: &mut dyn ArchiveBytes,
        chosen: &mut Chosen,
        progress: &dyn Progress,
    ) -> Result<Self, PortError> {
        let mut survey = Self::default();
        let mut reader = open(archive)?;
        let mut top = Top::default();
        let watch = Watch::new(progress);
        while let Some(member) = watch.next(&mut reader)? {
            survey.note(&member, chosen, &mut top);
        }
        Ok(survey)
    }

    fn note(&mut self, member: &Member, chosen: &mut Chosen, top: &mut Top) {
        let Ok(below) = top.below(member) else { return };
        if !chosen.takes(&below.join(&b'/'), member.kind == MemberKind::Folder)
            || member.kind != MemberKind::HardLink
        {
            return;
        }
        let mut takes = |path: &[u8]| {
            let names = top.below_path(path).ok();
            names.is_some_and(|names| chosen.takes(&names.join(&b'/'), false))
        };
        if !takes(&member.link) {
            self.stand_ins.entry(member.link.clone()).or_insert_with(|| member.path.clone());
        }
    }

    /// Returns the path under which a file that isn't chosen is restored all the same.
    pub(super) fn stand_in(&self, path: &[u8]) -> Option<&[u8]> {
        self.stand_ins.get(path).map(Vec::as_slice)
    }
}
