//! `[notify.NAME]`: who is notified about backups, and how.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::model::archive::BackupName;
use crate::model::command::Command;
use crate::model::config::fault::ConfigFaultKind;
use crate::model::config::toml::reader::{Head, Keys, Reader, Table};
use crate::model::config::toml::value::{absolute, command, number, period, text, texts, unknown_key};
use crate::model::notice::{Address, Channel, EmailSettings, NoticeKind, NotifyTarget, Secret, SmtpSecurity};
use crate::text::near;
use crate::time::Period;

pub(super) const TABLE: Table =
    Table { name: "notify", head: "notify.NAME", has: |_| false, keys: Keys::Named(read) };

/// The keys that each target has.
const COMMON: [&str; 4] = ["to", "on", "backups", "timeout"];

/// The keys of each kind of target.
const KEYS: [(&str, &[&str]); 5] = [
    ("healthchecks", &["url", "url_file", "urls", "ca_file"]),
    ("ntfy", &["url", "url_file", "token_file", "user", "password_file", "priority", "tags", "ca_file"]),
    ("webhook", &["url", "url_file", "token_file", "ca_file"]),
    ("email", &["from", "recipients", "host", "port", "security", "user", "password_file", "ca_file"]),
    ("command", &["run"]),
];

/// The longest time that sending a notice may be given.
const LONGEST: Period = Period::seconds(600);

type Set = Result<(), ConfigFaultKind>;

/// The settings of one table so far.
#[derive(Default)]
struct Draft {
    on: Option<BTreeSet<NoticeKind>>,
    backups: BTreeSet<String>,
    timeout: Option<Period>,
    ca_file: Option<PathBuf>,
    url: Option<Secret>,
    url_file: Option<PathBuf>,
    urls: BTreeMap<String, Secret>,
    token_file: Option<PathBuf>,
    user: Option<String>,
    password_file: Option<PathBuf>,
    priority: Option<u8>,
    tags: Vec<String>,
    host: Option<String>,
    port: Option<u16>,
    security: Option<SmtpSecurity>,
    from: Option<String>,
    recipients: Vec<String>,
    run: Option<Command>,
}

fn read(reader: &mut Reader<'_>, head: &Head<'_>, keys: &DeTable<'_>) {
    let kind = keys.iter().find(|(key, _)| key.get_ref() == "to").map(|(_, value)| value.get_ref());
    let kind = match kind {
        Some(DeValue::String(word)) => KEYS.iter().find(|(known, _)| *known == word.as_ref()),
        _ => None,
    };
    let mut draft = Draft::default();
    reader.keys(head.full, keys, |_, key, value| draft.set(kind.map(|(_, keys)| *keys), key, value));
    let Some((kind, _)) = kind else { return reader.require(head, keys, "to") };
    let (name, on) = (head.name.to_owned(), draft.on.take());
    let (backups, timeout) =
        (std::mem::take(&mut draft.backups), draft.timeout.unwrap_or(NotifyTarget::TIMEOUT));
    let ca_file = draft.ca_file.take();
    match draft.channel(kind) {
        Ok(channel) => {
            let on = on.unwrap_or_else(|| channel.usual_kinds());
            reader.config().notify.push(NotifyTarget { name, on, backups, timeout, ca_file, channel });
        }
        Err(missing) => reader.require(head, keys, missing),
    }
}

