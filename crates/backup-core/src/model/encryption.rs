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

/// Returns whether a text is a secret key, or holds one: it must never be shown.
#[must_use]
pub fn holds_secret_key(text: &str) -> bool {
    let text = text.to_ascii_uppercase();
    ["AGE-SECRET-KEY-", "AGE-PLUGIN-", "PRIVATE KEY", OPENSSH_KEY].iter().any(|mark| text.contains(mark))
}

/// How the lines of a secret key of OpenSSH begin: `openssh-key-v1` in Base64, in upper case.
const OPENSSH_KEY: &str = "B3BLBNNZAC1RZXKTDJE";

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_keys_are_told_from_paths_and_public_keys() {
        for secret in [
            "AGE-SECRET-KEY-1GQ9778VQXMM",
            " age-secret-key-1gq9778vqxmm",
            "AGE-PLUGIN-YUBIKEY-1Q",
            "-----BEGIN OPENSSH PRIVATE KEY-----\nb3",
            "-----BEGIN PRIVATE KEY-----",
            "b3BlbnNzaC1rZXktdjEAAAAABG5vbmU",
        ] {
            assert!(holds_secret_key(secret), "{secret}");
        }
        for other in ["/root/key.txt", "age1t7rxyev2z3", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI ann", "key"] {
            assert!(!holds_secret_key(other), "{other}");
        }
    }
}
