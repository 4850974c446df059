//! What `verify` says of one archive.

use backup_core::model::history::Verdict;
use backup_core::policy::verdict::Verified;
use backup_core::text::printable;

/// Returns the lines that say how it is. The first one has the verdict, the others the entries that are damaged.
pub(crate) fn verified(verified: &Verified) -> Vec<String> {
    let verdict = format!("{}  {}", verified.file_name, verified.verdict);
    let damaged = verified.damaged.lines().into_iter().map(|line| format!("  {line}"));
    let is_checked = !matches!(verified.verdict, Verdict::Unchecked(_));
    let locked = verified.locked.as_ref().filter(|_| is_checked).map(|why| {
        let reason = why.source.as_ref().map_or_else(|| why.to_string(), ToString::to_string);
        format!("  only its bytes were compared: {}", printable(reason.as_bytes()))
    });
    std::iter::once(verdict).chain(damaged).chain(locked).collect()
}

/// Returns what else is to be known.
pub(crate) fn verified_warnings(verified: &Verified) -> Vec<String> {
    let Verified { file_name, verdict, history_error, .. } = verified;
    let history_error = history_error
        .as_ref()
        .map(|reason| format!("the history could not record that of {file_name}: {reason}"));
    let is_unsure = matches!(verdict, Verdict::Unknown | Verdict::UnknownDigest);
    history_error.into_iter().chain(is_unsure.then(|| unsummed(file_name))).collect()
}

/// Returns what to say of an archive whose digest isn't known.
pub(crate) fn unsummed(file_name: &str) -> String {
    format!("nobody can tell whether {file_name} was changed: the history has no SHA-256 of it")
}
