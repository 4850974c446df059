//! Catalogs that are damaged, or another archive's, and bases that are damaged: whatever is asked gets a right answer or a message, and
//! no archive is made of what is wrong.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;

use super::flip::{Flip, flips};
use crate::arena::Arena;
use crate::budget::{Budget, spread_order};
use crate::kill::{SHARING_FILES, SHARING_LARGE_BYTES};
use crate::lane::Lane;
use crate::part::Scale;
use crate::programs::Programs;
use crate::scene::Scene;
use crate::sharing;
use crate::tally::{Tally, locked, try_all};
use crate::tool::{output, run_tool, told};

const CATALOGS: &str = "backups/.catalog/docs";

/// What is asked for: one that hasn't changed since the base, and one that has.
const ASKED: [&str; 2] = ["folder5/file45", "folder3/file43"];

/// The end of a catalog: the length of the body, the length of the line about the run, its checksum, and a magic number.
const FOOTER_BYTES: usize = 8 + 4 + 8 + 8;

/// A damage to the catalog of the base.
#[derive(Debug, Clone, Copy)]
enum Harm {
    /// The byte there is another.
    Flip(usize),
    /// Only so many bytes are left.
    Cut(usize),
    /// The two catalogs have each other's names.
    Swapped,
    /// It tells what is in the other archive.
    OthersBody,
}

/// What stands from before, and what it holds.
struct Expected {
    /// The catalogs of the oldest archive and of the base, by name and bytes.
    catalogs: [(PathBuf, Vec<u8>); 2],
    /// The base, read by tar before anything was damaged.
    base: PathBuf,
}

/// Damages catalogs and bases. Returns why not, if that can't be tried here.
pub(super) fn try_catalogs(
    programs: &Programs,
    scale: Scale,
    budget: Budget,
    tally: &Mutex<Tally>,
) -> Result<Result<(), String>, String> {
    let scene = Scene::SHARING_GENERATIONS;
    sharing::play(scene, || {
        let arena = Arena::new(programs, scene, SHARING_FILES, SHARING_LARGE_BYTES)?;
        let expected = Expected::of(&arena)?;
        let bases = flips(&arena.old, scale)?;
        try_all(&arena, "base", &bases, budget.share(3), tally, |lane, flip, tally| {
            note(tally, "bases with a wrong byte", &format!("{flip:?}"), base(lane, flip));
            Ok(())
        })?;
        let harms = expected.harms(scale);
        try_all(&arena, "catalog", &harms, budget, tally, |lane, harm, tally| {
            note(tally, harm.row(), &format!("{harm:?}"), catalog(lane, *harm, &expected));
            Ok(())
        })
    })
}

fn note(tally: &Mutex<Tally>, row: &str, name: &str, judged: Result<(), String>) {
    let mut tally = locked(tally);
    tally.count(row, super::POINTS);
    tally.wrong.extend(judged.err().map(|wrong| format!("{row}, {name}: {wrong}")));
}

impl Expected {
    fn of(arena: &Arena) -> io::Result<Self> {
        let lane = Lane::new(arena, "expected")?;
        arena.renew(&lane.home())?;
        let base = arena.path("base");
        fs::create_dir(&base)?;
        let archive = lane.home().join("backups").join(arena.form.archive());
        run_tool("tar", [Path::new("-xf"), &archive, Path::new("-C"), &base]).map_err(io::Error::other)?;
        let mut catalogs = Vec::new();
        for entry in fs::read_dir(lane.home().join(CATALOGS))? {
            let entry = entry?;
            catalogs.push((PathBuf::from(entry.file_name()), fs::read(entry.path())?));
        }
        // By the names, which begin with the moment.
        catalogs.sort();
        let last = catalogs.split_off(catalogs.len().saturating_sub(2));
        let catalogs = last.try_into().map_err(|_| io::Error::other("there are no two catalogs"))?;
        Ok(Self { catalogs, base })
    }

    /// Returns the file of the base at that path.
    fn file(&self, path: &str) -> PathBuf {
        self.base.join("source").join(path)
    }

    fn harms(&self, scale: Scale) -> Vec<Harm> {
        let length = self.catalogs[1].1.len();
        let (flips, cuts) = match scale {
            Scale::Small => (4, 2),
            Scale::Full => (300, 60),
        };
        let places = |count: usize| (0..count).map(move |place| length * place / count);
        let others = [Harm::Swapped, Harm::OthersBody].into_iter();
        let more = spread_order(places(flips).map(Harm::Flip).chain(places(cuts).map(Harm::Cut)).collect());
        others.chain(more).collect()
    }
}

impl Harm {
    fn row(self) -> &'static str {
        match self {
            Self::Flip(_) => "catalogs with a wrong byte",
            Self::Cut(_) => "catalogs that are cut",
            Self::Swapped => "catalogs of another archive",
            Self::OthersBody => "catalogs with another's body",
        }
    }

    /// Does it to the catalogs of a home.
    fn befall(self, home: &Path, [other, own]: &[(PathBuf, Vec<u8>); 2]) -> io::Result<()> {
        let put = |name: &Path, bytes: &[u8]| fs::write(home.join(CATALOGS).join(name), bytes);
        match self {
            Self::Flip(at) => {
                let mut bytes = own.1.clone();
                bytes[at] ^= if at % 2 == 0 { 0x01 } else { 0xFF };
                put(&own.0, &bytes)
            }
            Self::Cut(length) => put(&own.0, &own.1[..length]),
            Self::Swapped => put(&own.0, &other.1).and_then(|()| put(&other.0, &own.1)),
            Self::OthersBody => {
                let (body, length) = (body(&other.1), body_length(&other.1));
                let (line, footer) = (behind_body(&own.1), footer(&own.1));
                put(&own.0, &[body, line, length, &footer[length.len()..]].concat())
            }
        }
    }
}

