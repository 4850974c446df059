//! What a restore would do, and what it has done.

use std::path::PathBuf;

use backup_core::manager::RestorePlan;
use backup_core::model::restore::{
    Holder, LostEntry, RestoreFinding, RestoreFindingKind, RestorePreview, RestoreReport,
};
use serde_json::{Map, Value, json};

use super::{moment, path, put_bytes};

/// Returns what a restore would do, or what differs between a backup and its source.
pub(crate) fn preview(plan: &RestorePlan, preview: &RestorePreview) -> Value {
    let paths = |paths: &[PathBuf]| paths.iter().map(|one| path(one)).collect::<Vec<_>>();
    let mut object = as_object(json!({
        "archive": plan.archive.file_name,
        "made_for": moment(plan.made_for),
        "new": preview.new_entries,
        "new_paths": paths(&preview.new),
        "changed": preview.changed_entries,
        "changed_paths": paths(&preview.changed),
        "extra": preview.extra_entries,
        "extra_paths": paths(&preview.extra),
        "left_out": preview.left_out_entries,
        "removed": preview.removed_file_count,
        "removed_paths": paths(&preview.removed_files),
        "same": preview.same_entries,
        "unlike_folders": preview.unlike_folders,
        "refused": preview.refused_entries,
        "refusals": preview.refused.iter().map(finding).collect::<Vec<_>>(),
        "unmatched": preview.unmatched,
    }));
    put_bytes(&mut object, "target", plan.request.target.path().as_os_str().as_encoded_bytes());
    Value::Object(object)
}

/// Returns what a restore has done.
pub(crate) fn restored(plan: &RestorePlan, report: &RestoreReport) -> Value {
    let mut object = as_object(json!({
        "archive": plan.archive.file_name,
        "made_for": moment(plan.made_for),
        "complete": report.is_complete(),
        "restored": report.entries,
        "content_bytes": report.content_bytes,
        "same": report.present_entries,
        "stayed": report.left_entries,
        "removed": report.removed_file_count,
        "removed_paths": report.removed_files.iter().map(|one| path(one)).collect::<Vec<_>>(),
        "without_rights": report.deprivileged_entries,
        "healed": report.healed_entries,
        "healed_entries": report.healed.iter().map(healed).collect::<Vec<_>>(),
        "healable": report.healable_entries,
        "faults": report.finding_count,
        "findings": report.findings.iter().map(finding).collect::<Vec<_>>(),
        "unmatched": report.unmatched,
    }));
    put_bytes(&mut object, "target", plan.request.target.path().as_os_str().as_encoded_bytes());
    Value::Object(object)
}

/// Without an archive, the damaged one and its catalog have all of it.
fn healed(entry: &LostEntry) -> Value {
    let mut object = as_object(path(&entry.path));
    object.insert("from".to_owned(), entry.copy.as_ref().map(|copy| copy.archive.as_str()).into());
    Value::Object(object)
}

/// An empty path is the archive itself. `held_by` is the archive that holds the same contents.
fn finding(finding: &RestoreFinding) -> Value {
    let mut object = as_object(path(&finding.path));
    object.insert("text".to_owned(), finding.lines().join("; ").into());
    if let RestoreFindingKind::Lost(holder) = &finding.kind {
        let archive = if let Holder::Archive(archive) = holder { Some(archive.as_str()) } else { None };
        object.insert("held_by".to_owned(), archive.into());
    }
    Value::Object(object)
}

fn as_object(value: Value) -> Map<String, Value> {
    if let Value::Object(object) = value { object } else { Map::new() }
}
