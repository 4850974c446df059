//! `[destinations.NAME]`: places away from this machine that keep copies.

use toml::de::{DeTable, DeValue};

use crate::model::config::fault::ConfigFaultKind;
use crate::model::config::toml::reader::{Head, Keys, Reader, Table};
use crate::model::config::toml::value::{absolute, text, unknown_key};
use crate::model::destination::DestinationSettings;

pub(super) const TABLE: Table = Table {
    name: "destinations",
    head: "destinations.NAME",
    has: |key| KEYS.contains(&key) && key != "url",
    keys: Keys::Named(read),
};

const KEYS: [&str; 5] = ["url", "endpoint", "region", "profile", "credentials_file"];

fn read(reader: &mut Reader<'_>, head: &Head<'_>, keys: &DeTable<'_>) {
    let mut settings = DestinationSettings { name: head.name.to_owned(), ..DestinationSettings::default() };
    reader.keys(head.full, keys, |_, key, value| set(&mut settings, key, value));
    if settings.url.is_empty() {
        reader.require(head, keys, "url");
    } else {
        reader.config().destinations.push(settings);
    }
}

fn set(settings: &mut DestinationSettings, key: &str, value: &DeValue<'_>) -> Result<(), ConfigFaultKind> {
    match key {
        "url" => settings.url = without_password(text(value, "s3://bucket/prefix")?)?,
        "endpoint" => settings.endpoint = Some(without_password(text(value, "https://s3.example.com")?)?),
        "region" => settings.region = Some(text(value, "eu-central-1")?),
        "profile" => settings.profile = Some(text(value, "backup")?),
        "credentials_file" => settings.credentials_file = Some(absolute(value, "/etc/backup/credentials")?),
        _ => return Err(unknown_key(key, &KEYS)),
    }
    Ok(())
}

/// Refuses a URL with a password, which would be shown wherever the URL is.
fn without_password(url: String) -> Result<String, ConfigFaultKind> {
    let authority = url.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or_default());
    let login = authority.and_then(|authority| authority.rsplit_once('@')).map(|(login, _)| login);
    if login.is_some_and(|login| login.contains(':')) {
        return Err(ConfigFaultKind::Value("a URL without a password".to_owned()));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use crate::model::config::ConfigReading;
    use crate::model::destination::DestinationSettings;

    fn faults(text: &str) -> Vec<String> {
        ConfigReading::from_toml(text).faults.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_key_is_read() {
        let text = "[destinations.usb]\nurl = \"/mnt/usb/backups\"\n[destinations.offsite]\nurl = \"s3://bucket/ann\"\n\
             endpoint = \"https://s3.example.com\"\nregion = \"eu-central-1\"\nprofile = \"backup\"\n\
             credentials_file = \"/etc/backup/credentials\"\n";
        let reading = ConfigReading::from_toml(text);
        assert_eq!(reading.faults, []);
        let usb = DestinationSettings {
            name: "usb".to_owned(),
            url: "/mnt/usb/backups".to_owned(),
            ..DestinationSettings::default()
        };
        let offsite = DestinationSettings {
            name: "offsite".to_owned(),
            url: "s3://bucket/ann".to_owned(),
            endpoint: Some("https://s3.example.com".to_owned()),
            region: Some("eu-central-1".to_owned()),
            profile: Some("backup".to_owned()),
            credentials_file: Some("/etc/backup/credentials".into()),
        };
        assert_eq!(reading.config.destinations, [usb, offsite]);
        let settings =
            reading.config.settings().into_iter().filter(|one| one.table.starts_with("destinations"));
        let shown: Vec<_> =
            settings.map(|one| format!("{}.{} = {}", one.table, one.key, one.value)).collect();
        assert_eq!(
            shown,
            [
                "destinations.usb.url = /mnt/usb/backups",
                "destinations.offsite.url = s3://bucket/ann",
                "destinations.offsite.endpoint = https://s3.example.com",
                "destinations.offsite.region = eu-central-1",
                "destinations.offsite.profile = backup",
                "destinations.offsite.credentials_file = /etc/backup/credentials",
            ]
        );
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, expected) in [
            ("[destinations.a]\nregion = \"x\"", "line 1: destinations.a: the key url is missing"),
            (
                "[destinations.a]\nurl = 7",
                "line 2: destinations.a.url: it takes a text of one line in quotes, such as \"s3://bucket/prefix\"",
            ),
            (
                "[destinations.a]\nurl = \"sftp://ann:hunter2@host/a\"",
                "line 2: destinations.a.url: it takes a URL without a password",
            ),
            (
                "[destinations.a]\nurl = \"/a\"\nregoin = \"x\"",
                "line 3: destinations.a.regoin: no such key; did you mean region?",
            ),
            (
                "[destinations.a]\nurl = \"/a\"\ncredentials_file = \"x\"",
                "line 3: destinations.a.credentials_file: it takes a path that begins with /",
            ),
            (
                "[destinations.\"a b\"]\nurl = \"/a\"",
                "line 1: destinations.a b: a name has letters a to z, digits, - and _, and it is not \"no\"",
            ),
            (
                "[destination.a]\nurl = \"/a\"",
                "line 1: destination: no such table; did you mean [destinations.NAME]?",
            ),
        ] {
            assert_eq!(faults(text), [expected], "{text}");
        }
    }
}
