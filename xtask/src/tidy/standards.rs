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
}

/// A folder that a rule doesn't look at, and why.
#[derive(Debug)]
pub(crate) struct Exemption {
    pub(crate) path: &'static str,
    pub(crate) reason: &'static str,
}

pub(crate) const TODAY: Standards = Standards {
    plans: PLANS,
    acyclic: &["backup-core", "backup-fs", "backup-cli", "backup-daemon"],
    exempt: &[Exemption {
        path: "crates/backup-core/src/testing/",
        reason: "the fakes and the contract suites use each other",
    }],
    nameless: &["backup-core"],
};
