//! `edit`: changes a schedule.

use backup_core::manager::{EditedSchedule, ScheduleEdit};
use backup_core::model::schedule::{OptionError, ScheduleOption};
use backup_core::text::printable;
use clap::Args;

use super::check;
use crate::args::{anomaly, encrypt, hooks, keep, max_rate};
use crate::command_error::CommandError;
use crate::context::Context;
use crate::error_message::{message, quoted};
use crate::hint::hint;
use crate::output::{self, complain, print, warn};

/// Change the time, the folder, the name or the options of a schedule
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager edit docs --time 18:30 --keep daily:7,weekly:4
         Runs planned for the new time before now are not made up for.\n\n\
         Example: backup_manager edit docs --set compress=zstd --unset exclude")]
pub(crate) struct EditArgs {
    /// The index that `list` shows, or the name of the backup
    schedule: String,

    /// The new time
    #[arg(long)]
    time: Option<String>,

    /// Keep older backups by these rules, as in last:7,daily:14,weekly:8
    #[arg(long, value_name = "RULES", value_parser = keep)]
    keep: Option<ScheduleOption>,

    /// Read at most this much a second: 800K, 50M, 1G (powers of 1024)
    #[arg(long, value_name = "RATE", value_parser = max_rate)]
    max_rate: Option<ScheduleOption>,

    /// Hold a backup whose folder lost or changed more than this, as in lost:80%,changed:no; no holds none
    #[arg(long, value_name = "LIMITS", value_parser = anomaly)]
    anomaly: Option<ScheduleOption>,

    /// Encrypt new backups for the keys in [encryption.NAME]; no doesn't
    #[arg(long, value_name = "NAME", value_parser = encrypt)]
    encrypt: Option<ScheduleOption>,

    /// Run the commands of [hooks.NAME] before and after each backup; no runs none
    #[arg(long, value_name = "NAME", value_parser = hooks)]
    hooks: Option<ScheduleOption>,

    /// The new name; archives that were made stay under the old one
    #[arg(long, value_name = "NEW")]
    rename: Option<String>,

    /// The new folder
    #[arg(long, value_name = "DIR")]
    folder: Option<String>,

    /// Set an option (may be repeated)
    #[arg(long, value_name = "KEY=VALUE", value_parser = option)]
    set: Vec<ScheduleOption>,

    /// Remove an option: KEY, or KEY=VALUE for one of several (may be repeated)
    #[arg(long, value_name = "KEY")]
    unset: Vec<String>,
}

impl EditArgs {
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        let edit = self.edit();
        if edit == ScheduleEdit::default() {
            let hint = "give --time, --keep, --rename, --folder, --max-rate, --anomaly, --encrypt, --hooks, --set or --unset";
            return Err(CommandError {
                hint: Some(hint.to_owned()),
                ..CommandError::wrong_usage("nothing to change")
            });
        }
        context.say_how_read(&self.schedule);
        let edited = context.manager().edit(&self.schedule, &edit)?;
        let code = print(told(&edited));
        if edited.is_changed() {
            context.say_first_run("next run", &edited.after);
            say_what_stays(&edited);
            say_what_goes(&edited);
            say_what_stays_as_it_is(&edited);
            warn_of_contradiction(&edited);
        }
        check::warn_of(context, &edited.after.to_string());
        Ok(code)
    }

    /// Returns the options that have flags of their own.
    fn options(&self) -> impl Iterator<Item = &ScheduleOption> {
        let options = [&self.keep, &self.max_rate, &self.anomaly, &self.encrypt, &self.hooks];
        options.into_iter().flatten()
    }

    fn edit(&self) -> ScheduleEdit {
        ScheduleEdit {
            folder: self.folder.clone(),
            time: self.time.clone(),
            name: self.rename.clone(),
            unset: self.unset.clone(),
            set: self.options().chain(&self.set).cloned().collect(),
        }
    }
}

fn option(field: &str) -> Result<ScheduleOption, OptionError> {
    field.parse()
}

fn told(edited: &EditedSchedule) -> Vec<String> {
    let safe = |text: String| printable(text.as_bytes());
    let (index, before, after) =
        (edited.index, safe(edited.before.to_string()), safe(edited.after.to_string()));
    if !edited.is_changed() {
        return vec![format!("Schedule at index {index} is the same already: {after}")];
    }
    vec![
        format!("Schedule at index {index} changed"),
        format!("before: {before}"),
        format!("after:  {after}"),
    ]
}

/// Archives keep the name that they were made under.
fn say_what_stays(edited: &EditedSchedule) {
    let (old, new) = (quoted(edited.before.name().as_str()), quoted(edited.after.name().as_str()));
    let archives = match edited.archives_of_old_name {
        0 => return,
        1 => "1 archive stays".to_owned(),
        archives => format!("{archives} archives stay"),
    };
    complain(format_args!(
        "{archives} under the name {old}: {new} neither counts nor removes what is there; `backup_manager restore {old}` \
         gets files back from it"
    ));
}

/// Rules that keep fewer remove archives at the next run.
fn say_what_goes(edited: &EditedSchedule) {
    let (backups, which) = match edited.going {
        0 => return,
        1 => ("1 older backup".to_owned(), "it"),
        going => (format!("{going} older backups"), "them"),
    };
    let name = quoted(edited.after.name().as_str());
    complain(format_args!(
        "no rule keeps {backups} any more, and the next run removes {which}: `backup_manager prune {name} --dry-run` \
         shows which"
    ));
}

/// Archives stay encrypted as they were made, or not encrypted.
fn say_what_stays_as_it_is(edited: &EditedSchedule) {
    let [before, after] = [&edited.before, &edited.after].map(|entry| entry.options().encrypts_for());
    if before != after {
        let how =
            after.map_or("not encrypted".to_owned(), |name| format!("encrypted as [encryption.{name}] says"));
        complain(format_args!("new archives are {how}; those that exist stay as they were made"));
    }
}

fn warn_of_contradiction(edited: &EditedSchedule) {
    if let Some(error) = &edited.contradiction {
        warn(message(error));
        hint(error).into_iter().for_each(output::hint);
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        edit: EditArgs,
    }

    #[test]
    fn flags_set_the_options_of_their_names() {
        let words =
            ["m", "docs", "--max-rate", "50M", "--anomaly", "lost:80%", "--hooks", "db", "--keep", "last:3"];
        let line =
            Line::try_parse_from(words.into_iter().chain(["--set", "nice=3"])).expect("the line is right");
        let set: Vec<_> = line.edit.edit().set.iter().map(ToString::to_string).collect();
        assert_eq!(set, ["keep=last:3", "max-rate=50M", "anomaly=lost:80%", "hooks=db", "nice=3"]);
        assert!(Line::try_parse_from(["m", "docs", "--max-rate", "fast"]).is_err());
    }
}
