//! Values: which arguments take the name of a backup, an archive or a path, and which of those there are.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::Arc;

use backup_core::model::archive::ArchiveName;
use backup_core::model::config::Config;
use backup_core::model::notice::NotifyTarget;
use backup_fs::{Adapters, Home, Log};
use clap::{Arg, Command, CommandFactory, ValueHint};
use clap_complete::engine::{
    ArgValueCandidates, ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter,
};

use crate::arguments::Arguments;

/// Returns the program's command line, with completers for the arguments that take something of the home. Which home that
/// is, the words say.
pub(super) fn completing(words: &[OsString]) -> Command {
    let words: Arc<[OsString]> = words.into();
    let with_values = |command: Command| command.mut_args(|argument| with_values(argument, &words));
    // Of the commands that have commands of their own, only `catalog` takes backups that exist, `notify` takes
    // targets and `destination` destinations.
    let of_part = |argument: Arg| match argument.get_id().as_str() {
        "archives" => argument.add(ArgValueCompleter::new(NamesAndArchives { words: Arc::clone(&words) })),
        "target" => {
            let words = Arc::clone(&words);
            argument.add(ArgValueCandidates::new(move || targets(&words)))
        }
        "destination" => {
            let words = Arc::clone(&words);
            argument.add(ArgValueCandidates::new(move || destinations(&words)))
        }
        _ => with_paths(argument),
    };
    let program = Arguments::command().mut_args(with_paths);
    program.mut_subcommands(|command| with_values(command).mut_subcommands(|part| part.mut_args(&of_part)))
}

fn with_values(argument: Arg, words: &Arc<[OsString]>) -> Arg {
    let words = Arc::clone(words);
    match argument.get_id().as_str() {
        "schedule" => argument.add(ArgValueCompleter::new(Names { words, also_old: false })),
        "name" => argument.add(ArgValueCompleter::new(Names { words, also_old: true })),
        "generation" | "old" | "new" => argument.add(ArgValueCandidates::new(move || archives(&words))),
        "command" => argument.add(ArgValueCandidates::new(commands)),
        "words" => argument.add(ArgValueCompleter::new(FirstWordIsPath)),
        "compress" => argument.add(one_of(&["zstd", "no"])),
        "encrypt" => argument.add(ArgValueCandidates::new(move || encryptions(&words))),
        "hooks" => argument.add(ArgValueCandidates::new(move || hooks(&words))),
        "drill" => argument.add(one_of(&["daily", "weekly", "monthly", "no"])),
        _ => with_paths(argument),
    }
}

fn with_paths(argument: Arg) -> Arg {
    let value = argument.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
    match (argument.get_id().as_str(), value.as_deref()) {
        ("folder", _) | (_, Some("DIR")) => argument.value_hint(ValueHint::DirPath),
        ("file", _) | (_, Some("FILE")) => argument.value_hint(ValueHint::FilePath),
        _ => argument,
    }
}

fn one_of(values: &'static [&str]) -> ArgValueCandidates {
    ArgValueCandidates::new(|| values.iter().map(CompletionCandidate::new).collect())
}

/// The first word of a new schedule is what is backed up.
struct FirstWordIsPath;

impl ValueCompleter for FirstWordIsPath {
    fn complete(&self, current: &OsStr) -> Vec<CompletionCandidate> {
        PathCompleter::any().complete(current)
    }

    fn complete_at(&self, index: usize, current: &OsStr) -> Vec<CompletionCandidate> {
        if index == 0 { self.complete(current) } else { Vec::new() }
    }
}

/// The names of the schedules, and their indexes.
struct Names {
    words: Arc<[OsString]>,
    /// Also names that no schedule has any more, but archives.
    also_old: bool,
}

impl ValueCompleter for Names {
    fn complete(&self, current: &OsStr) -> Vec<CompletionCandidate> {
        let Some(adapters) = adapters(&self.words) else { return Vec::new() };
        let mut names = Found::default();
        // A name says more than an index: indexes come if a digit is typed, and where a line has no name.
        let is_index = current.as_encoded_bytes().first().is_some_and(u8::is_ascii_digit);
        names.add_schedules(&adapters, is_index);
        if self.also_old {
            names.add_archives(&adapters);
        }
        let typed = current.to_string_lossy();
        names.0.retain(|(value, _)| value.starts_with(&*typed));
        names.0.into_iter().map(candidate).collect()
    }
}

