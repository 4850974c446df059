//! Which crate is held to which rule. A crate is checked from the day it is listed here.

use super::floors::Plan;
use super::plans::PLANS;

/// What the rules about the inside of crates expect.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standards {
    /// Crates whose rooms are on floors.
    pub(crate) plans: &'static [Plan],
    /// Crates without a circle among their files.
    pub(crate) acyclic: &'static [&'static str],
    /// Folders that may have circles, in crates that have none otherwise.
    pub(crate) exempt: &'static [Exemption],
    /// Crates that leave the names of programs, their options and their files to the programs.
    pub(crate) nameless: &'static [&'static str],
    /// Files of these crates that need some names all the same.
    pub(crate) namers: &'static [Namer],
}

/// A folder that a rule doesn't look at, and why.
#[derive(Debug)]
pub(crate) struct Exemption {
    pub(crate) path: &'static str,
    pub(crate) reason: &'static str,
}

/// A file that may use some names of programs, or some options, and why.
#[derive(Debug)]
pub(crate) struct Namer {
    pub(crate) path: &'static str,
    /// What its strings may name.
    pub(crate) names: &'static [&'static str],
    pub(crate) reason: &'static str,
}

/// The strings of these files are no advice to a person.
const NAMERS: &[Namer] = &[
    Namer {
        path: "crates/backup-fs/src/home/layout.rs",
        names: &["backup_manager", "backup_service"],
        reason: "the files of a home have these names",
    },
    Namer {
        path: "crates/backup-fs/src/home/names.rs",
        names: &["backup_manager", "backup_service", "logs/history.jsonl"],
        reason: "the table of the names that the core leaves open",
    },
    Namer {
        path: "crates/backup-fs/src/process/service_process.rs",
        names: &["backup_service", "--home", "--launch", "--home-identity", "--trust-home"],
        reason: "it starts the service",
    },
    Namer {
        path: "crates/backup-fs/src/process/signals.rs",
        names: &["backup_manager"],
        reason: "the kernel calls the sender of a signal like this",
    },
    Namer {
        path: "crates/backup-fs/src/tar_driller/extraction.rs",
        names: &[
            "--version",
            "--decompress",
            "--stdout",
            "--extract",
            "--file",
            "--preserve-permissions",
            "--same-owner",
            "--no-same-owner",
            "--acls",
            "--xattrs",
            "--xattrs-include",
        ],
        reason: "it starts tar and zstd",
    },
];

pub(crate) const TODAY: Standards = Standards {
    plans: PLANS,
    acyclic: &[
        "backup-core",
        "backup-fs",
        "backup-notify",
        "backup-remote",
        "backup-report",
        "backup-cli",
        "backup-daemon",
    ],
    exempt: &[Exemption {
        path: "crates/backup-core/src/testing/simulator",
        reason: "machine, service and judge of an episode act on each other",
    }],
    nameless: &["backup-core", "backup-fs", "backup-remote"],
    namers: NAMERS,
};
