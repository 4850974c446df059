//! The commands, one file each: its arguments, its use case and its exit code.

mod accept;
mod backups;
mod cat;
mod catalog;
mod check;
mod completions;
mod config;
mod copy;
mod create;
mod delete;
mod destination;
mod diff;
mod drill;
mod edit;
mod explain;
mod find;
mod help;
mod history;
mod import;
mod import_tars;
mod list;
mod metrics;
mod next;
mod notify;
mod pause;
mod prune;
mod report;
mod restore;
mod resume;
mod run;
mod show;
mod start;
mod status;
mod stop;
mod verify;
mod why;

use std::ffi::OsString;

use backup_core::text::near;
use clap::Subcommand;

pub use completions::completion_script;

use crate::args::IdentityArgs;
use crate::command_error::CommandError;
use crate::context::Context;
use crate::exit;

/// What to do. In the order of the help.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Create(Box<create::CreateArgs>),
    Prune(prune::PruneArgs),
    Accept(accept::AcceptArgs),
    Import(import::ImportArgs),
    List(list::ListArgs),
    Check(check::CheckArgs),
    Config(config::ConfigArgs),
    Notify(notify::NotifyArgs),
    Destination(destination::DestinationArgs),
    Edit(Box<edit::EditArgs>),
    Pause(pause::PauseArgs),
    Resume(resume::ResumeArgs),
    Delete(delete::DeleteArgs),
    Start(start::StartArgs),
    Stop(stop::StopArgs),
    Status(status::StatusArgs),
    Metrics(metrics::MetricsArgs),
    Report(report::ReportArgs),
    Next(next::NextArgs),
    Explain(explain::ExplainArgs),
    History(history::HistoryArgs),
    Why(why::WhyArgs),
    Backups(backups::BackupsArgs),
    Run(run::RunArgs),
    Copy(copy::CopyArgs),
    Restore(restore::RestoreArgs),
    Verify(verify::VerifyArgs),
    Drill(drill::DrillArgs),
    Show(show::ShowArgs),
    Cat(cat::CatArgs),
    Find(find::FindArgs),
    Diff(diff::DiffArgs),
    Catalog(catalog::CatalogArgs),
    Completions(completions::CompletionsArgs),
    Help(help::HelpArgs),
    #[command(hide = true)]
    Version(help::VersionArgs),
    #[command(external_subcommand)]
    Unknown(Vec<OsString>),
}

/// The commands that also work in a folder that is no home yet: they make one, or say what scripts expect of them.
const ANYWHERE: [&str; 9] =
    ["config", "create", "list", "delete", "start", "stop", "backups", "explain", "import"];

/// Returns whether a command of that name works in a folder that is no home yet.
pub(crate) fn works_anywhere(name: &str) -> bool {
    ANYWHERE.contains(&name)
}

/// Words that people type for a command of another name.
const SYNONYMS: [(&str, &str); 25] = [
    ("add", "`backup_manager create` adds a schedule"),
    ("new", "`backup_manager create` adds a schedule"),
    ("remove", "`backup_manager delete` removes a schedule"),
    ("rm", "`backup_manager delete` removes a schedule"),
    ("rename", "`backup_manager edit NAME --rename NEW` renames a schedule"),
    ("disable", "`backup_manager pause` plans no more runs of a schedule"),
    ("enable", "`backup_manager resume` plans the runs of a paused schedule again"),
    ("backup", "`backup_manager run` makes a backup, `backup_manager backups` shows those that exist"),
    ("now", "`backup_manager run` makes a backup"),
    ("schedules", "`backup_manager list` shows the schedules"),
    ("schedule", "`backup_manager create` adds a schedule, `backup_manager list` shows them"),
    ("ls", "`backup_manager list` shows the schedules, `backup_manager show` what is in a backup"),
    ("archives", "`backup_manager backups` shows the archives"),
    ("snapshots", "`backup_manager backups` shows the archives"),
    ("log", "`backup_manager history` shows what ran"),
    ("logs", "`backup_manager history` shows what ran"),
    ("recover", "`backup_manager restore` gets files back"),
    ("extract", "`backup_manager restore` gets files back"),
    ("forget", "`backup_manager prune` removes older backups by the rules of keep="),
    ("test", "`backup_manager verify` reads backups, `backup_manager drill` proves that they come back"),
    ("search", "`backup_manager find` tells which backups hold a file"),
    ("info", "`backup_manager status` shows how each schedule is"),
    ("prometheus", "`backup_manager metrics` shows the metrics for Prometheus"),
    ("html", "`backup_manager report --html FILE` writes a page that shows how all backups are"),
    ("usage", "`backup_manager help` shows all commands"),
];

