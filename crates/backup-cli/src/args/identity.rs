//! The option that opens encrypted backups.

use std::path::PathBuf;

use backup_core::model::error::PortError;
use backup_fs::Identities;
use clap::Args;

use crate::args::passphrase::ask;

/// What opens encrypted backups.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct IdentityArgs {
    /// Open encrypted backups with the secret key in this file: of age-keygen, or of SSH (may be repeated)
    #[arg(long, value_name = "FILE")]
    identity: Vec<PathBuf>,
}

impl IdentityArgs {
    /// Returns whether a file was given.
    pub(crate) fn is_given(&self) -> bool {
        !self.identity.is_empty()
    }

    /// Reads the files. Passphrases are asked for on the terminal.
    pub(crate) fn read(&self) -> Result<Identities, PortError> {
        // Tools are started in other folders.
        let absolute = |file: &PathBuf| std::path::absolute(file).unwrap_or_else(|_| file.clone());
        Identities::read(&self.identity.iter().map(absolute).collect::<Vec<_>>(), Box::new(ask))
    }
}
