//! What the proofs about one backup work on: a source that changes no more, and a home with an older backup of it.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::finished::Finished;
use crate::generations::{Generations, OPTIONS};
use crate::hooks;
use crate::programs::Programs;

/// A disk in memory, on which a sync costs nothing.
const MEMORY: &str = "/dev/shm";

/// How the archives are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As tar.
    Plain,
    /// As tar in Zstandard frames.
    Zstd,
}

impl Form {
    /// Returns the name of the complete archive.
    pub(crate) fn archive(self) -> &'static str {
        match self {
            Self::Plain => "docs.tar",
            Self::Zstd => "docs.tar.zst",
        }
    }

    /// Returns the name of an incomplete one.
    pub(crate) fn incomplete(self) -> &'static str {
        match self {
            Self::Plain => "docs.incomplete.tar",
            Self::Zstd => "docs.incomplete.tar.zst",
        }
    }

    fn options(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Zstd => ";compress=zstd",
        }
    }
}

/// What the schedule asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scene {
    /// How its archives are stored.
    pub(crate) form: Form,
    /// Whether it keeps two generations and reads each archive back.
    pub(crate) keeps: bool,
    /// Whether commands run before and after the source is read.
    pub(crate) hooks: bool,
}

impl Scene {
    /// Of each form one that keeps nothing.
    pub(crate) const fn of(form: Form) -> Self {
        Self { form, keeps: false, hooks: false }
    }

    /// Of each form one that keeps generations.
    pub(crate) const fn keeping(form: Form) -> Self {
        Self { form, keeps: true, hooks: false }
    }

    /// Of each form one with commands before and after.
    pub(crate) const fn hooked(form: Form) -> Self {
        Self { form, keeps: false, hooks: true }
    }

    fn options(self) -> String {
        let keeps = if self.keeps { OPTIONS } else { "" };
        let hooks = if self.hooks { hooks::OPTIONS } else { "" };
        format!("{}{keeps}{hooks}", self.form.options())
    }
}

impl fmt::Display for Scene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keeps = if self.keeps { ", generations" } else { "" };
        write!(f, "{:?}{keeps}{}", self.form, if self.hooks { ", hooks" } else { "" })
    }
}

/// A source, and a home in which an older state of it was backed up. All homes of the proof are copies of that one.
#[derive(Debug)]
pub(crate) struct Arena {
    folder: TempDir,
    programs: Programs,
    /// How its archives are stored.
    pub(crate) form: Form,
    /// What the schedule asks for.
    pub(crate) scene: Scene,
    /// What stands beside the newest, where the scene keeps generations.
    pub(crate) generations: Option<Generations>,
    /// The bytes of the archive that stands before.
    pub(crate) old: Vec<u8>,
    /// The bytes of the archive that a good run makes.
    pub(crate) new: Vec<u8>,
}

impl Arena {
    /// Makes a source of so many small files in ten folders, and one of `large_bytes`.
    pub(crate) fn new(
        programs: &Programs,
        scene: Scene,
        files: usize,
        large_bytes: usize,
    ) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        let builder = builder.prefix("torture-");
        let folder =
            if Path::new(MEMORY).is_dir() { builder.tempdir_in(MEMORY)? } else { builder.tempdir()? };
        let (old, new) = (Vec::new(), Vec::new());
        let (form, programs) = (scene.form, programs.clone());
        let mut arena = Self { folder, programs, form, scene, generations: None, old, new };
        arena.fill(files, large_bytes)?;
        Ok(arena)
    }

    fn fill(&mut self, files: usize, large_bytes: usize) -> io::Result<()> {
        let template = self.path("template");
        fs::create_dir(&template)?;
        let line = format!("{};03:00;docs{}\n", self.source().display(), self.scene.options());
        fs::write(template.join("backup_schedules.txt"), line)?;
        if self.scene.hooks {
            hooks::configure(&template, Path::new(hooks::FILES[1]))?;
        }
        self.fill_template(&template, files / 2)?;
        write_files(&self.source(), files, b"new")?;
        if large_bytes > 0 {
            fs::write(self.source().join("large"), vec![b'L'; large_bytes])?;
        }
        let clean = self.path("clean");
        copy(&template, &clean)?;
        self.new = self.back_up(&clean)?;
        Ok(())
    }

    fn fill_template(&mut self, template: &Path, files: usize) -> io::Result<()> {
        if !self.scene.keeps {
            write_files(&self.source(), files, b"old")?;
            self.old = self.back_up(template)?;
            return Ok(());
        }
        let fill =
            |number: u64| write_files(&self.source(), files, format!("generation {number}").as_bytes());
        let generations = Generations::make(template, self.form.archive(), fill)?;
        self.old = generations.old().to_vec();
        self.generations = Some(generations);
        Ok(())
    }

    fn back_up(&self, home: &Path) -> io::Result<Vec<u8>> {
        let finished = Finished::run(&mut self.manager(home), self.folder.path())?;
        if !finished.is_done() {
            return Err(io::Error::other(format!("a clean run fails: {}", finished.told())));
        }
        fs::read(home.join("backups").join(self.form.archive()))
    }

    /// Returns a path in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Returns the source.
    pub(crate) fn source(&self) -> PathBuf {
        self.path("source")
    }

    /// Returns all folders and files of the source.
    pub(crate) fn source_files(&self) -> io::Result<Vec<PathBuf>> {
        let mut found = vec![self.source()];
        let mut next = 0;
        while let Some(path) = found.get(next).cloned() {
            if path.is_dir() {
                let entries: Result<Vec<_>, _> = fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect();
                found.extend(entries.map_err(|error: io::Error| error)?);
            }
            next += 1;
        }
        Ok(found)
    }

    /// Puts the home into the state before the run.
    pub(crate) fn renew(&self, home: &Path) -> io::Result<()> {
        match fs::remove_dir_all(home) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        copy(&self.path("template"), home)
    }

    /// Returns the command that reads the newest backup in that home.
    pub(crate) fn verify(&self, home: &Path) -> Command {
        self.command(&[], home, &["verify", "docs"])
    }

    /// Returns the command that makes the backup in that home.
    pub(crate) fn manager(&self, home: &Path) -> Command {
        self.under(&[], home)
    }

    /// Returns the same command as the last words of another.
    pub(crate) fn under(&self, words: &[std::ffi::OsString], home: &Path) -> Command {
        self.command(words, home, &["run", "docs"])
    }

    fn command(&self, words: &[std::ffi::OsString], home: &Path, arguments: &[&str]) -> Command {
        let manager = self.programs.manager.clone().into_os_string();
        let mut line = words.iter().cloned().chain([manager]);
        let mut command = Command::new(line.next().unwrap_or_default());
        command.args(line).arg("--home").arg(home).args(arguments);
        let path = std::env::var_os("PATH").unwrap_or_default();
        command.current_dir(self.folder.path()).env_clear().env("PATH", path).env("TZ", "UTC0");
        command
    }
}

fn write_files(source: &Path, files: usize, text: &[u8]) -> io::Result<()> {
    for number in 0..files {
        let folder = source.join(format!("folder{}", number % 10));
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(format!("file{number}")), text.repeat(number + 1))?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    fs::set_permissions(to, from.metadata()?.permissions())?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (old, new) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() { copy(&old, &new)? } else { fs::copy(&old, &new).map(drop)? }
    }
    Ok(())
}
