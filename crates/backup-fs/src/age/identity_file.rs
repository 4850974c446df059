//! Identity files: secret keys of age and of SSH.

use std::fs::File;
use std::io;
use std::path::Path;

use age::secrecy::SecretString;

use super::secret_file::read_text;
use crate::error::{located, locked, refused};

/// A secret key, and the public one that belongs to it, as it is written.
pub(super) struct Key {
    pub(super) identity: Box<dyn age::Identity + Send + Sync>,
    pub(super) recipient: Option<String>,
}

/// Asks for the passphrase of what is named; `None` without a person who could be asked, or without an answer.
pub(super) type Ask<'a> = &'a dyn Fn(&str) -> io::Result<Option<SecretString>>;

/// Reads all secret keys in a file: one of age, of SSH, or one of age that is encrypted with a passphrase.
///
/// # Errors
/// [Refused](refused) for a file of another kind, [locked] for one whose passphrase isn't known, any failure to read it. All name
/// the file, and none shows anything that is in it.
pub(super) fn read_keys(path: &Path, ask: Ask<'_>) -> io::Result<Vec<Key>> {
    let read = File::open(path).and_then(|file| keys_in(file, path, ask));
    read.map_err(|error| located(&error, path))
}

fn keys_in(mut file: File, path: &Path, ask: Ask<'_>) -> io::Result<Vec<Key>> {
    if is_encrypted(&file)? {
        let passphrase = passphrase_of(path, ask)?;
        let opened = open_with_passphrase(&mut file, passphrase)?;
        return parse_keys(&opened);
    }
    let text = read_text(file).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => refused(NO_IDENTITY),
        _ => error,
    })?;
    if text.starts_with("-----BEGIN AGE ENCRYPTED FILE-----") {
        return Err(refused("it is an armored file, which isn't read: make it anew without age's option -a"));
    }
    if text.starts_with("-----BEGIN ") {
        return Ok(vec![ssh_key(&text, path, ask)?]);
    }
    parse_keys(&text)
}

/// How a file begins that age has encrypted.
const AGE_START: &[u8] = b"age-encryption.org/v1\n";

fn is_encrypted(file: &File) -> io::Result<bool> {
    let mut start = [0; AGE_START.len()];
    let read = std::os::unix::fs::FileExt::read_at(file, &mut start, 0)?;
    Ok(start[..read] == *AGE_START)
}

fn passphrase_of(path: &Path, ask: Ask<'_>) -> io::Result<SecretString> {
    let passphrase = ask(&path.display().to_string())?;
    passphrase.ok_or_else(|| {
        locked("it is protected by a passphrase, and there is no terminal to ask for it, or no answer", None)
    })
}

fn open_with_passphrase(file: &mut File, passphrase: SecretString) -> io::Result<String> {
    let decryptor = age::Decryptor::new(file).map_err(|_| refused(NO_IDENTITY))?;
    if !decryptor.is_scrypt() {
        return Err(refused("it is encrypted for a key, not with a passphrase: decrypt it first"));
    }
    let identity = with_passphrase(passphrase);
    let mut opened = decryptor
        .decrypt(std::iter::once(&identity as &dyn age::Identity))
        .map_err(|_| locked("the passphrase is wrong", None))?;
    let mut text = String::new();
    io::Read::read_to_string(&mut opened, &mut text).map_err(|_| refused(NO_IDENTITY))?;
    Ok(text)
}

/// Returns the identity of somebody who knows a passphrase.
pub(super) fn with_passphrase(passphrase: SecretString) -> age::scrypt::Identity {
    let mut identity = age::scrypt::Identity::new(passphrase);
    // As the program age does. A slow machine must be able to read what a fast one has written.
    identity.set_max_work_factor(22);
    identity
}

const NO_IDENTITY: &str =
    "it is no identity: neither a file of age-keygen nor a secret key of SSH (ssh-ed25519 or ssh-rsa)";

fn parse_keys(text: &str) -> io::Result<Vec<Key>> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let keys: io::Result<Vec<_>> = lines.map(age_key).collect();
    let keys = keys?;
    if keys.is_empty() { Err(refused(NO_IDENTITY)) } else { Ok(keys) }
}

fn age_key(line: &str) -> io::Result<Key> {
    if line.starts_with("age1") || line.starts_with("ssh-") {
        return Err(refused("it is a public key, and the secret one that belongs to it is needed"));
    }
    if line.starts_with("AGE-PLUGIN-") {
        return Err(refused(
            "it is for a plugin of age, which isn't used here: decrypt the archive with age itself",
        ));
    }
    let identity: age::x25519::Identity = line.parse().map_err(|_| refused(NO_IDENTITY))?;
    let recipient = identity.to_public().to_string();
    Ok(Key { identity: Box::new(identity), recipient: Some(recipient) })
}

fn ssh_key(text: &str, path: &Path, ask: Ask<'_>) -> io::Result<Key> {
    let parse = || age::ssh::Identity::from_buffer(text.as_bytes(), None).map_err(|_| refused(NO_IDENTITY));
    let recipient = age::ssh::Recipient::try_from(parse()?).ok();
    let recipient = recipient.map(|recipient| recipient.to_string());
    let identity = match parse()? {
        age::ssh::Identity::Encrypted(key) => {
            let passphrase = passphrase_of(path, ask)?;
            key.decrypt(passphrase).map_err(|_| locked("the passphrase is wrong", None))?.into()
        }
        age::ssh::Identity::Unsupported(_) => {
            return Err(refused(
                "it is a secret key of SSH of a kind that age can't use: it takes ssh-ed25519 and ssh-rsa",
            ));
        }
        identity @ age::ssh::Identity::Unencrypted(_) => identity,
    };
    Ok(Key { identity: Box::new(identity), recipient })
}
