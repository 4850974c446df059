//! The sentences about the service itself: its abilities, its configuration and its history.

use crate::model::error::{Failure, PortError};
use crate::model::event::ability::Ability;
use crate::model::event::config_trouble::ConfigTrouble;
use crate::text::Names;

pub(super) fn config_kept(trouble: &ConfigTrouble, names: &Names) -> String {
    let Names { config, service, .. } = names;
    match trouble {
        ConfigTrouble::Gone => format!(
            "Error: {config} is gone; {service} goes on with the settings that it read before, until it is started again"
        ),
        ConfigTrouble::Unusable(error) => {
            format!("Error: {}; {service} goes on with the settings that it read before", error.named(names))
        }
    }
}

/// Returns the message of an outage.
pub(super) fn outage(ability: Ability, cause: &PortError, names: &Names) -> String {
    match (ability, cause.failure) {
        (Ability::ReadSchedules, Failure::Missing) => format!("Error: can't read {}", names.schedules),
        (Ability::ReadZone, _) => format!("Error: {cause}; the times stay those of the zone before"),
        _ => format!("Error: {cause}"),
    }
}

/// Returns the phrase that says what a service can do.
pub(super) fn ability_phrase(ability: Ability, Names { schedules, history, .. }: &Names) -> String {
    match ability {
        Ability::KeepHome => "the home can be used".to_owned(),
        Ability::ReadSchedules => format!("{schedules} can be read"),
        Ability::ReadZone => "the time zone can be read".to_owned(),
        Ability::ReadHistory => format!("{history} can be read"),
        Ability::WriteHistory => format!("{history} can be written"),
        Ability::ShortenHistory => format!("{history} can be shortened"),
        Ability::WriteMetrics => "the file of the metrics can be written".to_owned(),
        Ability::WriteReport => "the file of the report can be written".to_owned(),
        Ability::KeepNotices => "what was told to whom can be kept".to_owned(),
    }
}

pub(super) fn shortened(Names { history, old_history, .. }: &Names) -> String {
    format!("{history} had grown too long and was shortened; the file before is {old_history}")
}

pub(super) fn rebuilt(archives: usize, history: &str) -> String {
    let from = if archives == 1 { "1 archive".to_owned() } else { format!("{archives} archives") };
    format!("{history} had no notes of the existing backups; rebuilt from {from}, as far as possible")
}

pub(super) fn unreadable(lines: u64, history: &str) -> String {
    let (lines, they, them) = match lines {
        1 => ("1 line".to_owned(), "it", "it"),
        _ => (format!("{lines} lines"), "they", "them"),
    };
    format!(
        "{lines} of {history} can't be read, and what {they} told isn't known; put a good copy of the file in \
         its place, or remove {them}"
    )
}

pub(super) fn notes_lost(notes: usize, cause: &PortError) -> String {
    let lost = match notes {
        1 => "the last note of this service is lost".to_owned(),
        _ => format!("the last {notes} notes of this service are lost"),
    };
    format!("Error: {cause}; {lost}, so the next may make a backup again")
}

pub(super) fn swept(files: usize) -> String {
    match files {
        1 => "Removed 1 unfinished archive of a dead process".to_owned(),
        _ => format!("Removed {files} unfinished archives of dead processes"),
    }
}