/// The names of backups, and their archives.
struct NamesAndArchives {
    words: Arc<[OsString]>,
}

impl ValueCompleter for NamesAndArchives {
    fn complete(&self, current: &OsStr) -> Vec<CompletionCandidate> {
        let mut found = Names { words: Arc::clone(&self.words), also_old: true }.complete(current);
        let typed = current.as_encoded_bytes();
        let is_typed =
            |archive: &CompletionCandidate| archive.get_value().as_encoded_bytes().starts_with(typed);
        found.extend(archives(&self.words).into_iter().filter(is_typed));
        found
    }
}

/// Values, each with its description.
#[derive(Default)]
struct Found(Vec<(String, String)>);

impl Found {
    fn add_schedules(&mut self, adapters: &Adapters, with_indexes: bool) {
        let Ok(book) = adapters.ports().schedules.load() else { return };
        for item in book.items() {
            let text = if book.is_withheld() { String::new() } else { item.text() };
            let name = item.entry.ok().map(|entry| entry.name().to_string());
            if with_indexes || name.is_none() {
                self.add(item.index.to_string(), &text);
            }
            name.into_iter().for_each(|name| self.add(name, &text));
        }
    }

    fn add_archives(&mut self, adapters: &Adapters) {
        for archive in adapters.ports().backups.list().unwrap_or_default() {
            if let Some(archive) = ArchiveName::parse(&archive.file_name) {
                self.add(archive.backup.to_string(), "backups of a schedule that was deleted");
            }
        }
    }

    fn add(&mut self, value: String, about: &str) {
        if !self.0.iter().any(|(known, _)| *known == value) {
            self.0.push((value, about.to_owned()));
        }
    }
}

fn candidate((value, about): (String, String)) -> CompletionCandidate {
    CompletionCandidate::new(value).help((!about.is_empty()).then(|| about.into()))
}

/// Returns the archives of the backup that is named on the command line, or else all.
fn archives(words: &[OsString]) -> Vec<CompletionCandidate> {
    let archives = adapters(words).and_then(|adapters| adapters.ports().backups.list().ok());
    let archives = archives.unwrap_or_default();
    let is_named = |file: &str| {
        let archive = ArchiveName::parse(file);
        archive.is_some_and(|archive| words.iter().any(|word| word == archive.backup.as_str()))
    };
    let files = || archives.iter().map(|archive| archive.file_name.as_str());
    let named = files().any(is_named);
    files().filter(|file| !named || is_named(file)).map(CompletionCandidate::new).collect()
}

/// Returns who is notified, each with where it goes.
fn targets(words: &[OsString]) -> Vec<CompletionCandidate> {
    let targets = config(words).map(|config| config.notify).unwrap_or_default();
    let shown = |target: NotifyTarget| {
        let about = format!("{} ({})", target.channel.word(), target.channel.destination());
        candidate((target.name, about))
    };
    targets.into_iter().map(shown).collect()
}

/// Returns the places that keep copies.
fn destinations(words: &[OsString]) -> Vec<CompletionCandidate> {
    let destinations = config(words).map(|config| config.destinations).unwrap_or_default();
    destinations.into_iter().map(|one| candidate((one.name, one.url))).collect()
}

/// Returns the names of the hooks, and the word for none.
fn hooks(words: &[OsString]) -> Vec<CompletionCandidate> {
    let hooks = config(words).map(|config| config.hooks).unwrap_or_default();
    let names = hooks.into_keys().chain(["no".to_owned()]);
    names.map(CompletionCandidate::new).collect()
}

/// Returns the names of the encryptions, and the word for none.
fn encryptions(words: &[OsString]) -> Vec<CompletionCandidate> {
    let encryptions = config(words).map(|config| config.encryption).unwrap_or_default();
    let names = encryptions.into_keys().chain(["no".to_owned()]);
    names.map(CompletionCandidate::new).collect()
}

/// Returns the configuration of the home that the words choose, as far as it is understood.
fn config(words: &[OsString]) -> Option<Config> {
    Some(adapters(words)?.ports().config.load().ok()?.config)
}

fn commands() -> Vec<CompletionCandidate> {
    let program = Arguments::command();
    let shown = program.get_subcommands().filter(|command| !command.is_hide_set());
    shown
        .map(|command| CompletionCandidate::new(command.get_name()).help(command.get_about().cloned()))
        .collect()
}

