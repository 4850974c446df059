//! Object key: the validated name of an object at a destination.

use std::error::Error as StdError;
use std::fmt;
use std::str::FromStr;

use crate::text::has_control;

/// The name of an object at a destination: names with a `/` between them, as in `docs/2026-01-29T16-07-00Z-1f.tar`.
///
/// It is relative to the prefix or folder of the destination. Every store can have it: [`KeyError`] lists what isn't allowed.
/// A name that begins with a dot isn't, because adapters keep unfinished uploads under such names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey(String);

impl ObjectKey {
    /// The maximum length in bytes. Stores of the kind S3 allow 1,024, and the prefix of a destination takes some.
    pub const MAX_BYTES: usize = 800;

    /// The maximum length of one of its names in bytes. File systems allow 255, and an unfinished upload takes some.
    pub const MAX_NAME_BYTES: usize = 230;

    /// Returns the key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether the object lies in the folder `folder`, at any depth.
    #[must_use]
    pub fn is_below(&self, folder: &Self) -> bool {
        self.0.strip_prefix(&folder.0).is_some_and(|rest| rest.starts_with('/'))
    }

    /// Returns the folder that holds the object, and the name of the object in it.
    #[must_use]
    pub fn split(&self) -> (Option<&str>, &str) {
        match self.0.rsplit_once('/') {
            Some((folder, name)) => (Some(folder), name),
            None => (None, &self.0),
        }
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ObjectKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        if text.len() > Self::MAX_BYTES {
            return Err(KeyError::TooLong(text.len()));
        }
        if has_control(text) || text.contains('\\') {
            return Err(KeyError::Character);
        }
        text.split('/').try_for_each(check_name)?;
        Ok(Self(text.to_owned()))
    }
}

fn check_name(name: &str) -> Result<(), KeyError> {
    match name {
        "" => Err(KeyError::EmptyName),
        _ if name.starts_with('.') => Err(KeyError::LeadingDot),
        _ if name.trim() != name => Err(KeyError::OuterSpace),
        _ if name.len() > ObjectKey::MAX_NAME_BYTES => Err(KeyError::TooLong(name.len())),
        _ => Ok(()),
    }
}

/// Why a text can't be the key of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyError {
    /// It is empty, begins or ends with a `/`, or has two of them in a row.
    EmptyName,
    /// One of its names begins with a dot.
    LeadingDot,
    /// One of its names begins or ends with white space.
    OuterSpace,
    /// It contains a control character or a backslash.
    Character,
    /// It, or one of its names, has this many bytes, which is too many.
    TooLong(usize),
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyName => f.write_str("has an empty name before, between or after its slashes"),
            Self::LeadingDot => f.write_str("has a name that begins with a dot"),
            Self::OuterSpace => f.write_str("has a name that begins or ends with white space"),
            Self::Character => f.write_str("holds a control character or a backslash"),
            Self::TooLong(bytes) => write!(f, "is too long with {bytes} bytes"),
        }
    }
}

impl StdError for KeyError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_what_every_store_can_have() {
        let long_name = "a".repeat(ObjectKey::MAX_NAME_BYTES + 1);
        let long_key = "a/".repeat(ObjectKey::MAX_BYTES);
        for (text, expected) in [
            ("docs/2026-01-29T16-07-00Z-1f.tar", Ok(())),
            ("index.json", Ok(())),
            ("Büro & more/50% #1?+a b.tar", Ok(())),
            ("", Err(KeyError::EmptyName)),
            ("/docs", Err(KeyError::EmptyName)),
            ("docs/", Err(KeyError::EmptyName)),
            ("docs//a", Err(KeyError::EmptyName)),
            ("docs/../a", Err(KeyError::LeadingDot)),
            ("./a", Err(KeyError::LeadingDot)),
            (".a.partial", Err(KeyError::LeadingDot)),
            ("docs /a", Err(KeyError::OuterSpace)),
            ("docs/a\nb", Err(KeyError::Character)),
            ("docs\\a", Err(KeyError::Character)),
            (&long_name, Err(KeyError::TooLong(231))),
            (&long_key, Err(KeyError::TooLong(1_600))),
        ] {
            let parsed = text.parse::<ObjectKey>();
            assert_eq!(parsed.as_ref().map(ObjectKey::as_str), expected.as_ref().map(|()| text), "{text:?}");
        }
    }

    #[test]
    fn a_folder_holds_what_is_below_it_and_no_namesake() {
        let key = |text: &str| text.parse::<ObjectKey>().unwrap();
        assert!(key("docs/a.tar").is_below(&key("docs")));
        assert!(key("docs/old/a.tar").is_below(&key("docs")));
        assert!(!key("docs2/a.tar").is_below(&key("docs")));
        assert!(!key("docs").is_below(&key("docs")));
        assert_eq!(key("docs/old/a.tar").split(), (Some("docs/old"), "a.tar"));
        assert_eq!(key("a.tar").split(), (None, "a.tar"));
    }
}
