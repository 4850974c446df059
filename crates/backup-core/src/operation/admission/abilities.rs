//! Abilities: whether the archiver, the store and the clock can carry out options.

use crate::model::archive::{Compression, Selection};
use crate::model::encryption::EncryptionKeys;
use crate::model::error::Error;
use crate::model::schedule::{EntryError, OptionError, Options, ScheduleEntry, ScheduleOption};
use crate::operation::admission::facts::Admission;
use crate::text::near;
use crate::time::{Clock, Zoned};

/// The key of an option, and the kind of table that its value names.
pub(crate) type TableOption = (&'static str, &'static str);

pub(crate) const COMMANDS: TableOption = ("command", "commands");
pub(crate) const ENCRYPTION: TableOption = ("encrypt", "encryption");
pub(crate) const HOOKS: TableOption = ("hooks", "hooks");

/// Checks that all of these options can be carried out.
///
/// # Errors
/// The first that can't, and why.
pub(super) fn check_abilities(options: &Options, by: Admission<'_>) -> Result<(), OptionError> {
    let pattern = by.archiver.check_selection(&options.selection()).map_err(OptionError::Pattern);
    pattern?;
    options.zone().map_or(Ok(()), |zone| check_zone(zone, by))?;
    check_verify(options.verifies(), by)?;
    check_compression(options.compression(), by)?;
    if let Some(name) = options.encrypts_for() {
        check_encryption(name, by)?;
        options.command().map_or(Ok(()), |_| Err(ENCRYPTED_COMMAND))?;
    }
    options.hooks().map_or(Ok(()), |name| check_hooks(name, by))?;
    options.command().map_or(Ok(()), |name| check_command(name, by))
}

fn check_command(name: &str, by: Admission<'_>) -> Result<(), OptionError> {
    check_table(COMMANDS, name, by.config.commands.keys())?;
    if !by.archiver.can_stage() {
        let reason = "what a command prints can't be packed";
        return Err(OptionError::Unsupported { option: "command", reason });
    }
    Ok(())
}

/// Checks that the archiver and the store can carry out one option.
///
/// # Errors
/// Why they can't.
pub(crate) fn check_option(option: &ScheduleOption, by: Admission<'_>) -> Result<(), OptionError> {
    match option {
        ScheduleOption::Exclude(pattern) => {
            let selection = Selection { exclude: vec![pattern.clone()], ..Selection::default() };
            by.archiver.check_selection(&selection).map_err(OptionError::Pattern)
        }
        ScheduleOption::Zone(zone) => check_zone(zone, by),
        ScheduleOption::Verify(verifies) => check_verify(*verifies, by),
        ScheduleOption::Hooks(Some(name)) => check_hooks(name, by),
        ScheduleOption::Compress(compression) => check_compression(*compression, by),
        ScheduleOption::Encrypt(Some(name)) => check_encryption(name, by),
        _ => Ok(()),
    }
}

fn check_zone(zone: &str, by: Admission<'_>) -> Result<(), OptionError> {
    let is_known = Zoned { clock: by.clock, zone }.check_zone();
    is_known.map_err(|_| OptionError::UnknownZone(zone.to_owned()))
}

/// What a command prints is on the disk before it is packed, as it is.
const ENCRYPTED_COMMAND: OptionError = OptionError::NotTogether {
    option: "encrypt=",
    other: "command=",
    reason: "what the command prints is kept beside the backups, not encrypted, until it has ended; write encrypt=no",
};

/// Checks that the table is there, and that its public keys are some. A file with a passphrase may be there only later.
fn check_encryption(name: &str, by: Admission<'_>) -> Result<(), OptionError> {
    check_table(ENCRYPTION, name, by.config.encryption.keys())?;
    match by.config.encryption.get(name).map(|table| &table.keys) {
        Some(EncryptionKeys::Recipients(recipients)) => {
            by.backups.check_recipients(recipients).map_err(|error| {
                let reason = error.source.as_ref().map_or_else(|| error.to_string(), ToString::to_string);
                OptionError::Encryption { name: name.to_owned(), reason }
            })
        }
        _ => Ok(()),
    }
}

fn check_hooks(name: &str, by: Admission<'_>) -> Result<(), OptionError> {
    check_table(HOOKS, name, by.config.hooks.keys())
}

/// Returns that the configuration has no table of this kind and name, which an option with this key asks for.
pub(crate) fn no_such_table(entry: &ScheduleEntry, (key, kind): TableOption, name: &str) -> Error {
    let fault = OptionError::NoSuchTable { key, kind, name: name.to_owned(), near: None };
    Error::MalformedSchedule { text: entry.to_string(), fault: EntryError::Option(fault) }
}

/// Checks that the configuration has the table of this kind that an option with this key names.
fn check_table<'a>(
    (key, kind): TableOption,
    name: &str,
    known: impl Iterator<Item = &'a String> + Clone,
) -> Result<(), OptionError> {
    if known.clone().any(|known| known == name) {
        return Ok(());
    }
    let near = near(name, known.map(String::as_str)).map(str::to_owned);
    Err(OptionError::NoSuchTable { key, kind, name: name.to_owned(), near })
}

fn check_verify(verifies: bool, by: Admission<'_>) -> Result<(), OptionError> {
    if verifies && !by.archiver.can_check() {
        return Err(OptionError::Unsupported { option: "verify=yes", reason: "archives can't be checked" });
    }
    Ok(())
}

fn check_compression(compression: Compression, by: Admission<'_>) -> Result<(), OptionError> {
    if by.backups.can_store(compression) {
        return Ok(());
    }
    Err(match compression {
        Compression::None => {
            OptionError::Unsupported { option: "compress=no", reason: "all archives are compressed" }
        }
        Compression::Zstd => {
            OptionError::Unsupported { option: "compress=zstd", reason: "no archive is compressed" }
        }
    })
}
