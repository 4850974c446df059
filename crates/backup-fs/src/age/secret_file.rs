//! Files with secrets: passphrases and identities.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use age::secrecy::SecretString;

use crate::error::{located, refused};

/// The folder in which systemd puts the credentials of a service.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

/// No secret is longer.
const MAX_BYTES: u64 = 64 * 1024;

/// Returns the path of a file that a configuration names. A relative path is the name of a credential.
///
/// # Errors
/// [Refused](refused) for a credential where there are none.
pub(crate) fn credential(file: &Path) -> io::Result<PathBuf> {
    credential_in(file, std::env::var_os(CREDENTIALS))
}

fn credential_in(file: &Path, credentials: Option<OsString>) -> io::Result<PathBuf> {
    match credentials.filter(|folder| !folder.is_empty()) {
        _ if file.is_absolute() => Ok(file.to_owned()),
        Some(folder) => Ok(Path::new(&folder).join(file)),
        None => Err(refused(format!(
            "{} is the name of a credential, and there is no ${CREDENTIALS}: systemd sets it for a service with LoadCredential=; \
             otherwise write the whole path",
            file.display()
        ))),
    }
}

/// Reads the passphrase in the first line of a file that only its owner and its group may read.
///
/// # Errors
/// [Refused](refused) if everybody may read it, or if there is none in it; any failure to read it. All name the file.
pub(crate) fn read_passphrase(file: &Path) -> io::Result<SecretString> {
    let path = credential(file)?;
    read_line(&path).map_err(|error| located(&error, &path))
}

fn read_line(path: &Path) -> io::Result<SecretString> {
    let file = File::open(path)?;
    if file.metadata()?.mode() & OTHERS != 0 {
        return Err(refused(format!(
            "every user can read it; allow only its owner: chmod 600 {}",
            path.display()
        )));
    }
    let text = read_text(file)?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        return Err(refused("the passphrase belongs into its first line, which is empty"));
    }
    Ok(SecretString::from(line))
}

/// Everybody else may read, write or run it.
const OTHERS: u32 = 0o007;

/// Reads a text that isn't longer than a secret can be.
pub(crate) fn read_text(file: File) -> io::Result<String> {
    let mut text = String::new();
    file.take(MAX_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use age::secrecy::ExposeSecret;
    use tempfile::tempdir;

    use super::*;

    #[test]
    fn a_passphrase_is_the_first_line_of_a_file_that_is_not_open_to_all() {
        let folder = tempdir().unwrap();
        let path = folder.path().join("passphrase");
        let read = |text: &str, mode| {
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let read = read_passphrase(&path).map_err(|error| error.to_string());
            read.map(|passphrase| passphrase.expose_secret().to_owned())
        };
        assert_eq!(read("correct horse\n", 0o600).as_deref(), Ok("correct horse"));
        assert_eq!(read(" a b \r\nmore\n", 0o440).as_deref(), Ok(" a b "));
        let shown = path.display();
        let empty = format!("{shown}: the passphrase belongs into its first line, which is empty");
        assert_eq!(read("", 0o600), Err(empty.clone()));
        assert_eq!(read("\nsecond\n", 0o600), Err(empty));
        let open = format!("{shown}: every user can read it; allow only its owner: chmod 600 {shown}");
        assert_eq!(read("correct horse\n", 0o644), Err(open));
        fs::remove_file(&path).unwrap();
        let gone = read_passphrase(&path).unwrap_err();
        assert_eq!(gone.kind(), io::ErrorKind::NotFound);
        assert!(gone.to_string().starts_with(&format!("{shown}: ")), "{gone}");
    }

    #[test]
    fn a_relative_path_is_a_credential() {
        let at = |file: &str, folder: Option<&str>| {
            credential_in(Path::new(file), folder.map(OsString::from)).map_err(|error| error.to_string())
        };
        assert_eq!(at("/etc/p", Some("/run/c")), Ok(PathBuf::from("/etc/p")));
        assert_eq!(at("p", Some("/run/c")), Ok(PathBuf::from("/run/c/p")));
        assert!(at("p", None).unwrap_err().contains("LoadCredential="));
        assert_eq!(at("p", Some("")), at("p", None));
    }
}
