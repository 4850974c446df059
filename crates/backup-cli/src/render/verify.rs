//! What `verify` says of one archive.

use backup_core::model::history::Verdict;
use backup_core::policy::verdict::Verified;

/// Returns the line that says how it is.
pub(crate) fn verified(verified: &Verified) -> String {
    format!("{}  {}", verified.file_name, verified.verdict)
}

/// Returns what else is to be known.
pub(crate) fn verified_warnings(verified: &Verified) -> Vec<String> {
    let Verified { file_name, verdict, history_error } = verified;
    let history_error = history_error
        .as_ref()
        .map(|reason| format!("the history doesn't hold that of {file_name}: {reason}"));
    let is_unsure = matches!(verdict, Verdict::Unknown | Verdict::UnknownDigest);
    history_error.into_iter().chain(is_unsure.then(|| unsummed(file_name))).collect()
}

/// Returns what to say of an archive whose digest isn't known.
pub(crate) fn unsummed(file_name: &str) -> String {
    format!("nothing tells whether {file_name} is what was once made")
}
