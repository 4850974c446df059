//! What to do where nothing is what was asked for.

use backup_core::model::archive::{ArchiveName, BackupRecord};
use backup_core::text::printable;

use crate::error_message::quoted;

/// Returns what to do where a path is in no such archive: `word` is what was asked for in `archive`, a backup called `name` or
/// by its index. `generation` is the archive that was asked for, if one was.
pub(crate) fn not_in(
    command: &str,
    name: &str,
    (word, archive): (&[u8], &BackupRecord),
    generation: Option<&str>,
) -> String {
    let name = quoted(name);
    let backup = |file_name: &str| ArchiveName::parse(file_name).map(|archive| archive.backup);
    let file_name = str::from_utf8(word).ok().and_then(|word| word.rsplit('/').next());
    if let Some(file_name) = file_name.filter(|file_name| backup(file_name).is_some())
        && backup(file_name) == backup(&archive.file_name)
    {
        let file_name = printable(file_name.as_bytes());
        return format!("for that archive: `backup_manager {command} {name} --generation {file_name}`");
    }
    let generation =
        generation.map(|file| format!(" --generation {}", printable(file.as_bytes()))).unwrap_or_default();
    format!("`backup_manager show {name}{generation}` lists what is in it")
}

/// Returns what to do where a pattern matches nothing: a word without a star is a whole name.
pub(crate) fn whole_names(pattern: &[u8]) -> Option<String> {
    let pattern =
        str::from_utf8(pattern).ok().filter(|word| !word.contains(['*', '?', '[', '/', '!', '\\']))?;
    let parts = quoted(&format!("*{pattern}*"));
    Some(format!("a pattern without * matches whole names: {parts} finds what has it anywhere in its name"))
}

/// What `diff` compares.
pub(crate) const GENERATIONS: &str = "diff takes a file as `backup_manager backups` shows it, a moment such as \
     2026-11-21, \"2026-11-21 16:07\" or yesterday, or the word newest";

/// Returns what to do about a key that no schedule has, where the message takes it for an index.
pub(super) fn no_such_line(key: &str, near: Option<&str>, schedules: usize) -> String {
    let hint = near_key(key, near, schedules);
    let is_number = key.is_empty() || is_index(key.trim_start_matches(['-', '+']));
    if is_number { hint } else { format!("no schedule is called {}; {hint}", quoted(key)) }
}

/// Returns which name was probably meant, or else how to find the key.
pub(super) fn near_key(key: &str, near: Option<&str>, schedules: usize) -> String {
    near.map_or_else(|| of_a_key(key, schedules), meant)
}

/// Returns the question whether that was meant.
pub(super) fn meant(near: &str) -> String {
    format!("did you mean {}?", quoted(near))
}

/// Returns how to find the key of a schedule. Of an index that doesn't exist, it says which ones do.
pub(super) fn of_a_key(key: &str, schedules: usize) -> String {
    match schedules {
        0 => "there are no schedules: `backup_manager create` adds one".to_owned(),
        _ if !is_index(key) => "`backup_manager list` shows the schedules".to_owned(),
        1 => "there is 1 schedule, and its index is 0: `backup_manager list` shows it".to_owned(),
        _ => format!(
            "there are {schedules} schedules, with the indexes 0 to {}: `backup_manager list` shows them",
            schedules - 1
        ),
    }
}

/// Returns whether a key can only be an index or a name of digits.
pub(super) fn is_index(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit())
}
