//! The runs that are due over each weekend, as `weekends.txt` lists them.

use chrono::{DateTime, FixedOffset};

const WEEKENDS: &str = include_str!("weekends.txt");

/// A run that is owed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Run {
    /// The moment it is planned for, with the offset that the zone has then, as the history writes it.
    pub(super) planned: String,
    /// The time of its schedule, hh:mm.
    pub(super) time: String,
}

/// A weekend in one zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Weekend {
    /// Whether it is of the small scale.
    pub(super) is_small: bool,
    /// The zone, and what changes.
    pub(super) title: String,
    /// The zone's name.
    pub(super) zone: String,
    /// When the service starts.
    pub(super) start: DateTime<FixedOffset>,
    /// All that is owed, in the order of time.
    pub(super) owed: Vec<Run>,
}

impl Weekend {
    /// Returns the times of the schedules, each once.
    pub(super) fn times(&self) -> Vec<&str> {
        let mut times: Vec<&str> = self.owed.iter().map(|run| run.time.as_str()).collect();
        times.sort_unstable();
        times.dedup();
        times
    }
}

/// Reads the plan; fails with the first line that can't be read.
pub(super) fn weekends() -> Result<Vec<Weekend>, String> {
    let mut weekends: Vec<Weekend> = Vec::new();
    for line in WEEKENDS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(weekend) = header(line) {
            weekends.push(weekend);
            continue;
        }
        let run = line.split_once(' ').filter(|(_, planned)| DateTime::parse_from_rfc3339(planned).is_ok());
        let (run, weekend) = run.zip(weekends.last_mut()).ok_or(line)?;
        weekend.owed.push(Run { planned: run.1.to_owned(), time: run.0.to_owned() });
    }
    Ok(weekends)
}

fn header(line: &str) -> Option<Weekend> {
    let fields: Vec<&str> = line.split("; ").collect();
    let &[scale, zone, change, start] = fields.as_slice() else { return None };
    Some(Weekend {
        is_small: scale == "small",
        title: format!("{zone}, {change}"),
        zone: zone.to_owned(),
        start: DateTime::parse_from_rfc3339(start).ok()?,
        owed: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_weekend_has_its_runs() {
        let weekends = weekends().unwrap();
        let count = |is_small| weekends.iter().filter(|weekend| weekend.is_small == is_small).count();
        assert_eq!((count(true), count(false)), (1, 8));
        for weekend in &weekends {
            let instant = |run: &Run| DateTime::parse_from_rfc3339(&run.planned).unwrap();
            assert!(weekend.owed.iter().is_sorted_by_key(instant), "{}", weekend.title);
            assert!(instant(&weekend.owed[0]) > weekend.start, "{}", weekend.title);
            assert_eq!(weekend.owed.len(), if weekend.is_small { 8 } else { 16 }, "{}", weekend.title);
        }
    }
}
