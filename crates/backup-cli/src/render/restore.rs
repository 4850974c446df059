//! What a restore would do, and what it has done.

use std::path::{Path, PathBuf};

use backup_core::manager::RestorePlan;
use backup_core::model::archive::display_path;
use backup_core::model::restore::{
    IfExists, LostEntry, RestoreFinding, RestorePreview, RestoreReport, RestoreTarget,
};
use backup_core::text::{printable, size};
use backup_core::time::wall_clock;

use super::{and_more, entries};

/// The maximum number of items in a list.
pub(crate) const MOST_NAMED: usize = 20;

/// Returns the one line that says what was done.
pub(crate) fn headline(plan: &RestorePlan, report: &RestoreReport) -> String {
    let archive = &plan.archive;
    format!(
        "Restored {} ({}) of {}, made {}, in {}",
        entries(report.entries),
        size(report.content_bytes),
        display_path(&archive.file_name),
        wall_clock(archive.finished),
        target(plan)
    )
}

/// Returns where a plan restores to.
pub(crate) fn target(plan: &RestorePlan) -> String {
    printable(plan.request.target.path().as_os_str().as_encoded_bytes())
}

/// Returns in which state a restore that was broken off has left its target, and how much of the backup it had read.
pub(crate) fn left_by_interruption(
    plan: &RestorePlan,
    is_there: bool,
    read_bytes: u64,
    plain_bytes: Option<u64>,
) -> String {
    let target = target(plan);
    let of_all = plain_bytes.map(|bytes| format!(" of {}", size(bytes))).unwrap_or_default();
    let done = format!("about {}{of_all} of the backup", size(read_bytes));
    if is_there {
        format!(
            "{target} is partly restored, {done}: each file is either as before or as in the backup, none is half written"
        )
    } else {
        format!(
            "{target} doesn't exist yet: it appears once everything is restored; {done} is restored beside it, in a \
             hidden folder"
        )
    }
}

/// Returns where the target really is, where its path doesn't say that, and where it was when the backup was made.
fn whereabouts(plan: &RestorePlan, real_target: Option<&Path>) -> Vec<String> {
    let shown = |path: &Path| printable(path.as_os_str().as_encoded_bytes());
    let now = plan.leads_to(real_target).map(|real| format!("{} leads to {}", target(plan), shown(real)));
    let then = plan.led_to(real_target);
    let then = then.map(|then| format!("When the backup was made, its source was {}", shown(then)));
    now.into_iter().chain(then).collect()
}

/// Returns what is not there, or not wholly: each entry by its name, as far as the report holds it.
pub(crate) fn missing(report: &RestoreReport) -> Vec<String> {
    let mut lines: Vec<String> = report.findings.iter().flat_map(RestoreFinding::lines).collect();
    lines.extend(and_more(report.finding_count, report.findings.len()));
    lines.extend(unmatched(&report.unmatched, report.is_broken_off()));
    lines
}

/// Returns what was taken from elsewhere, and from where: each entry by its name, as far as the report holds it.
pub(crate) fn healed(report: &RestoreReport) -> Vec<String> {
    let line = |entry: &LostEntry| {
        let path = printable(entry.path.as_os_str().as_encoded_bytes());
        match &entry.copy {
            Some(copy) => format!("{path} is healed: {} holds it", printable(copy.archive.as_bytes())),
            None => format!("{path} is healed: its contents are whole, and the catalog has the rest"),
        }
    };
    report.healed.iter().map(line).chain(and_more(report.healed_entries, report.healed.len())).collect()
}

/// Returns what else is to be known.
pub(crate) fn remarks(plan: &RestorePlan, report: &RestoreReport) -> Vec<String> {
    let remark = |count: u64, what: &str| (count > 0).then(|| format!("{} {what}", entries(count)));
    let remarks = [
        remark(report.present_entries, "existed already as in the backup"),
        remark(report.left_entries, "existed already, differed, and stayed; --overwrite replaces such"),
        remark(report.deprivileged_entries, deprivileged(plan.request.keep_setuid)),
    ];
    // A restore in place has shown it before.
    let is_shown = matches!(plan.request.target, RestoreTarget::Source(_));
    let whereabouts = whereabouts(plan, report.real_target.as_deref().filter(|_| !is_shown));
    let removed = report.removed_file_count > 0;
    let removed = removed.then(|| {
        part(
            "removed for a folder of that name",
            report.removed_file_count,
            &report.removed_files,
            MOST_NAMED,
        )
    });
    let remarks = remarks.into_iter().flatten().chain(removed.into_iter().flatten());
    whereabouts.into_iter().chain(remarks).collect()
}

/// Returns what was left out of entries.
fn deprivileged(keeps_setuid: bool) -> &'static str {
    if keeps_setuid {
        "restored without attributes that only root may set, as those that give programs rights"
    } else {
        "restored without setuid, setgid or the like; --keep-setuid keeps them, those that only root may set as root"
    }
}

