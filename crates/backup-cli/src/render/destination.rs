//! The places that keep copies, and what they can do.

use backup_core::manager::{Copied, DestinationCheck, ListedCopy};
use backup_core::model::archive::{BackupRecord, display_path};
use backup_core::model::destination::DestinationSettings;
use backup_core::text::{printable, size};
use backup_core::time::Moment;
use indicatif::HumanDuration;

/// Returns a line for each destination.
pub(crate) fn destinations(destinations: &[DestinationSettings]) -> Vec<String> {
    let width = destinations.iter().map(|one| one.name.len()).max().unwrap_or_default();
    let line = |one: &DestinationSettings| format!("{:width$}  {}", one.name, place(one));
    destinations.iter().map(line).map(|line| printable(line.as_bytes())).collect()
}

/// Returns what a destination showed that it can do.
pub(crate) fn destination_check(settings: &DestinationSettings, check: &DestinationCheck) -> Vec<String> {
    let replaces = match check.abilities.refuses_to_replace {
        true => "never: the store refuses",
        false => "never: it looks first, because the store doesn't refuse by itself",
    };
    let deletes = match &check.undeleted {
        None => "yes".to_owned(),
        Some(error) => format!("no: {error}"),
    };
    let unfinished =
        check.unfinished.map_or_else(|| "the store doesn't tell".to_owned(), |count| count.to_string());
    let lines = [
        format!("{}: {} works", settings.name, place(settings)),
        format!("  objects             {} ({})", check.objects, size(check.bytes)),
        format!("  replaces objects    {replaces}"),
        format!("  deletes objects     {deletes}"),
        format!("  unfinished uploads  {unfinished}"),
    ];
    lines.iter().map(|line| printable(line.as_bytes())).collect()
}

/// Returns what is said of a copy that is at its destination.
pub(crate) fn copied(destination: &str, archive: &BackupRecord, copied: &Copied) -> String {
    let (path, key) = (display_path(&archive.file_name), &copied.key);
    let line = match copied.was_there {
        true => format!("{path} is at {destination} already: {key}"),
        false => {
            let catalog = if copied.has_catalog { "with its catalog" } else { "without a catalog" };
            format!("Copied {path} to {destination}: {key} ({}, {catalog})", size(copied.archive_bytes))
        }
    };
    printable(line.as_bytes())
}

/// Returns a line a copy: its key.
pub(crate) fn copies(copies: &[ListedCopy]) -> Vec<String> {
    copies.iter().map(|copy| printable(copy.object.key.as_str().as_bytes())).collect()
}

/// Returns a line a copy: its size, the age of the archive and its key.
pub(crate) fn copies_long(copies: &[ListedCopy], now: Moment) -> Vec<String> {
    let line = |copy: &ListedCopy| {
        let age = (now.to_utc() - copy.copy.finished).to_std();
        let age =
            age.map_or_else(|_| "in the future".to_owned(), |age| format!("{} ago", HumanDuration(age)));
        format!("{:>11}  {age:<14}  {}", size(copy.object.size_bytes), copy.object.key)
    };
    copies.iter().map(line).map(|line| printable(line.as_bytes())).collect()
}

fn place(settings: &DestinationSettings) -> String {
    match &settings.endpoint {
        Some(endpoint) => format!("{} at {endpoint}", settings.url),
        None => settings.url.clone(),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use backup_core::model::destination::{
        CopyName, DestinationAbilities, DestinationError, DestinationFault, StoredObject,
    };
    use backup_core::testing::at;

    use super::*;

    pub(crate) fn settings() -> DestinationSettings {
        DestinationSettings {
            name: "offsite".to_owned(),
            url: "s3://bucket/ann".to_owned(),
            endpoint: Some("https://s3.example.com".to_owned()),
            ..DestinationSettings::default()
        }
    }

    pub(crate) fn check() -> DestinationCheck {
        let abilities = DestinationAbilities { refuses_to_replace: true, lists_unfinished: true };
        DestinationCheck { abilities, undeleted: None, objects: 2, bytes: 1_500_000, unfinished: Some(1) }
    }

    pub(crate) fn weak_check() -> DestinationCheck {
        let abilities = DestinationAbilities { refuses_to_replace: false, lists_unfinished: false };
        let denied = DestinationError::new("offsite", DestinationFault::Denied, "delete checks/a.txt");
        DestinationCheck { abilities, undeleted: Some(denied), objects: 0, bytes: 0, unfinished: None }
    }

    pub(crate) fn archive() -> BackupRecord {
        let finished = at("2026-03-10 12:00");
        BackupRecord {
            file_name: "docs.tar.zst".to_owned(),
            archive_bytes: 10_000_000,
            finished,
            sha256: None,
        }
    }

    pub(crate) fn a_copy() -> Copied {
        let key = CopyName::of(&archive()).unwrap().key().unwrap();
        Copied { key, archive_bytes: 10_000_000, has_catalog: true, was_there: false }
    }

    pub(crate) fn listed() -> ListedCopy {
        let copy = CopyName::of(&archive()).unwrap();
        let object = StoredObject {
            key: copy.key().unwrap(),
            size_bytes: 10_000_000,
            stored: Some(at("2026-03-10 12:07")),
            version: None,
        };
        ListedCopy { copy, object, has_catalog: true }
    }

    #[test]
    fn copies_are_shown_with_their_keys() {
        let there = Copied { was_there: true, ..a_copy() };
        let bare = Copied { has_catalog: false, ..a_copy() };
        let said = [a_copy(), bare, there].map(|one| copied("offsite", &archive(), &one));
        insta::assert_snapshot!(said.join("\n"), @r"
        Copied backups/docs.tar.zst to offsite: docs/2026-03-10T12-00-00Z-00000000.tar.zst (10.0 MB, with its catalog)
        Copied backups/docs.tar.zst to offsite: docs/2026-03-10T12-00-00Z-00000000.tar.zst (10.0 MB, without a catalog)
        backups/docs.tar.zst is at offsite already: docs/2026-03-10T12-00-00Z-00000000.tar.zst
        ");
        insta::assert_snapshot!(copies(&[listed()]).join("\n"), @r"docs/2026-03-10T12-00-00Z-00000000.tar.zst");
        insta::assert_snapshot!(copies_long(&[listed()], at("2026-03-10 14:00")).join("\n"), @r"    10.0 MB  2 hours ago     docs/2026-03-10T12-00-00Z-00000000.tar.zst");
    }

    #[test]
    fn destinations_are_listed_with_their_places() {
        let usb = DestinationSettings {
            name: "usb".to_owned(),
            url: "/mnt/usb\u{1b}".to_owned(),
            ..DestinationSettings::default()
        };
        insta::assert_snapshot!(destinations(&[settings(), usb]).join("\n"), @r"
        offsite  s3://bucket/ann at https://s3.example.com
        usb      /mnt/usb\u{1b}
        ");
    }

    #[test]
    fn a_check_shows_what_the_store_can_do() {
        insta::assert_snapshot!(destination_check(&settings(), &check()).join("\n"), @r"
        offsite: s3://bucket/ann at https://s3.example.com works
          objects             2 (1.5 MB)
          replaces objects    never: the store refuses
          deletes objects     yes
          unfinished uploads  1
        ");
        insta::assert_snapshot!(destination_check(&settings(), &weak_check()).join("\n"), @r"
        offsite: s3://bucket/ann at https://s3.example.com works
          objects             0 (0 B)
          replaces objects    never: it looks first, because the store doesn't refuse by itself
          deletes objects     no: destination offsite: can't delete checks/a.txt
          unfinished uploads  the store doesn't tell
        ");
    }
}
