//! Metrics: the state of all backups in the text format of Prometheus.

mod families;
mod row;
mod targets;
mod text;

use std::fmt;

use backup_core::manager::{BackupReport, ReportHead, ReportVisitor};

use crate::metrics::families::{BACKUP_FAMILIES, BackupFamily};
use crate::metrics::row::Row;
use crate::metrics::targets::TargetRow;
use crate::metrics::text::{PREFIX, label_value, write_head};

/// The metrics of one home. It [sees](ReportVisitor) the backups, and then displays them as text.
///
/// A backup is one of all lines with its name that run, so each name is there once. Lines that don't run are only counted.
#[derive(Debug)]
pub struct Metrics {
    version: String,
    home: Home,
    rows: Vec<Row>,
    targets: Vec<TargetRow>,
    refused_lines: usize,
}

/// What there is to say of all backups together.
#[derive(Debug, Default)]
struct Home {
    now: i64,
    is_service_up: bool,
    service_since: Option<i64>,
    is_all_right: bool,
    is_config_valid: bool,
    unreadable_lines: u64,
    schedules: usize,
}

impl Metrics {
    /// Returns the metrics of a program of this version, before it has seen anything.
    #[must_use]
    pub fn new(version: &str) -> Self {
        Self {
            version: version.to_owned(),
            home: Home::default(),
            rows: Vec::new(),
            targets: Vec::new(),
            refused_lines: 0,
        }
    }
}

impl ReportVisitor for Metrics {
    fn begin(&mut self, head: &ReportHead<'_>) {
        let overview = head.overview;
        let service = overview.service.as_ref();
        self.home = Home {
            now: overview.now.timestamp(),
            is_service_up: service.is_some(),
            service_since: service.and_then(|service| service.since).map(|since| since.timestamp()),
            is_all_right: overview.is_all_right(),
            is_config_valid: overview.config_problem.is_none(),
            unreadable_lines: overview.unreadable_lines,
            schedules: overview.schedules,
        };
        self.targets = overview.targets.iter().map(|target| TargetRow::of(target, overview.now)).collect();
    }

    fn see(&mut self, backup: &BackupReport<'_>) -> bool {
        let refused = backup.status.lines.iter().filter(|line| line.line.refused.is_some()).count();
        self.refused_lines += refused;
        if backup.runs_at_all() {
            self.rows.push(Row::of(backup));
        }
        true
    }
}

impl fmt::Display for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_home(f)?;
        targets::write(f, &self.targets)?;
        BACKUP_FAMILIES.iter().try_for_each(|family| self.write_family(f, family))
    }
}

impl Metrics {
    fn write_home(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let home = &self.home;
        write_head(f, "info", "The version of the program that wrote this.")?;
        writeln!(f, "{PREFIX}info{{version=\"{}\"}} 1", label_value(&self.version))?;
        let flag = |is_so: bool| Some(i64::from(is_so));
        let count = |count: usize| i64::try_from(count).ok();
        let values: [(&str, &str, Option<i64>); 9] = [
            ("service_up", "Whether the service runs.", flag(home.is_service_up)),
            ("service_start_time_seconds", "When the service started, in Unix time.", home.service_since),
            (
                "collected_timestamp_seconds",
                "When these metrics were collected, in Unix time.",
                Some(home.now),
            ),
            (
                "all_right",
                "Whether there are schedules and no backup is in an alarming state.",
                flag(home.is_all_right),
            ),
            ("config_valid", "Whether the configuration can be used.", flag(home.is_config_valid)),
            (
                "unreadable_history_lines",
                "Lines of the history that can't be read.",
                i64::try_from(home.unreadable_lines).ok(),
            ),
            ("schedules", "Lines of the schedules, refused ones included.", count(home.schedules)),
            ("refused_schedules", "Lines of the schedules that don't run.", count(self.refused_lines)),
            ("backups", "Names that schedules back up.", count(self.rows.len())),
        ];
        for (name, help, value) in values {
            if let Some(value) = value {
                write_head(f, name, help)?;
                writeln!(f, "{PREFIX}{name} {value}")?;
            }
        }
        Ok(())
    }

    /// Writes a family: its head, and a sample for each backup that has one. One without samples is left out.
    fn write_family(&self, f: &mut fmt::Formatter<'_>, family: &BackupFamily) -> fmt::Result {
        let mut is_begun = false;
        for row in &self.rows {
            let Some(sample) = (family.sample)(row, self.home.now) else { continue };
            if !std::mem::replace(&mut is_begun, true) {
                write_head(f, family.name, family.help)?;
            }
            write!(f, "{PREFIX}{}{{name=\"{}\"", family.name, row.label)?;
            if let Some((label, value)) = sample.label {
                write!(f, ",{label}=\"{value}\"")?;
            }
            writeln!(f, "}} {}", sample.value)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
