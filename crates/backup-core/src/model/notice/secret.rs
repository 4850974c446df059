//! Secret: a text that is never shown, such as a URL with a key in it.

use std::fmt;

use crate::text::printable;

/// A text that nobody may read by accident. Its text forms show at most the host of a URL.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Returns a secret.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the secret itself, for the one who sends it to where it belongs.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Returns the host in a URL, with its port, if the secret is one. A user and a password before it are left out.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        let (_, rest) = self.0.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next()?;
        let host = authority.rsplit('@').next()?;
        (!host.is_empty()).then_some(host)
    }
}

impl fmt::Display for Secret {
    /// `https://hc-ping.com/...`, and only `...` for what is no URL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.split_once("://"), self.host()) {
            (Some((scheme, _)), Some(host)) => {
                write!(f, "{}://{}/...", printable(scheme.as_bytes()), printable(host.as_bytes()))
            }
            _ => f.write_str("..."),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, shown: &str) {
        let secret = Secret::new(text);
        assert_eq!(secret.to_string(), shown);
        assert_eq!(format!("{secret:?}"), format!("Secret({shown})"));
    }

    #[test]
    fn only_the_host_of_a_url_is_shown() {
        check("https://hc-ping.com/5bf66975?create=1", "https://hc-ping.com/...");
        check("http://ann:hunter2@127.0.0.1:8080/x", "http://127.0.0.1:8080/...");
        check("https://hooks.example.com?key=hunter2", "https://hooks.example.com/...");
        check("hunter2", "...");
        check("https://", "...");
        check("", "...");
    }
}