/// Returns what a restore would do, with so many names of each kind.
pub(crate) fn preview(plan: &RestorePlan, preview: &RestorePreview, most: usize) -> Vec<String> {
    let changed = if stays(plan) { "changed, would stay" } else { "would be replaced" };
    let parts = [
        ("new", preview.new_entries, &preview.new),
        (changed, preview.changed_entries, &preview.changed),
        ("not in the backup, would stay", preview.extra_entries, &preview.extra),
    ];
    let mut lines = whereabouts(plan, preview.real_target.as_deref());
    lines.extend(parts.into_iter().flat_map(|(what, count, named)| part(what, count, named, most)));
    lines.extend(left_out("which backups leave out, would stay", preview));
    if preview.removed_file_count > 0 {
        lines.extend(part(
            "would be removed for a folder of that name",
            preview.removed_file_count,
            &preview.removed_files,
            most,
        ));
    }
    lines.push(format!("{} as in the backup", entries(preview.same_entries)));
    let unlike = preview.unlike_folders;
    lines.extend((unlike > 0).then(|| {
        let folders = if unlike == 1 { "1 folder".to_owned() } else { format!("{unlike} folders") };
        format!("{folders} among these with another mode, owner, time or attribute, which would be set")
    }));
    lines
}

pub(super) fn left_out(what: &str, preview: &RestorePreview) -> Option<String> {
    let count = preview.left_out_entries;
    (count > 0).then(|| format!("{} {what}", entries(count)))
}

pub(super) fn part(what: &str, count: u64, named: &[PathBuf], most: usize) -> Vec<String> {
    let mut lines = vec![format!("{} {what}{}", entries(count), if count > 0 { ":" } else { "" })];
    let shown = |path: &PathBuf| format!("  {}", printable(path.as_os_str().as_encoded_bytes()));
    lines.extend(named.iter().take(most).map(shown));
    lines.extend(and_more(count, named.len().min(most)).map(|more| format!("  {more}")));
    lines
}

/// Returns what could not be restored.
pub(crate) fn missing_in_preview(preview: &RestorePreview) -> Vec<String> {
    let most = RestoreReport::MAX_FINDINGS;
    let named = preview.refused.len().min(most);
    let mut lines: Vec<String> = preview.refused[..named].iter().flat_map(RestoreFinding::lines).collect();
    lines.extend(and_more(preview.refused_entries, named));
    lines.extend(unmatched(&preview.unmatched, preview.is_broken_off()));
    lines
}

/// Returns what to say where nothing differs.
pub(crate) fn nothing_to_restore(is_whole: bool) -> String {
    let why = if is_whole { ": everything in the backup is there already, and is the same" } else { "" };
    format!("Nothing to restore{why}")
}

/// Returns whether all could be restored.
pub(crate) fn is_whole(plan: &RestorePlan, preview: &RestorePreview) -> bool {
    let is_left = stays(plan) && preview.changed_entries > 0;
    preview.refused_entries == 0 && preview.unmatched.is_empty() && !is_left
}

fn stays(plan: &RestorePlan) -> bool {
    plan.request.existing == IfExists::Keep
}

fn unmatched(lines: &[String], is_broken_off: bool) -> impl Iterator<Item = String> {
    let place = if is_broken_off { "what can be read of the backup" } else { "the backup" };
    lines.iter().map(move |line| format!("{} matches nothing in {place}", printable(line.as_bytes())))
}

#[cfg(test)]
mod tests {
    use backup_core::model::archive::BackupRecord;
    use backup_core::model::restore::Links;
    use backup_core::model::restore::{Refusal, RestoreFindingKind, RestoreJob};
    use chrono::DateTime;

    use backup_core::model::archive::Selection;

    use super::*;

    fn plan(keep_setuid: bool) -> RestorePlan {
        let finished = DateTime::parse_from_rfc3339("2026-03-10T09:30:00Z").expect("a moment");
        let file_name = "docs.tar".to_owned();
        RestorePlan {
            archive: BackupRecord { file_name, archive_bytes: 1, finished, sha256: None },
            made_for: None,
            request: RestoreJob {
                target: RestoreTarget::Folder("there".into()),
                chosen: Vec::new(),
                links: Links::Trusted,
                existing: IfExists::Keep,
                keep_setuid,
                identity: String::new(),
                home: "home".into(),
                selection: Selection::default(),
                digests: false,
            },
            real_source: None,
        }
    }

    #[test]
    fn each_refused_entry_in_the_report_is_listed() {
        let mut report = RestoreReport::default();
        let refused = RestoreFindingKind::Refused(Refusal::Absolute);
        for number in 0..RestoreReport::MAX_FINDINGS {
            report.add(format!("/{number}").into(), refused.clone());
        }
        let lines = missing(&report);
        assert_eq!(lines.len(), 1_000);
        assert_eq!(lines.last().map(String::as_str), Some("/999 refused: its path is absolute"));
        report.add("/1000".into(), refused.clone());
        assert_eq!(missing(&report).last().map(String::as_str), Some("and 1 more"));
        let finding =
            |number: u32| RestoreFinding { path: format!("/{number}").into(), kind: refused.clone() };
        let mut preview = RestorePreview::default();
        (0..1_001).map(finding).for_each(|finding| preview.refuse(finding));
        let lines = missing_in_preview(&preview);
        assert_eq!((lines.len(), lines.last().map(String::as_str)), (1_001, Some("and 1 more")));
    }

    #[test]
    fn what_was_left_out_is_reported_as_it_is() {
        let mut report = RestoreReport::default();
        report.deprivileged_entries = 3;
        assert_eq!(
            remarks(&plan(false), &report),
            [
                "3 entries restored without setuid, setgid or the like; --keep-setuid keeps them, those that only root may \
              set as root"
            ]
        );
        assert_eq!(
            remarks(&plan(true), &report),
            [
                "3 entries restored without attributes that only root may set, as those that give programs rights"
            ]
        );
    }
}
