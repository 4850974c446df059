//! What stands of the older generations in a home in memory.

use std::collections::BTreeSet;

use super::machine::{Machine, SOURCES};
use super::point::Options;

/// Whether the generations stand that a rule keeps: where a newer one took the old backup's place, the one before it,
/// whole.
pub(super) fn are_kept(machine: &Machine, options: Options) -> bool {
    let is_whole =
        |archive: &Vec<u8>| ["old", "new"].iter().any(|letter| *archive == Machine::expected(letter));
    let are_kept = |source: &str| {
        let older = older(machine, source);
        let is_replaced = machine.archive(source) != Some(Machine::expected("old"));
        older.iter().all(is_whole) && (!is_replaced || !older.is_empty())
    };
    options != Options::Keeping || SOURCES.iter().all(|source| are_kept(source))
}

/// Whether one more of each stands, of what was backed up last, and the sums are those of what the rules keep. An archive
/// that the history could not be told of is `in_doubt`: it may stand, with its sum or without.
pub(super) fn are_right(machine: &Machine, options: Options, in_doubt: bool) -> bool {
    if options != Options::Keeping {
        return true;
    }
    let newer = Machine::expected("newer");
    let sums = machine.backups.checksum_list();
    let listed: BTreeSet<_> = sums.lines().filter_map(|line| Some(line.split_once("  ")?.1)).collect();
    let names = machine.backups.file_names();
    let (kept, others): (BTreeSet<_>, BTreeSet<_>) = names
        .iter()
        .map(String::as_str)
        .partition(|name| machine.backups.contents(name).as_ref() == Some(&newer));
    SOURCES.iter().all(|source| older(machine, source).contains(&newer))
        && kept.len() == 2 * SOURCES.len()
        && kept.is_subset(&listed)
        && listed.difference(&kept).all(|name| in_doubt && others.contains(name))
        && (in_doubt || others.is_empty())
}

/// Returns how many archives stand that nothing keeps, where none is `in_doubt`.
pub(super) fn left_over(machine: &Machine, options: Options, in_doubt: bool) -> usize {
    let each = if options == Options::Keeping { 2 } else { 1 };
    let over = machine.backups.file_names().len().saturating_sub(SOURCES.len() * each);
    if in_doubt { 0 } else { over }
}

/// Returns the archives under dated names.
fn older(machine: &Machine, source: &str) -> Vec<Vec<u8>> {
    let prefix = format!("{source}.2");
    let names = machine.backups.file_names().into_iter().filter(|name| name.starts_with(&prefix));
    names.filter_map(|name| machine.backups.contents(&name)).collect()
}
