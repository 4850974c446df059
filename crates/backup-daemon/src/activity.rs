//! What the service is doing, and the sentence about it for `systemctl status`.

use std::fmt;

use backup_core::text::printable;
use backup_core::time::Moment;

/// More names than this are counted.
const MOST_NAMED: usize = 3;

/// What the service is doing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Activity {
    /// The names of the backups that are being made.
    pub(crate) backups: Vec<String>,
    /// The file names of the archives that are being drilled.
    pub(crate) drills: Vec<String>,
    /// When the next run is due, if any is planned.
    pub(crate) next_run: Option<Moment>,
    /// Whether the service begins nothing new.
    pub(crate) is_leaving: bool,
}

impl fmt::Display for Activity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let work = [phrase("backing up", &self.backups), phrase("drilling", &self.drills)];
        let work: Vec<String> = work.into_iter().flatten().collect();
        let work = work.join(" and ");
        match (self.is_leaving, work.is_empty()) {
            (true, true) => f.write_str("Stopping"),
            (true, false) => write!(f, "Stopping, still {work}"),
            (false, true) => write!(f, "Idle{}", next(self.next_run)),
            (false, false) => write!(f, "Busy {work}{}", next(self.next_run)),
        }
    }
}

fn phrase(doing: &str, names: &[String]) -> Option<String> {
    let named: Vec<_> = names.iter().take(MOST_NAMED).map(|name| printable(name.as_bytes())).collect();
    let more = match names.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!names.is_empty()).then(|| format!("{doing} {}{more}", named.join(", ")))
}

fn next(next_run: Option<Moment>) -> String {
    next_run.map(|at| format!("; next run {}", at.format("%Y-%m-%d %H:%M"))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use backup_core::testing::at;
    use insta::assert_snapshot;

    use super::*;

    fn names(names: &str) -> Vec<String> {
        names.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn every_sentence() {
        let next_run = Some(at("2026-03-28T16:07:00+01:00"));
        let idle = Activity { next_run, ..Activity::default() };
        let one = Activity { backups: names("docs"), ..idle.clone() };
        let many = Activity { backups: names("a b c d e"), drills: names("docs.tar"), ..idle.clone() };
        let leaving = Activity { is_leaving: true, ..Activity::default() };
        let finishing = Activity { backups: names("docs"), ..leaving.clone() };
        let cases = [Activity::default(), idle, one, many, leaving, finishing];
        let sentences = cases.map(|activity| activity.to_string());
        assert_snapshot!(sentences.join("\n"), @"
        Idle
        Idle; next run 2026-03-28 16:07
        Busy backing up docs; next run 2026-03-28 16:07
        Busy backing up a, b, c and 2 more and drilling docs.tar; next run 2026-03-28 16:07
        Stopping
        Stopping, still backing up docs
        ");
    }
}
