//! Tarball: the release for any Linux, to be unpacked below `/usr/local`.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use flate2::{Compression, GzBuilder};
use tar::{Builder, EntryType, Header};

use crate::call::{Outcome, doing};
use crate::files::Place;
use crate::release::Release;
use crate::tree::{File, Programs, tree};

/// Makes the tarball in a folder, and returns its path.
pub(crate) fn make(release: &Release, programs: &Programs, folder: &Path) -> Outcome<PathBuf> {
    let files = tree(release, programs, Place::Local)?;
    let path = folder.join(format!("{}.tar.gz", release.name()));
    let bytes = pack(release, &files).map_err(doing("pack the tarball"))?;
    fs::write(&path, bytes).map_err(doing(format!("write {}", path.display())))?;
    Ok(path)
}

/// Returns the same bytes for the same files.
fn pack(release: &Release, files: &[File]) -> io::Result<Vec<u8>> {
    let encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    let mut archive = Builder::new(encoder);
    let name = release.name();
    for folder in folders(files) {
        let mut header = header(release, EntryType::Directory, 0o755, 0);
        archive.append_data(&mut header, format!("{name}/{folder}"), io::empty())?;
    }
    for file in files {
        let mut header = header(release, EntryType::Regular, file.mode, file.contents.len());
        archive.append_data(&mut header, format!("{name}/{}", file.path), &file.contents[..])?;
    }
    archive.into_inner()?.finish()
}

/// Returns the folders of these files, the outer ones first.
fn folders(files: &[File]) -> BTreeSet<String> {
    let above = files.iter().flat_map(|file| Path::new(&file.path).ancestors().skip(1));
    above
        .map(|folder| format!("{}/", folder.display()))
        .map(|path| path.trim_start_matches('/').to_owned())
        .collect()
}

fn header(release: &Release, kind: EntryType, mode: u32, bytes: usize) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(bytes as u64);
    header.set_mtime(release.seconds());
    header.set_uid(0);
    header.set_gid(0);
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fake() -> (Release, Programs) {
        let release = Release::of("/".into(), 1_780_000_000).unwrap();
        (release, Programs { manager: b"m".to_vec(), service: b"s".to_vec() })
    }

    #[test]
    fn two_tarballs_of_a_release_are_the_same_bytes() {
        let (release, programs) = fake();
        let pack = || pack(&release, &tree(&release, &programs, Place::Local).unwrap()).unwrap();
        assert_eq!(pack(), pack());
    }

    #[test]
    fn a_tarball_is_sorted_and_belongs_to_root() {
        let (release, programs) = fake();
        let bytes = pack(&release, &tree(&release, &programs, Place::Local).unwrap()).unwrap();
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(&bytes[..]));
        let mut files = Vec::new();
        for entry in archive.entries().unwrap() {
            let header = entry.unwrap().header().clone();
            assert_eq!((header.uid().unwrap(), header.gid().unwrap()), (0, 0));
            assert_eq!(header.mtime().unwrap(), 1_780_000_000);
            let path = header.path().unwrap().display().to_string();
            let is_program =
                path.contains("/bin/") && !path.ends_with('/') || path.ends_with("system_backup");
            let mode = if is_program || header.entry_type().is_dir() { 0o755 } else { 0o644 };
            assert_eq!(header.mode().unwrap(), mode, "{path}");
            if header.entry_type().is_file() {
                files.push(path);
            }
        }
        assert!(files.is_sorted(), "{files:#?}");
        let root = release.name();
        for wanted in [
            "bin/backup_manager",
            "bin/backup_service",
            "lib/systemd/system/backup-manager.service",
            "share/bash-completion/completions/backup_manager",
            "share/doc/backup-manager/LICENSE-MIT",
            "share/fish/vendor_completions.d/backup_manager.fish",
            "share/man/man1/backup_manager-run.1.gz",
            "share/man/man5/backup_manager.toml.5.gz",
            "share/man/man8/backup_service.8.gz",
            "share/zsh/site-functions/_backup_manager",
        ] {
            assert!(files.contains(&format!("{root}/{wanted}")), "{wanted} in {files:#?}");
        }
    }
}
