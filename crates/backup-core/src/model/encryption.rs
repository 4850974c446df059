//! Encryption: for whom archives are encrypted, and who may read them here.

use std::path::PathBuf;

/// A table of the configuration that says how archives are encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncryptionTable {
    /// Who can decrypt them.
    pub keys: EncryptionKeys,
    /// The file with the identity by which this machine can read what it encrypts, for planned drills. A relative path is
    /// the name of a credential of the service. `None`: it can't.
    pub identity: Option<PathBuf>,
}

/// Who can decrypt an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EncryptionKeys {
    /// Whoever has the secret key of one of these public keys. There is at least one.
    Recipients(Vec<String>),
    /// Whoever knows the passphrase that is the first line of this file. A relative path is the name of a credential of
    /// the service.
    Passphrase(PathBuf),
}

impl EncryptionTable {
    /// Returns the identity that planned drills use. A drill by a passphrase needs a person.
    #[must_use]
    pub fn identity_for_drills(&self) -> Option<&PathBuf> {
        let by_key = matches!(self.keys, EncryptionKeys::Recipients(_));
        self.identity.as_ref().filter(|_| by_key)
    }

    /// Returns each setting as a key and a value.
    pub(crate) fn fields(&self) -> Vec<(&'static str, String)> {
        let keys = match &self.keys {
            EncryptionKeys::Recipients(all) => ("recipients", all.join(", ")),
            EncryptionKeys::Passphrase(file) => ("passphrase_file", file.display().to_string()),
        };
        let identity = self.identity.as_ref().map(|file| ("identity", file.display().to_string()));
        [Some(keys), identity].into_iter().flatten().collect()
    }
}
