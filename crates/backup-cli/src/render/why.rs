//! Why runs did or didn't happen.

use backup_core::policy::explain::Explanation;

/// Returns a paragraph a schedule, with an empty line between them.
pub(crate) fn explanations(explanations: &[Explanation]) -> Vec<String> {
    let paragraphs: Vec<_> = explanations.iter().map(ToString::to_string).collect();
    vec![paragraphs.join("\n\n")]
}
