//! What became of a source since its backup.

use std::path::PathBuf;

use backup_core::manager::RestorePlan;
use backup_core::model::restore::{RestoreFinding, RestoreFindingKind, RestorePreview};
use backup_core::text::printable;

use super::restore::{MOST_NAMED, left_out, part, target};
use super::{and_more, entries};

/// Returns what became of the source since that backup.
pub(crate) fn differences(plan: &RestorePlan, preview: &RestorePreview) -> Vec<String> {
    let now_folders = preview.now_folders();
    let changed_entries = preview.changed_entries + preview.now_folder_entries;
    let changed = kinds_told(&preview.changed, &preview.removed_files, &now_folders);
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
    let otherwise_refused = preview.refused_entries - preview.now_folder_entries;
    lines.extend(and_more(otherwise_refused, lines.len()));
    lines
}