impl Draft {
    fn set(&mut self, keys: Option<&[&'static str]>, key: &str, value: &DeValue<'_>) -> Set {
        let is_known = |keys: &[&str]| COMMON.contains(&key) || keys.contains(&key);
        if let Some(keys) = keys.filter(|keys| !is_known(keys)) {
            return Err(unknown_key(key, &[&COMMON[..], keys].concat()));
        }
        match key {
            "to" if keys.is_some() => {}
            "to" => return Err(wrong_kind(value)),
            "on" => self.on = Some(kinds(value)?),
            "backups" => {
                self.backups = texts(value, "docs")?.into_iter().map(backup).collect::<Result<_, _>>()?;
            }
            "timeout" => self.timeout = Some(period(value, LONGEST)?),
            "ca_file" => self.ca_file = Some(absolute(value, "/etc/ssl/our-ca.pem")?),
            "url" => self.url = Some(url(value)?),
            "url_file" => self.url_file = Some(secret_file(value)?),
            "urls" => self.urls = urls(value)?,
            "token_file" => self.token_file = Some(secret_file(value)?),
            "password_file" => self.password_file = Some(secret_file(value)?),
            "user" => self.user = Some(text(value, "ann")?),
            "run" => self.run = Some(command(value)?),
            _ => return self.set_more(key, value),
        }
        Ok(())
    }

    /// Sets what only ntfy and e-mail have.
    fn set_more(&mut self, key: &str, value: &DeValue<'_>) -> Set {
        match key {
            "priority" => self.priority = u8::try_from(number(value, 1, 5)?).ok(),
            "tags" => self.tags = texts(value, "server")?,
            "host" => self.host = Some(text(value, "smtp.example.com")?),
            "port" => self.port = u16::try_from(number(value, 1, 65_535)?).ok(),
            "security" => self.security = Some(security(value)?),
            "from" => self.from = Some(mail_address(text(value, "backup@example.com")?)?),
            "recipients" => {
                let all = texts(value, "ann@example.com")?;
                self.recipients = all.into_iter().map(mail_address).collect::<Result<_, _>>()?;
            }
            _ => {
                let all = KEYS.iter().flat_map(|(_, keys)| keys.iter().copied());
                return Err(unknown_key(key, &COMMON.into_iter().chain(all).collect::<Vec<_>>()));
            }
        }
        Ok(())
    }

    /// Returns the channel of this kind, or the key that is missing.
    fn channel(self, kind: &str) -> Result<Channel, &'static str> {
        let address = self.url.map(Address::Url).or(self.url_file.map(Address::File));
        let (user, password) = (self.user, self.password_file);
        let login = match (user, password) {
            (Some(user), Some(file)) => Some((user, file)),
            (Some(_), None) => return Err("password_file"),
            (None, Some(_)) => return Err("user"),
            (None, None) => None,
        };
        Ok(match kind {
            "healthchecks" if address.is_none() && self.urls.is_empty() => return Err("url"),
            "healthchecks" => Channel::Healthchecks { address, urls: self.urls },
            "ntfy" => Channel::Ntfy {
                address: address.ok_or("url")?,
                token_file: self.token_file,
                login,
                priority: self.priority,
                tags: self.tags,
            },
            "webhook" => Channel::Webhook { address: address.ok_or("url")?, token_file: self.token_file },
            "email" => Channel::Email(EmailSettings {
                host: self.host.ok_or("host")?,
                port: self.port,
                security: self.security.unwrap_or(SmtpSecurity::StartTls),
                from: self.from.ok_or("from")?,
                to: Some(self.recipients).filter(|all| !all.is_empty()).ok_or("recipients")?,
                login,
            }),
            _ => Channel::Command { command: self.run.ok_or("run")? },
        })
    }
}

fn wrong(allowed: impl Into<String>) -> ConfigFaultKind {
    ConfigFaultKind::Value(allowed.into())
}

fn wrong_kind(value: &DeValue<'_>) -> ConfigFaultKind {
    let meant = match value {
        DeValue::String(word) => near(word, Channel::WORDS),
        _ => None,
    };
    let meant = meant.map(|meant| format!("; did you mean \"{meant}\"?")).unwrap_or_default();
    wrong(format!("one of {}, in quotes{meant}", Channel::WORDS.join(", ")))
}

fn kinds(value: &DeValue<'_>) -> Result<BTreeSet<NoticeKind>, ConfigFaultKind> {
    let words = NoticeKind::CHOICES.map(NoticeKind::word);
    let chosen = texts(value, "failure")?.into_iter().map(|word| {
        let kind = NoticeKind::CHOICES.into_iter().find(|kind| kind.word() == word);
        kind.ok_or_else(|| wrong(format!("a list of {}", words.join(", "))))
    });
    chosen.collect()
}

fn backup(name: String) -> Result<String, ConfigFaultKind> {
    let is_name = name.parse::<BackupName>().is_ok();
    if is_name {
        Ok(name)
    } else {
        Err(wrong("a list of the names of backups, such as [\"docs\", \"photos\"]"))
    }
}

/// Reads the path of a file with a secret: absolute, or the name of a credential.
fn secret_file(value: &DeValue<'_>) -> Result<PathBuf, ConfigFaultKind> {
    let path = PathBuf::from(text(value, "/etc/backup/token")?);
    let is_credential = path.components().count() == 1 && path.file_name().is_some();
    match path.is_absolute() || is_credential {
        true => Ok(path),
        false => Err(wrong("a path that begins with /, or the name of a credential of the service")),
    }
}

