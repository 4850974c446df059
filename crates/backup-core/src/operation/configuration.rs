//! Configuration: reads it, and checks that its defaults can be carried out here.

use crate::model::config::{Config, ConfigFault, ConfigFaultKind, ConfigReading};
use crate::model::error::{Error, Failure, PortError};
use crate::operation::admission::{Admission, check_option};
use crate::ports::{ConfigState, Ports};

/// Returns the configuration. Without one, it is the default.
///
/// # Errors
/// [`Error::WrongConfig`] with all faults, or a failure to read it.
pub(crate) fn load_config(ports: &Ports<'_>) -> Result<Config, Error> {
    match ports.config.load() {
        Ok(reading) => usable(ports, reading),
        Err(error) if error.failure == Failure::Missing => Ok(Config::default()),
        Err(error) => Err(error.into()),
    }
}

/// Returns what is understood of the configuration, and why it can't be used, if that is so.
///
/// It is for views. What is made, kept or removed depends on [`load_config`].
pub(crate) fn load_config_for_view(ports: &Ports<'_>) -> (Config, Option<Error>) {
    match ports.config.load() {
        Ok(reading) => {
            let config = reading.config.clone();
            (config, usable(ports, reading).err())
        }
        Err(error) if error.failure == Failure::Missing => (Config::default(), None),
        Err(error) => (Config::default(), Some(error.into())),
    }
}

/// Returns the configuration if it may have changed since `seen`, which moves to it.
///
/// # Errors
/// A failure to read it; [`Failure::Missing`] if there is none. Inside, what keeps it from being used.
pub(crate) fn load_config_if_changed(
    ports: &Ports<'_>,
    seen: &mut ConfigState,
) -> Result<Option<Result<Config, Error>>, PortError> {
    Ok(ports.config.load_if_changed(seen)?.map(|reading| usable(ports, reading)))
}

/// Returns the configuration if nothing is wrong with it, and its defaults can be carried out here.
fn usable(ports: &Ports<'_>, mut reading: ConfigReading) -> Result<Config, Error> {
    let faults = faults_of_defaults(ports, &reading.config);
    reading.faults.extend(faults);
    reading.faults.sort_by_key(|fault| fault.line);
    reading.into_config().map_err(Error::WrongConfig)
}

/// Returns the defaults that the archiver, the store or the clock can't carry out. Otherwise each schedule would be refused.
fn faults_of_defaults(ports: &Ports<'_>, config: &Config) -> Vec<ConfigFault> {
    let by = Admission::new(ports, config);
    let faults = config.defaults.each().filter_map(|option| {
        let error = check_option(option, by).err()?;
        let key = format!("defaults.{}", option.key());
        let line = config.line_of(&key).unwrap_or_default();
        Some(ConfigFault { line, key: Some(key), kind: ConfigFaultKind::Option(error) })
    });
    faults.collect()
}
