//! Config trouble: why a configuration at its place isn't the one in force.

use crate::model::error::Error;

/// Why the service goes on with the configuration that it read before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigTrouble {
    /// There is none any more.
    Gone,
    /// It is wrong, or can't be read.
    Unusable(Error),
}
