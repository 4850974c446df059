//! What `restore` shows, as lines of text.

use std::path::PathBuf;

use backup_core::backup::place_of;
use backup_core::manager::RestorePlan;
use backup_core::restore::{Existing, RestoreFinding, RestoreFindingKind, RestorePreview, RestoreReport};
use backup_core::text::{printable, size};

use crate::render::wall_clock;

/// How many of anything are named.
pub(crate) const MOST_NAMED: usize = 20;

/// Returns the one line that says what was done.
pub(crate) fn headline(plan: &RestorePlan, report: &RestoreReport) -> String {
    let archive = &plan.archive;
    format!(
        "Restored {} ({}) of {}, made {}, in {}",
        entries(report.entries),
        size(report.content_bytes),
        place_of(&archive.file_name),
        wall_clock(archive.finished),
        target(plan)
    )
}

/// Returns where a plan restores to.
pub(crate) fn target(plan: &RestorePlan) -> String {
    printable(plan.request.target.path().as_os_str().as_encoded_bytes())
}

/// Returns what is not there, or not wholly.
pub(crate) fn missing(report: &RestoreReport) -> Vec<String> {
    let mut lines: Vec<String> = report.findings.iter().take(MOST_NAMED).map(ToString::to_string).collect();
    let more = report.finding_count.saturating_sub(lines.len() as u64);
    lines.extend((more > 0).then(|| format!("and {more} more")));
    lines.extend(unmatched(&report.unmatched));
    lines
}

/// Returns what else is to be known.
pub(crate) fn remarks(report: &RestoreReport) -> Vec<String> {
    let remark = |count: u64, what: &str| (count > 0).then(|| format!("{} {what}", entries(count)));
    let remarks = [
        remark(report.present_entries, "stood there already as in the backup"),
        remark(report.left_entries, "stood there differently and stayed; --overwrite replaces such"),
        remark(report.tamed_entries, "restored without setuid, setgid or the like; --keep-setuid keeps them"),
    ];
    let gave_way = report.gave_way_entries > 0;
    let gave_way = gave_way.then(|| {
        part("removed for a folder of that name", report.gave_way_entries, &report.gave_way, MOST_NAMED)
    });
    remarks.into_iter().flatten().chain(gave_way.into_iter().flatten()).collect()
}

/// Returns what a restore would do, with so many names of each kind.
pub(crate) fn preview(plan: &RestorePlan, preview: &RestorePreview, most: usize) -> Vec<String> {
    let changed = if stays(plan) { "changed, would stay" } else { "changed" };
    let parts = [
        ("new", preview.new_entries, &preview.new),
        (changed, preview.changed_entries, &preview.changed),
        ("not in the backup, would stay", preview.extra_entries, &preview.extra),
    ];
    let mut lines: Vec<String> =
        parts.into_iter().flat_map(|(what, count, named)| part(what, count, named, most)).collect();
    lines.extend(left_out("which backups leave out, would stay", preview));
    if preview.gives_way_entries > 0 {
        lines.extend(part(
            "would be removed for a folder of that name",
            preview.gives_way_entries,
            &preview.gives_way,
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

/// Returns what became of the source since that backup.
pub(crate) fn differences(plan: &RestorePlan, preview: &RestorePreview) -> Vec<String> {
    let now_folders = preview.now_folders();
    let changed_entries = preview.changed_entries + now_folders.len() as u64;
    let changed = kinds_told(&preview.changed, &preview.gives_way, &now_folders);
    let parts = [
        ("new since", preview.extra_entries, &preview.extra),
        ("changed since", changed_entries, &changed),
        ("gone since", preview.new_entries, &preview.new),
    ];
    let headline = format!("Against {} as it is now:", target(plan));
    let parts = parts.into_iter().flat_map(|(what, count, named)| part(what, count, named, usize::MAX));
    let left_out = left_out("which the schedule leaves out", preview);
    let same = format!("{} as in the backup", entries(preview.same_entries));
    std::iter::once(headline).chain(parts).chain(left_out).chain([same]).collect()
}

/// Returns what has changed, with what is of another kind now.
fn kinds_told(changed: &[PathBuf], were_folders: &[PathBuf], now_folders: &[PathBuf]) -> Vec<PathBuf> {
    let told = |path: &PathBuf, kind: &str| {
        let mut told = path.clone().into_os_string();
        told.push(kind);
        PathBuf::from(told)
    };
    let changed = changed.iter().map(|path| {
        if were_folders.contains(path) { told(path, ", no longer a folder") } else { path.clone() }
    });
    let now_folders = now_folders.iter().map(|path| told(path, ", now a folder"));
    changed.chain(now_folders).collect()
}

/// Returns what could not be compared with the source.
pub(crate) fn uncompared(preview: &RestorePreview) -> Vec<String> {
    let line = |finding: &RestoreFinding| {
        let path = printable(finding.path.as_os_str().as_encoded_bytes());
        match &finding.kind {
            RestoreFindingKind::Refused(refusal) => {
                format!("{path} isn't compared, for a restore refuses it: {refusal}")
            }
            RestoreFindingKind::Failed(reason) => {
                format!("can't compare {path}: {}", printable(reason.as_bytes()))
            }
            _ => finding.to_string(),
        }
    };
    let mut lines: Vec<String> = preview.otherwise_refused().take(MOST_NAMED).map(line).collect();
    let more = preview.otherwise_refused().count() - lines.len();
    lines.extend((more > 0).then(|| format!("and {more} more")));
    lines
}

fn left_out(what: &str, preview: &RestorePreview) -> Option<String> {
    let count = preview.left_out_entries;
    (count > 0).then(|| format!("{} {what}", entries(count)))
}

fn part(what: &str, count: u64, named: &[PathBuf], most: usize) -> Vec<String> {
    let mut lines = vec![format!("{} {what}{}", entries(count), if count > 0 { ":" } else { "" })];
    let shown = |path: &PathBuf| format!("  {}", printable(path.as_os_str().as_encoded_bytes()));
    lines.extend(named.iter().take(most).map(shown));
    let more = count.saturating_sub(named.len().min(most) as u64);
    lines.extend((more > 0).then(|| format!("  and {more} more")));
    lines
}

/// Returns what could not be restored.
pub(crate) fn missing_in_preview(preview: &RestorePreview) -> Vec<String> {
    let mut lines: Vec<String> = preview.refused.iter().take(MOST_NAMED).map(ToString::to_string).collect();
    let more = preview.refused.len() - lines.len();
    lines.extend((more > 0).then(|| format!("and {more} more")));
    lines.extend(unmatched(&preview.unmatched));
    lines
}

/// Returns whether all could be restored.
pub(crate) fn is_whole(plan: &RestorePlan, preview: &RestorePreview) -> bool {
    let is_left = stays(plan) && preview.changed_entries > 0;
    preview.refused.is_empty() && preview.unmatched.is_empty() && !is_left
}

fn stays(plan: &RestorePlan) -> bool {
    plan.request.existing == Existing::Keep
}

fn unmatched(lines: &[String]) -> impl Iterator<Item = String> {
    lines.iter().map(|line| format!("{} matches nothing in the backup", printable(line.as_bytes())))
}

fn entries(count: u64) -> String {
    if count == 1 { "1 entry".to_owned() } else { format!("{count} entries") }
}
