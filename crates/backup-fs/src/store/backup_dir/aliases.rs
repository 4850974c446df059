//! Which names of backups a disk can't tell apart: found out by asking the disk, whatever kind it is.
//!
//! Two questions. An archive that can be reached by a name that isn't listed stands under another name: this one is the
//! same to the disk. And names without archives are tried with an empty temporary file each, which the disk either takes
//! for one that is there or doesn't. Only names that some disk could take for another are tried.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::{io, process};

use backup_core::model::archive::{ArchiveName, BackupName, Compression, Grade};
use rustix::fs::Stat;

use crate::file::atomic_file::{AtomicFile, temporary_name};
use crate::file::dir::DirHandle;

/// A file, whatever it is called.
type Identity = (u64, u64);

/// What was found out by trying names, and where: it stays so as long as the folder is the same.
#[derive(Debug)]
pub(crate) struct Tried {
    folder: Identity,
    names: Vec<BackupName>,
    aliases: HashMap<BackupName, BackupName>,
}

/// Returns another name for each of `names` that the disk can't tell from it. `folder` holds the archives, or will.
pub(crate) fn aliases(
    folder: &DirHandle,
    holds_archives: bool,
    names: &[&BackupName],
    tried: &mut Option<Tried>,
) -> io::Result<Vec<Option<BackupName>>> {
    let stored = if holds_archives { stored(folder)? } else { HashMap::new() };
    let doubtful = doubtful(names, &stored);
    if doubtful.is_empty() {
        return Ok(vec![None; names.len()]);
    }
    let mut owners = Vec::new();
    let mut others: HashMap<&BackupName, BackupName> = HashMap::new();
    for name in &doubtful {
        if stored.contains_key(*name) {
            owners.push((*name).clone());
        } else if let Some(owner) = reached(folder, name, &stored)? {
            others.insert(name, owner);
        }
    }
    let free = doubtful.iter().filter(|name| !stored.contains_key(**name) && !others.contains_key(*name));
    let order: Vec<BackupName> = owners.into_iter().chain(free.map(|name| (*name).clone())).collect();
    let tried = known(folder, order, tried)?;
    let alias = |name: &&BackupName| others.get(*name).or_else(|| tried.get(*name)).cloned();
    Ok(names.iter().map(alias).collect())
}

/// Returns the archives in the folder, by the name of their backup.
fn stored(folder: &DirHandle) -> io::Result<HashMap<BackupName, Vec<String>>> {
    let mut stored: HashMap<BackupName, Vec<String>> = HashMap::new();
    for file_name in folder.names()? {
        let Some(file_name) = file_name.to_str() else { continue };
        if let Some(archive) = ArchiveName::parse(file_name) {
            stored.entry(archive.backup).or_default().push(file_name.to_owned());
        }
    }
    Ok(stored)
}

/// Returns the names that some disk could take for another one: those that are the same but for upper case, those with
/// letters that can be written in several ways, and those that FAT could have made up for a long name.
fn doubtful<'a>(
    names: &[&'a BackupName],
    stored: &'a HashMap<BackupName, Vec<String>>,
) -> Vec<&'a BackupName> {
    let mut all: Vec<&BackupName> = names.to_vec();
    let given: BTreeSet<&BackupName> = names.iter().copied().collect();
    let more: BTreeSet<&BackupName> = stored.keys().filter(|name| !given.contains(name)).collect();
    all.extend(more);
    let folded = |name: &BackupName| name.as_str().to_uppercase().to_lowercase();
    let mut count: HashMap<String, usize> = HashMap::new();
    all.iter().for_each(|name| *count.entry(folded(name)).or_default() += 1);
    let is_doubtful = |name: &&BackupName| {
        let text = name.as_str();
        !text.is_ascii() || text.contains('~') || count.get(&folded(name)).is_some_and(|count| *count > 1)
    };
    all.into_iter().filter(is_doubtful).collect()
}

/// Returns whose archive can be reached by this name, under which none is listed.
fn reached(
    folder: &DirHandle,
    name: &BackupName,
    stored: &HashMap<BackupName, Vec<String>>,
) -> io::Result<Option<BackupName>> {
    let grades = [Grade::Complete, Grade::Incomplete].into_iter();
    let archives =
        grades.flat_map(|grade| Compression::ALL.map(|compression| name.archive(grade, compression)));
    for archive in archives.map(|archive| archive.to_string()) {
        let Some(stat) = folder.stat(&archive)? else { continue };
        // It may have been made since the others were listed.
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

/// Some disks give a file another number for each name that it is asked for by.
fn is_same(one: &Stat, other: &Stat) -> bool {
    let told = |stat: &Stat| (stat.st_size, stat.st_mtime, stat.st_mtime_nsec);
    identity(one) == identity(other) || told(one) == told(other)
}

/// Returns what trying the names has come to, or comes to now.
fn known<'t>(
    folder: &DirHandle,
    names: Vec<BackupName>,
    tried: &'t mut Option<Tried>,
) -> io::Result<&'t HashMap<BackupName, BackupName>> {
    let place = identity(&folder.own_stat()?);
    let fresh = match tried.take() {
        Some(tried) if tried.folder == place && tried.names == names => tried,
        _ => Tried { folder: place, aliases: try_names(folder, &names), names },
    };
    Ok(&tried.insert(fresh).aliases)
}

/// Gives each name a file, in order, that nobody else has the name of, and returns the names that lead to the file of an
/// earlier one, with whose it is. Where no file can be made, nothing is found out.
fn try_names(folder: &DirHandle, names: &[BackupName]) -> HashMap<BackupName, BackupName> {
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
        let file = folder.again().and_then(|folder| AtomicFile::begin(folder, &file_name(name, trial)));
        owners.extend(file.map(|file| (name, trial, file)));
    }
    aliases
}

fn identity(stat: &Stat) -> Identity {
    (stat.st_dev, stat.st_ino)
}
