//! The two programs, beside each other under their real names.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A folder with `backup_manager` and `backup_service` in it.
#[derive(Debug, Clone)]
pub struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// Puts the programs that cargo has built into `folder`, under their real names.
    ///
    /// # Panics
    /// When that can't be done.
    #[must_use]
    pub fn link(manager: &Path, service: &Path, folder: &Path) -> Self {
        fs::create_dir_all(folder).expect("cargo's folder for tests can be written");
        link(manager, &folder.join("backup_manager"));
        link(service, &folder.join("backup_service"));
        Self { folder: folder.to_owned() }
    }

    /// Returns the folder, for a `PATH`.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the program of that name.
    #[must_use]
    pub fn path(&self, program: &str) -> PathBuf {
        self.folder.join(program)
    }
}

/// Gives a file a second name, over an outdated one. Many test processes may do so at once: each makes a name of its
/// own and moves it into place, so that there is always a whole program under the final name.
fn link(program: &Path, name: &Path) {
    if is_same(program, name).unwrap_or(false) {
        return;
    }
    let temporary = name.with_extension(std::process::id().to_string());
    fs::hard_link(program, &temporary)
        .or_else(|_| fs::copy(program, &temporary).map(drop))
        .and_then(|()| fs::rename(&temporary, name))
        .unwrap_or_else(|error| panic!("can't link {} to {}: {error}", program.display(), name.display()));
    // Renaming over a second name of the very same file does nothing, by POSIX.
    let _ = fs::remove_file(temporary);
}

fn is_same(one: &Path, other: &Path) -> io::Result<bool> {
    let (one, other) = (one.metadata()?, other.metadata()?);
    Ok((one.dev(), one.ino()) == (other.dev(), other.ino()))
}
