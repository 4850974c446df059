//! Login: a name and a password, from the file in which curl and other tools have them.

use std::path::Path;

use backup_core::model::destination::{DestinationFault, DestinationSettings};
use netrc::Netrc;

use crate::problem::Problem;

/// Who asks. It is never shown.
pub(super) struct Login {
    pub(super) user: String,
    pub(super) password: String,
}

/// Returns the login of a host: that of `user` if one is given. `None`: nothing is known of the host, and perhaps none is needed.
///
/// # Errors
/// `BadCredentials` if the file can't be read, or has nothing for the host although it was named.
pub(super) fn login_of(
    settings: &DestinationSettings,
    host: &str,
    user: Option<&str>,
) -> Result<Option<Login>, Problem> {
    let found = match settings.credentials_file.as_deref() {
        Some(file) => Some(read(file)?),
        None => Netrc::new().ok(),
    };
    let entry = found.as_ref().and_then(|found| found.hosts.get(host).or_else(|| found.hosts.get("default")));
    let entry = entry.filter(|entry| user.is_none_or(|user| user == entry.login));
    let whom = user.map_or_else(|| host.to_owned(), |user| format!("{user} at {host}"));
    match (entry, settings.credentials_file.as_deref()) {
        (Some(entry), _) => Ok(Some(Login { user: entry.login.clone(), password: entry.password.clone() })),
        (None, Some(file)) => Err(unknown(format!("{} has no password of {whom}", file.display()))),
        (None, None) if user.is_some() => Err(unknown(format!("~/.netrc has no password of {whom}"))),
        (None, None) => Ok(None),
    }
}

fn read(file: &Path) -> Result<Netrc, Problem> {
    // An error of the parser shows the line, and that may be the password.
    Netrc::from_file(file).map_err(|error| match error {
        netrc::Error::Io(error) => unknown(format!("{}: {error}", file.display())),
        _ => unknown(format!(
            "{} isn't of the form of .netrc: machine HOST login NAME password WORD",
            file.display()
        )),
    })
}

fn unknown(why: String) -> Problem {
    Problem::new(DestinationFault::BadCredentials, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(text: &str, user: Option<&str>) -> Result<Option<(String, String)>, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("netrc");
        std::fs::write(&file, text).unwrap();
        let settings =
            DestinationSettings { credentials_file: Some(file.clone()), ..DestinationSettings::default() };
        let found = login_of(&settings, "cloud.example.org", user);
        let said = |problem: Problem| {
            assert_eq!(problem.fault, DestinationFault::BadCredentials);
            problem.cause.unwrap().to_string().replace(file.to_str().unwrap(), "FILE")
        };
        found.map(|login| login.map(|login| (login.user, login.password))).map_err(said)
    }

    #[test]
    fn a_login_is_that_of_the_host_and_the_user() {
        let text = "machine other login x password y\nmachine cloud.example.org login ann password secret\n";
        let ann = Ok(Some(("ann".to_owned(), "secret".to_owned())));
        assert_eq!(login(text, None), ann);
        assert_eq!(login(text, Some("ann")), ann);
        assert_eq!(
            login(text, Some("bob")),
            Err("FILE has no password of bob at cloud.example.org".to_owned())
        );
        let other = "machine other login x password y\n";
        assert_eq!(login(other, None), Err("FILE has no password of cloud.example.org".to_owned()));
    }

    #[test]
    fn a_file_of_another_form_is_told_without_what_is_in_it() {
        let said = login("secret words\n", None).unwrap_err();
        assert_eq!(said, "FILE isn't of the form of .netrc: machine HOST login NAME password WORD");
    }
}
