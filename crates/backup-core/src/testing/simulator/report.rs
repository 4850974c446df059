//! What a simulation found.

use std::fmt;

/// What a simulation went through, and what was wrong.
///
/// Right is what leaves [`missed`](Self::missed), [`doubled`](Self::doubled), [`unplanned`](Self::unplanned),
/// [`altered`](Self::altered) and [`unverified`](Self::unverified) empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SimulationReport {
    /// Days that passed.
    pub days: u64,
    /// Runs that were begun as planned ones.
    pub runs: u64,
    /// Earlier planned moments that those runs made up for, under a clock that was right.
    pub made_up: u64,
    /// Planned moments that schedules which don't catch up skipped, under a clock that was right.
    pub skipped: u64,
    /// Crashes of the service.
    pub crashes: u64,
    /// Archives whose service crashed before it noted how their runs ended; the next one has to find out.
    pub outlived: u64,
    /// Archives that the history couldn't record before their service ended, so that they are made once more.
    pub unnoted: u64,
    /// Stops of the service on request, at once or not.
    pub stops: u64,
    /// Times that the machine slept.
    pub suspends: u64,
    /// Steps and jumps of the clock, there and back.
    pub jumps: u64,
    /// Edits of the schedules, by hand or by the manager.
    pub edits: u64,
    /// Times that the disk was full or broken for a while.
    pub full_disks: u64,
    /// Archives of which others could take over parts, each time.
    pub bases: u64,
    /// Archives with which others were compared, because everything was read, each time.
    pub compared: u64,
    /// Times that all catalogs were lost or damaged.
    pub lost_catalogs: u64,
    /// Archives whose SHA-256 was found out after they were published.
    pub verified: u64,
    /// Changes of the zone by hand.
    pub zone_changes: u64,
    /// Planned moments, by their local date and time, that came and ran once more after a change of zone.
    pub repeated_by_zone: u64,
    /// Planned moments that no run settled though the service could have.
    pub missed: Vec<Finding>,
    /// Planned moments that two runs settled, or two archives were made for.
    pub doubled: Vec<Finding>,
    /// Runs for what nobody had planned.
    pub unplanned: Vec<Finding>,
    /// Archives that hold something else than their source did, or that could take over what they must not.
    pub altered: Vec<Finding>,
    /// Archives whose SHA-256 was noted wrongly, or that nobody verified though the service had nothing else to do.
    pub unverified: Vec<Finding>,
    /// All that happened, a line each, where the simulation was to [tell](super::Simulation::telling) it.
    pub story: Vec<String>,
}

/// Something that was wrong, and how to see it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The episode's own seed, for [`Simulation::episode`](super::Simulation::episode).
    pub seed: u64,
    /// The entry, as `folder;time;name`.
    pub entry: String,
    /// The planned moment, in UTC.
    pub planned: String,
    /// What was wrong, and when.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, entry, planned, what } = self;
        write!(f, "{entry} at {planned}: {what} (replay: --episode {seed:#018x})")
    }
}

impl SimulationReport {
    /// Returns all that was wrong, with its kind.
    pub fn wrong(&self) -> impl Iterator<Item = String> {
        let kinds = [
            ("missed", &self.missed),
            ("doubled", &self.doubled),
            ("unplanned", &self.unplanned),
            ("altered", &self.altered),
            ("unverified", &self.unverified),
        ];
        kinds.into_iter().flat_map(|(kind, found)| found.iter().map(move |found| format!("{kind}: {found}")))
    }

    /// Adds what another part of the same simulation found.
    pub fn add(&mut self, other: Self) {
        self.days += other.days;
        self.runs += other.runs;
        self.made_up += other.made_up;
        self.skipped += other.skipped;
        self.crashes += other.crashes;
        self.outlived += other.outlived;
        self.unnoted += other.unnoted;
        self.stops += other.stops;
        self.suspends += other.suspends;
        self.jumps += other.jumps;
        self.edits += other.edits;
        self.full_disks += other.full_disks;
        self.bases += other.bases;
        self.compared += other.compared;
        self.lost_catalogs += other.lost_catalogs;
        self.verified += other.verified;
        self.zone_changes += other.zone_changes;
        self.repeated_by_zone += other.repeated_by_zone;
        self.missed.extend(other.missed);
        self.doubled.extend(other.doubled);
        self.unplanned.extend(other.unplanned);
        self.altered.extend(other.altered);
        self.unverified.extend(other.unverified);
        self.story.extend(other.story);
    }
}
