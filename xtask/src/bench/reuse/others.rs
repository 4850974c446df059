//! Programs that keep many generations in a form of their own: restic and borg, without compression.

use std::fs;
use std::path::{Path, PathBuf};

use super::Bench;
use super::home::{Taken, taken};
use crate::command::Call;
use crate::failure::{Failure, Outcome};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Other {
    Restic,
    Borg,
}

/// A repository of one of them.
pub(super) struct Repository<'a> {
    bench: &'a Bench,
    other: Other,
    folder: PathBuf,
    made: u32,
}

impl Other {
    pub(super) const ALL: [Self; 2] = [Self::Restic, Self::Borg];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Restic => "restic",
            Self::Borg => "borg",
        }
    }

    /// Returns what it says about its version, if it is here.
    pub(super) fn version(self) -> Option<String> {
        let word = if self == Self::Restic { "version" } else { "--version" };
        let answer = Call::new(self.name()).args([word]).read().ok()?;
        answer.lines().next().map(str::to_owned)
    }
}

impl<'a> Repository<'a> {
    /// Makes an empty one on the disk. What the program remembers elsewhere is there as well.
    pub(super) fn new(bench: &'a Bench, other: Other) -> Outcome<Self> {
        let folder = bench.disk.path().join(other.name());
        fs::create_dir(&folder).map_err(Failure::doing(format!("make {}", folder.display())))?;
        let repository = Self { bench, other, folder, made: 0 };
        let words: &[&str] = match other {
            Other::Restic => &["init"],
            Other::Borg => &["init", "-e", "none", "repository"],
        };
        repository.call(words).read()?;
        Ok(repository)
    }

    /// Backs a tree up.
    pub(super) fn back_up(&mut self, tree: &Path) -> Outcome<Taken> {
        self.made += 1;
        let (tree, archive) = (tree.display().to_string(), format!("repository::{}", self.made));
        let words: &[&str] = match self.other {
            Other::Restic => &["backup", "--compression", "off", "--quiet", &tree],
            Other::Borg => &["create", "-C", "none", &archive, &tree],
        };
        taken(self.bench, &self.call(words), Some(&self.folder))
    }

    /// Restores what was backed up last into that folder.
    pub(super) fn restore(&self, target: &Path) -> Outcome<Taken> {
        let (to, archive) = (target.display().to_string(), format!("repository::{}", self.made));
        let repository = self.folder.join("repository").display().to_string();
        let call = match self.other {
            Other::Restic => self.call(&["restore", "latest", "--target", &to, "--quiet"]),
            // It knows no other target than the folder in which it is called.
            Other::Borg => {
                let archive = archive.replacen("repository", &repository, 1);
                let script = "cd \"$1\" && shift && exec \"$@\"";
                let words = self.call(&["extract", &archive]);
                Call::new("sh")
                    .args(["-c", script, "sh", &to].map(str::to_owned).into_iter().chain(words.words()))
            }
        };
        taken(self.bench, &call, Some(target))
    }

    fn call(&self, words: &[&str]) -> Call {
        let cache = self.folder.join("cache").display().to_string();
        let repository = self.folder.join("repository").display().to_string();
        let settings = [
            "RESTIC_PASSWORD=bench".to_owned(),
            format!("RESTIC_REPOSITORY={repository}"),
            format!("RESTIC_CACHE_DIR={cache}"),
            format!("BORG_BASE_DIR={cache}"),
            "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes".to_owned(),
        ];
        let is_ours = |word: &&&str| word.starts_with("repository");
        let words = words.iter().map(|word| match is_ours(&word) {
            true => word.replacen("repository", &repository, 1),
            false => (*word).to_owned(),
        });
        let program = [self.other.name().to_owned()];
        Call::new("env").args(settings.into_iter().chain(program).chain(words))
    }
}
