//! File ending: what the file names of archives end with.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::str::FromStr;

use crate::model::archive::format::{Compression, Encryption, Format};

/// What the file names of archives end with: `.tar`, `.tar.zst`, `.tar.gz`, `.tgz`, `.zip`.
///
/// Its form is such that a file name alone tells where the ending begins. It is `.tar`, or `.tar` with one or two more parts,
/// or a single other part. It has at most [`MAX_BYTES`](Self::MAX_BYTES), all of them lower-case ASCII letters, digits or
/// the dots before the parts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileEnding(Cow<'static, str>);

impl FileEnding {
    /// Plain tar.
    pub const TAR: Self = Self(Cow::Borrowed(".tar"));
    /// Tar, compressed as Zstandard frames.
    pub const TAR_ZST: Self = Self(Cow::Borrowed(".tar.zst"));
    /// Tar, encrypted with age.
    pub const TAR_AGE: Self = Self(Cow::Borrowed(".tar.age"));
    /// Tar, compressed as Zstandard frames, and then encrypted with age.
    pub const TAR_ZST_AGE: Self = Self(Cow::Borrowed(".tar.zst.age"));
    /// The maximum length in bytes, with its dots.
    pub const MAX_BYTES: usize = 16;

    /// Returns the ending as text, with its first dot.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Splits a file name before its ending. Returns `None` if it has none.
    pub(crate) fn split(file_name: &str) -> Option<(&str, Self)> {
        let mut lasts = file_name.rmatch_indices('.').take(MOST_PARTS).map(|(at, _)| &file_name[at..]);
        let last = lasts.clone().next()?;
        let ending = lasts.find(|ending| is_tar(ending)).filter(|ending| is_valid(ending)).unwrap_or(last);
        let stem = file_name.strip_suffix(ending)?;
        is_valid(ending).then(|| (stem, Self::of(ending)))
    }

    /// Returns whether a file name of this stem and this ending tells where the ending begins.
    pub(crate) fn is_clear_behind(&self, stem: &str) -> bool {
        if *self == Self::TAR && !stem.contains('.') {
            return true;
        }
        let file_name = [stem, self.as_str()].concat();
        Self::split(&file_name).is_some_and(|(found, ending)| found == stem && ending == *self)
    }

    fn of(valid: &str) -> Self {
        let known = Format::ALL.into_iter().map(Self::from).find(|known| known.as_str() == valid);
        known.unwrap_or_else(|| Self(Cow::Owned(valid.to_owned())))
    }
}

const MOST_PARTS: usize = 3;

fn is_tar(ending: &str) -> bool {
    ending == ".tar" || ending.starts_with(".tar.")
}

fn is_valid(ending: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    ending.len() <= FileEnding::MAX_BYTES && ending.split('.').skip(1).all(is_part)
}

impl From<Compression> for FileEnding {
    fn from(compression: Compression) -> Self {
        Format::from(compression).into()
    }
}

impl From<Format> for FileEnding {
    fn from(format: Format) -> Self {
        match (format.compression, format.encryption) {
            (Compression::None, Encryption::None) => Self::TAR,
            (Compression::Zstd, Encryption::None) => Self::TAR_ZST,
            (Compression::None, Encryption::Age) => Self::TAR_AGE,
            (Compression::Zstd, Encryption::Age) => Self::TAR_ZST_AGE,
        }
    }
}

impl FromStr for FileEnding {
    type Err = FileEndingError;

    fn from_str(text: &str) -> Result<Self, FileEndingError> {
        match Self::split(text) {
            Some(("", ending)) => Ok(ending),
            _ => Err(FileEndingError(text.to_owned())),
        }
    }
}

impl fmt::Display for FileEnding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// This text can't be the ending of archives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEndingError(String);

impl fmt::Display for FileEndingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "archives can't end with {:?}: write .tar and at most two more parts, or one other part such as .zip, all in lower-case ASCII letters and digits, {} bytes at most",
            self.0,
            FileEnding::MAX_BYTES
        )
    }
}

impl StdError for FileEndingError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_split(file_name: &str, expected: Option<(&str, &str)>) {
        let split = FileEnding::split(file_name);
        assert_eq!(split.as_ref().map(|(stem, ending)| (*stem, ending.as_str())), expected, "{file_name}");
    }

    #[test]
    fn a_file_name_tells_where_its_ending_begins() {
        check_split("docs.tar", Some(("docs", ".tar")));
        check_split("docs.tar.zst", Some(("docs", ".tar.zst")));
        check_split("docs.tar.zst.age", Some(("docs", ".tar.zst.age")));
        check_split("docs.tgz", Some(("docs", ".tgz")));
        check_split("my.docs.7z", Some(("my.docs", ".7z")));
        // The last .tar counts.
        check_split("a.tar.tar.zst", Some(("a.tar", ".tar.zst")));
        check_split("a.tar.gz.tar", Some(("a.tar.gz", ".tar")));
        check_split("tar.gz", Some(("tar", ".gz")));
        // What can't be part of an ending belongs to the name.
        check_split("a.tar.Old.gz", Some(("a.tar.Old", ".gz")));
        check_split("a.tar.1.2.gz", Some(("a.tar.1.2", ".gz")));
        check_split("a.tar.abcdefghijklm.gz", Some(("a.tar.abcdefghijklm", ".gz")));
        for text in ["", "docs", "docs.", "docs.ZIP", "docs.tar.ZST", "docs.abcdefghijklmnop", "docs.ä"] {
            check_split(text, None);
        }
    }

    #[test]
    fn an_ending_is_one_that_file_names_tell() {
        for good in [".tar", ".tar.zst", ".tar.gz", ".tar.gz.gpg", ".tgz", ".7z", ".abcdefghijklmno"] {
            assert_eq!(good.parse::<FileEnding>().map(|ending| ending.to_string()), Ok(good.to_owned()));
        }
        for bad in
            ["", ".", "tar", "tgz", ".Tar", ".zip.age", ".tar.tar", ".tar.", "..tar", ".t-z", ".tar.a.b.c"]
        {
            assert_eq!(bad.parse::<FileEnding>(), Err(FileEndingError(bad.to_owned())), "{bad}");
        }
        let said = ".zip.age".parse::<FileEnding>().expect_err("it has two parts").to_string();
        assert!(said.starts_with("archives can't end with \".zip.age\": write .tar and"), "{said}");
        assert_eq!([FileEnding::TAR, FileEnding::TAR_ZST], Compression::ALL.map(FileEnding::from));
        assert_eq!(
            Format::ALL.map(|format| FileEnding::from(format).to_string()),
            [".tar", ".tar.zst", ".tar.age", ".tar.zst.age"]
        );
    }
}
