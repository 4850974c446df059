//! Reading: a configuration as far as it is understood, and what is wrong with it.

use crate::model::config::fault::{ConfigFault, ConfigFaultKind};
use crate::model::config::settings::Config;

/// A configuration that was read.
///
/// One with faults decides nothing: a default that isn't understood may be the one that keeps backups. It is only shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfigReading {
    /// What is understood.
    pub config: Config,
    /// What is wrong, in the order of the lines.
    pub faults: Vec<ConfigFault>,
}

impl ConfigReading {
    /// Returns the configuration, if nothing is wrong with it.
    ///
    /// # Errors
    /// All faults.
    pub fn into_config(self) -> Result<Config, Vec<ConfigFault>> {
        if self.faults.is_empty() { Ok(self.config) } else { Err(self.faults) }
    }

    /// Returns the same reading, without quotations of what is wrong, because that may be somebody else's secret.
    #[must_use]
    pub fn withheld(mut self) -> Self {
        for fault in &mut self.faults {
            (fault.key, fault.kind) = (None, ConfigFaultKind::Withheld);
        }
        self
    }
}
