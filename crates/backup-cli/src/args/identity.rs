//! The option that opens encrypted backups.

use std::path::PathBuf;

use backup_core::model::encryption::holds_secret_key;
use backup_core::model::error::{Failure, PortError};
use backup_fs::Identities;
use clap::Args;

use crate::args::passphrase::ask;

/// Programs that list what runs show it, and shells keep it.
const KEY_ITSELF: &str = "--identity takes the path of a file, and this is the secret key itself: write it to a file that you alone can read, \
    and remove it from the history of the shell";

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
        if self.identity.iter().any(|file| holds_secret_key(&file.to_string_lossy())) {
            return Err(PortError::new(Failure::Refused, "read the identity").because(KEY_ITSELF));
        }
        // Tools are started in other folders.
        let absolute = |file: &PathBuf| std::path::absolute(file).unwrap_or_else(|_| file.clone());
        Identities::read(&self.identity.iter().map(absolute).collect::<Vec<_>>(), Box::new(ask))
    }
}
