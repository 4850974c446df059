//! The destinations that commands work on.

use backup_core::model::destination::{DestinationError, DestinationSettings};
use backup_core::model::error::Error;
use backup_core::ports::Destination;
use backup_core::text::{near, printable};

use crate::command_error::CommandError;
use crate::context::Context;
use crate::exit;

/// What is said where there are none.
pub(crate) const NO_DESTINATIONS: &str = "there are no destinations: backup_manager.toml has no table \
     [destinations.NAME]; docs/offsite.md shows how to write one";

/// Returns the settings of the destination with this name.
pub(crate) fn destination_named(
    context: Context<'_>,
    name: &str,
) -> Result<DestinationSettings, CommandError> {
    let destinations = context.manager().destinations()?;
    let named = destinations.iter().find(|one| one.name == name);
    named.cloned().ok_or_else(|| unknown(name, &destinations))
}

/// Returns the adapter of the destination with this name. It connects with the first call.
pub(crate) fn open_destination(
    context: Context<'_>,
    name: &str,
) -> Result<Box<dyn Destination>, CommandError> {
    Ok(connect(&destination_named(context, name)?).map_err(Error::from)?)
}

#[cfg(feature = "remote")]
fn connect(settings: &DestinationSettings) -> Result<Box<dyn Destination>, DestinationError> {
    backup_remote::connect(settings)
}

#[cfg(not(feature = "remote"))]
fn connect(settings: &DestinationSettings) -> Result<Box<dyn Destination>, DestinationError> {
    use backup_core::model::destination::DestinationFault;

    let error = DestinationError::new(&settings.name, DestinationFault::Unsupported, "be used");
    Err(error.because("backup_manager was built without destinations"))
}

fn unknown(name: &str, destinations: &[DestinationSettings]) -> CommandError {
    let known: Vec<&str> = destinations.iter().map(|one| one.name.as_str()).collect();
    let message = format!("backup_manager.toml has no table [destinations.{}]", printable(name.as_bytes()));
    let hint = match near(name, known.iter().copied()) {
        Some(meant) => format!("did you mean {meant}?"),
        None if known.is_empty() => NO_DESTINATIONS.to_owned(),
        None => format!("the names are {}", known.join(", ")),
    };
    CommandError { message, detail: None, hint: Some(hint), code: exit::WRONG_USAGE, is_unlogged: true }
}
