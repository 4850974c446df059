//! The arguments of `backup_service`.

use std::path::PathBuf;

use backup_core::service::ServiceSettings;
use chrono::TimeDelta;
use clap::Parser;

/// Makes each scheduled backup at its time, until it is asked to stop.
#[derive(Debug, Parser)]
#[command(name = "backup_service", version, max_term_width = 80, after_help = EXAMPLES)]
pub struct Arguments {
    /// The home folder.
    #[arg(long, value_name = "DIR", help = HOME_HELP)]
    pub home: Option<PathBuf>,

    /// Use the home whoever owns it or may write to it.
    #[arg(long, help = TRUST_HELP)]
    pub trust_home: bool,

    /// Look at the schedules at least this often
    #[arg(long, value_name = "SECONDS", default_value_t = 45, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub poll: u32,

    /// Make at most this many backups at once [default: what the configuration says, else 2]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=64))]
    pub workers: Option<u8>,

    /// Go into the background (what `backup_manager start` does)
    #[arg(long)]
    pub background: bool,

    /// Start the service proper and end, and pass on what it says of its start: for `backup_manager`
    #[arg(long, hide = true, conflicts_with_all = ["background", "announce"])]
    pub launch: bool,

    /// The folder that the starter has opened: refuse another one that has its path by now
    #[arg(long, hide = true)]
    pub home_identity: Option<String>,

    /// Say on standard output how the start went, then leave the terminal
    #[arg(long, hide = true, conflicts_with = "background")]
    pub announce: bool,
}

const EXAMPLES: &str = "\
Signals: SIGTERM, SIGINT and SIGQUIT finish the backups under way, then leave; a second one ends them cleanly, at once.
SIGPWR finishes them too, however often it comes; SIGURG ends them at once. `backup_manager stop` sends these two.
SIGHUP looks at the schedules now. Other signals, such as SIGUSR1 and SIGALRM, are ignored.

Example: backup_service --home /srv/backup";

impl Arguments {
    /// Returns the longest time between two looks.
    #[must_use]
    pub fn poll(&self) -> TimeDelta {
        TimeDelta::seconds(self.poll.into())
    }

    /// Returns the settings for the core.
    #[must_use]
    pub fn settings(&self) -> ServiceSettings {
        ServiceSettings { workers: self.workers.map(usize::from), ..ServiceSettings::default() }
    }
}

const TRUST_HELP: &str = "Use the home whoever owns it or may write to it [default: if the variable \
     BACKUP_MANAGER_TRUST_HOME is 1]";

const HOME_HELP: &str = "The folder of the schedules, the backups and the logs [default: that of the variable \
     BACKUP_MANAGER_HOME, else the current one]";
