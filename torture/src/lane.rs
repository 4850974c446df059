//! One home in which points are tried one after another, and what must hold in it after each.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::arena::Arena;
use crate::finished::Finished;
use crate::generations::{Before, Generations};
use crate::hooks;
use crate::strace::View;

/// The list of sums.
const SUMS: &str = "backups/SHA256SUMS";

/// What stands under the archive's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The bytes of the old backup.
    Old,
    /// The bytes of the new one.
    New,
}

/// A home for the points of one worker.
#[derive(Debug)]
pub(crate) struct Lane<'a> {
    /// What it is a part of.
    pub(crate) arena: &'a Arena,
    folder: PathBuf,
}

impl<'a> Lane<'a> {
    /// Returns a lane of that name.
    pub(crate) fn new(arena: &'a Arena, name: &str) -> io::Result<Self> {
        let folder = arena.path(name);
        fs::create_dir(&folder)?;
        Ok(Self { arena, folder })
    }

    /// Returns its home.
    pub(crate) fn home(&self) -> PathBuf {
        self.folder.join("home")
    }

    /// Makes the backup in a home as it was before, under strace with these arguments, and returns strace's log.
    pub(crate) fn trace(&self, view: &View, arguments: &[&str]) -> io::Result<(Finished, String)> {
        let log = self.folder.join("log");
        let fixed = ["strace".into(), "-o".into(), log.clone().into_os_string()];
        let words = fixed.into_iter().chain(view.arguments()).chain(arguments.iter().map(OsString::from));
        let finished = self.run_under(&words.collect::<Vec<_>>())?;
        Ok((finished, String::from_utf8_lossy(&fs::read(log)?).into_owned()))
    }

    /// Makes the backup in a home as it was before, as the last words of another command.
    pub(crate) fn run_under(&self, words: &[OsString]) -> io::Result<Finished> {
        self.arena.renew(&self.home())?;
        Finished::run(&mut self.arena.under(words, &self.home()), &self.folder)
    }

    /// Returns what stands there, if it is one of the two and tar can read it, and what must stand beside it does.
    pub(crate) fn standing(&self) -> Result<Standing, String> {
        let standing = self.newest()?;
        let check = |generations: &Generations| generations.check(&self.backups(), standing);
        self.arena.generations.as_ref().map_or(Ok(standing), |kept| check(kept).map(|()| standing))
    }

    fn archive(&self) -> PathBuf {
        self.backups().join(self.arena.form.archive())
    }

    fn newest_bytes(&self) -> Result<Vec<u8>, String> {
        fs::read(self.archive()).map_err(|error| format!("no archive: {error}"))
    }

    fn newest(&self) -> Result<Standing, String> {
        let bytes = self.newest_bytes()?;
        let standing = match () {
            () if self.arena.is(&bytes, &self.arena.old) => Standing::Old,
            () if self.arena.is(&bytes, &self.arena.new) => Standing::New,
            () => {
                return Err(format!(
                    "the archive is neither the old nor the new one ({} bytes)",
                    bytes.len()
                ));
            }
        };
        read_with_tar(&self.archive())?;
        Ok(standing)
    }

    /// Checks that a run that was done left nothing to be done: what the rules keep stands, and the sums are right.
    pub(crate) fn check_done(&self) -> Result<(), String> {
        self.check_generations(Before::Old)
    }

    /// Checks them after a run that found that under the archive's name.
    fn check_generations(&self, before: Before) -> Result<(), String> {
        let check =
            |generations: &Generations| generations.check_after(&self.backups(), &self.arena.new, before);
        self.arena.generations.as_ref().map_or(Ok(()), check)
    }

    fn backups(&self) -> PathBuf {
        self.home().join("backups")
    }

    /// Checks that the incomplete archive can be read.
    pub(crate) fn check_incomplete(&self) -> Result<(), String> {
        read_with_tar(&self.home().join("backups").join(self.arena.form.incomplete()))
    }

    /// Checks that the next run is good, and that nothing of the last one is left then.
    pub(crate) fn check_next_run(&self) -> Result<(), String> {
        self.check_run_after(self.standing()?.into())
    }

    /// Checks it after a run that may have failed to note what it did.
    pub(crate) fn check_next_run_after_error(&self) -> Result<(), String> {
        let before = match self.standing()? {
            Standing::New if !self.is_noted()? => Before::Unnoted,
            Standing::New if self.last_outcome()? == "failed" => Before::Doubtful,
            standing => standing.into(),
        };
        self.check_run_after(before)
    }

    fn check_run_after(&self, before: Before) -> Result<(), String> {
        let next = Finished::run(&mut self.arena.manager(&self.home()), &self.folder);
        let next = next.map_err(|error| error.to_string())?;
        // What was pruned is good to know, and no complaint.
        let is_quiet = next.stderr.lines().all(|line| self.arena.scene.keeps && line.starts_with("Removed "));
        if !next.is_done() || !is_quiet {
            return Err(format!("the next run: {}", next.told()));
        }
        if self.newest()? != Standing::New {
            return Err("the next run left the old archive".to_owned());
        }
        self.check_files()?;
        if self.arena.scene.hooks {
            hooks::check(&self.home().join(hooks::FILES[1]))?;
        }
        self.check_generations(before).map_err(|wrong| format!("after the next run: {wrong}"))?;
        self.check_history()
    }

