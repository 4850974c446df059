//! The arguments of `backup_manager`.

pub(crate) mod archive;
pub(crate) mod restore;
pub(crate) mod schedule_options;

pub use archive::{CatArgs, FindArgs, PickArgs, ShowArgs};
pub use restore::RestoreArgs;
pub use schedule_options::OptionArgs;

use std::ffi::OsString;
use std::path::PathBuf;

use backup_core::schedule::ScheduleOption;
use clap::{Parser, Subcommand};

use schedule_options::{drill, keep};

/// Scheduled backups in plain tar that can be proven to come back.
#[derive(Debug, Parser)]
#[command(
    name = "backup_manager",
    version,
    max_term_width = 100,
    after_help = AFTER_HELP,
    disable_help_subcommand = true
)]
pub struct Arguments {
    /// The home folder.
    #[arg(long, value_name = "DIR", help = HOME_HELP, global = true)]
    pub home: Option<PathBuf>,

    /// Use the home whoever owns it or may write to it.
    #[arg(long, help = TRUST_HELP, global = true)]
    pub trust_home: bool,

    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add a schedule: which folder or file, when, and under which name
    #[command(after_help = "Example: backup_manager create \"docs;16:07;docs\"
         Backs up the folder docs every day at 16:07 to backups/docs.tar.\n\n\
         Example: backup_manager create \"docs;16:07;docs\" --exclude '*.tmp' --exclude /cache/
         The same as \"docs;16:07;docs;exclude=*.tmp;exclude=/cache/\".")]
    Create {
        /// folder;hh:mm;name, and ;key=value behind it for each option
        schedule: String,

        /// What is left out.
        #[command(flatten)]
        options: OptionArgs,

        /// Skip runs that were missed (the machine was off, or asleep) instead of making up for them
        #[arg(long)]
        no_catch_up: bool,

        /// Keep older backups too, as in last:7,daily:14,weekly:8,monthly:12,yearly:3,within:30d
        #[arg(long, value_name = "RULES", value_parser = keep)]
        keep: Option<ScheduleOption>,

        /// Read each backup back before it takes the old one's place
        #[arg(long)]
        verify: bool,

        /// Have the service drill the backups: daily, weekly or monthly
        #[arg(long, value_name = "PERIOD", value_parser = drill)]
        drill: Option<ScheduleOption>,
    },

    /// Show which older backups of a schedule stay and which go, and remove those
    #[command(after_help = "Example: backup_manager prune docs --dry-run")]
    Prune {
        /// The index that `list` shows, or the name of the backup
        schedule: String,

        /// Remove nothing
        #[arg(long)]
        dry_run: bool,
    },

    /// Show the schedules, each with its index
    #[command(after_help = "Example: backup_manager list")]
    List,

    /// Look for what is wrong in the schedules, or most likely not meant; exit code 1 when a line doesn't run as it is
    /// written
    #[command(after_help = "Example: backup_manager check
         Names each such line of backup_schedules.txt, and what to write instead.")]
    Check,

    /// Remove a schedule; its backups stay
    #[command(after_help = "Example: backup_manager delete 1
         Removes the schedule that `list` shows as 1.")]
    Delete {
        /// The index that `list` shows
        #[arg(allow_hyphen_values = true)]
        index: String,
    },

    /// Start the service in the background
    #[command(after_help = "Example: backup_manager start")]
    Start {
        /// Look at the schedules at least this often [default: 45]
        #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=86_400))]
        poll: Option<u32>,

        /// Make at most this many backups at once [default: 2]
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=64))]
        workers: Option<u8>,
    },

    /// Stop the service, once the backups under way are finished
    #[command(after_help = "Example: backup_manager stop")]
    Stop {
        /// Don't wait: end the backups under way cleanly; they are made again at the next start
        #[arg(long)]
        now: bool,
    },

    /// Show whether the service runs, and how each schedule is; exit code 1 when it doesn't run
    #[command(after_help = "Example: backup_manager status\n\n\
         Example: backup_manager status --check >/dev/null || echo \"a backup is overdue\"
         For monitors and cron: asks for the backups alone, whether or not the service runs.")]
    Status {
        /// Exit with 1 when a schedule is OVERDUE (its last good backup, or its last drill, is older than its plan allows),
        /// UNKNOWN or never runs, or the history can't be read, else with 0, whether or not the service runs
        #[arg(long)]
        check: bool,
    },

    /// Show what ran, when, how it ended, how long it took and how big it is; newest last
    #[command(after_help = "Example: backup_manager history docs --last 7
         Also of schedules that were deleted since.\n\n\
         Example: backup_manager history --json
         An array of objects for other programs; the README names their fields.")]
    History {
        /// The index that `list` shows, or the name of the backup [default: all]
        schedule: Option<String>,

        /// Show only the last so many runs
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        last: Option<u32>,

        /// Write JSON
        #[arg(long)]
        json: bool,
    },

    /// Tell why a run did or didn't happen
    #[command(after_help = "Example: backup_manager why docs yesterday\n\n\
         Example: backup_manager why docs \"2026-11-21 16:07\"")]
    Why {
        /// The index that `list` shows, or the name of the backup
        schedule: String,

        /// 2026-11-21, "2026-11-21 16:07", 16:07 (of today), today, yesterday, or RFC 3339
        when: String,
    },

    /// Show the archives in the folder backups
    #[command(after_help = "Example: backup_manager backups --long")]
    Backups {
        /// Show size and age too
        #[arg(short, long)]
        long: bool,
    },

    /// Make the backup of a schedule now, in the foreground
    #[command(after_help = "Example: backup_manager run docs --verbose\n\n\
         Example: backup_manager run docs --exclude '*.iso' --output /mnt/stick/docs.tar")]
    Run {
        /// The index that `list` shows, or the name of the backup
        schedule: String,

        /// What is left out, besides what the schedule leaves out.
        #[command(flatten)]
        options: OptionArgs,

        /// Write the archive to this new file, compressed if it ends in .zst, and leave the backups and the history alone;
        /// needed to leave out more than the schedule does
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,

        /// Name everything that is left out or skipped, on stderr
        #[arg(short, long)]
        verbose: bool,
    },

    /// Get files back: all of a backup, or only some of it
    #[command(after_help = "Example: backup_manager restore docs
         Restores the newest backup of that name to the new folder docs.restored.\n\n\
         Example: backup_manager restore docs letters/may.txt '*.odt' --to found
         Restores that file and all .odt files to the folder found.")]
    Restore(RestoreArgs),

    /// Read backups to their end, and tell whether they are whole and what they were when they were made; exit code 1
    /// when one isn't
    #[command(after_help = "Example: backup_manager verify
         Reads every archive in the folder backups.\n\n\
         Example: backup_manager verify docs
         Reads the newest complete backup of that name.")]
    Verify {
        /// The name of the backup, without .tar [default: every archive in the folder backups]
        name: Option<String>,

        /// Its older generations and incomplete ones too
        #[arg(long)]
        all: bool,

        /// Tell too what differs from the folder as it is now; that is no fault
        #[arg(long, requires = "name")]
        against_source: bool,
    },

    /// Prove that backups come back: restore each with the system's own tar, compare every byte and attribute with what is
    /// in the archive, and keep a dated receipt; exit code 1 when one doesn't come back whole
    #[command(after_help = "Example: backup_manager drill
         Drills the newest complete backup of every schedule, in a scratch folder that is removed again.\n\n\
         Example: backup_manager drill docs --in /mnt/disk
         `status` shows the last drill of each schedule. With ;drill=weekly in a schedule the service drills it.")]
    Drill {
        /// The name of the backup, without .tar [default: those of all schedules]
        name: Option<String>,

        /// The folder for the scratch, which takes as much room as what was backed up [default: the folder backups]
        #[arg(long = "in", value_name = "DIR")]
        scratch: Option<PathBuf>,
    },

    /// Show what is in a backup, a line an entry
    #[command(after_help = "Example: backup_manager show docs letters --at yesterday")]
    Show(ShowArgs),

    /// Write a file that is in a backup to standard output
    #[command(after_help = "Example: backup_manager cat docs letters/may.txt --at 2026-01-29 >may.txt")]
    Cat(CatArgs),

    /// Find out which backups hold what matches a pattern
    #[command(after_help = "Example: backup_manager find '*.odt' docs
         Names the .odt files in every backup of docs, older ones included.")]
    Find(FindArgs),

    /// Anything else.
    #[command(external_subcommand)]
    Other(Vec<OsString>),
}

const AFTER_HELP: &str = "\
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but incomplete.

Example: backup_manager create \"docs;16:07;docs\" && backup_manager start";

const TRUST_HELP: &str = "Use the home whoever owns it or may write to it [default: if the variable \
     BACKUP_MANAGER_TRUST_HOME is 1]";

const HOME_HELP: &str = "The folder of the schedules, the backups and the logs [default: that of the variable \
     BACKUP_MANAGER_HOME, else the current one]";
