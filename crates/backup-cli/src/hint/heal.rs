//! The command that takes from other backups what is damaged in one.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::error_message::quoted;

/// A restore that is to be healed.
pub(crate) struct HealCommand<'r> {
    pub(crate) name: &'r str,
    /// The file name of the archive, if that was asked for.
    pub(crate) generation: Option<&'r str>,
    pub(crate) chosen: Vec<&'r [u8]>,
    /// The target; `None` if it is the source.
    pub(crate) to: Option<&'r Path>,
    pub(crate) overwrites: bool,
    pub(crate) keeps_setuid: bool,
}

/// Returns what to do about entries that other backups hold.
pub(crate) fn heal(command: &HealCommand<'_>) -> String {
    let word = |bytes: &[u8]| quoted(&String::from_utf8_lossy(bytes));
    let mut words = vec![quoted(command.name)];
    words.extend(command.chosen.iter().map(|line| word(line)));
    words.extend(command.generation.map(|file_name| format!("--generation {}", quoted(file_name))));
    words.push(match command.to {
        Some(folder) => format!("--to {}", word(folder.as_os_str().as_bytes())),
        None => "--in-place".to_owned(),
    });
    words.extend(command.overwrites.then(|| "--overwrite".to_owned()));
    words.extend(command.keeps_setuid.then(|| "--keep-setuid".to_owned()));
    format!("take it from there: `backup_manager restore {} --heal`", words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_does_what_the_restore_did() {
        let plain = HealCommand {
            name: "docs",
            generation: None,
            chosen: Vec::new(),
            to: Some(Path::new("/home/ann/docs.restored")),
            overwrites: false,
            keeps_setuid: false,
        };
        let expected =
            "take it from there: `backup_manager restore docs --to /home/ann/docs.restored --heal`";
        assert_eq!(heal(&plain), expected);
        let with_all = HealCommand {
            name: "my docs",
            generation: Some("docs.2026-03-01T16-07+0000.tar"),
            chosen: vec![b"*.odt", b"a"],
            to: None,
            overwrites: true,
            keeps_setuid: true,
        };
        let expected = "take it from there: `backup_manager restore 'my docs' '*.odt' a --generation \
                        'docs.2026-03-01T16-07+0000.tar' --in-place --overwrite --keep-setuid --heal`";
        assert_eq!(heal(&with_all), expected);
    }
}
