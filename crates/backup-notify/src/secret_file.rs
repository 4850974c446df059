//! Secrets in files: passwords, tokens and URLs.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use backup_core::model::notice::{Secret, Unsent, UnsentKind};

/// The folder in which systemd puts the credentials of a service.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

/// No secret is longer.
const MAX_BYTES: u64 = 64 * 1024;

/// Reads the secret in a file, without the line break at its end. A relative path is the name of a credential.
///
/// It is read anew each time, so that a changed secret counts at once.
pub(crate) fn read_secret(file: &Path) -> Result<Secret, Unsent> {
    let path = located(file, std::env::var_os(CREDENTIALS))?;
    let text = read(&path).map_err(|error| local(format!("can't read {}: {error}", path.display())))?;
    let text = text.trim_end_matches(['\n', '\r']);
    match text.trim().is_empty() {
        true => Err(local(format!("{} is empty", path.display()))),
        false => Ok(Secret::new(text)),
    }
}

fn located(file: &Path, credentials: Option<OsString>) -> Result<PathBuf, Unsent> {
    match credentials.filter(|folder| !folder.is_empty()) {
        _ if file.is_absolute() => Ok(file.to_owned()),
        Some(folder) => Ok(Path::new(&folder).join(file)),
        None => Err(local(format!(
            "{} is the name of a credential, and there is no ${CREDENTIALS}: systemd sets it for a service with \
             LoadCredential=; otherwise write the whole path",
            file.display()
        ))),
    }
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MAX_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

/// Returns a failure of this machine.
pub(crate) fn local(reason: impl std::fmt::Display) -> Unsent {
    Unsent::new(UnsentKind::Local, "this machine", reason)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::tempdir;

    use super::*;

    #[test]
    fn a_secret_is_all_but_the_line_break() {
        let folder = tempdir().unwrap();
        let path = folder.path().join("token");
        for (text, expected) in
            [("hunter2\n", Some("hunter2")), (" a b \r\n", Some(" a b ")), ("\n", None), ("", None)]
        {
            fs::write(&path, text).unwrap();
            assert_eq!(read_secret(&path).ok().as_ref().map(Secret::reveal), expected, "{text:?}");
        }
        fs::remove_file(&path).unwrap();
        let error = read_secret(&path).unwrap_err();
        let expected =
            format!("this machine: can't read {}: No such file or directory (os error 2)", path.display());
        assert_eq!((error.kind, error.to_string()), (UnsentKind::Local, expected));
    }

    #[test]
    fn a_relative_path_is_a_credential() {
        let at = |file: &str, folder: Option<&str>| located(Path::new(file), folder.map(OsString::from));
        assert_eq!(at("/etc/token", Some("/run/c")), Ok(PathBuf::from("/etc/token")));
        assert_eq!(at("token", Some("/run/c")), Ok(PathBuf::from("/run/c/token")));
        let error = at("token", None).unwrap_err().to_string();
        assert!(error.contains("LoadCredential="), "{error}");
        assert_eq!(at("token", Some("")), at("token", None));
    }
}
