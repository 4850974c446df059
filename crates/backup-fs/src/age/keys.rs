//! Keys: for whom something is encrypted.

use std::fmt;
use std::io;
use std::sync::Arc;

use age::secrecy::SecretString;
use backup_core::model::encryption::EncryptionKeys;
use backup_core::text::printable;

use super::secret_file::read_passphrase;
use crate::error::refused;

/// Somebody who can decrypt.
pub(crate) type Recipient = Box<dyn age::Recipient + Send + Sync>;

/// Those who can decrypt what is encrypted for them.
#[derive(Clone)]
pub(crate) struct Keys(Arc<Vec<Recipient>>);

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys of {}", self.0.len())
    }
}

impl Keys {
    /// Returns the keys that a configuration names. A passphrase is read from its file.
    ///
    /// # Errors
    /// [Refused](refused) for what is no key; those of [`read_passphrase`].
    pub(crate) fn read(keys: &EncryptionKeys) -> io::Result<Self> {
        match keys {
            EncryptionKeys::Recipients(recipients) => Self::parse(recipients),
            EncryptionKeys::Passphrase(file) => Ok(Self::of_passphrase(read_passphrase(file)?)),
        }
    }

    /// Parses public keys.
    ///
    /// # Errors
    /// [Refused](refused): the first that is none, and what it is instead. A secret key isn't shown.
    pub(crate) fn parse(recipients: &[String]) -> io::Result<Self> {
        let all: io::Result<Vec<_>> =
            recipients.iter().map(|text| recipient(text).map_err(refused)).collect();
        Ok(Self::of(all?))
    }

    /// Returns these recipients.
    pub(crate) fn of(recipients: Vec<Recipient>) -> Self {
        Self(Arc::new(recipients))
    }

    /// Returns the keys of somebody else, once more.
    ///
    /// # Errors
    /// [Refused](refused) if there is none.
    pub(crate) fn of_public(recipients: &[String]) -> io::Result<Self> {
        match recipients {
            [] => Err(refused("the identity doesn't tell its public key")),
            recipients => Self::parse(recipients),
        }
    }

    /// Returns the key of everybody who knows a passphrase.
    pub(crate) fn of_passphrase(passphrase: SecretString) -> Self {
        let mut recipient = age::scrypt::Recipient::new(passphrase);
        recipient.set_work_factor(WORK_FACTOR);
        Self::of(vec![Box::new(recipient)])
    }

    pub(super) fn each(&self) -> impl Iterator<Item = &dyn age::Recipient> {
        self.0.iter().map(|recipient| &**recipient as &dyn age::Recipient)
    }
}

/// That of the program `age`. It takes about a second and 256 MiB, wherever it is done.
const WORK_FACTOR: u8 = 18;

fn recipient(text: &str) -> Result<Recipient, String> {
    let shown = printable(text.as_bytes());
    if text.starts_with("AGE-SECRET-KEY-") || text.starts_with("AGE-PLUGIN-") || text.contains("PRIVATE KEY")
    {
        return Err("one of its recipients is a secret key, which must not be on this machine: write the public one, as \
                    age-keygen -y prints it"
            .to_owned());
    }
    if let Ok(recipient) = text.parse::<age::x25519::Recipient>() {
        return Ok(Box::new(recipient));
    }
    if text.starts_with("age1") {
        return Err(format!("the recipient {shown} is no public key of age: it is cut short or misspelt"));
    }
    match text.parse::<age::ssh::Recipient>() {
        Ok(recipient) => Ok(Box::new(recipient)),
        Err(_) if text.starts_with('/') || text.starts_with('~') || text.ends_with(".pub") => Err(format!(
            "the recipient {shown} is no public key but looks like a file: write the key that is in it"
        )),
        Err(_) if text.starts_with("ecdsa-") || text.starts_with("sk-") => Err(format!(
            "the recipient {shown} is of a kind that age can't use: it takes ssh-ed25519 and ssh-rsa"
        )),
        Err(_) => Err(format!(
            "the recipient {shown} is no public key: it begins with age1, ssh-ed25519 or ssh-rsa"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AGE: &str = "age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa";
    const SSH: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsKLqeplhpW+uObz5dvMgjz1OxfM/XXUB+VHtZ6isGN alice@rust";

    fn fault(text: &str) -> String {
        Keys::parse(&[AGE.to_owned(), text.to_owned()]).map(drop).unwrap_err().to_string()
    }

    #[test]
    fn public_keys_of_age_and_ssh_are_read() {
        assert_eq!(Keys::parse(&[AGE.to_owned(), SSH.to_owned()]).unwrap().each().count(), 2);
    }

    #[test]
    fn what_is_no_public_key_says_what_it_is() {
        let secret = "AGE-SECRET-KEY-1GQ9778VQXMMJVE8SK7J6VT8UJ4HDQAJUVSFCWCM02D8GEWQ72PVQ2Y5J33";
        assert!(
            fault(secret).contains("is a secret key") && !fault(secret).contains("GQ9778"),
            "{}",
            fault(secret)
        );
        let cut = &AGE[..40];
        assert_eq!(
            fault(cut),
            format!("the recipient {cut} is no public key of age: it is cut short or misspelt")
        );
        assert!(fault("/root/.ssh/id_ed25519.pub").contains("looks like a file"));
        assert!(fault("ecdsa-sha2-nistp256 AAAA").contains("of a kind that age can't use"));
        assert_eq!(
            fault("ann\n"),
            "the recipient ann\\n is no public key: it begins with age1, ssh-ed25519 or ssh-rsa"
        );
    }
}
