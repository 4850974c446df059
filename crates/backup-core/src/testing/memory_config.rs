//! A configuration in memory.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::Faults;
use super::locked::locked;
use crate::model::config::{Config, ConfigFault, ConfigFaultKind, ConfigReading, FileProblem};
use crate::model::error::{Failure, PortError};
use crate::ports::{ConfigState, ConfigStore};

/// Keeps a configuration as long as it lives. Clones are handles of the same one.
///
/// Its operation is "read config", also of a configuration that hasn't changed or isn't there.
///
/// ```
/// use backup_core::model::config::Config;
/// use backup_core::ports::ConfigStore;
/// use backup_core::testing::MemoryConfig;
///
/// let store = MemoryConfig::new();
/// let mut config = Config::default();
/// config.service.workers = Some(3);
/// store.put(&config);
/// assert_eq!(store.load().expect("there is one").config, config);
/// ```
#[derive(Debug, Clone, Default)]
pub struct MemoryConfig {
    stored: Arc<Mutex<Option<(u64, ConfigReading)>>>,
    file_problems: Arc<Mutex<Vec<(PathBuf, FileProblem)>>>,
    faults: Faults,
}

static WRITES: AtomicU64 = AtomicU64::new(1);

impl MemoryConfig {
    /// Returns a store without a configuration, which never fails.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns a store without a configuration, which fails as scripted.
    #[must_use]
    pub fn failing(faults: &Faults) -> Self {
        Self { faults: faults.clone(), ..Self::default() }
    }

    /// Puts a configuration there that is right.
    pub fn put(&self, config: &Config) {
        self.set(ConfigReading { config: config.clone(), faults: Vec::new() });
    }

    /// Puts a configuration there of which nothing is understood.
    pub fn spoil(&self) {
        let kind = ConfigFaultKind::Syntax("scripted fault".to_owned());
        let faults = vec![ConfigFault { line: 1, key: None, kind }];
        self.set(ConfigReading { config: Config::default(), faults });
    }

    /// Writes the text of a configuration, as a user does with an editor.
    #[cfg(feature = "toml")]
    pub fn write(&self, text: &str) {
        self.set(ConfigReading::from_toml(text));
    }

    /// Removes the configuration.
    pub fn remove(&self) {
        *locked(&self.stored) = None;
    }

    /// Says what is the matter with a file from now on.
    pub fn spoil_file(&self, file: impl Into<PathBuf>, problem: FileProblem) {
        locked(&self.file_problems).push((file.into(), problem));
    }

    fn set(&self, reading: ConfigReading) {
        *locked(&self.stored) = Some((WRITES.fetch_add(1, Ordering::Relaxed), reading));
    }

    fn read(&self) -> Result<(u64, ConfigReading), PortError> {
        self.faults.check("read config", "")?;
        let missing = || PortError::new(Failure::Missing, "load the configuration");
        locked(&self.stored).clone().ok_or_else(missing)
    }
}

impl ConfigStore for MemoryConfig {
    fn load(&self) -> Result<ConfigReading, PortError> {
        self.read().map(|(_, reading)| reading)
    }

    fn load_if_changed(&self, seen: &mut ConfigState) -> Result<Option<ConfigReading>, PortError> {
        let (write, reading) = self.read()?;
        let state = ConfigState { numbers: Some([write, 0, 0, 0, 0, 0, 0, 0]) };
        if state == *seen {
            return Ok(None);
        }
        *seen = state;
        Ok(Some(reading))
    }

    fn file_problem(&self, file: &Path) -> Option<FileProblem> {
        locked(&self.file_problems).iter().find(|(known, _)| known == file).map(|(_, problem)| *problem)
    }
}
