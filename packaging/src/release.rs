//! Release: which version is made, for which machine, of which moment.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use chrono::{DateTime, Utc};

use crate::call::{Outcome, doing, read};

/// A version of the programs. Two builds of it from the same commit are the same bytes.
#[derive(Debug, Clone)]
pub(crate) struct Release {
    /// The root of the repository.
    pub(crate) root: PathBuf,
    pub(crate) version: String,
    /// As in `x86_64`.
    pub(crate) arch: &'static str,
    /// The moment that everything in it is of: that of the commit, or of `SOURCE_DATE_EPOCH`.
    pub(crate) moment: DateTime<Utc>,
}

impl Release {
    /// Returns the release of the commit that is checked out.
    pub(crate) fn of_commit() -> Outcome<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("/")).to_owned();
        let seconds = match env::var("SOURCE_DATE_EPOCH") {
            Ok(seconds) => seconds,
            Err(_) => read(Command::new("git").args(["log", "-1", "--format=%ct"]).current_dir(&root))
                .map_err(|error| format!("{error}\nhint: outside a clone, set SOURCE_DATE_EPOCH"))?,
        };
        let seconds = seconds.trim().parse().map_err(doing(format!("read the moment {seconds:?}")))?;
        Self::of(root, seconds)
    }

    pub(crate) fn of(root: PathBuf, seconds: i64) -> Outcome<Self> {
        let moment = DateTime::from_timestamp(seconds, 0).ok_or("the moment is no time")?;
        Ok(Self { root, version: env!("CARGO_PKG_VERSION").to_owned(), arch: env::consts::ARCH, moment })
    }

    /// Returns the name of the archive, without its ending.
    pub(crate) fn name(&self) -> String {
        format!("backup-manager-{}-{}-linux", self.version, self.arch)
    }

    /// Returns the day, as pages of a manual show it.
    pub(crate) fn day(&self) -> String {
        self.moment.format("%Y-%m-%d").to_string()
    }

    /// Returns the Unix time.
    pub(crate) fn seconds(&self) -> u64 {
        u64::try_from(self.moment.timestamp()).unwrap_or_default()
    }
}