fn url(value: &DeValue<'_>) -> Result<Secret, ConfigFaultKind> {
    let allowed = || wrong("a URL in quotes that begins with https:// or http:// and has no spaces");
    let DeValue::String(text) = value else { return Err(allowed()) };
    let is_web = text.starts_with("https://") || text.starts_with("http://");
    let url = Secret::new(text.as_ref());
    let is_plain = text.chars().all(|character| character.is_ascii_graphic());
    if is_web && is_plain && url.host().is_some() { Ok(url) } else { Err(allowed()) }
}

fn urls(value: &DeValue<'_>) -> Result<BTreeMap<String, Secret>, ConfigFaultKind> {
    let DeValue::Table(table) = value else {
        return Err(wrong("a table of names and URLs, as in { docs = \"https://hc-ping.com/...\" }"));
    };
    let entries = table.iter().map(|(name, value): (_, &Spanned<_>)| {
        Ok((backup(name.get_ref().to_string())?, url(value.get_ref())?))
    });
    entries.collect()
}

fn security(value: &DeValue<'_>) -> Result<SmtpSecurity, ConfigFaultKind> {
    let found = match value {
        DeValue::String(word) => SmtpSecurity::WORDS.into_iter().find(|(known, _)| known == word),
        _ => None,
    };
    found.map(|(_, security)| security).ok_or_else(|| wrong("\"starttls\", \"tls\" or \"none\""))
}

