//! `create`: adds a schedule.

use backup_core::model::error::Error;
use backup_core::model::schedule::{EntryError, ScheduleEntry, ScheduleOption};
use clap::Args;

use super::check;
use crate::args::{
    ScheduleOptionArgs, anomaly, drill, encrypt, hooks, ionice, jitter, keep, max_rate, nice, tz,
};
use crate::command_error::CommandError;
use crate::context::Context;
use crate::error_message::quoted;
use crate::output::{complain, print_done};

/// Add a schedule: which folder or file, when, and under which name
#[derive(Debug, Args)]
#[command(
    override_usage = "backup_manager create [OPTIONS] \"FOLDER;TIME;NAME\"\n       \
                      backup_manager create [OPTIONS] FOLDER TIME NAME [KEY=VALUE]...",
    after_help = "Keys: exclude, one-file-system, exclude-caches, compress, encrypt, catch-up, keep, verify, drill, anomaly, tz, \
        jitter, nice, ionice, max-rate, command, hooks, reuse, full, paused, and x-... for other programs. A flag writes the key of its name, so --tz Europe/Paris is \
        tz=Europe/Paris.\n\n\
         Example: backup_manager create \"docs;16:07;docs\"
         Backs up the folder docs every day at 16:07 to backups/docs.tar.\n\n\
         Example: backup_manager create docs 16:07 docs
         The same.\n\n\
         Example: backup_manager create docs 'Mon..Fri 16:07' docs keep=daily:7
         On weekdays. The last backups of 7 days are kept.\n\n\
         Example: backup_manager create \"docs;16:07;docs\" --exclude '*.tmp'
         The same as \"docs;16:07;docs;exclude=*.tmp\"."
)]
pub(crate) struct CreateArgs {
    /// folder;time;name in quotes, with ;key=value behind it for each option; or the folder, the time and the name as
    /// three words, with key=value behind them
    #[arg(value_name = "SCHEDULE", required = true)]
    words: Vec<String>,

    /// What is left out.
    #[command(flatten)]
    options: ScheduleOptionArgs,

    /// Skip runs that were missed (the machine was off, or asleep) instead of making up for them
    #[arg(long)]
    no_catch_up: bool,

    /// Keep older backups too, as in last:7,daily:14,weekly:8; monthly:12, yearly:3 and within:30d are rules, too
    #[arg(long, value_name = "RULES", value_parser = keep)]
    keep: Option<ScheduleOption>,

    /// Read each backup back before it takes the old one's place
    #[arg(long)]
    verify: bool,

    /// Have the service drill the backups: daily, weekly or monthly
    #[arg(long, value_name = "PERIOD", value_parser = drill)]
    drill: Option<ScheduleOption>,

    /// Read the time in this zone, such as Europe/Paris [default: the machine's]
    #[arg(long, value_name = "ZONE", value_parser = tz)]
    tz: Option<ScheduleOption>,

    /// Move each run to a later moment, by at most this: 10m, 1h
    #[arg(long, value_name = "PERIOD", value_parser = jitter)]
    jitter: Option<ScheduleOption>,

    /// Let planned runs give way to other programs: a niceness from 0 to 19
    #[arg(long, value_name = "N", value_parser = nice)]
    nice: Option<ScheduleOption>,

    /// Let their disk work give way: idle, best-effort:0 to best-effort:7
    #[arg(long, value_name = "CLASS", value_parser = ionice)]
    ionice: Option<ScheduleOption>,

    /// Read at most this much a second: 800K, 50M, 1G (powers of 1024)
    #[arg(long, value_name = "RATE", value_parser = max_rate)]
    max_rate: Option<ScheduleOption>,

    /// Hold a backup whose folder lost or changed more than this, as in lost:80%,changed:no; no holds none
    #[arg(long, value_name = "LIMITS", value_parser = anomaly)]
    anomaly: Option<ScheduleOption>,

    /// Encrypt the backups for the keys in [encryption.NAME]; no doesn't
    #[arg(long, value_name = "NAME", value_parser = encrypt)]
    encrypt: Option<ScheduleOption>,

    /// Run the commands of [hooks.NAME] before and after each backup; no runs none
    #[arg(long, value_name = "NAME", value_parser = hooks)]
    hooks: Option<ScheduleOption>,
}

