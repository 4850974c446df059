//! The flags that set options of a schedule.

use backup_core::model::schedule::{OptionError, ScheduleOption};
use clap::Args;

/// What can be left out on purpose, and how the rest is stored.
#[derive(Debug, Default, Args)]
pub(crate) struct ScheduleOptionArgs {
    /// Leave out what matches: a line as in .gitignore, matched below the source, without a ; (may be repeated)
    #[arg(long, value_name = "PATTERN", value_parser = exclude)]
    exclude: Vec<ScheduleOption>,

    /// Leave out what lies on other file systems; the folders where they are mounted are kept
    #[arg(long)]
    one_file_system: bool,

    /// Leave out what is in caches: folders with a valid CACHEDIR.TAG, which is kept
    #[arg(long)]
    exclude_caches: bool,

    /// Store the archive compressed (zstd: as NAME.tar.zst, which stock tar reads) or as it is (no)
    #[arg(long, value_name = "METHOD", value_parser = compress)]
    compress: Option<ScheduleOption>,
}

impl ScheduleOptionArgs {
    /// Returns the options that were given.
    pub(crate) fn options(&self) -> Vec<ScheduleOption> {
        let mut options = self.exclude.clone();
        options.extend(self.one_file_system.then_some(ScheduleOption::OneFileSystem(true)));
        options.extend(self.exclude_caches.then_some(ScheduleOption::ExcludeCaches(true)));
        options.extend(self.compress.clone());
        options
    }
}

/// Reads the rules that keep older generations.
pub(crate) fn keep(rules: &str) -> Result<ScheduleOption, OptionError> {
    option("keep", rules)
}

/// Reads how often the service drills.
pub(crate) fn drill(period: &str) -> Result<ScheduleOption, OptionError> {
    option("drill", period)
}

/// Reads the zone of the time.
pub(crate) fn tz(zone: &str) -> Result<ScheduleOption, OptionError> {
    option("tz", zone)
}

/// Reads by how much a run may be moved.
pub(crate) fn jitter(period: &str) -> Result<ScheduleOption, OptionError> {
    option("jitter", period)
}

/// Reads the niceness of planned runs.
pub(crate) fn nice(niceness: &str) -> Result<ScheduleOption, OptionError> {
    option("nice", niceness)
}

/// Reads how much their disk work yields.
pub(crate) fn ionice(priority: &str) -> Result<ScheduleOption, OptionError> {
    option("ionice", priority)
}

/// Reads how fast the source is read at most.
pub(crate) fn max_rate(rate: &str) -> Result<ScheduleOption, OptionError> {
    option("max-rate", rate)
}

/// Reads which losses hold a backup.
pub(crate) fn anomaly(limits: &str) -> Result<ScheduleOption, OptionError> {
    option("anomaly", limits)
}

/// Reads which commands run around a backup.
pub(crate) fn hooks(name: &str) -> Result<ScheduleOption, OptionError> {
    option("hooks", name)
}

/// Reads for whom a backup is encrypted.
pub(crate) fn encrypt(name: &str) -> Result<ScheduleOption, OptionError> {
    option("encrypt", name)
}

fn compress(method: &str) -> Result<ScheduleOption, OptionError> {
    option("compress", method)
}

fn exclude(pattern: &str) -> Result<ScheduleOption, OptionError> {
    option("exclude", pattern)
}

/// A flag takes what the option of its name takes in a schedule.
fn option(key: &str, value: &str) -> Result<ScheduleOption, OptionError> {
    format!("{key}={value}").parse()
}
