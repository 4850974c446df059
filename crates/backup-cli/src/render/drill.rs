//! What `drill` says of one backup.

use backup_core::manager::{DrillPlan, DrillProof, Undrilled};
use backup_core::model::archive::display_path;
use backup_core::model::history::DrillReceipt;
use backup_report::took;

use super::verify::unsummed;
use crate::error_message::message;

use super::way_out;

/// The maximum number of differences of one backup that are listed.
const MOST_NAMED: usize = 10;

/// Returns what a drill found out: a line for the backup, and one for each difference.
pub(crate) fn drilled(receipt: &DrillReceipt) -> Vec<String> {
    let headline = format!("{}  {receipt}, in {}", receipt.archive, took(receipt.ended - receipt.began));
    let differences = receipt.lines(MOST_NAMED).into_iter().map(|line| format!("  {line}"));
    std::iter::once(headline).chain(differences).collect()
}

/// Returns what else is to be known of a drill.
pub(crate) fn drill_warnings(
    plan: &DrillPlan,
    DrillProof { receipt, history_error }: &DrillProof,
) -> Vec<String> {
    let archive = &receipt.archive;
    let warnings = [
        (!receipt.is_summed).then(|| unsummed(archive)),
        plan.entries.is_empty().then(|| format!("no schedule knows {archive}, so no receipt is kept")),
        history_error
            .as_ref()
            .map(|error| format!("no receipt of {archive} could be kept: {}", message(error))),
    ];
    warnings.into_iter().flatten().collect()
}

/// Returns why a schedule has nothing to drill.
pub(crate) fn undrilled(Undrilled { name, is_missing, made, older }: &Undrilled) -> String {
    if !is_missing {
        return format!("{name}: no complete backup yet, nothing to drill");
    }
    let archive =
        made.as_ref().map_or_else(|| format!("the newest backup of {name}"), |made| display_path(made));
    format!("MISSING: {archive} is gone: {}", way_out(name.as_str(), older.as_deref()))
}
