//! Shape: how the values of options look, for a configuration that has types of its own.

use super::ScheduleOption;
use super::keys::{A_NICENESS, EXTENSION, KEYS, Key, YES_NO};

/// How the values of a key look.
pub(crate) struct OptionShape {
    /// The values that are allowed, in words.
    pub(crate) allowed: &'static str,
    pub(crate) may_repeat: bool,
    pub(crate) is_yes_no: bool,
    pub(crate) is_number: bool,
}

impl ScheduleOption {
    /// Returns all keys that can be defaults but those of extensions.
    pub(crate) fn default_keys() -> impl Iterator<Item = &'static str> {
        KEYS.iter().map(|key| key.name).filter(|key| Self::can_be_default(key))
    }

    /// Returns whether an option with this key can be a default of all schedules.
    pub(crate) fn can_be_default(key: &str) -> bool {
        !matches!(key, "command" | "paused")
    }

    /// Returns how the values of a key look, if an option can have that key.
    pub(crate) fn shape(key: &str) -> Option<OptionShape> {
        if key.starts_with(EXTENSION) {
            let allowed = "any text";
            return Some(OptionShape { allowed, may_repeat: false, is_yes_no: false, is_number: false });
        }
        let Key { allowed, may_repeat, .. } = KEYS.iter().find(|known| known.name == key)?;
        let (is_yes_no, is_number) = (*allowed == YES_NO, *allowed == A_NICENESS);
        Some(OptionShape { allowed, may_repeat: *may_repeat, is_yes_no, is_number })
    }
}
