//! `destination`: shows the places that keep copies, and tries them.

use backup_core::model::error::Error;
use clap::{Args, Subcommand};

use crate::command_error::CommandError;
use crate::context::Context;
use crate::destinations::{NO_DESTINATIONS, destination_named, open_destination};
use crate::output::{complain, print};
use crate::render::{self, json};

/// Show the places that keep copies, or try one
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager destination list
         Where copies can go.\n\n\
         Example: backup_manager destination check offsite
         Writes, reads, lists and deletes a small object, and shows what the store can do.")]
pub(crate) struct DestinationArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show the places that keep copies; no secrets are shown
    List(ListArgs),
    /// Write, read, list and delete a small object, and show what the store can do
    Check(CheckArgs),
}

#[derive(Debug, Args)]
struct ListArgs {
    /// Write JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct CheckArgs {
    /// The name behind `destinations.` in the configuration
    #[arg(value_name = "NAME")]
    destination: String,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

impl DestinationArgs {
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        match &self.what {
            What::List(arguments) => arguments.run(context),
            What::Check(arguments) => arguments.run(context),
        }
    }
}

impl ListArgs {
    fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        let destinations = context.manager().destinations()?;
        if self.json {
            return Ok(print(json::array(destinations.iter().map(json::destination))));
        }
        if destinations.is_empty() {
            complain(NO_DESTINATIONS);
        }
        Ok(print(render::destinations(&destinations)))
    }
}

impl CheckArgs {
    fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        let settings = destination_named(context, &self.destination)?;
        let destination = open_destination(context, &self.destination)?;
        let check = context.manager().check_destination(&*destination).map_err(Error::from)?;
        Ok(match self.json {
            true => print([json::line(&json::destination_check(&settings, &check))]),
            false => print(render::destination_check(&settings, &check)),
        })
    }
}
