//! A schedule that keeps two generations: what stands beside the newest archive, at every instant and after a good run.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;

use backup_core::manager::Manager;
use backup_core::model::archive::ArchiveTimestamp;
use backup_core::ports::SilentProgress;
use backup_core::testing::{ManualClock, at};
use backup_core::time::Moment;
use backup_fs::{Adapters, Log};
use chrono::TimeDelta;

use crate::arena::UNTIL_SHARED;
use crate::lane::{Standing, hex};
use crate::unpadded::is_same;

/// What the schedule asks for.
pub(crate) const OPTIONS: &str = ";keep=last:2;verify=yes";

/// How many days ago the generations were made that exist before the run, and one that was removed before them.
///
/// Automatic pruning would pause after a gap of [`JUMP`](backup_core::policy::retention::JUMP) before the run.
const DAYS_AGO: [i64; 3] = [4, 3, 2];

/// How many days ago the older of them were made where the newest is the base of the run, which was made a moment ago.
const DAYS_AGO_OF_SHARING: [i64; 2] = [2, 1];

const SUMS: &str = "SHA256SUMS";

/// What stands before the run, beside its name and under it.
#[derive(Debug)]
pub(crate) struct Generations {
    /// The name of the newest.
    archive: &'static str,
    /// Under which name the archive is kept that the run replaces, and its bytes.
    replaced: (String, Vec<u8>),
    /// The one before, which no rule keeps once the run is done.
    oldest: (String, Vec<u8>),
    /// A copy of the user's, with a name like ours: the history doesn't know it.
    copy: (String, Vec<u8>),
    /// Whether archives share blocks: one that couldn't has less padding.
    shares: bool,
}

/// What a good run found under the backup's own name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Before {
    /// What stood there from the first.
    Old,
    /// What the run before it made.
    New,
    /// The same, and that run failed after all or couldn't note it: in doubt it is kept, beside those of the rules and
    /// without a sum.
    Unnoted,
    /// The same, and that run failed once it had made it: it counts for no rule, and stays, with its sum.
    Doubtful,
}

impl From<Standing> for Before {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::Old => Self::Old,
            Standing::New => Self::New,
        }
    }
}

type Files = BTreeMap<String, Vec<u8>>;

impl Generations {
    /// Makes them in that home, whose schedule keeps them. `fill` puts the contents of each into the source.
    pub(crate) fn make(
        home: &Path,
        archive: &'static str,
        fill: impl Fn(u64) -> io::Result<()>,
    ) -> io::Result<Self> {
        let now = now(home)?;
        let moments = DAYS_AGO.map(|days| at_night(now, days));
        for (number, moment) in (1..).zip(&moments) {
            fill(number)?;
            back_up_at(home, *moment)?;
        }
        let [_, oldest, replaced] = moments;
        Self::found(home, archive, (oldest, replaced), false)
    }

    /// As [`make`](Self::make), but the newest is made now, once what it holds has settled: the run can share its blocks.
    pub(crate) fn make_sharing(
        home: &Path,
        archive: &'static str,
        fill: impl Fn(u64) -> io::Result<()>,
    ) -> io::Result<Self> {
        let began = now(home)?;
        let moments = DAYS_AGO_OF_SHARING.map(|days| at_night(began, days));
        for (number, moment) in (1..).zip(&moments) {
            fill(number)?;
            back_up_at(home, *moment)?;
        }
        fill(3)?;
        sleep(UNTIL_SHARED);
        let (base, [_, oldest]) = (now(home)?, moments);
        back_up_at(home, base)?;
        Self::found(home, archive, (oldest, base), true)
    }

    /// Returns what stands in a home with two generations and another file.
    fn found(
        home: &Path,
        archive: &'static str,
        (oldest, replaced): (Moment, Moment),
        shares: bool,
    ) -> io::Result<Self> {
        let (oldest, replaced) = (dated(archive, oldest), dated(archive, replaced));
        let backups = home.join("backups");
        let copy = (dated(archive, at("2023-12-24 03:00")), b"a copy by hand".to_vec());
        fs::write(backups.join(&copy.0), &copy.1)?;
        let made = Self {
            archive,
            replaced: (replaced, fs::read(backups.join(archive))?),
            oldest: (oldest.clone(), fs::read(backups.join(oldest))?),
            copy,
            shares,
        };
        made.check(&backups, Standing::Old).map_err(io::Error::other)?;
        Ok(made)
    }

    fn is(&self, bytes: &[u8], new: &[u8]) -> bool {
        if self.shares { is_same(bytes, new) } else { bytes == new }
    }

    /// Returns the bytes of what stood under the backup's own name before the run.
    pub(crate) fn old(&self) -> &[u8] {
        &self.replaced.1
    }