/// Returns the error of a word that is no command, with the command that was meant if that is clear.
pub(crate) fn unknown_command(word: &str) -> CommandError {
    let known = Command::augment_subcommands(clap::Command::new("backup_manager"));
    let known = known.get_subcommands().map(clap::Command::get_name);
    let synonym = SYNONYMS.iter().find(|(other, _)| *other == word).map(|(_, hint)| (*hint).to_owned());
    let meant = synonym.or_else(|| near(word, known).map(|meant| format!("did you mean {meant}?")));
    let hint = meant.unwrap_or_else(|| "`backup_manager help` shows all commands".to_owned());
    CommandError::unknown_command(word, hint)
}

impl Command {
    /// Returns what opens encrypted backups, if the command reads any.
    pub(crate) fn identity(&self) -> Option<&IdentityArgs> {
        Some(match self {
            Self::Restore(arguments) => &arguments.identity,
            Self::Verify(arguments) => &arguments.identity,
            Self::Drill(arguments) => &arguments.identity,
            Self::Show(arguments) => &arguments.identity,
            Self::Cat(arguments) => &arguments.identity,
            Self::Find(arguments) => &arguments.identity,
            Self::Diff(arguments) => &arguments.identity,
            Self::Catalog(arguments) => arguments.identity(),
            _ => return None,
        })
    }

    /// Carries out the command, and returns the exit code.
    pub(crate) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        match self {
            Self::Create(arguments) => arguments.run(context),
            Self::Prune(arguments) => arguments.run(context),
            Self::Accept(arguments) => arguments.run(context),
            Self::Import(arguments) => arguments.run(context),
            Self::List(arguments) => arguments.run(context),
            Self::Check(arguments) => arguments.run(context),
            Self::Config(arguments) => arguments.run(context),
            Self::Notify(arguments) => arguments.run(context),
            Self::Destination(arguments) => arguments.run(context),
            Self::Edit(arguments) => arguments.run(context),
            Self::Pause(arguments) => arguments.run(context),
            Self::Resume(arguments) => arguments.run(context),
            Self::Delete(arguments) => arguments.run(context),
            Self::Start(arguments) => arguments.run(context),
            Self::Stop(arguments) => arguments.run(context),
            Self::Status(arguments) => arguments.run(context),
            Self::Metrics(arguments) => arguments.run(context),
            Self::Report(arguments) => arguments.run(context),
            Self::Next(arguments) => arguments.run(context),
            Self::Explain(arguments) => arguments.run(context),
            Self::History(arguments) => arguments.run(context),
            Self::Why(arguments) => arguments.run(context),
            Self::Backups(arguments) => arguments.run(context),
            Self::Run(arguments) => arguments.run(context),
            Self::Copy(arguments) => arguments.run(context),
            Self::Restore(arguments) => arguments.run(context),
            Self::Verify(arguments) => arguments.run(context),
            Self::Drill(arguments) => arguments.run(context),
            Self::Show(arguments) => arguments.run(context),
            Self::Cat(arguments) => arguments.run(context),
            Self::Find(arguments) => arguments.run(context),
            Self::Diff(arguments) => arguments.run(context),
            Self::Catalog(arguments) => arguments.run(context),
            // They need no home, and were carried out before.
            Self::Completions(_) | Self::Help(_) | Self::Version(_) => Ok(exit::DONE),
            Self::Unknown(words) => {
                let word = words.first().map(|word| word.to_string_lossy().into_owned());
                Err(unknown_command(&word.unwrap_or_default()))
            }
        }
    }
}
