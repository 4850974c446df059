//! The families that have a sample for each backup.

use super::row::Row;

/// A family with a sample for each backup that has one.
pub(super) struct BackupFamily {
    /// Its name without the prefix.
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    /// Returns the sample of a backup, given the seconds of now.
    pub(super) sample: fn(&Row, i64) -> Option<Sample>,
}

/// A value, and the label that it has besides the name.
pub(super) struct Sample {
    pub(super) value: String,
    pub(super) label: Option<(&'static str, &'static str)>,
}

const fn family(
    name: &'static str,
    help: &'static str,
    sample: fn(&Row, i64) -> Option<Sample>,
) -> BackupFamily {
    BackupFamily { name, help, sample }
}

/// All of them, in the order in which they are written.
pub(super) const BACKUP_FAMILIES: &[BackupFamily] = &[
    family("backup_state_info", "The state of the backup, as a word in the label.", |row, _| {
        info("state", row.state.word())
    }),
    family("backup_alarm", "Whether somebody must look at the backup.", |row, _| flag(row.state.is_alarm())),
    family("backup_overdue", "Whether the last good backup is older than planned.", |row, _| {
        flag(row.is_overdue)
    }),
    family("backup_running", "Whether a run is under way.", |row, _| flag(row.is_running)),
    family("next_run_timestamp_seconds", "When the next run is planned or due, in Unix time.", |row, _| {
        number(row.next_run?.to_string())
    }),
    family(
        "last_success_timestamp_seconds",
        "When the last good backup was finished, in Unix time.",
        |row, _| number(row.good.as_ref()?.finished.to_string()),
    ),
    family(
        "last_success_age_seconds",
        "How old the last good backup was when the metrics were collected.",
        |row, now| number((now - row.good.as_ref()?.finished).to_string()),
    ),
    family("last_success_size_bytes", "The size of the archive of the last good backup.", |row, _| {
        number(row.good.as_ref()?.bytes.to_string())
    }),
    family("last_run_timestamp_seconds", "When the last run ended, in Unix time.", |row, _| {
        number(row.run.as_ref()?.ended.to_string())
    }),
    family("last_run_duration_seconds", "How long the last run took.", |row, _| {
        let milliseconds = row.run.as_ref()?.milliseconds;
        number(format!("{}.{:03}", milliseconds / 1_000, milliseconds % 1_000))
    }),
    family(
        "last_run_size_bytes",
        "The size of the archive that the last run made, 0 without one.",
        |row, _| number(row.run.as_ref()?.bytes.to_string()),
    ),
    family(
        "last_run_entries",
        "The entries in the archive that the last run made, 0 without one.",
        |row, _| number(row.run.as_ref()?.entries.to_string()),
    ),
    family("last_run_success", "Whether the last run made a good backup.", |row, _| {
        flag(row.run.as_ref()?.outcome.is_good())
    }),
    family("last_run_outcome_info", "How the last run ended, as a word in the label.", |row, _| {
        info("outcome", row.run.as_ref()?.outcome.word())
    }),
    family("generations", "The complete archives that exist.", |row, _| number(row.generations.to_string())),
    family("generations_size_bytes", "The size of all complete archives that exist.", |row, _| {
        number(row.generations_bytes.to_string())
    }),
    family(
        "archives_disk_bytes",
        "What all archives take on the disk, where they share parts of it.",
        |row, _| number(row.disk_bytes?.to_string()),
    ),
    family("last_drill_timestamp_seconds", "When the last drill ended, in Unix time.", |row, _| {
        number(row.drill.as_ref()?.at.to_string())
    }),
    family("last_drill_success", "Whether everything came back in the last drill.", |row, _| {
        flag(row.drill.as_ref()?.is_good)
    }),
    family("drill_overdue", "Whether a drill is later than planned.", |row, _| flag(row.is_drill_overdue)),
    family(
        "last_verify_finding_timestamp_seconds",
        "When a verify last found an archive bad, or good again, in Unix time.",
        |row, _| number(row.verify.as_ref()?.at.to_string()),
    ),
    family(
        "last_verify_finding_good",
        "Whether that finding was that the archive is good again.",
        |row, _| flag(row.verify.as_ref()?.is_good),
    ),
];

#[expect(clippy::unnecessary_wraps, reason = "each family returns an option")]
fn number(value: String) -> Option<Sample> {
    Some(Sample { value, label: None })
}

fn flag(is_so: bool) -> Option<Sample> {
    number(u8::from(is_so).to_string())
}

/// An info has the value 1, and says what it has to say in its label.
#[expect(clippy::unnecessary_wraps, reason = "each family returns an option")]
fn info(label: &'static str, word: &'static str) -> Option<Sample> {
    Some(Sample { value: "1".to_owned(), label: Some((label, word)) })
}
