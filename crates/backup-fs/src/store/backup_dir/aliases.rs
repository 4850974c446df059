//! Alias detection: finds backup names that the disk doesn't tell apart, by tests on the disk itself.
//!
//! There are two tests. If an archive can be opened by a name that the folder doesn't list, that name is an alias of a
//! listed one. For names without archives, an empty temporary file is created for each: if the disk finds it to exist
//! already, the name is an alias of an earlier one. Only names that some disk could mistake for another are tested.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::{io, process};

use backup_core::model::archive::{BackupName, Format, Grade};
use rustix::fs::Stat;

use crate::file::atomic_file::{AtomicFile, temporary_name};
use crate::file::dir::DirHandle;
use crate::posix::stat::{FileId, file_id, is_same_file};
use crate::store::own_archive::own_archive;

/// The result of testing names. It stays valid as long as the folder and the names are the same.
#[derive(Debug)]
pub(crate) struct AliasCache {
    folder: FileId,
    names: Vec<BackupName>,
    aliases: HashMap<BackupName, BackupName>,
}

/// Returns, for each of `names`, another name that the disk takes for the same, if there is one.
///
/// `folder` is the folder of the archives. If there is none yet, it is the one in which it will be created, and
/// `holds_archives` is false.
///
/// # Errors
/// Any failure to read the folder.
pub(crate) fn aliases(
    folder: &DirHandle,
    holds_archives: bool,
    names: &[&BackupName],
    cache: &mut Option<AliasCache>,
) -> io::Result<Vec<Option<BackupName>>> {
    let stored = if holds_archives { stored(folder)? } else { HashMap::new() };
    let ambiguous = ambiguous(names, &stored);
    if ambiguous.is_empty() {
        return Ok(vec![None; names.len()]);
    }
    let mut owners = Vec::new();
    let mut others: HashMap<&BackupName, BackupName> = HashMap::new();
    for name in &ambiguous {
        if stored.contains_key(*name) {
            owners.push((*name).clone());
        } else if let Some(owner) = reachable_archive(folder, name, &stored)? {
            others.insert(name, owner);
        }
    }
    let free = ambiguous.iter().filter(|name| !stored.contains_key(**name) && !others.contains_key(*name));
    let order: Vec<BackupName> = owners.into_iter().chain(free.map(|name| (*name).clone())).collect();
    let cached = cached(folder, order, cache)?;
    let alias = |name: &&BackupName| others.get(*name).or_else(|| cached.get(*name)).cloned();
    Ok(names.iter().map(alias).collect())
}

/// Returns the archives in the folder, by the name of their backup.
fn stored(folder: &DirHandle) -> io::Result<HashMap<BackupName, Vec<String>>> {
    let mut stored: HashMap<BackupName, Vec<String>> = HashMap::new();
    for file_name in folder.names()? {
        let Some(file_name) = file_name.to_str() else { continue };
        if let Some(archive) = own_archive(file_name) {
            stored.entry(archive.backup).or_default().push(file_name.to_owned());
        }
    }
    Ok(stored)
}

/// Returns the names that some disk could mistake for another name.
///
/// Those are names that differ only in case, names with letters that have several encodings, and names that look like
/// the short names that FAT makes up for long ones.
fn ambiguous<'a>(
    names: &[&'a BackupName],
    stored: &'a HashMap<BackupName, Vec<String>>,
) -> Vec<&'a BackupName> {
    let mut all: Vec<&BackupName> = names.to_vec();
    if !stored.is_empty() {
        let given: HashSet<&BackupName> = names.iter().copied().collect();
        let more: BTreeSet<&BackupName> = stored.keys().filter(|name| !given.contains(name)).collect();
        all.extend(more);
    }
    let folded: Vec<_> = all.iter().map(|name| folded(name.as_str())).collect();
    let mut count: HashMap<&str, usize> = HashMap::with_capacity(folded.len());
    folded.iter().for_each(|text| *count.entry(text).or_default() += 1);
    let is_ambiguous = |(name, folded): &(&BackupName, &Cow<'_, str>)| {
        let text = name.as_str();
        !text.is_ascii() || text.contains('~') || count.get(&***folded).is_some_and(|count| *count > 1)
    };
    all.iter().copied().zip(&folded).filter(is_ambiguous).map(|(name, _)| name).collect()
}