/// Returns the adapters of the home that the words choose.
fn adapters(words: &[OsString]) -> Option<Adapters> {
    let is_trusted = words.iter().any(|word| word == "--trust-home");
    let home = Home::choose(home_in(words).as_deref(), is_trusted).ok()?;
    Some(Adapters::of(home, Log::Manager))
}

/// Returns the value of `--home`, of which the last one counts.
fn home_in(words: &[OsString]) -> Option<PathBuf> {
    let (_, before) = words.split_last()?;
    let after_word = before.windows(2).rev().find(|pair| pair[0] == "--home").map(|pair| pair[1].clone());
    let joined =
        || before.iter().rev().find_map(|word| word.to_str()?.strip_prefix("--home=").map(OsString::from));
    let given = after_word.or_else(joined)?;
    Some(without_tilde(&given).unwrap_or(given).into())
}

/// Returns a path that begins with `~/` with the user's home instead.
pub(super) fn without_tilde(path: &OsStr) -> Option<OsString> {
    let rest = path.to_str()?.strip_prefix('~').filter(|rest| rest.starts_with('/'))?;
    let mut home = env::var_os("HOME").filter(|home| !home.is_empty())?;
    home.push(rest);
    Some(home)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an argument that takes a name or an index says of itself.
    const NAME_HELP: &str = "The index that `list` shows, or the name of the backup";

    #[test]
    fn every_argument_that_takes_a_name_or_an_index_is_completed() {
        let program = completing(&[]);
        let arguments = program
            .get_subcommands()
            .flat_map(|command| command.get_arguments().map(move |argument| (command.get_name(), argument)));
        let takes_name =
            |argument: &Arg| argument.get_help().is_some_and(|help| help.to_string().starts_with(NAME_HELP));
        let names: Vec<_> = arguments.filter(|(_, argument)| takes_name(argument)).collect();
        assert!(names.len() >= 18, "{}", names.len());
        for (command, argument) in names {
            assert!(argument.get::<ArgValueCompleter>().is_some(), "{command} {argument}");
        }
    }

    #[test]
    fn the_tables_of_the_configuration_are_completed() {
        let home = tempfile::tempdir().unwrap();
        let text = "[notify.office]\nto = \"command\"\nrun = [\"tell\"]\n[destinations.usb]\nurl = \"/mnt\"\n[hooks.db]\nbefore = [\"stop\"]\n";
        std::fs::write(home.path().join(Home::CONFIG), text).unwrap();
        let home = home.path().display().to_string();
        let words: Vec<OsString> = ["m", "--home", &home, "notify", "test", ""].map(OsString::from).to_vec();
        let values = |found: Vec<CompletionCandidate>| {
            let value = |found: &CompletionCandidate| found.get_value().to_string_lossy().into_owned();
            found.iter().map(value).collect::<Vec<_>>()
        };
        assert_eq!(values(targets(&words)), ["office"]);
        assert_eq!(values(destinations(&words)), ["usb"]);
        assert_eq!(values(hooks(&words)), ["db", "no"]);
        let program = completing(&words);
        let argument = |path: &[&str], id: &str| {
            let command = path.iter().fold(&program, |at, name| at.find_subcommand(name).expect("it exists"));
            let found = command.get_arguments().find(|argument| argument.get_id() == id).expect("it exists");
            found.get::<ArgValueCandidates>().is_some()
        };
        assert!(argument(&["notify", "test"], "target"));
        assert!(argument(&["destination", "check"], "destination"));
        assert!(
            argument(&["create"], "encrypt")
                && argument(&["create"], "hooks")
                && argument(&["edit"], "hooks")
        );
    }

    #[track_caller]
    fn check_home(line: &str, expected: Option<&str>) {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        assert_eq!(home_in(&words), expected.map(PathBuf::from), "{line}");
    }

    #[test]
    fn the_home_is_that_of_the_line() {
        check_home("m run ", None);
        check_home("m --home /a run ", Some("/a"));
        check_home("m run --home=/a ", Some("/a"));
        // What is being typed is no home yet.
        check_home("m run --home=/a", None);
        check_home("m --home /a", None);
        let home = env::var("HOME").unwrap_or_default();
        if !home.is_empty() {
            check_home("m --home ~/a run ", Some(&format!("{home}/a")));
        }
    }
}
