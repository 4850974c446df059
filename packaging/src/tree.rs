//! Tree: all files of an installation.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::{Compression, GzBuilder};

use crate::call::{Outcome, doing, read};
use crate::files::{self, Place};
use crate::manual;
use crate::release::Release;

/// A file of an installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    /// Its path below the root of the installation.
    pub(crate) path: String,
    pub(crate) mode: u32,
    pub(crate) contents: Vec<u8>,
}

/// The two programs, without their symbols.
#[derive(Debug, Clone)]
pub(crate) struct Programs {
    pub(crate) manager: Vec<u8>,
    pub(crate) service: Vec<u8>,
}

impl Programs {
    /// Reads the programs in a folder, stripped.
    pub(crate) fn stripped(folder: &Path) -> Outcome<Self> {
        let scratch = tempfile::tempdir().map_err(doing("make a temporary folder"))?;
        let stripped = |name: &str| {
            let (from, to) = (folder.join(name), scratch.path().join(name));
            read(Command::new("strip").arg("-o").arg(&to).arg(&from))?;
            fs::read(&to).map_err(doing(format!("read {name}")))
        };
        Ok(Self { manager: stripped("backup_manager")?, service: stripped("backup_service")? })
    }
}

/// Returns all files of an installation in that place, sorted by their paths.
pub(crate) fn tree(release: &Release, programs: &Programs, place: Place) -> Outcome<Vec<File>> {
    let mut files = vec![
        program(place, "bin/backup_manager", &programs.manager),
        program(place, "bin/backup_service", &programs.service),
        program(place, "sbin/system_backup", files::system_backup(place).as_bytes()),
        text(place, "lib/systemd/system/backup-manager.service", &files::unit(place)),
        text(place, "lib/systemd/system/backup-manager@.service", &files::template_unit(place)),
        text(place, "lib/tmpfiles.d/backup-manager.conf", files::TMPFILES),
    ];
    files.extend(completions(place));
    for page in manual::pages(release) {
        let section = page.name.rsplit('.').next().unwrap_or_default();
        files.push(compressed(place, &format!("share/man/man{section}/{}", page.name), &page.text)?);
    }
    files.extend(documents(release, place)?);
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}

fn completions(place: Place) -> Vec<File> {
    use backup_cli::completion_script as script;
    let zsh = match place {
        Place::Local => "share/zsh/site-functions/_backup_manager",
        Place::Debian => "share/zsh/vendor-completions/_backup_manager",
    };
    let of = |path, shell| text(place, path, script(shell).unwrap_or_default());
    vec![
        of("share/bash-completion/completions/backup_manager", "bash"),
        of(zsh, "zsh"),
        of("share/fish/vendor_completions.d/backup_manager.fish", "fish"),
    ]
}

fn documents(release: &Release, place: Place) -> Outcome<Vec<File>> {
    let (readme, changelog) = (include_str!("../../README.md"), include_str!("../../CHANGELOG.md"));
    let doc = |name: &str| format!("share/doc/backup-manager/{name}");
    let mut files = vec![
        text(place, &doc("README.md"), readme),
        text(place, &doc("examples/hooks.conf"), files::HOOKS_EXAMPLE),
    ];
    match place {
        Place::Local => files.extend([
            text(place, &doc("CHANGELOG.md"), changelog),
            text(place, &doc("LICENSE-MIT"), include_str!("../../LICENSE-MIT")),
            text(place, &doc("LICENSE-APACHE"), include_str!("../../LICENSE-APACHE")),
            text(place, &doc("examples/logrotate"), files::LOGROTATE),
        ]),
        Place::Debian => {
            let version = format!("{}-1", release.version);
            let debian = files::debian_changelog(release, &version);
            files.extend([
                // cargo-deb puts it in its place.
                File {
                    path: "copyright".to_owned(),
                    mode: 0o644,
                    contents: files::debian_copyright().into(),
                },
                compressed(place, &doc("changelog.gz"), changelog)?,
                compressed(place, &doc("changelog.Debian.gz"), &debian)?,
                File {
                    path: "etc/logrotate.d/backup-manager".to_owned(),
                    mode: 0o644,
                    contents: files::LOGROTATE.into(),
                },
            ]);
        }
    }
    Ok(files)
}

fn program(place: Place, path: &str, contents: &[u8]) -> File {
    File { path: format!("{}{path}", place.prefix()), mode: 0o755, contents: contents.to_vec() }
}

fn text(place: Place, path: &str, contents: &str) -> File {
    File { path: format!("{}{path}", place.prefix()), mode: 0o644, contents: contents.into() }
}

/// Returns a file that is compressed in the same way each time.
fn compressed(place: Place, path: &str, contents: &str) -> Outcome<File> {
    let path = if Path::new(path).extension().is_some_and(|end| end == "gz") {
        path.to_owned()
    } else {
        format!("{path}.gz")
    };
    let mut file = text(place, &path, "");
    let mut encoder = GzBuilder::new().mtime(0).write(&mut file.contents, Compression::best());
    encoder.write_all(contents.as_bytes()).and_then(|()| encoder.try_finish()).map_err(doing("compress"))?;
    drop(encoder);
    Ok(file)
}

/// Writes the files below a folder, which is emptied before.
pub(crate) fn write(folder: &Path, files: &[File]) -> Outcome {
    use std::os::unix::fs::PermissionsExt;
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(doing(format!("empty {}", folder.display())))?;
    }
    for file in files {
        let path: PathBuf = folder.join(&file.path);
        let write = || -> std::io::Result<()> {
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::write(&path, &file.contents)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(file.mode))
        };
        write().map_err(doing(format!("write {}", path.display())))?;
    }
    Ok(())
}
