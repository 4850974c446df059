//! Storage: how archives of one name are stored, and what counts if its schedules disagree.

use crate::model::archive::{Compression, Encryption, Format};
use crate::model::schedule::keep_rules::KeepRules;
use crate::model::schedule::options::Options;
use crate::model::schedule::schedule_option::ScheduleOption;

/// The options that say how archives are stored: `keep`, `compress`, `encrypt` and `verify`.
///
/// Schedules that share a name share its archives, so these options should be the same in all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storage {
    /// The rules that keep older generations, in canonical order, so that the written order makes no difference.
    keep: Option<KeepRules>,
    compression: Compression,
    encrypts_for: Option<String>,
    verifies: bool,
}

impl Storage {
    /// Returns the storage that a schedule's options ask for.
    #[must_use]
    pub fn of(options: &Options) -> Self {
        let keep = options.keep().map(KeepRules::ordered);
        let encrypts_for = options.encrypts_for().map(str::to_owned);
        Self { keep, compression: options.compression(), encrypts_for, verifies: options.verifies() }
    }

    /// Returns the keys of the options that differ.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<&'static str> {
        let pairs = [
            ("keep", self.keep != other.keep),
            ("compress", self.compression != other.compression),
            ("encrypt", self.encrypts_for != other.encrypts_for),
            ("verify", self.verifies != other.verifies),
        ];
        pairs.into_iter().filter(|(_, differs)| *differs).map(|(key, _)| key).collect()
    }

    /// Returns a storage that is safe for both: what either of them keeps is kept, and each backup is encrypted and
    /// verified if either of them says so.
    ///
    /// Archives are compressed as `self` says, and encrypted for those that `self` names, if it names any. So the form doesn't
    /// change with every run.
    #[must_use]
    pub fn safer(self, other: &Self) -> Self {
        let keep = match (self.keep, &other.keep) {
            (Some(one), Some(other)) => Some(one.union(other)),
            (one, other) => one.or_else(|| other.clone()),
        };
        let encrypts_for = self.encrypts_for.or_else(|| other.encrypts_for.clone());
        Self { keep, compression: self.compression, encrypts_for, verifies: self.verifies || other.verifies }
    }

    /// Returns the options that ask for this storage.
    #[must_use]
    pub fn options(&self) -> Vec<ScheduleOption> {
        let keep = self.keep.clone().map(ScheduleOption::Keep);
        let rest = [
            ScheduleOption::Compress(self.compression),
            ScheduleOption::Encrypt(self.encrypts_for.clone()),
            ScheduleOption::Verify(self.verifies),
        ];
        keep.into_iter().chain(rest).collect()
    }
}

impl Options {
    /// Returns the name of the table that says for whom the archive is encrypted. `None` means that it isn't.
    #[must_use]
    pub fn encrypts_for(&self) -> Option<&str> {
        let set = self.each().filter_map(|option| match option {
            ScheduleOption::Encrypt(name) => Some(name.as_deref()),
            _ => None,
        });
        set.last().flatten()
    }

    /// Returns how the archive is stored.
    #[must_use]
    pub fn format(&self) -> Format {
        let encryption = if self.encrypts_for().is_some() { Encryption::Age } else { Encryption::None };
        Format { compression: self.compression(), encryption }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn storage(text: &str) -> Storage {
        Storage::of(&Options::parse(text.split(';').filter(|field| !field.is_empty())).unwrap())
    }

    #[test]
    fn the_same_storage_in_other_words_does_not_differ() {
        for (one, other) in [
            ("", "compress=no;encrypt=no;verify=no"),
            ("keep=last:3,daily:7", "keep=daily:7,last:3"),
            ("keep=within:1w", "keep=within:168h;exclude=a;catch-up=no;drill=daily"),
        ] {
            assert!(storage(one).differences(&storage(other)).is_empty(), "{one} {other}");
        }
    }

    #[test]
    fn differing_keys_are_listed() {
        for (one, other, expected) in [
            ("", "keep=last:3", &["keep"][..]),
            ("keep=last:2", "keep=last:3", &["keep"]),
            ("compress=zstd", "verify=yes", &["compress", "verify"]),
            ("encrypt=a", "encrypt=b", &["encrypt"]),
            ("encrypt=a", "", &["encrypt"]),
            ("", "keep=last:3;compress=zstd;verify=yes", &["keep", "compress", "verify"]),
        ] {
            assert_eq!(storage(one).differences(&storage(other)), expected, "{one} {other}");
            assert_eq!(storage(other).differences(&storage(one)), expected, "{one} {other}");
        }
    }

    #[test]
    fn the_safer_of_both_counts() {
        for (one, other, expected) in [
            ("", "keep=last:3", "keep=last:3"),
            ("keep=last:3", "", "keep=last:3"),
            ("keep=last:3,daily:2", "keep=daily:7,last:1,weekly:4", "keep=last:3,daily:7,weekly:4"),
            ("keep=within:2d", "keep=within:1h", "keep=within:2d"),
            ("", "verify=yes", "verify=yes"),
            ("compress=zstd", "", "compress=zstd"),
            ("", "compress=zstd", ""),
            ("", "encrypt=a", "encrypt=a"),
            ("encrypt=a", "", "encrypt=a"),
            ("encrypt=a", "encrypt=b", "encrypt=a"),
            ("encrypt=no", "encrypt=b", "encrypt=b"),
        ] {
            assert_eq!(storage(one).safer(&storage(other)), storage(expected), "{one} {other}");
        }
    }

    #[test]
    fn its_options_ask_for_the_same_storage() {
        for text in ["", "keep=last:3;compress=zstd;encrypt=a;verify=yes"] {
            let mut options = Options::parse(["keep=daily:1", "verify=no"]).unwrap();
            options.extend(&storage(text).options());
            let keep = if text.is_empty() { "keep=daily:1" } else { text };
            assert_eq!(Storage::of(&options), storage(keep));
        }
    }
}