/// Checks that a text looks like a mail address. A server has the last word.
fn mail_address(text: String) -> Result<String, ConfigFaultKind> {
    let parts = text.rsplit_once('@');
    let is_address = parts.is_some_and(|(user, host)| !user.is_empty() && !host.is_empty());
    if is_address { Ok(text) } else { Err(wrong("a mail address, such as \"ann@example.com\"")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::config::ConfigReading;

    fn target(text: &str) -> NotifyTarget {
        let reading = ConfigReading::from_toml(text);
        let faults: Vec<_> = reading.faults.iter().map(ToString::to_string).collect();
        assert_eq!(faults, [""; 0], "{text}");
        reading.config.notify.into_iter().next().unwrap()
    }

    #[track_caller]
    fn check_faults(text: &str, expected: &[&str]) {
        let faults = ConfigReading::from_toml(text).faults;
        let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(faults, expected, "{text}");
    }

    /// One target of each kind, with all its keys, as the settings in force show it.
    #[test]
    #[expect(clippy::too_many_lines, reason = "every key, in one configuration")]
    fn every_key_is_read_and_no_secret_is_shown() {
        let text = r#"
            [notify.monitor]
            to = "healthchecks"
            url = "https://hc-ping.com/hunter2/{name}?create=1"
            urls = { docs = "https://hc-ping.com/hunter2" }
            [notify.office]
            to = "email"
            on = ["failure", "success"]
            backups = ["docs", "photos"]
            from = "Backup <backup@example.com>"
            recipients = ["ann@example.com", "bob@example.com"]
            host = "smtp.example.com"
            port = 2525
            security = "tls"
            user = "backup"
            password_file = "smtp-password"
            timeout = "1m"
            ca_file = "/etc/ssl/ca.pem"
            [notify.phone]
            to = "ntfy"
            url = "https://ann:hunter2@ntfy.example.com/hunter2"
            token_file = "/etc/backup/ntfy"
            priority = 5
            tags = ["server"]
            [notify.pipe]
            to = "command"
            run = ["/usr/local/bin/tell", "ann"]
            [notify.web]
            to = "webhook"
            url_file = "hook"
            token_file = "token"
        "#;
        let reading = ConfigReading::from_toml(text);
        assert_eq!(reading.faults, []);
        let settings = reading.config.settings();
        let of_notify = settings.iter().filter(|setting| setting.table.starts_with("notify."));
        let shown: Vec<_> = of_notify
            .map(|setting| format!("{}.{} = {}", setting.table, setting.key, setting.value))
            .collect();
        insta::assert_snapshot!(shown.join("\n"), @r#"
        notify.monitor.to = healthchecks
        notify.monitor.on = failure, incomplete, success
        notify.monitor.url = https://hc-ping.com/...
        notify.monitor.urls = docs = https://hc-ping.com/...
        notify.monitor.timeout = 30s
        notify.office.to = email
        notify.office.on = failure, success
        notify.office.backups = docs, photos
        notify.office.from = Backup <backup@example.com>
        notify.office.recipients = ann@example.com, bob@example.com
        notify.office.host = smtp.example.com
        notify.office.port = 2525
        notify.office.security = tls
        notify.office.user = backup
        notify.office.password_file = smtp-password
        notify.office.timeout = 1m
        notify.office.ca_file = /etc/ssl/ca.pem
        notify.phone.to = ntfy
        notify.phone.on = failure, incomplete, overdue, recovered
        notify.phone.url = https://ntfy.example.com/...
        notify.phone.token_file = /etc/backup/ntfy
        notify.phone.priority = 5
        notify.phone.tags = server
        notify.phone.timeout = 30s
        notify.pipe.to = command
        notify.pipe.on = failure, incomplete, overdue, recovered
        notify.pipe.run = ["/usr/local/bin/tell", "ann"]
        notify.pipe.timeout = 30s
        notify.web.to = webhook
        notify.web.on = failure, incomplete, overdue, recovered
        notify.web.url_file = hook
        notify.web.token_file = token
        notify.web.timeout = 30s
        "#);
        assert!(!format!("{:?}", reading.config).contains("hunter2"));
    }

    #[test]
    fn most_keys_have_a_default() {
        let hook = target("[notify.a]\nto = \"webhook\"\nurl = \"https://example.com\"\n");
        assert_eq!((hook.timeout, hook.backups.len(), hook.on.len()), (NotifyTarget::TIMEOUT, 0, 4));
        assert!(!hook.on.contains(&NoticeKind::Success));
        let mail = "to = \"email\"\nfrom = \"a@b\"\nrecipients = \"c@d\"\nhost = \"e\"\n";
        let Channel::Email(email) = target(&format!("[notify.a]\n{mail}")).channel else {
            panic!("another kind")
        };
        assert_eq!((email.security, email.port, email.to.len()), (SmtpSecurity::StartTls, None, 1));
    }

    #[test]
    fn what_is_wrong_is_told_with_the_way_out() {
        let kinds = "it takes one of healthchecks, ntfy, webhook, email, command, in quotes";
        check_faults(
            "[notify.a]\nurl = \"https://example.com\"\n",
            &["line 1: notify.a: the key to is missing"],
        );
        check_faults(
            "[notify.a]\nto = \"emial\"\n",
            &[&format!("line 2: notify.a.to: {kinds}; did you mean \"email\"?")],
        );
        check_faults("[notify.a]\nto = \"ntfy\"\n", &["line 1: notify.a: the key url is missing"]);
        check_faults(
            "[notify.a]\nto = \"webhook\"\nurl = \"https://example.com\"\ntoken = \"x\"\n",
            &["line 4: notify.a.token: no such key; did you mean token_file?"],
        );
        check_faults(
            "[notify.a]\nto = \"webhook\"\nurl = \"hunter2\"\n",
            &[
                "line 3: notify.a.url: it takes a URL in quotes that begins with https:// or http:// and has no spaces",
            ],
        );
        check_faults(
            "[notify.a]\nto = \"email\"\nfrom = \"a@b\"\nrecipients = \"c@d\"\nhost = \"e\"\nuser = \"f\"\n",
            &["line 1: notify.a: the key password_file is missing"],
        );
    }

    #[test]
    fn wrong_values_are_not_quoted() {
        let of = |key: &str, value: &str| {
            let rest = "to = \"ntfy\"\nurl = \"https://ntfy.sh/x\"\n";
            let text = format!("[notify.a]\n{rest}{key} = {value}\n")
                .replace("\nurl = \"https://ntfy.sh/x\"\nurl", "\nurl");
            ConfigReading::from_toml(text)
                .faults
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("\n")
        };
        let cases = [
            ("on", "[\"failures\"]", "a list of failure, incomplete, overdue, recovered, success"),
            ("on", "[]", "a list of texts in quotes, such as [\"failure\"]"),
            ("backups", "[\"a/b\"]", "a list of the names of backups, such as [\"docs\", \"photos\"]"),
            ("timeout", "\"1h\"", "a period such as \"30s\" or \"1h30m\", at most 10m"),
            ("priority", "6", "a number from 1 to 5"),
            (
                "token_file",
                "\"a/b\"",
                "a path that begins with /, or the name of a credential of the service",
            ),
            ("ca_file", "\"ca.pem\"", "a path that begins with /"),
            ("url", "\"https://\"", "a URL in quotes that begins with https:// or http:// and has no spaces"),
        ];
        for (key, value, allowed) in cases {
            let line = if key == "url" { 3 } else { 4 };
            assert_eq!(of(key, value), format!("line {line}: notify.a.{key}: it takes {allowed}"));
        }
    }
}
