//! The entries of archives, and what could not be shown of them.

use backup_core::manager::Viewed;
use backup_core::model::archive::{BackupRecord, display_path};
use backup_core::model::archive::{ViewReport, shown};
use backup_core::model::restore::{RestoreFinding, RestoreFindingKind};
use backup_core::text::printable;

use super::and_more;
use super::restore::MOST_NAMED;

/// Returns the line of an entry of one archive.
pub(crate) fn shown_entry(viewed: Viewed<'_>) -> String {
    viewed.entry.line(viewed.modified)
}

/// Returns the line of an entry of any archive, with the archive's name.
pub(crate) fn found_entry(viewed: Viewed<'_>) -> String {
    let Viewed { archive, entry, modified } = viewed;
    format!("{}  {:>12} {} {}", archive.file_name, entry.size_bytes, shown(modified), entry.name_and_link())
}

/// Returns what could not be shown of an archive.
pub(crate) fn not_shown(report: &ViewReport, archive: &BackupRecord) -> Vec<String> {
    let place = display_path(&archive.file_name);
    let mut lines: Vec<String> = report
        .findings
        .iter()
        .take(MOST_NAMED)
        .map(|finding| format!("{place}: {}", told(finding)))
        .collect();
    lines.extend(and_more(report.finding_count, lines.len()).map(|more| format!("{place}: {more}")));
    lines
}

fn told(finding: &RestoreFinding) -> String {
    let path = printable(finding.path.as_os_str().as_encoded_bytes());
    match &finding.kind {
        RestoreFindingKind::Refused(refusal) => format!("{path} isn't shown: {refusal}"),
        RestoreFindingKind::Failed(reason) => {
            format!("can't read {path} to its end: {}", printable(reason.as_bytes()))
        }
        _ => finding.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use backup_core::model::restore::Refusal;
    use chrono::DateTime;

    use super::*;

    #[test]
    fn what_is_missing_is_named_with_its_archive() {
        let finished = DateTime::parse_from_rfc3339("2026-03-10T09:30:00Z").expect("a moment");
        let file_name = "docs.tar".to_owned();
        let archive = BackupRecord { file_name, archive_bytes: 1, finished, sha256: None };
        let mut report = ViewReport::default();
        assert!(not_shown(&report, &archive).is_empty());
        report.add("a\nb".into(), RestoreFindingKind::Failed("no\n".to_owned()));
        report.add("/etc/x".into(), RestoreFindingKind::Refused(Refusal::Absolute));
        report.add("".into(), RestoreFindingKind::BrokenOff("at byte 7: x".to_owned()));
        insta::assert_snapshot!(not_shown(&report, &archive).join("\n"), @r"
        backups/docs.tar: the archive can't be read to its end: at byte 7: x; anything that follows is missing
        backups/docs.tar: can't read a\nb to its end: no\n
        backups/docs.tar: /etc/x isn't shown: its path is absolute
        ");
        for number in 0..MOST_NAMED {
            report.add(format!("/{number}").into(), RestoreFindingKind::Refused(Refusal::Absolute));
        }
        assert_eq!(
            not_shown(&report, &archive).last().map(String::as_str),
            Some("backups/docs.tar: and 3 more")
        );
    }
}
