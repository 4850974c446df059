//! `[encryption.NAME]`: for whom archives are encrypted.

use std::path::PathBuf;

use toml::de::{DeTable, DeValue};

use crate::model::config::fault::ConfigFaultKind;
use crate::model::config::toml::reader::{Head, Keys, Reader, Table};
use crate::model::config::toml::value::{file, texts, unknown_key};
use crate::model::encryption::{EncryptionKeys, EncryptionTable, holds_secret_key};

pub(super) const TABLE: Table =
    Table { name: "encryption", head: "encryption.NAME", has: |_| false, keys: Keys::Named(read) };

const KEYS: [&str; 3] = [RECIPIENTS, PASSPHRASE_FILE, IDENTITY];
const RECIPIENTS: &str = "recipients";
const PASSPHRASE_FILE: &str = "passphrase_file";
const IDENTITY: &str = "identity";

/// The settings of one table so far.
#[derive(Default)]
struct Draft {
    keys: Option<EncryptionKeys>,
    identity: Option<PathBuf>,
}

fn read(reader: &mut Reader<'_>, head: &Head<'_>, keys: &DeTable<'_>) {
    let mut draft = Draft::default();
    reader.keys(head.full, keys, |_, key, value| draft.set(key, value));
    let Draft { keys: Some(read), identity } = draft else {
        if !keys.contains_key(PASSPHRASE_FILE) {
            reader.require(head, keys, RECIPIENTS);
        }
        return;
    };
    let table = EncryptionTable { keys: read, identity };
    reader.config().encryption.insert(head.name.to_owned(), table);
}

impl Draft {
    fn set(&mut self, key: &str, value: &DeValue<'_>) -> Result<(), ConfigFaultKind> {
        if has_secret_key(value) {
            let is_list = key == RECIPIENTS;
            return Err(ConfigFaultKind::SecretKey(if is_list {
                "a public one"
            } else {
                "the path of a file"
            }));
        }
        match key {
            RECIPIENTS => {
                self.set_keys(PASSPHRASE_FILE, EncryptionKeys::Recipients(texts(value, "age1...")?))
            }
            PASSPHRASE_FILE => {
                let file = file(value, "/etc/backup/passphrase")?;
                self.set_keys(RECIPIENTS, EncryptionKeys::Passphrase(file))
            }
            IDENTITY => {
                self.identity = Some(file(value, "/etc/backup/identity.txt")?);
                Ok(())
            }
            _ => Err(unknown_key(key, &KEYS)),
        }
    }

    /// An archive for a passphrase can't be for anybody else: its format says so.
    fn set_keys(&mut self, other: &'static str, keys: EncryptionKeys) -> Result<(), ConfigFaultKind> {
        if self.keys.is_some() {
            return Err(ConfigFaultKind::NotBeside(other));
        }
        self.keys = Some(keys);
        Ok(())
    }
}

/// Returns whether a text, or one of a list, is a secret key.
fn has_secret_key(value: &DeValue<'_>) -> bool {
    match value {
        DeValue::String(text) => holds_secret_key(text),
        DeValue::Array(values) => values.iter().any(|value| has_secret_key(value.get_ref())),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::config::ConfigReading;

    #[track_caller]
    fn check_faults(text: &str, expected: &[&str]) {
        let faults = ConfigReading::from_toml(text).faults;
        let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(faults, expected, "{text}");
    }

    #[test]
    fn every_key_is_read() {
        let text = "[encryption.main]\nrecipients = [\"age1a\", \"ssh-ed25519 b\"]\nidentity = \"/k\"\n\
            [encryption.one]\nrecipients = \"age1c\"\n[encryption.phrase]\npassphrase_file = \"p\"\n";
        check_faults(text, &[]);
        let config = ConfigReading::from_toml(text).config;
        let recipients =
            |all: &[&str]| EncryptionKeys::Recipients(all.iter().map(|one| (*one).to_owned()).collect());
        let table =
            |keys, identity: Option<&str>| EncryptionTable { keys, identity: identity.map(PathBuf::from) };
        assert_eq!(config.encryption["main"], table(recipients(&["age1a", "ssh-ed25519 b"]), Some("/k")));
        assert_eq!(config.encryption["one"], table(recipients(&["age1c"]), None));
        assert_eq!(config.encryption["phrase"], table(EncryptionKeys::Passphrase("p".into()), None));
        let shown = config.settings().into_iter().filter(|one| one.table.starts_with("encryption"));
        let shown: Vec<_> =
            shown.map(|one| format!("{}.{}={} {:?}", one.table, one.key, one.value, one.line)).collect();
        assert_eq!(
            shown,
            [
                "encryption.main.recipients=age1a, ssh-ed25519 b Some(2)",
                "encryption.main.identity=/k Some(3)",
                "encryption.one.recipients=age1c Some(5)",
                "encryption.phrase.passphrase_file=p Some(7)",
            ]
        );
    }

    #[test]
    fn a_table_says_for_whom_and_for_nobody_else() {
        let of = |keys: &str| format!("[encryption.e]\n{keys}\n");
        check_faults(&of(""), &["line 1: encryption.e: the key recipients is missing"]);
        check_faults(&of("identity = \"/k\""), &["line 1: encryption.e: the key recipients is missing"]);
        check_faults(
            &of("recipients = [\"a\"]\npassphrase_file = \"/p\""),
            &[
                "line 3: encryption.e.passphrase_file: it can't be there together with recipients; choose one of them",
            ],
        );
        check_faults(
            &of("passphrase_file = \"/p\"\nrecipients = [\"a\"]"),
            &[
                "line 3: encryption.e.recipients: it can't be there together with passphrase_file; choose one of them",
            ],
        );
        let list = "it takes a list of texts in quotes, such as [\"age1...\"]";
        check_faults(&of("recipients = []"), &[&format!("line 2: encryption.e.recipients: {list}")]);
        check_faults(&of("recipients = [1]"), &[&format!("line 2: encryption.e.recipients: {list}")]);
        check_faults(
            &of("recipient = [\"a\"]"),
            &[
                "line 1: encryption.e: the key recipients is missing",
                "line 2: encryption.e.recipient: no such key; did you mean recipients?",
            ],
        );
    }

    #[test]
    fn a_secret_key_is_refused_and_never_shown() {
        let public = "this is a secret key, not a public one; take it out of the configuration";
        let path = "this is a secret key, not the path of a file; take it out of the configuration";
        let age = "AGE-SECRET-KEY-1GQ9778VQXMMJVE8SK7J6VT8UJ4HDQAJUVSFCWCM02D8GEWQ72PVQ2Y5J33";
        for secret in [age, "-----BEGIN OPENSSH PRIVATE KEY-----\\nb3BlbnNzaC1rZXktdjE"] {
            for (keys, key, fault) in [
                (format!("recipients = [\"age1a\", \"{secret}\"]"), "recipients", public),
                (format!("recipients = \"{secret}\""), "recipients", public),
                (format!("passphrase_file = \"{secret}\""), "passphrase_file", path),
                (format!("identity = \"{secret}\"\nrecipients = [\"age1a\"]"), "identity", path),
            ] {
                let text = format!("[encryption.e]\n{keys}\n");
                check_faults(&text, &[&format!("line 2: encryption.e.{key}: {fault}")]);
                let settings = ConfigReading::from_toml(&text).config.settings();
                assert!(settings.iter().all(|one| !holds_secret_key(&one.value.to_string())), "{text}");
            }
        }
    }
}
