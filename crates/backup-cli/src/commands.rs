//! The commands, one file each: its arguments, its use case and its exit code.

mod backups;
mod cat;
mod check;
mod create;
mod delete;
mod drill;
mod edit;
mod explain;
mod find;
mod history;
mod list;
mod next;
mod pause;
mod prune;
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

use clap::Subcommand;

use crate::command_error::CommandError;
use crate::context::Context;

/// What to do. In the order of the help.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Create(create::CreateArgs),
    Prune(prune::PruneArgs),
    List(list::ListArgs),
    Check(check::CheckArgs),
    Edit(edit::EditArgs),
    Pause(pause::PauseArgs),
    Resume(resume::ResumeArgs),
    Delete(delete::DeleteArgs),
    Start(start::StartArgs),
    Stop(stop::StopArgs),
    Status(status::StatusArgs),
    Next(next::NextArgs),
    Explain(explain::ExplainArgs),
    History(history::HistoryArgs),
    Why(why::WhyArgs),
    Backups(backups::BackupsArgs),
    Run(run::RunArgs),
    Restore(restore::RestoreArgs),
    Verify(verify::VerifyArgs),
    Drill(drill::DrillArgs),
    Show(show::ShowArgs),
    Cat(cat::CatArgs),
    Find(find::FindArgs),
    #[command(external_subcommand)]
    Unknown(Vec<OsString>),
}

impl Command {
    /// Carries out the command, and returns the exit code.
    pub(crate) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        match self {
            Self::Create(arguments) => arguments.run(context),
            Self::Prune(arguments) => arguments.run(context),
            Self::List(arguments) => arguments.run(context),
            Self::Check(arguments) => arguments.run(context),
            Self::Edit(arguments) => arguments.run(context),
            Self::Pause(arguments) => arguments.run(context),
            Self::Resume(arguments) => arguments.run(context),
            Self::Delete(arguments) => arguments.run(context),
            Self::Start(arguments) => arguments.run(context),
            Self::Stop(arguments) => arguments.run(context),
            Self::Status(arguments) => arguments.run(context),
            Self::Next(arguments) => arguments.run(context),
            Self::Explain(arguments) => arguments.run(context),
            Self::History(arguments) => arguments.run(context),
            Self::Why(arguments) => arguments.run(context),
            Self::Backups(arguments) => arguments.run(context),
            Self::Run(arguments) => arguments.run(context),
            Self::Restore(arguments) => arguments.run(context),
            Self::Verify(arguments) => arguments.run(context),
            Self::Drill(arguments) => arguments.run(context),
            Self::Show(arguments) => arguments.run(context),
            Self::Cat(arguments) => arguments.run(context),
            Self::Find(arguments) => arguments.run(context),
            Self::Unknown(words) => {
                let word = words.first().map(|word| word.to_string_lossy().into_owned());
                let known = Self::augment_subcommands(clap::Command::new("backup_manager"));
                let known = known.get_subcommands().map(clap::Command::get_name);
                Err(CommandError::unknown_command(&word.unwrap_or_default(), known))
            }
        }
    }
}