    /// Checks that a run that failed once the new archive stood has noted that, so that it is known for what it is.
    pub(crate) fn check_failed_new(&self) -> Result<(), String> {
        if !self.is_noted()? || self.last_outcome()? != "failed" {
            return Err("the history doesn't hold that the new archive stands after a failed run".to_owned());
        }
        let verified = Finished::run(&mut self.arena.verify(&self.home()), &self.folder);
        let verified = verified.map_err(|error| error.to_string())?;
        if verified.is_done() { Ok(()) } else { Err(format!("verify: {}", verified.told())) }
    }

    fn check_files(&self) -> Result<(), String> {
        let archive = format!("backups/{}", self.arena.form.archive());
        let known = ["backup_schedules.txt", &archive, SUMS, "logs/backup_manager.log", "logs/history.jsonl"];
        let hooks: &[&str] = if self.arena.scene.hooks { &hooks::FILES } else { &[] };
        let known: BTreeSet<_> = known.iter().chain(hooks).map(|file| (*file).to_owned()).collect();
        let mut found = files(&self.home(), "").map_err(|error| error.to_string())?;
        check_catalogs(&mut found)?;
        if self.arena.scene.shares.is_some() {
            // An archive with shared blocks may get its sum later.
            found.insert(SUMS.to_owned());
        }
        if self.arena.generations.is_some() {
            // What else is in that folder is looked at with the generations.
            found.retain(|file| !file.starts_with("backups/") || known.contains(file));
        }
        if found != known {
            return Err(format!("the files are {found:?}"));
        }
        if self.arena.generations.is_some() {
            return Ok(());
        }
        let sums = fs::read_to_string(self.home().join(SUMS));
        let wanted = format!("{}  {}\n", hex(&self.newest_bytes()?), self.arena.form.archive());
        match sums {
            Ok(sums) if sums == wanted || sums.is_empty() && self.arena.scene.shares.is_some() => Ok(()),
            Ok(sums) => Err(format!("the sums are {sums}")),
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.arena.scene.shares.is_some() => {
                Ok(())
            }
            Err(error) => Err(error.to_string()),
        }
    }

    /// Every line is whole, and that of the last run knows the archive.
    fn check_history(&self) -> Result<(), String> {
        let text = self.history()?;
        if !text.ends_with('\n') {
            return Err("the history has no end".to_owned());
        }
        let lines: Result<Vec<Value>, _> = text.lines().map(serde_json::from_str).collect();
        let lines = lines.map_err(|error| format!("a line of the history: {error}"))?;
        let wanted = hex(&self.newest_bytes()?);
        // What was pruned is noted behind the run.
        match lines.iter().rfind(|line| line["note"] != "pruned") {
            Some(last) if self.is_of(last, &wanted) && last["outcome"] == "done" => Ok(()),
            last => Err(format!("the history ends with {last:?}, and the archive is {wanted}")),
        }
    }

    /// Returns whether a note is about the archive with that sum. One with shared blocks may have none yet.
    fn is_of(&self, note: &Value, sum: &str) -> bool {
        note["sha256"] == sum || note["sha256"].is_null() && self.arena.scene.shares.is_some()
    }

    /// Returns whether the history holds that the new archive was made, or is about to be.
    fn is_noted(&self) -> Result<bool, String> {
        let sum = hex(&self.newest_bytes()?);
        Ok(self.last_run()?.is_some_and(|last| self.is_of(&last, &sum)))
    }

    /// Returns how the last run ended, as far as the history holds it.
    fn last_outcome(&self) -> Result<String, String> {
        let outcome = self.last_run()?.and_then(|last| last["outcome"].as_str().map(str::to_owned));
        Ok(outcome.unwrap_or_default())
    }

    fn last_run(&self) -> Result<Option<Value>, String> {
        let text = self.history()?;
        let mut lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        Ok(lines.rfind(|line| line["note"] == "sealed" || line["note"] == "ended"))
    }

    fn history(&self) -> Result<String, String> {
        fs::read_to_string(self.home().join("logs/history.jsonl"))
            .map_err(|error| format!("the history: {error}"))
    }
}

/// Takes the catalogs out of the files of a home, and checks that there are no more than archives, and nothing unfinished.
fn check_catalogs(found: &mut BTreeSet<String>) -> Result<(), String> {
    let catalogs: Vec<_> = found.extract_if(.., |file| file.starts_with("backups/.catalog/")).collect();
    let is_archive = |file: &&String| file.starts_with("backups/") && file.contains(".tar");
    let archives = found.iter().filter(is_archive).count();
    let is_unfinished = |file: &String| file.ends_with(".partial");
    if catalogs.is_empty() || catalogs.len() > archives || catalogs.iter().any(is_unfinished) {
        return Err(format!("{archives} archives have the catalogs {catalogs:?}"));
    }
    Ok(())
}

fn read_with_tar(archive: &Path) -> Result<(), String> {
    let mut tar = Command::new("tar");
    tar.arg("-tf").arg(archive).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match tar.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("tar can't read {}: {status}", archive.display())),
        Err(error) => Err(format!("tar can't be started: {error}")),
    }
}

/// Returns all files below a folder, by their paths from it; folders with nothing in them end with a slash.
pub(crate) fn files(folder: &Path, prefix: &str) -> io::Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            let mut below = files(&entry.path(), &format!("{name}/"))?;
            if below.is_empty() {
                below.insert(format!("{name}/"));
            }
            found.append(&mut below);
        } else {
            found.insert(name);
        }
    }
    Ok(found)
}

/// Returns the SHA-256 of these bytes as text.
pub(crate) fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
