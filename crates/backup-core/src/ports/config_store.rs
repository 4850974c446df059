//! The port that keeps the configuration.

use std::path::Path;

use auto_impl::auto_impl;

use crate::model::config::{ConfigReading, FileProblem};
use crate::model::error::{Failure, PortError};

/// Identifies a state of a configuration, for [`ConfigStore::load_if_changed`]. The default stands for no state.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConfigState {
    /// Numbers that the store chooses, different for each state. `None` if the store can't tell the state from others.
    pub numbers: Option<[u64; 8]>,
}

/// Keeps the configuration, which people write.
///
/// The default of a program is [`NoConfig`]. A store whose form isn't text fills in a
/// [`Config`](crate::model::config::Config) itself.
#[auto_impl(&, Box, Arc)]
pub trait ConfigStore: Send + Sync {
    /// Returns the configuration as far as it is understood, and everything that is wrong with it.
    ///
    /// # Errors
    /// [`Failure::Missing`] if there is none; any other failure to read it.
    fn load(&self) -> Result<ConfigReading, PortError>;

    /// Returns the configuration, or `None` if it is still the one that `seen` stands for. Moves `seen` to the one that it
    /// returns.
    ///
    /// Promises: `None` means that [`load`](ConfigStore::load) would return the same that was returned with `seen`. When in
    /// doubt, the configuration is returned. A service calls this often, so a store that can tell cheaply should. The
    /// default can't tell and always loads.
    ///
    /// # Errors
    /// As [`load`](ConfigStore::load). `seen` stays where it was.
    fn load_if_changed(&self, seen: &mut ConfigState) -> Result<Option<ConfigReading>, PortError> {
        let reading = self.load()?;
        *seen = ConfigState::default();
        Ok(Some(reading))
    }

    /// Returns what is the matter with a file that the configuration names, given as an absolute path. `None` means that
    /// nothing is, or that this can't be told, which is the default.
    ///
    /// Not promised: that another user can read the file, or that it stays as it is.
    fn file_problem(&self, file: &Path) -> Option<FileProblem> {
        let _ = file;
        None
    }
}

/// Has no configuration.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoConfig;

impl ConfigStore for NoConfig {
    fn load(&self) -> Result<ConfigReading, PortError> {
        Err(PortError::new(Failure::Missing, "load the configuration"))
    }
}

const _DYN_COMPATIBLE: Option<&dyn ConfigStore> = None;
