//! Usage error: what clap refuses, as one line and a hint that leads on.

use backup_core::model::schedule::TimeRule;
use backup_core::text::near;
use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::command_error::CommandError;
use crate::error_message::quoted;

/// What `import` takes over: two things that have little in common.
const IMPORT_WHAT: &str = "`backup_manager import crontab FILE` takes over schedules, `backup_manager import tars FOLDER NAME` archives";

/// Returns the error of a command line that clap refuses. `words` are those of the command line, without the program.
///
/// What is wrong is in the first paragraph of clap's text. Its tip is left out: it suggests what differs in much.
pub(crate) fn usage_error(error: &clap::Error, program: &Command, words: &[String]) -> CommandError {
    let command = words.iter().find_map(|word| program.find_subcommand(word));
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
        && let Some(command) = command
    {
        return CommandError {
            hint: Some(commands_of(command)),
            ..CommandError::wrong_usage(format_args!("{} what?", command.get_name()))
        };
    }
    let text = error.to_string();
    let what = text.split("\n\n").next().unwrap_or_default();
    let what: Vec<&str> = what.trim_start_matches("error:").split_whitespace().collect();
    let meant =
        (error.kind() == ErrorKind::UnknownArgument).then(|| meant(error, program, command, words)).flatten();
    let hint = meant.unwrap_or_else(|| way_to_help(command));
    CommandError { hint: Some(hint), ..CommandError::wrong_usage(what.join(" ")) }
}

/// Returns the commands that a command has.
fn commands_of(command: &Command) -> String {
    if command.get_name() == "import" {
        return IMPORT_WHAT.to_owned();
    }
    let own = command.get_subcommands().map(Command::get_name).filter(|name| *name != "help");
    let own: Vec<_> = own.map(|name| format!("`backup_manager {} {name}`", command.get_name())).collect();
    format!("write {}; {}", own.join(" or "), way_to_help(Some(command)))
}

/// Returns the option or the command that was meant by an unknown argument.
fn meant(
    error: &clap::Error,
    program: &Command,
    command: Option<&Command>,
    words: &[String],
) -> Option<String> {
    let Some(ContextValue::String(given)) = error.get(ContextKind::InvalidArg) else { return None };
    if command.is_some_and(|command| command.get_name() == "edit")
        && let Some(time) = time_in(words, given)
    {
        let is_plain = time.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
        let time = if is_plain { time } else { quoted(&time) };
        return Some(format!("a new time is an option: --time {time}"));
    }
    let name = given.strip_prefix("--")?.split('=').next()?;
    let options = command.unwrap_or(program).get_arguments().chain(program.get_arguments());
    let longs = options.filter_map(clap::Arg::get_long).chain(["help"]);
    if let Some(long) = near(name, longs) {
        return Some(format!("did you mean --{long}?"));
    }
    let is_command = command.is_none() && program.find_subcommand(name).is_some();
    is_command.then(|| format!("{name} is a command: write it without --"))
}

/// Returns the time that begins with this word of the command line, if it is one.
fn time_in(words: &[String], first: &str) -> Option<String> {
    let words = words.iter().skip_while(|word| *word != first);
    let words: Vec<&str> = words.map(String::as_str).take_while(|word| !word.starts_with('-')).collect();
    let time = words.join(" ");
    time.parse::<TimeRule>().is_ok().then_some(time)
}

fn way_to_help(command: Option<&Command>) -> String {
    let name = command.map(|command| format!(" {}", command.get_name())).unwrap_or_default();
    format!("`backup_manager help{name}` shows how it is used")
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;
    use crate::arguments::Arguments;

    #[track_caller]
    fn check(line: &str, message: &str, hint: &str) {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let parsed =
            Arguments::try_parse_from(["backup_manager".to_owned()].into_iter().chain(words.clone()));
        let error = usage_error(&parsed.expect_err("it is wrong"), &Arguments::command(), &words);
        let expected = (format!("wrong usage: {message}"), Some(hint.to_owned()), 2);
        assert_eq!((error.message, error.hint, error.code), expected, "{line}");
    }

    #[test]
    fn what_is_wrong_and_how_to_go_on() {
        let how = |command: &str| format!("`backup_manager help{command}` shows how it is used");
        let unexpected = |what: &str| format!("unexpected argument '{what}' found");
        check("create", "the following required arguments were not provided: <SCHEDULE>...", &how(" create"));
        check("list extra", &unexpected("extra"), &how(" list"));
        check("restore docs --overwrit", &unexpected("--overwrit"), "did you mean --overwrite?");
        check("restore docs --dryrun", &unexpected("--dryrun"), "did you mean --dry-run?");
        check("status --hme=x", &unexpected("--hme"), "did you mean --home?");
        check("status --hepl", &unexpected("--hepl"), "did you mean --help?");
        check("restore docs --keep", &unexpected("--keep"), "did you mean --keep-setuid?");
        check("restore docs --colour", &unexpected("--colour"), &how(" restore"));
        check("--list", &unexpected("--list"), "list is a command: write it without --");
        check("--frobnicate", &unexpected("--frobnicate"), &how(""));
        check("edit docs 18:30", &unexpected("18:30"), "a new time is an option: --time 18:30");
        check("edit docs Mon 18:30", &unexpected("Mon"), "a new time is an option: --time 'Mon 18:30'");
        check("edit docs music", &unexpected("music"), &how(" edit"));
        check("import", "import what?", IMPORT_WHAT);
        let has = |command: &str, own: &str| format!("write {own}; {}", how(&format!(" {command}")));
        check("catalog", "catalog what?", &has("catalog", "`backup_manager catalog rebuild`"));
        let own = "`backup_manager config show` or `backup_manager config init`";
        check("config", "config what?", &has("config", own));
        let own = "`backup_manager notify list` or `backup_manager notify test`";
        check("notify", "notify what?", &has("notify", own));
        let poll = "invalid value '0' for '--poll <SECONDS>': 0 is not in 1..=86400";
        check("start --poll 0", poll, &how(" start"));
    }
}
