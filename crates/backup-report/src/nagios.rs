//! One line with performance data for Nagios, Icinga and their kin, by the Monitoring Plugins Development Guidelines.

use std::fmt::{self, Write};

use backup_core::manager::{BackupState, BackupStatus, Overview};
use backup_core::text::printable;

use crate::words::{counted, label};

/// How many backups have performance data of their own. Agents cut long outputs, some at 1,024 bytes.
const MOST_DATA: usize = 50;
/// How many backups are named in the text.
const MOST_NAMED: usize = 5;

/// How bad it is. The worst comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// All is well.
    Ok,
    /// There is a good backup that is recent enough, but something needs a look.
    Warning,
    /// A backup that is counted on isn't there, isn't whole or is too old, or none will be made.
    Critical,
}

impl Severity {
    /// Returns the severity of a state.
    #[must_use]
    pub fn of(state: BackupState) -> Self {
        match state {
            BackupState::Missing
            | BackupState::Changed
            | BackupState::Damaged
            | BackupState::Unreadable
            | BackupState::DrillFailed
            | BackupState::Overdue
            | BackupState::Malformed
            | BackupState::Refused => Self::Critical,
            state if state.is_alarm() => Self::Warning,
            _ => Self::Ok,
        }
    }

    /// Returns the exit code of a check with this result.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        self as u8
    }

    fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
        }
    }
}

/// The result of a check of all backups, or of those that were asked for. It displays as one line.
#[derive(Debug)]
pub struct NagiosCheck<'o> {
    overview: &'o Overview,
    /// How bad it is.
    pub severity: Severity,
}

impl<'o> NagiosCheck<'o> {
    /// Judges an overview. Whether the service runs doesn't matter.
    ///
    /// Without schedules, it is critical. Lines of the history that can't be read, a configuration that can't be used and a
    /// target of notices that is failing are a warning.
    #[must_use]
    pub fn of(overview: &'o Overview) -> Self {
        let is_unclear = overview.unreadable_lines > 0
            || overview.config_problem.is_some()
            || overview.failing_targets().next().is_some();
        let home = if is_unclear { Severity::Warning } else { Severity::Ok };
        let worst = overview.backups.iter().map(|backup| Severity::of(backup.state)).max();
        Self { overview, severity: worst.unwrap_or(Severity::Critical).max(home) }
    }

    fn count(&self, severity: Severity) -> usize {
        self.overview.backups.iter().filter(|backup| Severity::of(backup.state) == severity).count()
    }

    fn summary(&self) -> String {
        let backups = &self.overview.backups;
        let mut parts = Vec::new();
        if backups.is_empty() {
            parts.push("nothing is scheduled".to_owned());
        } else if self.count(Severity::Ok) == backups.len() {
            let all = counted(backups.len(), "backup");
            parts.push(if backups.len() == 1 {
                format!("{all}, all right")
            } else {
                format!("{all}, all of them right")
            });
        } else {
            let bad = backups.iter().filter(|backup| Severity::of(backup.state) != Severity::Ok);
            parts.push(format!("{} of {}", bad.clone().count(), counted(backups.len(), "backup")));
            parts.push(named(bad));
        }
        match self.overview.unreadable_lines {
            0 => {}
            lines => parts.push(format!(
                "{} of the history can't be read",
                counted(usize::try_from(lines).unwrap_or(usize::MAX), "line")
            )),
        }
        if self.overview.config_problem.is_some() {
            parts.push("the configuration can't be used".to_owned());
        }
        let failing: Vec<_> =
            self.overview.failing_targets().map(|state| state.target.name.as_str()).collect();
        if !failing.is_empty() {
            parts.push(printable(format!("can't notify {}", failing.join(" ")).as_bytes()));
        }
        if self.overview.service.is_none() {
            parts.push("service not running".to_owned());
        }
        parts.join("; ")
    }

    fn write_data(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let overview = self.overview;
        let all = overview.backups.len();
        for (name, severity) in
            [("ok", Severity::Ok), ("warning", Severity::Warning), ("critical", Severity::Critical)]
        {
            write!(f, "{name}={};;;0;{all} ", self.count(severity))?;
        }
        write!(f, "service={};;;0;1", u8::from(overview.service.is_some()))?;
        // Lines that don't run have no backup of their own, and may have the name of one.
        let good = overview.backups.iter().filter_map(|backup| Some((backup, backup.last_good.as_deref()?)));
        for (backup, good) in good.take(MOST_DATA) {
            let (label, age) = (data_label(&backup.name), (overview.now - good.finished).num_seconds());
            write!(f, " 'age {label}'={age}s;;;0 'size {label}'={}B;;;0", good.archive_bytes)?;
        }
        Ok(())
    }
}

/// Returns the states of the first few backups.
fn named<'b>(bad: impl Iterator<Item = &'b BackupStatus>) -> String {
    let mut text = String::new();
    for (place, backup) in bad.enumerate() {
        match place {
            MOST_NAMED.. => {
                text.push_str(", ...");
                break;
            }
            0 => {}
            _ => text.push_str(", "),
        }
        // Writing into a string can't fail.
        let _ = write!(text, "{} {}", plain(&backup.name), label(backup.state));
    }
    text
}

impl fmt::Display for NagiosCheck<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BACKUP {} - {} | ", self.severity.word(), self.summary())?;
        self.write_data(f)
    }
}

/// Returns the line of a check that couldn't be made. Its exit code is 3.
#[must_use]
pub fn nagios_unknown(reason: &str) -> String {
    format!("BACKUP UNKNOWN - {}", plain(reason))
}

/// Returns a text of one line in which nothing begins performance data.
fn plain(text: &str) -> String {
    printable(text.as_bytes()).replace('|', "\u{a6}").replace('\t', " ")
}

/// Returns a name as a part of a quoted label. What ends a label, a value or the text is written as in a URL, so that two
/// names never have the same label.
fn data_label(name: &str) -> String {
    let mut label = String::new();
    for character in printable(name.as_bytes()).chars() {
        match character {
            '\'' | '"' | '=' | '|' | '%' | '$' | '`' | '\\' | '\t' | ';' => {
                let _ = write!(label, "%{:02X}", u32::from(character));
            }
            _ => label.push(character),
        }
    }
    label
}

#[cfg(test)]
mod tests;
