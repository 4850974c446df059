//! One point: a use case, the operation in it that fails, and how.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use backup_core::model::error::Failure;
use backup_core::ports::SilentProgress;
use backup_core::testing::{Faults, Hiccup, MemorySource};

use super::generations;
use super::machine::{Machine, SOURCES};

/// What is done while something fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum UseCase {
    /// The service makes the backups of two schedules for some days.
    Serve,
    /// The same, with a source that has become empty, whose old backup must stay.
    ServeEmptied,
    Create,
    Delete,
    List,
    Run,
    Backups,
}

/// How an operation fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Error(Failure, &'static str),
    Hiccup(Hiccup),
}

/// What the schedules ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Options {
    Plain,
    Compressed,
    /// Two generations, each read back.
    Keeping,
    /// With commands before and after.
    Hooked,
}

const OPTIONS: [Options; 4] = [Options::Plain, Options::Compressed, Options::Keeping, Options::Hooked];

impl Options {
    /// Returns them as they stand behind an entry.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Compressed => ";compress=zstd",
            Self::Keeping => crate::generations::OPTIONS,
            Self::Hooked => ";hooks=mark",
        }
    }
}

/// The operations of the adapters in memory.
pub(super) const OPERATIONS: [&str; 17] = [
    "load", "read", "replace", "append", "list", "draft", "write", "seal", "verify", "keep", "publish",
    "sync", "remove", "sums", "sweep", "pack", "run",
];
const HOWS: [How; 6] = [
    How::Error(Failure::Full, "No space left on device"),
    How::Error(Failure::Other, "Input/output error"),
    How::Error(Failure::Denied, "Permission denied"),
    How::Error(Failure::Other, "Too many open files"),
    How::Hiccup(Hiccup::Short),
    How::Hiccup(Hiccup::Interrupted),
];
const USE_CASES: [UseCase; 7] = [
    UseCase::Serve,
    UseCase::ServeEmptied,
    UseCase::Create,
    UseCase::Delete,
    UseCase::List,
    UseCase::Run,
    UseCase::Backups,
];
/// How long the service serves.
const DAYS: i64 = 6;

/// A place where something fails.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point {
    use_case: UseCase,
    options: Options,
    pub(super) operation: &'static str,
    nth: usize,
    for_good: bool,
    how: How,
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { use_case, options, operation, nth, for_good, how } = self;
        let times = if *for_good { "for good" } else { "once" };
        write!(f, "{use_case:?} {options:?} {operation} {nth} {times} {how:?}")
    }
}

/// What came of a point.
#[derive(Debug, Default)]
pub(super) struct Trial {
    pub(super) panic: Option<String>,
    pub(super) is_named: bool,
    pub(super) is_kept: bool,
    pub(super) is_good_after: bool,
    pub(super) left_over: usize,
    /// What was said, returned or logged.
    pub(super) said: Vec<String>,
}

