//! What the proofs about one backup work on: a source that changes no more, and a home with an older backup of it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use tempfile::TempDir;

use crate::disk::{Disk, FileSystem, Mounted};
use crate::finished::Finished;
use crate::generations::Generations;
use crate::hooks;
use crate::programs::Programs;
use crate::scene::{Form, Scene};
use crate::unpadded::{is_padded, is_same};

/// A disk in memory, on which a sync costs nothing.
const MEMORY: &str = "/dev/shm";

/// A file that changed less than two whole seconds before a run began is read by the next one.
pub(crate) const UNTIL_SHARED: Duration = Duration::from_secs(3);

/// The one folder that changes where archives share blocks.
const CHANGING: &str = "folder3";

/// A source, and a home in which an older state of it was backed up. All homes of the proof are copies of that one.
#[derive(Debug)]
pub(crate) struct Arena {
    // Let go before its folder is removed.
    _disk: Option<Mounted>,
    folder: TempDir,
    root: PathBuf,
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
        let (disk, root) = match scene.shares {
            Some(kind) => {
                let (disk, root) = sharing_disk(folder.path(), kind)?;
                (Some(disk), root)
            }
            None => (None, folder.path().to_owned()),
        };
        let (old, new) = (Vec::new(), Vec::new());
        let (form, programs) = (scene.form, programs.clone());
        let mut arena =
            Self { _disk: disk, folder, root, programs, form, scene, generations: None, old, new };
        if scene.shares.is_some() {
            arena.fill_sharing(files, large_bytes)?;
        } else {
            arena.fill(files, large_bytes)?;
        }
        Ok(arena)
    }

    /// Makes an old archive, and changes one folder of the source.
    fn fill_sharing(&mut self, files: usize, large_bytes: usize) -> io::Result<()> {
        let template = self.path("template");
        self.make_template(&template)?;
        let fill = |text: &[u8]| {
            write_files(&self.source(), files, text)?;
            fs::write(self.source().join("large"), vec![b'L'; large_bytes])
        };
        if self.scene.keeps {
            let fill = |number: u64| fill(format!("generation {number}").as_bytes());
            let generations = Generations::make_sharing(&template, self.form.archive(), fill)?;
            self.old = generations.old().to_vec();
            self.generations = Some(generations);
        } else {
            fill(b"old")?;
            sleep(UNTIL_SHARED);
            self.old = self.back_up(&template)?;
        }
        for file in fs::read_dir(self.source().join(CHANGING))? {
            let path = file?.path();
            // What follows has another offset then, and can be shared behind padding alone.
            fs::write(&path, [fs::read(&path)?, vec![b'+'; 600]].concat())?;
        }
        let clean = self.path("clean");
        copy(&template, &clean)?;
        self.new = self.back_up(&clean)?;
        // An archive with nothing in common with the one before has no padding.
        if is_padded(&self.new) { Ok(()) } else { Err(io::Error::other("nothing is shared")) }
    }

    fn make_template(&self, template: &Path) -> io::Result<()> {
        fs::create_dir(template)?;
        let line = format!("{};03:00;docs{}\n", self.source().display(), self.scene.options());
        fs::write(template.join("backup_schedules.txt"), line)
    }

    fn fill(&mut self, files: usize, large_bytes: usize) -> io::Result<()> {
        let template = self.path("template");
        self.make_template(&template)?;
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
        self.root.join(name)
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

    /// Returns whether an archive is that one. Where archives share blocks, a run that couldn't share has less padding.
    pub(crate) fn is(&self, archive: &[u8], wanted: &[u8]) -> bool {
        if self.scene.shares.is_some() { is_same(archive, wanted) } else { archive == wanted }
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

    /// Returns the program with these arguments, as the last words of another command.
    pub(crate) fn command(&self, words: &[std::ffi::OsString], home: &Path, arguments: &[&str]) -> Command {
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
        if entry.file_type()?.is_dir() {
            copy(&old, &new)?;
        } else {
            fs::copy(&old, &new)?;
            // By its time, a catalog knows its archive.
            File::open(&new)?.set_modified(entry.metadata()?.modified()?)?;
        }
    }
    Ok(())
}

/// Makes and mounts a disk on which files can share blocks.
fn sharing_disk(folder: &Path, kind: FileSystem) -> io::Result<(Mounted, PathBuf)> {
    let point = folder.join("disk");
    fs::create_dir(&point)?;
    let disk = Disk::format(&folder.join("image"), kind).map_err(io::Error::other)?;
    Ok((disk.mount(&point).map_err(io::Error::other)?, point))
}
