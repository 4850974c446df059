//! Looks into an archive, and restores nothing.

use std::io::{self, Read, Write};
use std::path::Path;

use backup_core::error::{Failure, PortError};
use backup_core::ports::{ArchiveBytes, Progress, See, Viewer};
use backup_core::text::printable;
use backup_core::view::{ArchivedEntry, EntryKind};

use super::chosen::Chosen;
use super::top::Top;
use super::watch::{Watch, interrupted, open};
use crate::failure::port_error;
use crate::tar_reader::{Member, MemberKind, TarReader};

/// Looks into what [`TarArchiver`](crate::TarArchiver) packed, and into what other tools put into tar archives. It seeks
/// over contents that nobody wants.
#[derive(Debug, Clone, Copy, Default)]
pub struct TarViewer;

impl Viewer for TarViewer {
    fn list(
        &self,
        archive: &mut dyn ArchiveBytes,
        chosen: &[String],
        see: See<'_>,
        progress: &dyn Progress,
    ) -> Result<(), PortError> {
        let mut chosen = Chosen::new(chosen)?;
        let (mut reader, mut top, watch) = (open(archive)?, Top::default(), Watch::new(progress));
        while let Some(member) = watch.next(&mut reader)? {
            let Some(entry) = entry(&mut top, &member) else { continue };
            let is_folder = entry.kind == EntryKind::Folder;
            let is_taken = chosen.is_everything() || chosen.takes(&entry.path, is_folder);
            if is_taken && !see(&entry) {
                return Ok(());
            }
            watch.tell(&member.path, reader.offset());
        }
        Ok(())
    }

    fn copy(
        &self,
        archive: &mut dyn ArchiveBytes,
        path: &[u8],
        out: &mut dyn Write,
        progress: &dyn Progress,
    ) -> Result<(), PortError> {
        let mut path = path.to_vec();
        let action = format!("show {}", String::from_utf8_lossy(&path));
        let mut before = u64::MAX;
        loop {
            let found = find(archive, &path, before, progress)?;
            let (number, kind, link) = found
                .ok_or_else(|| PortError::new(Failure::Missing, action.clone()).because("it isn't there"))?;
            match kind {
                EntryKind::File => return pour(archive, number, out, &action, progress),
                // It leads to what came before, so that this ends.
                EntryKind::HardLink => (path, before) = (link, number),
                EntryKind::Symlink => {
                    return Err(PortError::new(Failure::Other, action).because(leads_to(&path, &link)));
                }
                kind => return Err(PortError::new(Failure::Other, action).because(what(kind))),
            }
        }
    }
}

/// Returns the number of the last member of that path before another one, what it is, and where it leads.
fn find(
    archive: &mut dyn ArchiveBytes,
    path: &[u8],
    before: u64,
    progress: &dyn Progress,
) -> Result<Option<(u64, EntryKind, Vec<u8>)>, PortError> {
    let (mut reader, mut top, watch) = (open(archive)?, Top::default(), Watch::new(progress));
    let (mut found, mut number) = (None, 0);
    while let Some(member) = watch.next(&mut reader)?.filter(|_| number < before) {
        if let Some(entry) = entry(&mut top, &member).filter(|entry| entry.path == path) {
            found = Some((number, entry.kind, entry.link));
        }
        number += 1;
    }
    Ok(found)
}

/// Writes the contents of the member of that number.
fn pour(
    archive: &mut dyn ArchiveBytes,
    number: u64,
    out: &mut dyn Write,
    action: &str,
    progress: &dyn Progress,
) -> Result<(), PortError> {
    let (mut reader, watch) = (open(archive)?, Watch::new(progress));
    for _ in 0..=number {
        watch.next(&mut reader)?;
    }
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        if progress.is_cancelled() {
            return Err(interrupted());
        }
        let read = read(&mut reader, &mut piece).map_err(|error| port_error(action, error))?;
        if read == 0 {
            return Ok(());
        }
        out.write_all(&piece[..read]).map_err(|error| port_error(action, error))?;
        progress.advanced(Path::new(""), read as u64);
    }
}

const PIECE_BYTES: usize = 256 * 1024;

fn read<R: Read>(reader: &mut TarReader<R>, piece: &mut [u8]) -> io::Result<usize> {
    reader.contents().read(piece)
}

fn what(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Folder => "it is a folder",
        _ => "it is no file",
    }
}

/// Says where a symbolic link leads, and under which path that is in the archive.
fn leads_to(path: &[u8], link: &[u8]) -> String {
    let named = format!("it is a symbolic link to {}", printable(link));
    match below(path, link) {
        Some(target) if target.is_empty() => format!("{named}, which is the folder itself"),
        Some(target) => format!("{named}: ask for {} instead", printable(&target)),
        None => format!("{named}, which lies outside the backup"),
    }
}

/// Returns the path below the source to which a link leads that has that path; `None` where it leads out.
fn below(path: &[u8], link: &[u8]) -> Option<Vec<u8>> {
    if link.starts_with(b"/") {
        return None;
    }
    let mut names: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
    names.pop();
    for name in link.split(|byte| *byte == b'/') {
        match name {
            b"" | b"." => {}
            b".." => drop(names.pop()?),
            name => names.push(name),
        }
    }
    Some(names.join(&b'/'))
}

/// Returns a member as it lies below the source; `None` for one that lies elsewhere.
fn entry(top: &mut Top, member: &Member) -> Option<ArchivedEntry> {
    let path = top.below(member).ok()?.join(&b'/');
    let link = match member.kind {
        MemberKind::HardLink => top.below_path(&member.link).ok()?.join(&b'/'),
        _ => member.link.clone(),
    };
    let named = |name: &[u8], number: u64| {
        if name.is_empty() { number.to_string().into_bytes() } else { name.to_vec() }
    };
    Some(ArchivedEntry {
        path,
        kind: kind(member.kind),
        mode: member.mode,
        owner: named(&member.user, member.uid),
        group: named(&member.group, member.gid),
        size_bytes: member.size_bytes,
        modified_seconds: member.modified.seconds,
        link,
        device: member.device,
    })
}

fn kind(kind: MemberKind) -> EntryKind {
    match kind {
        MemberKind::File => EntryKind::File,
        MemberKind::HardLink => EntryKind::HardLink,
        MemberKind::Symlink => EntryKind::Symlink,
        MemberKind::CharDevice => EntryKind::CharDevice,
        MemberKind::BlockDevice => EntryKind::BlockDevice,
        MemberKind::Folder => EntryKind::Folder,
        MemberKind::Fifo => EntryKind::Fifo,
        MemberKind::Other(_) => EntryKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbolic_link_says_what_to_ask_for() {
        let cases: [(&str, &[u8], &str); 7] = [
            ("link", b"letters/may.txt", ": ask for letters/may.txt instead"),
            ("old/link", b"may.txt", ": ask for old/may.txt instead"),
            ("old/link", b".././letters//may.txt", ": ask for letters/may.txt instead"),
            ("old/link", b"../../other/x", ", which lies outside the backup"),
            ("link", b"/etc/passwd", ", which lies outside the backup"),
            ("old/link", b"..", ", which is the folder itself"),
            ("link", b"a\n\x1b", ": ask for a\\n\\u{1b} instead"),
        ];
        for (path, link, expected) in cases {
            let expected = format!("it is a symbolic link to {}{expected}", printable(link));
            assert_eq!(leads_to(path.as_bytes(), link), expected);
        }
    }
}
