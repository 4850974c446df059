//! What must be there after a cut, and after the run that follows it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use backup_core::ports::RunHistory;
use backup_fs::{HistoryFile, Home};

use crate::generations::Generations;
use crate::lane;
use crate::power::cut::Standing;
use crate::unpadded::is_same;

/// Knows both archives by their bytes.
#[derive(Debug)]
pub(super) struct Judge {
    pub(super) home: PathBuf,
    /// The archive that stands from before, by name and bytes.
    pub(super) old: Option<Archive>,
    /// The one that the run makes.
    pub(super) new: Archive,
    /// How many notes the run makes.
    pub(super) notes: usize,
    /// What stands beside the old one, where the scene keeps generations.
    pub(super) generations: Option<Generations>,
    /// Whether archives share blocks: what couldn't be shared has less padding.
    pub(super) shares: bool,
}

/// An archive by name and bytes.
pub(super) type Archive = (&'static str, Vec<u8>);

/// Returns the bytes of an archive.
pub(super) fn read_archive(home: &Path, name: &str) -> Result<Vec<u8>, String> {
    let path = home.join("backups").join(name);
    fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))
}

impl Judge {
    /// Returns what stands after a cut. A run that was reported as done, with so many notes before it, must be there and
    /// noted.
    pub(super) fn standing(&self, reported: Option<usize>) -> Standing {
        let standing = self.archives().unwrap_or_else(Standing::Lost);
        match (&standing, reported) {
            (Standing::Old, Some(_)) => Standing::Lost("reported as done, and not there".into()),
            (Standing::New, Some(noted)) => match self.notes_after_cut() {
                Ok(notes) if notes >= noted + self.notes => standing,
                Ok(_) => Standing::Lost("reported as done, and not in the history".into()),
                Err(error) => Standing::Lost(error),
            },
            _ => standing,
        }
    }

    /// Each archive that is there must be one of the two, and one must be there unless none was.
    fn archives(&self) -> Result<Standing, String> {
        let mut standing = self.old.is_none().then_some(Standing::Old);
        let mut names: Vec<_> = self.old.iter().map(|old| old.0).chain([self.new.0]).collect();
        names.dedup();
        for name in names {
            let path = self.home.join("backups").join(name);
            match fs::read(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(format!("{name}: {error}")),
                Ok(bytes) => standing = Some(self.recognized(name, &bytes)?),
            }
        }
        let standing = standing.ok_or("neither the old nor the new one is there")?;
        if let Some(generations) = &self.generations {
            generations.check(&self.home.join("backups"), newest(&standing))?;
        }
        Ok(standing)
    }

    fn recognized(&self, name: &str, bytes: &[u8]) -> Result<Standing, String> {
        let is = |archive: &Archive| archive.0 == name && self.has(bytes, archive);
        if is(&self.new) {
            return Ok(Standing::New);
        }
        if self.old.as_ref().is_some_and(is) {
            return Ok(Standing::Old);
        }
        let same = self.new.1.iter().zip(bytes).take_while(|(one, other)| one == other).count();
        let (has, of) = (bytes.len(), self.new.1.len());
        Err(format!("{name} has {has} bytes, and only its first {same} are those of the new one's {of}"))
    }

    /// Returns whether these are the bytes of that archive.
    fn has(&self, bytes: &[u8], archive: &Archive) -> bool {
        if self.shares { is_same(bytes, &archive.1) } else { bytes == archive.1 }
    }

    /// Returns how many notes the history has.
    ///
    /// # Errors
    /// When a line in it is none.
    pub(super) fn notes(&self) -> Result<usize, String> {
        let (lines, notes) = (self.history_lines()?.len(), self.notes_after_cut()?);
        if lines == notes {
            Ok(notes)
        } else {
            Err(format!("{lines} lines in the history, but {notes} notes"))
        }
    }

    fn history(&self) -> Result<HistoryFile, String> {
        let home = Home::open(&self.home).map_err(|error| error.to_string())?;
        Ok(HistoryFile::new(&home))
    }

    /// Returns how many notes the history has. Its end may be torn, and nothing else.
    pub(super) fn notes_after_cut(&self) -> Result<usize, String> {
        let notes = self.history()?.load();
        let notes = notes.map_err(|error| format!("the history can't be read: {error}"))?.len();
        let torn = self.history_lines()?.len().saturating_sub(notes);
        if torn == 0 { Ok(notes) } else { Err(format!("{torn} torn lines in the midst of the history")) }
    }

    /// Returns the lines that have an ending.
    fn history_lines(&self) -> Result<Vec<Vec<u8>>, String> {
        match fs::read(self.home.join("logs/history.jsonl")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(format!("the history can't be read: {error}")),
            Ok(bytes) => {
                let lines = bytes.split_inclusive(|byte| *byte == b'\n');
                Ok(lines.filter(|line| line.ends_with(b"\n")).map(<[u8]>::to_vec).collect())
            }
        }
    }

    /// After a run that followed a cut: the new archive is there and nothing else but the generations that are kept, and
    /// the run was noted; at most one torn line stands in the history.
    pub(super) fn clean(&self, noted: usize, before: &Standing) -> Result<(), String> {
        match &self.generations {
            Some(kept) => kept.check_after(&self.home.join("backups"), &self.new.1, newest(before).into())?,
            None => self.nothing_else()?,
        }
        if !self.has(&read_archive(&self.home, self.new.0)?, &self.new) {
            return Err("the next run made something else".into());
        }
        let (lines, notes) = (self.history_lines()?, self.history()?.load());
        let notes = notes.map_err(|error| format!("the history can't be read: {error}"))?.len();
        if notes >= noted + self.notes && lines.len() <= notes + 1 {
            return Ok(());
        }
        Err(format!(
            "{} lines and {notes} notes in the history, of which {noted} are from before",
            lines.len()
        ))
    }

    fn nothing_else(&self) -> Result<(), String> {
        let names = self.names()?;
        if names == [self.new.0] { Ok(()) } else { Err(format!("left over: {names:?}")) }
    }

    /// Returns what is in the folder of backups, without the list of sums, the catalogs, and what the file system itself puts there.
    fn names(&self) -> Result<Vec<String>, String> {
        let failed = |error| format!("backups: {error}");
        let mut names = Vec::new();
        for entry in fs::read_dir(self.home.join("backups")).map_err(failed)? {
            names.push(entry.map_err(failed)?.file_name().to_string_lossy().into_owned());
        }
        names.retain(|name| name != "lost+found" && name != "SHA256SUMS" && name != ".catalog");
        names.sort();
        Ok(names)
    }
}

/// What was lost was said; what came of the run after it goes by the old archive.
fn newest(standing: &Standing) -> lane::Standing {
    if *standing == Standing::New { lane::Standing::New } else { lane::Standing::Old }
}