impl CreateArgs {
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        let text = self.text()?;
        let created = context.manager().create(&text);
        let code = print_done(&created.map_err(|error| with_hint(error, &self.words[0]))?);
        if let Ok(entry) = text.parse::<ScheduleEntry>() {
            context.say_first_run("first run", &entry);
            say_if_only_one_is_kept(&context.manager().as_it_runs(&entry));
        }
        check::warn_of(context, &text);
        Ok(code)
    }

    /// Returns the schedule as it is written: each flag is a field behind the name.
    fn text(&self) -> Result<String, CommandError> {
        let mut options = self.options.options();
        options.extend(self.no_catch_up.then_some(ScheduleOption::CatchUp(false)));
        options.extend(self.keep.clone());
        options.extend(self.verify.then_some(ScheduleOption::Verify(true)));
        options.extend(self.drill.iter().chain(&self.tz).chain(&self.jitter).cloned());
        options.extend(self.nice.iter().chain(&self.ionice).chain(&self.max_rate).cloned());
        options.extend(self.anomaly.iter().chain(&self.encrypt).chain(&self.hooks).cloned());
        let fields = options.iter().map(|option| format!(";{option}"));
        Ok(fields.fold(schedule(&self.words)?, |text, field| text + &field))
    }
}

/// Returns the schedule without what the flags add, given one word or three, and perhaps options behind them.
fn schedule(words: &[String]) -> Result<String, CommandError> {
    let is_option = |word: &&String| word.split_once('=').is_some_and(|(key, _)| !key.contains([' ', ';']));
    let fewest = if words[0].contains(';') { 1 } else { 3 };
    let options = words.iter().skip(fewest).rev().take_while(is_option).count();
    let (fields, options) = words.split_at(words.len() - options);
    let text = match fields {
        [text] => text.clone(),
        [folder, time, name] => ScheduleEntry::text_of([folder, time, name]).map_err(|fault| {
            let error = Error::MalformedSchedule { text: words.join(" "), fault };
            CommandError { is_unlogged: true, ..error.into() }
        })?,
        _ => return Err(wrong_count(fields)),
    };
    Ok(options.iter().fold(text, |text, option| format!("{text};{option}")))
}

fn wrong_count(words: &[String]) -> CommandError {
    let what = format!("a schedule is one quoted word or three words, not {}", words.len());
    let hint = match words {
        [folder, time @ .., name] if time.len() > 1 => {
            let [folder, time, name] = [folder, &time.join(" "), name].map(|word| quoted(word));
            format!("quote a time that has spaces: backup_manager create {folder} {time} {name}")
        }
        _ => "give the folder, the time and the name: backup_manager create docs 16:07 docs".to_owned(),
    };
    CommandError { hint: Some(hint), ..CommandError::wrong_usage(what) }
}

/// A shell ends the command at a `;` that isn't quoted, so that only the folder arrives.
fn with_hint(error: Error, word: &str) -> CommandError {
    let is_cut = matches!(error, Error::MalformedSchedule { fault: EntryError::Fields(1), .. });
    let error = CommandError::from(error);
    if !is_cut || word.is_empty() {
        return error;
    }
    let folder = quoted(word);
    let hint = format!(
        "a shell ends a command at a ; that isn't quoted: write backup_manager create {}, or backup_manager create \
         {folder} 16:07 NAME",
        quoted(&format!("{word};16:07;NAME"))
    );
    CommandError { hint: Some(hint), ..error }
}

fn say_if_only_one_is_kept(entry: &ScheduleEntry) {
    if entry.options().keep().is_none() {
        let name = quoted(entry.name().as_str());
        complain(format_args!(
            "only one copy will be kept: add keep=, as in `backup_manager edit {name} --keep daily:7,weekly:4`"
        ));
    }
}

#[cfg(test)]
mod tests {
    use backup_core::model::schedule::OptionError;
    use clap::FromArgMatches;

    use super::*;

    #[test]
    fn the_help_names_all_keys() {
        let error = "nothing-like-it=1".parse::<ScheduleOption>().expect_err("there is no such key");
        let OptionError::UnknownKey { known, .. } = error else { panic!("{error:?}") };
        let help = CreateArgs::augment_args(clap::Command::new("create")).render_long_help().to_string();
        let (_, keys) = help.split_once("Keys: ").expect("there is a paragraph of keys");
        let keys: Vec<_> = keys.split([' ', ',', '\n']).collect();
        assert!(known.len() > 10, "{known:?}");
        known.iter().for_each(|key| assert!(keys.contains(key), "{key} is missing in {keys:?}"));
    }

    #[test]
    fn flags_are_options_of_their_names() {
        let command = CreateArgs::augment_args(clap::Command::new("create"));
        let words = ["create", "docs;16:07;docs", "--anomaly", "no", "--hooks", "db", "--max-rate", "50M"];
        let matches = command.try_get_matches_from(words).expect("the line is right");
        let text = CreateArgs::from_arg_matches(&matches).expect("the line is right").text();
        assert_eq!(text.ok().as_deref(), Some("docs;16:07;docs;max-rate=50M;anomaly=no;hooks=db"));
    }
}
