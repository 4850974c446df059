//! `config`: shows the configuration, and writes an example of one.

use backup_core::model::error::Failure;
use clap::{Args, Subcommand};

use crate::command_error::CommandError;
use crate::context::Context;
use crate::output::{complain, print, print_line};
use crate::render::{self, json};

/// Show what all schedules share and how the service works, or write an example of such a configuration
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager config init
         Writes backup_manager.toml with every setting commented out.\n\n\
         Example: backup_manager config show
         What is in force, and which line says so.")]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show what is in force, and where it comes from
    Show(ShowArgs),
    /// Write an example in which everything is commented out, so that nothing changes
    Init,
}

#[derive(Debug, Args)]
struct ShowArgs {
    /// Write JSON
    #[arg(long)]
    json: bool,
}

impl ConfigArgs {
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        match &self.what {
            What::Show(arguments) => arguments.run(context),
            What::Init => init(context),
        }
    }
}

impl ShowArgs {
    fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        let config = context.manager().config()?;
        let exists = exists(context);
        if self.json {
            return Ok(print([json::line(&json::config(&config, exists))]));
        }
        if !exists {
            complain("there is no backup_manager.toml; `backup_manager config init` writes an example");
        }
        Ok(print(render::config(&config)))
    }
}

/// Returns whether there is a configuration, right or wrong.
pub(super) fn exists(context: Context<'_>) -> bool {
    !matches!(context.ports().config.load(), Err(error) if error.failure == Failure::Missing)
}

fn init(context: Context<'_>) -> Result<u8, CommandError> {
    context.adapters.config_file().create(EXAMPLE).map_err(|error| {
        let hint = "`backup_manager config show` shows what it says".to_owned();
        let is_there = error.failure == Failure::Refused;
        let error = CommandError { is_unlogged: true, ..error.into() };
        if is_there { CommandError { hint: Some(hint), ..error } } else { error }
    })?;
    let written = "Example of a configuration written to backup_manager.toml";
    context.adapters.log().write(context.ports().clock.now(), written);
    Ok(print_line(written))
}

/// A configuration that says nothing, with every setting as a comment.
const EXAMPLE: &str = include_str!("config/example.toml");

#[cfg(test)]
mod tests {
    use backup_core::model::config::ConfigReading;

    use super::*;

    #[test]
    fn the_example_changes_nothing() {
        assert_eq!(ConfigReading::from_toml(EXAMPLE), ConfigReading::default());
    }

    /// Each setting is right once somebody removes the # before it, and no key is missing.
    #[test]
    fn every_line_of_the_example_is_a_right_setting() {
        let lines = EXAMPLE
            .lines()
            .map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).unwrap_or(line));
        let ConfigReading { config, faults } = ConfigReading::from_toml(lines.collect::<Vec<_>>().join("\n"));
        assert_eq!(faults, []);
        let mut keys: Vec<_> = config.defaults.each().map(|option| option.key().to_owned()).collect();
        keys.dedup();
        let expected = [
            "keep",
            "exclude",
            "exclude-caches",
            "one-file-system",
            "compress",
            "encrypt",
            "verify",
            "drill",
            "catch-up",
            "tz",
            "jitter",
            "nice",
            "ionice",
            "max-rate",
            "reuse",
            "full",
            "x-owner",
        ];
        assert_eq!(keys, expected);
        assert_eq!(config.service.workers, Some(2));
        assert!(config.commands.contains_key("app-db"));
        assert!(config.encryption.contains_key("main"));
        assert_eq!(config.notify.len(), 1);
    }
}
