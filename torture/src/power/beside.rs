//! What a home has beside the disk whose power is cut: its logs, where the backups alone are on that disk.

use std::fs;
use std::path::{Path, PathBuf};

use crate::power::scene::{OnDisk, Scene};

/// The logs as they are before the run.
#[derive(Debug)]
pub(super) struct Beside {
    logs: PathBuf,
    /// By name and bytes; `None` where they lie on the disk.
    files: Option<Vec<(PathBuf, Vec<u8>)>>,
}

impl Beside {
    /// Remembers those of the home in that folder.
    pub(super) fn of(folder: &Path, scene: &Scene) -> Result<Self, String> {
        let logs = folder.join("home/logs");
        let failed = |error| format!("{}: {error}", logs.display());
        if scene.on_disk == OnDisk::Home {
            return Ok(Self { logs, files: None });
        }
        let mut files = Vec::new();
        for entry in fs::read_dir(&logs).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let bytes = fs::read(&path).map_err(failed)?;
            files.push((path, bytes));
        }
        Ok(Self { logs, files: Some(files) })
    }

    /// Puts them back as they were.
    pub(super) fn renew(&self) -> Result<(), String> {
        let Some(files) = &self.files else { return Ok(()) };
        let renew = || {
            fs::read_dir(&self.logs)?.try_for_each(|entry| fs::remove_file(entry?.path()))?;
            files.iter().try_for_each(|(path, bytes)| fs::write(path, bytes))
        };
        renew().map_err(|error| format!("{}: {error}", self.logs.display()))
    }
}
