//! Held generations: which archives of a held backup are from before the suspicious run.

use crate::model::archive::BackupRecord;
use crate::model::history::{Hold, RunRecord};

/// Returns how many of the generations of a held backup are from before the suspicious run. These are the first ones.
///
/// `generations` are all that the history knows, oldest first.
#[must_use]
pub fn count_before(generations: &[(&str, &RunRecord)], hold: &Hold) -> usize {
    let suspicious = generations.iter().position(|(_, run)| run.began == hold.began);
    let later = || generations.iter().position(|(_, run)| run.began >= hold.began);
    suspicious.or_else(later).unwrap_or(generations.len())
}

/// Returns whether an archive of a held backup is of the suspicious run, or of a later one.
#[must_use]
pub fn is_suspicious(generations: &[(&str, &RunRecord)], hold: &Hold, file_name: &str) -> bool {
    generations[count_before(generations, hold)..].iter().any(|(archive, _)| *archive == file_name)
}

/// Returns the file name of the newest existing archive that is from before the suspicious run.
#[must_use]
pub fn newest_before<'g>(
    generations: &[(&'g str, &RunRecord)],
    hold: &Hold,
    existing: &[BackupRecord],
) -> Option<&'g str> {
    let exists = |archive: &str| existing.iter().any(|backup| backup.file_name == archive);
    let before = generations[..count_before(generations, hold)].iter().rev();
    before.map(|(archive, _)| *archive).find(|archive| exists(archive))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::history::SourceLevel;
    use crate::testing::{at, run_record};

    #[test]
    fn what_was_made_before_the_suspicious_run_is_not_suspicious() {
        let run =
            |day: u32| run_record("docs;16:07;docs").began(at(&format!("2026-03-0{day} 16:07"))).build();
        let runs = [1, 2, 3, 4].map(run);
        let all: Vec<_> = ["a", "b", "c", "d"].into_iter().zip(&runs).collect();
        let record = |file_name: &str| BackupRecord {
            file_name: file_name.to_owned(),
            archive_bytes: 1,
            finished: at("2026-03-04 16:08"),
            sha256: None,
        };
        let check =
            |generations: &[(&str, &RunRecord)], exist: &str, suspicious: &str, newest: Option<&str>| {
                let began = at("2026-03-03 16:07");
                let latest = SourceLevel { began, entries: 2, profile: None };
                let hold = Hold { began, since: began, anomalies: Vec::new(), before: None, latest };
                let existing: Vec<_> = exist.split(' ').map(record).collect();
                let found: Vec<_> = ["a", "b", "c", "d", "e"]
                    .into_iter()
                    .filter(|archive| is_suspicious(generations, &hold, archive))
                    .collect();
                assert_eq!(found.concat(), suspicious);
                assert_eq!(newest_before(generations, &hold, &existing), newest, "{exist}");
            };
        check(&all, "a b c d", "cd", Some("b"));
        check(&all, "a c d", "cd", Some("a"));
        check(&all, "c d", "cd", None);
        // The archive of the suspicious run is gone, or all that came later.
        check(&[all[0], all[1], all[3]], "a b d", "d", Some("b"));
        check(&all[..2], "a b", "", Some("b"));
    }
}
