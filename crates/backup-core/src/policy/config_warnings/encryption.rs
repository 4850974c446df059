//! Likely mistakes in a table that says for whom archives are encrypted.

use std::collections::BTreeSet;

use super::warning::{ConfigSurroundings, ConfigWarning, ConfigWarningKind, warning};
use crate::model::config::Config;
use crate::model::encryption::{EncryptionKeys, EncryptionTable};

/// Returns the mistakes in one table.
pub(super) fn of_encryption(
    name: &str,
    table: &EncryptionTable,
    config: &Config,
    around: &ConfigSurroundings<'_>,
) -> Vec<ConfigWarning> {
    let head = format!("encryption.{name}");
    let passphrase = match &table.keys {
        EncryptionKeys::Passphrase(file) => Some(("passphrase_file", file)),
        EncryptionKeys::Recipients(_) => None,
    };
    let files = passphrase.into_iter().chain(table.identity.as_ref().map(|file| ("identity", file)));
    let mut found: Vec<_> = files
        .filter_map(|(key, file)| {
            // What is relative is a credential, which only the service has.
            let problem = file.is_absolute().then(|| (around.file_problem)(file)).flatten()?;
            Some(warning(format!("{head}.{key}"), &file.to_string_lossy(), ConfigWarningKind::File(problem)))
        })
        .collect();
    if table.identity_for_drills().is_none() {
        let runs = around.entries.iter().map(|entry| entry.with_defaults(&config.defaults));
        let wanting = runs.filter(|entry| {
            entry.options().drills().is_some() && entry.options().encrypts_for() == Some(name)
        });
        let names: BTreeSet<_> = wanting.map(|entry| entry.name().to_string()).collect();
        found.extend(
            names.iter().map(|name| warning(head.clone(), name, ConfigWarningKind::NoIdentityForDrills)),
        );
    }
    found
}