/// Returns a name without the differences of case.
fn folded(name: &str) -> Cow<'_, str> {
    if name.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        Cow::Borrowed(name)
    } else {
        Cow::Owned(name.to_uppercase().to_lowercase())
    }
}

/// Returns the name of the archive that can be opened by `name`, although the folder doesn't list `name`.
fn reachable_archive(
    folder: &DirHandle,
    name: &BackupName,
    stored: &HashMap<BackupName, Vec<String>>,
) -> io::Result<Option<BackupName>> {
    let grades = [Grade::Complete, Grade::Incomplete].into_iter();
    let archives = grades.flat_map(|grade| Format::ALL.map(|format| name.archive(grade, format)));
    for archive in archives.map(|archive| archive.to_string()) {
        let Some(stat) = folder.stat(&archive)? else { continue };
        // The archive may have been created after the others were listed.
        if folder.names()?.iter().any(|listed| *listed == *archive) {
            return Ok(None);
        }
        for (owner, file_name) in
            stored.iter().flat_map(|(owner, names)| names.iter().map(move |name| (owner, name)))
        {
            if folder.stat(file_name)?.is_some_and(|other| is_same(&other, &stat)) {
                return Ok(Some(owner.clone()));
            }
        }
    }
    Ok(None)
}

/// Returns whether both are the same file. Size and time count too, because some disks report another inode number for
/// each name of a file.
fn is_same(one: &Stat, other: &Stat) -> bool {
    let size_and_time = |stat: &Stat| (stat.st_size, stat.st_mtime, stat.st_mtime_nsec);
    is_same_file(one, other) || size_and_time(one) == size_and_time(other)
}

/// Returns the result of testing the names, from the cache if it is still valid.
fn cached<'c>(
    folder: &DirHandle,
    names: Vec<BackupName>,
    cache: &'c mut Option<AliasCache>,
) -> io::Result<&'c HashMap<BackupName, BackupName>> {
    let place = file_id(&folder.own_stat()?);
    let fresh = match cache.take() {
        Some(cache) if cache.folder == place && cache.names == names => cache,
        _ => AliasCache { folder: place, aliases: test_names(folder, &names), names },
    };
    Ok(&cache.insert(fresh).aliases)
}

/// Tests the names in order, with a temporary file each. Returns each alias with the earlier name that it stands for.
///
/// The file names have the process number and a counter, so that no other process uses them. A name for which no file
/// can be created gets no alias.
fn test_names(folder: &DirHandle, names: &[BackupName]) -> HashMap<BackupName, BackupName> {
    static TRIALS: AtomicU64 = AtomicU64::new(0);
    let file_name = |name: &BackupName, trial: u64| format!("{name}.{}-{trial}.tar", process::id());
    let (mut owners, mut aliases) = (Vec::new(), HashMap::new());
    for name in names {
        let leads_to = |(_, trial, _): &&(&BackupName, u64, AtomicFile)| {
            let temporary = temporary_name(&file_name(name, *trial));
            folder.stat(temporary).is_ok_and(|found| found.is_some())
        };
        if let Some((owner, ..)) = owners.iter().find(leads_to) {
            aliases.insert(name.clone(), (*owner).clone());
            continue;
        }
        let trial = TRIALS.fetch_add(1, Ordering::Relaxed);
        let file = folder.try_clone().and_then(|folder| AtomicFile::begin(folder, &file_name(name, trial)));
        owners.extend(file.map(|file| (name, trial, file)));
    }
    aliases
}