/// Checks what is said of a base whose catalog is damaged, and what is made of it.
fn catalog(lane: &Lane<'_>, harm: Harm, expected: &Expected) -> Result<(), String> {
    let home = lane.home();
    let renewed = lane.arena.renew(&home).and_then(|()| harm.befall(&home, &expected.catalogs));
    renewed.map_err(|error| error.to_string())?;
    for path in ASKED {
        let shown = ask(lane, &["cat", "docs", path])?;
        let wanted = fs::read(expected.file(path)).map_err(|error| format!("{path}: {error}"))?;
        if shown.status.success() && shown.stdout != wanted {
            return Err(format!("cat {path} shows something else"));
        }
        restore(lane, path, &expected.file(path))?;
    }
    made_right(lane)
}

/// Restores one file. It is right, or there is a message.
fn restore(lane: &Lane<'_>, path: &str, wanted: &Path) -> Result<(), String> {
    let target = lane.home().join("restored");
    let restored = ask(lane, &["restore", "docs", path, "--to", &target.display().to_string()])?;
    let compared = Command::new("cmp").arg("-s").arg(target.join(path)).arg(wanted).status();
    let is_same = compared.map_err(|error| format!("cmp: {error}"))?.success();
    let _ = fs::remove_dir_all(&target);
    if restored.status.success() && !is_same {
        Err(format!("restore {path} puts something else there"))
    } else {
        Ok(())
    }
}

/// Makes the backup; then its archive holds what the source holds, as tar says, and can be verified.
fn made_right(lane: &Lane<'_>) -> Result<(), String> {
    let run = ask(lane, &["run", "docs"])?;
    if !run.status.success() {
        return if lane.standing().is_ok() { Ok(()) } else { Err(told("no backup and no old one", &run)) };
    }
    let (archive, from) = (lane.home().join("backups").join(lane.arena.form.archive()), lane.arena.path(""));
    run_tool("tar", [Path::new("--compare"), Path::new("-f"), &archive, Path::new("-C"), &from])
        .map_err(|error| format!("the archive isn't what the source is: {error}"))?;
    let verified = ask(lane, &["verify", "docs"])?;
    if verified.status.success() { Ok(()) } else { Err(told("it can't be verified", &verified)) }
}

/// Checks what becomes of a base that is damaged where the next archive would share it.
fn base(lane: &Lane<'_>, flip: &Flip) -> Result<(), String> {
    // Found by a verify first.
    damaged(lane, flip, ";verify=yes")?;
    flip.is_named_by(&ask(lane, &["verify", "docs"])?)?;
    made_right(lane)?;
    // Found by the run itself, which may have to be made again.
    damaged(lane, flip, ";verify=yes")?;
    let first = ask(lane, &["run", "docs"])?;
    made_right(lane).map_err(|wrong| format!("{wrong}, after {}", told("a run", &first)))?;
    // Found by nobody until it is in the next archive as well.
    damaged(lane, flip, "")?;
    ask(lane, &["run", "docs"])?;
    flip.is_named_by(&ask(lane, &["verify", "docs"])?)?;
    made_right(lane)
}

/// Puts the damaged base into a home as it was before, with that instead of `verify=yes`.
fn damaged(lane: &Lane<'_>, flip: &Flip, verify: &str) -> Result<(), String> {
    let damage = || {
        lane.arena.renew(&lane.home())?;
        let schedules = lane.home().join("backup_schedules.txt");
        let text = fs::read_to_string(&schedules)?;
        fs::write(&schedules, text.replace(";verify=yes", verify))?;
        let path = lane.home().join("backups").join(lane.arena.form.archive());
        let modified = path.metadata()?.modified()?;
        fs::write(&path, flip.done_to(&lane.arena.old))?;
        File::options().write(true).open(&path)?.set_modified(modified)
    };
    damage().map_err(|error| error.to_string())
}

/// Asks the program. Whatever it says, it doesn't panic, and a failure has words.
fn ask(lane: &Lane<'_>, arguments: &[&str]) -> Result<Output, String> {
    let ended = output(&mut lane.arena.command(&[], &lane.home(), arguments))?;
    let said = [&ended.stdout[..], &ended.stderr].concat();
    let is_well =
        ended.status.code().is_some() && !String::from_utf8_lossy(&ended.stderr).contains("panicked");
    if is_well && (ended.status.success() || !said.is_empty()) {
        Ok(ended)
    } else {
        Err(told(&arguments.join(" "), &ended))
    }
}

fn footer(catalog: &[u8]) -> &[u8] {
    &catalog[catalog.len().saturating_sub(FOOTER_BYTES)..]
}

fn body_length(catalog: &[u8]) -> &[u8] {
    &footer(catalog)[..8]
}

fn body(catalog: &[u8]) -> &[u8] {
    let length =
        body_length(catalog).iter().rev().fold(0_usize, |length, byte| length << 8 | usize::from(*byte));
    &catalog[..length.min(catalog.len())]
}

/// Returns the line about the run.
fn behind_body(catalog: &[u8]) -> &[u8] {
    &catalog[body(catalog).len()..catalog.len().saturating_sub(FOOTER_BYTES)]
}