    /// Checks what must stand beside the newest at every instant: the two generations that are kept are there, whole, the
    /// replaced one under its own name or a dated one; and nothing else is, but the oldest as long as it isn't pruned.
    pub(crate) fn check(&self, backups: &Path, newest: Standing) -> Result<(), String> {
        let mut files = files(backups)?;
        // Whoever asks has looked at the newest, and at what is no generation.
        files.retain(|name, _| {
            name != self.archive && name != SUMS && !name.starts_with('.') && !name.contains(".incomplete.")
        });
        let (needed, may_stand) = match newest {
            Standing::Old => (&self.oldest, &self.replaced),
            Standing::New => (&self.replaced, &self.oldest),
        };
        take(&mut files, &self.copy)?;
        take(&mut files, needed)?;
        if files.contains_key(&may_stand.0) {
            take(&mut files, may_stand)?;
        }
        nothing_of(&files)
    }

    /// Checks what must stand after a good run that found the `before` under the backup's own name and left the `new`:
    /// exactly the generations that the rules keep, and sums of them and nothing else that are right.
    pub(crate) fn check_after(&self, backups: &Path, new: &[u8], before: Before) -> Result<(), String> {
        let mut files = files(backups)?;
        let sums = files.remove(SUMS).ok_or("no sums")?;
        take(&mut files, &self.copy)?;
        // What the run before made has today's date.
        let is_its = |(name, bytes): &(&String, &Vec<u8>)| *name != self.archive && self.is(bytes, new);
        let its = files.iter().find(is_its).map(|(name, _)| name.clone());
        if let (Before::Unnoted, Some(its)) = (before, &its) {
            files.remove(its);
        }
        check_sums(backups, &files, &sums)?;
        match files.remove(self.archive) {
            Some(found) if self.is(&found, new) => {}
            _ => return Err("the newest isn't that of the run".to_owned()),
        }
        match (before, its) {
            (Before::New, Some(its)) => drop(files.remove(&its)),
            (Before::Doubtful, Some(its)) => {
                files.remove(&its);
                take(&mut files, &self.replaced)?;
            }
            (Before::New, None) => return Err(format!("only {} beside the newest", names(&files))),
            (Before::Doubtful, None) => return Err("what failed once it stood is gone".to_owned()),
            (Before::Old | Before::Unnoted, _) => take(&mut files, &self.replaced)?,
        }
        nothing_of(&files)
    }
}

fn now(home: &Path) -> io::Result<Moment> {
    let adapters = Adapters::open(home, Log::Manager).map_err(io::Error::other)?;
    Ok(adapters.ports().clock.now().to_utc().fixed_offset())
}

fn at_night(now: Moment, days_ago: i64) -> Moment {
    at(&(now - TimeDelta::days(days_ago)).format("%Y-%m-%d 03:00").to_string())
}

/// Makes the backup in that home while a clock stands at that moment.
fn back_up_at(home: &Path, moment: Moment) -> io::Result<()> {
    let adapters = Adapters::open(home, Log::Manager).map_err(io::Error::other)?;
    let clock = ManualClock::utc(moment);
    let mut ports = adapters.ports();
    ports.clock = &clock;
    let manager = Manager::new(ports);
    manager.run("docs", &SilentProgress).map(drop).map_err(io::Error::other)
}

fn dated(archive: &str, moment: Moment) -> String {
    archive.replacen("docs", &format!("docs.{}", ArchiveTimestamp::of(moment)), 1)
}

/// Returns all files of a folder but those of the file system itself, without the catalogs.
fn files(folder: &Path) -> Result<Files, String> {
    let read = || {
        fs::read_dir(folder)?
            .map(|entry| entry.map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path())))
            .filter(|entry| {
                entry.as_ref().map_or(true, |(name, _)| name != "lost+found" && name != ".catalog")
            })
            .map(|entry| entry.and_then(|(name, path)| Ok((name, fs::read(path)?))))
            .collect::<io::Result<Files>>()
    };
    read().map_err(|error| format!("{}: {error}", folder.display()))
}

/// Takes an archive away that must be there with these bytes.
fn take(files: &mut Files, (name, bytes): &(String, Vec<u8>)) -> Result<(), String> {
    match files.remove(name) {
        Some(found) if found == *bytes => Ok(()),
        Some(found) => {
            Err(format!("{name} is another file, {} bytes instead of {}", found.len(), bytes.len()))
        }
        None => Err(format!("no {name}, but {}", names(files))),
    }
}

fn nothing_of(files: &Files) -> Result<(), String> {
    if files.is_empty() { Ok(()) } else { Err(format!("left over: {}", names(files))) }
}

fn names(files: &Files) -> String {
    files.keys().map(String::as_str).collect::<Vec<_>>().join(" ")
}

/// Checks that the sums are those of these files, and that `sha256sum` thinks so as well.
fn check_sums(backups: &Path, files: &Files, sums: &[u8]) -> Result<(), String> {
    let wanted: String = files.iter().map(|(name, bytes)| format!("{}  {name}\n", hex(bytes))).collect();
    if sums != wanted.as_bytes() {
        return Err(format!("the sums are\n{}, and not\n{wanted}", String::from_utf8_lossy(sums)));
    }
    let mut tool = Command::new("sha256sum");
    tool.args(["--check", "--strict", "--quiet", SUMS]).current_dir(backups);
    match tool.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("sha256sum finds the sums wrong: {status}")),
        Err(error) => Err(format!("sha256sum can't be started: {error}")),
    }
}