impl Point {
    /// Returns every point there is: as many of each operation as the use case makes when nothing fails.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let cases = USE_CASES.iter().flat_map(|use_case| OPTIONS.map(|options| (*use_case, options)));
        let counted = cases.flat_map(|(use_case, options)| {
            OPERATIONS.map(|operation| (use_case, options, operation, count(use_case, options, operation)))
        });
        counted.flat_map(|(use_case, options, operation, count)| {
            (1..=count).flat_map(move |nth| {
                let hows = HOWS.into_iter().flat_map(|how| [false, true].map(|for_good| (how, for_good)));
                let fits = move |(how, for_good): &(How, bool)| match how {
                    How::Error(..) => true,
                    // Interrupted for good, nothing would ever be written.
                    How::Hiccup(Hiccup::Interrupted) => operation == "write" && !for_good,
                    How::Hiccup(Hiccup::Short) => operation == "write",
                };
                hows.filter(fits).map(move |(how, for_good)| Self {
                    use_case,
                    options,
                    operation,
                    nth,
                    for_good,
                    how,
                })
            })
        })
    }

    /// Tries it.
    pub(super) fn try_out(&self) -> Trial {
        let mut trial = Trial::default();
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.go(&mut trial))) {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            trial.panic = Some(text.unwrap_or_default());
        }
        trial
    }

    fn go(&self, trial: &mut Trial) {
        let faults = Faults::only(self.operation);
        let machine = prepared(self.use_case, self.options, &faults);
        self.script(&faults);
        trial.said = self.use_case.act(&machine);
        let hits = faults.operations();
        faults.clear();
        trial.said.extend(machine.journal.sentences());
        trial.is_kept = SOURCES.iter().all(|name| self.use_case.may_stand(&machine, name))
            && generations::are_kept(&machine, self.options);
        trial.is_named = self.is_named(&trial.said) || self.is_healed(&machine);
        trial.left_over = machine.backups.drafts();
        machine.fill("newer");
        machine.serve(2);
        // What failed once it stood counts for no rule, and stays.
        let is_doubtful = self.operation == "sync" || self.operation == "append" && self.for_good;
        let in_doubt = is_doubtful && self.options == Options::Keeping;
        trial.is_good_after = hits > 0
            && SOURCES.iter().all(|name| is(&machine, name, "newer"))
            && generations::are_right(&machine, self.options, in_doubt)
            && machine.owes_nothing();
        trial.left_over +=
            machine.backups.drafts() + generations::left_over(&machine, self.options, in_doubt);
    }

    fn script(&self, faults: &Faults) {
        let nth = faults.operations() + self.nth;
        match (self.how, self.for_good) {
            (How::Error(failure, cause), false) => _ = faults.because(cause).fail_nth(nth, failure),
            (How::Error(failure, cause), true) => _ = faults.because(cause).fail_from(nth, failure),
            (How::Hiccup(hiccup), for_good) => _ = faults.hiccup_at(self.nth, hiccup, for_good),
        }
    }

    /// Whether some sentence tells what could not be done, and why.
    fn is_named(&self, said: &[String]) -> bool {
        let How::Error(_, cause) = self.how else { return true };
        let action = format!("can't {}", self.operation);
        said.iter().any(|line| line.contains(&action) && line.contains(cause))
    }

    /// Whether nothing was lost, so that there was nothing to tell.
    fn is_healed(&self, machine: &Machine) -> bool {
        let ended = machine.history.notes().len();
        match self.use_case {
            // The service goes by the date of the file then.
            UseCase::Create => {
                self.operation == "append" || self.operation == "read" || self.operation == "list"
            }
            _ => !self.for_good && ended == notes(self.use_case, self.options),
        }
    }
}

impl UseCase {
    /// Does it, and returns what it said.
    fn act(self, machine: &Machine) -> Vec<String> {
        let manager = machine.manager();
        let said = match self {
            Self::Serve | Self::ServeEmptied => {
                machine.serve(DAYS);
                Ok(())
            }
            Self::Create => manager.create("docs;18:00;docs").map(drop),
            Self::Delete => manager.delete("1").map(drop),
            Self::List => manager.list().map(drop),
            Self::Run => manager.run("docs", &SilentProgress).map(drop),
            Self::Backups => manager.backups().map(drop),
        };
        said.err().map(|error| error.to_string()).into_iter().collect()
    }

    /// Whether what stands under that name may: the old backup or the new one, whole.
    fn may_stand(self, machine: &Machine, name: &str) -> bool {
        is(machine, name, "old")
            || is(machine, name, "new") && !(self == Self::ServeEmptied && name == "docs")
    }
}

/// Returns a home with old backups and new contents.
fn prepared(use_case: UseCase, options: Options, faults: &Faults) -> Machine {
    let machine = Machine::new(faults, options);
    machine.serve(1);
    machine.fill("new");
    if use_case == UseCase::ServeEmptied {
        machine.archiver.put("/home/docs", MemorySource::folder());
    }
    machine.journal.clear();
    machine
}

fn count(use_case: UseCase, options: Options, operation: &'static str) -> usize {
    let faults = Faults::only(operation);
    let machine = prepared(use_case, options, &faults);
    let before = faults.operations();
    use_case.act(&machine);
    faults.operations() - before
}

/// Returns how many notes the history holds when nothing fails.
fn notes(use_case: UseCase, options: Options) -> usize {
    let machine = prepared(use_case, options, &Faults::none());
    use_case.act(&machine);
    machine.history.notes().len()
}

fn is(machine: &Machine, name: &str, letter: &str) -> bool {
    machine.archive(name) == Some(Machine::expected(letter))
}
