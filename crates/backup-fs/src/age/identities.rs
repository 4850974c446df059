//! Identities: who reads here, and what they can open.

use std::cell::Cell;
use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};
use std::iter::once;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use age::DecryptError;
use age::secrecy::SecretString;
use age::stream::StreamReader;
use backup_core::model::error::{PortError, Remedy};

use super::decrypted::Decrypted;
use super::identity_file::{Key, read_keys, with_passphrase};
use super::keys::Keys;
use crate::error::{locked, port_error};

/// Asks a person for a passphrase. It is told what the passphrase opens. `None`: there is nobody to ask, or no answer.
pub type AskPassphrase = Box<dyn Fn(&str) -> io::Result<Option<String>> + Send + Sync>;

/// The secret keys by which encrypted archives are read. By default there are none.
#[derive(Default)]
pub struct Identities {
    keys: Vec<Key>,
    files: Vec<PathBuf>,
    ask: Option<AskPassphrase>,
    /// The first file that needed a passphrase itself.
    protected: Option<PathBuf>,
    /// The passphrase that opened something.
    passphrase: Mutex<Option<SecretString>>,
}

impl fmt::Debug for Identities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identities").field("files", &self.files).finish_non_exhaustive()
    }
}

impl Identities {
    /// Reads the secret keys in files. A person is asked for passphrases, those of files and those of archives.
    ///
    /// # Errors
    /// - [`Failure::Missing`](backup_core::model::error::Failure::Missing): there is no such file.
    /// - [`Failure::Refused`](backup_core::model::error::Failure::Refused): there is no secret key in it.
    /// - [`Failure::Locked`](backup_core::model::error::Failure::Locked): its passphrase isn't known.
    /// - Any failure to read it.
    pub fn read(files: &[PathBuf], ask: AskPassphrase) -> Result<Self, PortError> {
        let (mut keys, mut protected) = (Vec::new(), None);
        for file in files {
            let was_asked = Cell::new(false);
            let asked = |what: &str| {
                was_asked.set(true);
                Ok(ask(what)?.map(SecretString::from))
            };
            let read = read_keys(file, &asked);
            keys.extend(read.map_err(|error| port_error("read the identity", error))?);
            protected = protected.or_else(|| was_asked.get().then(|| file.clone()));
        }
        Ok(Self { keys, files: files.to_vec(), ask: Some(ask), protected, passphrase: Mutex::default() })
    }

    /// Returns the files that it was read from.
    pub(crate) fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// Returns the first file that needed a passphrase itself.
    pub(crate) fn protected(&self) -> Option<&Path> {
        self.protected.as_deref()
    }

    /// Decrypts what `source` has from here on. `what` names it.
    ///
    /// # Errors
    /// [Locked] if no key opens it; [`InvalidData`](io::ErrorKind::InvalidData) if it isn't encrypted with age; any failure to
    /// read it.
    pub(crate) fn open<R: Read + Seek + 'static>(
        self: &Arc<Self>,
        mut source: R,
        what: &str,
    ) -> io::Result<Decrypted<R>> {
        let stored_bytes = payload_bytes(&mut source)?;
        let (identities, what) = (Arc::clone(self), what.to_owned());
        let begin = move |source| identities.open_stream(source, &what);
        Decrypted::open(source, stored_bytes, Box::new(begin))
    }

    fn open_stream<R: Read>(&self, source: R, what: &str) -> io::Result<StreamReader<R>> {
        let decryptor = age::Decryptor::new(source).map_err(unreadable)?;
        if decryptor.is_scrypt() {
            let passphrase = self.passphrase_for(what)?;
            let identity = with_passphrase(passphrase.clone());
            let opened = decryptor.decrypt(once(&identity as &dyn age::Identity));
            let opened =
                opened.map_err(|error| not_opened(error, || locked("the passphrase is wrong", None)))?;
            *self.passphrase.lock().unwrap_or_else(PoisonError::into_inner) = Some(passphrase);
            return Ok(opened);
        }
        let identities = self.keys.iter().map(|key| &*key.identity as &dyn age::Identity);
        decryptor.decrypt(identities).map_err(|error| not_opened(error, || self.no_key()))
    }

    /// Returns keys for those who can open here what belongs to an archive. `archive` begins that archive.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub(crate) fn keys_for(&self, mut archive: impl Read + Seek, what: &str) -> io::Result<Keys> {
        let is_by_passphrase = needs_passphrase(&mut archive);
        archive.rewind()?;
        self.open_stream(archive, what).map(drop)?;
        if is_by_passphrase {
            return self.passphrase_for(what).map(Keys::of_passphrase);
        }
        let recipients: Vec<_> = self.keys.iter().filter_map(|key| key.recipient.clone()).collect();
        Keys::of_public(&recipients)
    }

    fn no_key(&self) -> io::Error {
        let reason = match self.files.as_slice() {
            [] => "it is encrypted, and no identity was given".to_owned(),
            [file] => format!("it is encrypted, and the identity {} doesn't open it", file.display()),
            files => format!("it is encrypted, and none of the {} identities opens it", files.len()),
        };
        locked(reason, Remedy::GiveIdentity)
    }

    fn passphrase_for(&self, what: &str) -> io::Result<SecretString> {
        let known = self.passphrase.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = known {
            return Ok(known);
        }
        let asked = self.ask.as_ref().map_or(Ok(None), |ask| ask(what))?;
        asked.map(SecretString::from).ok_or_else(|| {
            let reason =
                "it is encrypted with a passphrase, and there is no terminal to ask for it, or no answer";
            locked(reason, None)
        })
    }

    /// Reads one more secret key.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub(crate) fn of_file(file: &Path) -> io::Result<Self> {
        let keys = read_keys(file, &|_| Ok(None))?;
        Ok(Self { keys, files: vec![file.to_owned()], ..Self::default() })
    }
}

/// Returns how many bytes follow what a source begins with, which says for whom it is encrypted. It stands at its start afterwards.
fn payload_bytes(mut source: impl Read + Seek) -> io::Result<u64> {
    let size = source.seek(SeekFrom::End(0))?;
    source.rewind()?;
    age::Decryptor::new(&mut source).map_err(unreadable)?;
    let begin = source.stream_position()?;
    source.rewind()?;
    Ok(size.saturating_sub(begin))
}

/// Returns whether what a source begins with is encrypted with a passphrase.
pub(crate) fn needs_passphrase(source: impl Read) -> bool {
    age::Decryptor::new(source).is_ok_and(|decryptor| decryptor.is_scrypt())
}

fn unreadable(error: DecryptError) -> io::Error {
    match error {
        DecryptError::Io(error) => error,
        other => io::Error::new(io::ErrorKind::InvalidData, format!("it isn't encrypted with age: {other}")),
    }
}

/// Tells damage from a key that doesn't fit.
fn not_opened(error: DecryptError, no_key: impl FnOnce() -> io::Error) -> io::Error {
    match error {
        DecryptError::NoMatchingKeys | DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed => {
            no_key()
        }
        other => unreadable(other),
    }
}
